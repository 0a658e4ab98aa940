//! The perceptual hashes of all covers in memory, in the order of their ids.
//!
//! There is no index: a pass over a million hashes that lie side by side was faster than
//! multi-index hashing over four bands, whose buckets lie all over the memory
//! (docs/measurements.md), and is a fraction of making one cover. 24 bytes a cover.

use sqlx::{Sqlite, Transaction};

use crate::Result;
use crate::statement::statements;

statements! {
    /// `group` is the cover that stands for it: itself when it has no representative.
    NEWER_HASHES = "select id, phash, coalesce(representative, id) from cover where id > $1 order by id";
}

/// A cover within the distance that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbour {
    /// The cover.
    pub cover: i64,
    /// The representative of its group.
    pub group: i64,
    /// Hamming distance of the hashes, 0 to 64.
    pub distance: u32,
}

/// Mirror of `cover.phash`; brought up to date inside the transaction that adds covers.
#[derive(Debug, Default)]
pub struct Hashes {
    /// Apart from the rest, so that a pass reads nothing else.
    hashes: Vec<u64>,
    /// Of each hash its cover and that one's group.
    covers: Vec<(i64, i64)>,
}

impl Hashes {
    /// Reads what other programs added since.
    pub(crate) async fn refresh(&mut self, tx: &mut Transaction<'_, Sqlite>) -> Result<()> {
        let last = self.covers.last().map_or(0, |entry| entry.0);
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(NEWER_HASHES)
            .bind(last)
            .fetch_all(&mut **tx)
            .await?;
        for (id, hash, group) in rows {
            self.push(hash.cast_unsigned(), id, group);
        }
        Ok(())
    }

    /// Adds a cover that was just inserted; ids must rise.
    pub fn push(&mut self, hash: u64, cover: i64, group: i64) {
        debug_assert!(self.covers.last().is_none_or(|last| last.0 < cover));
        self.hashes.push(hash);
        self.covers.push((cover, group));
    }

    pub(crate) fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Forgets the newest, down to `len`: their transaction was rolled back.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.hashes.truncate(len);
        self.covers.truncate(len);
    }

    /// The nearest cover of each group that has one within `distance` of `hash`,
    /// nearest first, older first among equals.
    pub fn neighbours(&self, hash: u64, distance: u32) -> Vec<Neighbour> {
        let mut found: Vec<Neighbour> = within(&self.hashes, hash, distance)
            .into_iter()
            .map(|at| Neighbour {
                cover: self.covers[at].0,
                group: self.covers[at].1,
                distance: (self.hashes[at] ^ hash).count_ones(),
            })
            .collect();
        found.sort_unstable_by_key(|n| (n.distance, n.cover));
        let mut groups = std::collections::HashSet::new();
        found.retain(|n| groups.insert(n.group));
        found
    }

    /// From a cover in memory to `hash`.
    pub(crate) fn distance(&self, cover: i64, hash: u64) -> Option<u32> {
        let at = self.covers.binary_search_by_key(&cover, |e| e.0).ok()?;
        Some((self.hashes[at] ^ hash).count_ones())
    }

    /// The representative that a new cover joins: one that is itself within `distance`,
    /// so that no group is a chain.
    pub fn representative(
        &self,
        neighbours: &[Neighbour],
        hash: u64,
        distance: u32,
    ) -> Option<i64> {
        neighbours
            .iter()
            .filter_map(|n| {
                let apart = self.distance(n.group, hash)?;
                (apart <= distance).then_some((apart, n.group))
            })
            .min()
            .map(|(_, group)| group)
    }
}

/// The places of the hashes within `distance` of `hash`.
fn within(hashes: &[u64], hash: u64, distance: u32) -> Vec<usize> {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("popcnt") {
        // SAFETY: the processor was just asked whether it has the instruction.
        return unsafe { within_by_popcnt(hashes, hash, distance) };
    }
    scan(hashes, hash, distance)
}

/// The compiler may not assume an instruction that counts bits, and needs a dozen others in
/// its place; every processor of the last fifteen years has it.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "popcnt")]
fn within_by_popcnt(hashes: &[u64], hash: u64, distance: u32) -> Vec<usize> {
    scan(hashes, hash, distance)
}

#[inline(always)]
fn scan(hashes: &[u64], hash: u64, distance: u32) -> Vec<usize> {
    let mut found = Vec::new();
    for (at, other) in hashes.iter().enumerate() {
        if (other ^ hash).count_ones() <= distance {
            found.push(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_chain_of_near_duplicates_is_not_one_group() {
        let mut hashes = Hashes::default();
        hashes.push(0, 1, 1);
        hashes.push(0b0011, 2, 1);
        // 2 away from cover 2, but 4 away from the representative of its group.
        let hash = 0b1111;
        let near = hashes.neighbours(hash, 3);
        assert_eq!(
            near,
            [Neighbour {
                cover: 2,
                group: 1,
                distance: 2
            }]
        );
        assert_eq!(hashes.representative(&near, hash, 3), None);
        assert_eq!(hashes.representative(&near, 0b0111, 3), Some(1));
    }

    /// `hash` with the bits at these places turned.
    fn turned(hash: u64, places: &[u32]) -> u64 {
        places.iter().fold(hash, |hash, place| hash ^ 1 << place)
    }

    proptest! {
        #[test]
        fn neighbours_are_what_a_full_comparison_finds(
            hash: u64,
            turns in prop::collection::vec(prop::collection::vec(0_u32..64, 0..20), 1..80),
            distance in 0_u32..20,
            forgotten in 0_usize..80,
        ) {
            let all: Vec<u64> = turns.iter().map(|places| turned(hash, places)).collect();
            let kept = all.len().saturating_sub(forgotten);
            let mut hashes = Hashes::default();
            for (id, &other) in (1..).zip(&all) {
                hashes.push(other, id, id);
            }
            // What was rolled back comes again in the same place.
            hashes.truncate(kept);
            for (id, &other) in (1..).zip(&all).skip(kept) {
                hashes.push(other, id, id);
            }
            hashes.truncate(kept.max(1));
            let near = hashes.neighbours(hash, distance);
            let expected = all[..kept.max(1)].iter().filter(|&&h| (h ^ hash).count_ones() <= distance);
            prop_assert_eq!(near.len(), expected.count());
            prop_assert!(near.is_sorted_by_key(|n| (n.distance, n.cover)));
        }
    }
}
