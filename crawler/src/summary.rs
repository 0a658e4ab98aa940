//! The counts that `import`, `run` and `resume` end with.

use std::collections::BTreeMap;

use cli::{Exit, Outcome, Printer};
use serde_json::json;

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
    /// Requests sent to sites.
    pub requests: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Seconds it took.
    pub seconds: f64,
    /// Items not yet tried.
    pub pages_left: u64,
}

impl Summary {
    /// One more failure.
    pub fn fail(&mut self, class: &str) {
        *self.failed.entry(class.to_owned()).or_default() += 1;
    }

    /// All failures.
    pub fn failures(&self) -> u64 {
        self.failed.values().sum()
    }

    /// Prints it for people; the object is for scripts. `stopped`: by the user.
    pub fn outcome(&self, printer: &Printer, stopped: bool) -> Outcome {
        self.print(printer);
        let exit = match (stopped, self.failures()) {
            (true, _) => Exit::Stopped,
            (false, 0) => Exit::Done,
            (false, _) => Exit::SomeFailed,
        };
        Outcome {
            exit,
            json: Some(self.json()),
        }
    }

    fn json(&self) -> serde_json::Value {
        json!({
            "asked": self.asked,
            "fetched": self.fetched,
            "new_covers": self.new_covers,
            "duplicates": self.duplicates,
            "failed": self.failed,
            "requests": self.requests,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "pages_left": self.pages_left,
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
        if self.pages_left > 0 {
            rows.push(("left", self.pages_left.to_string()));
        }
        rows.push(("took", format!("{:.1} s ({rate:.0}/s)", self.seconds)));
        printer.table(&rows);
    }
}
