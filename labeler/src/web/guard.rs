//! Who may ask what. A page on another site can send requests to loopback, and a name that
//! somebody else controls can be made to point here; so every request proves that it was
//! meant for this address, and every change that it comes from this very page.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, ORIGIN,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::preference::{self, Preference};
use super::token::{self, Token};
use super::words::Words;

/// The greatest body, bytes: a sheet of 120 touched tiles is 12 KB.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Names of this machine as a browser may write them.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Nothing but our own files and forms, no inline code, no frames.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Whom the labeler answers.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Where it listens.
    pub port: u16,
    /// What it is called beyond this machine.
    pub names: Vec<String>,
    /// What everybody must bring, when other machines can reach it.
    pub token: Option<Token>,
}

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It was meant for another host.
    Misdirected,
    /// A change that does not come from this page.
    Foreign,
    /// The token is missing or not ours.
    Nameless,
    /// A change in a form that its path does not take.
    MediaType,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, why) = match self {
            Self::Misdirected => (
                StatusCode::MISDIRECTED_REQUEST,
                "this labeler answers at its own address only",
            ),
            Self::Foreign => (
                StatusCode::FORBIDDEN,
                "only the labeler's own page may change anything",
            ),
            Self::Nameless => (
                StatusCode::UNAUTHORIZED,
                "open the address that the labeler printed when it started",
            ),
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "a change under /api/ is JSON, any other a form",
            ),
        };
        (status, Json(json!({ "error": why }))).into_response()
    }
}

/// The judgement on one request, in this order: host, token, then for whatever may change
/// something the sender, then the form.
///
/// # Errors
/// The first thing that is wrong.
pub fn judge(
    guard: &Guard,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    let host = only(headers, &HOST).ok_or(Refusal::Misdirected)?;
    let named = uri.authority().is_none_or(|a| guard.is_ours(a.as_str()));
    if !named || !guard.is_ours(host) {
        return Err(Refusal::Misdirected);
    }
    let entering = uri.path() == token::ENTER && *method == Method::POST;
    if !entering && !guard.knows(headers) {
        return Err(Refusal::Nameless);
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if !comes_from_us(headers, host) {
        return Err(Refusal::Foreign);
    }
    let form = only(headers, &CONTENT_TYPE).unwrap_or_default();
    let form = form.split(';').next().unwrap_or_default().trim();
    if form.eq_ignore_ascii_case(taken(uri.path())) {
        Ok(())
    } else {
        Err(Refusal::MediaType)
    }
}

/// The script speaks JSON under `/api/`; what works without it is a form.
fn taken(path: &str) -> &'static str {
    if path.starts_with("/api/") {
        "application/json"
    } else {
        "application/x-www-form-urlencoded"
    }
}

/// `Sec-Fetch-Site` is the browser's own word and cannot be forged by a page. Another port of
/// this machine arrives as `same-site`, so nothing but `same-origin` will do. Clients without
/// the header must name our origin.
fn comes_from_us(headers: &HeaderMap, host: &str) -> bool {
    static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    if headers.contains_key(&SEC_FETCH_SITE) {
        return only(headers, &SEC_FETCH_SITE) == Some("same-origin");
    }
    only(headers, &ORIGIN)
        .and_then(|origin| origin.strip_prefix("http://"))
        .is_some_and(|origin| origin.eq_ignore_ascii_case(host))
}

/// A header that is there once and readable.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}

impl Guard {
    fn is_ours(&self, host: &str) -> bool {
        let names = NAMES.iter().copied();
        names
            .chain(self.names.iter().map(String::as_str))
            .any(|name| {
                let after = host
                    .get(..name.len())
                    .filter(|start| start.eq_ignore_ascii_case(name))
                    .map(|_| &host[name.len()..]);
                // Browsers leave the port of plain HTTP out.
                after.is_some_and(|after| match after.strip_prefix(':') {
                    Some(digits) => digits == self.port.to_string(),
                    None => after.is_empty() && self.port == 80,
                })
            })
    }

