//! Where the model looked: on Found, on the page of what looks alike, and never on a sheet.

use axum::http::StatusCode;
use serde_json::{Value, json};
use store::training::model::NewModel;
use store::training::score::{Region, Score};

use crate::support::{Fixture, name, sha, site};

/// Three negatives that the model in use believes in: of the first a part decided.
async fn looked() -> Fixture {
    let at = site(3).await;
    let new = NewModel {
        name: "m".into(),
        run: None,
        net: "efficientnet-lite0".into(),
        sha256: [0; 32],
        config: "{}".into(),
        last_event: 0,
    };
    let model = at.store.add_model(at.topic, &new, 1).await.unwrap();
    let region = Region {
        left: 667,
        top: 0,
        width: 333,
        height: 1000,
    };
    let members = at.store.members(at.topic).await.unwrap();
    let scores: Vec<_> = members
        .iter()
        .enumerate()
        .map(|(at, member)| Score {
            cover: member.cover,
            logit: None,
            probability: 0.9,
            region: (at == 0).then_some(region),
        })
        .collect();
    at.store.put_scores(model, &scores, 0, 1).await.unwrap();
    at.store.promote(at.topic, model, "test", 1).await.unwrap();
    at
}

const LINE: &str = r#"<rect x="66.7%" y="0%" width="33.3%" height="100%"></rect>"#;

#[tokio::test]
async fn found_frames_what_decided_on_that_row_alone() {
    let at = looked().await;
    let page = at.get("/found").await.text;
    let rows: Vec<_> = page.split("<li class=\"video\"").skip(1).collect();
    assert_eq!(rows.len(), 3);
    for row in rows {
        let framed = row.contains(&format!("data-sha256=\"{}\"", sha(0)));
        let frame = format!(
            r#"<svg class="region" aria-hidden="true" viewBox="0 0 480 270">{LINE}{LINE}</svg>"#
        );
        assert_eq!(row.contains(&frame), framed, "{row}");
        assert_eq!(row.contains("<svg"), framed, "{row}");
        assert_eq!(row.contains("The score comes from"), framed, "{row}");
    }
    let chinese = at.get("/found?lang=zh").await.text;
    assert!(chinese.contains("得分取自方框内的部分"));
}

#[tokio::test]
async fn why_frames_the_asked_cover_and_says_so_in_words() {
    let at = looked().await;
    let page = at.get(&format!("/alike/{}", sha(0))).await;
    assert_eq!(page.status, StatusCode::OK);
    let main = page.text.split("<main").nth(1).unwrap();
    let frame = format!(r#"<svg class="region" aria-hidden="true">{LINE}{LINE}</svg>"#);
    assert!(main.contains(&frame), "{main}");
    assert!(main.contains("The score comes from what is in the frame."));
    let whole = at.get(&format!("/alike/{}", sha(1))).await.text;
    let main = whole.split("<main").nth(1).unwrap();
    assert!(!main.contains("<svg") && !main.contains("The score comes from"));
}

#[tokio::test]
async fn the_loupe_asks_for_one_cover_and_a_sheet_says_nothing_of_any() {
    let at = looked().await;
    let asked = async |hash: &str| at.get(&format!("/api/region/{hash}")).await;
    let part = json!({ "left": 667, "top": 0, "width": 333, "height": 1000 });
    for (n, region) in [(0, part), (1, Value::Null), (9, Value::Null)] {
        let answer = asked(&sha(n)).await;
        assert_eq!(answer.status, StatusCode::OK, "{n}");
        assert_eq!(answer.json(), json!({ "region": region }), "{n}");
    }
    for wrong in ["x", &sha(0)[1..], &"猫".repeat(64)] {
        let answer = asked(&percent(wrong)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert!(answer.json()["error"].is_string());
    }
    let open = json!({ "sheet": name(1), "pool": "negative", "order": "likely", "size": 60 });
    let sheet = at.post("/api/sheet", &open).await;
    assert_eq!(sheet.json()["sheet"]["tiles"].as_array().unwrap().len(), 3);
    assert!(!sheet.text.contains("region"), "{}", sheet.text);
}

/// As a browser writes it in an address.
fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}
