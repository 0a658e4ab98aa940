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

/// The greatest body, bytes: a sheet of 120 touched tiles is 12 KB.
pub const BODY_LIMIT: usize = 64 * 1024;

/// Names of this machine as a browser may write them.
const NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

/// Nothing but our own files, no inline code, no frames, no forms.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Why a request is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It was meant for another host.
    Misdirected,
    /// A change that does not come from this page.
    Foreign,
    /// A change that is not JSON.
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
            Self::MediaType => (
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "a change is sent as application/json",
            ),
        };
        (status, Json(json!({ "error": why }))).into_response()
    }
}

/// The judgement on one request to the labeler at `port`, in this order: host, then for
/// whatever may change something the sender, then the form.
///
/// # Errors
/// The first thing that is wrong.
pub fn judge(method: &Method, uri: &Uri, headers: &HeaderMap, port: u16) -> Result<(), Refusal> {
    let host = only(headers, &HOST).ok_or(Refusal::Misdirected)?;
    let named = uri.authority().is_none_or(|a| is_ours(a.as_str(), port));
    if !named || !is_ours(host, port) {
        return Err(Refusal::Misdirected);
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if !comes_from_us(headers, host) {
        return Err(Refusal::Foreign);
    }
    let form = only(headers, &CONTENT_TYPE).unwrap_or_default();
    let form = form.split(';').next().unwrap_or_default().trim();
    if form.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Refusal::MediaType)
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

fn is_ours(host: &str, port: u16) -> bool {
    NAMES.iter().any(|name| {
        let after = host
            .get(..name.len())
            .filter(|start| start.eq_ignore_ascii_case(name))
            .map(|_| &host[name.len()..]);
        // Browsers leave the port of plain HTTP out.
        after.is_some_and(|after| match after.strip_prefix(':') {
            Some(digits) => digits == port.to_string(),
            None => after.is_empty() && port == 80,
        })
    })
}

/// The layer around everything else: judges, answers, and marks the answer.
pub async fn layer(State(port): State<Arc<u16>>, request: Request, next: Next) -> Response {
    let judged = judge(request.method(), request.uri(), request.headers(), *port);
    let mut response = match judged {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            tracing::warn!(?refusal, uri = %request.uri(), "request refused");
            refusal.into_response()
        }
    };
    let marks = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    let headers = response.headers_mut();
    for (name, value) in marks {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What has not said otherwise shows the database as it was at one moment.
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    const PORT: u16 = 7878;

    fn judged(method: &str, headers: &[(&'static str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        judge(&method.parse().unwrap(), &"/".parse().unwrap(), &map, PORT)
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
            assert_eq!(judged("GET", &[("host", host)]), expected, "{host}");
        }
        assert_eq!(judged("GET", &[]), Err(Refusal::Misdirected));
        let twice = [("host", "127.0.0.1:7878"), ("host", "evil.test")];
        assert_eq!(judged("GET", &twice), Err(Refusal::Misdirected));
        assert!(is_ours("localhost", 80) && is_ours("localhost:80", 80));
    }

    #[test]
    fn an_absolute_address_in_the_request_line_must_be_ours_too() {
        let mut map = HeaderMap::new();
        map.insert(HOST, "127.0.0.1:7878".parse().unwrap());
        for (uri, expected) in [
            ("http://127.0.0.1:7878/", Ok(())),
            ("http://evil.test/", Err(Refusal::Misdirected)),
        ] {
            let judgement = judge(&Method::GET, &uri.parse().unwrap(), &map, PORT);
            assert_eq!(judgement, expected, "{uri}");
        }
    }

    /// Every combination of method, host, `Sec-Fetch-Site`, `Origin` and content type, against
    /// the rule said the other way round.
    #[test]
    fn the_whole_matrix_lets_only_this_page_change_anything() {
        let own = "127.0.0.1:7878";
        let sites = ["", "same-origin", "same-site", "cross-site", "none"];
        let origins = [
            "",
            "null",
            "http://127.0.0.1:7878",
            "http://127.0.0.1:7879",
            "https://127.0.0.1:7878",
            "http://localhost:7878",
            "http://evil.test",
        ];
        let forms = [
            "",
            "application/json",
            "application/json; charset=utf-8",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ];
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            for host in [own, "evil.test:7878"] {
                for site in sites {
                    for origin in origins {
                        for form in forms {
                            let all = [
                                ("host", host),
                                ("sec-fetch-site", site),
                                ("origin", origin),
                                ("content-type", form),
                            ];
                            let sent: Vec<_> = all
                                .into_iter()
                                .filter(|(_, value)| !value.is_empty())
                                .collect();
                            let reads = ["GET", "HEAD"].contains(&method);
                            let from_us = site == "same-origin"
                                || (site.is_empty() && origin == "http://127.0.0.1:7878");
                            let expected = match () {
                                () if host != own => Err(Refusal::Misdirected),
                                () if reads => Ok(()),
                                () if !from_us => Err(Refusal::Foreign),
                                () if !form.starts_with("application/json") => {
                                    Err(Refusal::MediaType)
                                }
                                () => Ok(()),
                            };
                            assert_eq!(judged(method, &sent), expected, "{method} {sent:?}");
                        }
                    }
                }
            }
        }
    }
}
