//! Every route under every combination of host, origin, `Sec-Fetch-Site`, method, content type
//! and token, against the rule said the other way round.

use axum::body::Body;
use axum::http::Request;
use labeler::web::guard::Guard;
use labeler::web::routes::ROUTES;
use labeler::web::token::Token;

use crate::support::{Fixture, OWN, PORT, guard, guarded};

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"];
const HOSTS: [&str; 3] = [OWN, "evil.test:7878", "127.0.0.1:7879"];
const SITES: [&str; 5] = ["", "same-origin", "same-site", "cross-site", "none"];
const ORIGINS: [&str; 5] = [
    "",
    "null",
    "http://127.0.0.1:7878",
    "http://127.0.0.1:7879",
    "http://evil.test",
];
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const FORMS: [&str; 5] = ["", JSON, FORM, "text/plain", "multipart/form-data"];

#[derive(Debug, Clone, Copy)]
struct Asked<'a> {
    method: &'a str,
    path: &'a str,
    host: &'a str,
    site: &'a str,
    origin: &'a str,
    form: &'a str,
    cookie: &'a str,
}

impl Asked<'_> {
    /// The status of a refusal; `None` where the handler has the word.
    fn refused(&self, token: Option<&str>) -> Option<u16> {
        let enters = (self.method, self.path) == ("POST", "/enter");
        let knows = token.is_none_or(|t| self.cookie == format!("whisker_token_{PORT}={t}"));
        let reads = ["GET", "HEAD"].contains(&self.method);
        let from_us = self.site == "same-origin"
            || (self.site.is_empty() && self.origin == format!("http://{OWN}"));
        let form = if self.path.starts_with("/api/") {
            JSON
        } else {
            FORM
        };
        let verb = if reads {
            "get".into()
        } else {
            self.method.to_lowercase()
        };
        match () {
            () if self.host != OWN => Some(421),
            () if !knows && !enters => Some(401),
            () if !reads && !from_us => Some(403),
            () if !reads && self.form != form => Some(415),
            () if !ROUTES.contains(&(&*verb, self.path)) => Some(405),
            () => None,
        }
    }

    async fn status(&self, at: &Fixture) -> u16 {
        // A name that is nobody's in the place of a parameter.
        let path: Vec<_> = self
            .path
            .split('/')
            .map(|part| if part.starts_with('{') { "x" } else { part })
            .collect();
        let headers = [
            ("host", self.host),
            ("sec-fetch-site", self.site),
            ("origin", self.origin),
            ("content-type", self.form),
            ("cookie", self.cookie),
        ];
        let request = Request::builder().method(self.method).uri(path.join("/"));
        let request = headers
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .fold(request, |request, (name, value)| {
                request.header(name, value)
            });
        // Understood by nobody: what is let through must not change anything either.
        let request = request.body(Body::from("{}")).unwrap();
        at.send(request).await.status.as_u16()
    }
}

async fn check(at: &Fixture, asked: Asked<'_>, token: Option<&str>) {
    let status = asked.status(at).await;
    match asked.refused(token) {
        Some(expected) => assert_eq!(status, expected, "{asked:?}"),
        None => assert!(
            ![401, 403, 405, 415, 421].contains(&status),
            "{status} {asked:?}"
        ),
    }
}

fn paths() -> Vec<&'static str> {
    let mut paths: Vec<_> = ROUTES.iter().map(|(_, path)| *path).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

async fn walk(at: &Fixture, token: Option<&str>, cookie: &str) {
    for path in paths() {
        for method in METHODS {
            for host in HOSTS {
                for site in SITES {
                    for origin in ORIGINS {
                        for form in FORMS {
                            let asked = Asked {
                                method,
                                path,
                                host,
                                site,
                                origin,
                                form,
                                cookie,
                            };
                            check(at, asked, token).await;
                        }
                    }
                }
            }
        }
    }
    let (events, _) = at.store.events_after(at.topic, 0, 10).await.unwrap();
    assert!(events.is_empty(), "something was decided: {events:?}");
}

#[tokio::test]
async fn only_this_page_may_change_anything_by_any_route() {
    let at = guarded(1, guard()).await;
    walk(&at, None, "").await;
}

#[tokio::test]
async fn beyond_this_machine_nothing_answers_without_the_token() {
    let (token, text) = Token::new().unwrap();
    let behind = Guard {
        names: vec!["cats.lan".into()],
        token: Some(token),
        ..guard()
    };
    let at = guarded(1, behind).await;
    let other = format!("whisker_token_{PORT}={}", "0".repeat(64));
    for cookie in ["", &other] {
        walk(&at, Some(&text), cookie).await;
    }
}
