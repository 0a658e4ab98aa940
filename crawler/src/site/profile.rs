//! A site told in a file: where its videos are listed, and how its pages are read.
//!
//! Most of a page is read without being told ([`super::html`]), so most profiles are short.
//! `docs/sites/example.toml` explains every entry.

use std::path::{Path, PathBuf};

use cli::{Failure, Result};
use serde::{Deserialize, Serialize};
use url::Url;

use super::html::pick::Pick;

/// Between two requests to one host, milliseconds: a profile may ask for more.
pub const FLOOR_MS: i64 = 1000;
/// The folder of profiles, beside the database.
const FOLDER: &str = "sites";

/// As written in the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Names the site for ever: letters, digits, hyphens.
    pub name: String,
    /// A sentence for `crawler sites`.
    #[serde(default)]
    pub about: String,
    /// Its first page; other pages are of the same host.
    pub home: Url,
    /// Hosts of its pictures that serve the same things, and so share one pace.
    #[serde(default)]
    pub images: Vec<String>,
    /// The gap between two requests to a host, milliseconds.
    #[serde(default = "floor")]
    pub pace_ms: i64,
    /// Where videos are met at random.
    pub random: Option<Random>,
    /// Where videos are searched for.
    pub search: Option<Search>,
    /// How lists are read.
    #[serde(default)]
    pub list: List,
    /// How pages of videos are read.
    #[serde(default)]
    pub video: Video,
}

fn floor() -> i64 {
    FLOOR_MS
}

/// One of the two.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// A sitemap, or an index of sitemaps.
    pub sitemap: Option<String>,
    /// A list with `{page}`, counted from 1.
    pub list: Option<String>,
    /// How many pages the list has.
    #[serde(default)]
    pub pages: u32,
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// An address with `{query}`, and `{page}` if it has several.
    pub list: String,
}

/// Selectors for lists.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct List {
    /// What holds one video.
    pub item: Option<Pick>,
    /// In an item: its page.
    pub link: Option<Pick>,
    /// In an item: its cover; without it the video's page is asked.
    pub cover: Option<Pick>,
    /// In an item: its title.
    pub title: Option<Pick>,
    /// The next list.
    pub next: Option<Pick>,
}

/// Selectors for pages of videos, before what is read without them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Video {
    /// What the path of a video's page begins with.
    pub path: String,
    /// The cover.
    pub cover: Option<Pick>,
    /// The title.
    pub title: Option<Pick>,
    /// The uploader.
    pub owner: Option<Pick>,
    /// Tags.
    pub tags: Option<Pick>,
    /// Pages of other videos, for walks.
    pub related: Option<Pick>,
}

impl Profile {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let profile: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        profile.check()?;
        Ok(profile)
    }

    fn check(&self) -> Result<(), String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if self.name.is_empty() || !self.name.chars().all(plain) {
            return Err(format!(
                "the name `{}` is not of small letters, digits and hyphens",
                self.name
            ));
        }
        if !matches!(self.home.scheme(), "http" | "https") || self.home.host_str().is_none() {
            return Err(format!("home is no address of the web: {}", self.home));
        }
        if self.pace_ms < FLOOR_MS {
            return Err(format!(
                "pace_ms is {}; a host is asked at most once in {FLOOR_MS} ms",
                self.pace_ms
            ));
        }
        if let Some(random) = &self.random {
            random.check()?;
        }
        if let Some(search) = &self.search
            && !search.list.contains("{query}")
        {
            return Err("the list of [search] has no {query}".to_owned());
        }
        let addresses = self.addresses();
        match addresses.into_iter().find(|text| self.at(text).is_none()) {
            Some(text) => Err(format!("`{text}` is no address of {}", self.home)),
            None => Ok(()),
        }
    }

    fn addresses(&self) -> Vec<&String> {
        let random = self.random.iter();
        let random = random.flat_map(|r| r.sitemap.iter().chain(&r.list));
        random
            .chain(self.search.iter().map(|search| &search.list))
            .collect()
    }

    /// An address of the site, its placeholders filled in.
    pub fn at(&self, text: &str) -> Option<Url> {
        let url = self.home.join(text).ok()?;
        (url.host_str() == self.home.host_str()).then_some(url)
    }
}

