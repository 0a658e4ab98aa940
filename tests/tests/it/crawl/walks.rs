//! Bilibili's pages: random numbers, walks, words.

use sqlx::Connection;
use tests::site::Config;

use super::support::{Trial, words};

#[test]
fn random_pages_bring_covers_and_missing_videos_are_no_failures() {
    let trial = Trial::new();
    let output = trial.run(&trial.bilibili(), &["--random", "40", "--seed", "7"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(json["new_covers"], 40);
    assert!(
        json["missing"].as_u64() > Some(0),
        "two in five are gone: {json}"
    );
    assert_eq!(json["failed"], serde_json::json!({}));
    assert!(trial.verifies());
    let pages = trial.asked("www");
    assert!(
        pages.iter().any(|page| page.path.starts_with("/bangumi/")),
        "an episode of a series is among them, and no failure"
    );
    assert!(
        !pages.iter().any(|page| page.path.starts_with("/video/av")),
        "asked for by its number, a page may have no state"
    );
}

#[test]
fn words_for_a_region_are_looked_for_on_the_videos_own_pages() {
    let trial = Trial::new();
    let seed = trial.site.urls().cat_pages[0].clone();
    let args = ["--count", "6", "--keyword", "喵星人", "--related-to", &seed];
    let output = trial.run(&trial.bilibili(), &args);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(
        trial.asked("www").len() > 6,
        "no recommendation tells of a region"
    );
}

#[tokio::test]
async fn a_known_cover_learns_what_its_own_page_says() {
    let trial = Trial::new();
    let seed = trial.site.urls().cat_pages[0].clone();
    let args = ["--count", "120", "--related-to", &seed];
    let output = trial.run(&trial.bilibili(), &args);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let database = trial.programs.database();
    let mut wire = sqlx::SqliteConnection::connect(&database).await.unwrap();
    let (read, dated): (i64, i64) = sqlx::query_as(
        "select count(*), sum(published_at is not null and tags <> '[]') from video
         where rtrim(url, '/') in (select rtrim(url, '/') from page where kind = 'video'
                                   and state = 'done' and class is null)",
    )
    .fetch_one(&mut wire)
    .await
    .unwrap();
    assert!(read > 2, "most were met as recommendations first: {read}");
    assert_eq!(dated, read);
}

#[test]
fn a_robots_file_of_two_groups_for_all_is_one_that_forbids() {
    let trial = Trial::with(Config {
        long_robots: true,
        ..Config::default()
    });
    let output = trial.run(&trial.bilibili(), &["--random", "4"]);
    assert_eq!(output.code, 5, "{}", output.stderr);
    let asked: Vec<_> = trial.site.log().into_iter().map(|e| e.path).collect();
    assert_eq!(asked, ["/robots.txt"]);
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
