//! The perceptual hashes of all covers in memory, in the order of their ids.
//!
//! A pass over a million 64-bit hashes takes about a millisecond, less than making one
//! cover, so there is no index to keep. 16 bytes a cover.

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
    entries: Vec<(u64, i64, i64)>,
}

impl Hashes {
    /// Reads what other programs added since.
    pub(crate) async fn refresh(&mut self, tx: &mut Transaction<'_, Sqlite>) -> Result<()> {
        let last = self.entries.last().map_or(0, |entry| entry.1);
        let rows: Vec<(i64, i64, i64)> = sqlx::query_as(NEWER_HASHES)
            .bind(last)
            .fetch_all(&mut **tx)
            .await?;
        self.entries.extend(
            rows.into_iter()
                .map(|(id, hash, group)| (hash.cast_unsigned(), id, group)),
        );
        Ok(())
    }

    /// Adds a cover that was just inserted; ids must rise.
    pub(crate) fn push(&mut self, hash: u64, cover: i64, group: i64) {
        debug_assert!(self.entries.last().is_none_or(|last| last.1 < cover));
        self.entries.push((hash, cover, group));
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets the newest, down to `len`: their transaction was rolled back.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.entries.truncate(len);
    }

    /// The nearest cover of each group that has one within `distance` of `hash`,
    /// nearest first, older first among equals.
    pub fn neighbours(&self, hash: u64, distance: u32) -> Vec<Neighbour> {
        let mut found: Vec<Neighbour> = self
            .entries
            .iter()
            .filter_map(|&(other, cover, group)| {
                let apart = (hash ^ other).count_ones();
                (apart <= distance).then_some(Neighbour {
                    cover,
                    group,
                    distance: apart,
                })
            })
            .collect();
        found.sort_unstable_by_key(|n| (n.distance, n.cover));
        let mut groups = std::collections::HashSet::new();
        found.retain(|n| groups.insert(n.group));
        found
    }

    /// From a cover in memory to `hash`.
    pub(crate) fn distance(&self, cover: i64, hash: u64) -> Option<u32> {
        let at = self.entries.binary_search_by_key(&cover, |e| e.1).ok()?;
        Some((self.entries[at].0 ^ hash).count_ones())
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

    proptest! {
        #[test]
        fn neighbours_are_what_a_full_comparison_finds(all in prop::collection::vec(0_u64..512, 1..80), hash in 0_u64..512, distance in 0_u32..6) {
            let mut hashes = Hashes::default();
            for (i, &h) in all.iter().enumerate() {
                let id = i64::try_from(i).unwrap() + 1;
                hashes.push(h, id, id);
            }
            let near = hashes.neighbours(hash, distance);
            let expected = all.iter().filter(|&&h| (h ^ hash).count_ones() <= distance).count();
            prop_assert_eq!(near.len(), expected);
            prop_assert!(near.is_sorted_by_key(|n| (n.distance, n.cover)));
        }
    }
}
