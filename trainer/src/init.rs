//! First values of weights.
//!
//! tch's own layer constructors differ from PyTorch's (a BatchNorm scale is drawn
//! from U(0, 1) instead of being one) and draw from libtorch's global generator,
//! so both the rules and the draws are made here.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

/// How weights of convolutions and linear layers start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Init {
    /// PyTorch's default for both kinds of layer: Kaiming uniform with a = √5,
    /// that is U(±1/√fan_in).
    Kaiming,
    /// U(±√(6 / (fan_in + fan_out))), Glorot and Bengio 2010, equation 16.
    Xavier,
    /// As [`Init::Kaiming`], but large kernels begin smooth: pictures are, and a kernel of noise
    /// answers to noise first. Of the article's 45×45 and 20×20 this made the held-out accuracy
    /// of one fold after seven epochs 76 % instead of 71 %; in the end it was the same
    /// (docs/measurements.md).
    Smooth,
    /// All zero: values are about to be loaded.
    Blank,
}

/// Rows of a kernel from which on [`Init::Smooth`] makes it smooth.
const LARGE_KERNEL: i64 = 16;
/// Rows of draws that such a kernel is stretched from.
const COARSE: i64 = 6;

/// Inputs and outputs that one unit is connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fan {
    /// Weights that feed one output unit.
    pub inputs: i64,
    /// Weights that one input unit feeds.
    pub outputs: i64,
}

impl Fan {
    /// Fan of a weight of shape `[out, in]` or `[out, in, height, width]`.
    pub fn of(shape: &[i64]) -> Fan {
        let field: i64 = shape[2..].iter().product();
        Fan {
            inputs: shape[1] * field,
            outputs: shape[0] * field,
        }
    }
}

impl Init {
    /// First values of a weight of shape `[out, in]` or `[out, in, height, width]`.
    pub fn weight(self, shape: &[i64], rng: &mut impl Rng, device: Device) -> Tensor {
        let bound = self.weight_bound(Fan::of(shape));
        match *shape {
            [outputs, inputs, height, width] if self == Init::Smooth && height >= LARGE_KERNEL => {
                let coarse = [outputs, inputs, COARSE, COARSE];
                let draws = uniform(&coarse, bound, rng, Device::Cpu);
                let smooth = draws.upsample_bicubic2d([height, width], true, None, None);
                // As strong as independent draws: the variance of U(±b) is b²/3.
                let wanted = bound * (smooth.numel() as f64 / 3.0).sqrt();
                let strength = wanted / smooth.norm().double_value(&[]);
                (smooth * strength).to_device(device)
            }
            _ => uniform(shape, bound, rng, device),
        }
    }

    /// Half the width of the uniform interval that a weight is drawn from.
    pub fn weight_bound(self, fan: Fan) -> f64 {
        match self {
            Init::Kaiming | Init::Smooth => 1.0 / (fan.inputs as f64).sqrt(),
            Init::Xavier => (6.0 / (fan.inputs + fan.outputs) as f64).sqrt(),
            Init::Blank => 0.0,
        }
    }

    /// The same for a bias; PyTorch's U(±1/√fan_in) whatever the weights' rule is.
    pub fn bias_bound(self, fan: Fan) -> f64 {
        match self {
            Init::Blank => 0.0,
            Init::Kaiming | Init::Smooth | Init::Xavier => 1.0 / (fan.inputs as f64).sqrt(),
        }
    }
}

/// A float tensor of `shape` drawn from U(±`bound`); no draw is made for a bound
/// of zero.
pub fn uniform(shape: &[i64], bound: f64, rng: &mut impl Rng, device: Device) -> Tensor {
    if bound == 0.0 {
        return Tensor::zeros(shape, (tch::Kind::Float, device));
    }
    let count: i64 = shape.iter().product();
    let bound = bound as f32;
    let values: Vec<f32> = (0..count)
        .map(|_| (rng.random::<f32>() * 2.0 - 1.0) * bound)
        .collect();
    Tensor::from_slice(&values).view(shape).to_device(device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};

    #[test]
    fn fans_count_the_receptive_field() {
        let table = [
            (vec![544, 9216], 9216, 544),
            (vec![6, 3, 45, 45], 3 * 45 * 45, 6 * 45 * 45),
        ];
        for (shape, inputs, outputs) in table {
            assert_eq!(Fan::of(&shape), Fan { inputs, outputs });
        }
    }

    #[test]
    fn bounds_follow_the_published_formulae() {
        let fan = Fan {
            inputs: 16,
            outputs: 8,
        };
        assert_eq!(Init::Kaiming.weight_bound(fan), 0.25);
        assert_eq!(Init::Xavier.weight_bound(fan), 0.5);
        assert_eq!(Init::Xavier.bias_bound(fan), 0.25);
        assert_eq!(Init::Blank.weight_bound(fan), 0.0);
    }

    #[test]
    fn a_large_kernel_begins_smooth_and_as_strong_as_any_other() {
        let drawn = |init: Init, side| {
            let mut rng = generator(1, Purpose::Init, &[]);
            init.weight(&[6, 3, side, side], &mut rng, Device::Cpu)
        };
        let (smooth, noise) = (drawn(Init::Smooth, 45), drawn(Init::Kaiming, 45));
        let norm = |weight: &Tensor| weight.norm().double_value(&[]);
        assert!((norm(&smooth) / norm(&noise) - 1.0).abs() < 0.01);
        // How far a value is from the one beside it, in units of the norm.
        let rough = |weight: &Tensor| {
            norm(&weight.diff(1, -1, None::<Tensor>, None::<Tensor>)) / norm(weight)
        };
        assert!(rough(&smooth) < 0.3 && rough(&noise) > 1.3);
        assert!(drawn(Init::Smooth, 11).equal(&drawn(Init::Kaiming, 11)));
    }

    #[test]
    fn draws_fill_the_interval_evenly() {
        let mut rng = generator(1, Purpose::Init, &[]);
        let drawn = uniform(&[100, 100], 0.5, &mut rng, Device::Cpu);
        let extreme = drawn.abs().max().double_value(&[]);
        assert!(extreme > 0.499 && extreme <= 0.5, "{extreme}");
        assert!(drawn.mean(tch::Kind::Float).double_value(&[]).abs() < 0.01);
        // The standard deviation of U(±b) is b/√3.
        assert!((drawn.std(false).double_value(&[]) - 0.5 / 3f64.sqrt()).abs() < 0.005);
    }
}
