//! A site that is told in a file, the documented example: the test that a new profile needs.

use tests::programs::Output;
use tests::site::{Behaviour, Rule};

use std::time::{Duration, Instant};

use super::support::{PACE, Trial, least_gap, text, until, words};

const EXAMPLE: &str = include_str!("../../../../docs/sites/example.toml");

/// The example's site on loopback: pages as rules, pictures of the imitation's own.
struct Kittens {
    trial: Trial,
    covers: Vec<String>,
}

impl Kittens {
    fn new(covers: usize) -> Self {
        let trial = Trial::new();
        let folder = trial.programs.home().join("sites");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("kittens.toml"), EXAMPLE).unwrap();
        let covers = trial.covers(covers);
        Self { trial, covers }
    }

    fn page(&self, path: &str, html: &str) {
        self.answer(path, text("text/html", html));
    }

    fn answer(&self, path: &str, behaviour: Behaviour) {
        self.trial
            .site
            .behave(Rule::new(path, [behaviour]).forever());
    }

    fn run(&self, flags: &[&str]) -> Output {
        let base = self.trial.site.urls().peertube.clone();
        let site = words(&["--site", "html:kittens", "--base-url", &base]);
        self.trial.run(&site, flags)
    }

    fn titles(&self) -> Vec<String> {
        let rows = self.trial.exported();
        let mut titles: Vec<_> = rows
            .iter()
            .map(|row| row["title"].as_str().unwrap().to_owned())
            .collect();
        titles.sort();
        titles
    }
}

