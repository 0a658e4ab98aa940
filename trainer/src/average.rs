//! An exponential average of the weights: scores more steadily than the last
//! step does.

use crate::params::{Params, Role};

/// Longest memory of the average, in steps about 1/(1 − this).
const DECAY: f64 = 0.999;

/// Counts the updates of an average, which decide how fast it moves.
#[derive(Debug, Default)]
pub struct Average {
    updates: u32,
}

impl Average {
    /// Moves `average` towards `params`, a net of the same making, by
    /// 1 − min(0.999, (1+t)/(10+t)): a new average must not remember the first
    /// weights for long. Running statistics are averages already and are copied.
    pub fn update(&mut self, average: &Params, params: &Params) {
        let t = f64::from(self.updates);
        self.updates += 1;
        let decay = DECAY.min((1.0 + t) / (10.0 + t));
        tch::no_grad(|| {
            for (mine, theirs) in average.iter().zip(params.iter()) {
                let mut tensor = mine.tensor.shallow_clone();
                match mine.role {
                    Role::Buffer => tensor.copy_(&theirs.tensor),
                    Role::Weight | Role::Undecayed => {
                        let _ = tensor.lerp_(&theirs.tensor, 1.0 - decay);
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Tensor;

    #[test]
    fn weights_are_averaged_and_running_statistics_copied() {
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
            let values: Vec<f64> = average
                .iter()
                .map(|p| p.tensor.double_value(&[0]))
                .collect();
            assert!((values[0] - expected).abs() < 1e-6, "{values:?}");
            assert_eq!(values[1], 1.0);
        }
    }
}
