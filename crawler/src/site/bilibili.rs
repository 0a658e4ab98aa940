//! Bilibili's public video pages and image hosts. Its API is never asked: its robots.txt
//! forbids that.

mod state;

use cli::{Failure, Result};
use store::frontier::Kind;
use url::Url;

use super::{Body, Candidate, Lead, Mode, Place, Reading, bv};
use crate::fault::Fault;
use crate::origin::{Bases, origin};
use crate::sample::{mix, nth};
use state::Archive;

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
/// The image hosts serve the same objects, so they share one pace.
const IMAGE_GROUP: &str = "hdslb.com";

/// How much later a step further from the beginning comes, against a chance of 1000: most
/// walks turn back to the beginning before they lose its subject.
const STEP_RANK: i64 = 700;
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
                    "`{text}` is no page of a video\nWrite it as https://www.bilibili.com/video/BV…, or as its BV id."
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

    /// The page and its key, for a URL or an id.
    fn video_page(&self, text: &str) -> Option<(Url, String)> {
        let path = match Url::parse(text) {
            Ok(url) => {
                let ours = self.bases.position(&url) == Some(0)
                    || matches!(
                        url.host_str(),
                        Some("www.bilibili.com" | "bilibili.com" | "m.bilibili.com")
                    );
                ours.then(|| url.path().to_owned())?
            }
            Err(_) => format!("/video/{text}"),
        };
        let name = path.strip_prefix("/video/")?.trim_end_matches('/');
        let aid = match name.strip_prefix("av") {
            Some(number) => number.parse().ok()?,
            None => bv::decode(name)?,
        };
        let key = bv::encode(aid);
        Some((self.page(&key), key))
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
                        lead(
                            self.page(&format!("av{aid}")),
                            bv::encode(aid),
                            n.cast_signed(),
                        )
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
        let state = state::embedded(body.bytes)?;
        if let Some(reason) = state.missing()? {
            return Ok(Reading {
                missing: Some(reason),
                ..Reading::default()
            });
        }
        let Some(video) = state.video() else {
            // A series, a film: not of the kind that is looked for.
            return Ok(Reading {
                missing: Some("the page is not about an uploaded video".to_owned()),
                ..Reading::default()
            });
        };
        let mut reading = Reading::default();
        let fits = |archive: &Archive, tags: &[String]| archive.matches(tags, keywords);
        if fits(video, &state.tag_names()) {
            self.take(&mut reading, video, state.tag_names(), body.url);
        }
        if matches!(mode, Mode::RelatedTo(_)) {
            for archive in state.related.iter().filter(|archive| fits(archive, &[])) {
                self.take(&mut reading, archive, Vec::new(), body.url);
                reading.pages.extend(self.step(archive, body.depth + 1));
            }
        }
        Ok(reading)
    }

    fn take(&self, reading: &mut Reading, archive: &Archive, tags: Vec<String>, page: &Url) {
        match self.candidate(archive, tags, page) {
            Some(candidate) => reading.candidates.push(candidate),
            None => reading.skipped += 1,
        }
    }

    fn step(&self, archive: &Archive, depth: u32) -> Option<Lead> {
        let key = archive.key().filter(|_| depth <= DEEPEST)?;
        let chance = (mix(archive.number()?) % 1000).cast_signed();
        Some(Lead {
            kind: Kind::Video,
            url: self.page(&key),
            rank: chance + STEP_RANK * i64::from(depth),
            depth,
            key: Some(key),
        })
    }

    fn candidate(&self, archive: &Archive, tags: Vec<String>, page: &Url) -> Option<Candidate> {
        let key = archive.key()?;
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

fn is_image_host(host: &str) -> bool {
    ["hdslb.com", "biliimg.com"].iter().any(|own| {
        host.strip_suffix(own)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }) && host != "static.hdslb.com"
}

#[cfg(test)]
mod tests;
