//! From the database to a data set: labels, blocks, folds, and a fingerprint of all of it.

use std::collections::{BTreeMap, HashMap, HashSet};

use cli::Result;
use sha2::{Digest, Sha256};
use store::LabelRule;
use store::label::Labeled;

use crate::error::Error;
use crate::folds::{Blocks, Folds, Oversized, check_classes, join};
use crate::session::Session;

/// Labeled covers as they are now; the rows of everything trained on them.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// Each cover with its label, by cover id.
    pub covers: Vec<Labeled>,
    /// Newest decision that was read: later ones are news.
    pub last_event: i64,
    /// How most of the images were made; what is scored from a file is made so too.
    pub resize_rule: String,
    /// Whether covers that nobody has decided may be among them.
    pub undecided_too: bool,
}

/// A data set divided.
#[derive(Clone, Debug)]
pub struct Divided {
    /// The fold of every row.
    pub folds: Folds,
    /// The block of every row: folds split none.
    pub blocks: Vec<usize>,
    /// What a reader must know before believing the numbers.
    pub warnings: Vec<String>,
}

impl Dataset {
    /// Reads the labels of the topic.
    ///
    /// # Errors
    /// Bad input when there are none, or of one class only.
    pub async fn read(session: &Session, rule: &LabelRule) -> Result<Dataset> {
        // Before the labels: a decision that arrives between is news, not lost.
        let last_event = session.store.newest_event(session.topic).await?;
        let covers = session.store.labeled(session.topic, rule).await?;
        let resize_rule = match rule.trusts_undecided() {
            true => commonest(session.store.resize_rules(session.topic).await?, &covers),
            false => {
                let rule = session.store.commonest_resize_rule(session.topic);
                rule.await?.unwrap_or_default()
            }
        };
        let dataset = Dataset {
            covers,
            last_event,
            resize_rule,
            undecided_too: rule.trusts_undecided(),
        };
        check_classes(&dataset.labels()).map_err(Error::from)?;
        Ok(dataset)
    }

    /// Whether each row shows the topic.
    pub fn labels(&self) -> Vec<bool> {
        self.covers.iter().map(|cover| cover.label).collect()
    }

    /// The topic's share.
    pub fn base_rate(&self) -> f64 {
        let topics = self.covers.iter().filter(|cover| cover.label).count();
        topics as f64 / self.covers.len() as f64
    }

    /// Cover ids of the rows.
    pub fn ids(&self) -> Vec<i64> {
        self.covers.iter().map(|cover| cover.cover).collect()
    }

    /// Divides it into folds that never split a block.
    ///
    /// # Errors
    /// Bad input when a class has fewer blocks than there are to be folds.
    pub async fn divide(&self, session: &Session, folds: usize, seed: u64) -> Result<Divided> {
        let blocks = self.blocks(session, folds).await?;
        let labels = self.labels();
        let divided = Folds::stratified(&labels, &blocks.of, folds, seed).map_err(Error::from)?;
        let warnings = blocks.oversized.iter().map(warning).collect();
        Ok(Divided {
            folds: divided,
            blocks: blocks.of,
            warnings,
        })
    }

    /// What must stay together.
    ///
    /// # Errors
    /// What the database says.
    pub async fn blocks(&self, session: &Session, folds: usize) -> Result<Blocks> {
        let row_of: HashMap<i64, usize> = self.ids().into_iter().zip(0..).collect();
        let near = connected(&session.store.near_pairs().await?, &row_of);
        let owners = match self.undecided_too {
            true => session.store.cover_owners().await?,
            false => session.store.owners_of_decided(session.topic).await?,
        };
        let owners: Vec<(usize, String)> = owners
            .into_iter()
            .filter_map(|(cover, owner)| Some((*row_of.get(&cover)?, owner)))
            .collect();
        Ok(join(&self.labels(), &near, &owners, folds))
    }

    /// SHA-256 over every cover's identity, image, label and, with folds, its fold.
    pub fn fingerprint(&self, folds: Option<&Folds>) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (row, cover) in self.covers.iter().enumerate() {
            hash.update(cover.sha256);
            hash.update(cover.image_sha256);
            hash.update([u8::from(cover.label)]);
            if let Some(folds) = folds {
                hash.update((folds.of()[row] as u64).to_le_bytes());
            }
        }
        hash.finalize().into()
    }
}

