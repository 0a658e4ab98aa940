//! A site, the programs, and questions to both.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
pub use tests::programs::until;
use tests::programs::{Output, Programs, Running};
use tests::site::{Behaviour, Config, Entry, RetryAfter, Site, start};

/// Milliseconds between two requests, where a test does not say otherwise.
pub const PACE: u64 = 20;

/// One imitation of everything, and the programs with an empty database.
pub struct Trial {
    pub site: Site,
    pub programs: Programs,
}

impl Trial {
    pub fn new() -> Self {
        Self::with(Config {
            videos: 300,
            topical: 300,
            limit: (10_000, 10),
            ..Config::default()
        })
    }

    pub fn with(config: Config) -> Self {
        Self {
            site: start(config).unwrap(),
            programs: Programs::get(),
        }
    }

    /// The arguments that name PeerTube.
    pub fn peertube(&self) -> Vec<String> {
        let base = &self.site.urls().peertube;
        let site = base.replace("http://", "peertube:");
        words(&["--site", &site, "--base-url", base])
    }

    /// The arguments that name Bilibili.
    pub fn bilibili(&self) -> Vec<String> {
        let urls = self.site.urls();
        let bases = [&urls.www, &urls.i0, &urls.i1];
        let bases = bases
            .into_iter()
            .flat_map(|url| words(&["--base-url", url]));
        words(&["--site", "bilibili"])
            .into_iter()
            .chain(bases)
            .collect()
    }

    pub fn spawn(&self, site: &[String], rest: &[&str]) -> Running {
        let pace = PACE.to_string();
        let mut args = words(&["run", "--json", "--pool", "negative"]);
        if !rest.contains(&"--pace") {
            args.extend(words(&["--pace", &pace]));
        }
        args.extend(site.iter().cloned());
        args.extend(words(rest));
        self.programs.spawn("crawler", args)
    }

    pub fn run(&self, site: &[String], rest: &[&str]) -> Output {
        self.spawn(site, rest).wait()
    }

    pub fn crawler(&self, args: &[&str]) -> Output {
        self.programs.run("crawler", args)
    }

    pub fn status(&self) -> Value {
        self.crawler(&["status", "--json"]).json.unwrap()
    }

    /// How long the first host that is in a cool-down has to be waited for, milliseconds.
    pub fn waits_ms(&self) -> i64 {
        let until = self.status()["waiting"][0]["until"].as_i64().unwrap();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        until - now.unwrap().as_millis() as i64
    }

    /// What an export says of every cover, by cover.
    pub fn exported(&self) -> Vec<Value> {
        let folder = self.programs.home().join("exported");
        let output = self.crawler(&["export", folder.to_str().unwrap(), "--all"]);
        assert_eq!(output.code, 0, "{}", output.stderr);
        let text = std::fs::read_to_string(folder.join("metadata.jsonl")).unwrap();
        let rows = text.lines().map(serde_json::from_str);
        rows.collect::<Result<_, _>>().unwrap()
    }

    /// Pages of all crawls in a state, by `status`.
    pub fn pages(&self, state: &str) -> u64 {
        let status = self.status();
        let crawls = status["crawls"].as_array().unwrap();
        crawls
            .iter()
            .map(|crawl| crawl["pages"][state].as_u64().unwrap())
            .sum()
    }

    /// Whether every stored cover has an image that matches its hash.
    pub fn verifies(&self) -> bool {
        let output = self.crawler(&["verify", "--json"]);
        output.code == 0 && output.json.unwrap()["damaged"] == serde_json::json!([])
    }

    /// Requests to one imitated host.
    pub fn asked(&self, host: &str) -> Vec<Entry> {
        self.site
            .log()
            .into_iter()
            .filter(|e| e.host == host)
            .collect()
    }

    /// Paths that were asked for more than once, and how often beyond the first.
    pub fn again(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for entry in self.site.log() {
            *counts
                .entry(format!("{} {}", entry.host, entry.path))
                .or_insert(0) += 1;
        }
        counts.retain(|_, n| *n > 1);
        counts.into_iter().map(|(path, n)| (path, n - 1)).collect()
    }

    /// Addresses of covers that the site has, taken from a crawl with another database.
    pub fn covers(&self, count: usize) -> Vec<String> {
        let scout = Programs::get();
        let mut args = words(&["run", "--pool", "negative", "--pace", "1", "--random"]);
        args.push(count.to_string());
        args.extend(self.peertube());
        assert_eq!(scout.run("crawler", args).code, 0);
        let covers = self.asked("peertube").into_iter().map(|e| e.path);
        covers
            .filter(|path| path.starts_with("/lazy-static/"))
            .collect()
    }

    /// A list of addresses on PeerTube's host.
    pub fn list(&self, paths: &[String]) -> PathBuf {
        let base = &self.site.urls().peertube;
        let lines: Vec<_> = paths.iter().map(|path| format!("{base}{path}")).collect();
        let file = self.programs.home().join("list.txt");
        std::fs::write(&file, lines.join("\n")).unwrap();
        file
    }

    /// Imports a list of addresses on PeerTube's host.
    pub fn import(&self, list: &std::path::Path, rest: &[&str]) -> Output {
        let (list, pace) = (list.to_str().unwrap(), PACE.to_string());
        let mut args = words(&[
            "import", list, "--json", "--pool", "positive", "--pace", &pace,
        ]);
        args.extend(words(&["--base-url", &self.site.urls().peertube]));
        args.extend(words(rest));
        self.programs.run("crawler", args)
    }
}

pub fn words(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

pub fn status(status: u16) -> Behaviour {
    Behaviour::Status {
        status,
        retry_after: None,
    }
}

pub fn throttled(retry_after: Option<RetryAfter>) -> Behaviour {
    Behaviour::Status {
        status: 429,
        retry_after,
    }
}

pub fn text(content_type: &str, body: &str) -> Behaviour {
    Behaviour::Body {
        content_type: content_type.into(),
        body: body.into(),
    }
}

/// The least time between two requests that follow each other.
pub fn least_gap(entries: &[Entry]) -> u64 {
    let gaps = entries.windows(2).map(|pair| pair[1].at_ms - pair[0].at_ms);
    gaps.min().unwrap_or(u64::MAX)
}
