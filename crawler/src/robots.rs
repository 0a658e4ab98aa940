//! robots.txt after RFC 9309: what a host lets our agent visit.
//!
//! Where this differs from the RFC, or from Google's parser (github.com/google/robotstxt), it is
//! because a doubt is the site's to use, not ours:
//!
//! - A misspelt `Disallow` or `User-agent`, and one without its colon, is read twice: as it was
//!   probably meant (Google's way, for the commonest typos), and as a line to be ignored (the
//!   RFC's). What either reading forbids is forbidden. A misspelt `Allow` grants nothing.
//! - A `Crawl-delay` between two `User-agent` lines ends the group, as Protego has it and as
//!   the authors of such files mean it; by the RFC (2.2.1), and for Google, it is no rule, and both
//!   lines begin one group. A group that holds nothing but our delay leaves `*`'s rules to us.
//! - A file counts whatever its type is said to be (the RFC wants `text/plain`): as HTML, behind
//!   an HTML comment, in UTF-16. A page without a rule is no file, but a captcha or an error
//!   page in its place is an answer that did not come.
//! - 412 and 429 speak of us, not of the file: nothing may be visited, and it is asked again. The
//!   RFC (2.3.1.3) would let us take any 4xx for a file that is not there.
//! - After more redirects than are followed nothing may be visited; the RFC (2.3.1.2) would
//!   let us take the file for one that is not there.
//! - `%2F` is not `/` (RFC, 2.2.2), and yet what a URL must escape is the same escaped or not, also
//!   in a pattern that an author left as it was: `/{id}`, `/a b`, `/café`. Google compares those
//!   byte by byte, but for what is not ASCII.
//! - `Crawl-delay` counts, up to ten minutes; the RFC does not know it and Google ignores it.

mod answer;
mod line;

use std::time::Duration;

use line::Line;
use url::Url;

use crate::fault::Fault;
use crate::fetch::Answer;

pub use answer::{Reading, read};

/// Our product token (RFC 9309, 2.2.1).
pub const AGENT: &str = "whisker";
/// How much of a file is read (RFC 9309, 2.5).
pub const LARGEST: usize = 500 * 1024;
/// How long an answer is believed (RFC 9309, 2.4).
pub const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// Redirects that are followed (RFC 9309, 2.3.1.2: at least five).
pub const HOPS: u32 = 5;
/// A longer delay would be a way of saying no; it is then taken for this.
const LONGEST_DELAY: f64 = 600.0;

/// Where an address's robots.txt is.
pub fn address(url: &Url) -> Url {
    let mut at = url.clone();
    at.set_path("/robots.txt");
    at.set_query(None);
    at.set_fragment(None);
    at
}

/// Reads an answer that is no redirect.
///
/// # Errors
/// The fault of a server that cannot say what its robots.txt is, with the deadline it names.
pub fn judge(answer: &Answer, now: i64) -> Result<Reading, Fault> {
    // A missing file allows everything; a failing server says nothing.
    if answer.status >= 500 || matches!(answer.status, 412 | 429) {
        answer.check(now)?;
    }
    Ok(read(answer.status, &answer.content_type(), &answer.body))
}

/// The rules for one agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// What the file says, by the letter and as it was probably meant: all must allow.
    readings: Vec<Set>,
}

/// The rules of one agent's groups, by one reading.
#[derive(Debug, Clone, Default, PartialEq)]
struct Set {
    rules: Vec<Rule>,
    /// A line allows or disallows something, if only nothing.
    speaks: bool,
    delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Normalised, `*` and a final `$` kept.
    pattern: String,
    allow: bool,
}

impl Rules {
    /// The rules for `agent` (in lower case): all groups that name it, else all groups for `*`.
    pub fn parse(text: &str, agent: &str) -> Self {
        let letter = gather(line::all(text).filter_map(line::strict), agent);
        let plain = line::untagged(text);
        let meant = gather(line::all(&plain).filter_map(line::lenient), agent);
        let mut readings = vec![letter];
        if meant != readings[0] {
            readings.push(meant);
        }
        Self { readings }
    }

