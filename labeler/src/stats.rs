//! How far the labeling is.

use cli::{Outcome, Printer, Result};
use serde_json::json;
use store::decision::Tally;
use store::{Store, TopicId};

use crate::trust::Trust;

/// Prints decisions by pool and by person.
///
/// # Errors
/// What the database says.
pub async fn run(store: &Store, topic: TopicId, printer: &Printer) -> Result<Outcome> {
    let tally = store.tally(topic).await?;
    let annotators = store.annotators(topic).await?;
    if tally.is_empty() {
        printer.line("no candidates yet\nBring some: crawler import FOLDER --pool negative");
    }
    for pool in ["negative", "positive"] {
        let of_pool: Vec<&Tally> = tally.iter().filter(|row| row.pool == pool).collect();
        let total: i64 = of_pool.iter().map(|row| row.covers).sum();
        let parts: Vec<_> = of_pool
            .iter()
            .map(|row| format!("{} {}", row.covers, row.decision))
            .collect();
        if total > 0 {
            printer.line(format!("{pool}  {total}: {}", parts.join(", ")));
        }
    }
    for (name, events, _) in &annotators {
        printer.line(format!("{name}  {events} decisions"));
    }
    let trust = Trust::gather(store, topic).await?;
    told(&trust).iter().for_each(|line| printer.line(line));
    let people: Vec<_> = annotators
        .iter()
        .map(|(name, events, last)| json!({ "annotator": name, "events": events, "last": last }))
        .collect();
    Ok(Outcome::done(
        json!({ "covers": tally, "annotators": people, "trust": trust }),
    ))
}

/// What is known of how far the decisions can be trusted, a line each.
fn told(trust: &Trust) -> Vec<String> {
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    // A bound must not promise more than it holds.
    let up = |share: f64| (share * 1000.0 - 1e-6).ceil() / 1000.0;
    let mut lines = Vec::new();
    for (pool, bound) in [("negative", &trust.negative), ("positive", &trust.positive)] {
        lines.extend(bound.as_ref().map(|bound| {
            format!(
                "{pool}  at most {} of the {} kept are wrong at 95 %, if a second look sees; {} checked, {} found",
                percent(up(bound.at_most)),
                bound.frame,
                bound.checked,
                bound.found
            )
        }));
        lines.extend(bound.as_ref().and_then(|bound| bound.if_missed).map(|missed| {
            format!(
                "{pool}  at most {} if that look misses as many as of planted covers ({} of {} seen by those who looked)",
                percent(up(missed.at_most)),
                missed.seen,
                missed.planted
            )
        }));
    }
    for seen in &trust.planted {
        let (low, high) = seen.interval;
        lines.push(format!(
            "{}  saw {} of {} planted covers ({} to {})",
            seen.recall.annotator,
            seen.recall.seen,
            seen.recall.planted,
            percent(low),
            percent(high)
        ));
    }
    for looks in &trust.looks {
        lines.push(format!(
            "{}  {} looked at twice, the same said of {}; about {:.0} show the topic if both looks miss independently, at least {}",
            looks.twice.pool.as_str(),
            looks.twice.covers,
            looks.twice.alike,
            looks.total.estimate,
            looks.total.low
        ));
    }
    for overlap in &trust.overlap {
        let (low, high) = overlap.agreement.interval;
        lines.push(format!(
            "{}  {} decided by two people, the same said of {}; Gwet's AC1 {:.2} ({low:.2} to {high:.2})",
            overlap.twice.pool.as_str(),
            overlap.twice.covers,
            overlap.twice.alike,
            overlap.agreement.ac1
        ));
    }
    lines
}
