//! What answering for a robots.txt means.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::LARGEST;
use super::line::{self, Line};

/// A file, or none, or no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// These rules; the empty text allows everything.
    Rules(String),
    /// Nobody can say, so nothing may be visited for now.
    Unreachable(String),
}

/// What only a captcha's page holds.
const CAPTCHAS: [&str; 5] = [
    "_riskdata_",
    "v_voucher",
    "captcha",
    "验证码",
    "cf-challenge",
];
/// What titles of walls and of error pages say that are sent as a success.
const TROUBLES: [&str; 11] = [
    "just a moment",
    "attention required",
    "access denied",
    "security check",
    "checking your browser",
    "too many requests",
    "internal server error",
    "bad gateway",
    "service unavailable",
    "temporarily unavailable",
    "gateway time",
];

/// Judges an answer by RFC 9309, 2.3.1: a file that is not there allows everything, one that
/// cannot be had forbids everything. A web page in its place is no file, unless it holds rules
/// or is a wall.
pub fn read(status: u16, content_type: &str, body: &[u8]) -> Reading {
    match status {
        200..=299 => {}
        // These two speak of us, not of the file.
        412 | 429 => return Reading::Unreachable(format!("its robots.txt answers {status}")),
        400..=499 => return Reading::Rules(String::new()),
        _ => return Reading::Unreachable(format!("its robots.txt answers {status}")),
    }
    let text = decoded(&body[..body.len().min(LARGEST)]);
    if has_rules(&text) {
        return Reading::Rules(text);
    }
    if let Some(wall) = wall(&text) {
        return Reading::Unreachable(format!("its robots.txt is hidden behind {wall}"));
    }
    let page = content_type.contains("html") || text.trim_start().starts_with(['<', '{']);
    Reading::Rules(if page { String::new() } else { text })
}

/// Whether anybody is told anything.
fn has_rules(text: &str) -> bool {
    let plain = line::untagged(text);
    let by_letter = line::all(text).filter_map(line::strict);
    let meant = line::all(&plain).filter_map(line::lenient);
    let (mut agent, mut rule) = (false, false);
    for line in by_letter.chain(meant) {
        agent |= matches!(line, Line::Agent(_));
        rule |= !matches!(line, Line::Agent(_));
    }
    agent && rule
}

/// What stands in the place of the file, if that says nothing of the file.
fn wall(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    if CAPTCHAS.iter().any(|mark| text.contains(mark)) {
        return Some("a captcha");
    }
    let (_, title) = text.split_once("<title")?;
    let title = title.split("</title").next()?;
    let trouble = TROUBLES.iter().any(|words| title.contains(words));
    trouble.then_some("an error page")
}

/// The text: UTF-8, or UTF-16 with or without a mark. Bytes that are neither are escaped, as they
/// are in addresses. A NUL ends its line, as it does for Google's parser.
fn decoded(bytes: &[u8]) -> String {
    let wide = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) if encoding != UTF_8 => Some((encoding, &bytes[mark..])),
        Some(_) => None,
        None => unmarked(bytes).map(|encoding| (encoding, bytes)),
    };
    let text = match wide {
        Some((encoding, bytes)) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        None => escaped(bytes),
    };
    if !text.contains('\0') {
        return text;
    }
    let lines = text.split(['\r', '\n']);
    let lines = lines.map(|line| line.split('\0').next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// UTF-16 without a mark: ASCII has a NUL beside each letter.
fn unmarked(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(64) & !1];
    let nuls = |place: usize| {
        start
            .iter()
            .skip(place)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let most = start.len() / 2 * 3 / 4;
    match (nuls(0), nuls(1)) {
        (0, odd) if odd > most => Some(UTF_16LE),
        (even, 0) if even > most => Some(UTF_16BE),
        _ => None,
    }
}

fn escaped(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
