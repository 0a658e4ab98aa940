//! Manners, from the other side.

use sqlx::Connection;

use super::support::{PACE, Trial, least_gap, status, throttled};
use tests::site::{Behaviour, Config, RetryAfter, Rule};

#[test]
fn a_random_crawl_brings_exactly_what_was_asked_and_behaves() {
    let trial = Trial::new();
    let output = trial.run(&trial.peertube(), &["--random", "25"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(
        (json["new_covers"].as_u64(), json["pages_left"].as_u64()),
        (Some(25), Some(0))
    );
    let log = trial.asked("peertube");
    assert_eq!(json["requests"].as_u64(), Some(log.len() as u64));
    assert_eq!(log[0].path, "/robots.txt");
    assert!(least_gap(&log) >= PACE, "{}", least_gap(&log));
    for entry in &log {
        let agent = entry.user_agent.strip_prefix("Whisker/").unwrap();
        assert!(agent.contains(" (+") && agent.ends_with(')'), "{agent}");
        assert_eq!(
            (entry.referer.as_str(), entry.in_hand),
            ("", 1),
            "{}",
            entry.path
        );
    }
    assert!(trial.again().is_empty(), "{:?}", trial.again());
    assert!(trial.verifies());
    let status = trial.status();
    assert_eq!(
        (status["covers"].as_u64(), status["negative"].as_u64()),
        (Some(25), Some(25))
    );
}

#[test]
fn the_contact_is_told_and_needed_outside_of_loopback() {
    let trial = Trial::new();
    trial.run(
        &trial.peertube(),
        &["--random", "1", "--contact", "me@example.org"],
    );
    let log = trial.asked("peertube");
    assert!(!log.is_empty());
    assert!(
        log.iter()
            .all(|e| e.user_agent.ends_with("(+me@example.org)"))
    );
    let real = ["--site", "bilibili"].map(str::to_owned);
    let refused = trial.run(&real, &["--random", "1", "--pace", "9000"]);
    assert_eq!(refused.code, 2);
    let error = refused.json.unwrap()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("contact"), "{error}");
    let fast = trial.run(&real, &["--random", "1", "--contact", "me@example.org"]);
    assert_eq!(fast.code, 2, "a pace below the floor is for loopback");
}

#[test]
fn image_hosts_share_one_pace_and_the_api_is_never_asked() {
    let trial = Trial::new();
    let output = trial.run(&trial.bilibili(), &["--random", "16"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let mut images = [trial.asked("i0"), trial.asked("i1")].concat();
    images.sort_by_key(|entry| entry.at_ms);
    assert!(least_gap(&images) >= PACE, "{}", least_gap(&images));
    for host in ["i0", "i1", "www"] {
        assert_eq!(trial.asked(host)[0].path, "/robots.txt", "{host}");
    }
    let covers = images.iter().filter(|e| e.path.starts_with("/bfs/"));
    assert!(
        covers
            .clone()
            .all(|e| e.path.ends_with(".jpg@480w.jpg") && e.referer.is_empty())
    );
    assert_eq!(covers.count(), 16);
    assert!(trial.asked("api").is_empty());
    assert!(trial.again().is_empty(), "{:?}", trial.again());
}

#[test]
fn nothing_is_asked_inside_a_retry_after_window() {
    // A date has whole seconds, so the second one may be cut to one; the bare one waits for
    // thirty gaps.
    for (form, least) in [
        (Some(RetryAfter::Seconds(1)), 1000),
        (Some(RetryAfter::DateIn(2)), 1000),
        (None, 30 * PACE),
    ] {
        let trial = Trial::new();
        trial
            .site
            .behave(Rule::new("/lazy-static/*", [throttled(form)]));
        let output = trial.run(&trial.peertube(), &["--random", "4"]);
        assert_eq!(output.code, 0, "{}", output.stderr);
        let log = trial.asked("peertube");
        let at = log.iter().position(|e| e.status == 429).unwrap();
        let silence = log[at + 1].at_ms - log[at].at_ms;
        assert!(silence >= least, "{form:?}: {silence}");
        assert_eq!(output.json.unwrap()["new_covers"], 4);
        assert_eq!(
            trial.again().len(),
            1,
            "only the throttled page is asked again"
        );
    }
}

#[test]
fn a_deadline_outlives_the_program() {
    let trial = Trial::new();
    let hour = throttled(Some(RetryAfter::Seconds(3600)));
    trial.site.behave(Rule::new("/lazy-static/*", [hour]));
    let first = trial.run(&trial.peertube(), &["--random", "4"]);
    assert_eq!(first.code, 5, "an hour is not waited for: {}", first.stderr);
    let asked = trial.asked("peertube").len();
    let second = trial.run(&trial.peertube(), &["--random", "4"]);
    assert_eq!((second.code, trial.asked("peertube").len()), (5, asked));
    let status = trial.status();
    assert_eq!(status["waiting"].as_array().map(Vec::len), Some(1));
    assert!(status["crawls"][0]["pages"]["waiting"].as_u64() > Some(0));
}

#[test]
fn refusals_stop_the_host_for_long_and_are_told() {
    let trial = Trial::new();
    trial.site.behave(
        Rule::new("/video/*", [Behaviour::Normal, status(412)])
            .on("www")
            .forever(),
    );
    let first = trial.run(&trial.bilibili(), &["--random", "50", "--seed", "11"]);
    assert_eq!(first.code, 5, "{}", first.stderr);
    let json = first.json.unwrap();
    assert!(json["pages_left"].as_u64() > Some(0));
    assert_eq!(json["refused"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        trial.asked("www").len(),
        3,
        "robots.txt, a page, the refusal"
    );
    assert_eq!(trial.crawler(&["resume", "--json"]).code, 5);
    assert_eq!(trial.asked("www").len(), 3, "not even after a restart");
    assert!(trial.waits_ms() > 25 * 60_000, "half an hour at least");
}

#[test]
fn known_videos_cost_no_request() {
    let trial = Trial::new();
    let args = ["--search", "cat", "--count", "12"];
    assert_eq!(trial.run(&trial.peertube(), &args).code, 0);
    let before = trial.asked("peertube").len();
    let again = trial.run(
        &trial.peertube(),
        &[&args[..], &["--topic", "kitten"]].concat(),
    );
    assert_eq!(again.json.unwrap()["new_covers"], 12);
    let after = trial.asked("peertube");
    assert_eq!(
        after.len(),
        before + 1,
        "one search, no cover, no robots.txt"
    );
}

#[test]
fn stopped_by_the_user_it_saves_and_the_same_command_goes_on() {
    let trial = Trial::new();
    let running = trial.spawn(&trial.peertube(), &["--random", "30"]);
    super::support::until(|| trial.asked("peertube").len() > 12);
    running.interrupt();
    let stopped = running.wait();
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let saved = stopped.json.unwrap();
    assert!(saved["pages_left"].as_u64() > Some(0));
    assert_eq!(trial.pages("leased"), 0, "what was in hand is finished");
    let rest = trial.run(&trial.peertube(), &["--random", "30"]);
    assert_eq!(rest.code, 0, "{}", rest.stderr);
    let new = |json: &serde_json::Value| json["new_covers"].as_u64().unwrap();
    assert_eq!(new(&saved) + new(&rest.json.unwrap()), 30);
    assert!(trial.again().is_empty(), "{:?}", trial.again());
}

#[test]
fn the_budget_that_robots_txt_shares_with_the_api_is_not_overdrawn() {
    let trial = Trial::with(Config {
        videos: 300,
        limit: (3, 1),
        ..Config::default()
    });
    let output = trial.run(&trial.peertube(), &["--random", "45"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let log = trial.asked("peertube");
    let limited = log.iter().filter(|e| !e.path.starts_with("/lazy-static/"));
    assert!(limited.count() > 4, "more than a window has");
    assert!(log.iter().all(|e| e.status == 200));
}

#[test]
fn two_crawlers_take_turns_at_a_host_without_waiting_for_each_others_leases() {
    let trial = Trial::new();
    let covers = trial.covers(8);
    let slow = Behaviour::Drip {
        bytes_per_second: 20_000,
    };
    trial
        .site
        .behave(Rule::new("/lazy-static/*", [slow]).forever());
    let (began, before) = (std::time::Instant::now(), trial.site.log().len());
    let crawls: Vec<_> = covers
        .chunks(4)
        .enumerate()
        .map(|(n, covers)| {
            let base = &trial.site.urls().peertube;
            let lines: Vec<_> = covers.iter().map(|path| format!("{base}{path}")).collect();
            let list = trial.programs.home().join(format!("{n}.txt"));
            std::fs::write(&list, lines.join("\n")).unwrap();
            let args = [
                "import",
                list.to_str().unwrap(),
                "--pool",
                "negative",
                "--base-url",
                base,
            ];
            let pace = ["--pace", "100", "--json"];
            trial.programs.spawn("crawler", args.iter().chain(&pace))
        })
        .collect();
    for crawl in crawls {
        let output = crawl.wait();
        assert_eq!(output.code, 0, "{}", output.stderr);
        assert_eq!(output.json.unwrap()["fetched"], 4);
    }
    assert!(least_gap(&trial.site.log().split_off(before)) >= 100);
    let lease = 90;
    assert!(
        began.elapsed().as_secs() < lease / 2,
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_turn_that_a_wrong_clock_has_put_hours_ahead_is_brought_back_and_that_is_told() {
    let trial = Trial::new();
    assert_eq!(trial.run(&trial.peertube(), &["--random", "2"]).code, 0);
    let database = trial.programs.database();
    let mut wire = sqlx::SqliteConnection::connect(&database).await.unwrap();
    let hours = 5 * 3_600_000;
    sqlx::query("update host set next_at = next_at + $1, day_from = day_from + $1")
        .bind(hours)
        .execute(&mut wire)
        .await
        .unwrap();
    wire.close().await.unwrap();
    let began = std::time::Instant::now();
    let output = trial.run(&trial.peertube(), &["--random", "3"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(
        output.stderr.contains("a clock was wrong"),
        "{}",
        output.stderr
    );
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
}
