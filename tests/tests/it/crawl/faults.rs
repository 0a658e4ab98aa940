//! What sites do wrong: each ends as a row with a reason, none ends the run.

use super::support::{PACE, Trial, least_gap, status, text, throttled, until};
use tests::site::{Behaviour, RetryAfter, Rule};

/// What happens at a cover's address, the class it ends in (none: as a cover), and how often
/// it is asked for.
type Case = (
    &'static str,
    Vec<Behaviour>,
    bool,
    Option<&'static str>,
    usize,
);

fn redirect(to: &str) -> Behaviour {
    Behaviour::Redirect {
        status: 302,
        to: to.into(),
    }
}

/// One list with a cover for each case, every one misbehaving in its own way.
fn check(cases: Vec<Case>, flags: &[&str]) {
    let trial = Trial::new();
    let covers = trial.covers(cases.len());
    let before = trial.site.log().len();
    for ((_, script, forever, ..), path) in cases.iter().zip(&covers) {
        let script = script.iter().cloned().map(|behaviour| match behaviour {
            Behaviour::Redirect { status, to } => Behaviour::Redirect {
                status,
                to: to.replace("SELF", path),
            },
            other => other,
        });
        let rule = Rule::new(path, script.collect::<Vec<_>>());
        trial
            .site
            .behave(if *forever { rule.forever() } else { rule });
    }
    let output = trial.import(&trial.list(&covers), flags);
    let failures = cases.iter().filter(|case| case.3.is_some()).count();
    assert_eq!(
        output.code,
        if failures > 0 { 4 } else { 0 },
        "{}",
        output.stderr
    );
    let log = trial.site.log().split_off(before);
    assert!(least_gap(&log) >= PACE);
    for ((name, .., times), path) in cases.iter().zip(&covers) {
        let asked = log.iter().filter(|entry| entry.path == *path).count();
        assert_eq!(asked, *times, "{name}");
    }
    let mut want = std::collections::BTreeMap::new();
    for class in cases.iter().filter_map(|case| case.3) {
        *want.entry(class).or_insert(0) += 1;
    }
    let json = output.json.unwrap();
    assert_eq!(json["failed"], serde_json::json!(want));
    assert_eq!(json["pages_left"], 0);
    let status = trial.status();
    assert_eq!(status["failed"], serde_json::json!(want), "each is a row");
    assert_eq!(
        status["covers"].as_u64(),
        Some((cases.len() - failures) as u64)
    );
    assert!(trial.verifies());
}

#[test]
fn answers_that_are_no_covers_are_rows_with_a_class() {
    let bomb = Behaviour::Flood {
        content_type: "image/jpeg".into(),
        bytes: 100_000_000,
    };
    let once = |behaviour| vec![behaviour];
    check(
        vec![
            ("404", once(status(404)), true, Some("not-found"), 1),
            ("410", once(status(410)), true, Some("gone"), 1),
            ("403", once(status(403)), true, Some("forbidden"), 1),
            ("418", once(status(418)), true, Some("status"), 1),
            ("well", once(Behaviour::Normal), true, None, 1),
            ("500 twice", vec![status(500), status(502)], false, None, 3),
            ("500", once(status(500)), true, Some("server-error"), 3),
            (
                "html",
                once(text("image/jpeg", "<html>no</html>")),
                true,
                Some("not-an-image"),
                1,
            ),
            (
                "empty",
                once(text("image/jpeg", "")),
                true,
                Some("not-an-image"),
                1,
            ),
            ("100 MB", once(bomb), true, Some("too-many-bytes"), 1),
            (
                "loop",
                once(redirect("SELF")),
                true,
                Some("redirect-loop"),
                6,
            ),
            (
                "private",
                once(redirect("http://10.0.0.1/x.jpg")),
                true,
                Some("blocked-address"),
                1,
            ),
            (
                "metadata",
                once(redirect("http://169.254.169.254/latest/")),
                true,
                Some("blocked-address"),
                1,
            ),
            (
                "elsewhere",
                once(redirect("http://127.0.0.1:1/x.jpg")),
                true,
                Some("blocked-address"),
                1,
            ),
            (
                "file",
                once(redirect("file:///etc/passwd")),
                true,
                Some("bad-redirect"),
                1,
            ),
            ("nowhere", once(redirect("")), true, Some("bad-redirect"), 1),
        ],
        &[],
    );
}