#[test]
fn random_videos_come_of_the_sitemap_and_pages_tell_of_their_covers() {
    let site = Kittens::new(3);
    let [one, two, three] = &site.covers[..] else {
        panic!("three covers")
    };
    let entries: String = (1..=5)
        .map(|n| format!("<url><loc>https://kittens.example/watch/{n}</loc></url>"))
        .collect();
    site.answer(
        "/sitemap.xml",
        text("application/xml", &format!("<urlset>{entries}</urlset>")),
    );
    site.page(
        "/watch/1",
        &format!("<script type='application/ld+json'>{{\"@type\":\"VideoObject\",\"name\":\"<b>One</b>\",\"thumbnailUrl\":\"{one}\"}}</script>"),
    );
    site.page(
        "/watch/2",
        &format!("<title>T\u{202e}wo\u{200b}</title><meta property='og:image' content='https://img.kittens.example{two}'>"),
    );
    site.page(
        "/watch/3",
        &format!("<title>Three</title><meta name='twitter:image' content='{three}'>"),
    );
    site.page("/watch/4", "<h1>no cover</h1>");
    let kept_from_training = format!("<meta property='og:image' content='{one}'>");
    site.answer(
        "/watch/5",
        text("text/html", &kept_from_training).with("x-robots-tag", "noai"),
    );
    let output = site.run(&["--random", "5"]);
    assert_eq!(output.code, 4, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(json["new_covers"], 3);
    assert_eq!(
        json["failed"],
        serde_json::json!({ "not-understood": 1, "opt-out": 1 })
    );
    assert_eq!(site.titles(), ["<b>One</b>", "Three", "Two"]);
    let log = site.trial.site.log();
    let ours: Vec<_> = log
        .into_iter()
        .filter(|e| e.path.starts_with("/watch"))
        .collect();
    assert!(least_gap(&ours) >= PACE);
    assert!(site.trial.verifies());
}

#[test]
fn a_search_goes_through_its_lists_until_one_is_empty() {
    let site = Kittens::new(3);
    let item = |n: usize| {
        let cover = &site.covers[n];
        format!(
            "<li class=video><a href='/watch/{n}'><img data-src='{cover}'></a><p class=title>Cat {n}</p></li>"
        )
    };
    site.page("/search?q=gray+cat&page=1", &(item(0) + &item(1)));
    site.page("/search?q=gray+cat&page=2", &item(2));
    site.page("/search?q=gray+cat&page=3", "<p>that was all</p>");
    let output = site.run(&["--search", "gray cat", "--count", "9"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(output.json.unwrap()["new_covers"], 3);
    assert_eq!(site.titles(), ["Cat 0", "Cat 1", "Cat 2"]);
    let log = site.trial.site.log();
    assert!(
        log.iter().all(|e| !e.path.starts_with("/watch")),
        "the lists show the covers"
    );
}

#[test]
fn a_walk_takes_what_fits_and_follows_recommendations() {
    let site = Kittens::new(3);
    for (n, title, to) in [(0, "A cat", 1), (1, "A lathe", 2), (2, "Cats again", 0)] {
        let cover = &site.covers[n];
        site.page(
            &format!("/watch/{n}"),
            &format!("<meta property='og:title' content='{title}'><meta property='og:image' content='{cover}'>
                <aside><a href='/watch/{to}'></a><a href='/watch/9'></a></aside>"),
        );
    }
    let flags = [
        "--related-to",
        "https://kittens.example/watch/0",
        "--keyword",
        "cat",
        "--count",
        "9",
    ];
    let output = site.run(&flags);
    assert_eq!(output.code, 4, "page 9 is not there: {}", output.stderr);
    assert_eq!(site.titles(), ["A cat", "Cats again"]);
}

#[test]
fn a_profile_may_be_a_file_is_listed_and_is_kept_with_its_crawl() {
    let site = Kittens::new(1);
    let list = site.trial.crawler(&["sites"]);
    assert!(list.stdout.contains("html:kittens"), "{}", list.stdout);
    assert!(list.stdout.contains("an imaginary site for kittens"));
    let folder = site.trial.programs.home().join("sites");
    let file = folder.join("kittens.toml");
    let base = site.trial.site.urls().peertube.clone();
    site.answer("/sitemap.xml", super::support::status(404));
    let named = words(&["--site", file.to_str().unwrap(), "--base-url", &base]);
    let first = site.trial.run(&named, &["--random", "1"]);
    assert_eq!(
        first.json.unwrap()["failed"]["not-found"],
        1,
        "{}",
        first.stderr
    );
    std::fs::remove_file(&file).unwrap();
    site.trial.crawler(&["retry"]);
    let resumed = site.trial.crawler(&["resume", "--json"]);
    assert_eq!(
        resumed.json.unwrap()["failed"]["not-found"],
        1,
        "{}",
        resumed.stderr
    );
    let gone = site
        .trial
        .run(&words(&["--site", "html:kittens"]), &["--random", "1"]);
    assert_eq!(gone.code, 2);
    std::fs::write(&file, "name = 'kittens'\nhome = 5").unwrap();
    let wrong = site.trial.run(&named, &["--random", "1"]);
    assert_eq!(wrong.code, 2);
    let error = wrong.json.unwrap()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("docs/sites/example.toml"), "{error}");
}

/// Bytes that are no text, as the imitation takes them.
fn bytes(content_type: &str, bytes: &[u8]) -> Behaviour {
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    text(content_type, &format!("hex:{}", digits.collect::<String>()))
}

#[test]
fn pages_are_read_in_the_letters_that_their_header_or_they_themselves_tell_of() {
    let site = Kittens::new(2);
    let [one, two] = &site.covers[..] else {
        panic!("two covers")
    };
    // A text as a sitemap, in UTF-16; fragments are no pages of their own.
    let map = "\u{feff}https://kittens.example/watch/1\nhttps://kittens.example/watch/1#x\nhttps://kittens.example/watch/2";
    let wide: Vec<u8> = map.encode_utf16().flat_map(u16::to_le_bytes).collect();
    site.answer("/sitemap.xml", bytes("text/plain", &wide));
    // GBK of 猫, Windows-1251 of Кот.
    let head = |title: &[u8], meta: &str, cover: &str| {
        let rest = format!("</title>{meta}<meta property=og:image content={cover}>");
        [b"<title>", title, rest.as_bytes()].concat()
    };
    let header = head(b"\xC3\xA8", "<meta charset=utf-8>", one);
    site.answer("/watch/1", bytes("text/html; charset=GBK", &header));
    let meta = head(b"\xCA\xEE\xF2", "<meta charset=windows-1251>", two);
    site.answer("/watch/2", bytes("text/html", &meta));
    let output = site.run(&["--random", "3"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert_eq!(site.titles(), ["Кот", "猫"]);
    let log = site.trial.site.log();
    assert_eq!(log.iter().filter(|e| e.path == "/watch/1").count(), 1);
}

#[test]
fn a_list_that_holds_nothing_is_a_failed_page() {
    let site = Kittens::new(1);
    site.answer("/sitemap.xml", text("application/xml", "<urlset></urlset>"));
    let output = site.run(&["--random", "3"]);
    assert_eq!(output.code, 4, "{}", output.stderr);
    assert_eq!(output.json.unwrap()["failed"]["not-understood"], 1);
    site.page("/search?q=dog&page=1", "<p>no dogs here</p>");
    let output = site.run(&["--search", "dog", "--count", "3"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    assert!(
        output.stderr.contains("the search finds nothing"),
        "{}",
        output.stderr
    );
}

#[test]
fn a_page_nested_without_end_does_not_hold_up_an_interrupt() {
    let site = Kittens::new(1);
    let entries: String = (1..=50)
        .map(|n| format!("<url><loc>https://kittens.example/watch/{n}</loc></url>"))
        .collect();
    site.answer(
        "/sitemap.xml",
        text("application/xml", &format!("<urlset>{entries}</urlset>")),
    );
    let nested = "<div>".repeat(1_000_000);
    site.page("/watch/*", &nested);
    let base = site.trial.site.urls().peertube.clone();
    let named = words(&["--site", "html:kittens", "--base-url", &base]);
    let running = site.trial.spawn(&named, &["--random", "50"]);
    until(|| {
        site.trial
            .site
            .log()
            .iter()
            .any(|e| e.path.starts_with("/watch"))
    });
    let asked = Instant::now();
    running.interrupt();
    let output = running.wait();
    assert_eq!(output.code, 3, "{}", output.stderr);
    let took = asked.elapsed();
    // A second, and what a busy machine adds to it.
    assert!(took < Duration::from_secs(5), "{took:?}");
}
