//! What a person does with found videos and with covers that look alike.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use store::confirm::Counts;

use super::api::{Body, Failure, Name, Sha256};
use super::routes::{Personal, Site};

/// Most covers of one stroke: what a screen shows.
const MOST: usize = 120;

/// One word on many covers.
#[derive(Debug, Deserialize)]
pub struct Judged {
    name: Name,
    covers: Vec<Sha256>,
    shows: bool,
}

/// A cover that bores, or no longer does.
#[derive(Debug, Deserialize)]
pub struct Dismissed {
    sha256: Sha256,
    dismissed: bool,
}

/// A video that was opened, by its cover.
#[derive(Debug, Deserialize)]
pub struct Visited {
    sha256: Sha256,
}

/// `POST /api/judge`.
pub async fn judge(
    Personal(site): Personal,
    Body(asked): Body<Judged>,
) -> Result<Json<Counts>, Failure> {
    if asked.covers.is_empty() || asked.covers.len() > MOST {
        return Err(Failure::bad("one to 120 covers are judged at once"));
    }
    let covers: Vec<_> = asked.covers.iter().map(|cover| cover.0).collect();
    let judged = site.store.judge(
        site.topic,
        &site.annotator,
        &asked.name.0,
        &covers,
        asked.shows,
        cli::now(),
    );
    Ok(Json(judged.await?))
}

/// `POST /api/dismiss`.
pub async fn dismiss(
    Personal(site): Personal,
    Body(asked): Body<Dismissed>,
) -> Result<Json<Counts>, Failure> {
    let (cover, dismissed) = (&asked.sha256.0, asked.dismissed);
    let done = site
        .store
        .dismiss(site.topic, cover, &site.annotator, dismissed, cli::now());
    done.await?;
    Ok(Json(Counts::default()))
}

/// `POST /api/visit`.
pub async fn visit(
    State(site): State<Site>,
    Body(asked): Body<Visited>,
) -> Result<Json<Counts>, Failure> {
    let now = cli::now();
    site.store.visit(site.topic, &asked.sha256.0, now).await?;
    Ok(Json(Counts::default()))
}
