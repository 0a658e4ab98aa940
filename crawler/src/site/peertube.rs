//! PeerTube's REST API, as versions 6 to 8.2 speak it: lists and search, of the instance's own
//! videos that are not live.
//!
//! - [`windows`]: which parts of a list are asked for, when videos are to be met at random
//! - [`video`]: an element of a list, and which of its pictures is the cover

mod video;
mod windows;

use cli::{Failure, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::frontier::Kind;
use url::Url;

use super::json;
use super::{Body, Lead, Mode, Place, Reading};
use crate::fault::Fault;
use crate::origin::Bases;
use crate::sample::mix;

/// Between two requests, milliseconds. An instance's default limit is five a second.
pub const FLOOR_MS: i64 = 1000;
/// Most hits that a request brings.
const SEARCH_PAGE: u64 = 100;
/// More videos than the whole network has are no number of one instance's.
const MOST: f64 = 1e8;
/// Covers of a crawl are asked for before its lists; lists in their order.
const LIST_RANK: i64 = 1 << 20;

/// What is done with videos that their instance marks as not safe for work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Nsfw {
    /// They are left out.
    #[default]
    Exclude,
    /// They are taken like others.
    Include,
    /// Others are left out.
    Only,
}

impl Nsfw {
    /// Whether nothing was chosen.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// As the API's `nsfw`.
    fn param(self) -> &'static str {
        match self {
            Self::Exclude => "false",
            Self::Include => "both",
            Self::Only => "true",
        }
    }

    fn leaves_out(self, nsfw: Option<bool>) -> bool {
        match self {
            Self::Exclude => nsfw == Some(true),
            Self::Include => false,
            Self::Only => nsfw == Some(false),
        }
    }
}

/// One instance.
#[derive(Debug, Clone)]
pub struct Peertube {
    /// `HOST` or `HOST:PORT`, as typed.
    host: String,
    home: Url,
    bases: Bases,
    nsfw: Nsfw,
}

impl Peertube {
    /// The instance at `host`, reached by the base URL with that host and port, else by the
    /// first base URL, else over https.
    ///
    /// # Errors
    /// A host that is none.
    pub fn new(host: &str, bases: Bases) -> Result<Self> {
        let home = Url::parse(&format!("https://{host}/"))
            .ok()
            .filter(|url| url.path() == "/" && url.query().is_none() && url.username().is_empty())
            .ok_or_else(|| {
                Failure::usage(format!(
                    "`peertube:{host}` names no host\nWrite peertube:HOST or peertube:HOST:PORT, for example peertube:video.example."
                ))
            })?;
        Ok(Self {
            host: host.to_ascii_lowercase(),
            home,
            bases,
            nsfw: Nsfw::default(),
        })
    }

    pub(super) fn name(&self) -> String {
        format!("peertube:{}", self.host)
    }

    pub(super) fn bases(&self) -> &Bases {
        &self.bases
    }

    pub(super) fn with_nsfw(self, nsfw: Nsfw) -> Self {
        Self { nsfw, ..self }
    }

    /// # Errors
    /// A search for nothing in particular, and one that is an address: an instance looks that up,
    /// and may fetch it from elsewhere for whoever asks.
    pub(super) fn check_search(text: &str) -> Result<()> {
        let start = text.trim_start().get(..8).unwrap_or(text.trim_start());
        let start = start.to_ascii_lowercase();
        if start.starts_with("http://") || start.starts_with("https://") {
            return Err(Failure::usage(
                "an address cannot be searched for\nAn instance would fetch it from elsewhere. Give words, such as --search cat.",
            ));
        }
        Ok(())
    }

    pub(super) fn is_own(&self, url: &Url) -> bool {
        url.host_str() == self.home.host_str()
            && url.port_or_known_default() == self.home.port_or_known_default()
    }

    fn root(&self) -> Url {
        let own = self.bases.own(&self.home);
        own.or_else(|| self.bases.nth(0).cloned())
            .unwrap_or_else(|| self.home.clone())
    }

    fn lead(&self, path: &str, query: &[(&str, &str)], n: u32) -> Lead {
        let mut url = self.root();
        url.set_path(path);
        // Of other instances' videos nobody has read the robots.txt, and lives have no picture of
        // their own.
        let wanted = [
            ("isLocal", "true"),
            ("isLive", "false"),
            ("nsfw", self.nsfw.param()),
        ];
        url.query_pairs_mut()
            .extend_pairs(query)
            .extend_pairs(wanted);
        Lead {
            kind: Kind::List,
            url,
            rank: LIST_RANK + i64::from(n),
            depth: 0,
            key: None,
        }
    }

    fn list(&self, start: u64, count: u64, n: u32) -> Lead {
        let (start, count) = (start.to_string(), count.to_string());
        let query = [
            ("start", start.as_str()),
            ("count", &count),
            // One uploader's videos do not stand together by duration.
            ("sort", "-duration"),
        ];
        self.lead("/api/v1/videos", &query, n)
    }