    /// Whether `path` (with its query) may be visited: by each reading, the longest pattern
    /// that matches decides, and allowing wins a tie.
    pub fn allow(&self, path: &str) -> bool {
        if path == "/robots.txt" {
            return true;
        }
        let path = normal(path, true);
        self.readings.iter().all(|set| set.allow(&path))
    }

    /// The wanted time between two requests.
    pub fn delay(&self) -> Option<Duration> {
        self.readings.iter().filter_map(|set| set.delay).max()
    }
}

impl Set {
    fn allow(&self, path: &str) -> bool {
        let rules = self.rules.iter();
        let matching = rules.filter(|rule| matches(&rule.pattern, path));
        matching
            .max_by_key(|rule| (rule.pattern.len(), rule.allow))
            .is_none_or(|rule| rule.allow)
    }

    fn take(&mut self, line: &Line<'_>) {
        match line {
            Line::Agent(_) => {}
            Line::Rule { pattern, allow } => {
                self.speaks = true;
                // An empty pattern matches nothing: `Disallow:` forbids nothing.
                let rule = (!pattern.is_empty()).then(|| Rule {
                    pattern: normal(pattern, false),
                    allow: *allow,
                });
                self.rules.extend(rule);
            }
            Line::Delay(text) => self.delay = self.delay.max(delay(text)),
        }
    }
}

fn delay(text: &str) -> Option<Duration> {
    let seconds = text.parse::<f64>().ok()?;
    (seconds.is_finite() && seconds > 0.0)
        .then(|| Duration::from_secs_f64(seconds.min(LONGEST_DELAY)))
}

/// What the lines say to `agent`.
fn gather<'a>(lines: impl Iterator<Item = Line<'a>>, agent: &str) -> Set {
    let (mut ours, mut anyones) = (None::<Set>, Set::default());
    let (mut for_us, mut for_all, mut begun) = (false, false, false);
    for line in lines {
        if let Line::Agent(name) = line {
            // A rule has come since the last `User-agent`, so this one begins a new group.
            if begun {
                (for_us, for_all, begun) = (false, false, false);
            }
            for_us |= line::names(name, agent);
            for_all |= line::names_all(name);
        } else {
            begun = true;
        }
        if for_us {
            ours.get_or_insert_with(Set::default).take(&line);
        }
        if for_all {
            anyones.take(&line);
        }
    }
    match ours {
        Some(Set {
            speaks: false,
            delay: Some(delay),
            ..
        }) => Set {
            delay: Some(delay),
            ..anyones
        },
        Some(ours) => ours,
        None => anyones,
    }
}

/// One spelling for each path (RFC 9309, 2.2.2): unreserved characters plain; reserved ones (RFC
/// 3986, 2.2) as they stand, for `%2F` is not `/`; everything else, which a URL escapes anyway,
/// with `%` in upper-case hexadecimal. The apostrophe is escaped too, because URLs of the web
/// escape it in queries. In a pattern, `*` and a final `$` keep their meaning.
fn normal(text: &str, is_path: bool) -> String {
    let bytes = text.as_bytes();
    let last = bytes.len().saturating_sub(1);
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&b) = bytes.get(at) {
        let escaped = escape(bytes.get(at..at + 3));
        let plain = match escaped {
            Some(b) => is_unreserved(b),
            None if b == b'*' => !is_path,
            None if b == b'$' => !is_path && at == last,
            None => is_unreserved(b) || b":/?#[]@!&()+,;=".contains(&b),
        };
        let byte = escaped.unwrap_or(b);
        match plain {
            true => out.push(byte as char),
            false => out.push_str(&format!("%{byte:02X}")),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

fn is_unreserved(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"-._~".contains(&b)
}

/// The byte that `%` and two hexadecimal digits stand for.
fn escape(text: Option<&[u8]>) -> Option<u8> {
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    match text? {
        [b'%', high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// Whether the pattern matches the beginning of the path, or all of it with a final `$`.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else {
        return false;
    };
    let mut pieces: Vec<_> = pieces.collect();
    let last = pieces.pop();
    // The first place where a piece fits leaves the most for the others.
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    match (last, whole) {
        (None, whole) => !whole || rest.is_empty(),
        (Some(last), true) => rest.ends_with(last),
        (Some(last), false) => rest.contains(last),
    }
}

#[cfg(test)]
mod tests;
