//! Settings, and what works by form alone.

use axum::http::StatusCode;
use serde_json::json;

use crate::support::{Fixture, name, site};

const FORM: &str = "language=zh&colours=dark&tiles=48&dwell=1500&name=%E7%B1%B3%E5%A8%85&titles=on";

/// The cookies that an answer sets, as a browser sends them back.
async fn cookies(at: &Fixture, form: &str) -> String {
    let answer = at.form("/settings", "", form).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let set = answer.headers.get_all("set-cookie").iter();
    let kept: Vec<_> = set
        .map(|header| header.to_str().unwrap())
        .filter(|cookie| !cookie.contains("Max-Age=0"))
        .map(|cookie| cookie.split(';').next().unwrap())
        .collect();
    kept.join("; ")
}

#[tokio::test]
async fn what_was_chosen_is_what_the_pages_say_and_the_script_is_told() {
    let at = site(1).await;
    let cookies = cookies(&at, FORM).await;
    let page = at.get_with("/", &cookies).await.text;
    assert!(page.contains("<html lang=\"zh-CN\" data-theme=\"dark\" data-keys=\"off\">"));
    let start = page.find("id=\"boot\">").unwrap() + "id=\"boot\">".len();
    let boot: serde_json::Value =
        serde_json::from_str(page[start..].split("</script>").next().unwrap()).unwrap();
    let told = json!({ "tiles": 48, "single_keys": false, "titles": true, "advance": false });
    assert_eq!(boot["settings"], told);
    assert_eq!(boot["screen"]["dwell"], 1500);
    let again = at.get_with("/settings", &cookies).await.text;
    assert!(again.contains("value=\"米娅\"") && again.contains("value=\"1500\" selected"));
}

#[tokio::test]
async fn automatic_and_as_the_system_forget_what_was_chosen() {
    let at = site(1).await;
    let form = "language=en&colours=system&tiles=automatic&dwell=default&name=&keys=on&titles=on&advance=on&plant=on";
    assert_eq!(cookies(&at, form).await, "whisker_lang=en");
}

#[tokio::test]
async fn a_choice_that_the_form_does_not_offer_changes_nothing() {
    let at = site(1).await;
    for (from, to) in [
        ("tiles=48", "tiles=23"),
        ("tiles=48", "tiles=many"),
        ("dwell=1500", "dwell=5001"),
        ("dwell=1500", "dwell=-1"),
        ("colours=dark", "colours=pink"),
        ("language=zh", "language=xx"),
    ] {
        let answer = at.form("/settings", "", &FORM.replace(from, to)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
        assert_eq!(answer.header("set-cookie"), "", "{to}");
    }
    let long = FORM.replace("%E7%B1%B3%E5%A8%85", &"x".repeat(61));
    let answer = at.form("/settings", "", &long).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("at most 60 characters"));
    assert!(answer.text.contains("aria-invalid=\"true\""));
}

#[tokio::test]
async fn decisions_are_made_and_taken_back_in_the_name_that_was_chosen() {
    let at = site(2).await;
    let cookies = cookies(&at, FORM).await;
    let body = json!({ "name": name(1), "sha256": crate::support::sha(0), "decision": "reject" });
    assert_eq!(
        at.post_with("/api/decide", &cookies, &body).await.status,
        StatusCode::OK
    );
    assert!(at.get("/history").await.text.contains("米娅"));
    // The labeler's own person has nothing to take back.
    let undo = format!("name={}", "ab".repeat(16));
    let answer = at.form("/history/undo", "", &undo).await;
    assert_eq!(answer.header("location"), "/history?said=nothing-to-undo");
    let undo = format!("name={}", "cd".repeat(16));
    for _ in 0..2 {
        let answer = at.form("/history/undo", &cookies, &undo).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        assert_eq!(answer.header("location"), "/history?said=undone");
    }
    let acts = async || {
        let (events, _) = at.store.events_after(at.topic, 0, 100).await.unwrap();
        events.len()
    };
    assert_eq!(acts().await, 2, "sent twice is taken back once");
    let redo = format!("name={}", "ef".repeat(16));
    let answer = at.form("/history/redo", &cookies, &redo).await;
    assert_eq!(answer.header("location"), "/history?said=redone");
    assert_eq!(acts().await, 3);
}

#[tokio::test]
async fn every_form_of_the_history_bears_a_name_of_its_own() {
    let at = site(1).await;
    let page = at.get("/history?said=undone").await.text;
    assert!(page.contains("Taken back."));
    let names: Vec<_> = page
        .split("name=\"name\" value=\"")
        .skip(1)
        .map(|s| &s[..32])
        .collect();
    assert_eq!(names.len(), 2);
    assert_ne!(names[0], names[1]);
    let odd = at.get("/history?said=%3Cb%3E").await.text;
    assert!(!odd.contains("role=\"status\">") && !odd.contains("<b>"));
    for wrong in ["name=", "name=XX", "other=1", ""] {
        let answer = at.form("/history/undo", "", wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
}
