//! The learning rate by a range test (Smith 2017): a short training whose rate rises
//! until the loss explodes; on training covers only.
//!
//! It is guarded where naive ones err: the mean is corrected for its start, the first
//! tenth and the explosion do not count, the rate comes from the middle of the longest
//! descent, stays a tenth below that of the least loss, and is tried before it is taken.

use std::ops::ControlFlow;

use rand::seq::SliceRandom;

use crate::error::Error;
use crate::keyed::{Purpose, generator};
use crate::recipe::Recipe;
use crate::schedule::Schedule;
use crate::tensors::batch_count;
use crate::training::{Event, Task, train};

/// Where the rate starts as a share of [`HIGHEST`]; see [`Schedule::RangeTest`].
pub const LOWEST_SHARE: f64 = 1e-7;
const HIGHEST: f64 = 1.0;
/// Steps of the test: some fourteen a decade.
const STEPS: usize = 100;
/// Share of the steps that is skipped: the mean has seen too little.
const SKIPPED: f64 = 0.1;
/// Weight of the newest loss in the running mean: single batches of ten are noise.
const SMOOTHING: f64 = 0.1;
/// The loss has exploded at this multiple of its least.
const EXPLODED: f64 = 4.0;
/// The rate of the least loss is too high to train at for long; a tenth is the most.
const MARGIN: f64 = 0.1;
/// A mean that differs by a smaller share is flat, not a descent.
const FLAT: f64 = 1e-2;
/// Steps at the rate that is chosen, to see that it holds …
const TRIAL: usize = 20;
/// … which it does not if the loss ends above this multiple of the first …
const WORSE: f64 = 1.1;
/// … and is then divided by this, so many times at most.
const CALMER: f64 = 3.0;
const TRIALS: usize = 3;

/// What a range test found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// A peak rate; the recipe's own if the loss never fell.
    pub rate: f64,
    /// Rate and loss of every step, to be drawn.
    pub points: Vec<(f64, f64)>,
}

/// Tests the task's recipe on its training rows.
///
/// # Errors
/// Memory. A loss that is no number ends the test, as exploding does.
pub fn find(task: &Task) -> Result<Found, Error> {
    let points = losses(task, (HIGHEST, Schedule::RangeTest), STEPS)?;
    let Some(mut rate) = choose(&points) else {
        let rate = task.recipe.learning_rate;
        return Ok(Found { rate, points });
    };
    for _ in 0..TRIALS {
        let trial = losses(task, (rate, Schedule::Constant), TRIAL)?;
        if holds(&trial) {
            break;
        }
        rate /= CALMER;
    }
    Ok(Found { rate, points })
}

