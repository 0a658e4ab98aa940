//! robots.txt after RFC 9309: what a host lets our agent visit.

use std::time::Duration;

/// Our product token (RFC 9309, 2.2.1).
pub const AGENT: &str = "whisker";
/// How much of a file is read (RFC 9309, 2.5).
pub const LARGEST: usize = 500 * 1024;
/// How long an answer is believed (RFC 9309, 2.4).
pub const OLDEST: Duration = Duration::from_secs(24 * 3600);
/// A longer delay would be a way of saying no; it is then taken for this.
const LONGEST_DELAY: f64 = 600.0;

/// The rules for one agent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    rules: Vec<Rule>,
    delay: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Normalised, `*` and a final `$` kept.
    pattern: String,
    allow: bool,
}

/// What answering for a robots.txt means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// These rules; the empty text allows everything.
    Rules(String),
    /// Nobody can say, so nothing may be visited for now.
    Unreachable(String),
}

/// Judges an answer by RFC 9309, 2.3.1: a file that is not there allows everything, one that
/// cannot be had forbids everything. A web page in its place is no file, unless it is a wall.
pub fn read(status: u16, content_type: &str, body: &[u8]) -> Reading {
    match status {
        200..=299 => {}
        // These two speak of us, not of the file.
        412 | 429 => return Reading::Unreachable(format!("its robots.txt answers {status}")),
        400..=499 => return Reading::Rules(String::new()),
        _ => return Reading::Unreachable(format!("its robots.txt answers {status}")),
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(LARGEST)]);
    let html = content_type.contains("html") || text.trim_start().starts_with('<');
    if !html {
        return Reading::Rules(text.into_owned());
    }
    if ["_riskdata_", "captcha", "验证码"]
        .iter()
        .any(|mark| text.contains(mark))
    {
        return Reading::Unreachable("its robots.txt is hidden behind a captcha".to_owned());
    }
    Reading::Rules(String::new())
}

impl Rules {
    /// The rules for `agent` (in lower case): all groups that name it, else all groups for `*`.
    pub fn parse(text: &str, agent: &str) -> Self {
        let (mut ours, mut anyones) = (None, Self::default());
        let mut group = Group::default();
        for line in text.trim_start_matches('\u{feff}').split(['\r', '\n']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            group.line(key.trim(), value.trim(), agent);
            let (rule, delay) = (group.rule.take(), group.delay.take());
            if group.ours {
                ours.get_or_insert_with(Self::default)
                    .extend(rule.clone(), delay);
            }
            if group.anyones {
                anyones.extend(rule, delay);
            }
        }
        ours.unwrap_or(anyones)
    }

    fn extend(&mut self, rule: Option<Rule>, delay: Option<Duration>) {
        self.rules.extend(rule);
        self.delay = self.delay.max(delay);
    }

    /// Whether `path` (with its query) may be visited: the longest pattern that matches
    /// decides, allowing wins a tie.
    pub fn allow(&self, path: &str) -> bool {
        if path == "/robots.txt" {
            return true;
        }
        let path = normal(path, true);
        let matching = self
            .rules
            .iter()
            .filter(|rule| matches(&rule.pattern, &path));
        matching
            .max_by_key(|rule| (rule.pattern.len(), rule.allow))
            .is_none_or(|rule| rule.allow)
    }

    /// The wanted time between two requests.
    pub fn delay(&self) -> Option<Duration> {
        self.delay
    }
}

/// Where parsing stands.
#[derive(Default)]
struct Group {
    /// A rule has come since the last `User-agent`, so another one begins a new group.
    begun: bool,
    ours: bool,
    anyones: bool,
    rule: Option<Rule>,
    delay: Option<Duration>,
}

