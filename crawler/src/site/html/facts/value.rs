//! What the values of a description mean, in the forms that sites give them.

use std::borrow::Cow;

use scraper::Html;
use serde_json::Value;

use super::text;
use crate::date::iso8601;

/// No video is longer, in seconds: a year.
const LONGEST: f64 = 366.0 * 86_400.0;

/// A text, also with its language, or the name of whoever it is; of a list the first.
pub fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(said) => text(&entities(said)),
        Value::Array(list) => list.iter().find_map(name),
        Value::Object(map) => ["@value", "name"]
            .iter()
            .find_map(|key| map.get(*key).filter(|value| !value.is_object()))
            .and_then(name),
        _ => None,
    }
}

/// The first address that `is_one` takes: of a text, a list, or an object that has one.
pub fn address<T>(value: &Value, is_one: &dyn Fn(&str) -> Option<T>) -> Option<T> {
    match value {
        Value::String(said) if !said.trim().is_empty() => is_one(&entities(said)),
        Value::Array(list) => list.iter().find_map(|value| address(value, is_one)),
        Value::Object(map) => ["url", "contentUrl", "thumbnailUrl", "@value", "@id"]
            .iter()
            .filter_map(|key| map.get(*key))
            .filter(|value| !value.is_object())
            .find_map(|value| address(value, is_one)),
        _ => None,
    }
}

/// Words with commas between them, or a list; nothing if it is neither.
pub fn tags(value: &Value) -> Option<Vec<String>> {
    let words = match value {
        Value::String(said) => said
            .split(',')
            .filter_map(|word| text(&entities(word)))
            .collect(),
        Value::Array(list) => list.iter().filter_map(name).collect(),
        _ => return None,
    };
    Some(words)
}

/// Unix milliseconds of a date in ISO 8601, loosely (a blank before the zone), or as mail and
/// feeds have it (RFC 2822), or of Unix seconds or milliseconds.
pub fn moment(value: &Value) -> Option<i64> {
    const MILLISECONDS: i64 = 100_000_000_000;
    match value {
        Value::String(said) => date(said.trim()),
        Value::Number(number) => {
            let number = number.as_i64().filter(|n| *n > 0)?;
            match number {
                MILLISECONDS.. => Some(number),
                _ => number.checked_mul(1000),
            }
        }
        Value::Array(list) => list.iter().find_map(moment),
        Value::Object(map) => moment(map.get("@value")?),
        _ => None,
    }
}

fn date(text: &str) -> Option<i64> {
    let joined = || {
        let (local, zone) = text.rsplit_once(' ')?;
        let is_zone = zone.starts_with(['+', '-']) || zone.eq_ignore_ascii_case("z");
        is_zone.then(|| iso8601(&[local, zone].concat())).flatten()
    };
    let mail = || {
        let moment = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        Some(moment.ok()?.as_millisecond())
    };
    iso8601(text).or_else(joined).or_else(mail)
}

/// Milliseconds of an ISO 8601 duration (`PT1H2M3.5S`), of seconds, or of `1:02:03`.
pub fn duration(value: &Value) -> Option<i64> {
    let seconds = match value {
        Value::String(said) => {
            let said = said.trim().to_ascii_uppercase();
            match said.strip_prefix('P') {
                Some(period) => period_seconds(period)?,
                None => clock_seconds(&said)?,
            }
        }
        Value::Number(number) => number.as_f64()?,
        Value::Array(list) => return list.iter().find_map(duration),
        Value::Object(map) => return duration(map.get("@value")?),
        _ => return None,
    };
    (0.0..=LONGEST)
        .contains(&seconds)
        .then_some((seconds * 1000.0).round() as i64)
}

/// An `M` is of months only where a `T` is still to come.
fn period_seconds(text: &str) -> Option<f64> {
    const DAY: f64 = 86_400.0;
    let (mut total, mut rest) = (0.0, text);
    while !rest.is_empty() {
        if let Some(time) = rest.strip_prefix('T') {
            rest = time;
            continue;
        }
        let end = rest.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','))?;
        let number: f64 = rest[..end].replace(',', ".").parse().ok()?;
        let unit = match rest[end..].chars().next()? {
            'Y' => 365.0 * DAY,
            'M' if rest.contains('T') => 30.0 * DAY,
            'W' => 7.0 * DAY,
            'D' => DAY,
            'H' => 3600.0,
            'M' => 60.0,
            'S' => 1.0,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[end + 1..];
    }
    Some(total)
}

