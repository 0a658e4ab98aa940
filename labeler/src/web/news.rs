//! What the page asks after a confirm and now and then: whether another model orders the queues
//! by now, what the last labels did, what is behind, and whether the page itself is.

use axum::Json;
use serde::Serialize;
use store::training::RoundRow;

use super::api::Failure;
use super::asset;
use super::preference::Preference;
use super::routes::Personal;
use super::stale::{self, Notice};

/// The model in use and the newest round of the watch.
#[derive(Debug, Serialize)]
pub struct News {
    /// Of the page's script and style: another one after an upgrade.
    version: &'static str,
    /// The topic of this database: another one when the labeler now serves something else.
    home: String,
    /// Changes with every promotion; nought before the first.
    promotion: i64,
    /// A `trainer watch` is at work: an answer to a confirm may come soon.
    watched: bool,
    stale: Option<Notice>,
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

/// `GET /api/news`: of the queue that the address names.
pub async fn get(Personal(site): Personal, preference: Preference) -> Result<Json<News>, Failure> {
    let fresh = site.store.freshness(site.topic, cli::now()).await?;
    let round = site.store.newest_round(site.topic).await?;
    let text = site.words.of(preference.lang);
    Ok(Json(News {
        version: asset::version(),
        promotion: fresh.promotion,
        watched: fresh.watched,
        stale: stale::notice(text, &fresh, Some(preference.queue)),
        round: round.map(Round::from),
        home: site.home,
    }))
}
