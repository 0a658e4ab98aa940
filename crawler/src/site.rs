//! Sites: where their pages are, what the pages say, how often they may be asked.
//!
//! Reading a page is pure: bytes in, [`Reading`] out.

pub mod bilibili;
pub mod bv;
pub mod html;
mod json;
pub mod peertube;
pub mod profile;
pub mod reading;
pub mod web;

use std::borrow::Cow;

use cli::{Failure, Result};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::fault::Fault;
use crate::origin::{Bases, origin};

pub use bilibili::Bilibili;
pub use html::Html;
pub use peertube::{Nsfw, Peertube};
pub use profile::Profile;
pub use reading::{Body, Candidate, Group, Lead, Place, Reading};
pub use web::Web;

/// What a crawl looks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Videos met at random.
    Random,
    /// What the site's search finds.
    Search(String),
    /// A walk over what pages recommend, from these.
    RelatedTo(Vec<String>),
    /// The URLs of a list.
    List,
}

/// A site, and how to reach it.
#[derive(Debug, Clone)]
pub enum Site {
    /// One PeerTube instance.
    Peertube(Peertube),
    /// Bilibili's public pages.
    Bilibili(Bilibili),
    /// Web pages, by a profile.
    Html(Box<Html>),
    /// Pictures anywhere, by URL.
    Web(Web),
}

/// Names of sites for `crawler sites`: name, what it is, what it can do.
pub const SITES: [(&str, &str, &str); 3] = [
    (
        "bilibili",
        "Bilibili's public video pages",
        "--random, --related-to with --keyword; 4 to 6 s a page, 1 to 1.5 s a cover; walled by captchas more often than a browser",
    ),
    (
        "peertube:HOST[:PORT]",
        "one PeerTube instance, by its documented API",
        "--random, --search, --nsfw; its own videos, no lives; 1 to 1.5 s a request, slower when its rate headers say so",
    ),
    (
        "web",
        "pictures by URL, from a list",
        "crawler import LIST; 1 to 1.5 s a request to each host",
    ),
];

impl Site {
    /// The site of a profile, else the one of this name.
    ///
    /// # Errors
    /// A name that is none.
    pub fn open(name: &str, profile: Option<&Profile>, bases: Bases) -> Result<Self> {
        match profile {
            Some(profile) => Ok(Self::Html(Box::new(Html::new(profile.clone(), bases)))),
            None => Self::parse(name, bases),
        }
    }

    /// The site of this name.
    ///
    /// # Errors
    /// A name that is none.
    pub fn parse(name: &str, bases: Bases) -> Result<Self> {
        if name == "bilibili" {
            return Ok(Self::Bilibili(Bilibili::new(bases)));
        }
        if name == "web" {
            return Ok(Self::Web(Web::new(bases)));
        }
        if let Some(host) = name.strip_prefix("peertube:") {
            return Peertube::new(host, bases).map(Self::Peertube);
        }
        Err(Failure::usage(format!(
            "there is no site named `{name}`\n`crawler sites` lists what there is."
        )))
    }

    /// As it is stored and typed.
    pub fn name(&self) -> String {
        match self {
            Self::Peertube(site) => site.name(),
            Self::Bilibili(_) => "bilibili".to_owned(),
            Self::Html(site) => site.name(),
            Self::Web(_) => "web".to_owned(),
        }
    }

    /// The base URLs it is reached by.
    pub fn bases(&self) -> &Bases {
        match self {
            Self::Peertube(site) => site.bases(),
            Self::Bilibili(site) => site.bases(),
            Self::Html(site) => site.bases(),
            Self::Web(site) => site.bases(),
        }
    }

    /// The same with a choice that PeerTube alone has.
    ///
    /// # Errors
    /// Another choice than the default for another site.
    pub fn with_nsfw(self, nsfw: Nsfw) -> Result<Self> {
        match self {
            Self::Peertube(site) => Ok(Self::Peertube(site.with_nsfw(nsfw))),
            other if nsfw.is_default() => Ok(other),
            other => Err(Failure::usage(format!(
                "{} does not say which of its videos are safe for work\n--nsfw is for PeerTube only.",
                other.name()
            ))),
        }
    }

    /// Whether what is not there was deleted since the site's own list named it; elsewhere it may
    /// be a mistake of a list's author.
    pub fn forgets(&self) -> bool {
        matches!(self, Self::Peertube(_) | Self::Bilibili(_))
    }

    /// Whether covers are all of one kind of address, so that a robots.txt which forbids the
    /// first of them forbids all.
    pub fn one_place_of_covers(&self) -> bool {
        matches!(self, Self::Peertube(_) | Self::Bilibili(_))
    }

