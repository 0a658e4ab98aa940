//! One element of a list. Whatever is of an odd type is not there; a video is kept as long as it has
//! an id and a cover, for nothing else is needed.

use serde_json::Value;
use url::Url;

use crate::date::iso8601;
use crate::site::Candidate;
use crate::text::clean;

/// A cover's stored image is 240 pixels wide; half of a cover is looked at more closely than all of it.
const WIDE_ENOUGH: u32 = 480;
/// Sides beyond this are no sides of a picture (JPEG's largest).
const LONGEST_SIDE: f64 = 65_535.0;
/// Longer than an address can be, in bytes.
const LONGEST_ADDRESS: usize = 8192;
/// How far a ratio may be from 16:9: sizes are whole pixels, and an instance's admin chooses them.
const NEARLY: f64 = 0.03;
/// Longer than a year is no duration, seconds.
const LONGEST: f64 = 31_536_000.0;

/// The video, or what keeps it from being one, in words.
pub(super) fn candidate(video: &Value, page: &Url) -> Result<Candidate, String> {
    let key = ["uuid", "shortUUID", "id", "url"];
    let key = key.into_iter().find_map(|name| text(&video[name]));
    let key = key.ok_or_else(|| format!("a video without an id: {video}"))?;
    let image = cover(video, page).ok_or_else(|| format!("a video without a cover: {video}"))?;
    let account = &video["account"];
    let name = text(&account["name"]).zip(text(&account["host"]));
    Ok(Candidate {
        url: watch(video, &key, page),
        title: text(&video["name"]).map_or_else(String::new, |name| clean(&name)),
        owner: name.map(|(name, host)| format!("{name}@{host}")),
        owner_name: text(&account["displayName"]).map(|name| clean(&name)),
        published_at: moment(&video["publishedAt"]),
        duration_ms: duration(&video["duration"]),
        tags: tags(&video["tags"]),
        ask: image.clone(),
        image_url: image,
        key,
    })
}

/// A text that is not empty; numbers are as good.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A number, also in a text.
pub(super) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number: &f64| number.is_finite())
}

/// Where people watch it.
fn watch(video: &Value, key: &str, page: &Url) -> String {
    let own = text(&video["url"]).filter(|url| is_web(url));
    let made = || {
        page.join("/w/")
            .and_then(|url| url.join(key))
            .map(String::from)
    };
    own.unwrap_or_else(|| made().unwrap_or_default())
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn tags(value: &Value) -> Vec<String> {
    let tags = value.as_array().into_iter().flatten();
    tags.filter_map(text).map(|tag| clean(&tag)).collect()
}

/// Milliseconds of seconds.
fn duration(value: &Value) -> Option<i64> {
    let seconds = number(value).filter(|seconds| (0.0..=LONGEST).contains(seconds))?;
    Some((seconds * 1000.0).round() as i64)
}

/// Unix milliseconds: ISO 8601, or Unix seconds.
fn moment(value: &Value) -> Option<i64> {
    const YEAR_10000: f64 = 253_402_300_800.0;
    match value {
        Value::String(text) => iso8601(text.trim()),
        _ => number(value)
            .filter(|seconds| seconds.abs() < YEAR_10000)
            .map(|seconds| (seconds * 1000.0).round() as i64),
    }
}

/// A picture of a video.
struct Thumbnail {
    address: String,
    width: Option<u32>,
    /// Width by height, if anything is known of it.
    ratio: Option<f64>,
}

impl Thumbnail {
    fn read(value: &Value, page: &Url) -> Option<Self> {
        let side = |name: &str| number(&value[name]).filter(|n| (1.0..=LONGEST_SIDE).contains(n));
        let (width, height) = (side("width"), side("height"));
        let named = ratio(&value["aspectRatio"]);
        Some(Self {
            address: address(&value["fileUrl"], page)?,
            width: width.map(|width| width as u32),
            ratio: named.or(width.zip(height).map(|(w, h)| w / h)),
        })
    }

    fn is(&self, ratio: f64) -> bool {
        self.ratio
            .is_some_and(|own| (own / ratio - 1.0).abs() < NEARLY)
    }

    fn is_wide(&self) -> bool {
        self.is(16.0 / 9.0)
    }

    /// From 8.2.1 on, a square one is a collage for podcasts: the picture in the middle, itself
    /// darkened and enlarged above and below.
    fn is_square(&self) -> bool {
        self.is(1.0)
    }
}

/// `"16:9"`, or 1.7778.
fn ratio(value: &Value) -> Option<f64> {
    let ratio = match value.as_str().and_then(|text| text.split_once(':')) {
        Some((w, h)) => w.trim().parse::<f64>().ok()? / h.trim().parse::<f64>().ok()?,
        None => number(value)?,
    };
    (ratio.is_finite() && ratio > 0.0).then_some(ratio)
}

/// Relative to the host that was asked, even for a video of another one.
fn address(value: &Value, page: &Url) -> Option<String> {
    // A number or a date would be joined, too, and asked for in vain.
    let text = value.as_str()?.trim();
    let begins = text.starts_with('/') || is_web(text);
    let url = page.join(text).ok().filter(|_| begins)?;
    Some(String::from(url)).filter(|url| is_web(url) && url.len() <= LONGEST_ADDRESS)
}

/// The smallest 16:9 picture that is large enough. Failing that, whatever is likest to it:
/// `previewPath` is the largest 16:9 one (850 by 480 before 8.1), `thumbnailPath` the smallest.
fn cover(video: &Value, page: &Url) -> Option<String> {
    let listed = video["thumbnails"].as_array().into_iter().flatten();
    let mut all: Vec<_> = listed
        .filter_map(|one| Thumbnail::read(one, page))
        .collect();
    // The largest first, where no size is asked for.
    all.sort_by_key(|one| std::cmp::Reverse(one.width));
    let large = |one: &&Thumbnail| one.is_wide() && one.width >= Some(WIDE_ENOUGH);
    let first = |fits: fn(&Thumbnail) -> bool| all.iter().find(|one| fits(one));
    let it = |one: &Thumbnail| one.address.clone();
    let choices = [
        all.iter().rfind(large).map(it),
        address(&video["previewPath"], page),
        first(Thumbnail::is_wide).map(it),
        first(|one| one.ratio.is_some() && !one.is_square()).map(it),
        address(&video["thumbnailPath"], page),
        first(|one| !one.is_square()).map(it),
        first(|_| true).map(it),
    ];
    choices.into_iter().flatten().next()
}
