//! Features in memory, five kilobytes a cover: read from the database once, not for every
//! training.

use std::collections::{HashMap, HashSet};

use cli::{Failure, Result};
use store::Store;
use tch::{Device, Kind, Tensor};

use crate::nets::efficientnet::FEATURES;

/// Covers a query: some megabytes.
const PAGE: usize = 1000;
/// Bytes of a vector.
const BYTES: usize = FEATURES as usize * 4;

/// Vectors of one backbone by cover.
#[derive(Debug)]
pub struct Bank {
    row_of: HashMap<i64, i64>,
    covers: Vec<i64>,
    /// `[room, 1280]`; rows past the covers are not filled yet.
    values: Tensor,
    /// The newest remake from before anything in it was read.
    as_of: i64,
}

impl Default for Bank {
    fn default() -> Bank {
        Bank {
            row_of: HashMap::new(),
            covers: Vec::new(),
            values: Tensor::empty([0, FEATURES], (Kind::Float, Device::Cpu)),
            as_of: 0,
        }
    }
}

impl Bank {
    /// The newest remake that it knows of: what is computed of its features holds for covers
    /// that were not made again since.
    pub fn as_of(&self) -> i64 {
        self.as_of
    }

    /// Forgets what covers looked like before they were made again.
    ///
    /// # Errors
    /// What the database says.
    pub async fn refresh(&mut self, store: &Store) -> Result<()> {
        let newest = store.newest_remake().await?;
        if newest > self.as_of {
            let remade: HashSet<i64> = store.remade_since(self.as_of).await?.into_iter().collect();
            self.forget(&remade);
            self.as_of = newest;
        }
        Ok(())
    }

    /// Rows move up; their order stays.
    fn forget(&mut self, covers: &HashSet<i64>) {
        let rows = (0_i64..).zip(&self.covers);
        let kept = rows.filter(|(_, cover)| !covers.contains(cover));
        let (rows, kept): (Vec<i64>, Vec<i64>) = kept.unzip();
        if kept.len() == self.covers.len() {
            return;
        }
        self.values = self.values.index_select(0, &Tensor::from_slice(&rows));
        self.row_of = kept.iter().copied().zip(0..).collect();
        self.covers = kept;
    }

    /// Covers that it has features of, in the order of its rows.
    pub fn covers(&self) -> &[i64] {
        &self.covers
    }

    /// Whether it has a cover's features.
    pub fn has(&self, cover: i64) -> bool {
        self.row_of.contains_key(&cover)
    }

    /// Reads all that the database has.
    ///
    /// # Errors
    /// What the database says, a damaged vector.
    pub async fn fill(&mut self, store: &Store, key: &str) -> Result<()> {
        self.refresh(store).await?;
        self.reserve(store.count_featured(key).await? as usize);
        let mut after = 0;
        loop {
            let page = store.features_after(key, after, PAGE as u32).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = *last;
            self.put_page(&page)?;
        }
    }

    /// Reads what the database has of these and it has not.
    ///
    /// # Errors
    /// As [`Bank::fill`].
    pub async fn fetch(&mut self, store: &Store, key: &str, covers: &[i64]) -> Result<()> {
        self.refresh(store).await?;
        let missing: Vec<i64> = covers
            .iter()
            .copied()
            .filter(|one| !self.has(*one))
            .collect();
        self.reserve(self.covers.len() + missing.len());
        for page in missing.chunks(PAGE) {
            self.put_page(&store.features_of(key, page).await?)?;
        }
        Ok(())
    }

    /// Takes vectors that were just computed.
    ///
    /// # Errors
    /// A vector of another length.
    pub fn put(&mut self, rows: &[(i64, Vec<f32>)]) -> Result<()> {
        let bytes = |values: &Vec<f32>| values.iter().flat_map(|one| one.to_le_bytes()).collect();
        let page: Vec<(i64, Vec<u8>)> = rows
            .iter()
            .map(|(cover, values)| (*cover, bytes(values)))
            .collect();
        self.put_page(&page)
    }