    /// Whether it can be crawled in this way.
    ///
    /// # Errors
    /// A sentence that says what it can do instead.
    pub fn supports(&self, mode: &Mode) -> Result<()> {
        if let Mode::Search(text) = mode {
            if text.trim().is_empty() {
                return Err(Failure::usage(
                    "--search has no words\nGive what to look for, such as --search cat; --random N takes what comes.",
                ));
            }
            if matches!(self, Self::Peertube(_)) {
                Peertube::check_search(text)?;
            }
        }
        let fits = match (self, mode) {
            (Self::Peertube(_), Mode::Random | Mode::Search(_)) => true,
            (Self::Bilibili(site), Mode::RelatedTo(urls)) => return site.check(urls),
            (Self::Html(site), mode) => return site.check(mode),
            (Self::Bilibili(_), Mode::Random) | (Self::Web(_), Mode::List) => true,
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let can = match self {
            Self::Peertube(_) => "It has --random and --search.",
            Self::Bilibili(_) => {
                "It has --random, and --related-to with --keyword; its search is not open to programs."
            }
            Self::Html(_) | Self::Web(_) => "Use `crawler import LIST` with a list of URLs.",
        };
        Err(Failure::usage(format!(
            "{} cannot be asked in this way\n{can}",
            self.name()
        )))
    }

    /// The greatest of its hosts' smallest gaps, milliseconds.
    pub fn floor_ms(&self) -> i64 {
        match self {
            Self::Bilibili(_) => bilibili::PAGE_FLOOR_MS,
            Self::Peertube(_) => peertube::FLOOR_MS,
            Self::Html(site) => site.floor_ms(),
            Self::Web(_) => web::FLOOR_MS,
        }
    }

    /// The hosts that share this URL's pace.
    pub fn group(&self, url: &Url) -> Group {
        let (name, floor_ms) = match self {
            Self::Bilibili(site) => site.group(url),
            Self::Peertube(_) => (origin(url), peertube::FLOOR_MS),
            Self::Html(site) => site.group(url),
            Self::Web(_) => (origin(url), web::FLOOR_MS),
        };
        Group { name, floor_ms }
    }

    /// The smallest gap of a throttle group by its name.
    pub fn floor_of(&self, name: &str) -> Option<i64> {
        match (Url::parse(name), self) {
            (Ok(url), _) if url.has_host() => Some(self.group(&url).floor_ms),
            (_, Self::Bilibili(_)) => Some(bilibili::IMAGE_FLOOR_MS),
            (_, Self::Html(site)) => Some(site.floor_ms()),
            _ => None,
        }
    }

    /// The address to ask for a URL that a page or a redirect names: at its base URL if it has
    /// one, else over https.
    ///
    /// # Errors
    /// A URL that is none, that is not of the web, or that would leave an imitation.
    pub fn resolve(&self, text: &str, page: Option<&Url>) -> Result<Url, Fault> {
        let url = match page {
            Some(page) => page.join(text),
            None => Url::parse(text),
        };
        let url = url.map_err(|_| Fault::BadRedirect(short(text)))?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(Fault::BadRedirect(short(text)));
        }
        if let Some(own) = self.bases().own(&url) {
            return Ok(own);
        }
        if let Some(moved) = self.stand_in(&url) {
            return Ok(moved);
        }
        if self.bases().all_loopback() {
            return Err(Fault::BlockedAddress(format!(
                "{} is none of the base URLs",
                origin(&url)
            )));
        }
        Ok(match self {
            Self::Web(_) => url,
            _ => secure(url),
        })
    }

    /// The base URL in place of one of the site's own hosts.
    fn stand_in(&self, url: &Url) -> Option<Url> {
        let n = match self {
            Self::Peertube(site) => site.is_own(url).then_some(0),
            Self::Bilibili(site) => site.stand_in(url),
            Self::Html(site) => site.stand_in(url),
            Self::Web(_) => None,
        }?;
        let base = self.bases().nth(n)?;
        Some(Bases::at(base, url))
    }

    /// The next list or seed pages of a crawl; nothing when there are no more.
    pub fn plan(&self, mode: &Mode, place: Place) -> Option<Vec<Lead>> {
        match self {
            Self::Peertube(site) => site.plan(mode, place),
            Self::Bilibili(site) => site.plan(mode, place),
            Self::Html(site) => site.plan(mode, place),
            Self::Web(_) => None,
        }
    }

    /// The body of an answer as [`Site::read`] takes it: of web pages in the letters that the
    /// header tells of, which only the answer knows.
    pub fn body<'a>(&self, content_type: &str, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Self::Html(_) => html::charset::as_told(content_type, bytes),
            Self::Peertube(_) | Self::Bilibili(_) | Self::Web(_) => Cow::Borrowed(bytes),
        }
    }

    /// Whether so much of a list that is too large says enough: the rest of it is not missed.
    pub fn cuts_lists(&self) -> bool {
        matches!(self, Self::Html(_))
    }

    /// What a list, or a video's page, says.
    ///
    /// # Errors
    /// A wall, an error of the site's own, or something else in its place.
    pub fn read(&self, mode: &Mode, keywords: &[String], body: Body<'_>) -> Result<Reading, Fault> {
        match self {
            Self::Peertube(site) => site.read(mode, body),
            Self::Bilibili(site) => site.read(mode, keywords, body),
            Self::Html(site) => site.read(mode, keywords, body),
            Self::Web(_) => Err(Fault::NotUnderstood(
                "a list holds pictures only".to_owned(),
            )),
        }
    }

    /// What to send as `Accept` for a page that is no picture.
    pub fn accept(&self) -> &'static str {
        match self {
            Self::Peertube(_) => "application/json",
            Self::Html(_) => "text/html,application/xml;q=0.9",
            Self::Bilibili(_) | Self::Web(_) => "text/html",
        }
    }

    /// Covers that one uploader may have in a crawl: a walk would otherwise end in one
    /// person's cats.
    pub fn owner_cap(&self, mode: &Mode, target: u32) -> Option<u32> {
        const LEAST: u32 = 5;
        matches!(mode, Mode::RelatedTo(_)).then(|| (target / 100).max(LEAST))
    }
}

fn secure(mut url: Url) -> Url {
    if url.scheme() == "http" && url.port().is_none() {
        // The port is the default one, so the change of scheme cannot be refused.
        let _ = url.set_scheme("https");
    }
    url
}

/// Enough of a stranger's text for a message.
fn short(text: &str) -> String {
    crate::text::clean(text).chars().take(100).collect()
}
