//! The learning rate by a range test (Smith 2017): a short training whose rate rises
//! until the loss explodes; on training covers only.

use std::ops::ControlFlow;

use crate::error::Error;
use crate::recipe::Recipe;
use crate::schedule::Schedule;
use crate::tensors::batch_count;
use crate::training::{Event, Task, train};

/// Where the rate starts as a share of [`HIGHEST`]; see [`Schedule::RangeTest`].
pub const LOWEST_SHARE: f64 = 1e-6;
const HIGHEST: f64 = 1.0;
/// Steps of the test: twenty a decade, enough to smooth.
const STEPS: usize = 120;
/// Weight of the newest loss in the running mean: single batches of ten are noise.
const SMOOTHING: f64 = 0.1;
/// The loss has exploded at this multiple of its least.
const EXPLODED: f64 = 2.0;
/// The rate of the least loss is too high to train at for long; a tenth is customary.
const MARGIN: f64 = 0.1;

/// A peak rate for this task; the recipe's own if the loss never fell.
///
/// # Errors
/// None of its own: a loss that is no number ends the test, as exploding does.
pub fn find(task: &Task) -> Result<f64, Error> {
    let per_epoch = batch_count(task.train.len(), task.recipe.batch_size).max(1);
    let recipe = Recipe {
        learning_rate: HIGHEST,
        schedule: Schedule::RangeTest,
        average: false,
        epochs: u32::try_from(STEPS.div_ceil(per_epoch)).unwrap_or(u32::MAX),
        ..task.recipe.clone()
    };
    let mut curve = Vec::new();
    let tried = train(
        &Task {
            recipe: &recipe,
            test: &[],
            ..*task
        },
        &mut |event| {
            if let Event::Step(step) = event {
                let factor = Schedule::RangeTest.factor(step.step - 1, step.steps);
                curve.push((HIGHEST * factor, step.loss));
                if has_exploded(&curve) {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        },
    );
    match tried {
        Ok(_) | Err(Error::NotFinite { .. }) => {
            Ok(choose(&curve).unwrap_or(task.recipe.learning_rate))
        }
        Err(error) => Err(error),
    }
}

/// Running means, corrected for their start as Adam's moments are.
fn smooth(curve: &[(f64, f64)]) -> Vec<f64> {
    let (mut mean, mut weight) = (0.0, 0.0);
    let smoothed = |(_, loss): &(f64, f64)| {
        mean += SMOOTHING * (loss - mean);
        weight += SMOOTHING * (1.0 - weight);
        mean / weight
    };
    curve.iter().map(smoothed).collect()
}

fn has_exploded(curve: &[(f64, f64)]) -> bool {
    let smoothed = smooth(curve);
    let least = smoothed.iter().copied().fold(f64::INFINITY, f64::min);
    smoothed.last().is_some_and(|last| *last > EXPLODED * least)
}

/// A tenth of the rate where the smoothed loss was least; `None` if it never fell.
fn choose(curve: &[(f64, f64)]) -> Option<f64> {
    let smoothed = smooth(curve);
    let (at, least) = smoothed
        .iter()
        .enumerate()
        .min_by(|left, right| left.1.total_cmp(right.1))?;
    (least < smoothed.first()?).then(|| curve[at].0 * MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loss that falls to its least at `best` and explodes beyond, over six decades.
    fn valley(best: f64, noise: f64) -> Vec<(f64, f64)> {
        (0..STEPS)
            .map(|step| {
                let rate = 1e-6 * 10f64.powf(6.0 * step as f64 / STEPS as f64);
                let fall = 0.4 * (1.0 + (rate / best).log10()).clamp(0.0, 1.0);
                let rise = (rate / best - 1.0).max(0.0);
                let wobble = if step % 2 == 0 { noise } else { -noise };
                (rate, 0.7 - fall + rise + wobble)
            })
            .collect()
    }

    #[test]
    fn a_tenth_of_the_rate_of_the_least_loss_is_chosen_through_noise() {
        for best in [1e-4, 1e-3, 1e-2] {
            for noise in [0.0, 0.1] {
                let rate = choose(&valley(best, noise)).expect("the loss falls");
                assert!(rate > 0.05 * best && rate < 0.3 * best, "{best}: {rate}");
            }
        }
    }

    #[test]
    fn a_loss_that_never_falls_chooses_nothing() {
        let flat: Vec<(f64, f64)> = (0..50).map(|step| (f64::from(step), 0.7)).collect();
        assert_eq!(choose(&flat), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn one_wild_batch_is_no_explosion_but_a_rising_mean_is() {
        let mut curve = vec![(0.1, 0.7); 30];
        curve.push((0.1, 3.0));
        assert!(!has_exploded(&curve));
        curve.extend([(0.1, 3.0); 10]);
        assert!(has_exploded(&curve));
    }
}