impl Group {
    fn line(&mut self, key: &str, value: &str, agent: &str) {
        let is = |name: &str| key.eq_ignore_ascii_case(name);
        if is("user-agent") {
            if self.begun {
                *self = Self::default();
            }
            let token: String = value
                .chars()
                .take_while(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-'))
                .collect();
            self.ours |= token.eq_ignore_ascii_case(agent);
            self.anyones |= value.starts_with('*');
        } else if is("allow") || is("disallow") {
            self.begun = true;
            // An empty pattern matches nothing: `Disallow:` forbids nothing.
            self.rule = (!value.is_empty()).then(|| Rule {
                pattern: normal(value, false),
                allow: is("allow"),
            });
        } else if is("crawl-delay") {
            self.begun = true;
            let seconds = value
                .parse::<f64>()
                .ok()
                .filter(|s| s.is_finite() && *s > 0.0);
            self.delay = seconds.map(|s| Duration::from_secs_f64(s.min(LONGEST_DELAY)));
        }
    }
}

/// One spelling for each path: unreserved characters plain, everything else that is not ASCII
/// or that a path spells with `%` in upper-case hexadecimal (RFC 9309, 2.2.2). In a path, `*`
/// and `$` are plain characters and get their escapes.
fn normal(text: &str, is_path: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        at += if escaped.is_some() { 3 } else { 1 };
        match escaped {
            Some(b) if b.is_ascii_alphanumeric() || b"-._~".contains(&b) => out.push(b as char),
            Some(b) => out.push_str(&format!("%{b:02X}")),
            None => {
                let b = bytes[at - 1];
                let special = is_path && (b == b'*' || b == b'$');
                if b.is_ascii() && !special {
                    out.push(b as char);
                } else {
                    out.push_str(&format!("%{b:02X}"));
                }
            }
        }
    }
    out
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed(robots: &str, path: &str) -> bool {
        Rules::parse(robots, AGENT).allow(path)
    }

    #[test]
    fn the_longest_match_decides_and_allowing_wins_a_tie() {
        let all = "User-agent: *\n";
        for (rules, path, want) in [
            ("", "/x", true),
            ("Disallow:", "/x", true),
            ("Disallow: /", "/x", false),
            ("Disallow: /", "/robots.txt", true),
            ("Disallow: /a\nAllow: /a/b", "/a/b/c", true),
            ("Disallow: /a\nAllow: /a/b", "/a/c", false),
            ("Allow: /a\nDisallow: /a/b", "/a/b/c", false),
            ("Disallow: /a\nAllow: /a", "/a", true),
            ("Allow: /a\nDisallow: /a", "/a", true),
            ("Disallow: /a", "/ab", false),
            ("Disallow: /a", "/A", true),
            ("Disallow: /*.gif$", "/x/y.gif", false),
            ("Disallow: /*.gif$", "/x/y.gif?z", true),
            ("Disallow: /*.gif", "/x/y.gif?z", false),
            ("Disallow: /a*b*c", "/a-b-c", false),
            ("Disallow: /a*b*c", "/a-c-b", true),
            ("Disallow: /a*$", "/abc", false),
            ("Disallow: /a$", "/a", false),
            ("Disallow: /a$", "/ab", true),
            ("Disallow: /*?", "/a?b=1", false),
            ("Disallow: /*?", "/a", true),
            ("Disallow: /caf%C3%A9", "/café", false),
            ("Disallow: /café", "/caf%c3%a9/menu", false),
            ("Disallow: /%7ejoe", "/~joe", false),
            ("Disallow: /a%2fb", "/a/b", true),
            ("Disallow: /a%2fb", "/a%2Fb", false),
            ("Disallow: /100%", "/100%", false),
            ("Disallow: /x%2A", "/x*", false),
            ("Disallow: /x%24", "/x$", false),
            ("Disallow: medialist", "/medialist", true),
            ("  disallow :  /a  # why", "/a", false),
            ("Dissalow: /a", "/a", true),
            (
                "Disallow: /medialist/detail/\nDisallow: /index.html",
                "/video/BV1xx411c7mD/",
                true,
            ),
            (
                "Disallow: /bfs/subtitle/",
                "/bfs/archive/ab.jpg@480w.jpg",
                true,
            ),
        ] {
            assert_eq!(
                allowed(&format!("{all}{rules}\n"), path),
                want,
                "{rules:?} {path}"
            );
        }
    }

