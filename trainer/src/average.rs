//! An exponential average of a net: scores more steadily than the last step does.

use crate::params::Params;

/// Longest memory of the average, in steps about 1/(1 − this).
const DECAY: f64 = 0.999;

/// Counts the updates of an average, which decide how fast it moves.
#[derive(Debug, Default)]
pub struct Average {
    updates: u32,
}

impl Average {
    /// One that was updated so often already.
    pub fn after(updates: u32) -> Average {
        Average { updates }
    }

    /// Updates so far.
    pub fn updates(&self) -> u32 {
        self.updates
    }

    /// Moves `average` towards `params`, a net of the same making, by
    /// 1 − min(0.999, (1+t)/(10+t)): a new average must not remember the first
    /// weights for long.
    ///
    /// Running statistics are averaged like weights. Copied, they would be those
    /// of the last few batches under weights that do not score: on the residual
    /// net that cost up to six points of accuracy between one epoch and the next.
    pub fn update(&mut self, average: &Params, params: &Params) {
        let t = f64::from(self.updates);
        self.updates += 1;
        let decay = DECAY.min((1.0 + t) / (10.0 + t));
        tch::no_grad(|| {
            for (mine, theirs) in average.iter().zip(params.iter()) {
                let mut tensor = mine.tensor.shallow_clone();
                let _ = tensor.lerp_(&theirs.tensor, 1.0 - decay);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Role;
    use tch::Tensor;

    #[test]
    fn weights_and_running_statistics_are_averaged_faster_at_first() {
        let mut params = Params::default();
        let mut weight = params.add("w".into(), Tensor::from_slice(&[0.0f32]), Role::Weight);
        let mut mean = params.add("m".into(), Tensor::from_slice(&[0.0f32]), Role::Buffer);
        let average = params.detached_copy();
        let mut updates = Average::default();
        tch::no_grad(|| {
            let _ = weight.fill_(1.0);
            let _ = mean.fill_(1.0);
        });
        // Decays 1/10 and 2/11: 0 → 0.9 → 0.9·2/11 + 9/11.
        for expected in [0.9, 0.9 * 2.0 / 11.0 + 9.0 / 11.0] {
            updates.update(&average, &params);
            for param in average.iter() {
                let value = param.tensor.double_value(&[0]);
                assert!((value - expected).abs() < 1e-6, "{}: {value}", param.name);
            }
        }
    }
}
