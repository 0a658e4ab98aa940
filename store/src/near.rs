//! The perceptual hashes of all covers in memory, with an index over them.
//!
//! The index is multi-index hashing (Norouzi, Punjani, Fleet 2012): a hash is cut into four
//! bands of 16 bits. Two hashes within a distance of `d` differ by at most `d / 4` bits in
//! one band, so only the covers are compared whose band is that near. At a million covers
//! that is one in a hundred, and takes a fifteenth of the time of a pass over all of them
//! (docs/measurements.md). It grows by one step a cover, and forgets the newest likewise.

use std::sync::LazyLock;

use sqlx::{Sqlite, Transaction};

use crate::Result;
use crate::statement::statements;

statements! {
    /// `group` is the cover that stands for it: itself when it has no representative.
    NEWER_HASHES = "select id, phash, coalesce(representative, id) from cover where id > $1 order by id";
}

const BANDS: usize = 4;
const BAND_BITS: u32 = u64::BITS / BANDS as u32;
/// Beyond it so many buckets are near that a pass over everything is as fast.
const MOST_FLIPS: u32 = 3;

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
/// 40 bytes a cover.
#[derive(Debug)]
pub struct Hashes {
    entries: Vec<Entry>,
    /// By band and its 16 bits: the newest entry with them, counted from one; 0 is none.
    newest: Vec<u32>,
}

#[derive(Debug)]
struct Entry {
    hash: u64,
    cover: i64,
    group: i64,
    /// The next older entry with the same bits in each band, counted as in `newest`.
    older: [u32; BANDS],
}

impl Default for Hashes {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            newest: vec![0; BANDS << BAND_BITS],
        }
    }
}

impl Hashes {
    /// Reads what other programs added since.
    pub(crate) async fn refresh(&mut self, tx: &mut Transaction<'_, Sqlite>) -> Result<()> {
        let last = self.entries.last().map_or(0, |entry| entry.cover);
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
        debug_assert!(self.entries.last().is_none_or(|last| last.cover < cover));
        let number = u32::try_from(self.entries.len() + 1).expect("a machine's memory ends first");
        let older = std::array::from_fn(|band| {
            std::mem::replace(&mut self.newest[bucket(band, bits(hash, band))], number)
        });
        self.entries.push(Entry {
            hash,
            cover,
            group,
            older,
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Forgets the newest, down to `len`: their transaction was rolled back.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.entries.len() > len
            && let Some(entry) = self.entries.pop()
        {
            for (band, older) in entry.older.into_iter().enumerate() {
                self.newest[bucket(band, bits(entry.hash, band))] = older;
            }
        }
    }

    /// The nearest cover of each group that has one within `distance` of `hash`,
    /// nearest first, older first among equals.
    pub fn neighbours(&self, hash: u64, distance: u32) -> Vec<Neighbour> {
        let mut found = Vec::new();
        let flips = distance / BANDS as u32;
        if flips > MOST_FLIPS {
            found.extend(self.entries.iter().filter_map(|e| e.within(hash, distance)));
        } else {
            for band in 0..BANDS {
                self.search(band, hash, distance, flips, &mut found);
            }
        }
        found.sort_unstable_by_key(|n| (n.distance, n.cover));
        let mut groups = std::collections::HashSet::new();
        found.retain(|n| groups.insert(n.group));
        found
    }

    /// Adds what is near by way of one band: a cover may be found by several.
    fn search(
        &self,
        band: usize,
        hash: u64,
        distance: u32,
        flips: u32,
        found: &mut Vec<Neighbour>,
    ) {
        let here = bits(hash, band);
        for &mask in MASKS.iter().take_while(|mask| mask.count_ones() <= flips) {
            let mut number = self.newest[bucket(band, here ^ mask)];
            while let Some(entry) = number.checked_sub(1).map(|at| &self.entries[at as usize]) {
                found.extend(entry.within(hash, distance));
                number = entry.older[band];
            }
        }
    }

    /// From a cover in memory to `hash`.
    pub(crate) fn distance(&self, cover: i64, hash: u64) -> Option<u32> {
        let at = self
            .entries
            .binary_search_by_key(&cover, |e| e.cover)
            .ok()?;
        Some((self.entries[at].hash ^ hash).count_ones())
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

impl Entry {
    fn within(&self, hash: u64, distance: u32) -> Option<Neighbour> {
        let apart = (self.hash ^ hash).count_ones();
        (apart <= distance).then_some(Neighbour {
            cover: self.cover,
            group: self.group,
            distance: apart,
        })
    }
}

fn bits(hash: u64, band: usize) -> u16 {
    (hash >> (BAND_BITS * band as u32)) as u16
}

fn bucket(band: usize, bits: u16) -> usize {
    band << BAND_BITS | usize::from(bits)
}

/// Masks of a band by their number of bits, none first.
static MASKS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut all: Vec<u16> = (0..=u16::MAX)
        .filter(|mask| mask.count_ones() <= MOST_FLIPS)
        .collect();
    all.sort_by_key(|mask| mask.count_ones());
    all
});

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
