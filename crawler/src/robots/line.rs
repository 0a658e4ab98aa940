//! Lines of a robots.txt: by the letter, and as their authors probably meant them.

use std::borrow::Cow;

/// Edits that a typo takes, at most: `Dissalow`, `Disalllow`, `Useragent`, `User agents`.
const TYPO: usize = 2;
/// Places where a line without a colon may end its key: `User agent *` has two blanks.
const BREAKS: usize = 3;

/// A line that says something to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Whom the next rules are for.
    Agent(&'a str),
    /// What may be visited, and what not.
    Rule { pattern: &'a str, allow: bool },
    /// How fast, in seconds.
    Delay(&'a str),
}

/// All lines, without their comments.
pub(super) fn all(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.split(['\r', '\n']);
    lines.map(|line| bare(line.split('#').next().unwrap_or_default()))
}

/// Without blanks around it, and marks that nobody sees: files are glued together, and each
/// brings its byte order mark.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || c.is_control() || matches!(c, '\u{feff}' | '\u{200b}')
    })
}

/// As RFC 9309 has it.
pub(super) fn strict(line: &str) -> Option<Line<'_>> {
    let (key, value) = line.split_once(':')?;
    let (key, value) = (bare(key), bare(value));
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    Some(if is("user-agent") {
        Line::Agent(value)
    } else if is("allow") || is("disallow") {
        Line::Rule {
            pattern: value,
            allow: is("allow"),
        }
    } else if is("crawl-delay") {
        Line::Delay(value)
    } else {
        return None;
    })
}

/// As it was probably meant: a typo, a missing or doubled colon, another sign in its place.
pub(super) fn lenient(line: &str) -> Option<Line<'_>> {
    let value = |text| bare(text).trim_start_matches(separates);
    match strict(line) {
        Some(Line::Agent(name)) => return Some(Line::Agent(value(name))),
        Some(Line::Rule { pattern, allow }) => {
            let pattern = value(pattern);
            return Some(Line::Rule { pattern, allow });
        }
        Some(delay) => return Some(delay),
        None => {}
    }
    let breaks = line.char_indices().filter(|(_, c)| separates(*c));
    breaks.take(BREAKS).find_map(|(at, _)| {
        let (key, rest) = line.split_at(at);
        guess(key, value(rest))
    })
}

/// Between a key and its value, for people who write by heart.
fn separates(c: char) -> bool {
    matches!(c, ':' | '：' | '=' | ';') || c.is_whitespace()
}

fn guess<'a>(key: &str, value: &'a str) -> Option<Line<'a>> {
    let letters = key.chars().filter(|c| c.is_alphabetic());
    let key: String = letters.flat_map(char::to_lowercase).collect();
    let near = |name: &str| strsim::osa_distance(&key, name) <= TYPO;
    if near("useragent") {
        return Some(Line::Agent(value));
    }
    // A sentence that happens to begin like a rule forbids nothing.
    if near("disallow") && (value.is_empty() || value.starts_with(['/', '*'])) {
        let (pattern, allow) = (value, false);
        return Some(Line::Rule { pattern, allow });
    }
    near("crawldelay").then_some(Line::Delay(value))
}

/// Whether these are names of everybody: `*`, perhaps with a remark, but not `*bot*`.
pub(super) fn names_all(value: &str) -> bool {
    let mut names = value.split([',', ';']).map(bare);
    names.any(|name| {
        let rest = name.strip_prefix('*');
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
    })
}

/// Whether one of these is the agent's name, whatever version and remarks follow.
pub(super) fn names(value: &str, agent: &str) -> bool {
    let mut names = value.split([',', ';']).map(bare);
    names.any(|name| {
        let name = name.trim_start_matches('*');
        let end = name.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '_' | '-')));
        name[..end.unwrap_or(name.len())].eq_ignore_ascii_case(agent)
    })
}

/// A web page's text, each tag an end of a line.
pub(super) fn untagged(text: &str) -> Cow<'_, str> {
    if !text.contains('<') {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        plain.push_str(before);
        plain.push('\n');
        let Some((_, after)) = tag.split_once('>') else {
            rest = tag;
            break;
        };
        rest = after;
    }
    plain.push_str(rest);
    plain.into()
}
