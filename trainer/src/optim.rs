//! Adam and AdamW over named tensors, with a state that can be saved.
//!
//! tch's optimizers keep their state out of reach, so a training could not go on
//! after a stop.

use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::fused_adam;
use crate::params::{Param, Params, Role};

/// The numbers of Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter
/// 2019), other than the learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdamSpec {
    /// Decay of the first and second moment.
    pub betas: (f64, f64),
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled weight decay, of weights only.
    pub decay: f64,
}

impl AdamSpec {
    /// Adam with PyTorch's defaults.
    pub fn plain() -> AdamSpec {
        AdamSpec::decoupled(0.0)
    }

    /// AdamW with PyTorch's defaults and this decay.
    pub fn decoupled(decay: f64) -> AdamSpec {
        AdamSpec {
            betas: (0.9, 0.999),
            epsilon: 1e-8,
            decay,
        }
    }
}

/// The optimizer of one training.
#[derive(Debug)]
pub struct Adam {
    spec: AdamSpec,
    step: i32,
    slots: Vec<Slot>,
}

#[derive(Debug)]
struct Slot {
    name: String,
    value: Tensor,
    first: Tensor,
    second: Tensor,
    decays: bool,
}

impl Adam {
    /// An optimizer of the trained tensors in `params`.
    pub fn new(params: &Params, spec: AdamSpec) -> Adam {
        let slot = |param: &Param| Slot {
            name: param.name.clone(),
            value: param.tensor.shallow_clone(),
            first: param.tensor.detach().zeros_like(),
            second: param.tensor.detach().zeros_like(),
            decays: param.role == Role::Weight,
        };
        Adam {
            spec,
            step: 0,
            slots: params.trained().map(slot).collect(),
        }
    }

    /// One step at `rate` along the gradients of [`Params::gradients`] times `scale`.
    pub fn step(&mut self, gradients: &[Tensor], rate: f64, scale: f64) {
        self.step += 1;
        let numbers = StepNumbers::at(&self.spec, self.step, rate, scale);
        tch::no_grad(|| {
            for (slot, gradient) in self.slots.iter_mut().zip(gradients) {
                slot.step(gradient, numbers);
            }
        });
    }

    /// Steps taken.
    pub fn steps(&self) -> i32 {
        self.step
    }

    /// The moments by name, `NAME.first` and `NAME.second`, to be saved.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let moments = |slot: &Slot| {
            [
                (format!("{}.first", slot.name), slot.first.shallow_clone()),
                (format!("{}.second", slot.name), slot.second.shallow_clone()),
            ]
        };
        self.slots.iter().flat_map(moments).collect()
    }

    /// Goes on from moments saved by [`Adam::state`] after `steps` steps.
    pub fn restore(&mut self, steps: i32, state: &[(String, Tensor)]) {
        self.step = steps;
        for (mine, (name, saved)) in self.state().into_iter().zip(state) {
            debug_assert_eq!(&mine.0, name);
            let mut moment = mine.1;
            tch::no_grad(|| moment.copy_(saved));
        }
    }
}

/// The Euclidean norm of all gradients together.
pub fn norm(gradients: &[Tensor]) -> f64 {
    let norms: Vec<Tensor> = gradients.iter().map(Tensor::norm).collect();
    Tensor::stack(&norms, 0).norm().double_value(&[])
}

/// The numbers of one step that are the same for every value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StepNumbers {
    /// Rate over the first moment's correction for its start at zero.
    pub size: f64,
    /// Root of the second moment's correction.
    pub second_root: f64,
    /// What the value is multiplied by first: decoupled decay.
    pub keep: f64,
    /// What the gradient is multiplied by: clipping.
    pub scale: f64,
    /// Decay of the moments.
    pub betas: (f64, f64),
    /// Added to the root of the second moment.
    pub epsilon: f64,
}

impl StepNumbers {
    fn at(spec: &AdamSpec, step: i32, rate: f64, scale: f64) -> StepNumbers {
        StepNumbers {
            size: rate / (1.0 - spec.betas.0.powi(step)),
            second_root: (1.0 - spec.betas.1.powi(step)).sqrt(),
            keep: 1.0 - rate * spec.decay,
            scale,
            betas: spec.betas,
            epsilon: spec.epsilon,
        }
    }
}

impl Slot {
    fn step(&mut self, gradient: &Tensor, mut numbers: StepNumbers) {
        // A convolution may lay its gradient out pixel by pixel.
        let gradient = gradient.contiguous();
        if !self.decays {
            numbers.keep = 1.0;
        }
        let fused = fused_adam::step(
            &mut self.value,
            &mut self.first,
            &mut self.second,
            &gradient,
            &numbers,
        );
        if !fused {
            self.step_by_operations(&gradient, &numbers);
        }
    }

