//! A video as pages, recommendations and festivals describe it: each of its parts may be missing,
//! or of a type not met so far, and is then not there.

use serde_json::Value;

use crate::site::{Candidate, bv};
use crate::text::clean;

/// Unix seconds of the year 10000: what is later is no date.
const NO_DATE: i64 = 253_402_300_800;
/// Seconds of a year: what is longer is no video's length.
const NO_LENGTH: i64 = 366 * 86_400;

/// A video, as far as it is described.
#[derive(Debug, Default)]
pub(super) struct Archive {
    pub aid: Option<u64>,
    pub title: String,
    /// The region's name.
    pub region: String,
    /// The cover's address, as it is written.
    pub pic: String,
    owner: Option<u64>,
    owner_name: String,
    /// Unix milliseconds.
    published_at: Option<i64>,
    duration_ms: Option<i64>,
    /// Its address leads to a series' page, which has no state.
    pub redirected: bool,
}

impl Archive {
    /// As one object has it. Festivals call the uploader `author` or `upMid`, the cover `cover`,
    /// and tell the length of each part only.
    pub fn of(value: &Value) -> Self {
        let person = [&value["owner"], &value["author"]]
            .into_iter()
            .find(|person| person.is_object())
            .unwrap_or(&Value::Null);
        let seconds =
            |s: i64, end: i64| Some(s).filter(|s| (1..end).contains(s))?.checked_mul(1000);
        let length = whole(&value["duration"]).or_else(|| parts(&value["pages"]));
        Self {
            aid: bv::decode(text(&value["bvid"])).or_else(|| number(&value["aid"])),
            title: clean(text(&value["title"])),
            region: clean(text(&value["tname"])),
            pic: first_text(&value["pic"], &value["cover"]),
            owner: id(&person["mid"]).or_else(|| id(&value["upMid"])),
            owner_name: clean(&first_text(&person["name"], &value["upName"])),
            published_at: whole(&value["pubdate"]).and_then(|s| seconds(s, NO_DATE)),
            duration_ms: length.and_then(|s| seconds(s, NO_LENGTH)),
            redirected: !text(&value["redirect_url"]).is_empty(),
        }
    }

    /// The same with what it lacks taken from another description.
    pub fn or(self, other: Self) -> Self {
        let filled = |mine: String, theirs: String| if mine.is_empty() { theirs } else { mine };
        let owner_is_mine = self.owner.is_some() || other.owner.is_none();
        Self {
            aid: self.aid.or(other.aid),
            title: filled(self.title, other.title),
            region: filled(self.region, other.region),
            pic: filled(self.pic, other.pic),
            owner_name: match owner_is_mine {
                true => filled(self.owner_name, other.owner_name),
                false => other.owner_name,
            },
            owner: self.owner.or(other.owner),
            published_at: self.published_at.or(other.published_at),
            duration_ms: self.duration_ms.or(other.duration_ms),
            redirected: self.redirected || other.redirected,
        }
    }

    /// Whether it says anything of a video.
    pub fn speaks(&self) -> bool {
        self.aid.is_some() || !self.title.is_empty() || !self.pic.is_empty()
    }

    /// Whether a keyword is in the title, the tags or the region's name; without keywords, yes.
    pub fn matches(&self, tags: &[String], keywords: &[String]) -> bool {
        let texts = [&self.title, &self.region].into_iter().chain(tags);
        let texts: Vec<_> = texts.map(|text| text.to_lowercase()).collect();
        let found = |keyword: &String| {
            let keyword = keyword.to_lowercase();
            texts.iter().any(|text| text.contains(&keyword))
        };
        keywords.is_empty() || keywords.iter().any(found)
    }

    /// All but key, tags and addresses.
    pub fn facts(&self) -> Candidate {
        Candidate {
            title: self.title.clone(),
            owner: self.owner.map(|mid| mid.to_string()),
            owner_name: Some(self.owner_name.clone()).filter(|name| !name.is_empty()),
            published_at: self.published_at,
            duration_ms: self.duration_ms,
            ..Candidate::default()
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn first_text(one: &Value, other: &Value) -> String {
    let texts = [text(one), text(other)];
    let first = texts.into_iter().find(|text| !text.is_empty());
    first.unwrap_or_default().to_owned()
}

/// The av number, which comes as a number or as a text.
fn number(value: &Value) -> Option<u64> {
    id(value).filter(|aid| bv::NUMBERS.contains(aid))
}

fn id(value: &Value) -> Option<u64> {
    whole(value)
        .and_then(|n| u64::try_from(n).ok())
        .filter(|n| *n > 0)
}

/// The length of all parts together, seconds.
fn parts(pages: &Value) -> Option<i64> {
    let mut lengths = pages
        .as_array()?
        .iter()
        .map(|page| whole(&page["duration"]));
    lengths.try_fold(0i64, |sum, length| sum.checked_add(length?))
}

/// A whole number, which comes as a number or as a text; a fraction is cut off.
pub(super) fn whole(value: &Value) -> Option<i64> {
    /// What a double holds exactly.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let cut = |number: f64| (number.abs() < EXACT).then_some(number as i64);
    match value {
        Value::Number(number) => number.as_i64().or_else(|| cut(number.as_f64()?)),
        Value::String(text) => {
            let text = text.trim();
            text.parse().ok().or_else(|| cut(text.parse().ok()?))
        }
        _ => None,
    }
}
