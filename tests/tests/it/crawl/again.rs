//! Asked again: covers that may have changed, and hosts that were asked enough for a day.

use serde_json::json;
use tests::site::{Behaviour, Rule};

use super::support::{Trial, text};

#[test]
fn a_known_cover_is_asked_for_again_only_on_request_and_costs_nothing_if_it_is_the_same() {
    let trial = Trial::new();
    let covers = trial.covers(2);
    let (path, other) = (&covers[0], trial.site.urls().peertube.clone() + &covers[1]);
    let kept = |then: Behaviour| then.with("cache-control", "max-age=3600");
    let first = || kept(Behaviour::Normal.with("etag", "\"one\""));
    let changed = Behaviour::Redirect {
        status: 302,
        to: other,
    }
    .with("etag", "\"two\"");
    trial
        .site
        .behave(Rule::new(path, [first(), first(), changed]));
    let list = trial.list(&covers[..1]);
    let import = |flags: &[&str]| {
        let before = trial.site.log().len();
        let json = trial.import(&list, flags).json.unwrap();
        let log = trial.site.log().split_off(before);
        let statuses: Vec<_> = log.iter().map(|entry| entry.status).collect();
        (json["new_covers"].clone(), json["bytes"].clone(), statuses)
    };
    let (new, bytes, statuses) = import(&[]);
    assert_eq!(
        (new, statuses),
        (json!(1), vec![200, 200]),
        "robots.txt, the cover"
    );
    assert!(bytes.as_u64() > Some(0));
    assert_eq!(import(&[]), (json!(0), json!(0), vec![]), "known");
    assert_eq!(
        import(&["--recheck"]),
        (json!(0), json!(0), vec![304]),
        "the same"
    );
    let (new, _, statuses) = import(&["--recheck"]);
    assert_eq!((new, statuses), (json!(1), vec![302, 200]), "another");
    let status = trial.status();
    assert_eq!(
        (&status["covers"], &status["videos"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn what_its_server_declared_unchanged_for_a_year_is_not_asked_for_again() {
    let trial = Trial::new();
    let covers = trial.covers(2);
    let immutable = Behaviour::Normal.with("cache-control", "immutable");
    trial
        .site
        .behave(Rule::new(&covers[1], [immutable]).forever());
    let list = trial.list(&covers);
    assert_eq!(trial.import(&list, &[]).json.unwrap()["new_covers"], 2);
    let before = trial.site.log().len();
    let again = trial.import(&list, &["--recheck"]);
    assert_eq!((again.code, trial.site.log().len()), (0, before));
    let search = ["--search", "cat", "--count", "5", "--recheck"];
    assert_eq!(trial.run(&trial.peertube(), &search).code, 0);
    let before = trial.asked("peertube").len();
    let topic = [&search[..], &["--topic", "kitten"]].concat();
    let again = trial.run(&trial.peertube(), &topic);
    assert_eq!(again.json.unwrap()["new_covers"], 5);
    let asked = trial.asked("peertube").split_off(before);
    assert_eq!(asked.len(), 1, "one search, and no cover of it: {asked:?}");
}

#[test]
fn an_opt_out_of_training_in_a_header_is_obeyed() {
    let trial = Trial::new();
    let covers = trial.covers(3);
    for (path, tag) in covers.iter().zip([
        "noindex",
        "max-image-preview:large, noimageai",
        "otherbot: noindex, whisker: noai",
    ]) {
        let tagged = Behaviour::Normal.with("x-robots-tag", tag);
        trial.site.behave(Rule::new(path, [tagged]).forever());
    }
    let output = trial.import(&trial.list(&covers), &[]);
    assert_eq!(output.code, 4, "{}", output.stderr);
    assert_eq!(output.json.unwrap()["new_covers"], 1);
    assert_eq!(trial.status()["failed"], json!({ "opt-out": 2 }));

    let trial = Trial::new();
    let list = Behaviour::Normal.with("X-Robots-Tag", "noai");
    trial.site.behave(Rule::new("/api/*", [list]).forever());
    trial.run(&trial.peertube(), &["--random", "2"]);
    assert_eq!(
        trial.status()["covers"],
        0,
        "of the page, hence of its pictures"
    );
}

#[test]
fn a_host_is_asked_no_more_in_a_day_than_the_cap_and_the_next_run_knows() {
    let trial = Trial::new();
    let flags = ["--random", "9", "--daily-cap", "4"];
    for _ in 0..2 {
        let mut running = trial.spawn(&trial.peertube(), &flags);
        assert!(running.talk_until("its 4 requests of a day are used up"));
        running.interrupt();
        assert_eq!(running.wait().code, 3);
        assert_eq!(trial.site.log().len(), 4, "robots.txt is one of them");
    }
    let status = trial.status();
    assert_eq!(status["hosts"][0]["requests_of_day"], 4);
    assert_eq!(status["crawls"][0]["state"], "unfinished");
}

#[test]
fn packed_pages_are_unpacked() {
    let trial = Trial::new();
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, b"User-agent: *\nDisallow: /lazy-static/\n").unwrap();
    let packed: String = packer
        .finish()
        .unwrap()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let rules = text("text/plain", &format!("hex:{packed}")).with("content-encoding", "gzip");
    trial
        .site
        .behave(Rule::new("/robots.txt", [rules]).forever());
    assert_eq!(trial.run(&trial.peertube(), &["--random", "2"]).code, 5);
}

#[test]
fn a_crawl_that_is_repeated_starts_another_when_one_is_finished_and_keeps_its_manners() {
    let trial = Trial::new();
    let mut crawls = trial.spawn(&trial.peertube(), &["--random", "3", "--every", "100ms"]);
    for _ in 0..3 {
        let line = crawls.line().expect("an object a crawl");
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(told["new_covers"], 3, "{told}");
    }
    crawls.interrupt();
    assert_eq!(crawls.wait().code, 3);
    let covers = trial.status()["covers"].as_u64().unwrap();
    assert!((9..=12).contains(&covers), "{covers}");
    let robots = trial
        .site
        .log()
        .iter()
        .filter(|entry| entry.path == "/robots.txt")
        .count();
    assert_eq!(
        robots, 1,
        "what a host was asked once is remembered between crawls"
    );
}
