//! Scores of every candidate by a model, a batch and a transaction at a time: stopped or
//! killed, the next call scores what is left.

use std::collections::HashSet;

use cli::{Failure, Result};
use store::Pool;
use store::training::{ModelRow, Score, Unscored};
use tch::Device;

use crate::bank::Bank;
use crate::base_rate;
use crate::features::Extractor;
use crate::models::{Judged, Loaded};
use crate::pixels;
use crate::rates::Rates;
use crate::session::Session;

/// Covers a transaction.
const BATCH: u32 = 128;
/// The same where features are there: little is lost by a kill.
const FEATURED: usize = 256;

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
    move_scores(session, row, rates).await?;
    match &loaded.card.backbone {
        Some(key) => by_features(session, (row, loaded, key), rates, device).await,
        None => by_pixels(session, (row, loaded), rates, device).await,
    }
}

async fn by_pixels(
    session: &Session,
    (row, loaded): (&ModelRow, &Loaded),
    rates: &Rates,
    device: Device,
) -> Result<(u64, bool)> {
    let store = &session.store;
    let left = store.count_unscored(session.topic, row.id).await?;
    let bar = session.printer.bar("score", Some(left));
    let (mut after, mut scored) = (0, 0);
    let all = loop {
        if session.stop.asked() {
            break false;
        }
        let as_of = store.newest_remake().await?;
        let batch = store.unscored(session.topic, row.id, after, BATCH).await?;
        let Some(last) = batch.last() else {
            break true;
        };
        after = last.cover_id;
        let covers: Vec<(i64, Pool)> = batch
            .iter()
            .map(|cover| (cover.cover_id, cover.pool))
            .collect();
        let log_odds = tokio::task::block_in_place(|| of_pixels(loaded, batch, device))?;
        let judged = log_odds.into_iter().map(Judged::whole).collect();
        let scores = scores(&covers, judged, rates);
        store.put_scores(row.id, &scores, as_of, cli::now()).await?;
        scored += scores.len() as u64;
        bar.inc(scores.len() as u64);
    };
    bar.finish();
    Ok((scored, all))
}

/// By features, which are computed only where they are missing: pixels are not read again.
async fn by_features(
    session: &Session,
    (row, loaded, key): (&ModelRow, &Loaded, &str),
    rates: &Rates,
    device: Device,
) -> Result<(u64, bool)> {
    let store = &session.store;
    let extractor = Extractor {
        model: &loaded.model,
        key,
        preprocessing: loaded.card.preprocessing,
        device,
    };
    let known = store.scores(session.topic, row.id).await?;
    let known: HashSet<i64> = known.into_iter().map(|(_, score)| score.cover).collect();
    let members = store.members(session.topic).await?;
    let left: Vec<(i64, Pool)> = members
        .into_iter()
        .filter(|one| !known.contains(&one.cover))
        .map(|one| (one.cover, one.pool))
        .collect();
    let bar = session.printer.bar("score", Some(left.len() as u64));
    let mut scored = 0;
    for batch in left.chunks(FEATURED) {
        let ids: Vec<i64> = batch.iter().map(|(cover, _)| *cover).collect();
        let mut bank = Bank::new(loaded.card.preprocessing.views);
        bank.fetch(store, key, &ids).await?;
        let missing: Vec<i64> = ids.iter().copied().filter(|one| !bank.has(*one)).collect();
        for few in missing.chunks(BATCH as usize) {
            if session.stop.asked() {
                bar.finish();
                return Ok((scored, false));
            }
            bank.put(extractor.compute(store, few).await?);
        }
        // A cover that is being made again is scored by the next call.
        let batch: Vec<(i64, Pool)> = batch
            .iter()
            .copied()
            .filter(|(one, _)| bank.has(*one))
            .collect();
        let ids: Vec<i64> = batch.iter().map(|(cover, _)| *cover).collect();
        let judged = loaded
            .judge(&bank.of(&ids)?)
            .ok_or_else(|| Failure::usage(format!("the model {} has no probe", loaded.name)))?;
        let scores = scores(&batch, judged, rates);
        store
            .put_scores(row.id, &scores, bank.as_of(), cli::now())
            .await?;
        scored += scores.len() as u64;
        bar.inc(scores.len() as u64);
    }
    bar.finish();
    Ok((scored, !session.stop.asked() || scored == left.len() as u64))
}

/// What is stored of covers that were judged.
pub fn scores(covers: &[(i64, Pool)], judged: Vec<Judged>, rates: &Rates) -> Vec<Score> {
    let score = |((cover, pool), judged): (&(i64, Pool), Judged)| Score {
        cover: *cover,
        logit: Some(judged.log_odds),
        probability: rates.probability(*pool, judged.log_odds),
        region: judged.region,
    };
    covers.iter().zip(judged).map(score).collect()
}

fn of_pixels(loaded: &Loaded, batch: Vec<Unscored>, device: Device) -> Result<Vec<f64>> {
    let images: Vec<(i64, Vec<u8>)> = batch
        .into_iter()
        .map(|cover| (cover.cover_id, cover.image))
        .collect();
    let labels = vec![0; images.len()];
    let side = loaded.card.preprocessing.side;
    let covers = pixels::covers(&images, &labels, device)?.resized(side);
    Ok(loaded.log_odds(&covers))
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
