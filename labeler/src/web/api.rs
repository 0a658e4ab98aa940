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
use store::confirm::{Confirm, Counts};
use store::progress::Progress;
use store::sheet::{NewSheet, Order, Sheet};
use store::stroke::{Mark, Stroke};
use store::{Choice, Pool, Source};

use super::asset::FOR_EVER;
use super::preference::TILES;
use super::routes::{Personal, Site};
use crate::format::unhex;

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

/// Asks for a sheet.
#[derive(Debug, Deserialize)]
pub struct SheetRequest {
    sheet: Name,
    pool: Pool,
    order: Order,
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

/// A sheet and how far its pool is.
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
        order: asked.order,
        size,
        seed: asked.sheet.seed(),
    };
    let sheet = site.store.open_sheet(site.topic, &new, cli::now()).await?;
    let progress = progress(&site, sheet.pool).await?;
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
) -> Result<Json<Counts>, Failure> {
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
    let counts = site
        .store
        .confirm_sheet(site.topic, &confirm, cli::now())
        .await?;
    Ok(Json(counts))
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

/// How far a pool is, and today's pace.
///
/// # Errors
/// What the database says.
pub async fn progress(site: &Site, pool: Pool) -> Result<Progress, store::Error> {
    let now = cli::now();
    site.store
        .pool_progress(site.topic, pool, &site.annotator, now - PACE_MS, now)
        .await
}

fn answer(stroke: Stroke, sheet: Option<Sheet>) -> StrokeAnswer {
    let import = stroke
        .marks
        .iter()
        .any(|mark| mark.source == Source::Import);
    StrokeAnswer {
        kind: match (&sheet, import) {
            (Some(_), _) => "sheet",
            (None, true) => "import",
            (None, false) => "one",
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
