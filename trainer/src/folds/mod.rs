//! Disjoint parts of the labels, alike in classes, that never split a block.

mod blocks;

pub use blocks::{Blocks, Oversized, join};

use rand::seq::SliceRandom;

use crate::keyed::{Purpose, generator};

/// Why labels cannot be divided.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldsError {
    /// Fewer than two parts.
    #[error("{folds} folds are no cross-validation; --folds 2 is the least")]
    TooFew {
        /// What was asked.
        folds: usize,
    },
    /// Nothing to tell apart.
    #[error(
        "all {count} labels say \"{class}\": there is nothing to tell apart; \
         label some covers of the other class first"
    )]
    OneClass {
        /// The only class.
        class: &'static str,
        /// Labels there are.
        count: usize,
    },
    /// No labels at all.
    #[error("there are no labels yet; label some covers of both classes first")]
    NoLabels,
    /// A class that cannot be in every fold.
    #[error(
        "{folds} folds were asked, but the covers labeled \"{class}\" make only {blocks} blocks \
         (near-duplicates, or of one uploader) that must not be split; {}",
        advice(*blocks)
    )]
    FewBlocks {
        /// The class that is short of blocks.
        class: &'static str,
        /// Blocks with a cover of that class.
        blocks: usize,
        /// What was asked.
        folds: usize,
    },
}

fn advice(fits: usize) -> String {
    match fits {
        0 | 1 => "label more covers of it".to_string(),
        _ => format!("--folds {fits} fits"),
    }
}

/// What classes are called before people.
pub const CLASSES: [&str; 2] = ["other", "topic"];

/// Attempts with other orders before the best one is taken.
const ATTEMPTS: u64 = 8;

/// The fold of every cover.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folds {
    of: Vec<usize>,
    count: usize,
}

impl Folds {
    /// Divides covers of these labels and blocks into `count` folds.
    ///
    /// Blocks are shuffled by `seed`, taken largest first, and each put where the
    /// classes are then most even; single moves that even them further follow.
    pub fn stratified(
        labels: &[bool],
        block_of: &[usize],
        count: usize,
        seed: u64,
    ) -> Result<Folds, FoldsError> {
        let blocks = count_blocks(labels, block_of);
        check(labels, &blocks, count)?;
        let best = (0..ATTEMPTS)
            .map(|attempt| Assignment::attempt(&blocks, count, seed, attempt))
            .min_by(|left, right| left.cost().total_cmp(&right.cost()))
            .expect("there is an attempt");
        let of = block_of.iter().map(|block| best.fold_of[*block]).collect();
        Ok(Folds { of, count })
    }

    /// The fold in which each cover is tested.
    pub fn of(&self) -> &[usize] {
        &self.of
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Rows tested in `fold`.
    pub fn test(&self, fold: usize) -> Vec<i64> {
        self.rows(|of| of == fold)
    }

    /// Rows trained on in `fold`: all others.
    pub fn train(&self, fold: usize) -> Vec<i64> {
        self.rows(|of| of != fold)
    }

    fn rows(&self, wanted: impl Fn(usize) -> bool) -> Vec<i64> {
        let numbered = self.of.iter().zip(0..);
        numbered
            .filter(|(of, _)| wanted(**of))
            .map(|(_, row)| row)
            .collect()
    }
}

/// Covers of each class in a block, a fold or everything.
type Counts = [usize; 2];

fn count_blocks(labels: &[bool], block_of: &[usize]) -> Vec<Counts> {
    let blocks = block_of.iter().max().map_or(0, |last| last + 1);
    let mut counts = vec![[0, 0]; blocks];
    for (label, block) in labels.iter().zip(block_of) {
        counts[*block][usize::from(*label)] += 1;
    }
    counts
}

/// Whether there is something to tell apart.
///
/// # Errors
/// [`FoldsError::NoLabels`] or [`FoldsError::OneClass`].
pub fn check_classes(labels: &[bool]) -> Result<(), FoldsError> {
    let Some(first) = labels.first() else {
        return Err(FoldsError::NoLabels);
    };
    match labels.iter().all(|label| label == first) {
        false => Ok(()),
        true => Err(FoldsError::OneClass {
            class: CLASSES[usize::from(*first)],
            count: labels.len(),
        }),
    }
}

fn check(labels: &[bool], blocks: &[Counts], folds: usize) -> Result<(), FoldsError> {
    if folds < 2 {
        return Err(FoldsError::TooFew { folds });
    }
    check_classes(labels)?;
    let with = |class: usize| blocks.iter().filter(|counts| counts[class] > 0).count();
    let scarce = if with(0) < with(1) { 0 } else { 1 };
    if with(scarce) < folds {
        return Err(FoldsError::FewBlocks {
            class: CLASSES[scarce],
            blocks: with(scarce),
            folds,
        });
    }
    Ok(())
}

/// Blocks in folds, being improved.
struct Assignment<'a> {
    blocks: &'a [Counts],
    fold_of: Vec<usize>,
    folds: Vec<Counts>,
    ideal: [f64; 2],
}

