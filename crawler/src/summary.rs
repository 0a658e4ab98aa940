//! The counts that `import`, `run` and `resume` end with.

use std::collections::BTreeMap;

use cli::{Exit, Outcome, Printer};
use serde::Serialize;
use serde_json::json;

use crate::date::clock;
use crate::items::counts;

/// Failures of a class that are told by name; `status --failed` lists all.
pub const EXAMPLES: usize = 20;

/// What a collecting command did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    /// Items that were named, or new covers that were wanted.
    pub asked: u64,
    /// Pictures whose bytes came whole.
    pub fetched: u64,
    /// Covers that are new in the pool.
    pub new_covers: u64,
    /// Pictures that the pool already had.
    pub duplicates: u64,
    /// Items that failed, by class.
    pub failed: BTreeMap<String, u64>,
    /// The first of each class by name.
    pub examples: BTreeMap<String, Vec<Example>>,
    /// Files of folders that are no pictures that can be read, by kind.
    pub left_out: BTreeMap<String, u64>,
    /// Requests sent to sites.
    pub requests: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Items not yet tried.
    pub pages_left: u64,
    /// Pages that say that their video is gone: misses, no failures.
    pub missing: u64,
    /// Parts of pages that were not understood, such as videos without a cover.
    pub skipped: u64,
    /// Nothing came for so long that no more was asked.
    pub hopeless: bool,
    /// The user stopped it.
    pub stopped: bool,
    /// Hosts that are not asked any more for now.
    pub refusals: Vec<Refusal>,
}

/// An item that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Example {
    /// Its address or path.
    pub item: String,
    /// In words.
    pub reason: String,
}

/// A host that ended a crawl.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The host.
    pub host: String,
    /// In words.
    pub reason: String,
    /// When it may be asked again, Unix milliseconds.
    pub until: i64,
    /// It does not refuse: there is no way to it.
    pub unreachable: bool,
}

impl Summary {
    /// One more failure.
    pub fn fail(&mut self, class: &str, item: &str, reason: &str) {
        *self.failed.entry(class.to_owned()).or_default() += 1;
        let examples = self.examples.entry(class.to_owned()).or_default();
        if examples.len() < EXAMPLES {
            examples.push(Example {
                item: item.to_owned(),
                reason: reason.to_owned(),
            });
        }
    }

    /// All failures.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Adds the counts of another part of the same command.
    pub fn merge(&mut self, other: Self) {
        self.asked += other.asked;
        self.fetched += other.fetched;
        self.new_covers += other.new_covers;
        self.duplicates += other.duplicates;
        for (class, n) in other.failed {
            *self.failed.entry(class).or_default() += n;
        }
        for (class, more) in other.examples {
            let examples = self.examples.entry(class).or_default();
            examples.extend(more);
            examples.truncate(EXAMPLES);
        }
        for (kind, n) in other.left_out {
            *self.left_out.entry(kind).or_default() += n;
        }
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.seconds += other.seconds;
        self.pages_left += other.pages_left;
        self.missing += other.missing;
        self.skipped += other.skipped;
        self.hopeless |= other.hopeless;
        self.stopped |= other.stopped;
        self.refusals.extend(other.refusals);
    }

    /// Prints it for people; the object is for scripts.
    pub fn outcome(&self, printer: &Printer) -> Outcome {
        self.print(printer);
        for refusal in &self.refusals {
            printer.warn(format!(
                "{}: {}\nIt may be asked again at {}; then `crawler resume` goes on.",
                refusal.host,
                refusal.reason,
                clock(refusal.until, cli::now())
            ));
        }
        let (exit, mut json) = (self.exit(), self.json());
        if matches!(exit, Exit::Refused | Exit::Failed) {
            json["error"] = json!(self.error());
        }
        Outcome {
            exit,
            json: Some(json),
        }
    }

    fn error(&self) -> String {
        let hosts = self.refusals.iter();
        let lines: Vec<_> = hosts.map(|r| format!("{}: {}", r.host, r.reason)).collect();
        match lines.is_empty() {
            true => "robots.txt forbids all that was asked".to_owned(),
            false => lines.join("\n"),
        }
    }

    fn exit(&self) -> Exit {
        let robots = self.failed.get("robots").copied().unwrap_or(0);
        let all_forbidden = robots > 0 && robots == self.failures() && self.fetched == 0;
        if self.stopped {
            Exit::Stopped
        } else if self.refusals.iter().any(|r| !r.unreachable) || all_forbidden {
            Exit::Refused
        } else if !self.refusals.is_empty() {
            Exit::Failed
        } else if self.failures() > 0 || self.hopeless {
            Exit::SomeFailed
        } else {
            Exit::Done
        }
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "asked": self.asked,
            "fetched": self.fetched,
            "new_covers": self.new_covers,
            "duplicates": self.duplicates,
            "failed": self.failed,
            "failures": self.examples,
            "left_out": self.left_out,
            "requests": self.requests,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "pages_left": self.pages_left,
            "missing": self.missing,
            "skipped": self.skipped,
            "refused": self.refusals.iter().map(|r| json!({
                "host": r.host, "reason": r.reason, "until": r.until,
            })).collect::<Vec<_>>(),
        })
    }

    fn print(&self, printer: &Printer) {
        let rate = self.fetched as f64 / self.seconds.max(1e-3);
        let mut rows = vec![
            ("asked", self.asked.to_string()),
            (
                "fetched",
                format!("{} ({:.1} MB)", self.fetched, self.bytes as f64 / 1e6),
            ),
            ("new covers", self.new_covers.to_string()),
            ("duplicates", self.duplicates.to_string()),
        ];
        let failed: Vec<_> = self
            .failed
            .iter()
            .map(|(class, n)| format!("{n} {class}"))
            .collect();
        if !failed.is_empty() {
            rows.push(("failed", failed.join(", ")));
        }
        if !self.left_out.is_empty() {
            rows.push(("left out", counts(&self.left_out)));
        }
        if self.requests > 0 {
            rows.push(("requests", self.requests.to_string()));
        }
        if self.missing > 0 {
            rows.push(("missing", format!("{} videos are gone", self.missing)));
        }
        if self.skipped > 0 {
            let words = "parts of pages were not understood (-v shows one of each page)";
            rows.push(("skipped", format!("{} {words}", self.skipped)));
        }
        if self.pages_left > 0 {
            rows.push(("left", self.pages_left.to_string()));
        }
        rows.push(("took", format!("{:.1} s ({rate:.0}/s)", self.seconds)));
        printer.table(&rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(unreachable: bool) -> Refusal {
        Refusal {
            host: "https://example.org:443".into(),
            reason: "HTTP 412".into(),
            until: 0,
            unreachable,
        }
    }

    #[test]
    fn the_exit_code_tells_the_gravest_thing_that_happened() {
        let failed = |class: &str, fetched| Summary {
            failed: BTreeMap::from([(class.to_owned(), 1)]),
            fetched,
            ..Summary::default()
        };
        let refused = |unreachable| Summary {
            refusals: vec![refusal(unreachable)],
            ..failed("not-found", 3)
        };
        let stopped = Summary {
            stopped: true,
            ..refused(false)
        };
        for (summary, exit) in [
            (Summary::default(), Exit::Done),
            (failed("not-found", 3), Exit::SomeFailed),
            (failed("robots", 3), Exit::SomeFailed),
            (failed("robots", 0), Exit::Refused),
            (refused(false), Exit::Refused),
            (refused(true), Exit::Failed),
            (stopped, Exit::Stopped),
        ] {
            assert_eq!(summary.exit(), exit, "{summary:?}");
        }
    }
}