/// Seconds, minutes before them, hours before these.
fn clock_seconds(text: &str) -> Option<f64> {
    let parts: Vec<_> = text.split(':').collect();
    let plain =
        |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if parts.len() > 3 || !parts.iter().all(plain) {
        return None;
    }
    let mut numbers = parts.iter().map(|part| part.parse::<f64>().ok());
    numbers.try_fold(0.0, |total, part| Some(total * 60.0 + part?))
}

/// Whether a text is an address rather than a name.
pub fn is_address(text: &str) -> bool {
    let text = text.trim_start().to_ascii_lowercase();
    ["http://", "https://", "//", "/"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// A text without the entities that were put into it for a page: inside a script nobody undoes
/// them.
fn entities(said: &str) -> Cow<'_, str> {
    if !said.contains('&') || !said.contains(';') {
        return Cow::Borrowed(said);
    }
    let page = Html::parse_fragment(&said.replace('<', "&lt;"));
    Cow::Owned(page.root_element().text().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_duration_is_read_in_every_form_that_sites_write() {
        for (value, ms) in [
            (json!("PT1H2M3.5S"), Some(3_723_500)),
            (json!("pt2m22s"), Some(142_000)),
            (json!("P0Y0M0DT0H2M22S"), Some(142_000)),
            (json!("P2M22S"), Some(142_000)),
            (json!("P1DT1S"), Some(86_401_000)),
            (json!("P2W"), Some(1_209_600_000)),
            (json!("PT0,5S"), Some(500)),
            (json!("PT"), Some(0)),
            (json!(75), Some(75_000)),
            (json!(12.5), Some(12_500)),
            (json!(" 75 "), Some(75_000)),
            (json!("2:22"), Some(142_000)),
            (json!("1:02:03"), Some(3_723_000)),
            (json!({ "@value": "PT1S" }), Some(1000)),
            (json!(["?", "PT1S"]), Some(1000)),
            (json!("PT1X"), None),
            (json!("PTS"), None),
            (json!("PT1.2.3S"), None),
            (json!("1:2:3:4"), None),
            (json!(":"), None),
            (json!("inf"), None),
            (json!("nan"), None),
            (json!("-5"), None),
            (json!(-5), None),
            (json!(1e300), None),
            (json!("P99999999999999999999Y"), None),
            (json!("soon"), None),
            (json!(true), None),
        ] {
            assert_eq!(duration(&value), ms, "{value}");
        }
    }

    #[test]
    fn a_date_is_read_in_every_form_that_sites_write() {
        const THEN: i64 = 1_766_000_000_000;
        for (value, ms) in [
            (json!("2025-12-17T19:33:20Z"), Some(THEN)),
            (json!("2025-12-17t19:33:20z"), Some(THEN)),
            (json!("2025-12-17 15:33:20 -0400"), Some(THEN)),
            (json!("2025-12-17 21:33:20 +02:00"), Some(THEN)),
            (json!("Wed, 17 Dec 2025 19:33:20 GMT"), Some(THEN)),
            (json!(1_766_000_000), Some(THEN)),
            (json!(1_766_000_000_000_i64), Some(THEN)),
            (json!({ "@value": "2025-12-17T19:33:20Z" }), Some(THEN)),
            (json!("2025-12-17"), Some(THEN - 70_400_000)),
            (json!("2025-12-17T00:00:00+00:9223372036854775807"), None),
            (json!(u64::MAX), None),
            (json!(-1), None),
            (json!("yesterday"), None),
            (json!([]), None),
        ] {
            assert_eq!(moment(&value), ms, "{value}");
        }
    }

    #[test]
    fn names_and_tags_are_texts_objects_or_lists_of_them() {
        for (value, want) in [
            (json!("Mira"), Some("Mira")),
            (
                json!("Cats &amp; dogs &#39;n &lt;b&gt; <i>"),
                Some("Cats & dogs 'n <b> <i>"),
            ),
            (json!({ "name": "Mira" }), Some("Mira")),
            (json!({ "name": ["Mira"] }), Some("Mira")),
            (json!({ "@value": "Mira", "@language": "en" }), Some("Mira")),
            (json!([null, { "name": "" }, "Mira", "Joe"]), Some("Mira")),
            (json!({ "name": { "name": "Mira" } }), None),
            (json!(5), None),
            (json!(" "), None),
        ] {
            assert_eq!(name(&value).as_deref(), want, "{value}");
        }
        for (value, want) in [
            (json!("cat, nap,, &amp;"), Some(vec!["cat", "nap", "&"])),
            (
                json!(["cat", null, 5, { "name": "nap" }]),
                Some(vec!["cat", "nap"]),
            ),
            (json!(5), None),
        ] {
            let found = tags(&value);
            let found = found
                .as_ref()
                .map(|all| all.iter().map(String::as_str).collect());
            assert_eq!(found, want, "{value}");
        }
    }
}
