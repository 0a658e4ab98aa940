//! One printer knows quiet, json and no-progress. stdout is data, stderr is talk.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::output::{self, printable};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Lines of progress when stderr is not a terminal: often enough to see life, rare enough to read.
const PLAIN_EVERY: Duration = Duration::from_secs(5);

/// Where and how much a command prints.
#[derive(Debug, Clone, Copy)]
pub struct Printer {
    json: bool,
    quiet: bool,
    progress: bool,
}

impl Printer {
    /// `progress` is whether bars or lines are wanted at all.
    pub fn new(json: bool, quiet: bool, progress: bool) -> Self {
        Self {
            json,
            quiet,
            progress: progress && !quiet,
        }
    }

    /// Whether stdout is for one JSON object.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Data for people; silent under `--json`.
    pub fn line(&self, text: impl AsRef<str>) {
        if !self.json {
            output::stdout(&printable(text.as_ref()));
        }
    }

    /// The one JSON object; silent without `--json`.
    pub fn object(&self, value: &serde_json::Value) {
        if self.json {
            output::stdout(&value.to_string());
        }
    }

    /// Data in a format of its own (CSV, a page), as it is, with or without `--json`.
    pub fn data(&self, text: impl AsRef<str>) {
        output::stdout(text.as_ref());
    }

    /// Talk.
    pub fn note(&self, text: impl AsRef<str>) {
        if !self.quiet {
            output::stderr(text.as_ref());
        }
    }

    /// A warning; shown even when quiet, because it tells of something lost or doubtful.
    pub fn warn(&self, text: impl AsRef<str>) {
        output::stderr(&format!("warning: {}", text.as_ref()));
    }

    /// Rows of name and value, aligned.
    pub fn table(&self, rows: &[(&str, String)]) {
        let width = rows
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        for (name, value) in rows {
            let pad = " ".repeat(width - name.chars().count());
            self.line(format!("{name}{pad}  {value}"));
        }
    }

    /// A bar on a terminal, plain lines elsewhere, nothing when unwanted.
    /// `total` may be unknown.
    pub fn bar(&self, what: impl Into<Cow<'static, str>>, total: Option<u64>) -> Bar {
        Bar::new(what.into(), total, 0, self.progress)
    }

    /// A bar of something that goes on: what was `done` before is shown, and counts neither for
    /// the rate nor for the time left.
    pub fn bar_from(&self, what: impl Into<Cow<'static, str>>, done: u64, total: u64) -> Bar {
        Bar::new(what.into(), Some(total), done, self.progress)
    }
}

/// Progress of one stage: done/total, rate, ETA, and a word on what is being waited for.
#[derive(Debug)]
pub struct Bar {
    what: Cow<'static, str>,
    bar: ProgressBar,
    plain: Option<Mutex<Plain>>,
}

#[derive(Debug)]
struct Plain {
    printed: Instant,
    message: String,
}

impl Bar {
    fn new(what: Cow<'static, str>, total: Option<u64>, done: u64, wanted: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(total, ProgressDrawTarget::hidden());
        bar.set_style(style(total.is_some()));
        bar.set_prefix(what.clone());
        if done > 0 {
            bar.set_position(done);
            bar.reset_eta();
            bar.reset_elapsed();
        }
        if wanted && terminal {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        let plain = (wanted && !terminal).then(|| {
            Mutex::new(Plain {
                printed: Instant::now(),
                message: String::new(),
            })
        });
        Self { what, bar, plain }
    }

    /// `n` more are done.
    pub fn inc(&self, n: u64) {
        self.bar.inc(n);
        self.plain_line(false);
    }

    /// What is going on or being waited for.
    pub fn message(&self, text: impl Into<String>) {
        let text = printable(&text.into()).into_owned();
        if let Some(plain) = &self.plain {
            if let Ok(mut plain) = plain.lock() {
                plain.message.clone_from(&text);
            }
            self.plain_line(false);
        }
        self.bar.set_message(text);
    }

    /// A line that stays, above the bar.
    pub fn println(&self, text: impl AsRef<str>) {
        self.bar.suspend(|| output::stderr(text.as_ref()));
    }

    /// The stage is over.
    pub fn finish(&self) {
        self.plain_line(true);
        self.bar.finish_and_clear();
    }

    fn plain_line(&self, last: bool) {
        let Some(plain) = &self.plain else { return };
        let Ok(mut plain) = plain.lock() else { return };
        if !last && plain.printed.elapsed() < PLAIN_EVERY {
            return;
        }
        plain.printed = Instant::now();
        let (done, rate) = (self.bar.position(), self.bar.per_sec());
        let of = self.bar.length().map_or(String::new(), |n| format!("/{n}"));
        let left = match self.bar.length() {
            Some(_) if !last && rate > 0.0 => {
                format!(", {} left", HumanDuration(self.bar.eta()))
            }
            _ => String::new(),
        };
        let gap = if plain.message.is_empty() { "" } else { "  " };
        output::stderr(&format!(
            "{}: {done}{of}, {rate:.1}/s{left}{gap}{}",
            self.what, plain.message
        ));
    }
}

fn style(bounded: bool) -> ProgressStyle {
    let template = if bounded {
        "{prefix} {bar:24} {pos}/{len}  {rate}  {left}  {wide_msg}"
    } else {
        "{prefix} {spinner} {pos}  {rate}  {wide_msg}"
    };
    let rate = |state: &ProgressState, to: &mut dyn std::fmt::Write| {
        // It can only fail where the terminal is gone.
        let _ = write!(to, "{:.1}/s", state.per_sec());
    };
    // Nothing is known of the time left before the first is done.
    let left = |state: &ProgressState, to: &mut dyn std::fmt::Write| {
        if state.per_sec() > 0.0 {
            let _ = write!(to, "{:#} left", HumanDuration(state.eta()));
        }
    };
    ProgressStyle::with_template(template)
        .expect("the template is well-formed")
        .with_key("rate", rate)
        .with_key("left", left)
}
