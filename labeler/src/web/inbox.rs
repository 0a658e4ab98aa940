//! The sheet to decide, and its loupe. The script fills them; this is their frame.

use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::json;
use store::{Pool, Queue};

use super::api::{self, Failure};
use super::layout::{self, Parts, Screen, cat};
use super::preference::Preference;
use super::routes::{Personal, Site};
use super::stale;
use super::words::{Text, fill};
use crate::slice;

/// The four decisions with their keys, in the order of the loupe's buttons.
const CHOICES: [(&str, &str); 4] = [
    ("keep", "K"),
    ("reject", "X"),
    ("unsure", "U"),
    ("broken", "B"),
];

/// `GET /`.
pub async fn get(Personal(site): Personal, preference: Preference) -> Result<Response, Failure> {
    let screen = match preference.queue {
        Queue::Suspects => Screen::Suspects,
        _ => Screen::Inbox,
    };
    page(&site, preference, screen).await
}

/// `GET /suspects`: decisions that the newest run believes least.
pub async fn suspects(
    Personal(site): Personal,
    mut preference: Preference,
) -> Result<Response, Failure> {
    preference.queue = Queue::Suspects;
    page(&site, preference, Screen::Suspects).await
}

async fn page(
    site: &Site,
    mut preference: Preference,
    screen: Screen,
) -> Result<Response, Failure> {
    if preference.queue == Queue::Below && preference.pool == Pool::Positive {
        preference.queue = Queue::Likely;
    }
    let text = site.words.of(preference.lang);
    let progress = api::progress(site, preference.pool, preference.queue).await?;
    let fresh = site.store.freshness(site.topic, cli::now()).await?;
    let nothing = progress.slice.as_ref().is_none_or(slice::State::over);
    if preference.queue == Queue::Below && nothing {
        // The way to a sample begins with the score.
        return Ok((preference, Redirect::to(Screen::Below.path())).into_response());
    }
    let model = site.store.current_model(site.topic).await?;
    let parts = Parts {
        screen: Some(screen),
        question: question(text, preference.pool, preference.queue),
        beside: html! {
            p #progress {}
            p #assumes hidden { (assumed(text, preference.queue)) }
            div.under {
                (stale::line(stale::notice(text, &fresh, Some(preference.queue)).as_ref()))
                p #news role="status" {}
            }
        },
        tools: tools(text, &preference, model.is_some()),
        main: html! {
            @if preference.queue == Queue::Below { (unlikely(text)) }
            (sheet(text, preference.pool))
        },
        rest: html! { (foot(text)) (loupe(text)) (help(text)) (templates(preference.pool)) },
        boot: json!({
            "pool": preference.pool,
            "order": preference.queue,
            "dwell": site.dwell_ms,
            "progress": progress,
            "topic_mark": preference.pool == Pool::Negative,
        }),
    };
    let page = layout::page(site, &preference, &parts);
    Ok((preference, page).into_response())
}

fn question(text: &Text, pool: Pool, queue: Queue) -> &str {
    match (queue, pool) {
        (Queue::Suspects, _) => &text.question_suspects,
        (Queue::Audit, Pool::Negative) => &text.question_audit,
        (Queue::Second, _) => match pool {
            Pool::Negative => &text.question_second_negative,
            Pool::Positive => &text.question_second_positive,
        },
        (_, Pool::Negative) => &text.question_negative,
        (_, Pool::Positive) => &text.question_positive,
    }
}

/// What a bound takes for granted.
fn assumed(text: &Text, queue: Queue) -> &str {
    match queue {
        Queue::Below => &text.slice_assumes,
        _ => &text.trust_assumes,
    }
}

