//! Microdata (HTML, 5): properties of the element that describes the video, and not of elements
//! within it that describe something else, such as its uploader.

use scraper::{ElementRef, Html};
use serde_json::Value;
use url::Url;

use super::value::{duration, is_address, moment, tags};
use super::{Facts, attribute, elements, picture, text};

/// Reads the first description of a video; of a page without one, its picture.
pub(super) fn read(page: &Html, base: &Url) -> Facts {
    let video = elements(page, "[itemtype*='VideoObject']").next();
    let mut facts = video
        .map(|video| described(page, video, base))
        .unwrap_or_default();
    let pictures = "[itemtype*='VideoObject'] [itemprop~='thumbnailUrl'], meta[itemprop~='image'],
        link[itemprop~='thumbnailUrl'], link[itemprop~='image']";
    let mut pictures = elements(page, pictures).filter_map(value);
    facts.image = facts
        .image
        .or_else(|| pictures.find_map(|text| picture(&text, base)));
    facts
}

fn described(page: &Html, video: ElementRef<'_>, base: &Url) -> Facts {
    let own: Vec<_> = elements(page, "[itemprop]")
        .filter(|property| scope(*property) == Some(video))
        .collect();
    let told = |names: &'static [&'static str]| {
        let own = &own;
        names.iter().flat_map(move |name| {
            let has = move |property: &&ElementRef<'_>| words(**property).any(|word| word == *name);
            own.iter().filter(has).copied()
        })
    };
    let said = |names| told(names).filter_map(value).map(Value::from);
    let mut facts = Facts {
        image: told(&["thumbnailUrl", "thumbnail", "image"])
            .filter_map(|property| within(property, &["contentUrl", "url"]).or(value(property)))
            .find_map(|text| picture(&text, base)),
        title: told(&["name"]).find_map(|property| text(&value(property)?)),
        owner: told(&["author", "creator"]).find_map(person),
        ..Facts::default()
    };
    let dates = said(&["uploadDate", "datePublished", "dateCreated"]);
    facts.published_at = facts.fact("date", dates, moment);
    facts.duration_ms = facts.fact("duration", said(&["duration"]), duration);
    facts.tags = said(&["keywords"])
        .filter_map(|value| tags(&value))
        .flatten()
        .collect();
    facts
}

/// The name of whoever an element describes or names.
fn person(property: ElementRef<'_>) -> Option<String> {
    let name = within(property, &["name"]).or_else(|| value(property))?;
    text(&name).filter(|name| !is_address(name))
}

/// What the first of these properties within a description says.
fn within(item: ElementRef<'_>, names: &[&str]) -> Option<String> {
    let inside = item.descendent_elements().skip(1);
    let mut inside = inside.filter(|e| words(*e).any(|word| names.contains(&word)));
    inside.find_map(value)
}

fn words(property: ElementRef<'_>) -> impl Iterator<Item = &str> {
    property
        .attr("itemprop")
        .unwrap_or_default()
        .split_whitespace()
}

/// The description that a property is of.
fn scope(property: ElementRef<'_>) -> Option<ElementRef<'_>> {
    let mut around = property.ancestors().filter_map(ElementRef::wrap);
    around.find(|e| e.attr("itemscope").is_some() || e.attr("itemtype").is_some())
}

/// The value of a property, by its element; many sites give `content` to any.
fn value(property: ElementRef<'_>) -> Option<String> {
    if let Some(content) = attribute(property, &["content"]) {
        return Some(content.to_owned());
    }
    let told = match property.value().name() {
        "a" | "area" | "link" => attribute(property, &["href"]),
        "img" | "audio" | "video" | "source" | "embed" | "iframe" | "track" => {
            attribute(property, &["src"])
        }
        "object" => attribute(property, &["data"]),
        "data" | "meter" => attribute(property, &["value"]),
        "time" => attribute(property, &["datetime"]),
        _ => None,
    };
    let said = told.map_or_else(|| property.text().collect(), str::to_owned);
    Some(said).filter(|text: &String| !text.trim().is_empty())
}
