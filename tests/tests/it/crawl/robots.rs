//! robots.txt, before anything else and always.

use super::support::{Trial, least_gap, status, text};
use tests::site::Rule;

#[test]
fn what_robots_txt_forbids_is_not_asked() {
    let trial = Trial::new();
    let rules = text("text/plain", "User-agent: *\nDisallow: /lazy-static/\n");
    trial
        .site
        .behave(Rule::new("/robots.txt", [rules]).forever());
    let output = trial.run(&trial.peertube(), &["--random", "5"]);
    assert_eq!(output.code, 5, "it forbids all that was asked");
    let failed = output.json.unwrap()["failed"]["robots"].as_u64().unwrap();
    assert!(failed > 0);
    assert_eq!(trial.status()["failed"]["robots"].as_u64(), Some(failed));
    let log = trial.asked("peertube");
    assert!(log.iter().all(|e| !e.path.starts_with("/lazy-static/")));
    assert!(
        log.len() < 12,
        "it soon stops asking for lists: {}",
        log.len()
    );
}

#[test]
fn rules_for_our_agent_go_before_those_for_everyone() {
    let trial = Trial::new();
    let rules = "User-agent: *\nDisallow: /\n\nUser-agent: whisker\nAllow: /\n";
    trial
        .site
        .behave(Rule::new("/robots.txt", [text("text/plain", rules)]).forever());
    assert_eq!(trial.run(&trial.peertube(), &["--random", "2"]).code, 0);
}

#[test]
fn a_crawl_delay_widens_the_gap() {
    let trial = Trial::new();
    let rules = text("text/plain", "User-agent: *\nCrawl-delay: 0.15\n");
    trial
        .site
        .behave(Rule::new("/robots.txt", [rules]).forever());
    assert_eq!(trial.run(&trial.peertube(), &["--random", "5"]).code, 0);
    let log = trial.asked("peertube");
    assert!(least_gap(&log) >= 150, "{}", least_gap(&log));
}

#[test]
fn no_file_allows_everything() {
    for none in [
        status(404),
        status(403),
        text("text/html", "<html>no file here</html>"),
    ] {
        let trial = Trial::new();
        trial
            .site
            .behave(Rule::new("/robots.txt", [none.clone()]).forever());
        let output = trial.run(&trial.peertube(), &["--random", "2"]);
        assert_eq!(output.code, 0, "{none:?}: {}", output.stderr);
        assert_eq!(trial.asked("peertube")[0].path, "/robots.txt");
    }
}

#[test]
fn a_file_that_cannot_be_had_forbids_everything_for_now() {
    let wall = text("text/html", "<title>验证码_哔哩哔哩</title>");
    for (behaviour, code, requests) in [(status(503), 5, 7), (status(500), 5, 7), (wall, 5, 1)] {
        let trial = Trial::new();
        trial
            .site
            .behave(Rule::new("/robots.txt", [behaviour.clone()]).forever());
        let output = trial.run(&trial.peertube(), &["--random", "2", "--pace", "1"]);
        assert_eq!(output.code, code, "{behaviour:?}: {}", output.stderr);
        let log = trial.asked("peertube");
        assert!(log.iter().all(|e| e.path == "/robots.txt"), "{behaviour:?}");
        assert_eq!(log.len(), requests, "{behaviour:?}");
    }
}

#[test]
fn a_file_that_comes_back_is_believed() {
    let trial = Trial::new();
    trial
        .site
        .behave(Rule::new("/robots.txt", [status(503), status(502)]));
    let output = trial.run(&trial.peertube(), &["--random", "2", "--pace", "1"]);
    assert_eq!(output.code, 0, "{}", output.stderr);
    let asked = trial.asked("peertube");
    let robots = asked.iter().take_while(|e| e.path == "/robots.txt").count();
    assert_eq!(robots, 3);
}

#[test]
fn the_host_of_a_redirect_is_asked_for_its_own_rules() {
    let trial = Trial::new();
    let cover = trial.covers(1).remove(0);
    let elsewhere = format!("{}{cover}", trial.site.urls().i0);
    let away = tests::site::Behaviour::Redirect {
        status: 302,
        to: elsewhere,
    };
    trial.site.behave(Rule::new("/there.jpg", [away]));
    let nothing = text("text/plain", "User-agent: *\nDisallow: /\n");
    trial
        .site
        .behave(Rule::new("/robots.txt", [nothing]).on("i0").forever());
    let list = trial.list(&["/there.jpg".to_owned()]);
    let output = trial.import(&list, &["--base-url", &trial.site.urls().i0]);
    assert_eq!(output.json.unwrap()["failed"]["robots"], 1);
    let paths: Vec<_> = trial.asked("i0").into_iter().map(|e| e.path).collect();
    assert_eq!(paths, ["/robots.txt"]);
}
