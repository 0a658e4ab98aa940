//! The nets against PyTorch: `pytorch.json` is what Python's PyTorch 2.13 gives on the same
//! values; `scripts/pytorch-parity` makes it and compares bit by bit.

mod trace;

use serde::Deserialize;
use std::collections::BTreeMap;
use tch::Tensor;

use trace::{filled, losses, norm, trace};
use trainer::layers::Kernels;
use trainer::nets::Net;

/// What PyTorch gave of a net.
#[derive(Deserialize)]
struct Golden {
    logits: Vec<f64>,
    loss: f64,
    /// Norm and some values of each gradient, evenly apart.
    gradients: BTreeMap<String, (f64, Vec<f64>)>,
    losses: Vec<f64>,
}

fn golden(net: &str) -> Golden {
    let text = include_str!("pytorch.json");
    let mut all: BTreeMap<String, Golden> = serde_json::from_str(text).expect("fixtures");
    all.remove(net).expect("the net is in the fixtures")
}

/// Bits are equal where the library's kernels are (the script checks it); another processor
/// has other kernels, and sums of up to a million products of one then differ in the fifth
/// digit. A wrong layer differs in the first.
const TOLERANCE: f64 = 1e-4;

fn check(what: &str, got: f64, expected: f64, scale: f64) {
    let off = (got - expected).abs() / scale.max(f64::MIN_POSITIVE);
    assert!(off < TOLERANCE, "{what}: {got}, PyTorch has {expected}");
}

/// Values evenly apart, the first and the last among them.
fn sampled(tensor: &Tensor, count: usize) -> Vec<f64> {
    let flat = tensor.flatten(0, -1);
    let last = flat.numel() - 1;
    let at = |place: usize| (place * last / (count - 1)) as i64;
    (0..count)
        .map(|place| flat.double_value(&[at(place)]))
        .collect()
}

fn agrees(net: Net) {
    let golden = golden(&net.to_string());
    let model = filled(net, Kernels::Auto);
    let traced = trace(&model);
    let widest = golden
        .logits
        .iter()
        .fold(0.0, |most: f64, x| most.max(x.abs()));
    let logits = sampled(&traced.logits, golden.logits.len());
    for (got, expected) in logits.iter().zip(&golden.logits) {
        check("logit", *got, *expected, widest);
    }
    check("loss", traced.loss, golden.loss, golden.loss);
    assert_eq!(traced.gradients.len(), golden.gradients.len());
    for (name, gradient) in &traced.gradients {
        let (length, values) = &golden.gradients[name];
        check(name, norm(gradient), *length, *length);
        // A single value is off by as much as the typical one is long.
        let typical = length / (gradient.numel() as f64).sqrt();
        for (got, expected) in sampled(gradient, values.len()).iter().zip(values) {
            check(name, *got, *expected, typical.max(expected.abs()));
        }
    }
}

#[test]
fn lenet_by_fft_gives_pytorchs_logits_loss_and_gradients() {
    agrees(Net::LeNet);
}

#[test]
fn alexnet_gives_pytorchs_logits_loss_and_gradients() {
    agrees(Net::AlexNet);
}

#[test]
fn resnet_gives_pytorchs_logits_loss_and_gradients() {
    agrees(Net::ResNet);
}

#[test]
fn a_few_steps_of_adam_follow_pytorchs_losses() {
    for net in [Net::LeNet, Net::ResNet] {
        let golden = golden(&net.to_string()).losses;
        let got = losses(&filled(net, Kernels::Auto), golden.len());
        for (got, expected) in got.iter().zip(&golden) {
            assert!((got - expected).abs() < 1e-3, "{net}: {got} {expected}");
        }
    }
}
