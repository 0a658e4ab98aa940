//! Bilibili's public video pages and image hosts. Its API is never asked: its robots.txt
//! forbids that.

mod archive;
mod page;
mod state;

use cli::{Failure, Result};
use store::frontier::Kind;
use url::Url;

use super::{Body, Candidate, Lead, Mode, Place, Reading, bv};
use crate::fault::Fault;
use crate::origin::{Bases, origin};
use crate::sample::{mix, nth};
use archive::Archive;
use page::Page;
use state::State;

/// Between two pages, milliseconds: people report bans at 3 s.
pub const PAGE_FLOOR_MS: i64 = 4000;
/// Between two pictures, milliseconds.
pub const IMAGE_FLOOR_MS: i64 = 1000;
/// Upload numbers were given in order up to about here, in March 2020; later ones are too
/// sparse to be met at random.
const DENSE: u64 = 100_000_000;
/// Random pages planned at once: two in five may be misses.
const AHEAD: u64 = 4;
/// Small, its proportions kept; the address without it is the original.
const SMALLER: &str = "@480w.jpg";
/// Hosts whose addresses name videos; `b23.tv` with an id is the short form of their pages'.
const HOSTS: [&str; 5] = [
    "www.bilibili.com",
    "bilibili.com",
    "m.bilibili.com",
    "player.bilibili.com",
    "b23.tv",
];
/// The image hosts serve the same objects, so they share one pace.
const IMAGE_GROUP: &str = "hdslb.com";

/// How much later a step further from the beginning comes, against a chance of 1000: most
/// walks turn back to the beginning before they lose its subject.
const STEP_RANK: i64 = 700;
/// Pages of videos whose titles do not tell whether they are looked for come after all whose do:
/// only their own pages have tags and a region.
const UNTOLD_RANK: i64 = 1 << 20;
/// Pages of videos that are known already come last: only what they recommend may be new.
const KNOWN_RANK: i64 = 1 << 30;
/// A walk that is this far from its beginning ends.
const DEEPEST: u32 = 8;

/// Bilibili.
#[derive(Debug, Clone)]
pub struct Bilibili {
    bases: Bases,
    home: Url,
}

impl Bilibili {
    /// Of several base URLs the first stands in for the pages, the others for image hosts.
    pub fn new(bases: Bases) -> Self {
        let real = Url::parse("https://www.bilibili.com/").expect("the address is well-formed");
        let home = bases.nth(0).cloned().unwrap_or(real);
        Self { bases, home }
    }

    pub(super) fn bases(&self) -> &Bases {
        &self.bases
    }

    pub(super) fn stand_in(&self, url: &Url) -> Option<usize> {
        let host = url.host_str()?;
        let images = (self.bases.len().saturating_sub(1)).max(1);
        if is_image_host(host) {
            let digit = host.as_bytes().get(1).filter(|b| b.is_ascii_digit());
            let number = digit.map_or(0, |b| b - b'0');
            return Some(if self.bases.len() > 1 {
                1 + usize::from(number) % images
            } else {
                0
            });
        }
        (host == "bilibili.com" || host == "www.bilibili.com").then_some(0)
    }

    pub(super) fn group(&self, url: &Url) -> (String, i64) {
        if url.host_str().is_some_and(is_image_host) {
            return (IMAGE_GROUP.to_owned(), IMAGE_FLOOR_MS);
        }
        match self.bases.position(url) {
            Some(n) if n > 0 => {
                let first = self.bases.nth(1).map(origin).unwrap_or_default();
                (format!("{IMAGE_GROUP} at {first}"), IMAGE_FLOOR_MS)
            }
            _ => (origin(url), PAGE_FLOOR_MS),
        }
    }

    /// Whether all of these are pages of videos.
    pub(super) fn check(&self, urls: &[String]) -> Result<()> {
        for text in urls {
            if self.video_page(text).is_none() {
                return Err(Failure::usage(format!(
                    "`{text}` is no page of a video\nWrite it as https://www.bilibili.com/video/BV…, or as its BV id. A short link without such an id must be opened in a browser first; an id with a letter wrong is none."
                )));
            }
        }
        Ok(())
    }

    fn page(&self, name: &str) -> Url {
        let mut url = self.home.clone();
        // Without the last slash the site answers with a redirect.
        url.set_path(&format!("/video/{name}/"));
        url
    }

    /// The page and its key, for a URL or an id as people paste them.
    fn video_page(&self, text: &str) -> Option<(Url, String)> {
        let text = text.trim();
        let aid = match self.address(text) {
            Some(url) => in_address(&url)?,
            None => bv::parse(text.split(['?', '#', '&', '/']).next()?)?,
        };
        let key = bv::encode(aid);
        Some((self.page(&key), key))
    }

    /// The text as an address of the site's, with or without its scheme.
    fn address(&self, text: &str) -> Option<Url> {
        let bare = text.trim_start_matches('/');
        let urls = [Url::parse(text), Url::parse(&format!("https://{bare}"))];
        urls.into_iter().flatten().find(|url| {
            matches!(url.scheme(), "http" | "https")
                && (self.bases.position(url) == Some(0)
                    || url.host_str().is_some_and(|host| HOSTS.contains(&host)))
        })
    }

    /// One page that has long been there.
    pub fn probe(&self) -> Url {
        self.page(&bv::encode(170_001))
    }

