//! What the page asks after a confirm: whether another model orders the queues by now, and what
//! the last labels did.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::training::RoundRow;

use super::api::Failure;
use super::routes::Site;

/// The model in use and the newest round of the watch.
#[derive(Debug, Serialize)]
pub struct News {
    /// Changes with every promotion; nought before the first.
    promotion: i64,
    round: Option<Round>,
}

#[derive(Debug, Serialize)]
struct Round {
    id: i64,
    /// Right before and after, on the same covers.
    before: Option<f64>,
    after: Option<f64>,
    promoted: bool,
    /// Expected of the topic among undecided negatives.
    hidden: Option<f64>,
    /// Twice as many labels would hardly make it better.
    enough: bool,
}

impl From<RoundRow> for Round {
    fn from(row: RoundRow) -> Self {
        Self {
            id: row.id,
            before: row.accuracy_before,
            after: row.accuracy_after,
            promoted: row.promoted,
            hidden: row.hidden,
            enough: row.labels_hardly_help(),
        }
    }
}

/// `GET /api/news`.
pub async fn get(State(site): State<Site>) -> Result<Json<News>, Failure> {
    let model = site.store.model_that_finds(site.topic).await?;
    let round = site.store.newest_round(site.topic).await?;
    Ok(Json(News {
        promotion: model.map_or(0, |model| model.promotion),
        round: round.map(Round::from),
    }))
}
