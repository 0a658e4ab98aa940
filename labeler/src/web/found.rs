//! Videos that the current model believes to show the topic, most certain first. Readable
//! without script; yes and no need it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;
use store::Pool;
use store::found::{CurrentModel, FoundVideo};

use super::api::Failure;
use super::layout::{self, Parts, Screen};
use super::preference::Preference;
use super::routes::Site;
use super::show;
use super::words::{Text, fill};

/// Better believed than not.
const ABOVE: f64 = 0.5;
/// Videos on one screen; what follows them comes up as these are judged.
const SHOWN: u32 = 200;

/// `GET /found`.
pub async fn get(State(site): State<Site>, preference: Preference) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let model = site.store.model_that_finds(site.topic).await?;
    let videos = match &model {
        Some(model) => site.store.found(site.topic, model.id, ABOVE, SHOWN).await?,
        None => Vec::new(),
    };
    let parts = Parts {
        screen: Some(Screen::Found),
        question: &text.question_found,
        beside: html! { @if let Some(model) = &model { (beside(text, model, videos.len())) } },
        tools: html! {},
        main: match (&model, videos.is_empty()) {
            (None, _) => no_model(text),
            (Some(_), true) => nothing(text),
            (Some(_), false) => list(text, &videos),
        },
        rest: html! { p #line .floating role="status" {} },
        boot: json!({}),
    };
    let page = layout::page(&site, &preference, &parts);
    Ok((preference, page).into_response())
}

fn beside(text: &Text, model: &CurrentModel, found: usize) -> Markup {
    let found = i64::try_from(found).unwrap_or(i64::MAX);
    let values = [
        ("n", &*show::number(found)),
        ("scored", &*show::number(model.scored)),
    ];
    html! {
        p {
            (fill(&text.found_line, &values)) " · " (text.model_of) " "
            (show::moment(model.promoted_at))
            @if model.newer > 0 {
                " · " (fill(&text.newer_labels, &[("n", &show::number(model.newer))]))
            }
        }
    }
}

fn no_model(text: &Text) -> Markup {
    html! {
        section.empty {
            h2 { (text.no_model) }
            p { (text.no_model_hint) }
            p { code { "trainer kfold && trainer fit && trainer find" } }
            p { a href=(Screen::Inbox.path()) { (text.open_inbox) } }
        }
    }
}

fn nothing(text: &Text) -> Markup {
    html! {
        section.empty {
            h2 { (text.nothing_found) }
            p { (text.nothing_found_hint) }
            p { a href=(Screen::Inbox.path()) { (text.open_inbox) } }
        }
    }
}

fn list(text: &Text, videos: &[FoundVideo]) -> Markup {
    html! { ol.videos { @for video in videos { (row(text, video)) } } }
}

fn row(text: &Text, video: &FoundVideo) -> Markup {
    let hash = crate::format::hex(&video.sha256);
    let title = if video.title.is_empty() {
        &text.no_title
    } else {
        &*video.title
    };
    // What yes and no mean depends on the pool the cover is in.
    let (yes, no) = match video.pool {
        Pool::Negative => ("reject", "keep"),
        Pool::Positive => ("keep", "reject"),
    };
    html! {
        li.video data-sha256=(hash) {
            img src={ "/preview/" (hash) ".jpg" } alt="" width=(video.width) height=(video.height)
                loading="lazy" decoding="async";
            div.about {
                h2 { bdi { (title) } }
                p.muted {
                    @if let Some(owner) = video.owner.as_deref().filter(|o| !o.is_empty()) {
                        bdi { (owner) } " · "
                    }
                    @if video.site == "folder" { (text.folder) } @else { (video.site) }
                    @if let Some(published) = video.published_at { " · " (age(published)) }
                }
                @if show::link(&video.url).is_none() {
                    p.path.muted title=(video.url) { bdi { (video.url) } }
                }
                (bar(text, video.probability))
                div.acts {
                    @if let Some(link) = show::link(&video.url) {
                        a.button href=(link) target="_blank" rel="noopener noreferrer" {
                            (text.watch) span.unseen { " " (title) }
                        }
                    }
                    button.needs-script type="button" hidden data-decision=(yes) aria-pressed="false" {
                        (text.yes) span.unseen { ": " (title) }
                    }
                    button.needs-script type="button" hidden data-decision=(no) aria-pressed="false" {
                        (text.no) span.unseen { ": " (title) }
                    }
                }
            }
        }
    }
}

fn age(ms: i64) -> Markup {
    let day = show::day(ms.div_euclid(86_400_000));
    html! { time data-age=(ms) datetime=(day) { (day) } }
}

fn bar(text: &Text, probability: f64) -> Markup {
    let percent = format!("{:.0} %", 100.0 * probability);
    html! {
        div.bar-line {
            meter min="0" max="1" value=(format!("{probability:.3}"))
                aria-label={ (text.probability) " " (percent) } {}
            span.muted { (percent) }
        }
    }
}
