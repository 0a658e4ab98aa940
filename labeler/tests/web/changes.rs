use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Fixture, OWN, name, sha, site};

async fn open(at: &Fixture, n: u32, order: &str) -> Value {
    let asked = json!({ "sheet": name(n), "pool": "negative", "order": order, "size": 24 });
    let answer = at.post("/api/sheet", &asked).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.json()
}

async fn events(at: &Fixture) -> usize {
    at.store
        .events_after(at.topic, 0, 10_000)
        .await
        .unwrap()
        .0
        .len()
}

#[tokio::test]
async fn a_client_without_fetch_metadata_needs_our_origin() {
    let at = site(1).await;
    let request = Request::post("/api/decide")
        .header(HOST, "localhost:7878")
        .header("origin", "http://localhost:7878")
        .header(CONTENT_TYPE, "application/json; charset=utf-8");
    let body = json!({ "name": name(1), "sha256": sha(0), "decision": "reject" });
    let answer = at
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(
        answer.json(),
        json!({ "keep": 0, "reject": 1, "unsure": 0, "broken": 0 })
    );
}

#[tokio::test]
async fn what_a_page_asks_for_another_topic_or_database_is_left_undone() {
    let at = site(1).await;
    let own = at.store.topic_key(at.topic).await.unwrap();
    let body = json!({ "name": name(1), "sha256": sha(0), "decision": "reject" });
    let own = own.replace('@', "%40"); // as a browser writes it
    for (home, status) in [
        ("cat%402", StatusCode::MISDIRECTED_REQUEST),
        ("", StatusCode::MISDIRECTED_REQUEST),
        (&*own, StatusCode::OK),
    ] {
        let request = Request::post("/api/decide")
            .header(HOST, OWN)
            .header("sec-fetch-site", "same-origin")
            .header("whisker-home", home)
            .header(CONTENT_TYPE, "application/json");
        let answer = at
            .send(request.body(Body::from(body.to_string())).unwrap())
            .await;
        assert_eq!(answer.status, status, "{home}: {}", answer.text);
        let saved = usize::from(status == StatusCode::OK);
        assert_eq!(events(&at).await, saved, "{home}");
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_or_not_understood_is_refused_with_a_reason() {
    let at = site(1).await;
    let long = json!({ "name": "x".repeat(64 * 1024) });
    assert_eq!(
        at.post("/api/undo", &long).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    for (path, body) in [
        ("/api/undo", json!({})),
        ("/api/undo", json!({ "name": "../../etc" })),
        (
            "/api/decide",
            json!({ "name": name(1), "sha256": "00", "decision": "keep" }),
        ),
        (
            "/api/decide",
            json!({ "name": name(1), "sha256": sha(0), "decision": "love" }),
        ),
        (
            "/api/sheet",
            json!({ "sheet": name(1), "pool": "both", "order": "newest" }),
        ),
        (
            "/api/sheet",
            json!({ "sheet": name(1), "pool": "negative", "order": "upwards" }),
        ),
    ] {
        let answer = at.post(path, &body).await;
        assert_eq!(
            answer.status,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{path} {body}"
        );
        assert!(
            answer.json()["error"]
                .as_str()
                .is_some_and(|why| why.len() > 10),
            "{}",
            answer.text
        );
    }
    for size in [23, 121] {
        let asked =
            json!({ "sheet": name(1), "pool": "negative", "order": "newest", "size": size });
        assert_eq!(
            at.post("/api/sheet", &asked).await.status,
            StatusCode::BAD_REQUEST
        );
    }
}

#[tokio::test]
async fn a_sheet_says_all_that_a_tile_needs_and_nothing_of_the_score() {
    let at = site(30).await;
    let answer = open(&at, 1, "newest").await;
    assert_eq!(answer["sheet"]["tiles"].as_array().unwrap().len(), 24);
    let expected = json!({
        "sha256": sha(29), "width": 480, "height": 270, "mean_rgb": 0x01_02_03, "covers": 1,
        "title": "<script>alert('猫')</script>", "owner": null, "url": "https://site.example/29",
        "mark": null,
    });
    assert_eq!(answer["sheet"]["tiles"][0], expected);
    assert_eq!(answer["progress"]["total"], 30);
    assert_eq!(answer["progress"]["leased"], 24);
}

#[tokio::test]
async fn confirm_undo_and_redo_go_round_and_each_is_safe_to_repeat() {
    let at = site(24).await;
    open(&at, 1, "newest").await;
    let confirm = json!({
        "sheet": name(1), "visible_ms": 1500,
        "touched": [{ "sha256": sha(3), "decision": "reject" }, { "sha256": sha(4), "decision": "unsure" }],
    });
    let counts = json!({ "keep": 22, "reject": 1, "unsure": 1, "broken": 0 });
    let mut saved = counts.clone();
    saved["changed"] = json!(0);
    saved["planted"] = json!([]);
    for _ in 0..2 {
        assert_eq!(at.post("/api/confirm", &confirm).await.json(), saved);
        assert_eq!(events(&at).await, 24);
    }
    for _ in 0..2 {
        let undone = at
            .post("/api/undo", &json!({ "name": name(2) }))
            .await
            .json();
        assert_eq!(
            (&undone["kind"], &undone["counts"]),
            (&json!("sheet"), &counts)
        );
        assert_eq!(
            undone["marks"].as_array().unwrap().len(),
            2,
            "only what was touched"
        );
        assert_eq!(undone["sheet"]["id"], name(2));
        assert_eq!(undone["sheet"]["tiles"].as_array().unwrap().len(), 24);
        assert_eq!(events(&at).await, 48);
    }
    let redone = at
        .post("/api/redo", &json!({ "name": name(3) }))
        .await
        .json();
    assert_eq!(
        (&redone["stroke"], &redone["counts"]),
        (&json!(name(1)), &counts)
    );
    assert_eq!(
        at.post("/api/redo", &json!({ "name": name(4) }))
            .await
            .json(),
        Value::Null
    );
}

#[tokio::test]
async fn a_released_sheet_can_be_had_under_another_name() {
    let at = site(24).await;
    open(&at, 1, "random").await;
    assert_eq!(open(&at, 2, "random").await["sheet"]["tiles"], json!([]));
    assert_eq!(
        at.post("/api/release", &json!({ "name": name(1) }))
            .await
            .status,
        StatusCode::OK
    );
    assert_eq!(
        open(&at, 3, "likely").await["sheet"]["tiles"]
            .as_array()
            .unwrap()
            .len(),
        24
    );
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let at = site(1).await;
    let confirm = json!({ "sheet": name(9), "touched": [] });
    let decide = json!({ "name": name(9), "sha256": sha(9), "decision": "keep" });
    for (path, body) in [("/api/confirm", confirm), ("/api/decide", decide)] {
        assert_eq!(
            at.post(path, &body).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    assert_eq!(
        at.post("/api/undo", &json!({ "name": name(9) }))
            .await
            .json(),
        Value::Null
    );
}
