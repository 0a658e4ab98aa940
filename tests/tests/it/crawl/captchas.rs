//! Captcha pages: waited out, and neither a host nor a page is asked into them for ever.

use sqlx::Connection;
use tests::site::{Behaviour, Entry, Rule};

use super::support::{PACE, Trial};

/// Gaps that a captcha is waited out: five minutes at the site's own gap.
const WAIT_GAPS: u64 = 75;

fn pages(trial: &Trial) -> Vec<Entry> {
    let asked = trial.asked("www").into_iter();
    asked.filter(|entry| entry.path != "/robots.txt").collect()
}

/// As if the host's cool-down had passed.
async fn later(trial: &Trial) {
    let database = trial.programs.database();
    let mut wire = sqlx::SqliteConnection::connect(&database).await.unwrap();
    for change in [
        "update host set cooldown_until = 0, next_at = 0",
        "update page set not_before = 0",
    ] {
        sqlx::query(change).execute(&mut wire).await.unwrap();
    }
}

/// The page that a random crawl of this seed asks for as its second.
fn second_page(seed: &str) -> String {
    let scout = Trial::new();
    scout.run(&scout.bilibili(), &["--random", "3", "--seed", seed]);
    pages(&scout)[1].path.clone()
}

#[test]
fn a_captcha_is_waited_out_and_another_page_is_asked() {
    let trial = Trial::new();
    let script = [Behaviour::Normal, Behaviour::Captcha, Behaviour::Captcha];
    trial.site.behave(Rule::new("/video/*", script).on("www"));
    let output = trial.run(&trial.bilibili(), &["--random", "8", "--seed", "11"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(
        (&json["new_covers"], &json["failed"]),
        (&8.into(), &serde_json::json!({}))
    );
    let asked = pages(&trial);
    for n in [1, 2] {
        let silence = asked[n + 1].at_ms - asked[n].at_ms;
        assert!(silence >= WAIT_GAPS * PACE, "{silence} ms");
        assert_ne!(asked[n + 1].path, asked[n].path);
    }
    assert!(
        output
            .stderr
            .contains("a captcha instead of the page; asked again at")
    );
}

#[test]
fn the_third_captcha_in_a_row_ends_the_run_and_is_remembered() {
    let trial = Trial::new();
    let script = [Behaviour::Normal, Behaviour::Captcha];
    trial
        .site
        .behave(Rule::new("/video/*", script).on("www").forever());
    let first = trial.run(&trial.bilibili(), &["--random", "50", "--seed", "11"]);
    assert_eq!(first.code, 5, "{}", first.stderr);
    let json = first.json.unwrap();
    assert!(
        json["error"]
            .as_str()
            .unwrap()
            .contains("3 times in a row: a captcha")
    );
    assert!(json["pages_left"].as_u64() > Some(0));
    assert_eq!(pages(&trial).len(), 4, "a page, and three captchas");
    assert_eq!(trial.crawler(&["resume", "--json"]).code, 5);
    assert_eq!(pages(&trial).len(), 4, "not even after a restart");
    assert!(trial.waits_ms() > 25 * 60_000, "half an hour at least");
}

#[test]
fn a_page_that_is_always_a_captcha_stops_no_crawl() {
    let poison = second_page("11");
    let trial = Trial::new();
    trial
        .site
        .behave(Rule::new(&poison, [Behaviour::Captcha]).forever());
    let output = trial.run(
        &trial.bilibili(),
        &["--random", "12", "--seed", "11", "--pace", "5"],
    );
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(output.json.unwrap()["new_covers"], 12);
    let times = pages(&trial).iter().filter(|e| e.path == poison).count();
    assert!((1..=3).contains(&times), "{times}");
}

#[test]
fn a_page_that_leads_to_a_series_is_a_miss_and_stops_no_crawl() {
    let poison = second_page("11");
    for page in [
        "<title>x</title>",
        "<meta property='og:title' content='第一话'>",
    ] {
        let trial = Trial::new();
        let moved = Behaviour::Redirect {
            status: 302,
            to: "/bangumi/play/ep1".into(),
        };
        trial.site.behave(Rule::new(&poison, [moved]).forever());
        let page = super::support::text("text/html", page);
        trial
            .site
            .behave(Rule::new("/bangumi/play/ep1", [page]).forever());
        let output = trial.run(&trial.bilibili(), &["--random", "8", "--seed", "11"]);
        assert_eq!(output.code, 0, "{}", output.stderr);
        let json = output.json.unwrap();
        assert_eq!(json["new_covers"], 8);
        assert!(json["missing"].as_u64() > Some(0));
    }
}

#[tokio::test]
async fn a_walks_only_page_is_given_up_after_nine_captchas_and_can_be_put_back() {
    let trial = Trial::new();
    let seed = trial.site.urls().cat_pages[0].clone();
    let wall = Rule::new("/video/*", vec![Behaviour::Captcha; 9]).on("www");
    trial.site.behave(wall);
    let args = ["--count", "5", "--pace", "1", "--related-to", &seed];
    let mut codes = Vec::new();
    for _ in 0..3 {
        codes.push(trial.run(&trial.bilibili(), &args).code);
        later(&trial).await;
    }
    assert_eq!(codes, [5, 5, 4]);
    assert_eq!(pages(&trial).len(), 9);
    assert_eq!(
        trial.status()["failed"],
        serde_json::json!({ "refused": 1 })
    );
    assert_eq!(trial.crawler(&["retry", "--class", "refused"]).code, 0);
    let output = trial.crawler(&["resume", "--json"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(pages(&trial).len() > 9, "it is asked again");
}
