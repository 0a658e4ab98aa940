//! What sites and crawls tell each other.

use serde::{Deserialize, Serialize};
use store::NewVideo;
use store::frontier::{Kind, NewPage};
use url::Url;

/// A video with its cover's address.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Candidate {
    /// The site's own id.
    pub key: String,
    /// The page that a person opens.
    pub url: String,
    /// Cleaned text.
    pub title: String,
    /// The site's id of the uploader.
    pub owner: Option<String>,
    /// Cleaned text.
    pub owner_name: Option<String>,
    /// Unix milliseconds.
    pub published_at: Option<i64>,
    /// Milliseconds.
    pub duration_ms: Option<i64>,
    /// Cleaned texts.
    pub tags: Vec<String>,
    /// The cover's address as the site gives it.
    pub image_url: String,
    /// The address that is asked: a smaller size where the host offers one.
    pub ask: String,
}

/// What a page says.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Covers to fetch.
    pub candidates: Vec<Candidate>,
    /// Pages to visit, with the key of their video if that is known.
    pub pages: Vec<Lead>,
    /// Videos that the site says it has.
    pub total: Option<u64>,
    /// Why there is no video here, when there is none.
    pub missing: Option<String>,
    /// Parts that were not understood, for the log.
    pub skipped: u32,
    /// The first of them, in words.
    pub example: Option<String>,
}

/// A page to visit.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    /// List or video.
    pub kind: Kind,
    /// Its address.
    pub url: Url,
    /// Smaller is sooner.
    pub rank: i64,
    /// Steps from the beginning of a walk.
    pub depth: u32,
    /// The video that it is about.
    pub key: Option<String>,
}

/// How far a crawl's planning is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// Times that it planned.
    pub planned: u32,
    /// Videos that the site says it has.
    pub total: Option<u64>,
    /// Of all choices.
    pub seed: u32,
}

/// Hosts that share one pace, and the smallest gap between two requests to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// As in the table `host`.
    pub name: String,
    /// Milliseconds.
    pub floor_ms: i64,
}

/// An answer's body, and where it came from.
#[derive(Debug, Clone, Copy)]
pub struct Body<'a> {
    /// The last address.
    pub url: &'a Url,
    /// The bytes.
    pub bytes: &'a [u8],
    /// What the page was asked for.
    pub kind: Kind,
    /// Steps from the beginning of a walk.
    pub depth: u32,
    /// Of all choices.
    pub seed: u32,
}

impl Reading {
    /// Counts a part that is not understood, and keeps the first in words.
    pub fn skip(&mut self, words: impl FnOnce() -> String) {
        /// Of an example, in characters.
        const LONGEST: usize = 300;
        self.skipped = self.skipped.saturating_add(1);
        self.example.get_or_insert_with(|| {
            let words = crate::text::clean(&words());
            words.chars().take(LONGEST).collect()
        });
    }
}

impl Candidate {
    /// Whether title or tags hold one of these words, or none is asked for.
    pub fn matches(&self, words: &[String]) -> bool {
        let mut texts = vec![self.title.to_lowercase()];
        texts.extend(self.tags.iter().map(|tag| tag.to_lowercase()));
        let holds = |word: &String| texts.iter().any(|text| text.contains(&word.to_lowercase()));
        words.is_empty() || words.iter().any(holds)
    }

    /// As the store takes it.
    pub fn video(&self, site: &str) -> NewVideo {
        NewVideo {
            site: site.to_owned(),
            key: self.key.clone(),
            url: self.url.clone(),
            title: self.title.clone(),
            owner: self.owner.clone(),
            owner_name: self.owner_name.clone(),
            published_at: self.published_at,
            duration_ms: self.duration_ms,
            tags: self.tags.clone(),
        }
    }
}

impl Lead {
    /// As the frontier takes it.
    pub fn page(&self, group: Group) -> NewPage {
        NewPage {
            kind: self.kind,
            url: self.url.to_string(),
            host: group.name,
            floor_ms: group.floor_ms,
            rank: self.rank,
            owner: None,
            context: serde_json::json!({ "depth": self.depth }),
        }
    }
}