impl Assignment<'_> {
    fn attempt(blocks: &[Counts], count: usize, seed: u64, attempt: u64) -> Assignment<'_> {
        let total = |class: usize| blocks.iter().map(|counts| counts[class]).sum::<usize>();
        let mut assignment = Assignment {
            blocks,
            fold_of: vec![usize::MAX; blocks.len()],
            folds: vec![[0, 0]; count],
            ideal: [0, 1].map(|class| total(class) as f64 / count as f64),
        };
        let mut order: Vec<usize> = (0..blocks.len()).collect();
        order.shuffle(&mut generator(seed, Purpose::Folds, &[attempt]));
        order.sort_by_key(|block| std::cmp::Reverse(size(&blocks[*block])));
        for block in order {
            let fold = assignment.best_fold(block);
            assignment.put(block, fold);
        }
        assignment.repair();
        assignment
    }

    /// Moves single blocks for as long as that evens the classes.
    fn repair(&mut self) {
        let mut moved = true;
        while moved {
            moved = false;
            for block in 0..self.blocks.len() {
                let home = self.fold_of[block];
                let before = self.cost();
                self.take(block);
                let fold = self.best_fold(block);
                self.put(block, fold);
                // A margin against rounding, which could move a block forever.
                if fold != home && self.cost() > before - 1e-9 {
                    self.take(block);
                    self.put(block, home);
                } else {
                    moved |= fold != home;
                }
            }
        }
    }

    fn best_fold(&self, block: usize) -> usize {
        let added = &self.blocks[block];
        let change = |fold: &usize| {
            let counts = &self.folds[*fold];
            let after = [counts[0] + added[0], counts[1] + added[1]];
            self.fold_cost(&after) - self.fold_cost(counts)
        };
        (0..self.folds.len())
            .min_by(|left, right| change(left).total_cmp(&change(right)))
            .expect("there are at least two folds")
    }

    fn put(&mut self, block: usize, fold: usize) {
        self.fold_of[block] = fold;
        for class in [0, 1] {
            self.folds[fold][class] += self.blocks[block][class];
        }
    }

    fn take(&mut self, block: usize) {
        let fold = self.fold_of[block];
        for class in [0, 1] {
            self.folds[fold][class] -= self.blocks[block][class];
        }
    }

    fn cost(&self) -> f64 {
        self.folds.iter().map(|counts| self.fold_cost(counts)).sum()
    }

    /// How far a fold is from its share: of each class in units of that share,
    /// with a class that is missing worse than any unevenness; of covers in all
    /// only to break ties.
    fn fold_cost(&self, counts: &Counts) -> f64 {
        const MISSING: f64 = 1e6;
        const TIE: f64 = 1e-3;
        let class_cost = |class: usize| {
            let off = counts[class] as f64 / self.ideal[class] - 1.0;
            off * off + if counts[class] == 0 { MISSING } else { 0.0 }
        };
        let share = size(counts) as f64 / (self.ideal[0] + self.ideal[1]) - 1.0;
        class_cost(0) + class_cost(1) + TIE * share * share
    }
}