    fn knows(&self, headers: &HeaderMap) -> bool {
        self.token.as_ref().is_none_or(|token| {
            preference::cookie(headers, &token::cookie(self.port))
                .is_some_and(|brought| token.is(brought))
        })
    }
}

/// The layer around everything else: judges, answers, and marks the answer.
pub async fn layer(
    State((guard, words)): State<(Arc<Guard>, Arc<Words>)>,
    request: Request,
    next: Next,
) -> Response {
    let judged = judge(&guard, request.method(), request.uri(), request.headers());
    let mut response = match judged {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            tracing::warn!(?refusal, uri = %request.uri(), "request refused");
            if refusal == Refusal::Nameless && request.method() == Method::GET {
                let preference = Preference::read("", request.headers());
                token::ask(words.of(preference.lang), preference.lang, None)
            } else {
                refusal.into_response()
            }
        }
    };
    mark(response.headers_mut());
    response
}

/// What has not said otherwise is bound to our own files and shows the database as it was at
/// one moment.
fn mark(headers: &mut HeaderMap) {
    let marks = [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // `no-referrer` would take the origin from our own forms, too.
        (REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in marks {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let defaults = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
    ];
    for (name, value) in defaults {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u16 = 7878;

    fn guard() -> Guard {
        Guard {
            port: PORT,
            ..Guard::default()
        }
    }

    fn judged(method: &str, path: &str, headers: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        judge(
            &guard(),
            &method.parse().unwrap(),
            &path.parse().unwrap(),
            &map,
        )
    }

    #[test]
    fn only_our_own_names_with_our_port_are_our_host() {
        for (host, ours) in [
            ("127.0.0.1:7878", true),
            ("localhost:7878", true),
            ("LocalHost:7878", true),
            ("[::1]:7878", true),
            ("127.0.0.1:7879", false),
            ("127.0.0.1", false),
            ("127.0.0.1:", false),
            ("127.0.0.1:07878", false),
            ("127.0.0.1:7878:7878", false),
            ("127.0.0.1.evil.test:7878", false),
            ("evil.test:7878", false),
            ("evil@127.0.0.1:7878", false),
            ("0.0.0.0:7878", false),
            ("2130706433:7878", false),
            ("", false),
        ] {
            let expected = if ours {
                Ok(())
            } else {
                Err(Refusal::Misdirected)
            };
            assert_eq!(judged("GET", "/", &[("host", host)]), expected, "{host}");
        }
        assert_eq!(judged("GET", "/", &[]), Err(Refusal::Misdirected));
        let twice = [("host", "127.0.0.1:7878"), ("host", "evil.test")];
        assert_eq!(judged("GET", "/", &twice), Err(Refusal::Misdirected));
        let plain = Guard {
            port: 80,
            ..Guard::default()
        };
        assert!(plain.is_ours("localhost") && plain.is_ours("localhost:80"));
    }

    #[test]
    fn a_name_that_was_allowed_is_ours_and_no_other() {
        let guard = Guard {
            names: vec!["cats.lan".into()],
            ..guard()
        };
        for (host, ours) in [
            ("cats.lan:7878", true),
            ("CATS.lan:7878", true),
            ("localhost:7878", true),
            ("cats.lan:80", false),
            ("cats.lan.evil.test:7878", false),
            ("evilcats.lan:7878", false),
        ] {
            assert_eq!(guard.is_ours(host), ours, "{host}");
        }
    }

    #[test]
    fn an_absolute_address_in_the_request_line_must_be_ours_too() {
        let mut map = HeaderMap::new();
        map.insert(HOST, "127.0.0.1:7878".parse().unwrap());
        for (uri, expected) in [
            ("http://127.0.0.1:7878/", Ok(())),
            ("http://evil.test/", Err(Refusal::Misdirected)),
        ] {
            let judgement = judge(&guard(), &Method::GET, &uri.parse().unwrap(), &map);
            assert_eq!(judgement, expected, "{uri}");
        }
    }
}