    /// The same step in the library's operations, on any device.
    fn step_by_operations(&mut self, gradient: &Tensor, numbers: &StepNumbers) {
        let (beta1, beta2) = numbers.betas;
        let gradient = gradient * numbers.scale;
        let _ = self.first.lerp_(&gradient, 1.0 - beta1);
        let _ = self.second.g_mul_scalar_(beta2);
        self.second += gradient.square() * (1.0 - beta2);
        let spread = self.second.sqrt() / numbers.second_root + numbers.epsilon;
        let _ = self.value.g_mul_scalar_(numbers.keep);
        self.value -= &self.first / spread * numbers.size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::{Init, uniform};
    use crate::keyed::{Purpose, generator};
    use crate::layers::{Builder, ConvShape, Kernels, Pass};
    use tch::{Device, Kind};

    fn random(shape: &[i64], place: u64) -> Tensor {
        let mut rng = generator(5, Purpose::Bench, &[place]);
        uniform(shape, 1.0, &mut rng, Device::Cpu)
    }

    fn params() -> Params {
        let mut params = Params::default();
        let _ = params.add("w".into(), random(&[300, 7], 1), Role::Weight);
        let _ = params.add("b".into(), random(&[5], 2), Role::Undecayed);
        params
    }

    /// Gradients that depend on `place` only.
    fn gradients(params: &Params, place: u64) -> Vec<Tensor> {
        let slope = |(index, param): (usize, &Param)| {
            random(&param.tensor.size(), place * 10 + index as u64)
        };
        params.trained().enumerate().map(slope).collect()
    }

    fn values(params: &Params) -> Vec<f32> {
        let flat: Vec<Tensor> = params
            .iter()
            .map(|p| p.tensor.detach().flatten(0, -1))
            .collect();
        Vec::try_from(Tensor::cat(&flat, 0)).expect("floats")
    }

    #[test]
    fn the_first_step_is_the_rate_against_the_sign_of_the_gradient() {
        let mut params = Params::default();
        let start = Tensor::from_slice(&[1.0f32, -2.0, 3.0]);
        let _ = params.add("w".into(), start, Role::Weight);
        let gradient = Tensor::from_slice(&[0.5f32, -4.0, 0.0]);
        Adam::new(&params, AdamSpec::plain()).step(&[gradient], 0.1, 1.0);
        for (got, expected) in values(&params).into_iter().zip([0.9f32, -1.9, 3.0]) {
            assert!((got - expected).abs() < 1e-6, "{got} {expected}");
        }
    }

    #[test]
    fn decay_shrinks_weights_and_spares_biases() {
        let params = params();
        let before = values(&params);
        let zeros: Vec<Tensor> = params.trained().map(|p| p.tensor.zeros_like()).collect();
        Adam::new(&params, AdamSpec::decoupled(0.5)).step(&zeros, 0.1, 1.0);
        for (index, (was, is)) in before.into_iter().zip(values(&params)).enumerate() {
            let expected = if index < 2100 { was * 0.95 } else { was };
            assert!((is - expected).abs() < 1e-6, "{index}: {was} {is}");
        }
    }

    #[test]
    fn one_pass_over_memory_equals_the_librarys_operations() {
        let (fused, plain) = (params(), params());
        let spec = AdamSpec::decoupled(0.1);
        let mut optimizer = Adam::new(&fused, spec);
        let mut reference = Adam::new(&plain, spec);
        for step in 1..=4 {
            let gradients = gradients(&fused, step as u64);
            optimizer.step(&gradients, 0.01, 0.5);
            let numbers = StepNumbers::at(&spec, step, 0.01, 0.5);
            tch::no_grad(|| {
                for (slot, gradient) in reference.slots.iter_mut().zip(&gradients) {
                    let keep = if slot.decays { numbers.keep } else { 1.0 };
                    let numbers = StepNumbers { keep, ..numbers };
                    slot.step_by_operations(gradient, &numbers);
                }
            });
        }
        for (left, right) in values(&fused).into_iter().zip(values(&plain)) {
            assert!((left - right).abs() < 1e-6, "{left} {right}");
        }
    }

    #[test]
    fn a_restored_state_goes_on_with_the_same_bits() {
        let (straight, resumed) = (params(), params());
        let mut optimizer = Adam::new(&straight, AdamSpec::plain());
        let mut before = Adam::new(&resumed, AdamSpec::plain());
        for step in 0..3 {
            let gradients = gradients(&straight, step);
            optimizer.step(&gradients, 0.01, 1.0);
            if step < 2 {
                before.step(&gradients, 0.01, 1.0);
                continue;
            }
            let mut after = Adam::new(&resumed, AdamSpec::plain());
            after.restore(before.steps(), &before.state());
            after.step(&gradients, 0.01, 1.0);
        }
        assert_eq!(values(&straight), values(&resumed));
    }

    #[test]
    fn a_large_kernel_scores_by_the_weights_of_the_last_step() {
        let rng = generator(1, Purpose::Init, &[]);
        let mut builder = Builder::new(Init::Kaiming, rng, Device::Cpu, Kernels::Auto);
        let conv = builder.conv("c", ConvShape::valid(1, 1, 16));
        let params = builder.into_params();
        let picture = random(&[1, 1, 24, 24], 1);
        let score = || tch::no_grad(|| conv.forward(&picture, &Pass::Score));
        let before = score();
        let gradients = gradients(&params, 1);
        Adam::new(&params, AdamSpec::plain()).step(&gradients, 0.1, 1.0);
        let trained = tch::no_grad(|| {
            let mut rng = generator(1, Purpose::Dropout, &[]);
            conv.forward(&picture, &Pass::Train(&mut rng))
        });
        let apart = |left: &Tensor, right: &Tensor| (left - right).abs().max().double_value(&[]);
        assert!(apart(&before, &trained) > 0.1);
        assert!(apart(&score(), &trained) < 1e-5);
    }

    #[test]
    fn the_norm_is_that_of_all_gradients_together() {
        let params = params();
        let gradients = gradients(&params, 1);
        let squares: f64 = gradients
            .iter()
            .map(|gradient| gradient.square().sum(Kind::Double).double_value(&[]))
            .sum();
        assert!((norm(&gradients) - squares.sqrt()).abs() < 1e-4);
    }
}