fn tools(text: &Text, preference: &Preference, scored: bool) -> Markup {
    let pools = [
        ("negative", &text.negative, Pool::Negative),
        ("positive", &text.positive, Pool::Positive),
    ];
    let shown = |queue: Queue| match queue {
        // Which decisions are doubted is a screen of its own.
        Queue::Suspects => false,
        Queue::Below => scored && preference.pool == Pool::Negative,
        _ => true,
    };
    html! {
        select #pool aria-label=(text.pool) autocomplete="off" {
            @for (key, name, pool) in pools {
                option value=(key) selected[pool == preference.pool] { (name) }
            }
        }
        @if preference.queue != Queue::Suspects {
            select #order aria-label=(text.order) autocomplete="off" {
                @for once_more in [false, true] {
                    optgroup label=(if once_more { &text.once_more } else { &text.what_waits }) {
                        @for queue in Queue::ALL.into_iter().filter(|queue| {
                            queue.once_more() == once_more
                                && (shown(*queue) || *queue == preference.queue)
                        }) {
                            option value=(queue.as_str()) selected[queue == preference.queue] {
                                @if queue == Queue::Below { (text.keep_unlikely) }
                                @else { (name(text, queue)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A queue's name.
pub fn name(text: &Text, queue: Queue) -> &str {
    match queue {
        Queue::Newest => &text.newest,
        Queue::Random => &text.random,
        Queue::Likely => &text.likely,
        Queue::Uncertain => &text.uncertain,
        Queue::Suspects => &text.suspects,
        Queue::Audit => &text.audit,
        Queue::Second => &text.second_look,
        Queue::Below => &text.below,
    }
}

/// What stands between a sample and keeping the others. The script fills it.
fn unlikely(text: &Text) -> Markup {
    html! {
        section #slice .slice aria-label=(text.keep_unlikely) {
            p #slice-what tabindex="-1" role="status" {}
            div.acts {
                button.main #slice-keep type="button" aria-disabled="true" {}
                a.button href=(Screen::Below.path()) { (text.slice_other) }
            }
        }
    }
}

fn sheet(text: &Text, pool: Pool) -> Markup {
    let (other, name) = match pool {
        Pool::Negative => (Pool::Positive, &text.positive),
        Pool::Positive => (Pool::Negative, &text.negative),
    };
    html! {
        noscript { p.note { (text.no_script) } }
        p #banner .banner hidden {}
        ul #sheet .sheet aria-label=(text.sheet) {}
        section #empty .empty hidden {
            h2 #empty-what {}
            p #empty-hint {}
            p { code #empty-command {} }
            div.acts #empty-on {
                a.button href=(Screen::Found.path()) { (text.found) }
                a.button href={ "/?pool=" (other) } { (fill(&text.other_pool, &[("pool", name)])) }
            }
            button #empty-audit type="button" hidden { (text.audit_anew) }
            button #empty-again type="button" { (text.look_again) }
        }
    }
}

fn foot(text: &Text) -> Markup {
    html! {
        footer.foot {
            p #summary role="status" {}
            p #line role="status" {}
            p #planted .planted role="status" hidden {}
            div.acts {
                button.quiet #undo type="button" { (text.undo) " " kbd { "Ctrl Z" } }
                button.quiet #loupe-open type="button" aria-haspopup="dialog" {
                    (text.loupe) " " kbd.single { "Z" }
                }
                button.main #confirm type="button" aria-disabled="true" {
                    span #confirm-word { (text.confirm) } " " kbd { "⏎" }
                }
            }
        }
    }
}

fn loupe(text: &Text) -> Markup {
    html! {
        dialog #loupe .loupe aria-labelledby="loupe-where" {
            div.top {
                p #loupe-where tabindex="-1" autofocus {}
                p #loupe-region-line .muted role="status" {}
                a.plain #loupe-alike href="/found" target="_blank" { (text.look_alike) }
                button.quiet #loupe-titles type="button" aria-pressed="true" {
                    (text.show_title) " " kbd.single { "T" }
                }
                // Off whenever the loupe opens: nobody is to see it by habit.
                button.quiet #loupe-region type="button" aria-pressed="false" {
                    (text.region) " " kbd.single { "W" }
                }
                button.quiet #loupe-close type="button" { (text.close) " " kbd { "Esc" } }
            }
            figure #loupe-figure {
                img #loupe-image alt="";
                svg #loupe-frame .region aria-hidden="true" hidden { rect {} rect {} }
                figcaption { bdi #loupe-title .clamp {} " " bdi #loupe-owner .clamp.muted {} }
            }
            div.choices {
                @for (choice, key) in CHOICES {
                    button type="button" data-decision=(choice) aria-pressed="false" {
                        (word(text, choice)) " " kbd.single { (key) }
                    }
                }
            }
            ol #filmstrip .filmstrip aria-label=(text.filmstrip) {}
        }
    }
}

fn word<'a>(text: &'a Text, choice: &str) -> &'a str {
    match choice {
        "keep" => &text.keep,
        "reject" => &text.reject,
        "unsure" => &text.unsure,
        _ => &text.broken,
    }
}

/// The script writes the keys from the table that it obeys.
fn help(text: &Text) -> Markup {
    html! {
        dialog #help .help aria-labelledby="help-name" {
            h2 #help-name { (text.keys) }
            dl #help-keys {}
            button.quiet #help-close type="button" { (text.close) " " kbd { "Esc" } }
        }
    }
}

fn templates(pool: Pool) -> Markup {
    html! {
        template #tile {
            li {
                button.tile type="button" tabindex="-1" aria-pressed="false" {
                    img alt="" decoding="async" draggable="false";
                    span.sign aria-hidden="true" {
                        // Rejected among the positives is what shows no cat.
                        @if pool == Pool::Negative { svg viewBox="0 0 24 24" { (cat()) } }
                        span.word {}
                    }
                    span.times aria-hidden="true" hidden {}
                }
            }
        }
        template #frame {
            li { button type="button" tabindex="-1" { img alt="" draggable="false"; } }
        }
    }
}
