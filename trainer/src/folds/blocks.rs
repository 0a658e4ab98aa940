//! Blocks: what must stay in one fold, or a net is tested on what it has seen.

use std::collections::HashMap;
use std::hash::Hash;

/// Covers gathered into blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocks {
    /// The block of every cover, numbered from zero without gaps.
    pub of: Vec<usize>,
    /// Blocks of one uploader that were too large for a fold.
    pub oversized: Vec<Oversized>,
}

/// A block that would have filled more than a fold's share of a class, and was
/// taken apart into its near-duplicates: a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oversized {
    /// Covers of the class in it.
    pub covers: usize,
    /// Covers of the class in all.
    pub of: usize,
}

/// Joins near-duplicate pairs and covers of the same known uploader.
///
/// `near` holds pairs of rows, `owners` rows with an uploader each (a cover may
/// have several), `labels` one entry a row. A block with more than 1/`folds` of a class falls back to its near-duplicates alone.
pub fn join<O: Eq + Hash>(
    labels: &[bool],
    near: &[(usize, usize)],
    owners: &[(usize, O)],
    folds: usize,
) -> Blocks {
    let count = labels.len();
    let mut alike = Forest::new(count);
    for (left, right) in near {
        alike.join(*left, *right);
    }
    let alike: Vec<usize> = (0..count).map(|row| alike.root(row)).collect();
    let joined = join_owners(&alike, owners);
    let oversized = find_oversized(labels, &joined, folds);
    let fallen_back = |row: usize| {
        if oversized.contains_key(&joined[row]) {
            // Past the other roots' numbers, so that the two kinds cannot meet.
            count + alike[row]
        } else {
            joined[row]
        }
    };
    let mut warnings: Vec<Oversized> = oversized.values().copied().collect();
    warnings.sort_by_key(|block| std::cmp::Reverse(block.covers));
    Blocks {
        of: renumber((0..count).map(fallen_back)),
        oversized: warnings,
    }
}

fn join_owners<O: Eq + Hash>(alike: &[usize], owners: &[(usize, O)]) -> Vec<usize> {
    let mut forest = Forest::new(alike.len());
    let mut first_of: HashMap<&O, usize> = HashMap::new();
    for (row, root) in alike.iter().enumerate() {
        forest.join(row, *root);
    }
    for (row, owner) in owners {
        let first = *first_of.entry(owner).or_insert(*row);
        forest.join(*row, first);
    }
    (0..alike.len()).map(|row| forest.root(row)).collect()
}

/// Blocks too large for a fold, except those that near-duplicates alone make.
fn find_oversized(labels: &[bool], joined: &[usize], folds: usize) -> HashMap<usize, Oversized> {
    let mut counts: HashMap<usize, [usize; 2]> = HashMap::new();
    let mut totals = [0, 0];
    for (label, root) in labels.iter().zip(joined) {
        counts.entry(*root).or_default()[usize::from(*label)] += 1;
        totals[usize::from(*label)] += 1;
    }
    let excess = |counts: &[usize; 2]| {
        [1, 0]
            .into_iter()
            .find(|class| counts[*class] > 1 && counts[*class] * folds > totals[*class])
            .map(|class| Oversized {
                covers: counts[class],
                of: totals[class],
            })
    };
    counts
        .iter()
        .filter_map(|(root, counts)| Some((*root, excess(counts)?)))
        .collect()
}

fn renumber(roots: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut numbers = HashMap::new();
    roots
        .map(|root| {
            let next = numbers.len();
            *numbers.entry(root).or_insert(next)
        })
        .collect()
}

/// Union–find with path halving; the smaller root wins, so that roots do not
/// depend on the order of joins.
struct Forest(Vec<usize>);

impl Forest {
    fn new(count: usize) -> Forest {
        Forest((0..count).collect())
    }

    fn root(&mut self, mut row: usize) -> usize {
        while self.0[row] != row {
            self.0[row] = self.0[self.0[row]];
            row = self.0[row];
        }
        row
    }

    fn join(&mut self, left: usize, right: usize) {
        let (left, right) = (self.root(left), self.root(right));
        self.0[left.max(right)] = left.min(right);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn chains_of_near_duplicates_and_uploaders_become_one_block() {
        let labels = [true, true, true, true, false, false, false, false];
        let owners = [(2, "a"), (3, "a"), (5, "b"), (5, "c"), (6, "b"), (7, "c")];
        // 0–1 and 1–2 are near, 2 and 3 are one uploader's; two uploaders share 5.
        let blocks = join(&labels, &[(0, 1), (1, 2)], &owners, 1);
        assert_eq!(blocks.of, [0, 0, 0, 0, 1, 2, 2, 2]);
        assert!(blocks.oversized.is_empty());
    }

    #[test]
    fn covers_without_a_known_uploader_stay_apart() {
        let nobody: [(usize, &str); 0] = [];
        let blocks = join(&[true, false, true], &[], &nobody, 2);
        assert_eq!(blocks.of, [0, 1, 2]);
    }

    #[test]
    fn an_uploader_with_more_than_a_folds_share_falls_back_to_near_duplicates() {
        let mut labels = vec![false; 20];
        labels.extend([true; 8]);
        let owners = [(20, "a"), (21, "a"), (22, "a"), (23, "b"), (24, "b")];
        let blocks = join(&labels, &[(20, 21)], &owners, 4);
        // "a" has 3 of 8, more than a quarter; "b" has 2, which is a quarter.
        assert_eq!(blocks.oversized, [Oversized { covers: 3, of: 8 }]);
        assert_eq!(blocks.of[20], blocks.of[21]);
        assert_ne!(blocks.of[20], blocks.of[22]);
        assert_eq!(blocks.of[23], blocks.of[24]);
    }

    proptest! {
        #[test]
        fn near_duplicates_share_a_block_and_numbers_have_no_gaps(
            labels in prop::collection::vec(any::<bool>(), 2..60),
            pairs in prop::collection::vec((0usize..60, 0usize..60), 0..40),
            owners in prop::collection::vec((0usize..60, 0u8..5), 0..40),
            folds in 2usize..6,
        ) {
            let count = labels.len();
            let pairs: Vec<_> = pairs.into_iter().map(|(l, r)| (l % count, r % count)).collect();
            let owners: Vec<_> = owners.into_iter().map(|(row, owner)| (row % count, owner)).collect();
            let blocks = join(&labels, &pairs, &owners, folds);
            for (left, right) in pairs {
                prop_assert_eq!(blocks.of[left], blocks.of[right]);
            }
            let most = blocks.of.iter().max().unwrap();
            prop_assert!((0..=*most).all(|block| blocks.of.contains(&block)));
        }
    }
}
