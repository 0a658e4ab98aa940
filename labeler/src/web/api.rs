//! What the page's script asks for: JSON in, JSON out. Every change can be asked for twice
//! and happens once, because the page names it.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::audit::NewAudit;
use store::confirm::{Confirm, Confirmed, Counts};
use store::sheet::{NewSheet, Sheet};
use store::stroke::{Mark, Stroke};
use store::{Choice, Pool, Queue, Source};

use super::asset::FOR_EVER;
use super::below;
use super::preference::TILES;
use super::routes::{Personal, Site};
use crate::format::unhex;
use crate::slice;
use crate::trust::{self, Bound};

/// Tiles of a sheet when the page does not say.
const SIZE: u32 = 60;
/// How far back the pace looks, milliseconds: today, in any time zone.
pub const PACE_MS: i64 = 24 * 3600 * 1000;

/// Why an answer is no answer.
#[derive(Debug)]
pub struct Failure(StatusCode, String);

impl Failure {
    /// What was asked cannot be.
    pub fn bad(why: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, why.into())
    }

    /// What was asked cannot be as things are.
    pub fn conflict(why: impl Into<String>) -> Self {
        Self(StatusCode::CONFLICT, why.into())
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let status = match &error {
            store::Error::Missing { .. } => StatusCode::NOT_FOUND,
            store::Error::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        if status != StatusCode::NOT_FOUND {
            tracing::error!(%error, "the store refused a request");
        }
        Self(status, error.to_string())
    }
}

/// A body that must be JSON of this form; says in JSON what is wrong with it.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let Json(body) = Json::from_request(request, state).await?;
        Ok(Self(body))
    }
}

impl From<JsonRejection> for Failure {
    fn from(rejection: JsonRejection) -> Self {
        Self(rejection.status(), rejection.body_text())
    }
}

/// A name that the page made with `crypto.randomUUID`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Name(pub String);

impl TryFrom<String> for Name {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let form = |(at, byte): (usize, u8)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
        };
        if text.len() == 36 && text.bytes().enumerate().all(form) {
            Ok(Self(text))
        } else {
            Err("a name is a UUID in lower case")
        }
    }
}

impl Name {
    /// Its first 64 bits: random, but for four.
    fn seed(&self) -> u64 {
        let digits: String = self.0.chars().filter(|c| *c != '-').take(16).collect();
        u64::from_str_radix(&digits, 16).expect("a name has 32 hexadecimal digits")
    }
}

/// A cover as the page names it.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub struct Sha256(pub [u8; 32]);

impl TryFrom<String> for Sha256 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).map(Self)
    }
}

/// Asks for a sheet. `order` names the queue, as it does in addresses.
#[derive(Debug, Deserialize)]
pub struct SheetRequest {
    sheet: Name,
    pool: Pool,
    order: Queue,
    size: Option<u32>,
}

/// Gives one back, undoes or redoes.
#[derive(Debug, Deserialize)]
pub struct NameRequest {
    name: Name,
}

/// Says what was touched on a sheet.
#[derive(Debug, Deserialize)]
pub struct ConfirmRequest {
    sheet: Name,
    touched: Vec<Touched>,
    visible_ms: Option<u32>,
}

/// One touched tile.
#[derive(Debug, Deserialize)]
pub struct Touched {
    sha256: Sha256,
    decision: Choice,
}

/// Says one thing of one cover.
#[derive(Debug, Deserialize)]
pub struct DecideRequest {
    name: Name,
    sha256: Sha256,
    decision: Choice,
}

/// Begins an audit: of kept covers, or of undecided ones below a score.
#[derive(Debug, Deserialize)]
pub struct AuditRequest {
    name: Name,
    pool: Pool,
    below: Option<f64>,
}

/// How far a queue is, and what is known about what was missed.
#[derive(Debug, Serialize)]
pub struct Progress {
    /// Counts.
    #[serde(flatten)]
    pub done: store::progress::Progress,
    /// Of the pool's newest audit.
    pub bound: Option<Bound>,
    /// In the queue of a slice: how far it is from being kept.
    pub slice: Option<slice::State>,
}

/// A sheet and how far its queue is.
#[derive(Debug, Serialize)]
pub struct SheetAnswer {
    sheet: Sheet,
    progress: Progress,
}

/// What a stroke said, for the line at the bottom and the sheet that is shown again.
#[derive(Debug, Serialize)]
pub struct StrokeAnswer {
    stroke: String,
    kind: &'static str,
    counts: Counts,
    marks: Vec<Mark>,
    sheet: Option<Sheet>,
}

/// `POST /api/sheet`.
pub async fn sheet(
    Personal(site): Personal,
    Body(asked): Body<SheetRequest>,
) -> Result<Json<SheetAnswer>, Failure> {
    let size = asked.size.unwrap_or(SIZE);
    if !TILES.contains(&size) {
        return Err(Failure::bad("a sheet has 24 to 120 tiles"));
    }
    let new = NewSheet {
        id: &asked.sheet.0,
        annotator: &site.annotator,
        pool: asked.pool,
        queue: asked.order,
        size,
        plant: site.plant,
        seed: asked.sheet.seed(),
    };
    let sheet = site.store.open_sheet(site.topic, &new, cli::now()).await?;
    let progress = progress(&site, sheet.pool, asked.order).await?;
    Ok(Json(SheetAnswer { sheet, progress }))
}

/// `POST /api/release`.
pub async fn release(
    Personal(site): Personal,
    Body(asked): Body<NameRequest>,
) -> Result<Json<()>, Failure> {
    site.store.release_sheet(site.topic, &asked.name.0).await?;
    Ok(Json(()))
}