    #[test]
    fn the_groups_that_name_us_are_merged_and_replace_those_for_everyone() {
        for (robots, path, want) in [
            (
                "User-agent: Whisker\nAllow: /\nUser-agent: *\nDisallow: /",
                "/x",
                true,
            ),
            (
                "User-agent: *\nDisallow: /\nUser-agent: WHISKER/2.0\nDisallow: /a",
                "/x",
                true,
            ),
            (
                "User-agent: whisker\nDisallow: /a\nUser-agent: *\nDisallow: /b\nUser-agent: whisker\nDisallow: /c",
                "/c",
                false,
            ),
            (
                "User-agent: whisker\nDisallow: /a\nUser-agent: *\nDisallow: /b\nUser-agent: whisker\nDisallow: /c",
                "/b",
                true,
            ),
            (
                "User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b",
                "/a",
                false,
            ),
            (
                "User-agent: googlebot\nUser-agent: whisker\nDisallow: /a",
                "/a",
                false,
            ),
            ("User-agent: whiskerbot\nDisallow: /a", "/a", true),
            ("User-agent: whisker-images\nDisallow: /a", "/a", true),
            ("User-agent: googlebot\nDisallow: /", "/a", true),
            ("Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", true),
            ("\u{feff}User-agent: *\rDisallow: /a\r", "/a", false),
            (
                "User-agent: *\nSitemap: https://x/s.xml\nDisallow: /a",
                "/a",
                false,
            ),
            (
                "User-agent: whisker\nSitemap: x\nUser-agent: other\nDisallow: /a",
                "/a",
                false,
            ),
            (
                "User-agent: whisker\nUser-agent: *\nDisallow: /",
                "/",
                false,
            ),
        ] {
            assert_eq!(allowed(robots, path), want, "{robots:?} {path}");
        }
    }

    #[test]
    fn a_delay_is_read_and_never_longer_than_ten_minutes() {
        let delay = |robots: &str| Rules::parse(robots, AGENT).delay().map(|d| d.as_millis());
        assert_eq!(delay("User-agent: *\nCrawl-delay: 2.5"), Some(2500));
        assert_eq!(delay("User-agent: *\nCrawl-delay: 86400"), Some(600_000));
        assert_eq!(delay("User-agent: *\nCrawl-delay: -1"), None);
        assert_eq!(delay("User-agent: *\nCrawl-delay: soon"), None);
        assert_eq!(delay("User-agent: other\nCrawl-delay: 5"), None);
    }

    #[test]
    fn an_answer_is_a_file_no_file_or_no_answer() {
        let rules = "User-agent: *\nDisallow: /\n";
        let wall = "<html><title>验证码_哔哩哔哩</title></html>";
        let none = Reading::Rules(String::new());
        for (status, kind, body, want) in [
            (
                200,
                "text/plain; charset=utf-8",
                rules,
                Some(Reading::Rules(rules.into())),
            ),
            (200, "", rules, Some(Reading::Rules(rules.into()))),
            (
                200,
                "text/html",
                "<html>our page</html>",
                Some(none.clone()),
            ),
            (200, "text/plain", "<!doctype html>", Some(none.clone())),
            (404, "text/html", "gone", Some(none.clone())),
            (403, "text/html", "no", Some(none)),
            (200, "text/html", wall, None),
            (412, "text/html", "banned", None),
            (429, "", "", None),
            (500, "", rules, None),
            (503, "", "", None),
            (302, "", "", None),
        ] {
            let got = read(status, kind, body.as_bytes());
            match want {
                Some(want) => assert_eq!(got, want, "{status} {kind}"),
                None => assert!(matches!(got, Reading::Unreachable(_)), "{status} {kind}"),
            }
        }
    }

    #[test]
    fn only_the_first_500_kilobytes_are_read() {
        let long = format!(
            "User-agent: *\nDisallow: /a\n{}Disallow: /b\n",
            "#\n".repeat(LARGEST / 2)
        );
        let Reading::Rules(text) = read(200, "text/plain", long.as_bytes()) else {
            panic!()
        };
        assert!(!allowed(&text, "/a"));
        assert!(allowed(&text, "/b"));
    }

    proptest! {
        #[test]
        fn no_file_makes_parsing_fail_and_an_allowed_root_allows_all(text: String, path in "/[ -~]{0,40}") {
            Rules::parse(&text, AGENT).allow(&path);
            let open = format!("User-agent: whisker\nAllow: /\n\nUser-agent: *\n{text}");
            let ours = open.to_ascii_lowercase().matches("whisker").count() > 1;
            prop_assume!(!ours);
            prop_assert!(allowed(&open, &path));
        }

        #[test]
        fn a_plain_pattern_matches_exactly_its_prefixes(pattern in "/[a-z/]{0,8}", path in "/[a-z/]{0,12}") {
            let robots = format!("User-agent: *\nDisallow: {pattern}\n");
            prop_assert_eq!(!allowed(&robots, &path), path.starts_with(&pattern));
        }
    }
}
