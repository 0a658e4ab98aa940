//! What is behind the person: a model that knows nothing of their last decisions, covers that it
//! has not scored. Said in a line with the command that mends it, where it is worth a line.

use std::sync::Arc;

use maud::{Markup, html};
use serde::Serialize;
use store::Queue;
use store::freshness::Freshness;

use super::show;
use super::words::{Text, fill};

/// Covers that are worth a word: a sheet. Of fewer a training would learn little.
const WORTH: i64 = 60;

/// A line, and what to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// In words.
    pub text: String,
    /// For a terminal.
    pub command: &'static str,
}

/// What to say, if anything: to whom a watch is at work it soon says itself what it did.
pub fn notice(text: &Text, fresh: &Freshness, queue: Option<Queue>) -> Option<Notice> {
    let by_score = matches!(queue, Some(Queue::Likely | Queue::Uncertain));
    let (words, n): (&Arc<str>, i64) = match fresh {
        Freshness { watched: true, .. } => return None,
        Freshness { promotion: 0, .. } => {
            return by_score.then(|| Notice {
                text: text.stale_no_model.to_string(),
                command: "trainer watch",
            });
        }
        Freshness { newer, .. } if *newer >= WORTH => (&text.stale_labels, *newer),
        Freshness { unscored, .. } if *unscored > 0 => (&text.stale_scores, *unscored),
        _ => return None,
    };
    Some(Notice {
        text: fill(words, &[("n", &show::number(n))]),
        command: "trainer watch",
    })
}

/// The line on the page; without anything to say it is there, empty, for the script.
pub fn line(notice: Option<&Notice>) -> Markup {
    html! {
        p #stale .stale role="status" {
            @if let Some(notice) = notice {
                span { (notice.text) } " " code { (notice.command) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::words::{Lang, Words};

    #[test]
    fn what_is_behind_is_said_once_it_is_worth_it_and_nobody_mends_it_already() {
        let words = Words::new("cat");
        let text = words.of(Lang::En);
        let fresh = |promotion, newer, unscored, watched| Freshness {
            promotion,
            newer,
            unscored,
            watched,
        };
        let (likely, random) = (Some(Queue::Likely), Some(Queue::Random));
        for (state, queue, said) in [
            (fresh(0, 0, 0, false), likely, "No model yet"),
            (fresh(0, 0, 0, false), random, ""),
            (fresh(0, 0, 0, true), likely, ""),
            (fresh(1, 59, 0, false), likely, ""),
            (
                fresh(1, 60, 0, false),
                random,
                "Decided since the model was trained: 60.",
            ),
            (
                fresh(1, 1312, 5, false),
                None,
                "Decided since the model was trained: 1,312.",
            ),
            (fresh(1, 1312, 5, true), likely, ""),
            (
                fresh(1, 59, 5, false),
                likely,
                "Not scored yet, and so last in line: 5.",
            ),
            (fresh(1, 0, 0, false), likely, ""),
        ] {
            let notice = notice(text, &state, queue);
            let shown = notice.map_or(String::new(), |notice| notice.text);
            assert!(
                shown.starts_with(said) && said.is_empty() == shown.is_empty(),
                "{state:?}: {shown}"
            );
        }
    }
}
