//! Scores of every candidate by a model, a batch and a transaction at a time: stopped or
//! killed, the next call scores what is left.

use std::collections::HashSet;

use cli::{Failure, Result};
use store::training::{ModelRow, Unscored};
use tch::Device;

use crate::features::Extractor;
use crate::models::Loaded;
use crate::pixels;
use crate::scoring;
use crate::session::Session;

/// Covers a transaction.
const BATCH: u32 = 128;

/// Scores what the model has not scored; how many, and whether that is all of them.
///
/// # Errors
/// What the database says, a damaged cover.
pub async fn score_all(
    session: &Session,
    row: &ModelRow,
    loaded: &Loaded,
    device: Device,
) -> Result<(u64, bool)> {
    let store = &session.store;
    let left = store.count_unscored(session.topic, row.id).await?;
    let scorer = Scorer::new(session, loaded, device).await?;
    let bar = session.printer.bar("score", Some(left));
    let (mut after, mut scored) = (0, 0);
    let all = loop {
        if session.stop.asked() {
            break false;
        }
        let batch = store.unscored(session.topic, row.id, after, BATCH).await?;
        let Some(last) = batch.last() else {
            break true;
        };
        after = last.cover_id;
        let ids: Vec<i64> = batch.iter().map(|cover| cover.cover_id).collect();
        let probabilities = scorer.probabilities(batch).await?;
        let scores: Vec<(i64, f64)> = ids.into_iter().zip(probabilities).collect();
        store.put_scores(row.id, &scores, cli::now()).await?;
        scored += scores.len() as u64;
        bar.inc(scores.len() as u64);
    };
    bar.finish();
    Ok((scored, all))
}

/// A model at work: on pixels, or on features that it computes only where they are missing.
struct Scorer<'a> {
    session: &'a Session,
    loaded: &'a Loaded,
    device: Device,
    featured: HashSet<i64>,
}

impl<'a> Scorer<'a> {
    async fn new(session: &'a Session, loaded: &'a Loaded, device: Device) -> Result<Scorer<'a>> {
        let featured = match &loaded.card.backbone {
            Some(key) => session.store.featured(key).await?.into_iter().collect(),
            None => HashSet::new(),
        };
        Ok(Scorer {
            session,
            loaded,
            device,
            featured,
        })
    }

    async fn probabilities(&self, batch: Vec<Unscored>) -> Result<Vec<f64>> {
        match &self.loaded.card.backbone {
            Some(key) => self.by_features(key, &batch).await,
            None => tokio::task::block_in_place(|| self.by_pixels(batch)),
        }
    }

    fn by_pixels(&self, batch: Vec<Unscored>) -> Result<Vec<f64>> {
        let images: Vec<(i64, Vec<u8>)> = batch
            .into_iter()
            .map(|cover| (cover.cover_id, cover.image))
            .collect();
        let labels = vec![0; images.len()];
        let side = self.loaded.card.preprocessing.side;
        let covers = pixels::covers(&images, &labels, self.device)?.resized(side);
        Ok(self.loaded.probabilities(&covers))
    }

    async fn by_features(&self, key: &str, batch: &[Unscored]) -> Result<Vec<f64>> {
        let extractor = Extractor {
            model: &self.loaded.model,
            key,
            preprocessing: self.loaded.card.preprocessing,
            device: self.device,
        };
        let ids: Vec<i64> = batch.iter().map(|cover| cover.cover_id).collect();
        let is_missing = |cover: &i64| !self.featured.contains(cover);
        let missing: Vec<i64> = ids.iter().copied().filter(is_missing).collect();
        if !missing.is_empty() {
            extractor.compute(&self.session.store, &missing).await?;
        }
        let features = extractor.read(&self.session.store, &ids).await?;
        let margins = scoring::margins_of(&self.loaded.model, &features).ok_or_else(|| {
            Failure::usage(format!("the model {} has no probe", self.loaded.name))
        })?;
        let calibration = &self.loaded.card.calibration;
        let probability = |margin: f32| calibration.probability(margin);
        Ok(margins.into_iter().map(probability).collect())
    }
}