/// The rule of most covers; of equally common ones the first by name.
fn commonest(rules: Vec<(i64, String)>, covers: &[Labeled]) -> String {
    let wanted: HashSet<i64> = covers.iter().map(|cover| cover.cover).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (_, rule) in rules
        .into_iter()
        .filter(|(cover, _)| wanted.contains(cover))
    {
        *counts.entry(rule).or_default() += 1;
    }
    let first_most = counts.into_iter().rev().max_by_key(|(_, count)| *count);
    first_most.map_or_else(String::new, |(rule, _)| rule)
}

/// Pairs of rows that near-duplicates connect, be it through covers that are no rows:
/// each row with the first of its component.
fn connected(pairs: &[(i64, i64)], row_of: &HashMap<i64, usize>) -> Vec<(usize, usize)> {
    let mut index: HashMap<i64, usize> = HashMap::new();
    for (left, right) in pairs {
        for cover in [left, right] {
            let next = index.len();
            index.entry(*cover).or_insert(next);
        }
    }
    let numbered: Vec<(usize, usize)> = pairs
        .iter()
        .map(|(left, right)| (index[left], index[right]))
        .collect();
    let nobody: [(usize, u8); 0] = [];
    let component = join(&vec![false; index.len()], &numbered, &nobody, 1).of;
    let mut first: HashMap<usize, usize> = HashMap::new();
    let mut rows: Vec<(usize, usize)> = index
        .iter()
        .filter_map(|(cover, at)| Some((*row_of.get(cover)?, component[*at])))
        .collect();
    rows.sort_unstable();
    rows.into_iter()
        .map(|(row, component)| (*first.entry(component).or_insert(row), row))
        .collect()
}

fn warning(block: &Oversized) -> String {
    format!(
        "one uploader made {} of the {} covers of a class, more than a fold can hold: \
         only near-duplicates among them stay together, so the numbers may flatter",
        block.covers, block.of
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_connected_through_covers_that_are_no_rows() {
        // 10–11–12 and 20–21; only 10, 12 and 21 are rows.
        let pairs = [(10, 11), (11, 12), (20, 21)];
        let row_of = HashMap::from([(10, 0), (12, 1), (21, 2)]);
        let links = connected(&pairs, &row_of);
        assert_eq!(links, [(0, 0), (0, 1), (2, 2)]);
    }

    fn labeled(cover: i64, label: bool) -> Labeled {
        Labeled {
            cover,
            sha256: [cover as u8; 32],
            image_sha256: [cover as u8 + 100; 32],
            label,
        }
    }

    #[test]
    fn the_rule_of_most_labeled_covers_is_taken() {
        let covers = [1, 2, 3, 4].map(|id| labeled(id, true));
        let rules = |names: [&str; 6]| (1..).zip(names.map(str::to_owned)).collect();
        let taken = commonest(rules(["a", "b", "b", "a", "c", "c"]), &covers);
        assert_eq!(taken, "a", "a tie goes to the first by name");
        assert_eq!(
            commonest(rules(["b", "a", "b", "b", "a", "a"]), &covers),
            "b"
        );
        assert_eq!(commonest(Vec::new(), &covers), "");
    }

    #[test]
    fn the_fingerprint_changes_with_any_label_image_or_fold_but_not_with_ids() {
        let base = Dataset {
            covers: vec![labeled(1, true), labeled(2, false)],
            last_event: 0,
            resize_rule: String::new(),
            undecided_too: false,
        };
        let mut relabeled = base.clone();
        relabeled.covers[0].label = false;
        let mut remade = base.clone();
        remade.covers[1].image_sha256 = [0; 32];
        let mut renumbered = base.clone();
        renumbered.covers[0].cover = 9;
        renumbered.last_event = 7;
        let print = |dataset: &Dataset| dataset.fingerprint(None);
        assert_ne!(print(&base), print(&relabeled));
        assert_ne!(print(&base), print(&remade));
        assert_eq!(print(&base), print(&renumbered));
    }
}
