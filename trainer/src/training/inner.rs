//! Covers held back from a training, to choose its epoch by.
//!
//! They are a stratified share of the rows that a fold may train on, never of those
//! that it is tested on, and split no block: a near-duplicate on the other side would
//! make every epoch look better than the last.

use rand::Rng;

use crate::folds::Folds;
use crate::keyed::{Purpose, generator};

/// One part in so many is held back.
const PARTS: usize = 10;
/// Fewer covers of a class than this say nothing about a loss.
const LEAST: usize = 5;

/// Rows to train on, and rows to watch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Trained on.
    pub train: Vec<i64>,
    /// Only watched.
    pub inner: Vec<i64>,
}

/// Holds back a tenth of `rows`, keyed by seed and fold; `None` when there are too few
/// blocks of a class. `labels` and `blocks` are those of all rows.
pub fn split(
    rows: &[i64],
    labels: &[bool],
    blocks: &[usize],
    (seed, fold): (u64, u64),
) -> Option<Split> {
    let of_rows = |all: &[usize]| -> Vec<usize> { picked(all, rows) };
    let labels: Vec<bool> = picked(labels, rows);
    let key = generator(seed, Purpose::Inner, &[fold]).next_u64();
    let parts = Folds::stratified(&labels, &of_rows(blocks), PARTS, key).ok()?;
    let (inner, train) = (parts.test(0), parts.train(0));
    let enough = [false, true].into_iter().all(|class| {
        let of_class = inner
            .iter()
            .filter(|place| labels[**place as usize] == class);
        of_class.count() >= LEAST
    });
    enough.then(|| Split {
        train: picked(rows, &train),
        inner: picked(rows, &inner),
    })
}

fn picked<T: Copy>(values: &[T], places: &[i64]) -> Vec<T> {
    let value = |place: &i64| values[*place as usize];
    places.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Every other row of a data set, labels in turn, blocks of three covers.
    fn example(count: i64) -> (Vec<i64>, Vec<bool>, Vec<usize>) {
        let rows = (0..count).map(|row| row * 2).collect();
        let all = 2 * count as usize;
        let labels = (0..all).map(|row| row % 4 < 2).collect();
        (rows, labels, (0..all).map(|row| row / 12 * 7).collect())
    }

    #[test]
    fn a_tenth_is_held_back_stratified_and_without_splitting_a_block() {
        let (rows, labels, blocks) = example(600);
        let split = split(&rows, &labels, &blocks, (1, 0)).expect("enough covers");
        assert!(
            (54..=66).contains(&split.inner.len()),
            "{}",
            split.inner.len()
        );
        let topics = split.inner.iter().filter(|row| labels[**row as usize]);
        assert_eq!(topics.count() * 2, split.inner.len());
        let blocks_of = |rows: &[i64]| -> HashSet<usize> {
            rows.iter().map(|row| blocks[*row as usize]).collect()
        };
        assert!(blocks_of(&split.inner).is_disjoint(&blocks_of(&split.train)));
        let mut both = [split.train, split.inner].concat();
        both.sort_unstable();
        assert_eq!(both, rows);
    }

    #[test]
    fn seed_and_fold_each_hold_back_others() {
        let (rows, labels, blocks) = example(600);
        let of = |key| {
            split(&rows, &labels, &blocks, key)
                .expect("enough covers")
                .inner
        };
        assert_eq!(of((1, 0)), of((1, 0)));
        assert_ne!(of((1, 0)), of((2, 0)));
        assert_ne!(of((1, 0)), of((1, 1)));
    }

    #[test]
    fn too_few_covers_or_blocks_hold_nothing_back() {
        let (rows, labels, blocks) = example(60);
        assert_eq!(
            split(&rows, &labels, &blocks, (1, 0)),
            None,
            "three of a class"
        );
        let (rows, labels, _) = example(600);
        let few: Vec<usize> = (0..1200).map(|row| row / 200).collect();
        assert_eq!(split(&rows, &labels, &few, (1, 0)), None, "six blocks");
        assert_eq!(split(&[], &labels, &few, (1, 0)), None);
    }
}
