//! What lists, sitemaps and pages of videos say.

use scraper::{ElementRef, Html as Page};
use store::frontier::Kind;
use url::Url;

use super::facts::{self, Facts};
use super::pick::Pick;
use super::sitemap::{self, Sitemap};
use super::{Html, LIST_RANK, MOST_PAGES, chance, key};
use crate::fault::Fault;
use crate::site::profile::List;
use crate::site::{Body, Candidate, Lead, Mode, Reading};
use crate::text::clean;

/// Pages taken of one sitemap, chosen at random: a large one has fifty thousand.
pub(super) const TAKEN: usize = 1000;
/// A walk that is this far from its beginning ends.
const DEEPEST: u32 = 8;

enum Item {
    Cover(Box<Candidate>),
    Page(Lead),
}

impl Html {
    pub(in crate::site) fn read(
        &self,
        mode: &Mode,
        keywords: &[String],
        body: Body<'_>,
    ) -> Result<Reading, Fault> {
        if body.kind == Kind::List && sitemap::is_one(body.bytes) {
            return Ok(self.chosen(sitemap::read(body.bytes)?, body));
        }
        let page = Page::parse_document(&String::from_utf8_lossy(body.bytes));
        if let Some(word) = facts::opt_out(&page) {
            return Err(Fault::OptOut(word));
        }
        match body.kind {
            Kind::List => Ok(self.listed(&page, body)),
            _ => self.about(&page, mode, keywords, body),
        }
    }

    /// Some pages of a map, in an order that the seed chooses.
    fn chosen(&self, map: Sitemap, body: Body<'_>) -> Reading {
        let mut reading = Reading::default();
        let chance = |text: &str| chance(text, body.seed);
        let resolved = |text: &str| body.url.join(text).ok();
        for map in map.maps {
            let url = resolved(&map).filter(|url| self.is_home(url));
            let list = url.map(|url| Lead {
                rank: LIST_RANK + chance(&map),
                ..self.list(url, 0)
            });
            reading.pages.extend(list);
        }
        let mut pages = map.pages;
        pages.sort_by_key(|entry| chance(&entry.page));
        let videos = pages.into_iter().filter_map(|entry| {
            let url = self.video(resolved(&entry.page)?)?;
            Some((url, entry))
        });
        for (url, entry) in videos.take(TAKEN) {
            let cover = entry.cover.and_then(|text| facts::picture(&text, body.url));
            match cover {
                Some(image) => reading.candidates.push(Candidate {
                    title: entry.title.unwrap_or_default(),
                    ..candidate(&url, image)
                }),
                None => reading.pages.push(self.lead(url, 0, chance(&entry.page))),
            }
        }
        reading
    }

    fn listed(&self, page: &Page, body: Body<'_>) -> Reading {
        let list = &self.profile.list;
        let base = facts::base(page, body.url);
        let mut reading = Reading::default();
        let mut found = 0;
        for item in list.item.iter().flat_map(|item| item.elements(page)) {
            found += 1;
            match self.item(list, item, &base, body.seed) {
                Some(Item::Cover(candidate)) => reading.candidates.push(*candidate),
                Some(Item::Page(lead)) => reading.pages.push(lead),
                None => reading.skipped += 1,
            }
        }
        // A list without videos is behind the last one.
        reading.total = (found == 0).then_some(0);
        let next = list.next.as_ref().and_then(|next| next.first(page));
        let next = next.and_then(|text| base.join(&text).ok());
        let next = next.filter(|url| found > 0 && self.is_home(url) && body.depth < MOST_PAGES);
        reading.pages.extend(next.map(|url| Lead {
            depth: body.depth + 1,
            ..self.list(url, body.depth + 1)
        }));
        reading
    }

    fn item(&self, list: &List, item: ElementRef<'_>, base: &Url, seed: u32) -> Option<Item> {
        let link = list.link.as_ref()?.within(item)?;
        let url = self.video(base.join(&link).ok()?)?;
        let cover = list.cover.as_ref().and_then(|cover| cover.within(item));
        Some(match cover.and_then(|text| facts::picture(&text, base)) {
            Some(image) => {
                let title = list.title.as_ref().and_then(|title| title.within(item));
                Item::Cover(Box::new(Candidate {
                    title: clean(&title.unwrap_or_default()),
                    ..candidate(&url, image)
                }))
            }
            None => {
                let chance = chance(url.as_str(), seed);
                Item::Page(self.lead(url, 0, chance))
            }
        })
    }

    fn about(
        &self,
        page: &Page,
        mode: &Mode,
        keywords: &[String],
        body: Body<'_>,
    ) -> Result<Reading, Fault> {
        let facts = self.facts(page, body.url);
        let mut reading = Reading::default();
        if matches!(mode, Mode::RelatedTo(_)) && body.depth < DEEPEST {
            reading.pages = self.related(page, body);
        }
        let url = facts
            .canonical
            .as_ref()
            .and_then(|text| self.video_page(text));
        let url = url.or_else(|| self.video(body.url.clone()));
        let url = url.unwrap_or_else(|| body.url.clone());
        let Some(image) = facts.image else {
            if reading.pages.is_empty() {
                return Err(Fault::NotUnderstood(
                    "the page tells of no cover".to_owned(),
                ));
            }
            reading.skipped = 1;
            return Ok(reading);
        };
        let found = Candidate {
            title: facts.title.unwrap_or_default(),
            owner: facts.owner.clone(),
            owner_name: facts.owner,
            published_at: facts.published_at,
            duration_ms: facts.duration_ms,
            tags: facts.tags,
            ..candidate(&url, image)
        };
        if found.matches(keywords) {
            reading.candidates.push(found);
        }
        Ok(reading)
    }

    /// What the profile's selectors find goes before what the page says of itself.
    fn facts(&self, page: &Page, url: &Url) -> Facts {
        let told = facts::read(page, url);
        let video = &self.profile.video;
        let base = facts::base(page, url);
        let text = |pick: &Option<Pick>| {
            let said = pick.as_ref()?.first(page)?;
            Some(clean(&said)).filter(|text| !text.is_empty())
        };
        let cover = video.cover.as_ref().and_then(|cover| cover.first(page));
        let tags = video.tags.as_ref().map(|tags| tags.all(page));
        Facts {
            image: cover
                .and_then(|text| facts::picture(&text, &base))
                .or(told.image),
            title: text(&video.title).or(told.title),
            owner: text(&video.owner).or(told.owner),
            tags: tags.map_or(told.tags, |tags| {
                tags.iter().map(|tag| clean(tag)).collect()
            }),
            ..told
        }
    }

    fn related(&self, page: &Page, body: Body<'_>) -> Vec<Lead> {
        let base = facts::base(page, body.url);
        let links = self
            .profile
            .video
            .related
            .iter()
            .flat_map(|pick| pick.all(page));
        links
            .filter_map(|text| self.video(base.join(&text).ok()?))
            .map(|url| {
                let chance = chance(url.as_str(), body.seed);
                self.lead(url, body.depth + 1, chance)
            })
            .collect()
    }
}

fn candidate(url: &Url, image: String) -> Candidate {
    Candidate {
        key: key(url),
        url: url.to_string(),
        ask: image.clone(),
        image_url: image,
        ..Candidate::default()
    }
}
