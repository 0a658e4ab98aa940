//! Scores of every candidate by a model, a batch and a transaction at a time: stopped or
//! killed, the next call scores what is left.

use cli::Result;
use store::training::ModelRow;
use tch::Device;

use crate::models::Loaded;
use crate::pixels;
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
        let images: Vec<(i64, Vec<u8>)> = batch
            .into_iter()
            .map(|cover| (cover.cover_id, cover.image))
            .collect();
        let probabilities = tokio::task::block_in_place(|| probabilities(loaded, &images, device))?;
        let ids = images.iter().map(|(id, _)| *id);
        let scores: Vec<(i64, f64)> = ids.zip(probabilities).collect();
        store.put_scores(row.id, &scores, cli::now()).await?;
        scored += scores.len() as u64;
        bar.inc(scores.len() as u64);
    };
    bar.finish();
    Ok((scored, all))
}

/// Probabilities of stored JPEGs, each with its cover's id.
fn probabilities(loaded: &Loaded, images: &[(i64, Vec<u8>)], device: Device) -> Result<Vec<f64>> {
    let labels = vec![0; images.len()];
    let side = loaded.card.preprocessing.side;
    let covers = pixels::covers(images, &labels, device)?.resized(side);
    Ok(loaded.probabilities(&covers))
}
