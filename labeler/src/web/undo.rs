//! Undo and redo as forms, so that the history takes decisions back without script, too.

use axum::Form;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::api::Failure;
use super::routes::Personal;
use super::words::Text;
use crate::event_id;

/// The name that the page gave this undo: sent twice, it happens once.
#[derive(Debug, Deserialize)]
pub struct Named {
    name: FormName,
}

/// A name that a form brought with it.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct FormName(pub String);

impl FormName {
    /// Its first 64 bits, which are random.
    pub fn seed(&self) -> u64 {
        u64::from_str_radix(&self.0[..16], 16).expect("a name has 32 hexadecimal digits")
    }
}

impl TryFrom<String> for FormName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 32 && text.bytes().all(hex) {
            Ok(Self(text))
        } else {
            Err("a name is 32 hexadecimal digits")
        }
    }
}

/// `POST /history/undo`.
pub async fn undo(Personal(site): Personal, Form(asked): Form<Named>) -> Result<Response, Failure> {
    let name = &asked.name.0;
    let done = site
        .store
        .undo(site.topic, &site.annotator, name, cli::now())
        .await?;
    let said = if done.is_some() {
        "undone"
    } else {
        "nothing-to-undo"
    };
    Ok(back(said))
}

/// `POST /history/redo`.
pub async fn redo(Personal(site): Personal, Form(asked): Form<Named>) -> Result<Response, Failure> {
    let name = &asked.name.0;
    let done = site
        .store
        .redo(site.topic, &site.annotator, name, cli::now())
        .await?;
    let said = if done.is_some() {
        "redone"
    } else {
        "nothing-to-redo"
    };
    Ok(back(said))
}

fn back(said: &str) -> Response {
    Redirect::to(&format!("/history?said={said}")).into_response()
}

/// What happened, and the two buttons.
pub fn forms(text: &Text, said: Option<&str>) -> Markup {
    let line = said.and_then(|said| match said {
        "undone" => Some(&text.history_undone),
        "redone" => Some(&text.history_redone),
        "nothing-to-undo" => Some(&text.nothing_to_undo),
        "nothing-to-redo" => Some(&text.nothing_to_redo),
        _ => None,
    });
    // A form without a name is refused when it is sent.
    let name = || event_id::new().unwrap_or_default();
    let acts = [
        ("/history/undo", &text.undo_last, name()),
        ("/history/redo", &text.redo, name()),
    ];
    html! {
        div.acts {
            @if let Some(line) = line { p role="status" { (line) } }
            @for (path, word, name) in acts {
                form method="post" action=(path) {
                    input type="hidden" name="name" value=(name);
                    button { (word) }
                }
            }
        }
    }
}
