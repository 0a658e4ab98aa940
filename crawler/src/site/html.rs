//! Sites of web pages, told by a [`Profile`]: lists, sitemaps, pages of videos.

mod attributes;
pub mod charset;
mod claims;
pub mod facts;
mod json_ld;
mod page;
pub mod pick;
mod read;
pub mod sitemap;

use cli::{Failure, Result};
use store::frontier::Kind;
use url::Url;

use super::profile::{FLOOR_MS, Profile};
use super::{Lead, Mode, Place};
use crate::origin::{Bases, origin};
use crate::sample::{mix, nth};
use claims::Claims;

/// A search's pages end here if not earlier.
const MOST_PAGES: u32 = 1000;
/// Lists come after the pages and covers that they brought.
const LIST_RANK: i64 = 1 << 40;
/// A step of a walk, against a chance below it.
const STEP_RANK: i64 = 1 << 32;

/// One site.
#[derive(Debug, Clone)]
pub struct Html {
    profile: Profile,
    bases: Bases,
    /// Shared by all that read pages of one crawl.
    claims: Claims,
}

impl Html {
    /// Of several base URLs the first stands in for the pages, the others for image hosts.
    pub fn new(profile: Profile, bases: Bases) -> Self {
        Self {
            profile,
            bases,
            claims: Claims::default(),
        }
    }

    pub(super) fn name(&self) -> String {
        format!("html:{}", self.profile.name)
    }

    pub(super) fn bases(&self) -> &Bases {
        &self.bases
    }

    pub(super) fn floor_ms(&self) -> i64 {
        self.profile.pace_ms
    }

    pub(super) fn check(&self, mode: &Mode) -> Result<()> {
        let video = &self.profile.video;
        let (has, what) = match mode {
            Mode::Random => (self.profile.random.is_some(), "[random]"),
            Mode::Search(_) => (self.profile.search.is_some(), "[search]"),
            Mode::RelatedTo(_) => (video.related.is_some(), "`related` in [video]"),
            Mode::List => (false, "lists of URLs"),
        };
        if !has {
            return Err(Failure::usage(format!(
                "{} cannot be asked in this way: its profile has no {what}\ndocs/sites/example.toml explains every entry.",
                self.name()
            )));
        }
        let Mode::RelatedTo(urls) = mode else {
            return Ok(());
        };
        match urls.iter().find(|text| self.video_page(text).is_none()) {
            None => Ok(()),
            Some(text) => Err(Failure::usage(format!(
                "`{text}` is no page of a video\n{} has them at {}{}…",
                self.name(),
                origin(&self.profile.home),
                video.path
            ))),
        }
    }

    pub(super) fn stand_in(&self, url: &Url) -> Option<usize> {
        let host = url.host_str()?;
        if self.profile.home.host_str() == Some(host) {
            return Some(0);
        }
        let image = self.profile.images.iter().position(|own| own == host)?;
        Some((1 + image).min(self.bases.len().saturating_sub(1)))
    }

    pub(super) fn group(&self, url: &Url) -> (String, i64) {
        let pace = self.profile.pace_ms;
        if self.is_home(url) {
            return (origin(&self.profile.home), pace);
        }
        let played = self.bases.position(url).is_some();
        let listed = |host| self.profile.images.iter().any(|own| own == host);
        match played || url.host_str().is_some_and(listed) {
            true => (format!("{} images", self.name()), pace),
            false => (origin(url), FLOOR_MS),
        }
    }

    fn is_home(&self, url: &Url) -> bool {
        let home = &self.profile.home;
        let played = self.bases.position(url) == Some(0);
        played || (home.host_str() == url.host_str() && home.port() == url.port())
    }

    /// The page of a video, if the address is one.
    fn video_page(&self, text: &str) -> Option<Url> {
        self.video(self.profile.home.join(text).ok()?)
    }

    /// As the site has it, also of an imitation.
    fn video(&self, url: Url) -> Option<Url> {
        let fits = self.is_home(&url) && url.path().starts_with(&self.profile.video.path);
        let url = fits.then(|| Bases::at(&self.profile.home, &url))?;
        read::without_fragment(url)
    }

    /// One list, or the first page.
    pub fn probe(&self) -> (Url, Kind) {
        let random = self.profile.random.as_ref();
        let list = random.and_then(|r| {
            r.sitemap
                .clone()
                .or_else(|| Some(page(r.list.as_ref()?, 1)))
        });
        let url = list.and_then(|text| self.profile.at(&text));
        (url.unwrap_or_else(|| self.profile.home.clone()), Kind::List)
    }

    pub(super) fn plan(&self, mode: &Mode, place: Place) -> Option<Vec<Lead>> {
        let n = place.planned;
        let first = n == 0;
        let list = |text: &str| Some(vec![self.list(self.profile.at(text)?, n)]);
        match mode {
            Mode::Random => {
                let random = self.profile.random.as_ref()?;
                if let Some(map) = random.sitemap.as_ref().filter(|_| first) {
                    return list(map);
                }
                let pages = u64::from(random.pages);
                let at = (u64::from(n) < pages)
                    .then(|| 1 + nth(u64::from(place.seed), pages, u64::from(n)))?;
                list(&page(random.list.as_ref()?, at))
            }
            Mode::Search(text) => {
                let search = &self.profile.search.as_ref()?.list;
                let paged = search.contains("{page}") && self.profile.list.next.is_none();
                let ended = place.total == Some(0) || n >= MOST_PAGES;
                if !first && (!paged || ended) {
                    return None;
                }
                list(&page_of(search, text, u64::from(n) + 1))
            }
            Mode::RelatedTo(urls) if first => {
                let pages = urls.iter().filter_map(|text| self.video_page(text));
                Some(pages.map(|url| self.lead(url, 0, 0)).collect())
            }
            _ => None,
        }
    }

    fn list(&self, url: Url, n: u32) -> Lead {
        Lead {
            kind: Kind::List,
            rank: LIST_RANK + i64::from(n),
            ..self.lead(url, 0, 0)
        }
    }

    fn lead(&self, url: Url, depth: u32, chance: i64) -> Lead {
        Lead {
            kind: Kind::Video,
            rank: chance + STEP_RANK * i64::from(depth),
            depth,
            key: Some(key(&url)),
            url,
        }
    }
}

fn page(list: &str, n: u64) -> String {
    list.replace("{page}", &n.to_string())
}

/// The `n`th list of a search.
fn page_of(list: &str, text: &str, n: u64) -> String {
    let query: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    page(&list.replace("{query}", &query), n)
}

/// The address without its host: an imitation's videos are the site's.
fn key(url: &Url) -> String {
    match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    }
}

/// Below [`STEP_RANK`], from the seed and an address (FNV-1a, then mixed).
fn chance(text: &str, seed: u32) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (mix(hash ^ u64::from(seed)) % (1 << 32)).cast_signed()
}

#[cfg(test)]
mod tests;