    fn hits(&self, text: &str, start: u64, n: u32) -> Lead {
        let (start, count) = (start.to_string(), SEARCH_PAGE.to_string());
        let query = [
            ("search", text),
            ("start", start.as_str()),
            ("count", &count),
            ("searchTarget", "local"),
        ];
        self.lead("/api/v1/search/videos", &query, n)
    }

    /// One request for the number of videos; a second address for asking how it can be asked.
    pub fn probe(&self) -> Url {
        self.list(0, 1, 0).url
    }

    pub(super) fn plan(&self, mode: &Mode, place: Place) -> Option<Vec<Lead>> {
        let n = u64::from(place.planned);
        match (mode, place.total) {
            (Mode::Random, _) if n == 0 => Some(vec![self.list(0, 1, 0)]),
            (Mode::Random, Some(total)) => {
                let window = windows::draw(total, u64::from(place.seed), n - 1)?;
                Some(vec![self.list(window.start, window.count, place.planned)])
            }
            (Mode::Search(text), _) if n == 0 => Some(vec![self.hits(text, 0, 0)]),
            (Mode::Search(text), Some(total)) => {
                let start = n * SEARCH_PAGE;
                (start < total).then(|| vec![self.hits(text, start, place.planned)])
            }
            _ => None,
        }
    }

    /// The request that only asks how many videos there are brings no video: the first of a
    /// list is not a random one.
    pub(super) fn read(&self, mode: &Mode, body: Body<'_>) -> Result<Reading, Fault> {
        let list = json::first(&String::from_utf8_lossy(body.bytes))
            .ok_or_else(|| Fault::NotUnderstood("the answer is empty".to_owned()))?
            .map_err(|error| Fault::NotUnderstood(format!("no list of videos: {error}")))?;
        let data = list["data"].as_array();
        let data = data.ok_or_else(|| Fault::NotUnderstood("no list of videos".to_owned()))?;
        let (start, count) = (part(body.url, "start"), part(body.url, "count"));
        let random = *mode == Mode::Random;
        let told = video::number(&list["total"]).filter(|n| (0.0..=MOST).contains(n));
        let told = told.map(|total| total as u64);
        // Behind the last hit there is none, whatever the list says.
        let told = told.filter(|_| random || !data.is_empty());
        let only_total = random && count == Some(1);
        let mut reading = Reading {
            total: told.or_else(|| reached(mode, start, data.len())),
            ..Reading::default()
        };
        if only_total {
            let why = "the list does not say how many videos there are";
            return match told {
                Some(_) => Ok(reading),
                None => Err(Fault::NotUnderstood(why.to_owned())),
            };
        }
        if random && data.is_empty() {
            reading.missing = Some("there are fewer videos than there were".to_owned());
        }
        let drawn = count.zip(told).filter(|_| random);
        let step = drawn.map_or(1, |(count, total)| windows::step(count, total));
        for video in data.iter().step_by(step) {
            self.take(video, body.url, &mut reading);
        }
        if random {
            // The crawl may have enough in the middle of an answer, and its beginning is no more
            // likely than its end.
            let salt = u64::from(body.seed) ^ start.unwrap_or(0).rotate_left(32);
            shuffle(&mut reading.candidates, salt);
        }
        Ok(reading)
    }

    fn take(&self, video: &Value, page: &Url, reading: &mut Reading) {
        if let Some(why) = self.unwanted(video) {
            return reading.skip(|| format!("{why}: {video}"));
        }
        match video::candidate(video, page) {
            Ok(candidate) => reading.candidates.push(candidate),
            Err(why) => reading.skip(|| why),
        }
    }

    /// What an instance lists though it was not asked for: versions differ in what they filter.
    fn unwanted(&self, video: &Value) -> Option<&'static str> {
        if video["isLocal"] == Value::Bool(false) {
            return Some("a video of another instance");
        }
        if video["isLive"] == Value::Bool(true) {
            return Some("a live stream");
        }
        let nsfw = video["nsfw"].as_bool();
        self.nsfw.leaves_out(nsfw).then_some("against --nsfw")
    }
}

fn part(url: &Url, name: &str) -> Option<u64> {
    let mut pairs = url.query_pairs();
    let (_, value) = pairs.find(|(own, _)| own == name)?;
    value.parse().ok()
}

/// How many hits there are at least, where a search does not say so: one more than have come, as
/// long as answers are full.
fn reached(mode: &Mode, start: Option<u64>, came: usize) -> Option<u64> {
    let came = u64::try_from(came).ok()?;
    let more = u64::from(came >= SEARCH_PAGE);
    let reached = start?.checked_add(came)?.checked_add(more)?;
    matches!(mode, Mode::Search(_)).then_some(reached)
}

/// Fisher and Yates, keyed.
fn shuffle<T>(items: &mut [T], salt: u64) {
    for last in (1..items.len()).rev() {
        let other = mix(salt ^ mix(last as u64)) % (last as u64 + 1);
        items.swap(last, usize::try_from(other).unwrap_or(last));
    }
}

#[cfg(test)]
mod tests;
