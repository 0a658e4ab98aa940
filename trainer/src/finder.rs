//! Scores of every candidate by a model, a batch and a transaction at a time: stopped or
//! killed, the next call scores what is left.

use std::collections::HashSet;

use cli::{Failure, Result};
use store::Pool;
use store::training::{ModelRow, Score, Unscored};
use tch::Device;

use crate::base_rate;
use crate::features::Extractor;
use crate::models::Loaded;
use crate::pixels;
use crate::rates::Rates;
use crate::scoring;
use crate::session::Session;

/// Covers a transaction.
const BATCH: u32 = 128;

/// Scores what the model has not scored, at these base rates, and brings older scores to
/// them; how many are new, and whether all are scored.
///
/// # Errors
/// What the database says, a damaged cover.
pub async fn score_all(
    session: &Session,
    row: &ModelRow,
    loaded: &Loaded,
    rates: &Rates,
    device: Device,
) -> Result<(u64, bool)> {
    let store = &session.store;
    move_scores(session, row, rates).await?;
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
        let covers: Vec<(i64, Pool)> = batch
            .iter()
            .map(|cover| (cover.cover_id, cover.pool))
            .collect();
        let score = |((cover, pool), log_odds): (&(i64, Pool), f64)| Score {
            cover: *cover,
            logit: Some(log_odds),
            probability: rates.probability(*pool, log_odds),
        };
        let log_odds = scorer.log_odds(batch).await?;
        let scores: Vec<Score> = covers.iter().zip(log_odds).map(score).collect();
        store.put_scores(row.id, &scores, cli::now()).await?;
        scored += scores.len() as u64;
        bar.inc(scores.len() as u64);
    };
    bar.finish();
    Ok((scored, all))
}

/// Labels that came since may have changed what is known of a pool; its pixels have not.
async fn move_scores(session: &Session, row: &ModelRow, rates: &Rates) -> Result<()> {
    /// A change that nobody would see.
    const SAME: f64 = 1e-9;
    let scores = session.store.scores(session.topic, row.id).await?;
    let moved = |(pool, score): (Pool, Score)| {
        let kept = || base_rate::log_odds(score.probability);
        let log_odds = score.logit.unwrap_or_else(kept);
        let probability = rates.probability(pool, log_odds);
        let is_same = (probability - score.probability).abs() < SAME && score.logit.is_some();
        (!is_same).then_some(Score {
            logit: Some(log_odds),
            probability,
            ..score
        })
    };
    let moved: Vec<Score> = scores.into_iter().filter_map(moved).collect();
    Ok(session.store.move_scores(row.id, &moved).await?)
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

    /// Calibrated, at the labels' base rate.
    async fn log_odds(&self, batch: Vec<Unscored>) -> Result<Vec<f64>> {
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
        Ok(self.loaded.log_odds(&covers))
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
        let log_odds = |margin: f32| calibration.log_odds(margin.into());
        Ok(margins.into_iter().map(log_odds).collect())
    }
}
