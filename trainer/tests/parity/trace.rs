//! What a net gives and learns on values by a formula, which `scripts/parity/nets.py`
//! computes too: for the test beside this file and for `examples/parity.rs`.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use tch::{Device, Kind, Reduction, Tensor};

use trainer::init::Init;
use trainer::layers::{Kernels, Pass};
use trainer::nets::{Model, Net, Start};
use trainer::optim::{Adam, AdamSpec};
use trainer::params::Params;

/// Covers of a batch.
pub const BATCH: i64 = 4;

/// One forward and backward pass.
pub struct Trace {
    /// `[b, 2]`
    pub logits: Tensor,
    /// Cross-entropy.
    pub loss: f64,
    /// Each trained tensor's gradient, by name.
    pub gradients: Vec<(String, Tensor)>,
}

/// A net with values by the formula.
pub fn filled(net: Net, kernels: Kernels) -> Model {
    let start = Start {
        init: Init::Blank,
        kernels,
        seed: 0,
        fold: 0,
    };
    let model = Model::new(net, start, Device::Cpu);
    tch::no_grad(|| fill(&model.params));
    model
}

fn fill(params: &Params) {
    for param in params.iter() {
        let size = param.tensor.size();
        let drawn = mixed(param.tensor.numel(), &param.name);
        let is_scale = size.len() == 1 && param.name.ends_with("weight");
        let values: Vec<f32> = if param.name.ends_with("running_var") || is_scale {
            drawn.map(|x| (1.0 + 0.4 * x) as f32).collect()
        } else if size.len() == 1 {
            drawn.map(|x| (0.2 * x) as f32).collect()
        } else {
            let fan: i64 = size[1..].iter().product();
            let bound = (6.0 / fan as f64).sqrt();
            drawn.map(|x| (x * 2.0 * bound) as f32).collect()
        };
        let values = Tensor::from_slice(&values).view(&size[..]);
        param.tensor.shallow_clone().copy_(&values);
    }
}

/// Numbers in [-0.5, 0.5) that belong to a name: the finish of MurmurHash3 over positions,
/// begun at the name's FNV-1a hash.
fn mixed(count: usize, name: &str) -> impl Iterator<Item = f64> + use<> {
    let fnv = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let start = name.bytes().fold(0x811C_9DC5, fnv);
    (0..count as u32).map(move |position| {
        let mut x = position.wrapping_add(start);
        for (shift, factor) in [(16, 0x85EB_CA6B_u32), (13, 0xC2B2_AE35)] {
            x = (x ^ (x >> shift)).wrapping_mul(factor);
        }
        f64::from(x ^ (x >> 16)) / 4_294_967_296.0 - 0.5
    })
}

/// The batch of a step.
pub fn batch(net: Net, step: usize) -> (Tensor, Tensor) {
    let side = net.spec().input;
    let drawn = mixed(
        (BATCH * 3 * side * side) as usize,
        &format!("pixels {step}"),
    );
    let pixels: Vec<f32> = drawn.map(|x| (2.0 * x) as f32).collect();
    let labels: Vec<i64> = (0..BATCH).map(|row| row % 2).collect();
    (
        Tensor::from_slice(&pixels).view([BATCH, 3, side, side]),
        Tensor::from_slice(&labels),
    )
}

/// Only the residual net has batch statistics, and only AlexNet drops units, which the
/// formula cannot tell: it is passed through as in scoring.
fn forward(model: &Model, pixels: &Tensor) -> Tensor {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    match model.net {
        Net::AlexNet => model.forward(pixels, &mut Pass::Score),
        _ => model.forward(pixels, &mut Pass::Train(&mut rng)),
    }
}

fn loss(logits: &Tensor, labels: &Tensor) -> Tensor {
    logits.cross_entropy_loss(labels, None::<Tensor>, Reduction::Mean, -100, 0.0)
}

/// Forward and backward on the first batch.
pub fn trace(model: &Model) -> Trace {
    let (pixels, labels) = batch(model.net, 0);
    let logits = forward(model, &pixels);
    let loss = loss(&logits, &labels);
    let names = model.params.trained().map(|param| param.name.clone());
    Trace {
        logits: logits.detach(),
        loss: loss.double_value(&[]),
        gradients: names.zip(model.params.gradients(&loss)).collect(),
    }
}

/// The loss before each of some steps of Adam, on a few batches in turn.
pub fn losses(model: &Model, steps: usize) -> Vec<f64> {
    const BATCHES: usize = 5;
    // AlexNet normalises nothing: where Adam's root is rounded otherwise, the difference grows
    // with every step, at the other nets' rate to 0.38 of the loss within fifty, at the
    // article's to 0.014.
    let rate = match model.net {
        Net::AlexNet => 1e-5,
        _ => 1e-4,
    };
    let mut adam = Adam::new(&model.params, AdamSpec::plain());
    (0..steps)
        .map(|step| {
            let (pixels, labels) = batch(model.net, step % BATCHES);
            let loss = loss(&forward(model, &pixels), &labels);
            adam.step(&model.params.gradients(&loss), rate, 1.0);
            loss.double_value(&[])
        })
        .collect()
}

/// The Euclidean norm.
pub fn norm(tensor: &Tensor) -> f64 {
    tensor.to_kind(Kind::Double).norm().double_value(&[])
}
