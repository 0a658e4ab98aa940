//! What a page says of its video to everybody: JSON-LD, OpenGraph, Twitter cards, microdata,
//! links, in this order; what comes first counts. What is there and cannot be read is counted,
//! and no reason to give up the video.

mod microdata;
mod value;

use std::fmt::Display;

use html5ever::ns;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use url::Url;

use super::json_ld;
use crate::site::json;
use crate::text::clean;
use value::{address, duration, is_address, moment, name, tags};

/// Of one video.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Address of the cover, absolute.
    pub image: Option<String>,
    /// Cleaned text.
    pub title: Option<String>,
    /// Cleaned text.
    pub owner: Option<String>,
    /// Unix milliseconds.
    pub published_at: Option<i64>,
    /// Milliseconds.
    pub duration_ms: Option<i64>,
    /// Cleaned texts.
    pub tags: Vec<String>,
    /// The page's own address, where it tells of one.
    pub canonical: Option<String>,
    /// Facts that are there and make no sense, in words.
    pub odd: Vec<String>,
}

/// Words of `<meta name="robots">` that keep pictures from training.
const OPT_OUTS: [&str; 2] = ["noai", "noimageai"];

/// Descriptions that are read of one page, for each of which all others may be searched.
const MOST_VIDEOS: usize = 20;

/// Reads a page; `url` is where it came from.
pub fn read(page: &Html, url: &Url) -> Facts {
    let base = base(page, url);
    let metas = Metas::of(page);
    let mut facts = described(page, &base);
    let graph = metas.open_graph(&base);
    // A site's JSON-LD repeats the title of its series more often than its card does.
    facts.title = graph.title.clone().or(facts.title);
    facts.fill(graph);
    facts.fill(microdata::read(page, &base));
    facts.fill(links(page, &base));
    facts.canonical = facts.canonical.or_else(|| {
        let told = metas.first(&["og:url"])?;
        Some(base.join(told).ok()?.to_string())
    });
    facts
}

/// The word by which a page keeps its pictures from training, if it does.
pub fn opt_out(page: &Html) -> Option<String> {
    let metas = Metas::of(page);
    let said = metas.all(&["robots", "whisker"]);
    said.flat_map(|text| text.split(','))
        .map(|word| word.trim().to_ascii_lowercase())
        .find(|word| OPT_OUTS.contains(&word.as_str()))
}

/// What relative addresses of a page are relative to.
pub fn base(page: &Html, url: &Url) -> Url {
    let mut told = elements(page, "base[href]").filter_map(|e| attribute(e, &["href"]));
    told.find_map(|text| url.join(text).ok())
        .unwrap_or_else(|| url.clone())
}

/// The absolute address of something that may be a picture.
pub fn picture(text: &str, base: &Url) -> Option<String> {
    let mut url = base.join(text.trim()).ok()?;
    // No part of what is asked for.
    url.set_fragment(None);
    let path = url.path().to_ascii_lowercase();
    let may_be = matches!(url.scheme(), "http" | "https") && !path.ends_with(".svg");
    (may_be && !text.trim().is_empty()).then(|| url.to_string())
}

impl Facts {
    /// Fills in what is not known yet.
    fn fill(&mut self, other: Self) {
        self.image = self.image.take().or(other.image);
        self.title = self.title.take().or(other.title);
        self.owner = self.owner.take().or(other.owner);
        self.published_at = self.published_at.or(other.published_at);
        self.duration_ms = self.duration_ms.or(other.duration_ms);
        if self.tags.is_empty() {
            self.tags = other.tags;
        }
        self.canonical = self.canonical.take().or(other.canonical);
        self.odd.extend(other.odd);
    }

    /// What `read` makes of the first of these that makes sense; if none does, the first of them is
    /// noted.
    fn fact<V: Display, T>(
        &mut self,
        name: &str,
        values: impl IntoIterator<Item = V>,
        read: impl Fn(&V) -> Option<T>,
    ) -> Option<T> {
        let mut first = None;
        let found = values.into_iter().find_map(|value| {
            let found = read(&value);
            if found.is_none() {
                first.get_or_insert(value);
            }
            found
        });
        if let (None, Some(odd)) = (&found, first) {
            self.odd.push(format!("{name}: {odd}"));
        }
        found
    }
}

/// By JSON-LD. A block that is no JSON is the site's affair: the next may be.
fn described(page: &Html, base: &Url) -> Facts {
    let is_json_ld = |script: &ElementRef<'_>| {
        let kind = script.attr("type").unwrap_or_default().trim_start();
        let essence = kind.split(';').next().unwrap_or_default().trim_end();
        essence.eq_ignore_ascii_case("application/ld+json")
    };
    let blocks = elements(page, "script[type]").filter(is_json_ld);
    let values: Vec<Value> = blocks
        .flat_map(|script| json::all(&script.text().collect::<String>()))
        .collect();
    let mut facts = Facts::default();
    for video in values.iter().filter_map(json_ld::video).take(MOST_VIDEOS) {
        facts.fill(of_object(video, &values, base));
    }
    facts
}

