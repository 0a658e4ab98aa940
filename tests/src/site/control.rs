//! The port that only tests and the demo know.

use super::behave::Rule;
use super::http::{Request, Response};
use super::server::Shared;
use serde_json::json;

/// `GET /_truth`, `GET /_log`, `POST /_behave`, `GET /_urls`.
pub fn answer(shared: &Shared, request: &Request) -> Response {
    match (request.method.as_str(), request.path()) {
        ("GET", "/_truth") => truth(shared, request),
        ("GET", "/_log") => Response::json(&json!(shared.entries())),
        ("GET", "/_urls") => Response::json(&json!(shared.urls)),
        ("POST", "/_behave") => behave(shared, request),
        _ => Response::error(404),
    }
}

/// Of one cover (`?url=`), or of all that were served, by bare path.
fn truth(shared: &Shared, request: &Request) -> Response {
    let Some(url) = request.query("url") else {
        return Response::json(&json!({ "covers": shared.served() }));
    };
    match shared.truth(&url) {
        Some(cat) => Response::json(&json!({ "cat": cat })),
        None => Response::error(404),
    }
}

/// One rule or a list of them.
fn behave(shared: &Shared, request: &Request) -> Response {
    let one = serde_json::from_slice::<Rule>(&request.body).map(|rule| vec![rule]);
    match one.or_else(|_| serde_json::from_slice::<Vec<Rule>>(&request.body)) {
        Ok(rules) => {
            let count = rules.len();
            rules.into_iter().for_each(|rule| shared.add(rule));
            Response::json(&json!({ "rules": count }))
        }
        Err(error) => Response::text(format!("not a rule: {error}\n")).with_status(400),
    }
}
