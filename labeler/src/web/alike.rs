//! What looks like a cover: the decided ones say why the model thinks what it thinks, the
//! undecided ones are there to be decided in one go.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;
use store::alike::{Neighbour, Neighbourhood};
use store::training::Region;

use super::api::Failure;
use super::layout::{self, Parts, Screen, cat};
use super::preference::Preference;
use super::routes::Site;
use super::words::{Text, fill};
use super::{region, show};
use crate::format::{hex, unhex};

/// Decided and undecided covers shown.
const SHOWN: (usize, usize) = (12, 60);

/// `GET /alike/{sha256}`.
pub async fn get(
    State(site): State<Site>,
    Path(name): Path<String>,
    preference: Preference,
) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let Ok(sha256) = unhex(&name) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    if site.store.preview_of_hash(&sha256).await?.is_none() {
        return Ok(StatusCode::NOT_FOUND.into_response());
    }
    let near = site.store.neighbourhood(site.topic, &sha256, SHOWN).await?;
    let region = site.store.region(site.topic, &sha256).await?;
    let parts = Parts {
        screen: Some(Screen::Found),
        question: &text.question_alike,
        beside: html! {},
        tools: html! {},
        main: main(text, &sha256, region.as_ref(), near.as_ref()),
        rest: html! { p #line .floating role="status" {} },
        boot: json!({}),
    };
    let page = layout::page(&site, &preference, &parts);
    Ok((preference, page).into_response())
}

fn main(
    text: &Text,
    sha256: &[u8; 32],
    region: Option<&Region>,
    near: Option<&Neighbourhood>,
) -> Markup {
    html! {
        div.alike {
            (asked(text, sha256, region))
            @match near {
                None => section.empty {
                    h2 { (text.alike_unknown) }
                    p { (text.alike_unknown_hint) }
                    p { code { "trainer watch" } }
                },
                Some(near) => section { (decided(text, &near.decided)) },
            }
        }
        @if let Some(near) = near { (undecided(text, &near.undecided)) }
    }
}

fn asked(text: &Text, sha256: &[u8; 32], region: Option<&Region>) -> Markup {
    html! {
        figure.asked {
            div.framed {
                img src={ "/preview/" (hex(sha256)) ".jpg" } alt="";
                @if let Some(region) = region { (region::frame(region, None)) }
            }
            @if region.is_some() { figcaption.muted { (text.region_frame) } }
        }
    }
}

fn decided(text: &Text, near: &[Neighbour]) -> Markup {
    let shows = near.iter().filter(|one| one.shows() == Some(true)).count();
    let number = |n: usize| show::number(i64::try_from(n).unwrap_or(i64::MAX));
    let values = [("n", &*number(shows)), ("total", &*number(near.len()))];
    html! {
        h2 {
            @if near.is_empty() { (text.alike_none_decided) }
            @else { (fill(&text.alike_of_these, &values)) }
        }
        ul.row {
            @for one in near {
                li {
                    a.shown[one.shows() == Some(true)] href={ "/alike/" (hex(&one.sha256)) } {
                        (picture(text, one))
                        @if one.shows() == Some(true) {
                            span.sign { svg aria-hidden="true" viewBox="0 0 24 24" { (cat()) } }
                        }
                    }
                    p.muted { (said(text, one)) " · " (likeness(text, one)) }
                }
            }
        }
    }
}

fn undecided(text: &Text, near: &[Neighbour]) -> Markup {
    html! {
        section.harvest {
            h2 { @if near.is_empty() { (text.alike_all_decided) } @else { (text.alike_undecided) } }
            @if !near.is_empty() {
                div.acts.needs-script #harvest hidden {
                    p #chosen role="status" { (text.alike_choose) }
                    button.quiet #choose-all type="button" { (text.choose_all) }
                    button.quiet #choose-none type="button" { (text.choose_none) }
                    button #these-yes type="button" aria-disabled="true" { (text.these_yes) }
                    button #these-no type="button" aria-disabled="true" { (text.these_no) }
                }
                ul.row #neighbours {
                    @for one in near {
                        li {
                            button.choice type="button" aria-pressed="false" data-sha256=(hex(&one.sha256)) {
                                (picture(text, one))
                            }
                            p.muted { (likeness(text, one)) }
                        }
                    }
                }
            }
        }
    }
}

fn picture(text: &Text, one: &Neighbour) -> Markup {
    let title = if one.title.is_empty() {
        &text.no_title
    } else {
        &*one.title
    };
    html! {
        img src={ "/preview/" (hex(&one.sha256)) ".jpg" } alt=(title) title=(title)
            width=(one.width) height=(one.height) loading="lazy" decoding="async";
    }
}

fn said(text: &Text, one: &Neighbour) -> String {
    match one.shows() {
        Some(true) => text.shows.to_string(),
        Some(false) => text.shows_not.to_string(),
        None => text.unsure.to_string(),
    }
}

fn likeness(text: &Text, one: &Neighbour) -> String {
    // What points the other way is not like it at all.
    let percent = format!("{:.0} %", 100.0 * one.likeness.max(0.0));
    fill(&text.similar, &[("n", &percent)])
}