impl Random {
    fn check(&self) -> Result<(), String> {
        match (&self.sitemap, &self.list) {
            (Some(_), None) => Ok(()),
            (None, Some(list)) if list.contains("{page}") && self.pages > 0 => Ok(()),
            (None, Some(_)) => {
                Err("the list of [random] needs {page}, and `pages`, how many it has".to_owned())
            }
            _ => Err("[random] needs either `sitemap` or `list`".to_owned()),
        }
    }
}

/// The profile that `site` names: a file, or `html:NAME` in the folder beside the database.
/// Nothing for the site of another kind.
///
/// # Errors
/// A file that cannot be read or understood, or a name without one.
pub fn find(site: &str, data: &Path) -> Result<Option<Profile>> {
    let path = match site.strip_prefix("html:") {
        Some(name) => data.join(FOLDER).join(format!("{name}.toml")),
        None if site.ends_with(".toml") => PathBuf::from(site),
        None => return Ok(None),
    };
    read(&path).map(Some)
}

/// Every profile in the folder beside the database, by file name; what cannot be read with why.
pub fn all(data: &Path) -> Vec<Result<Profile>> {
    let entries = std::fs::read_dir(data.join(FOLDER));
    let mut paths: Vec<_> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}
/// A small file; a pipe would be waited for.
fn text_of(path: &Path) -> std::io::Result<String> {
    let bytes = tabular::read(path)?;
    String::from_utf8(bytes).map_err(std::io::Error::other)
}

fn read(path: &Path) -> Result<Profile> {
    let shown = path.display();
    let text = text_of(path).map_err(|error| {
        Failure::usage(format!(
            "the site's profile {shown} cannot be read: {error}\n`crawler sites` lists what there is."
        ))
    })?;
    Profile::parse(&text).map_err(|why| {
        Failure::usage(format!(
            "the site's profile {shown} is not understood: {}\ndocs/sites/example.toml explains every entry.",
            why.trim_end()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: &str = "name = 'kittens'\nhome = 'https://kittens.example/'\n";

    #[test]
    fn the_example_is_understood() {
        let text = include_str!("../../../docs/sites/example.toml");
        let profile = Profile::parse(text).unwrap();
        assert!(profile.search.is_some() && profile.random.is_some());
    }

    #[test]
    fn what_is_wrong_with_a_profile_is_said() {
        for (more, hint) in [
            ("pace_ms = 10", "at most once"),
            ("colour = 'red'", "colour"),
            ("[random]\n", "sitemap"),
            ("[random]\nlist = '/new'", "{page}"),
            ("[search]\nlist = '/find'", "{query}"),
            (
                "[search]\nlist = 'https://other.example/{query}'",
                "no address",
            ),
            ("[list]\nitem = 'li['", "selector"),
            ("[video]\ncover = 'img@'", "selector"),
        ] {
            let error = Profile::parse(&format!("{SHORT}{more}")).unwrap_err();
            assert!(error.contains(hint), "{more}: {error}");
        }
        for bad in [
            "home = 'https://x.example/'",
            "name = 'A b'\nhome = 'https://x.example/'",
            "name = 'a'\nhome = 'file:///etc'",
        ] {
            assert!(Profile::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn profiles_are_found_by_name_beside_the_database_and_by_path() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join(FOLDER);
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("kittens.toml"), SHORT).unwrap();
        std::fs::write(folder.join("zebra.toml"), "no").unwrap();
        let path = folder.join("kittens.toml");
        for site in ["html:kittens", path.to_str().unwrap()] {
            let found = find(site, data.path()).unwrap().unwrap();
            assert_eq!(found.name, "kittens");
        }
        assert_eq!(find("bilibili", data.path()).unwrap(), None);
        assert!(find("html:none", data.path()).is_err());
        let all: Vec<_> = all(data.path()).into_iter().map(|p| p.is_ok()).collect();
        assert_eq!(all, [true, false]);
    }
}
