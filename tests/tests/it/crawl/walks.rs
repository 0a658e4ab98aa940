//! Bilibili's pages: random numbers, walks, words.

use super::support::{Trial, words};

#[test]
fn random_pages_bring_covers_and_missing_videos_are_no_failures() {
    let trial = Trial::new();
    let output = trial.run(&trial.bilibili(), &["--random", "20", "--seed", "7"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(json["new_covers"], 20);
    assert!(
        json["missing"].as_u64() > Some(0),
        "two in five are gone: {json}"
    );
    assert_eq!(json["failed"], serde_json::json!({}));
    assert!(trial.verifies());
}

#[test]
fn a_walk_from_cats_with_words_for_cats_brings_cats() {
    let trial = Trial::new();
    let seeds = &trial.site.urls().cat_pages[..2];
    let mut args = words(&[
        "--count",
        "60",
        "--keyword",
        "猫",
        "cat",
        "kitten",
        "--related-to",
    ]);
    args.extend(seeds.iter().cloned());
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let output = trial.run(&trial.bilibili(), &args);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let covers: Vec<_> = [trial.asked("i0"), trial.asked("i1")].concat();
    let truths: Vec<_> = covers
        .iter()
        .filter_map(|e| trial.site.truth(&e.path))
        .collect();
    let cats = truths.iter().filter(|cat| **cat).count();
    assert!(
        truths.len() >= 60 && cats * 10 >= truths.len() * 9,
        "{cats} of {}",
        truths.len()
    );
    let pages = trial.asked("www").len();
    assert!(
        pages <= 20,
        "covers of recommendations need no page of their own: {pages} pages"
    );
    assert!(trial.again().is_empty(), "{:?}", trial.again());
}

#[test]
fn what_a_site_cannot_do_is_a_sentence() {
    let trial = Trial::new();
    for (site, args, hint) in [
        (
            trial.bilibili(),
            &["--search", "cat", "--count", "1"][..],
            "--related-to",
        ),
        (
            trial.peertube(),
            &["--related-to", "x", "--count", "1"],
            "--search",
        ),
        (
            trial.bilibili(),
            &["--related-to", "https://example.org/", "--count", "1"],
            "BV",
        ),
        (
            words(&["--site", "nowhere"]),
            &["--random", "1"],
            "crawler sites",
        ),
    ] {
        let output = trial.run(&site, args);
        let error = output.json.unwrap()["error"].as_str().unwrap().to_owned();
        assert_eq!(output.code, 2, "{error}");
        assert!(error.contains(hint), "{error}");
    }
    assert!(trial.site.log().is_empty());
}

#[test]
fn a_probe_asks_robots_and_one_page_and_tells_what_it_understood() {
    let trial = Trial::new();
    let peertube = &trial.site.urls().peertube;
    let name = peertube.replace("http://", "peertube:");
    let output = trial.crawler(&[
        "probe",
        &name,
        "--base-url",
        peertube,
        "--pace",
        "20",
        "--json",
    ]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(
        (json["videos"].as_str(), json["covers"].as_str()),
        (Some("300"), Some("1"))
    );
    let paths: Vec<_> = trial.site.log().into_iter().map(|e| e.path).collect();
    assert_eq!((paths.len(), paths[0].as_str()), (2, "/robots.txt"));
}
