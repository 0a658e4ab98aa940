//! Which videos are met: at random, by walks, by words.

use sqlx::Connection;
use tests::site::{Config, Rule};

use super::support::{Trial, status, text, words};

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
            trial.peertube(),
            &["--search", " ", "--count", "1"],
            "--search cat",
        ),
        (
            trial.peertube(),
            &["--search", "https://far.example/w/x", "--count", "1"],
            "an address cannot be searched for",
        ),
        (
            trial.bilibili(),
            &["--random", "1", "--nsfw", "only"],
            "for PeerTube only",
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

#[test]
fn only_an_instances_own_videos_that_are_safe_for_work_and_not_live_are_met() {
    let trial = Trial::with(Config {
        videos: 40,
        topical: 60,
        adult: 30,
        lives: 5,
        limit: (10_000, 10),
        ..Config::default()
    });
    let all = trial.run(&trial.peertube(), &["--random", "100"]);
    assert_eq!(all.code, 0, "{}", all.stderr);
    let found = trial.run(&trial.peertube(), &["--search", "cat", "--count", "100"]);
    assert_eq!(found.code, 0, "{}", found.stderr);
    let rows = trial.exported();
    assert!(rows.len() >= 40, "{}", rows.len());
    for row in &rows {
        let url = row["url"].as_str().unwrap();
        let upload = trial.site.upload(url).unwrap();
        assert!(url.starts_with(&trial.site.urls().peertube), "{url}");
        assert!(!trial.site.world().is_live(upload) && !trial.site.world().is_adult(upload));
    }
}

#[test]
fn what_is_not_safe_for_work_is_met_on_request_also_by_a_crawl_that_goes_on() {
    let trial = Trial::with(Config {
        videos: 20,
        adult: 30,
        limit: (10_000, 10),
        ..Config::default()
    });
    let args = ["--random", "60", "--nsfw", "only"];
    let running = trial.spawn(&trial.peertube(), &args);
    super::support::until(|| trial.asked("peertube").len() > 6);
    running.interrupt();
    assert_eq!(running.wait().code, 3);
    let resumed = trial.crawler(&["resume", "--json"]);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(trial.status()["covers"].as_u64().unwrap().div_ceil(10), 3);
    for row in trial.exported() {
        let upload = trial.site.upload(row["url"].as_str().unwrap()).unwrap();
        assert!(trial.site.world().is_adult(upload));
    }
}

#[test]
fn random_videos_of_one_duration_are_no_run_of_uploads() {
    let trial = Trial::with(Config {
        videos: 2000,
        duration: Some(60),
        limit: (10_000, 10),
        ..Config::default()
    });
    let output = trial.run(
        &trial.peertube(),
        &["--random", "40", "--seed", "5", "--pace", "1"],
    );
    assert_eq!(output.code, 0, "{}", output.stderr);
    let lists = trial
        .asked("peertube")
        .into_iter()
        .filter(|e| e.path.starts_with("/api/"));
    assert!(
        lists.count() <= 12,
        "a request for five covers, and one for the total"
    );
    let rows = trial.exported();
    let mut uploads: Vec<_> = rows
        .iter()
        .map(|row| trial.site.upload(row["url"].as_str().unwrap()).unwrap())
        .collect();
    uploads.sort_unstable();
    let pairs = uploads
        .windows(2)
        .filter(|pair| pair[1] - pair[0] == 1)
        .count();
    assert!(pairs <= 2, "{uploads:?}");
}

#[test]
fn videos_that_were_deleted_meanwhile_are_misses() {
    let trial = Trial::new();
    let gone = [status(404), status(410)];
    trial.site.behave(Rule::new("/lazy-static/*", gone));
    let output = trial.run(&trial.peertube(), &["--random", "5"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(
        (&json["new_covers"], &json["missing"], &json["failed"]),
        (&5.into(), &2.into(), &serde_json::json!({}))
    );
}

#[test]
fn covers_on_a_host_that_may_not_be_asked_are_failures_and_not_nothing() {
    let trial = Trial::new();
    let cover =
        r#"{"fileUrl":"http://localhost:9/t.jpg","width":850,"height":480,"aspectRatio":"16:9"}"#;
    let list =
        format!(r#"{{"total":1,"data":[{{"uuid":"u","name":"n","thumbnails":[{cover}]}}]}}"#);
    let list = text("application/json", &list);
    trial.site.behave(Rule::new("/api/*", [list]).forever());
    let output = trial.run(&trial.peertube(), &["--random", "3"]);
    assert_eq!(output.code, 4, "{}", output.stderr);
    let failed = output.json.unwrap()["failed"].clone();
    assert_eq!(failed, serde_json::json!({ "blocked-address": 1 }));
}

#[test]
fn a_number_that_makes_no_sense_costs_itself_and_no_video() {
    let trial = Trial::new();
    let base = &trial.site.urls().peertube;
    let covers = trial.covers(4);
    let most = i64::MAX;
    let odd = [
        format!(r#""duration":{most}"#),
        format!(r#""publishedAt":{most}"#),
        format!(
            r#""thumbnails":[{{"fileUrl":"{base}{}","width":{most},"height":{most}}}]"#,
            covers[2]
        ),
        r#""name":null"#.to_owned(),
    ];
    let videos = odd.iter().zip(&covers).map(|(odd, cover)| {
        format!(r#"{{"uuid":"{cover}","name":"n","previewPath":"{cover}",{odd}}}"#)
    });
    let videos = videos.collect::<Vec<_>>().join(",");
    let list = text(
        "application/json",
        &format!(r#"{{"total":4,"data":[{videos}]}}"#),
    );
    let quota = list.with("x-ratelimit-limit", &most.to_string());
    let quota = quota
        .with("x-ratelimit-remaining", &most.to_string())
        .with("x-ratelimit-reset", "1");
    trial.site.behave(Rule::new("/api/*", [quota]).forever());
    let output = trial.run(&trial.peertube(), &["--random", "4"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(trial.status()["videos"], 4);
}
