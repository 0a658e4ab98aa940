//! Killed at any moment, a crawl loses nothing and asks again at most what was in flight.

use tests::site::Config;

use super::support::{Trial, until};

/// Covers wanted for each kill: the crawl outlives all of them.
const COVERS: usize = 6;

/// Twenty, or as many as `WHISKER_KILLS` says: docs/measurements.md tells of fifty.
fn kills() -> usize {
    let told = std::env::var("WHISKER_KILLS").ok();
    told.map_or(20, |text| text.parse().unwrap())
}

/// After how many requests each kill comes: uneven, so that it meets every stage.
fn moments() -> impl Iterator<Item = usize> {
    (0..kills()).map(|n| 1 + (n * 7 + 3) % 11)
}

#[test]
fn kills_lose_no_cover_and_repeat_only_what_was_in_flight() {
    let trial = Trial::with(Config {
        videos: 1000,
        limit: (10_000, 10),
        ..Config::default()
    });
    let covers = COVERS * kills();
    let wanted = covers.to_string();
    let args = ["--random", &wanted, "--pace", "4"];
    let (mut in_flight, mut saved) = (0, 0);
    for more in moments() {
        let before = trial.site.log().len();
        let running = trial.spawn(&trial.peertube(), &args);
        until(|| trial.site.log().len() >= before + more);
        running.kill();
        in_flight += trial.pages("leased");
        let covers = trial.status()["covers"].as_u64().unwrap();
        assert!(covers >= saved, "{saved} were saved, {covers} are left");
        saved = covers;
        assert!(trial.verifies(), "a row without its image");
    }
    let last = trial.run(&trial.peertube(), &args);
    assert_eq!(last.code, 0, "{}", last.stderr);
    let status = trial.status();
    assert_eq!(status["negative"], covers);
    assert_eq!(
        status["crawls"].as_array().map(Vec::len),
        Some(1),
        "one crawl all along"
    );
    assert_eq!(status["crawls"][0]["new_covers"], covers);
    // The robots.txt of a killed request was on behalf of a page in flight.
    let again: usize = trial.again().values().sum();
    assert!(
        again as u64 <= in_flight,
        "{again} asked again, {in_flight} in flight"
    );
    println!(
        "{} kills: {again} asked again of {in_flight} in flight",
        kills()
    );
    assert!(trial.verifies());
}
