//! robots.txt, before anything else and always.

use super::support::{Trial, least_gap, status, text, throttled};
use tests::site::{Behaviour, RetryAfter, Rule};

#[test]
fn pictures_that_robots_txt_forbids_end_the_crawl_at_the_first_of_them() {
    let trial = Trial::new();
    let rules = text("text/html", "User-agent: *\nDisallow: /lazy-static/\n");
    trial
        .site
        .behave(Rule::new("/robots.txt", [rules]).forever());
    let output = trial.run(&trial.peertube(), &["--random", "50"]);
    assert_eq!(output.code, 5, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(json["failed"], serde_json::json!({ "robots": 1 }));
    let error = json["error"].as_str().unwrap();
    assert!(
        error.contains("its robots.txt forbids the covers"),
        "{error}"
    );
    assert_eq!(
        output.stderr.matches("robots.txt").count(),
        1,
        "{}",
        output.stderr
    );
    let paths = || {
        trial
            .asked("peertube")
            .into_iter()
            .map(|e| e.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        paths().len(),
        3,
        "robots.txt, the total, a list: {:?}",
        paths()
    );
    let resumed = trial.crawler(&["resume", "--json"]);
    assert_eq!((resumed.code, paths().len()), (5, 3), "nor by a restart");
}

#[test]
fn a_probe_asks_whether_the_cover_may_be_visited_too() {
    let trial = Trial::new();
    let rules = text("text/plain", "User-agent: *\nDisallow: /lazy-static/\n");
    trial
        .site
        .behave(Rule::new("/robots.txt", [rules]).forever());
    let output = probe(&trial);
    assert_eq!(output.code, 5, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(json["robots"], "allows this address");
    assert_eq!(json["robots_of_cover"], "forbids this address");
    assert_eq!(json["error"], "robots.txt forbids this address");
    assert_eq!(trial.asked("peertube").len(), 2, "robots.txt and a list");
}

fn probe(trial: &Trial) -> tests::programs::Output {
    let peertube = &trial.site.urls().peertube;
    let name = peertube.replace("http://", "peertube:");
    trial.crawler(&[
        "probe",
        &name,
        "--base-url",
        peertube,
        "--pace",
        "20",
        "--json",
    ])
}

#[test]
fn a_throttled_robots_txt_is_waited_out_and_asked_again_before_anything_else() {
    for probing in [false, true] {
        let trial = Trial::new();
        let wait = throttled(Some(RetryAfter::Seconds(1)));
        trial
            .site
            .behave(Rule::new("/robots.txt", [wait.clone(), wait]));
        let output = match probing {
            true => probe(&trial),
            false => trial.run(&trial.peertube(), &["--random", "2"]),
        };
        assert_eq!(output.code, 0, "{}", output.stderr);
        let log = trial.asked("peertube");
        let robots: Vec<_> = log.iter().take_while(|e| e.path == "/robots.txt").collect();
        assert_eq!(robots.len(), 3);
        let silences = robots.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms);
        assert!(silences.min() >= Some(1000));
        assert!(log.len() > 3);
    }
}

#[test]
fn five_redirects_of_robots_txt_are_followed_and_no_more() {
    for (hops, followed) in [(5, true), (6, false)] {
        let trial = Trial::new();
        let mut from = "/robots.txt".to_owned();
        for hop in 1..=hops {
            let to = format!("/hop{hop}");
            let status = 301;
            let on = Behaviour::Redirect {
                status,
                to: to.clone(),
            };
            trial.site.behave(Rule::new(&from, [on]).forever());
            from = to;
        }
        let rules = text("text/plain", "User-agent: *\nAllow: /\n");
        trial.site.behave(Rule::new(&from, [rules]).forever());
        let output = trial.run(&trial.peertube(), &["--random", "1", "--pace", "1"]);
        assert_eq!(output.code == 0, followed, "{hops}: {}", output.stderr);
        let log = trial.asked("peertube");
        assert_eq!(log.iter().any(|e| e.path.starts_with("/api/")), followed);
    }
}

#[test]
fn a_robots_txt_that_is_on_another_host_is_read_there_in_that_hosts_turn() {
    let trial = Trial::new();
    let i0 = &trial.site.urls().i0;
    let to = format!("{i0}/robots.txt");
    let away = Behaviour::Redirect { status: 301, to };
    trial
        .site
        .behave(Rule::new("/robots.txt", [away]).on("peertube").forever());
    let rules = text("text/plain", "User-agent: *\nDisallow: /api/\n");
    trial
        .site
        .behave(Rule::new("/robots.txt", [rules]).on("i0").forever());
    let mut site = trial.peertube();
    site.extend(["--base-url".to_owned(), i0.clone()]);
    let output = trial.run(&site, &["--random", "1"]);
    assert_eq!(output.code, 5, "{}", output.stderr);
    let paths = |host| {
        trial
            .asked(host)
            .into_iter()
            .map(|e| e.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(paths("peertube"), ["/robots.txt"]);
    assert_eq!(paths("i0"), ["/robots.txt"]);
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