fn of_object(video: &Value, values: &[Value], base: &Url) -> Facts {
    let told = |names: &'static [&'static str]| {
        let there = names.iter().filter_map(|name| video.get(*name));
        there.filter(|value| !value.is_null() && **value != "")
    };
    let images = [
        "thumbnailUrl",
        "thumbnailURL",
        "thumbnail_url",
        "thumbnail",
        "image",
    ];
    let whoever = |value: &Value| match value["@id"].as_str() {
        Some(id) => name(value).or_else(|| name(json_ld::by_id(values, id)?)),
        None => name(value),
    };
    let mut facts = Facts::default();
    facts.image = images
        .iter()
        .filter_map(|name| video.get(*name))
        .find_map(|value| address(value, &|text| picture(text, base)));
    facts.title = facts.fact("title", told(&["name", "headline"]), |value| name(value));
    facts.owner = facts.fact("owner", told(&["author", "creator"]), |value| {
        whoever(value)
    });
    let dates = told(&["uploadDate", "datePublished", "dateCreated"]);
    facts.published_at = facts.fact("date", dates, |value| moment(value));
    facts.duration_ms = facts.fact("duration", told(&["duration"]), |value| duration(value));
    facts.tags = facts
        .fact("tags", told(&["keywords"]), |value| tags(value))
        .unwrap_or_default();
    facts
}

/// What the `<meta>` elements of a page say: names in lower case, and what each says.
struct Metas<'a>(Vec<(String, &'a str)>);

impl<'a> Metas<'a> {
    /// Sites write `name` for `property`, capitals, and several names at once.
    fn of(page: &'a Html) -> Self {
        let mut all = Vec::new();
        for meta in elements(page, "meta[content]") {
            let Some(content) = attribute(meta, &["content"]) else {
                continue;
            };
            let names = ["property", "name"]
                .iter()
                .filter_map(|name| meta.attr(name));
            let words = names.flat_map(str::split_whitespace);
            all.extend(words.map(|word| (word.to_ascii_lowercase(), content)));
        }
        Self(all)
    }

    /// In the order of the names, then of the page.
    fn all(&self, names: &[&str]) -> impl Iterator<Item = &'a str> {
        let said = names.iter().flat_map(|name| {
            let these = self.0.iter().filter(move |(told, _)| told == name);
            these.map(|(_, content)| *content)
        });
        said.collect::<Vec<_>>().into_iter()
    }

    fn first(&self, names: &[&str]) -> Option<&'a str> {
        self.all(names).next()
    }

    /// OpenGraph, and Twitter's card behind it.
    fn open_graph(&self, base: &Url) -> Facts {
        let images = [
            "og:image:secure_url",
            "og:image:url",
            "og:image",
            "twitter:image",
            "twitter:image:src",
        ];
        let mut facts = Facts {
            image: self.all(&images).find_map(|text| picture(text, base)),
            title: self.first(&["og:title"]).and_then(text),
            ..Facts::default()
        };
        // An address of a profile is no name.
        let people = [
            "article:author",
            "og:article:author",
            "og:video:director",
            "video:director",
        ];
        let mut people = self.all(&people).filter(|text| !is_address(text));
        facts.owner = people.find_map(text);
        let dates = [
            "video:release_date",
            "og:video:release_date",
            "article:published_time",
            "og:article:published_time",
        ];
        let string = |text: &str| Value::from(text);
        facts.published_at = facts.fact("date", self.all(&dates), |text| moment(&string(text)));
        let lengths = ["video:duration", "og:video:duration", "og:duration"];
        facts.duration_ms = facts.fact("duration", self.all(&lengths), |text| {
            duration(&string(text))
        });
        let words = self.all(&["video:tag", "og:video:tag", "article:tag"]);
        facts.tags = words
            .filter_map(|text| tags(&string(text)))
            .flatten()
            .collect();
        facts
    }
}

/// What is left: links, players, the page's title.
fn links(page: &Html, base: &Url) -> Facts {
    let related = |relation: &'static str| {
        elements(page, "link[rel][href]").filter(move |link| {
            let mut words = link.attr("rel").unwrap_or_default().split_whitespace();
            words.any(|word| word.eq_ignore_ascii_case(relation))
        })
    };
    let pictures = related("image_src").chain(elements(page, "video[poster]"));
    let pictures = pictures.filter_map(|e| attribute(e, &["href", "poster"]));
    let mut own = related("canonical").filter_map(|e| attribute(e, &["href"]));
    // A drawing may have a title of its own.
    let titles = elements(page, "title").filter(|e| e.value().name.ns == ns!(html));
    Facts {
        image: pictures.filter_map(|text| picture(text, base)).next(),
        title: titles
            .filter_map(|e| text(&e.text().collect::<String>()))
            .next(),
        canonical: own.find_map(|text| Some(base.join(text).ok()?.to_string())),
        ..Facts::default()
    }
}

/// Cleaned, unless it says nothing.
fn text(said: &str) -> Option<String> {
    Some(clean(said)).filter(|text| !text.is_empty())
}

fn elements<'a>(page: &'a Html, css: &str) -> impl Iterator<Item = ElementRef<'a>> {
    let selector = Selector::parse(css).expect("the selector is well-formed");
    page.select(&selector).collect::<Vec<_>>().into_iter()
}

/// What the first of these attributes that says something says.
fn attribute<'a>(element: ElementRef<'a>, names: &[&str]) -> Option<&'a str> {
    let values = names.iter().filter_map(|name| element.value().attr(name));
    values.map(str::trim).find(|text| !text.is_empty())
}
