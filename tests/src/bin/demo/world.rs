//! The sites of the demo, imitated on loopback, and the truth about what they show.

use std::path::Path;

use anyhow::{Context, Result};
use tests::site::pictures::Pictures;
use tests::site::{Config, Site, start};

/// Milliseconds between two requests to a host: it is our own.
const PACE: &str = "5";
/// More than the imitation's default: with real sites, an evening passes instead.
const REQUESTS_IN_TEN_SECONDS: u32 = 5000;

/// One crawl: what the crawler is told, and how it is told to people.
pub struct Crawl {
    pub what: String,
    pub args: Vec<String>,
}

pub struct World {
    site: Site,
}

impl World {
    /// Drawn covers, or photos from `images/cat` and `images/other`.
    pub fn new(images: Option<&Path>, seed: u64) -> Result<Self> {
        let pictures = match images {
            None => Pictures::Drawn,
            Some(folder) => Pictures::from_folder(folder)
                .with_context(|| format!("cannot use the photos in {}", folder.display()))?,
        };
        let limit = (REQUESTS_IN_TEN_SECONDS, 10);
        let config = Config {
            seed,
            pictures,
            limit,
            ..Config::default()
        };
        Ok(Self {
            site: start(config)?,
        })
    }

    /// Random videos and searched ones from PeerTube; random old pages and a walk from cat
    /// videos on Bilibili. Each brings the share of `negatives` or `positives` that it gets.
    pub fn crawls(&self, negatives: u32, positives: u32) -> Vec<Crawl> {
        let urls = self.site.urls();
        let host = urls.peertube.trim_start_matches("http://");
        let peertube = (format!("peertube:{host}"), vec![urls.peertube.clone()]);
        let bilibili = (
            "bilibili".to_owned(),
            vec![urls.www.clone(), urls.i0.clone(), urls.i1.clone()],
        );
        let related: Vec<&str> = urls.cat_pages.iter().map(String::as_str).collect();
        let random = |n: u32| {
            vec![
                "--pool".into(),
                "negative".into(),
                "--random".into(),
                n.to_string(),
            ]
        };
        let sought = |how: &[&str], n: u32| {
            let mut args = vec!["--pool".to_owned(), "positive".to_owned()];
            args.extend(how.iter().map(|word| (*word).to_owned()));
            args.extend(["--count".to_owned(), n.to_string()]);
            args
        };
        let walk = [&["--related-to"][..], &related, &["--keyword", "cat", "猫"]].concat();
        let (half, rest) = (negatives / 2, negatives - negatives / 2);
        let (most, few) = (positives - positives / 3, positives / 3);
        vec![
            crawl(
                &peertube,
                format!("{half} random videos of a PeerTube instance"),
                random(half),
            ),
            crawl(
                &bilibili,
                format!("{rest} random old videos of Bilibili"),
                random(rest),
            ),
            crawl(
                &peertube,
                format!("{most} found by searching for cat"),
                sought(&["--search", "cat"], most),
            ),
            crawl(
                &bilibili,
                format!("{few} related to cat videos"),
                sought(&walk, few),
            ),
        ]
    }

    /// Whether the video with this page shows a cat.
    pub fn is_cat(&self, page: &str) -> bool {
        self.site.truth_of_page(page).unwrap_or(false)
    }

    /// Requests that the sites got so far.
    pub fn requests(&self) -> usize {
        self.site.log().len()
    }
}

fn crawl((site, bases): &(String, Vec<String>), what: String, how: Vec<String>) -> Crawl {
    let mut args: Vec<String> = ["run", "--site", site, "--pace", PACE]
        .map(str::to_owned)
        .into();
    for base in bases {
        args.extend(["--base-url".to_owned(), base.clone()]);
    }
    args.extend(how);
    Crawl { what, args }
}
