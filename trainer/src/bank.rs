//! Features in memory, as they are stored: read from the database once, not for every training.

use std::collections::{HashMap, HashSet};

use cli::{Failure, Result};
use store::Store;
use store::training::Featured;
use store::views::Views;

use crate::nets::efficientnet;
use crate::views::{ViewMode, ViewSet};

/// Covers a query: some megabytes.
const PAGE: usize = 1000;

/// What one backbone sees in covers.
#[derive(Debug)]
pub struct Bank {
    /// Numbers in a vector of this backbone.
    width: usize,
    place_of: HashMap<i64, usize>,
    covers: Vec<i64>,
    views: Vec<Views>,
    /// The newest remake from before anything in it was read.
    as_of: i64,
}

impl Bank {
    /// Empty, for a backbone that looks so.
    pub fn new(mode: ViewMode) -> Bank {
        Bank {
            width: efficientnet::width(mode) as usize,
            place_of: HashMap::new(),
            covers: Vec::new(),
            views: Vec::new(),
            as_of: 0,
        }
    }

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

    /// Those after them move up; the order stays.
    fn forget(&mut self, covers: &HashSet<i64>) {
        if !covers.iter().any(|cover| self.has(*cover)) {
            return;
        }
        let mut kept = self.covers.iter().map(|cover| !covers.contains(cover));
        self.views.retain(|_| kept.next().unwrap_or(false));
        self.covers.retain(|cover| !covers.contains(cover));
        self.place_of = self.covers.iter().copied().zip(0..).collect();
    }

    /// Covers that it has features of, in its order.
    pub fn covers(&self) -> &[i64] {
        &self.covers
    }

    /// Whether it has a cover's features.
    pub fn has(&self, cover: i64) -> bool {
        self.place_of.contains_key(&cover)
    }

    /// Reads all that the database has.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fill(&mut self, store: &Store, key: &str) -> Result<()> {
        self.refresh(store).await?;
        let mut after = 0;
        loop {
            let page = store.features_after(key, after, PAGE as u32).await?;
            let Some((last, _)) = page.last() else {
                return Ok(());
            };
            after = *last;
            self.put_page(&page);
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
        for page in missing.chunks(PAGE) {
            self.put_page(&store.features_of(key, page).await?);
        }
        Ok(())
    }

    /// Takes what was just computed.
    pub fn put(&mut self, rows: Vec<Featured>) {
        for row in rows {
            self.put_one(row.cover, row.views);
        }
    }

    /// What is damaged is as if it were not there: it is computed and stored again.
    fn put_page(&mut self, page: &[(i64, Vec<u8>)]) {
        for (cover, bytes) in page {
            let views = Views::from_bytes(bytes);
            if let Some(views) = views.filter(|views| views.width == self.width) {
                self.put_one(*cover, views);
            }
        }
    }

    fn put_one(&mut self, cover: i64, views: Views) {
        let next = self.covers.len();
        let place = *self.place_of.entry(cover).or_insert(next);
        match place == next {
            true => {
                self.covers.push(cover);
                self.views.push(views);
            }
            false => self.views[place] = views,
        }
    }

    /// The views of these covers, in their order.
    ///
    /// # Errors
    /// A cover that it has no features of.
    pub fn of(&self, covers: &[i64]) -> Result<ViewSet> {
        let place = |cover: &i64| {
            let place = self.place_of.get(cover);
            let place = place.ok_or_else(|| {
                Failure::failed(format!("there are no features of cover {cover}"))
            })?;
            Ok(&self.views[*place])
        };
        let views: Vec<&Views> = covers.iter().map(place).collect::<Result<_>>()?;
        Ok(ViewSet::new(&views))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn featured(cover: i64, value: f32) -> Featured {
        Featured {
            cover,
            pixels: [0; 32],
            views: Views::rounded((1, 1), 2, &[value, -value]),
        }
    }

    #[test]
    fn covers_that_were_made_again_are_forgotten_and_the_others_keep_their_order() {
        let mut bank = Bank::new(ViewMode::Windows);
        bank.put(
            [(7, 1.0), (3, 2.0), (9, 3.0)]
                .map(|(cover, one)| featured(cover, one))
                .into(),
        );
        bank.forget(&HashSet::from([3, 4]));
        assert_eq!(bank.covers(), [7, 9]);
        assert!(!bank.has(3) && bank.has(9));
        assert_eq!(bank.of(&[9]).unwrap().values.double_value(&[0, 0]), 3.0);
        bank.put(vec![featured(3, 4.0)]);
        assert_eq!(bank.covers(), [7, 9, 3]);
        assert_eq!(bank.of(&[3]).unwrap().values.double_value(&[0, 1]), -4.0);
    }

    #[test]
    fn vectors_come_back_in_the_order_asked_and_a_newer_one_replaces_the_older() {
        let mut bank = Bank::new(ViewMode::Windows);
        bank.put(vec![featured(7, 1.0), featured(3, 2.0)]);
        bank.put(vec![featured(9, 4.0), featured(7, 5.0)]);
        assert_eq!(bank.covers(), [7, 3, 9]);
        let of = bank.of(&[9, 7, 3]).expect("all there");
        let first: Vec<f32> = Vec::try_from(of.values.select(1, 0)).expect("floats");
        assert_eq!(first, [4.0, 5.0, 2.0]);
        assert!(bank.of(&[8]).is_err());
    }

    #[test]
    fn what_is_damaged_or_of_another_backbone_is_as_if_it_were_not_there() {
        let mut bank = Bank::new(ViewMode::Windows);
        let of = |width: usize| Views::rounded((1, 1), width, &vec![1.0; width]).to_bytes();
        bank.put_page(&[(1, vec![0]), (2, of(3)), (3, of(272)), (4, of(1280))]);
        assert_eq!(bank.covers(), [3]);
    }
}