/// Rate and loss of so many steps from the start, or until the loss explodes. Nothing of
/// it is left: it is a training of its own.
fn losses(
    task: &Task,
    (peak, schedule): (f64, Schedule),
    steps: usize,
) -> Result<Vec<(f64, f64)>, Error> {
    let mut rows = task.train.to_vec();
    rows.shuffle(&mut generator(task.seed, Purpose::RangeTest, &[task.fold]));
    rows.truncate(steps * task.recipe.batch_size);
    let per_epoch = batch_count(rows.len(), task.recipe.batch_size).max(1);
    let recipe = Recipe {
        learning_rate: peak,
        schedule,
        average: false,
        early_stop: None,
        epochs: u32::try_from(steps.div_ceil(per_epoch)).unwrap_or(u32::MAX),
        ..task.recipe.clone()
    };
    let alone = Task {
        train: &rows,
        inner: &[],
        test: &[],
        recipe: &recipe,
        stop_after: None,
        guard: None,
        keep: None,
        ..*task
    };
    let mut points = Vec::new();
    let tried = train(&alone, &mut |event| {
        if let Event::Step(step) = event {
            points.push((step.learning_rate, step.loss));
        }
        match points.len() >= steps || has_exploded(&points) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    match tried {
        Ok(_) | Err(Error::NothingLearned { .. }) => Ok(points),
        Err(error) => Err(error),
    }
}

/// Running means, corrected for their start as Adam's moments are.
pub fn smooth(points: &[(f64, f64)]) -> Vec<f64> {
    let (mut mean, mut weight) = (0.0, 0.0);
    let smoothed = |(_, loss): &(f64, f64)| {
        mean += SMOOTHING * (loss - mean);
        weight += SMOOTHING * (1.0 - weight);
        mean / weight
    };
    points.iter().map(smoothed).collect()
}

fn has_exploded(points: &[(f64, f64)]) -> bool {
    let smoothed = smooth(points);
    let least = smoothed.iter().copied().fold(f64::INFINITY, f64::min);
    smoothed.last().is_some_and(|last| *last > EXPLODED * least)
}

/// The rate in the middle of the longest descent, at most a tenth of that of the least
/// loss; `None` if the loss never fell.
fn choose(points: &[(f64, f64)]) -> Option<f64> {
    let skipped = (points.len() as f64 * SKIPPED) as usize;
    let smoothed = &smooth(points)[skipped..];
    let rate = |at: usize| points[skipped + at].0;
    let descent = longest_descent(smoothed)?;
    let least = (0..smoothed.len()).min_by(|l, r| smoothed[*l].total_cmp(&smoothed[*r]))?;
    Some(rate(descent[descent.len() / 2]).min(rate(least) * MARGIN))
}

/// Places of the longest chain of clearly ever smaller values, which need not be
/// neighbours; `None` if no value is below one before it.
fn longest_descent(values: &[f64]) -> Option<Vec<usize>> {
    // Of the chain that ends here: its length, and the place before.
    let mut chains: Vec<(usize, Option<usize>)> = Vec::with_capacity(values.len());
    for (at, value) in values.iter().enumerate() {
        let before = (0..at).filter(|earlier| values[*earlier] * (1.0 - FLAT) > *value);
        let longest = before.max_by_key(|earlier| chains[*earlier].0);
        chains.push((longest.map_or(1, |earlier| chains[earlier].0 + 1), longest));
    }
    let end = (0..chains.len()).max_by_key(|at| chains[*at].0)?;
    let mut chain: Vec<usize> = std::iter::successors(Some(end), |at| chains[*at].1).collect();
    chain.reverse();
    (chain.len() > 1).then_some(chain)
}

/// Whether a trial ends no worse than it began.
fn holds(trial: &[(f64, f64)]) -> bool {
    let smoothed = smooth(trial);
    match (smoothed.first(), smoothed.last()) {
        (Some(first), Some(last)) => trial.len() >= TRIAL && *last <= WORSE * first,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loss that falls over a decade to its least at `best` and explodes beyond.
    fn valley(best: f64, noise: f64) -> Vec<(f64, f64)> {
        (0..STEPS)
            .map(|step| {
                let rate = 1e-7 * 10f64.powf(7.0 * step as f64 / STEPS as f64);
                let fall = 0.4 * (1.0 + (rate / best).log10() / 2.0).clamp(0.0, 1.0);
                let rise = (rate / best - 1.0).max(0.0);
                let wobble = if step % 2 == 0 { noise } else { -noise };
                (rate, 0.7 - fall + rise + wobble)
            })
            .collect()
    }

    #[test]
    fn a_rate_within_the_descent_is_chosen_through_noise() {
        for best in [1e-4, 1e-3, 1e-2] {
            for noise in [0.0, 0.05] {
                let rate = choose(&valley(best, noise)).expect("the loss falls");
                assert!(
                    rate > 0.01 * best && rate <= 0.4 * best,
                    "{best} {noise}: {rate}"
                );
            }
        }
    }

    #[test]
    fn a_loss_that_never_falls_chooses_nothing() {
        let flat: Vec<(f64, f64)> = (0..50).map(|step| (f64::from(step), 0.7)).collect();
        assert_eq!(choose(&flat), None);
        let rising: Vec<(f64, f64)> = (0..50).map(|step| (0.1, f64::from(step))).collect();
        assert_eq!(choose(&rising), None);
        assert_eq!(choose(&[]), None);
    }

    #[test]
    fn one_wild_batch_is_no_explosion_but_a_rising_mean_is() {
        let mut points = vec![(0.1, 0.7); 30];
        points.push((0.1, 6.0));
        assert!(!has_exploded(&points));
        points.extend([(0.1, 6.0); 10]);
        assert!(has_exploded(&points));
    }

    #[test]
    fn a_descent_steps_over_bumps() {
        assert_eq!(
            longest_descent(&[5.0, 6.0, 4.0, 4.5, 3.0, 9.0]),
            Some(vec![1, 3, 4])
        );
        assert_eq!(longest_descent(&[1.0, 2.0]), None);
    }

    #[test]
    fn a_trial_must_last_and_must_not_rise() {
        assert!(holds(&[(0.1, 0.7); TRIAL]));
        assert!(!holds(&[(0.1, 0.7); TRIAL - 1]), "it was no number");
        let rising: Vec<(f64, f64)> = (0..TRIAL).map(|step| (0.1, 0.7 + step as f64)).collect();
        assert!(!holds(&rising));
    }
}
