//! Every path there is, and what handlers share.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cli::Result;
use maud::html;
use serde_json::Value;
use store::{Store, TopicId};

use super::layout::{self, Parts};
use super::preference::Preference;
use super::words::Words;
use super::{api, asset, found, guard, history, inbox, statistics};

/// What every handler knows.
#[derive(Debug, Clone)]
pub struct Site {
    /// The database.
    pub store: Store,
    /// What is looked for.
    pub topic: TopicId,
    /// Names the topic in this database: the page keeps what it remembers under it.
    pub home: String,
    /// Whose decisions are made here.
    pub annotator: Arc<str>,
    /// The least time that a sheet is looked at, milliseconds.
    pub dwell_ms: u32,
    /// All texts.
    pub words: Arc<Words>,
}

impl Site {
    /// For a topic by its name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn new(
        store: Store,
        topic: TopicId,
        name: &str,
        annotator: &str,
        dwell_ms: u32,
    ) -> Result<Self> {
        Ok(Self {
            home: store.topic_key(topic).await?,
            store,
            topic,
            annotator: annotator.into(),
            dwell_ms,
            words: Arc::new(Words::new(name)),
        })
    }
}

/// The whole page, answering for 127.0.0.1, localhost and `[::1]` at `port`.
pub fn router(site: Site, port: u16) -> Router {
    let screens = Router::new()
        .route("/", get(inbox::get))
        .route("/found", get(found::get))
        .route("/history", get(history::get))
        .route("/statistics", get(statistics::get))
        .route("/preview/{name}", get(api::preview))
        .route("/web/{version}/{name}", get(asset::get));
    let changes = Router::new()
        .route("/api/sheet", post(api::sheet))
        .route("/api/release", post(api::release))
        .route("/api/confirm", post(api::confirm))
        .route("/api/decide", post(api::decide))
        .route("/api/undo", post(api::undo))
        .route("/api/redo", post(api::redo));
    screens
        .merge(changes)
        .fallback(nowhere)
        .layer(DefaultBodyLimit::max(guard::BODY_LIMIT))
        .layer(from_fn_with_state(Arc::new(port), guard::layer))
        .with_state(site)
}

async fn nowhere(State(site): State<Site>, preference: Preference) -> Response {
    let text = site.words.of(preference.lang);
    let parts = Parts {
        screen: None,
        question: &text.nothing_here,
        beside: html! {},
        tools: html! {},
        main: html! { p { a href="/" { (text.open_inbox) } } },
        rest: html! {},
        boot: Value::Null,
    };
    let page = layout::page(&site, &preference, &parts);
    (StatusCode::NOT_FOUND, preference, page).into_response()
}
