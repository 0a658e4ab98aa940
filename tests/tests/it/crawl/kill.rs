//! Killed at any moment, a crawl loses nothing and asks again at most what was in flight.

use super::support::{Trial, until};

const KILLS: usize = 20;
const COVERS: &str = "120";

/// After how many requests each kill comes: uneven, so that it meets every stage.
fn moments() -> impl Iterator<Item = usize> {
    (0..KILLS).map(|n| 1 + (n * 7 + 3) % 11)
}

#[test]
fn twenty_kills_lose_no_cover_and_repeat_only_what_was_in_flight() {
    let trial = Trial::new();
    let args = ["--random", COVERS, "--pace", "4"];
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
    assert_eq!(status["negative"], 120);
    assert_eq!(
        status["crawls"].as_array().map(Vec::len),
        Some(1),
        "one crawl all along"
    );
    assert_eq!(status["crawls"][0]["new_covers"], 120);
    // The robots.txt of a killed request was on behalf of a page in flight.
    let again: usize = trial.again().values().sum();
    assert!(
        again as u64 <= in_flight,
        "{again} asked again, {in_flight} in flight"
    );
    assert!(trial.verifies());
}
