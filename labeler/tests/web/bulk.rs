//! Keeping the unlikely at once, as the page asks for it.

use axum::http::StatusCode;
use serde_json::{Value, json};
use store::training::model::NewModel;
use store::training::score::Score;

use crate::support::{Fixture, name, site};

/// Negatives that the model in use scores 0.0001 each.
async fn scored(negatives: u32) -> Fixture {
    let at = site(negatives).await;
    let new = NewModel {
        name: "m".into(),
        run: None,
        net: "lenet".into(),
        sha256: [0; 32],
        config: "{}".into(),
        last_event: 0,
    };
    let model = at.store.add_model(at.topic, &new, 1).await.unwrap();
    let members = at.store.members(at.topic).await.unwrap();
    let scores: Vec<_> = members
        .iter()
        .map(|member| Score {
            cover: member.cover,
            logit: None,
            probability: 0.0001,
            region: None,
        })
        .collect();
    at.store.put_scores(model, &scores, 0, 1).await.unwrap();
    at.store.promote(at.topic, model, "test", 1).await.unwrap();
    at
}

/// Draws a sample by the form; where the form leads.
async fn begin(at: &Fixture, n: u32, steps: u32) -> String {
    let body = format!("name={n:032x}&steps={steps}");
    let answer = at.form("/below", "", &body).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    answer.header("location").to_owned()
}

async fn open(at: &Fixture, n: u32) -> Value {
    let asked = json!({ "sheet": name(n), "pool": "negative", "order": "below", "size": 120 });
    at.post_with("/api/sheet", "whisker_plant=off", &asked)
        .await
        .json()
}

/// Looks at a sheet of the sample; its first cover shows a cat, or none does.
async fn look(at: &Fixture, n: u32, cat: bool) {
    let sheet = open(at, n).await;
    let first = &sheet["sheet"]["tiles"][0]["sha256"];
    let cats = cat.then(|| json!({ "sha256": first, "decision": "reject" }));
    let touched: Vec<_> = cats.into_iter().collect();
    let confirm = json!({ "sheet": name(n), "touched": touched, "visible_ms": 900 });
    let saved = at.post("/api/confirm", &confirm).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
}

/// A page without the texts that it hands to the script.
fn shown(page: &str) -> &str {
    page.split("<body").nth(1).unwrap()
}

/// How far the slice is, as the next sheet tells.
async fn slice(at: &Fixture, n: u32) -> Value {
    open(at, n).await["progress"]["slice"].clone()
}

async fn keep(at: &Fixture, n: u32, audit: &Value) -> (StatusCode, Value) {
    let asked = json!({ "name": name(n), "audit": audit });
    let answer = at.post("/api/keep", &asked).await;
    (answer.status, answer.json())
}

#[tokio::test]
async fn the_unlikely_are_kept_at_once_only_after_the_whole_sample_and_one_undo_takes_it_back() {
    let at = scored(400).await;
    let inbox = "/?pool=negative&order=below";
    let first = at.get(inbox).await;
    assert_eq!(first.header("location"), "/below", "the score comes first");
    let form = at.get("/below?percent=1").await.text;
    assert!(shown(&form).contains("400 covers below 1 %"), "{form}");
    assert!(shown(&form).contains("Look at a sample of 300"));
    assert_eq!(begin(&at, 7, 100).await, inbox);
    assert_eq!(begin(&at, 7, 100).await, inbox, "asked twice, drawn once");

    let told = slice(&at, 1).await;
    assert_eq!(
        (&told["state"], &told["n"]),
        (&json!("unfinished"), &json!(300))
    );
    for n in 1..4 {
        let (refused, why) = keep(&at, 90, &told["audit"]).await;
        assert_eq!(refused, StatusCode::CONFLICT, "{why}");
        look(&at, n, false).await;
    }
    let told = slice(&at, 4).await;
    assert_eq!(
        (&told["state"], &told["left"]),
        (&json!("given"), &json!(100))
    );
    assert_eq!(told["most"], 3, "1 % of 400, rounded down");
    for _ in 0..2 {
        let (status, counts) = keep(&at, 91, &told["audit"]).await;
        assert_eq!((status, &counts["keep"]), (StatusCode::OK, &json!(100)));
    }
    assert_eq!(
        at.get(inbox).await.header("location"),
        "/below",
        "it is over"
    );
    let history = at.get("/history?of=bulk").await.text;
    assert!(history.contains("kept at once, below 1 %, negatives"));
    assert_eq!(history.matches("<tr").count(), 2, "a head and the stroke");

    let undone = at
        .post("/api/undo", &json!({ "name": name(92) }))
        .await
        .json();
    assert_eq!(
        (&undone["kind"], &undone["counts"]["keep"]),
        (&json!("bulk"), &json!(100))
    );
    assert_eq!(slice(&at, 5).await["left"], 100);
    at.post("/api/redo", &json!({ "name": name(93) })).await;
    assert_eq!(slice(&at, 6).await["left"], 0);
}

