//! The token that everybody must bring when other machines can reach the labeler. The address
//! printed at the start holds it behind `#`, where no server and no log sees it; the page hands
//! it in once and gets a cookie for it. In memory there is only its hash.

use std::fmt;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, Form};
use cli::Result;
use maud::{DOCTYPE, PreEscaped, html};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::guard::Guard;
use super::preference::Preference;
use super::routes::Site;
use super::words::{Lang, Text};
use crate::event_id;

/// Where the token is handed in.
pub const ENTER: &str = "/enter";

const STYLE: &str = ":root{color-scheme:light dark;--ground:#fafaf9;--text:#1c1917;--line:#78716c;\
    --accent:#b45309;--on:#fff}@media(prefers-color-scheme:dark){:root{--ground:#171614;\
    --text:#ece9e4;--line:#8a847d;--accent:#fbbf24;--on:#1c1917}}\
    body{display:grid;place-content:center;min-height:90vh;margin:16px;background:var(--ground);\
    color:var(--text);font:15px/1.5 system-ui,sans-serif}main{max-width:480px}\
    h1{margin:0;font-size:20px}p{margin:8px 0 16px}form{display:flex;flex-wrap:wrap;gap:8px}\
    input,button{min-height:44px;padding:0 14px;border:1px solid var(--line);border-radius:6px;\
    background:none;color:inherit;font:inherit}input{flex:1;min-width:0}\
    button{border-color:var(--accent);background:var(--accent);color:var(--on);font-weight:600}\
    :focus-visible{outline:3px solid var(--text);outline-offset:2px}";
const SCRIPT: &str = "const token=location.hash.slice(1);const form=document.forms[0];\
    if(token){form.token.value=token;form.submit()}";

/// What tells ours from others.
#[derive(Clone)]
pub struct Token {
    hash: [u8; 32],
}

/// Not even the hash goes into a log.
impl fmt::Debug for Token {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("Token")
    }
}

impl Token {
    /// A new one, and its text, which is not kept.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub fn new() -> Result<(Self, String)> {
        let text = format!("{}{}", event_id::new()?, event_id::new()?);
        Ok((Self::of(&text), text))
    }

    fn of(text: &str) -> Self {
        Self {
            hash: Sha256::digest(text).into(),
        }
    }

    /// Whether this is its text. Takes the same time whatever is brought: hashes are compared,
    /// and all of them.
    pub fn is(&self, brought: &str) -> bool {
        let brought = Self::of(brought).hash;
        let differing = self
            .hash
            .iter()
            .zip(brought)
            .fold(0, |all, (a, b)| all | (a ^ b));
        std::hint::black_box(differing) == 0
    }
}

/// Its cookie: ports of one machine share cookies.
pub fn cookie(port: u16) -> String {
    format!("whisker_token_{port}")
}

/// What was handed in.
#[derive(Debug, Deserialize)]
pub struct Brought {
    token: String,
}

/// `POST /enter`.
pub async fn enter(
    State(site): State<Site>,
    Extension(guard): Extension<Arc<Guard>>,
    preference: Preference,
    Form(brought): Form<Brought>,
) -> Response {
    let brought = brought.token.trim();
    match &guard.token {
        None => Redirect::to("/").into_response(),
        Some(token) if token.is(brought) => {
            let name = cookie(guard.port);
            let cookie = format!("{name}={brought}; Path=/; SameSite=Strict; HttpOnly");
            ([(SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Some(_) => {
            let text = site.words.of(preference.lang);
            ask(text, preference.lang, Some(&text.wrong_token))
        }
    }
}

/// Asks for the token; a page of its own, because style and script are behind the door too.
pub fn ask(text: &Text, lang: Lang, wrong: Option<&str>) -> Response {
    let Ok(nonce) = event_id::new() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let page = html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Whisker" }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (text.question_token) }
                    p #why role="status" { (wrong.unwrap_or(&text.token_hint)) }
                    form method="post" action=(ENTER) {
                        input name="token" type="password" required autocomplete="off"
                            aria-label=(text.token) aria-describedby="why";
                        button { (text.enter) }
                    }
                }
                // A wrong one is not handed in again.
                @if wrong.is_none() { script nonce=(nonce) { (PreEscaped(SCRIPT)) } }
            }
        }
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::from_str(&policy).expect("a nonce is hexadecimal");
    (
        StatusCode::UNAUTHORIZED,
        [(CONTENT_SECURITY_POLICY, policy)],
        page,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_knows_its_text_and_nothing_near_it() {
        let (token, text) = Token::new().unwrap();
        assert_eq!(text.len(), 64);
        assert!(token.is(&text));
        for near in [&text[1..], &text.to_uppercase(), "", &format!("{text}0")] {
            assert!(!token.is(near) || near == text, "{near}");
        }
        let (other, _) = Token::new().unwrap();
        assert!(!other.is(&text));
        assert!(!format!("{token:?}").contains(&text[..8]));
    }
}