#[test]
fn broken_answers_are_asked_for_again_and_then_given_up() {
    let reset = || Behaviour::Reset { bytes: 100 };
    let short = || Behaviour::Short { bytes: 100 };
    let chunked = || Behaviour::ChunkedAbort { bytes: 100 };
    check(
        vec![
            ("reset once", vec![reset()], false, None, 2),
            ("reset", vec![reset()], true, Some("incomplete"), 3),
            ("short once", vec![short()], false, None, 2),
            ("short", vec![short()], true, Some("incomplete"), 3),
            ("chunked once", vec![chunked()], false, None, 2),
            ("chunked", vec![chunked()], true, Some("incomplete"), 3),
        ],
        &[],
    );
}

#[test]
fn services_that_are_down_for_a_moment_are_waited_for() {
    let seconds = throttled(Some(RetryAfter::Seconds(1)));
    check(
        vec![
            ("503", vec![status(503), status(503)], false, None, 3),
            ("429", vec![throttled(None)], false, None, 2),
            ("429 for a second", vec![seconds], false, None, 2),
        ],
        &[],
    );
}

#[test]
fn deadlines_end_what_would_never_end() {
    let drip = Behaviour::Drip {
        bytes_per_second: 1,
    };
    check(
        vec![
            ("silence", vec![Behaviour::Hang], true, Some("timeout"), 3),
            ("a trickle", vec![drip], true, Some("timeout"), 3),
            ("well", vec![Behaviour::Normal], true, None, 1),
        ],
        &["--timeout", "1"],
    );
}

#[test]
fn a_redirect_to_an_allowed_host_is_followed() {
    let trial = Trial::new();
    let cover = trial.covers(1).remove(0);
    let there = format!("{}{cover}", trial.site.urls().peertube);
    trial
        .site
        .behave(Rule::new("/here.jpg", [redirect(&there)]).on("i0"));
    let file = trial.programs.home().join("list.txt");
    std::fs::write(&file, format!("{}/here.jpg\n", trial.site.urls().i0)).unwrap();
    let output = trial.import(&file, &["--base-url", &trial.site.urls().i0]);
    assert_eq!(
        (output.code, &output.json.unwrap()["new_covers"]),
        (0, &1.into())
    );
}

#[test]
fn failures_can_be_put_back_by_class() {
    let trial = Trial::new();
    let covers = trial.covers(3);
    trial.site.behave(Rule::new(&covers[0], [status(404)]));
    trial.site.behave(Rule::new(&covers[1], [status(410)]));
    assert_eq!(trial.import(&trial.list(&covers), &[]).code, 4);
    let put = trial.crawler(&["retry", "--class", "not-found", "--json"]);
    assert_eq!(put.json.unwrap()["put_back"], 1);
    let before = trial.site.log().len();
    let resumed = trial.crawler(&["resume", "--json"]);
    assert_eq!(
        (resumed.code, &resumed.json.unwrap()["new_covers"]),
        (0, &1.into())
    );
    let paths: Vec<_> = trial
        .site
        .log()
        .split_off(before)
        .into_iter()
        .map(|e| e.path)
        .collect();
    assert_eq!(paths, covers[..1]);
    assert_eq!(trial.status()["failed"], serde_json::json!({ "gone": 1 }));
    let none = trial.crawler(&["retry", "--since", "2100-01-01", "--json"]);
    assert_eq!(none.json.unwrap()["put_back"], 0);
}

#[test]
fn an_answer_that_never_comes_does_not_hold_up_an_interrupt_and_its_page_is_due_again() {
    let trial = Trial::new();
    let hangs = Rule::new("/lazy-static/*", [Behaviour::Hang]);
    trial.site.behave(hangs.on("peertube"));
    let args = ["--random", "5", "--seed", "3"];
    let running = trial.spawn(&trial.peertube(), &args);
    let is_cover = |entry: &tests::site::Entry| entry.path.starts_with("/lazy-static/");
    until(|| trial.asked("peertube").iter().any(is_cover));
    let asked = std::time::Instant::now();
    running.interrupt();
    let stopped = running.wait();
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    // A second, and what a busy machine adds to it; the request would wait for a minute.
    let took = asked.elapsed();
    assert!(took < std::time::Duration::from_secs(10), "{took:?}");
    let before = stopped.json.unwrap()["new_covers"].as_u64().unwrap();
    let resumed = trial.crawler(&["resume", "--json"]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(
        before + resumed.json.unwrap()["new_covers"].as_u64().unwrap(),
        5
    );
}