fn size(counts: &Counts) -> usize {
    counts[0] + counts[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn single(labels: &[bool], folds: usize) -> Result<Folds, FoldsError> {
        let blocks: Vec<usize> = (0..labels.len()).collect();
        Folds::stratified(labels, &blocks, folds, 1)
    }

    fn labels(others: usize, topics: usize) -> Vec<bool> {
        (0..others + topics).map(|row| row >= others).collect()
    }

    #[test]
    fn labels_that_cannot_be_divided_say_what_there_is_and_what_fits() {
        let table = [
            (labels(0, 0), 4, "no labels yet"),
            (labels(9, 0), 4, "all 9 labels say \"other\""),
            (labels(0, 9), 4, "all 9 labels say \"topic\""),
            (labels(9, 3), 4, "labeled \"topic\" make only 3 blocks"),
            (labels(9, 3), 4, "--folds 3 fits"),
            (labels(1, 9), 4, "label more covers of it"),
            (labels(9, 9), 1, "--folds 2 is the least"),
        ];
        for (labels, folds, expected) in table {
            let refusal = single(&labels, folds).unwrap_err().to_string();
            assert!(refusal.contains(expected), "{refusal}");
        }
    }

    #[test]
    fn three_covers_are_refused_with_a_sentence_and_four_can_be_halved() {
        assert!(single(&labels(2, 1), 2).is_err());
        assert!(single(&labels(2, 2), 2).is_ok());
    }

    #[test]
    fn another_seed_divides_otherwise() {
        let labels = labels(40, 40);
        let blocks: Vec<usize> = (0..80).collect();
        let divide = |seed| Folds::stratified(&labels, &blocks, 4, seed).expect("divisible");
        assert_eq!(divide(1), divide(1));
        assert_ne!(divide(1), divide(2));
    }

    #[test]
    fn mixed_blocks_still_leave_both_classes_in_every_fold() {
        // Three blocks of both classes and one of each: only one way is right.
        let block_of = [0, 0, 1, 1, 2, 2, 3, 4];
        let labels = [true, false, true, false, true, false, true, false];
        let folds = Folds::stratified(&labels, &block_of, 4, 1).expect("divisible");
        assert_eq!(folds.of()[6], folds.of()[7]);
    }

    /// Rows with a label and one of a few blocks.
    fn rows() -> impl Strategy<Value = Vec<(bool, usize)>> {
        prop::collection::vec((any::<bool>(), 0usize..60), 20..200)
    }

    proptest! {
        #[test]
        fn folds_partition_the_covers_and_never_split_a_block(
            rows in rows(), count in 2usize..6, seed in 0u64..50,
        ) {
            let (labels, block_of): (Vec<bool>, Vec<usize>) = rows.into_iter().unzip();
            let Ok(folds) = Folds::stratified(&labels, &block_of, count, seed) else {
                return Ok(());
            };
            let mut seen = vec![0; labels.len()];
            for fold in 0..count {
                let (test, train) = (folds.test(fold), folds.train(fold));
                prop_assert_eq!(test.len() + train.len(), labels.len());
                for row in &test {
                    seen[*row as usize] += 1;
                }
                let blocks = |rows: &[i64]| -> std::collections::HashSet<usize> {
                    rows.iter().map(|row| block_of[*row as usize]).collect()
                };
                prop_assert!(blocks(&test).is_disjoint(&blocks(&train)));
                for class in [false, true] {
                    prop_assert!(test.iter().any(|row| labels[*row as usize] == class));
                }
            }
            prop_assert!(seen.iter().all(|times| *times == 1));
        }

        #[test]
        fn single_covers_are_divided_as_evenly_as_numbers_allow(
            others in 5usize..150, topics in 5usize..150, count in 2usize..6,
        ) {
            let labels = labels(others, topics);
            let folds = single(&labels, count).expect("enough of each");
            for class in [false, true] {
                let counts: Vec<usize> = (0..count)
                    .map(|fold| {
                        let test = folds.test(fold);
                        test.iter().filter(|row| labels[**row as usize] == class).count()
                    })
                    .collect();
                let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
                prop_assert!(most - least <= 1, "{:?}", counts);
            }
        }
    }
}
