//! PeerTube's REST API: lists, search, thumbnails in the old and the new form.

use cli::{Failure, Result};
use serde::Deserialize;
use serde_json::Value;
use store::frontier::Kind;
use url::Url;

use super::{Body, Candidate, Lead, Mode, Place, Reading};
use crate::date::iso8601;
use crate::fault::Fault;
use crate::origin::Bases;
use crate::sample::nth;
use crate::text::clean;

/// Between two requests, milliseconds. An instance's default limit is five a second.
pub const FLOOR_MS: i64 = 1000;
/// Videos of a random window. All of them are taken, so windows must be of videos that have
/// nothing in common: the list is asked for by duration, where one uploader's do not stand
/// together. Fewer would cost more requests a cover.
const WINDOW: u64 = 10;
/// Most hits that a request brings.
const SEARCH_PAGE: u64 = 100;
/// Covers of a crawl are asked for before its lists; lists in their order.
const LIST_RANK: i64 = 1 << 20;

/// One instance.
#[derive(Debug, Clone)]
pub struct Peertube {
    /// `HOST` or `HOST:PORT`, as typed.
    host: String,
    home: Url,
    bases: Bases,
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
        })
    }

    pub(super) fn name(&self) -> String {
        format!("peertube:{}", self.host)
    }

    pub(super) fn bases(&self) -> &Bases {
        &self.bases
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
        url.query_pairs_mut().extend_pairs(query);
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
            ("sort", "-duration"),
            ("isLocal", "true"),
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
                let windows = total.div_ceil(WINDOW);
                let start =
                    (n <= windows).then(|| WINDOW * nth(u64::from(place.seed), windows, n - 1))?;
                Some(vec![self.list(start, WINDOW, place.planned)])
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
        let list: List = serde_json::from_slice(body.bytes)
            .map_err(|error| Fault::NotUnderstood(format!("no list of videos: {error}")))?;
        let only_total = *mode == Mode::Random
            && body
                .url
                .query_pairs()
                .any(|(name, value)| name == "count" && value == "1");
        let mut reading = Reading {
            total: Some(list.total),
            ..Reading::default()
        };
        for value in list.data {
            match self.candidate(value, body.url) {
                Some(candidate) if !only_total => reading.candidates.push(candidate),
                Some(_) => {}
                None => reading.skipped += 1,
            }
        }
        Ok(reading)
    }

    fn candidate(&self, value: Value, page: &Url) -> Option<Candidate> {
        let video: Video = serde_json::from_value(value).ok()?;
        let cover = video.cover()?;
        // Relative to the host that was asked, even for a video of another one.
        let image = page.join(&cover).ok()?.to_string();
        let watch = video
            .url
            .filter(|url| url.starts_with("https://") || url.starts_with("http://"))
            .unwrap_or_else(|| {
                page.join(&format!("/w/{}", video.uuid))
                    .map_or_else(|_| String::new(), String::from)
            });
        let owner = video.account.as_ref().and_then(Account::id);
        Some(Candidate {
            key: video.uuid,
            url: watch,
            title: clean(&video.name),
            owner,
            owner_name: video
                .account
                .and_then(|a| a.display_name)
                .map(|name| clean(&name)),
            published_at: video.published_at.as_deref().and_then(iso8601),
            duration_ms: video.duration.map(|s| s * 1000),
            tags: video.tags.iter().flatten().map(|tag| clean(tag)).collect(),
            ask: image.clone(),
            image_url: image,
        })
    }
}

#[derive(Deserialize)]
struct List {
    total: u64,
    data: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Video {
    uuid: String,
    url: Option<String>,
    #[serde(default)]
    name: String,
    duration: Option<i64>,
    published_at: Option<String>,
    account: Option<Account>,
    tags: Option<Vec<String>>,
    preview_path: Option<String>,
    thumbnail_path: Option<String>,
    thumbnails: Option<Vec<Thumbnail>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    name: Option<String>,
    display_name: Option<String>,
    host: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Thumbnail {
    file_url: Option<String>,
    #[serde(default)]
    width: u64,
    #[serde(default)]
    height: u64,
}

impl Account {
    fn id(&self) -> Option<String> {
        Some(format!(
            "{}@{}",
            self.name.as_deref()?,
            self.host.as_deref()?
        ))
    }
}

impl Video {
    /// The largest thumbnail, else the preview, else the small one.
    fn cover(&self) -> Option<String> {
        let largest = self
            .thumbnails
            .iter()
            .flatten()
            .filter(|t| t.file_url.is_some())
            .max_by_key(|t| t.width * t.height);
        let paths = [&self.preview_path, &self.thumbnail_path];
        largest
            .and_then(|t| t.file_url.clone())
            .or_else(|| paths.into_iter().flatten().next().cloned())
            .filter(|path| !path.is_empty())
    }
}

#[cfg(test)]
mod tests;
