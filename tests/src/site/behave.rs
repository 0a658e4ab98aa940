//! Misbehaviour on demand.

use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What to do instead of answering, or with the usual answer.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Behaviour {
    /// Answer as usual.
    Normal,
    /// Only a status, with a short page.
    Status {
        /// 429, 403, 404, 410, 412, 503, …
        status: u16,
        /// How `Retry-After` is said, if it is.
        #[serde(default)]
        retry_after: Option<RetryAfter>,
    },
    /// The usual head and `bytes` of the body, then a TCP reset.
    Reset {
        /// How much of the body is sent.
        bytes: usize,
    },
    /// The usual head; the body ends early with an orderly close.
    Short {
        /// How much of the body is sent.
        bytes: usize,
    },
    /// Chunked, and closed before the last chunk.
    ChunkedAbort {
        /// How much of the body is sent.
        bytes: usize,
    },
    /// The usual answer, a trickle of the body each second.
    Drip {
        /// Bytes a second.
        bytes_per_second: usize,
    },
    /// No answer while the connection lasts.
    Hang,
    /// Elsewhere: a path for a loop, another host, `file:`.
    Redirect {
        /// 301, 302, 303, 307, 308.
        #[serde(default = "found")]
        status: u16,
        /// The `Location` header as it is.
        to: String,
    },
    /// This body, with status 200.
    Body {
        /// `Content-Type`.
        content_type: String,
        /// Text, or bytes as `hex:00ff…`.
        body: String,
    },
    /// Zeros without end in sight, with status 200 and a true length.
    Flood {
        /// `Content-Type`.
        content_type: String,
        /// Length of the body.
        bytes: usize,
    },
    /// Bilibili's wall: HTTP 200 and a puzzle.
    Captcha,
    /// As that behaviour says, with one more header.
    With {
        /// Name of the header.
        name: String,
        /// Its value.
        value: String,
        /// The rest.
        then: Box<Behaviour>,
    },
}

impl Behaviour {
    /// The usual answer with one more header.
    pub fn with(self, name: &str, value: &str) -> Self {
        Self::With {
            name: name.into(),
            value: value.into(),
            then: Box::new(self),
        }
    }
}

/// A wait, as a site says it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// In seconds.
    Seconds(u64),
    /// As the HTTP date that many seconds from now.
    DateIn(u64),
}

fn found() -> u16 {
    302
}

/// Behaviours for some requests, used up one by one; then all is normal.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Rule {
    /// Which host, or every one.
    #[serde(default)]
    pub host: Option<String>,
    /// A path with its query if it has one; `*` at the end matches any rest.
    pub path: String,
    /// What to do, in order.
    pub script: VecDeque<Behaviour>,
    /// Whether the last one goes on for ever.
    #[serde(default)]
    pub forever: bool,
}

impl Rule {
    /// A rule for one path on every host.
    pub fn new(path: &str, script: impl IntoIterator<Item = Behaviour>) -> Self {
        Self {
            host: None,
            path: path.into(),
            script: script.into_iter().collect(),
            forever: false,
        }
    }

    /// The same for one host.
    pub fn on(self, host: &str) -> Self {
        Self {
            host: Some(host.into()),
            ..self
        }
    }

    /// The same with its last behaviour repeated.
    pub fn forever(self) -> Self {
        Self {
            forever: true,
            ..self
        }
    }

    fn matches(&self, host: &str, path: &str) -> bool {
        let here = self.host.as_deref().is_none_or(|h| h == host);
        here && match self.path.strip_suffix('*') {
            Some(start) => path.starts_with(start),
            None => path == self.path,
        }
    }

    fn next(&mut self) -> Option<Behaviour> {
        if self.forever && self.script.len() == 1 {
            return self.script.front().cloned();
        }
        self.script.pop_front()
    }
}

/// What the first rule that matches and is not used up says.
pub fn next(rules: &mut [Rule], host: &str, path: &str) -> Behaviour {
    let mut matching = rules.iter_mut().filter(|rule| rule.matches(host, path));
    matching.find_map(Rule::next).unwrap_or(Behaviour::Normal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Behaviour {
        Behaviour::Status {
            status,
            retry_after: None,
        }
    }

    #[test]
    fn a_script_is_used_up_and_then_all_is_normal() {
        let mut rules = [Rule::new("/a", [status(503), status(429)])];
        let got: Vec<_> = (0..3).map(|_| next(&mut rules, "www", "/a")).collect();
        assert_eq!(got, [status(503), status(429), Behaviour::Normal]);
    }

    #[test]
    fn the_last_behaviour_of_a_rule_for_ever_stays() {
        let mut rules = [Rule::new("/a*", [status(503), status(404)])
            .on("i0")
            .forever()];
        let got: Vec<_> = (0..3).map(|_| next(&mut rules, "i0", "/abc?d=1")).collect();
        assert_eq!(got, [status(503), status(404), status(404)]);
        assert_eq!(next(&mut rules, "i1", "/abc"), Behaviour::Normal);
    }

    #[test]
    fn rules_are_written_as_json() {
        let text = r#"{"host":"www","path":"/x","script":[
            {"do":"status","status":429,"retry_after":{"seconds":2}},
            {"do":"redirect","to":"file:///etc/passwd"}, {"do":"hang"}]}"#;
        let rule: Rule = serde_json::from_str(text).unwrap();
        assert_eq!(
            rule.script[0],
            Behaviour::Status {
                status: 429,
                retry_after: Some(RetryAfter::Seconds(2))
            }
        );
        assert_eq!(
            rule.script[1],
            Behaviour::Redirect {
                status: 302,
                to: "file:///etc/passwd".into()
            }
        );
    }
}
