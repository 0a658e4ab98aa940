//! Every path there is, and what handlers share.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, FromRequestParts, Request, State};
use axum::http::{HeaderName, StatusCode, request};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use maud::html;
use percent_encoding::percent_decode;
use serde_json::{Value, json};
use store::{Store, TopicId};

use super::guard::{self, Guard};
use super::layout::{self, Parts};
use super::preference::Preference;
use super::words::Words;
use super::{
    alike, api, asset, below, feed, found, history, inbox, judge, large, news, region, settings,
    statistics, token, undo,
};

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
    /// Whether known covers are planted on sheets.
    pub plant: bool,
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
    ) -> cli::Result<Self> {
        Ok(Self {
            home: store.topic_key(topic).await?,
            store,
            topic,
            annotator: annotator.into(),
            dwell_ms,
            plant: true,
            words: Arc::new(Words::new(name)),
        })
    }
}

/// The site as the person of a request has it: decisions are made in the name they chose.
#[derive(Debug, Clone)]
pub struct Personal(pub Site);

impl FromRequestParts<Site> for Personal {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut request::Parts,
        site: &Site,
    ) -> Result<Self, Infallible> {
        let mut site = site.clone();
        let settings = Preference::read("", &parts.headers).settings;
        if let Some(name) = settings.annotator {
            site.annotator = name.into();
        }
        site.plant = settings.plant;
        if let Some(dwell_ms) = settings.dwell_ms {
            site.dwell_ms = dwell_ms;
        }
        Ok(Self(site))
    }
}

/// The router and the list of what it answers, from one table: the tests of the guard walk the
/// list, so no route can be left out of them.
macro_rules! routes {
    ($($method:ident $path:literal => $handler:path;)+) => {
        /// Every method and path there is.
        pub const ROUTES: &[(&str, &str)] = &[$((stringify!($method), $path)),+];

        fn table() -> Router<Site> {
            Router::new()$(.route($path, $method($handler)))+
        }
    };
}

routes! {
    get "/" => inbox::get;
    get "/suspects" => inbox::suspects;
    get "/found" => found::get;
    get "/alike/{sha256}" => alike::get;
    get "/below" => below::get;
    get "/feed.atom" => feed::get;
    get "/history" => history::get;
    get "/statistics" => statistics::get;
    get "/settings" => settings::get;
    get "/preview/{name}" => api::preview;
    get "/large/{name}" => large::get;
    get "/web/{version}/{name}" => asset::get;
    get "/api/news" => news::get;
    get "/api/region/{sha256}" => region::get;
    post "/below" => below::begin;
    post "/settings" => settings::post;
    post "/history/undo" => undo::undo;
    post "/history/redo" => undo::redo;
    post "/enter" => token::enter;
    post "/api/sheet" => api::sheet;
    post "/api/release" => api::release;
    post "/api/confirm" => api::confirm;
    post "/api/decide" => api::decide;
    post "/api/judge" => judge::judge;
    post "/api/dismiss" => judge::dismiss;
    post "/api/visit" => judge::visit;
    post "/api/audit" => api::audit;
    post "/api/keep" => below::keep;
    post "/api/undo" => api::undo;
    post "/api/redo" => api::redo;
}

/// A page that is still open over another topic or database: its sheets and strokes are not of
/// this one, and the page keeps them until this labeler, or another one here, serves its own again.
async fn at_home(State(site): State<Site>, request: Request, next: Next) -> Response {
    static WHISKER_HOME: HeaderName = HeaderName::from_static("whisker-home");
    let of = request.headers().get(&WHISKER_HOME);
    let own = of.is_none_or(|of| percent_decode(of.as_bytes()).eq(site.home.bytes()));
    if own {
        return next.run(request).await;
    }
    let why = "this labeler serves another topic or database now";
    (
        StatusCode::MISDIRECTED_REQUEST,
        Json(json!({ "error": why })),
    )
        .into_response()
}

/// The whole page, for those whom the guard lets in.
pub fn router(site: Site, guard: Guard) -> Router {
    let guard = Arc::new(guard);
    let watch = from_fn_with_state((guard.clone(), site.words.clone()), guard::layer);
    table()
        .fallback(nowhere)
        .layer(from_fn_with_state(site.clone(), at_home))
        .layer(DefaultBodyLimit::max(guard::BODY_LIMIT))
        .layer(Extension(guard))
        .layer(watch)
        .with_state(site)
}

async fn nowhere(State(site): State<Site>, preference: Preference) -> Response {
    let text = site.words.of(preference.lang);
    let parts = Parts {
        screen: None,
        question: &text.nothing_here,
        beside: html! {},
        tools: html! {},
        main: html! {
            section.empty {
                p { (text.nothing_here_hint) }
                a.button href="/" { (text.open_inbox) }
            }
        },
        rest: html! {},
        boot: Value::Null,
    };
    let page = layout::page(&site, &preference, &parts);
    (StatusCode::NOT_FOUND, preference, page).into_response()
}
