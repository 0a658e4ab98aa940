//! What was decided, stroke by stroke, newest first.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use store::history::{Origin, StrokeRow, Touched};

use super::api::Failure;
use super::inbox;
use super::layout::{self, Parts, Screen};
use super::preference::Preference;
use super::routes::Site;
use super::show;
use super::undo;
use super::words::{Text, fill};

/// Strokes on one screen.
const SHOWN: u32 = 30;
/// Touched covers shown of a stroke.
const COVERS: u32 = 12;

/// Where to go on, and with what.
#[derive(Debug, Deserialize)]
pub struct Place {
    before: Option<i64>,
    /// An origin; empty, or what nobody could choose: all.
    of: Option<String>,
    /// What a form of this page did.
    said: Option<String>,
}

/// `GET /history`.
pub async fn get(
    State(site): State<Site>,
    Query(place): Query<Place>,
    preference: Preference,
) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let before = place.before.unwrap_or(i64::MAX);
    let origin: Option<Origin> = place.of.and_then(|of| of.parse().ok());
    let strokes = site
        .store
        .strokes(site.topic, origin, before, SHOWN)
        .await?;
    let mut rows = Vec::with_capacity(strokes.len());
    for stroke in strokes {
        let touched = site
            .store
            .touched(site.topic, &stroke.annotator, &stroke.stroke, COVERS)
            .await?;
        rows.push((stroke, touched));
    }
    let parts = Parts {
        screen: Some(Screen::History),
        question: &text.question_history,
        beside: undo::forms(text, place.said.as_deref()),
        tools: html! {},
        main: main(text, origin, &rows),
        rest: html! {},
        boot: json!({}),
    };
    let page = layout::page(&site, &preference, &parts);
    Ok((preference, page).into_response())
}

fn main(text: &Text, origin: Option<Origin>, rows: &[(StrokeRow, Vec<Touched>)]) -> Markup {
    if rows.is_empty() && origin.is_none() {
        return html! {
            section.empty {
                h2 { (text.no_history) }
                a.button href=(Screen::Inbox.path()) { (text.open_inbox) }
            }
        };
    }
    let older = (rows.len() == SHOWN as usize).then(|| rows.last().map(|(stroke, _)| stroke.first));
    html! {
        (filter(text, origin))
        @if rows.is_empty() { p.note { (text.no_stroke_of) } }
        @else { (table(text, rows)) }
        @if let Some(Some(before)) = older {
            p {
                a href={ (Screen::History.path()) "?before=" (before)
                    @if let Some(origin) = origin { "&of=" (origin.as_str()) } } { (text.older) }
            }
        }
    }
}

/// A plain form: what is asked for is in the address.
fn filter(text: &Text, chosen: Option<Origin>) -> Markup {
    html! {
        form.filters action=(Screen::History.path()) {
            label for="of" { (text.strokes_of) }
            select #of name="of" autocomplete="off" {
                option value="" selected[chosen.is_none()] { (text.all_strokes) }
                @for origin in Origin::all() {
                    option value=(origin.as_str()) selected[chosen == Some(origin)] {
                        (named(text, origin))
                    }
                }
            }
            button { (text.show) }
        }
    }
}

fn named(text: &Text, origin: Origin) -> &str {
    match origin {
        Origin::Sheet(Some(queue)) => inbox::name(text, queue),
        Origin::Sheet(None) => &text.kind_sheet,
        Origin::Bulk => &text.kind_bulk,
        Origin::Single => &text.kind_one,
        Origin::Import => &text.kind_import,
    }
}

fn table(text: &Text, rows: &[(StrokeRow, Vec<Touched>)]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(text.history) {
            table {
                thead {
                    tr {
                        th scope="col" { (text.when) }
                        th scope="col" { (text.who) }
                        th scope="col" { (text.what) }
                        th scope="col" { (text.decided) }
                        th.number scope="col" { (text.time_taken) }
                        th scope="col" { (text.touched) }
                    }
                }
                tbody { @for (stroke, touched) in rows { (row(text, stroke, touched)) } }
            }
        }
    }
}

fn row(text: &Text, stroke: &StrokeRow, touched: &[Touched]) -> Markup {
    let pool = if stroke.pool == "positive" {
        &text.positive
    } else {
        &text.negative
    };
    html! {
        tr.undone[!stroke.in_effect] {
            td { (show::moment(stroke.decided_at)) }
            td { bdi { (stroke.annotator) } }
            td { (kind(text, stroke)) ", " (pool) @if !stroke.in_effect { " " span.tag { (text.taken_back) } } }
            td { (counts(text, stroke)) }
            td.number { @if let Some(ms) = stroke.visible_ms { (show::duration(ms)) } }
            td { div.covers { @for cover in touched { (thumbnail(text, cover)) } } }
        }
    }
}

/// What a stroke was: of a sheet where its covers came from, too.
fn kind(text: &Text, stroke: &StrokeRow) -> String {
    match (stroke.origin, stroke.below) {
        (Origin::Sheet(Some(queue)), _) => {
            format!(
                "{}{}{}",
                text.kind_sheet,
                text.comma,
                inbox::name(text, queue)
            )
        }
        (Origin::Bulk, Some(below)) => {
            fill(&text.kind_bulk_below, &[("score", &show::score(below))])
        }
        (Origin::Single, _) if stroke.explicit > 1 => text.kind_several.to_string(),
        (origin, _) => named(text, origin).to_owned(),
    }
}

fn counts(text: &Text, stroke: &StrokeRow) -> String {
    let counts = stroke.counts;
    let parts = [
        (counts.reject, &text.count_reject),
        (counts.unsure, &text.count_unsure),
        (counts.broken, &text.count_broken),
        (counts.keep, &text.kept),
        (stroke.propagated, &text.propagated),
    ];
    let said: Vec<_> = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, text)| fill(text, &[("n", &show::number(i64::from(*n)))]))
        .collect();
    said.join(&text.comma)
}

fn thumbnail(text: &Text, cover: &Touched) -> Markup {
    let title = if cover.title.is_empty() {
        &text.no_title
    } else {
        &*cover.title
    };
    let picture = html! {
        img src={ "/preview/" (crate::format::hex(&cover.sha256)) ".jpg" } alt=(title) title=(title)
            width="64" height="36" loading="lazy" decoding="async";
    };
    html! {
        @if let Some(link) = show::link(&cover.url) {
            a href=(link) target="_blank" rel="noopener noreferrer" { (picture) }
        } @else { (picture) }
    }
}
