//! The learning rate of each step.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::rate_range::LOWEST_SHARE;

/// How the rate moves over a training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Linear warm-up to the peak, then half a cosine down to a thousandth of it
    /// (one cycle; Smith 2018, with the cosine of Loshchilov and Hutter 2017).
    OneCycle,
    /// Rising from a ten-millionth of the peak by the same factor each step.
    RangeTest,
}

/// Share of all steps that warm up …
const WARM_UP_SHARE: f64 = 0.05;
/// … but at least so many, without which Adam's first steps are noise …
const WARM_UP_STEPS: f64 = 50.0;
/// … unless the whole training is short.
const WARM_UP_AT_MOST: f64 = 0.3;
/// Where the cosine ends, as a share of the peak.
const FLOOR: f64 = 1e-3;

impl Schedule {
    /// Share of the peak rate in `step` of `steps`, both counted from zero.
    pub fn factor(self, step: u64, steps: u64) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::OneCycle => one_cycle(step as f64, steps as f64),
            Schedule::RangeTest => {
                let left = 1.0 - (step + 1) as f64 / steps as f64;
                LOWEST_SHARE.powf(left)
            }
        }
    }
}

fn one_cycle(step: f64, steps: f64) -> f64 {
    let warm_up = (steps * WARM_UP_SHARE)
        .max(WARM_UP_STEPS)
        .min(steps * WARM_UP_AT_MOST);
    if step < warm_up {
        return (step + 1.0) / (warm_up + 1.0);
    }
    let progress = (step - warm_up) / (steps - warm_up);
    FLOOR + (1.0 - FLOOR) * (1.0 + (PI * progress).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_training_warms_up_for_a_twentieth_and_ends_at_a_thousandth() {
        let rate = |step| Schedule::OneCycle.factor(step, 10_000);
        assert!(rate(0) < 0.003);
        assert!((rate(500) - 1.0).abs() < 1e-9);
        assert!(rate(499) < 1.0 && rate(501) < 1.0);
        assert!((rate(5250) - 0.5005).abs() < 1e-3);
        assert!(rate(9_999) < 0.00101);
    }

    #[test]
    fn a_range_test_rises_by_one_factor_up_to_the_peak() {
        let rate = |step| Schedule::RangeTest.factor(step, 70);
        assert!((rate(69) - 1.0).abs() < 1e-12);
        assert!((rate(59) - 0.1).abs() < 1e-12);
        assert!(rate(0) < 2e-7);
    }

    proptest! {
        #[test]
        fn the_rate_is_positive_never_above_the_peak_and_rises_once(steps in 1u64..500) {
            let rates: Vec<f64> = (0..steps)
                .map(|step| Schedule::OneCycle.factor(step, steps))
                .collect();
            prop_assert!(rates.iter().all(|rate| *rate > 0.0 && *rate <= 1.0));
            let turns = rates
                .windows(3)
                .filter(|w| (w[1] > w[0]) != (w[2] > w[1]))
                .count();
            prop_assert!(turns <= 1);
        }
    }
}