#[tokio::test]
async fn a_cat_in_the_sample_ends_it_and_only_a_lower_score_may_be_tried() {
    let at = scored(500).await;
    begin(&at, 7, 100).await;
    look(&at, 1, true).await;
    let told = slice(&at, 2).await;
    assert_eq!(told["state"], "too_many");
    for n in 2..4 {
        look(&at, n, false).await;
    }
    let (refused, _) = keep(&at, 90, &told["audit"]).await;
    assert_eq!(refused, StatusCode::CONFLICT);
    assert!(begin(&at, 8, 200).await.contains("refused=yes"));
    let form = at.get("/below?percent=2&refused=yes").await.text;
    let form = shown(&form);
    assert!(form.contains("Choose a lower score") && !form.contains("Look at a sample"));
    let asked = json!({ "name": name(9), "pool": "negative", "below": 0.01 });
    assert_eq!(
        at.post("/api/audit", &asked).await.status,
        StatusCode::CONFLICT
    );
    assert_eq!(begin(&at, 10, 99).await, "/?pool=negative&order=below");
}

#[tokio::test]
async fn only_random_covers_below_a_score_are_a_slice() {
    let at = scored(3).await;
    for (pool, below) in [("positive", 0.01), ("negative", 0.0), ("negative", 1.5)] {
        let asked = json!({ "name": name(1), "pool": pool, "below": below });
        let refused = at.post("/api/audit", &asked).await.status;
        assert_eq!(refused, StatusCode::BAD_REQUEST, "{pool} {below}");
    }
    for steps in [0, 5001] {
        let body = format!("name={:032x}&steps={steps}", 1);
        let refused = at.form("/below", "", &body).await.status;
        assert_eq!(refused, StatusCode::BAD_REQUEST, "{steps}");
    }
    // The positives have no such queue.
    let page = at.get("/?pool=positive&order=below").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("value=\"below\""));
    let page = at.get("/?pool=negative&order=likely").await.text;
    assert!(shown(&page).contains("keep the unlikely at once"));
    let bare = site(3).await;
    let page = bare.get("/?pool=negative&order=likely").await.text;
    assert!(
        !shown(&page).contains("keep the unlikely at once"),
        "without a model"
    );
    assert!(bare.get("/below").await.text.contains("No model yet"));
}

#[tokio::test]
async fn history_can_be_asked_for_one_way_of_deciding() {
    let at = site(30).await;
    for (n, order) in [(1, "newest"), (2, "random")] {
        let asked = json!({ "sheet": name(n), "pool": "negative", "order": order, "size": 24 });
        at.post("/api/sheet", &asked).await;
        let confirm = json!({ "sheet": name(n), "touched": [], "visible_ms": 61_000 });
        at.post("/api/confirm", &confirm).await;
    }
    let one = json!({ "name": name(3), "sha256": crate::support::sha(0), "decision": "reject" });
    at.post("/api/decide", &one).await;
    for (of, rows, said) in [
        ("", 3, "sheet, newest first, negatives"),
        ("newest", 1, "1 min"),
        ("random", 1, "sheet, random, negatives"),
        ("single", 1, "one, negatives"),
        ("bulk", 0, "Nothing was decided there"),
        ("nonsense", 3, "one, negatives"),
    ] {
        let page = at.get(&format!("/history?of={of}")).await.text;
        let body = page.split("<tbody>").nth(1).unwrap_or_default();
        assert_eq!(body.matches("<tr").count(), rows, "{of}");
        assert!(page.contains(said), "{of}: {said}");
    }
}