    fn put_page(&mut self, page: &[(i64, Vec<u8>)]) -> Result<()> {
        let mut flat = Vec::with_capacity(page.len() * BYTES);
        let mut rows = Vec::with_capacity(page.len());
        for (cover, bytes) in page {
            if bytes.len() != BYTES {
                return Err(Failure::failed(format!(
                    "the stored features of cover {cover} are damaged: {} bytes, not {BYTES}",
                    bytes.len()
                )));
            }
            flat.extend_from_slice(bytes);
            let next = self.covers.len() as i64;
            let row = *self.row_of.entry(*cover).or_insert(next);
            if row == next {
                self.covers.push(*cover);
            }
            rows.push(row);
        }
        self.reserve(self.covers.len());
        let fresh = Tensor::from_data_size(&flat, &[page.len() as i64, FEATURES], Kind::Float);
        let _ = self
            .values
            .index_copy_(0, &Tensor::from_slice(&rows), &fresh);
        Ok(())
    }

    /// Room for so many; what is there is copied seldom, because room doubles.
    fn reserve(&mut self, count: usize) {
        let room = self.values.size()[0] as usize;
        if count <= room {
            return;
        }
        let wanted = count.max(room * 2) as i64;
        let grown = Tensor::empty([wanted, FEATURES], (Kind::Float, Device::Cpu));
        grown.narrow(0, 0, room as i64).copy_(&self.values);
        self.values = grown;
    }

    /// `[n, 1280]` of these covers, in their order.
    ///
    /// # Errors
    /// A cover that it has no features of.
    pub fn of(&self, covers: &[i64]) -> Result<Tensor> {
        let row = |cover: &i64| {
            self.row_of
                .get(cover)
                .copied()
                .ok_or_else(|| Failure::failed(format!("there are no features of cover {cover}")))
        };
        let rows: Vec<i64> = covers.iter().map(row).collect::<Result<_>>()?;
        Ok(self.values.index_select(0, &Tensor::from_slice(&rows)))
    }

    /// `[n, 1280]` of all its covers, without a copy.
    pub fn all(&self) -> Tensor {
        self.values.narrow(0, 0, self.covers.len() as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_that_were_made_again_are_forgotten_and_the_others_keep_their_order() {
        let mut bank = Bank::default();
        let rows: Vec<_> = [(7, 1.0), (3, 2.0), (9, 3.0)]
            .map(|(cover, one)| (cover, vector(one)))
            .into();
        bank.put(&rows).unwrap();
        bank.forget(&HashSet::from([3, 4]));
        assert_eq!(bank.covers(), [7, 9]);
        assert!(!bank.has(3) && bank.has(9));
        assert_eq!(bank.of(&[9]).unwrap().double_value(&[0, 5]), 3.0);
        bank.put(&[(3, vector(4.0))]).unwrap();
        assert_eq!(bank.covers(), [7, 9, 3]);
        assert_eq!(bank.of(&[3]).unwrap().double_value(&[0, 0]), 4.0);
    }

    fn vector(value: f32) -> Vec<f32> {
        vec![value; FEATURES as usize]
    }

    #[test]
    fn vectors_come_back_in_the_order_asked_and_a_newer_one_replaces_the_older() {
        let mut bank = Bank::default();
        bank.put(&[(7, vector(1.0)), (3, vector(2.0))])
            .expect("whole vectors");
        bank.put(&[(9, vector(4.0)), (7, vector(5.0))])
            .expect("whole vectors");
        assert_eq!(bank.covers(), [7, 3, 9]);
        let of = bank.of(&[9, 7, 3]).expect("all there");
        let first: Vec<f32> = Vec::try_from(of.select(1, 0)).expect("floats");
        assert_eq!(first, [4.0, 5.0, 2.0]);
        assert_eq!(bank.all().size(), [3, FEATURES]);
        assert!(bank.of(&[8]).is_err() && bank.put(&[(1, vec![0.0])]).is_err());
    }
}