/// `POST /api/confirm`.
pub async fn confirm(
    Personal(site): Personal,
    Body(asked): Body<ConfirmRequest>,
) -> Result<Json<Confirmed>, Failure> {
    let touched: Vec<_> = asked
        .touched
        .iter()
        .map(|tile| (tile.sha256.0, tile.decision))
        .collect();
    let confirm = Confirm {
        sheet: &asked.sheet.0,
        annotator: &site.annotator,
        touched: &touched,
        visible_ms: asked.visible_ms.map(i64::from),
    };
    let confirmed = site
        .store
        .confirm_sheet(site.topic, &confirm, cli::now())
        .await?;
    Ok(Json(confirmed))
}

/// `POST /api/decide`.
pub async fn decide(
    Personal(site): Personal,
    Body(asked): Body<DecideRequest>,
) -> Result<Json<Counts>, Failure> {
    let counts = site
        .store
        .decide(
            site.topic,
            &site.annotator,
            &asked.name.0,
            asked.sha256.0,
            asked.decision,
            cli::now(),
        )
        .await?;
    Ok(Json(counts))
}

/// `POST /api/undo`: the name also becomes the id of the sheet that is shown again.
pub async fn undo(
    Personal(site): Personal,
    Body(asked): Body<NameRequest>,
) -> Result<Json<Option<StrokeAnswer>>, Failure> {
    let (name, now) = (&asked.name.0, cli::now());
    let undone = site
        .store
        .undo(site.topic, &site.annotator, name, now)
        .await?;
    let Some(stroke) = undone else {
        return Ok(Json(None));
    };
    let sheet = site
        .store
        .reopen_sheet(site.topic, &stroke.stroke, name, &site.annotator, now)
        .await?;
    Ok(Json(Some(answer(stroke, sheet))))
}

/// `POST /api/redo`.
pub async fn redo(
    Personal(site): Personal,
    Body(asked): Body<NameRequest>,
) -> Result<Json<Option<StrokeAnswer>>, Failure> {
    let redone = site
        .store
        .redo(site.topic, &site.annotator, &asked.name.0, cli::now())
        .await?;
    Ok(Json(redone.map(|stroke| answer(stroke, None))))
}

/// `POST /api/audit`.
pub async fn audit(
    State(site): State<Site>,
    Body(asked): Body<AuditRequest>,
) -> Result<Json<()>, Failure> {
    if let Some(below) = asked.below {
        let of_random = asked.pool == Pool::Negative && below > 0.0 && below <= 1.0;
        if !of_random {
            return Err(Failure::bad(
                "a slice is of the negatives below a score of up to 1",
            ));
        }
        let drawn = below::sample(&site, &asked.name.0, asked.name.seed(), below).await?;
        return drawn
            .then_some(Json(()))
            .ok_or_else(|| Failure::conflict("a sample of this failed: choose a lower score"));
    }
    let new = NewAudit {
        id: &asked.name.0,
        pool: asked.pool,
        below: None,
        seed: asked.name.seed(),
    };
    site.store.begin_audit(site.topic, &new, cli::now()).await?;
    Ok(Json(()))
}

/// `GET /preview/{sha256}.jpg`.
pub async fn preview(
    State(site): State<Site>,
    Path(name): Path<String>,
) -> Result<Response, Failure> {
    let missing = || Failure(StatusCode::NOT_FOUND, "there is no such cover".into());
    let sha256 = name.strip_suffix(".jpg").and_then(|hex| unhex(hex).ok());
    let image = site
        .store
        .preview_of_hash(&sha256.ok_or_else(missing)?)
        .await?
        .ok_or_else(missing)?;
    let headers = [(CONTENT_TYPE, "image/jpeg"), (CACHE_CONTROL, FOR_EVER)];
    Ok((headers, image).into_response())
}

/// How far a queue is, today's pace, and what its audit says: of the slice in a slice's own
/// queue, else of what was kept.
///
/// # Errors
/// What the database says.
pub async fn progress(site: &Site, pool: Pool, queue: Queue) -> Result<Progress, store::Error> {
    let now = cli::now();
    let done = site
        .store
        .queue_progress(site.topic, pool, queue, &site.annotator, now - PACE_MS, now)
        .await?;
    let of_slice = queue == Queue::Below;
    let bound = trust::bound(&site.store, site.topic, pool, of_slice).await?;
    let slice = if of_slice {
        slice::State::gather(&site.store, site.topic, pool).await?
    } else {
        None
    };
    Ok(Progress { done, bound, slice })
}

fn answer(stroke: Stroke, sheet: Option<Sheet>) -> StrokeAnswer {
    StrokeAnswer {
        kind: match (&sheet, stroke.marks.first().map(|mark| mark.source)) {
            (Some(_), _) => "sheet",
            (None, Some(Source::Import)) => "import",
            (None, Some(Source::Bulk)) => "bulk",
            (None, _) => "one",
        },
        counts: Counts::of(&stroke.marks),
        stroke: stroke.stroke,
        // Only what the person touched marks the tiles of a sheet; an import can be long.
        marks: stroke
            .marks
            .into_iter()
            .filter(|mark| mark.source == Source::Explicit)
            .collect(),
        sheet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_uuid() {
        let good = "0123abcd-0000-4000-8000-00000000ffff";
        assert_eq!(
            Name::try_from(good.to_owned()).unwrap().seed(),
            0x0123_abcd_0000_4000
        );
        for bad in [
            "",
            "0123abcd",
            &good.to_uppercase(),
            &good.replace('-', "0"),
            &format!("{good}0"),
        ] {
            assert!(Name::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }
}
