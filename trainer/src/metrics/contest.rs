//! A new model against the one in use, on the same covers.

use super::bootstrap::{intervals, numbered};
use super::sigmoid;
use crate::calibration::{self, Predicted};

/// Draws of blocks in all: with many blocks fewer draws tell as much.
const DRAWS: u64 = 4_000_000;

/// Log-odds of two models for the same covers, neither having learned from them.
#[derive(Debug, Default, Clone)]
pub struct Told {
    /// Whether each cover shows the topic, as people say today.
    pub labels: Vec<bool>,
    /// By the model in use.
    pub before: Vec<f64>,
    /// By the new one.
    pub after: Vec<f64>,
    /// What is right or wrong together.
    pub blocks: Vec<u32>,
}

/// How they did.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Contest {
    /// Covers.
    pub compared: usize,
    /// Shares that are right: in use, new.
    pub accuracy: (f64, f64),
    /// Mean log-losses: in use, new.
    pub loss: (f64, f64),
    /// Only the new one is right.
    pub only_new_right: usize,
    /// Only the old one is right.
    pub only_old_right: usize,
    /// 95 % interval of the new loss less the old one; `None` where blocks are too few.
    pub interval: Option<(f64, f64)>,
}

impl Contest {
    /// Both are calibrated on these covers, two numbers each, so that only what they tell apart
    /// counts; then whole blocks are drawn again and again, the same for both.
    pub fn of(told: &Told, seed: u64) -> Option<Contest> {
        if told.labels.is_empty() {
            return None;
        }
        let [before, after] =
            [&told.before, &told.after].map(|odds| calibrated(&told.labels, odds));
        let right = |odds: &[f64], row: usize| (odds[row] >= 0.0) == told.labels[row];
        let rows = || 0..told.labels.len();
        let only = |one: &[f64], other: &[f64]| {
            rows()
                .filter(|row| right(one, *row) && !right(other, *row))
                .count()
        };
        let count = told.labels.len() as f64;
        let share = |odds: &[f64]| rows().filter(|row| right(odds, *row)).count() as f64 / count;
        let losses = [&before, &after].map(|odds| losses(&told.labels, odds));
        let mean = |losses: &[f64]| losses.iter().sum::<f64>() / count;
        Some(Contest {
            compared: told.labels.len(),
            accuracy: (share(&before), share(&after)),
            loss: (mean(&losses[0]), mean(&losses[1])),
            only_new_right: only(&after, &before),
            only_old_right: only(&before, &after),
            interval: interval(&losses, &told.blocks, seed),
        })
    }

    /// The new one's log-loss is higher by more than chance explains.
    pub fn is_worse(&self) -> bool {
        self.interval.is_some_and(|(low, _)| low > 0.0)
    }

    /// It is lower by more than chance explains.
    pub fn is_better(&self) -> bool {
        self.interval.is_some_and(|(_, high)| high < 0.0)
    }
}

fn calibrated(labels: &[bool], odds: &[f64]) -> Vec<f64> {
    let predicted: Vec<Predicted> = labels
        .iter()
        .zip(odds)
        .map(|(label, margin)| Predicted {
            label: *label,
            margin: *margin,
            fold: 0,
        })
        .collect();
    let map = calibration::fit(&predicted);
    odds.iter().map(|margin| map.log_odds(*margin)).collect()
}

fn losses(labels: &[bool], odds: &[f64]) -> Vec<f64> {
    let loss = |(label, odds): (&bool, &f64)| {
        let probability = if *label {
            sigmoid(*odds)
        } else {
            sigmoid(-odds)
        };
        -probability.max(1e-12).ln()
    };
    labels.iter().zip(odds).map(loss).collect()
}

fn interval(losses: &[Vec<f64>; 2], blocks: &[u32], seed: u64) -> Option<(f64, f64)> {
    let (of, count) = numbered(blocks);
    let mut sums = vec![(0.0, 0.0); count];
    for ((before, after), block) in losses[0].iter().zip(&losses[1]).zip(of) {
        sums[block].0 += after - before;
        sums[block].1 += 1.0;
    }
    let replicates = (DRAWS / count.max(1) as u64).clamp(200, 1000);
    let [difference] = intervals(count, seed, replicates, |times| {
        let (mut sum, mut all) = (0.0, 0.0);
        for (times, (difference, covers)) in times.iter().zip(&sums) {
            sum += f64::from(*times) * difference;
            all += f64::from(*times) * covers;
        }
        [sum / all]
    });
    difference
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use rand::RngExt;

    /// Two models that see the truth through noise of their own.
    fn told(before: f64, after: f64) -> Told {
        let mut rng = generator(5, Purpose::Bench, &[]);
        let mut told = Told::default();
        for row in 0..400 {
            let label = rng.random_bool(0.4);
            let centre = if label { 1.0 } else { -1.0 };
            told.labels.push(label);
            told.before
                .push(centre + before * rng.random_range(-2.0..2.0));
            told.after
                .push(centre + after * rng.random_range(-2.0..2.0));
            told.blocks.push(row / 2);
        }
        told
    }

    #[test]
    fn what_is_blurred_more_is_worse_and_what_is_alike_is_not() {
        let of = |before, after| Contest::of(&told(before, after), 1).expect("covers");
        assert!(of(0.5, 2.0).is_worse());
        assert!(!of(2.0, 0.5).is_worse());
        assert!(!of(1.0, 1.0).is_worse());
        let better = of(2.0, 0.5);
        assert!(better.loss.1 < better.loss.0 && better.accuracy.1 > better.accuracy.0);
        assert_eq!(better.compared, 400);
    }

    #[test]
    fn a_scale_or_an_offset_of_its_own_makes_no_model_worse() {
        let mut told = told(1.0, 1.0);
        told.after = told.before.iter().map(|odds| 7.0 * odds - 3.0).collect();
        let contest = Contest::of(&told, 1).expect("covers");
        assert!(
            (contest.loss.0 - contest.loss.1).abs() < 1e-3,
            "{contest:?}"
        );
        assert_eq!((contest.only_new_right, contest.only_old_right), (0, 0));
    }

    #[test]
    fn nothing_in_common_is_no_contest_and_one_block_no_interval() {
        assert_eq!(Contest::of(&Told::default(), 1), None);
        let mut told = told(0.5, 2.0);
        told.blocks.fill(0);
        assert!(!Contest::of(&told, 1).expect("covers").is_worse());
    }
}
