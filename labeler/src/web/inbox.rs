//! The sheet to decide, and its loupe. The script fills them; this is their frame.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;
use store::Pool;
use store::sheet::Order;

use super::api::{self, Failure};
use super::layout::{self, Parts, Screen, cat};
use super::preference::Preference;
use super::routes::Personal;
use super::words::Text;

/// The four decisions with their keys, in the order of the loupe's buttons.
const CHOICES: [(&str, &str); 4] = [
    ("keep", "K"),
    ("reject", "X"),
    ("unsure", "U"),
    ("broken", "B"),
];

/// `GET /`.
pub async fn get(Personal(site): Personal, preference: Preference) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let progress = api::progress(&site, preference.pool).await?;
    let question = match preference.pool {
        Pool::Negative => &text.question_negative,
        Pool::Positive => &text.question_positive,
    };
    let parts = Parts {
        screen: Some(Screen::Inbox),
        question,
        beside: html! { p #progress {} p #news role="status" {} },
        tools: tools(text, &preference),
        main: sheet(text),
        rest: html! { (foot(text)) (loupe(text)) (help(text)) (templates(preference.pool)) },
        boot: json!({
            "pool": preference.pool,
            "order": preference.order,
            "dwell": site.dwell_ms,
            "progress": progress,
            "topic_mark": preference.pool == Pool::Negative,
        }),
    };
    let page = layout::page(&site, &preference, &parts);
    Ok((preference, page).into_response())
}

fn tools(text: &Text, preference: &Preference) -> Markup {
    let pools = [
        ("negative", &text.negative, Pool::Negative),
        ("positive", &text.positive, Pool::Positive),
    ];
    let orders = [
        ("likely", &text.likely, Order::Likely),
        ("random", &text.random, Order::Random),
        ("newest", &text.newest, Order::Newest),
    ];
    html! {
        select #pool aria-label=(text.pool) autocomplete="off" {
            @for (key, name, pool) in pools {
                option value=(key) selected[pool == preference.pool] { (name) }
            }
        }
        select #order aria-label=(text.order) autocomplete="off" {
            @for (key, name, order) in orders {
                option value=(key) selected[order == preference.order] { (name) }
            }
        }
    }
}

fn sheet(text: &Text) -> Markup {
    html! {
        noscript { p.note { (text.no_script) } }
        ul #sheet .sheet aria-label=(text.sheet) {}
        section #empty .empty hidden {
            h2 #empty-what {}
            p #empty-hint {}
            p { code #empty-command {} }
            p { a #empty-found href=(Screen::Found.path()) { (text.found) } }
            button #empty-again type="button" { (text.look_again) }
        }
    }
}

fn foot(text: &Text) -> Markup {
    html! {
        footer.foot {
            p #summary role="status" {}
            p #line role="status" {}
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
                a.plain #loupe-alike href="/found" target="_blank" { (text.look_alike) }
                button.quiet #loupe-titles type="button" aria-pressed="true" {
                    (text.show_title) " " kbd.single { "T" }
                }
                button.quiet #loupe-close type="button" { (text.close) " " kbd { "Esc" } }
            }
            figure #loupe-figure {
                img #loupe-image alt="";
                figcaption { bdi #loupe-title {} " " bdi.muted #loupe-owner {} }
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
