//! What headers say: pure, with the time as an argument.

use crate::date::iso8601;
use crate::robots::AGENT;

/// Opt-outs in `X-Robots-Tag` that speak of pictures for training.
const OPT_OUTS: [&str; 2] = ["noai", "noimageai"];
/// Directives of `X-Robots-Tag` that have a value behind a colon, as agents have directives.
const VALUED: [&str; 4] = [
    "max-snippet",
    "max-image-preview",
    "max-video-preview",
    "unavailable_after",
];
const DAY_MS: i64 = 86_400_000;
/// What is declared the same for less than this may change while somebody waits for it.
const LONG_MS: i64 = 30 * DAY_MS;
/// What `immutable` means where no age is given, and the most that is believed (RFC 9111, 1.2.2,
/// lets a server say any number).
const YEAR_MS: i64 = 365 * DAY_MS;

/// The word of a tag by which pictures are kept from training. A tag is a list of directives for
/// everybody; `AGENT:` before one makes it and those behind it that agent's.
pub(super) fn opt_out(tag: &str) -> Option<String> {
    let mut for_us = true;
    for part in tag.split([',', ';']) {
        let mut word = part.trim();
        if let Some((name, rest)) = word.split_once(':')
            && is_agent(name.trim())
        {
            for_us = is_ours(name.trim());
            word = rest.trim();
        }
        let word = word.to_ascii_lowercase();
        if for_us && OPT_OUTS.contains(&word.as_str()) {
            return Some(word);
        }
    }
    None
}

/// Not a directive, and no part of a date: `25 Jun 2030 15:00:00 PST`, `2030-06-25T15:00:00Z`.
fn is_agent(name: &str) -> bool {
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '*' || c == '_');
    let directive = VALUED.iter().any(|known| name.eq_ignore_ascii_case(known));
    begins && !directive && !name.contains(char::is_whitespace)
}

fn is_ours(name: &str) -> bool {
    let token = name.split('/').next().unwrap_or_default();
    token == "*" || token.eq_ignore_ascii_case(AGENT)
}

/// The deadline of a `Retry-After`, Unix milliseconds: seconds from now, or a date (RFC 9110,
/// 10.2.3), also in the forms that servers send instead: with a fraction, as ISO 8601, with a zone
/// of RFC 5322. A number that no clock holds says nothing.
pub(super) fn retry_after(text: &str, now: i64) -> Option<i64> {
    let text = text.trim();
    if let Some(wait) = seconds(text) {
        return now.checked_add(wait?);
    }
    if let Ok(date) = httpdate::parse_http_date(text) {
        let since = date.duration_since(std::time::UNIX_EPOCH).ok()?;
        return i64::try_from(since.as_millis()).ok();
    }
    iso8601(text).or_else(|| mail_date(text)).or_else(|| {
        // `3600, 3600`: headers that a proxy has joined.
        let parts = text.split(',').map(|part| seconds(part.trim()));
        let waits: Option<Vec<_>> = parts.collect();
        now.checked_add(waits?.into_iter().flatten().max()?)
    })
}

/// Milliseconds of a number of seconds; the inner nothing is a number that no clock holds.
fn seconds(text: &str) -> Option<Option<i64>> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let millis: String = part.chars().chain("000".chars()).take(3).collect();
    let whole = whole.parse::<i64>().ok().and_then(|s| s.checked_mul(1000));
    let millis = millis.parse::<i64>().ok();
    Some(whole.zip(millis).and_then(|(s, ms)| s.checked_add(ms)))
}

/// `Mon, 03 Jun 2019 11:30:12 +0200` (RFC 5322, 3.3), whatever the day of the week is said to be.
fn mail_date(text: &str) -> Option<i64> {
    let parser = jiff::fmt::rfc2822::DateTimeParser::new().relaxed_weekday(true);
    parser
        .parse_timestamp(text)
        .ok()
        .map(|at| at.as_millisecond())
}

/// When the window of a rate limit ends, Unix milliseconds: given in Unix seconds, in Unix
/// milliseconds, or in seconds from now, which are told apart by their size.
pub(super) fn reset(number: i64, now: i64) -> i64 {
    const A_MOMENT: i64 = 1_000_000_000;
    const IN_MILLISECONDS: i64 = 100_000_000_000;
    if number < A_MOMENT {
        return now.saturating_add(number.saturating_mul(1000));
    }
    match number < IN_MILLISECONDS {
        true => number * 1000,
        false => number,
    }
}

/// Until when a `Cache-Control` declares the body unchanged, if that is for long: `immutable` (RFC
/// 8246), or a `max-age` (RFC 9111, 5.2.2.1) of a month and more.
pub(super) fn same_until(control: &str, now: i64) -> Option<i64> {
    let (mut age, mut immutable) = (None, false);
    for part in control.split(',') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-cache" | "no-store" => return None,
            "immutable" => immutable = true,
            "max-age" => age = value.trim().trim_matches('"').parse::<i64>().ok(),
            _ => {}
        }
    }
    let age = age.map(|seconds| seconds.saturating_mul(1000).min(YEAR_MS));
    let age = age.or(immutable.then_some(YEAR_MS))?;
    (age >= LONG_MS).then(|| now.saturating_add(age))
}
