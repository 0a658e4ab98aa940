//! What a page says of its video to everybody: JSON-LD, OpenGraph, Twitter cards, microdata,
//! links, in this order; what comes first counts.

use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use crate::date::iso8601;
use crate::text::clean;

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
}

/// Addresses of covers, by where they are told.
const IMAGES: [&str; 3] = [
    "meta[property='og:image:secure_url'], meta[name='og:image:secure_url'],
     meta[property='og:image:url'], meta[name='og:image:url'],
     meta[property='og:image'], meta[name='og:image']",
    "meta[name='twitter:image'], meta[property='twitter:image'],
     meta[name='twitter:image:src'], meta[property='twitter:image:src']",
    "[itemtype*='VideoObject'] [itemprop='thumbnailUrl'], meta[itemprop='image'],
     link[itemprop='thumbnailUrl'], link[rel='image_src'], video[poster]",
];
/// Words of `<meta name="robots">` that keep pictures from training.
const OPT_OUTS: [&str; 2] = ["noai", "noimageai"];
/// How deep a description may be nested.
const DEEPEST: u32 = 16;

/// Reads a page; `url` is where it came from.
pub fn read(page: &Html, url: &Url) -> Facts {
    let base = base(page, url);
    let mut facts = Facts::default();
    for block in texts(page, "script[type='application/ld+json']") {
        // A block that is no JSON is the site's affair: the next may be.
        if let Ok(value) = serde_json::from_str(&block) {
            facts.learn(video_object(&value, DEEPEST), &base);
        }
    }
    for select in IMAGES {
        if facts.image.is_none() {
            let found = attributes(page, select, &["content", "href", "poster", "src"]);
            facts.image = found.iter().find_map(|text| picture(text, &base));
        }
    }
    let titles = "meta[property='og:title'], meta[name='og:title']";
    let told = attributes(page, titles, &["content"]).into_iter().next();
    let told = told.map(|text| clean(&text)).filter(|t| !t.is_empty());
    let title = || texts(page, "title").first().map(|text| clean(text));
    facts.title = told.or(facts.title.take()).or_else(title);
    let own = attributes(page, "link[rel='canonical']", &["href"]);
    let own = own
        .iter()
        .chain(&attributes(page, "meta[property='og:url']", &["content"]))
        .cloned()
        .collect::<Vec<_>>();
    facts.canonical = own
        .first()
        .and_then(|text| Some(base.join(text).ok()?.to_string()));
    facts
}

/// The word by which a page keeps its pictures from training, if it does.
pub fn opt_out(page: &Html) -> Option<String> {
    let names = "meta[name='robots' i], meta[name='whisker' i]";
    let said = attributes(page, names, &["content"]);
    said.iter()
        .flat_map(|text| text.split(','))
        .map(|word| word.trim().to_ascii_lowercase())
        .find(|word| OPT_OUTS.contains(&word.as_str()))
}

/// What relative addresses of a page are relative to.
pub fn base(page: &Html, url: &Url) -> Url {
    let told = attributes(page, "base[href]", &["href"]);
    let told = told.first().and_then(|text| url.join(text).ok());
    told.unwrap_or_else(|| url.clone())
}

/// The absolute address of something that may be a picture.
pub fn picture(text: &str, base: &Url) -> Option<String> {
    let url = base.join(text.trim()).ok()?;
    let path = url.path().to_ascii_lowercase();
    let may_be = matches!(url.scheme(), "http" | "https") && !path.ends_with(".svg");
    may_be.then(|| url.to_string())
}

impl Facts {
    /// Fills in what is not known yet.
    fn learn(&mut self, object: Option<&Value>, base: &Url) {
        let Some(object) = object else { return };
        let text = |name: &str| object[name].as_str().map(clean).filter(|t| !t.is_empty());
        let images = [
            "thumbnailUrl",
            "thumbnailURL",
            "thumbnail_url",
            "thumbnail",
            "image",
        ];
        let image = || {
            let told = images.iter().filter_map(|name| address(&object[*name]));
            told.filter_map(|text| picture(text, base)).next()
        };
        self.image = self.image.take().or_else(image);
        self.title = self.title.take().or_else(|| text("name"));
        let author = &object["author"];
        let author = author.as_str().or(author["name"].as_str());
        self.owner = self.owner.take().or_else(|| author.map(clean));
        self.published_at = self
            .published_at
            .or_else(|| object["uploadDate"].as_str().and_then(iso8601));
        self.duration_ms = self
            .duration_ms
            .or_else(|| object["duration"].as_str().and_then(duration));
        if self.tags.is_empty() {
            self.tags = keywords(&object["keywords"]);
        }
    }
}

/// The first description of a video, wherever it is nested.
fn video_object(value: &Value, depth: u32) -> Option<&Value> {
    let depth = depth.checked_sub(1)?;
    if let Some(list) = value.as_array() {
        return list.iter().find_map(|value| video_object(value, depth));
    }
    let is_video = |kind: &Value| kind.as_str().is_some_and(|k| k.contains("VideoObject"));
    let kind = &value["@type"];
    if is_video(kind)
        || kind
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(is_video))
    {
        return Some(value);
    }
    ["@graph", "video", "subjectOf", "mainEntity"]
        .iter()
        .find_map(|name| video_object(value.get(name)?, depth))
}

/// A text, the first of a list, or an object with its address.
fn address(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
        Value::Array(list) => list.iter().find_map(address),
        Value::Object(_) => value["url"].as_str().or(value["contentUrl"].as_str()),
        _ => None,
    }
}

fn keywords(value: &Value) -> Vec<String> {
    let words: Vec<&str> = match value {
        Value::String(text) => text.split(',').collect(),
        Value::Array(list) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let clear = words.into_iter().map(clean);
    clear.filter(|word| !word.is_empty()).collect()
}

/// Milliseconds of an ISO 8601 duration of days and less: `PT1H2M3.5S`.
fn duration(text: &str) -> Option<i64> {
    let text = text.strip_prefix('P')?;
    let (mut total, mut number) = (0.0, String::new());
    for c in text.chars() {
        let unit = match c {
            '0'..='9' | '.' => {
                number.push(c);
                continue;
            }
            'T' => continue,
            'D' => 86_400.0,
            'H' => 3600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => return None,
        };
        total += number.parse::<f64>().ok()? * unit;
        number.clear();
    }
    Some((total * 1000.0) as i64)
}

fn select(css: &str) -> Selector {
    Selector::parse(css).expect("the selector is well-formed")
}

fn texts(page: &Html, css: &str) -> Vec<String> {
    let found = select(css);
    page.select(&found).map(|e| e.text().collect()).collect()
}

/// In the order of the selectors, then of the page.
fn attributes(page: &Html, css: &str, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for one in css.split(',') {
        let selector = select(one.trim());
        found.extend(
            page.select(&selector)
                .filter_map(|element| {
                    let value = names.iter().find_map(|name| element.value().attr(name));
                    value.map(str::trim).filter(|text| !text.is_empty())
                })
                .map(str::to_owned),
        );
    }
    found
}
