//! How far the labeling is.

use cli::{Outcome, Printer, Result};
use serde_json::json;
use store::decision::Tally;
use store::{Store, TopicId};

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
    let people: Vec<_> = annotators
        .iter()
        .map(|(name, events, last)| json!({ "annotator": name, "events": events, "last": last }))
        .collect();
    Ok(Outcome::done(
        json!({ "covers": tally, "annotators": people }),
    ))
}
