//! Imitations of PeerTube and Bilibili on loopback, made after `docs`' description of both.
//!
//! A world of videos is a pure function of a seed ([`world`]); [`peertube`] and [`bilibili`]
//! tell of it in their site's own words; [`behave`] makes them misbehave; [`log`] remembers
//! who asked for what. Every imitated host listens on a port of its own.

pub mod behave;
mod bilibili;
pub mod bv;
mod control;
pub mod http;
mod limit;
pub mod log;
mod mix;
mod peertube;
pub mod pictures;
mod server;
pub mod world;

pub use behave::{Behaviour, RetryAfter, Rule};
pub use log::Entry;

use anyhow::{Context, Result};
use pictures::Pictures;
use serde::{Deserialize, Serialize};
use server::{Host, Shared};
use std::sync::Arc;
use tokio::runtime::Runtime;
use world::{CAT_LANE, Place, World};

/// How PeerTube says where thumbnails are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Thumbnails {
    /// `previewPath` and `thumbnailPath`, relative: before 8.1.
    Old,
    /// `thumbnails[]` with the paths null, as it may become.
    New,
    /// Both, as 8.1 to 8.2 do while the paths are deprecated.
    #[default]
    Both,
}

/// What to imitate.
#[derive(Clone, Debug)]
pub struct Config {
    /// Seed of all facts.
    pub seed: u64,
    /// Videos that PeerTube lists as its own.
    pub videos: u64,
    /// Videos that PeerTube finds for the topic.
    pub topical: u64,
    /// Further videos of PeerTube that are not safe for work.
    pub adult: u64,
    /// Further videos of PeerTube that are live.
    pub lives: u64,
    /// Of all videos, where that is the same, in seconds.
    pub duration: Option<u32>,
    /// Share of cats among videos met at random.
    pub hidden_cats: f64,
    /// Drawings or photos.
    pub pictures: Pictures,
    /// PeerTube's limit for its API: requests in so many seconds.
    pub limit: (u32, u64),
    /// Share of Bilibili's pages that are replaced by the captcha wall.
    pub captcha: f64,
    /// Whether the robots.txt of Bilibili's pages has a second group for all agents, which forbids
    /// everything.
    pub long_robots: bool,
    /// PeerTube's form.
    pub thumbnails: Thumbnails,
    /// The control port, or 0 for any free one; the others are always free ones.
    pub port: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seed: 1,
            videos: 20_000,
            topical: 5_000,
            adult: 12,
            lives: 3,
            duration: None,
            hidden_cats: 0.03,
            pictures: Pictures::Drawn,
            limit: (50, 10),
            captcha: 0.0,
            long_robots: false,
            thumbnails: Thumbnails::default(),
            port: 0,
        }
    }
}

/// Where the imitated hosts listen, as `http://127.0.0.1:PORT`, and where to begin.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Urls {
    /// The PeerTube instance.
    pub peertube: String,
    /// `www.bilibili.com`.
    pub www: String,
    /// `i0.hdslb.com`.
    pub i0: String,
    /// `i1.hdslb.com`.
    pub i1: String,
    /// `api.bilibili.com`, which forbids everything.
    pub api: String,
    /// For tests and the demo: `/_truth`, `/_log`, `/_behave`.
    pub control: String,
    /// Pages of cat videos on `www`, for walks that begin at one.
    pub cat_pages: Vec<String>,
}

/// Running imitations; they stop when this is dropped.
pub struct Site {
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

/// Starts all imitated hosts.
///
/// # Errors
/// If a port cannot be had.
pub fn start(config: Config) -> Result<Site> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the imitation's threads")?;
    let listeners = server::bind(config.port)?;
    let shared = Arc::new(Shared::new(config, &listeners)?);
    for (host, listener) in Host::ALL.into_iter().zip(listeners) {
        runtime.spawn(server::listen(shared.clone(), host, listener));
    }
    Ok(Site {
        shared,
        runtime: Some(runtime),
    })
}

impl Site {
    /// Where everything is.
    pub fn urls(&self) -> &Urls {
        &self.shared.urls
    }

    /// The facts behind the pages.
    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// Every request so far, in order of arrival.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.entries()
    }

    /// Adds a rule; older rules for the same path come first.
    pub fn behave(&self, rule: Rule) {
        self.shared.add(rule);
    }

    /// Whether the cover at `url` (or path, with or without an `@` suffix) shows a cat;
    /// `None` if there is no such cover.
    pub fn truth(&self, url: &str) -> Option<bool> {
        self.shared.truth(url)
    }

    /// The place in order of upload of the PeerTube video whose page is at `url`.
    pub fn upload(&self, url: &str) -> Option<u64> {
        let name = url.rsplit('/').next()?;
        peertube::id_of_page(self.shared.config.seed, name)
    }

    /// Whether the video whose page is at `url` has a cover that shows a cat; `None` if there
    /// is no such video.
    pub fn truth_of_page(&self, url: &str) -> Option<bool> {
        self.shared.truth_of_page(url)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        // A plain drop would wait, and may not be done inside another runtime.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Addresses of the first cat videos' pages.
fn cat_pages(world: &World, www: &str) -> Vec<String> {
    let cats = CAT_LANE
        .step_by(997)
        .filter(|&id| world.cover(Place::Bilibili, id).cat);
    cats.take(5)
        .map(|id| format!("{www}/video/{}/", bv::encode(id)))
        .collect()
}

#[cfg(test)]
mod tests;