    pub(super) fn plan(&self, mode: &Mode, place: Place) -> Option<Vec<Lead>> {
        let lead = |url, key, rank| Lead {
            kind: Kind::Video,
            url,
            rank,
            depth: 0,
            key: Some(key),
        };
        match mode {
            Mode::Random => {
                let first = u64::from(place.planned) * AHEAD;
                let next = (first..first + AHEAD).take_while(|n| *n < DENSE);
                let leads: Vec<_> = next
                    .map(|n| {
                        let aid = 1 + nth(u64::from(place.seed), DENSE, n);
                        // By its number alone, an old video's page may come without its state.
                        let key = bv::encode(aid);
                        lead(self.page(&key), key, n.cast_signed())
                    })
                    .collect();
                (!leads.is_empty()).then_some(leads)
            }
            Mode::RelatedTo(urls) if place.planned == 0 => {
                let pages = urls.iter().filter_map(|text| self.video_page(text));
                Some(pages.map(|(url, key)| lead(url, key, 0)).collect())
            }
            _ => None,
        }
    }

    pub(super) fn read(
        &self,
        mode: &Mode,
        keywords: &[String],
        body: Body<'_>,
    ) -> Result<Reading, Fault> {
        let html = String::from_utf8_lossy(body.bytes);
        let missing = |reason| {
            Ok(Reading {
                missing: Some(reason),
                ..Reading::default()
            })
        };
        let state = match page::look(&html, body.url)? {
            Page::State(state) => State(state),
            Page::Missing(reason) => return missing(reason),
        };
        if let Some(reason) = state.missing()? {
            return missing(reason);
        }
        let Some(mut video) = state.video() else {
            // A series, a film: not of the kind that is looked for.
            return missing("the page is not about an uploaded video".to_owned());
        };
        let asked = || in_address(body.url);
        video.aid = video.aid.or_else(asked);
        let mut reading = Reading::default();
        let tags = state.tag_names();
        let fits = video.matches(&tags, keywords);
        if fits {
            self.take(&mut reading, &video, tags, body.url);
        }
        if matches!(mode, Mode::RelatedTo(_)) {
            // What is recommended beside something else is not looked at without a word for it.
            let anything = fits || body.depth == 0;
            self.walk(&mut reading, &state, (keywords, anything), body);
        }
        Ok(reading)
    }

    /// Takes what a page recommends and goes on there. Recommendations have neither tags nor a
    /// region: where the title does not tell, their own pages may, if `anything` is of interest.
    fn walk(
        &self,
        reading: &mut Reading,
        state: &State,
        (keywords, anything): (&[String], bool),
        body: Body<'_>,
    ) {
        for item in state.related() {
            let archive = Archive::of(item).or(Archive::of(&item["arc"]));
            let told = archive.matches(&[], keywords);
            if archive.aid.is_none() {
                reading.skip(|| format!("a recommendation without an id: {item}"));
            } else if told {
                self.take(reading, &archive, Vec::new(), body.url);
            }
            if told || anything {
                let step = self.step(&archive, body.depth.saturating_add(1), told);
                reading.pages.extend(step);
            }
        }
        if state.related_is_odd() {
            reading.skip(|| "recommendations that are no list".to_owned());
        }
    }

    fn take(&self, reading: &mut Reading, archive: &Archive, tags: Vec<String>, page: &Url) {
        match self.candidate(archive, tags, page) {
            Some(candidate) => reading.candidates.push(candidate),
            None => reading.skip(|| match archive.aid {
                Some(aid) => format!("{} has no cover, but `{}`", bv::encode(aid), archive.pic),
                None => format!("a video without an id: `{}`", archive.title),
            }),
        }
    }

    fn step(&self, archive: &Archive, depth: u32, told: bool) -> Option<Lead> {
        let aid = archive.aid.filter(|_| depth <= DEEPEST)?;
        if archive.redirected {
            return None;
        }
        let key = bv::encode(aid);
        let chance = (mix(aid) % 1000).cast_signed();
        let untold = if told { 0 } else { UNTOLD_RANK };
        Some(Lead {
            kind: Kind::Video,
            url: self.page(&key),
            rank: chance + STEP_RANK * i64::from(depth) + untold,
            depth,
            key: Some(key),
        })
    }

    fn candidate(&self, archive: &Archive, tags: Vec<String>, page: &Url) -> Option<Candidate> {
        let key = bv::encode(archive.aid?);
        let mut image = page.join(&archive.pic).ok()?;
        let original = image
            .path()
            .split('@')
            .next()
            .unwrap_or_default()
            .to_owned();
        // Placeholders and pictures of the page itself are elsewhere.
        if !original.starts_with("/bfs/") {
            return None;
        }
        image.set_path(&original);
        image.set_query(None);
        let image = match self.bases.own(&image) {
            Some(own) => own,
            None => super::secure(image),
        };
        Some(Candidate {
            url: self.page(&key).to_string(),
            key,
            ask: format!("{image}{SMALLER}"),
            image_url: image.to_string(),
            tags,
            ..archive.facts()
        })
    }
}

/// Later, for the page of a video whose cover is known.
pub fn known(rank: i64) -> i64 {
    rank + KNOWN_RANK
}

/// The number of the video that an address names: in its path, else in its query.
fn in_address(url: &Url) -> Option<u64> {
    let in_path = url.path().split('/').find_map(bv::parse);
    let in_query = || {
        let find = |name: &str| url.query_pairs().find(|(n, _)| n == name);
        let bvid = find("bvid").and_then(|(_, id)| bv::parse(&id));
        bvid.or_else(|| find("aid").and_then(|(_, number)| bv::parse(&format!("av{number}"))))
    };
    in_path.or_else(in_query)
}

fn is_image_host(host: &str) -> bool {
    ["hdslb.com", "biliimg.com"].iter().any(|own| {
        host.strip_suffix(own)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }) && host != "static.hdslb.com"
}

#[cfg(test)]
mod tests;
