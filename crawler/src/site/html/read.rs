//! What lists, sitemaps and pages of videos say.

use scraper::{ElementRef, Html as Page};
use store::frontier::Kind;
use url::Url;

use super::facts::{self, Facts};
use super::page;
use super::pick::Pick;
use super::sitemap::{self, Sitemap};
use super::{Html, LIST_RANK, MOST_PAGES, chance, charset, key, page_of};
use crate::fault::Fault;
use crate::origin::origin;
use crate::site::profile::List;
use crate::site::{Body, Candidate, Lead, Mode, Reading};
use crate::text::clean;

/// How deep sitemaps name further ones: the protocol knows one index above them, some sites have
/// two; a site that has more of them could keep a crawl for ever.
const DEEPEST_MAP: u32 = 2;
/// Further sitemaps that are taken of one index.
const MOST_MAPS: usize = 1000;

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
        if body.kind == Kind::List
            && let Some(map) = sitemap::read(body.bytes)?
        {
            return self.chosen(map, body);
        }
        let page = page::parse(&charset::decode(body.bytes));
        if let Some(word) = facts::opt_out(&page) {
            return Err(Fault::OptOut(word));
        }
        match body.kind {
            Kind::List => self.listed(&page, mode, body),
            _ => self.about(&page, mode, keywords, body),
        }
    }

    /// Some pages of a map, in an order that the seed chooses.
    ///
    /// # Errors
    /// When it has none of a video, and no further map.
    fn chosen(&self, map: Sitemap, body: Body<'_>) -> Result<Reading, Fault> {
        let mut reading = Reading::default();
        let named = map.maps.len() + map.pages.len();
        let chance = |text: &str| chance(text, body.seed);
        let resolved = |text: &str| body.url.join(text).ok();
        let maps = map.maps.into_iter();
        for map in maps.filter(|_| body.depth < DEEPEST_MAP).take(MOST_MAPS) {
            let url = resolved(&map).and_then(without_fragment);
            let url = url.filter(|url| self.is_home(url));
            let list = url.map(|url| Lead {
                rank: LIST_RANK + chance(&map),
                depth: body.depth + 1,
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
        if reading.pages.is_empty() && reading.candidates.is_empty() {
            return Err(Fault::NotUnderstood(format!(
                "none of the {named} addresses of the sitemap is a video's: its path would begin with {}",
                self.profile.video.path
            )));
        }
        Ok(reading)
    }

    /// Videos of a list. One that shows none is behind the last one of a search, or says that the
    /// search finds nothing; in its place among the lists of all videos it is not understood.
    fn listed(&self, page: &Page, mode: &Mode, body: Body<'_>) -> Result<Reading, Fault> {
        let list = &self.profile.list;
        let base = facts::base(page, body.url);
        let mut reading = Reading::default();
        let mut found = 0;
        for item in list.item.iter().flat_map(|item| item.elements(page)) {
            found += 1;
            match self.item(list, item, &base, body.seed) {
                Some(Item::Cover(candidate)) => reading.candidates.push(*candidate),
                Some(Item::Page(lead)) => reading.pages.push(lead),
                None => {
                    reading.skip(|| format!("an item without a link to a video: {}", item.html()))
                }
            }
        }
        let nothing = reading.pages.is_empty() && reading.candidates.is_empty();
        match (found, mode) {
            (0, Mode::Search(text)) => {
                reading.total = Some(0);
                let first = self.is_first_list(text, body.url);
                reading.missing = first.then(|| "the search finds nothing".to_owned());
            }
            (0, _) => {
                let why = "the list shows no videos, or the profile does not find them";
                return Err(Fault::NotUnderstood(why.to_owned()));
            }
            _ if nothing => {
                return Err(Fault::NotUnderstood(format!(
                    "none of the {found} items of the list is a video: none has a link to a page of {}{}…",
                    origin(&self.profile.home),
                    self.profile.video.path
                )));
            }
            _ => {}
        }
        let next = list.next.as_ref().and_then(|next| next.first(page));
        let next = next.and_then(|text| without_fragment(base.join(&text).ok()?));
        let next = next.filter(|url| found > 0 && self.is_home(url) && body.depth < MOST_PAGES);
        reading.pages.extend(next.map(|url| Lead {
            depth: body.depth + 1,
            ..self.list(url, body.depth + 1)
        }));
        Ok(reading)
    }

    fn is_first_list(&self, text: &str, url: &Url) -> bool {
        let first = self.profile.search.as_ref().and_then(|search| {
            let list = page_of(&search.list, text, 1);
            self.profile.at(&list)
        });
        first.is_some_and(|first| key(&first) == key(url))
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
        for odd in &facts.odd {
            reading.skip(|| odd.clone());
        }
        let Some(image) = facts.image else {
            if reading.pages.is_empty() {
                return Err(Fault::NotUnderstood(
                    "the page tells of no cover".to_owned(),
                ));
            }
            reading.skip(|| format!("{} tells of no cover", body.url));
            return Ok(reading);
        };
        let told = facts.canonical.as_ref();
        let told = told
            .and_then(|text| self.video_page(text))
            .filter(|url| self.claims.believe(&key(url), &image));
        let url = told.or_else(|| self.video(body.url.clone()));
        let url = url.unwrap_or_else(|| body.url.clone());
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

/// A fragment is no part of what is asked for: with it a page would be asked for twice.
pub(super) fn without_fragment(mut url: Url) -> Option<Url> {
    url.set_fragment(None);
    Some(url)
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
