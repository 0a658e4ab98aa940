//! Keeping the covers below a score at once, from the command line.

use cli::{Exit, Failure, Outcome, Printer, Result};
use serde_json::json;
use store::audit::Audit;
use store::slice::KeepSlice;
use store::{Pool, Store, TopicId};

use crate::event_id;
use crate::slice::{Permission, SHARE, permission, same};
use crate::trust::Bound;

/// What was typed.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The score.
    pub below: f64,
    /// The pool.
    pub pool: Pool,
    /// Keep them, if that is allowed.
    pub yes: bool,
    /// In whose name.
    pub annotator: String,
}

/// Tells what lies below a score, and keeps it if that is asked for and an audit allows it.
///
/// # Errors
/// Bad usage where nothing can be kept at once; what the database says.
pub async fn run(
    store: &Store,
    topic: TopicId,
    asked: &Asked,
    printer: &Printer,
) -> Result<Outcome> {
    check(asked)?;
    if store.current_model(topic).await?.is_none() {
        return Err(Failure::usage(
            "there is no model to score by\nTrain one: trainer kfold && trainer fit && trainer find.",
        ));
    }
    let (covers, expected) = store.slice(topic, asked.pool, asked.below).await?;
    let audit = store.newest_audit(topic, asked.pool, true).await?;
    let missing = missing(audit.as_ref(), asked.below);
    printer.table(&table(asked, covers, expected, audit.as_ref()));
    let mut told = json!({
        "pool": asked.pool,
        "below": asked.below,
        "covers": covers,
        "expected": expected,
        "audit": audit,
        "at_most": audit.as_ref().map(|audit| Bound::of(audit).at_most),
        "allowed": missing.is_none(),
        "missing": missing,
        "kept": null,
    });
    match (missing, audit) {
        (None, Some(audit)) if asked.yes => {
            let kept = keep(store, topic, asked, &audit.id, printer).await?;
            told["kept"] = json!(kept);
            Ok(Outcome::done(told))
        }
        (None, Some(audit)) => {
            let left = store.left_of_slice(topic, &audit.id).await?;
            told["left"] = json!(left);
            printer.line(format!(
                "\n{left} may be kept at once: the same with --yes."
            ));
            Ok(Outcome::done(told))
        }
        (missing, _) => {
            let missing = missing.unwrap_or_default();
            printer.line(format!("\nThey may not be kept yet: {missing}"));
            told["error"] = json!(format!(
                "the covers below {} may not be kept yet: {missing}",
                asked.below
            ));
            Ok(Outcome {
                exit: Exit::Usage,
                json: Some(told),
            })
        }
    }
}

fn check(asked: &Asked) -> Result<()> {
    if asked.pool != Pool::Negative {
        return Err(Failure::usage(
            "only random covers (--pool negative) are kept for being unlikely\nA cover that was searched for and is unlikely to show the topic is one to look at: labeler serve.",
        ));
    }
    if !(asked.below > 0.0 && asked.below <= 1.0) {
        return Err(Failure::usage(format!(
            "--below {} is no probability\nGive one above 0 and up to 1, for example --below 0.005.",
            asked.below
        )));
    }
    Ok(())
}

async fn keep(
    store: &Store,
    topic: TopicId,
    asked: &Asked,
    audit: &str,
    printer: &Printer,
) -> Result<u32> {
    let stroke = event_id::new()?;
    let keep = KeepSlice {
        annotator: &asked.annotator,
        audit,
        stroke: &stroke,
    };
    let allows = |audit: &Audit| missing(Some(audit), asked.below).map_or(Ok(()), Err);
    let kept = store.keep_slice(topic, &keep, allows, cli::now()).await?;
    let kept = kept.map_err(Failure::usage)?.total();
    printer.line(format!(
        "\nKept {kept} at once, as {}. One undo takes them back: Ctrl+Z on the page in that name, or\nlabeler serve, History, Undo my last.",
        asked.annotator
    ));
    Ok(kept)
}

/// What keeps the slice below a score from being kept, in words; `None`: nothing.
fn missing(audit: Option<&Audit>, below: f64) -> Option<String> {
    let Some(audit) = audit else {
        return Some("no sample of them has been looked at. Draw one: labeler serve, Order, keep the unlikely at once.".into());
    };
    if !same(audit, below) {
        let other = audit.below.unwrap_or_default();
        return Some(format!(
            "the newest sample is of the covers below {other}. Draw one of these: labeler serve, Order, keep the unlikely at once."
        ));
    }
    match permission(audit) {
        Permission::Given => None,
        Permission::Unfinished(more) => Some(format!(
            "{more} of the sample are still to be looked at. Go on: labeler serve, Order, keep the unlikely at once."
        )),
        Permission::TooMany => Some(format!(
            "{} of the sample show the topic, or may, so more than {} % of them could. Choose a lower score.",
            audit.found,
            100.0 * SHARE
        )),
        Permission::Lost(lost) => Some(format!(
            "{lost} of the sample cannot be looked at any more. Draw another sample."
        )),
    }
}

fn table<'a>(
    asked: &Asked,
    covers: u64,
    expected: f64,
    audit: Option<&Audit>,
) -> Vec<(&'a str, String)> {
    let mut rows = vec![
        (
            "covers",
            format!("{covers} undecided {}s below {}", asked.pool, asked.below),
        ),
        (
            "expected",
            format!("{expected:.1} of them show the topic, if the model is right"),
        ),
    ];
    if let Some(audit) = audit {
        let bound = Bound::of(audit);
        rows.push((
            "sample",
            format!(
                "{} of the {} below {}: {} looked at, {} found",
                audit.sample,
                audit.frame,
                audit.below.unwrap_or_default(),
                audit.checked,
                audit.found
            ),
        ));
        rows.push((
            "bound",
            format!(
                "at most {:.1} % of them show it, at 95 %, if who looked saw what was there",
                // A bound must not promise more than it holds.
                (bound.at_most * 1000.0).ceil() / 10.0
            ),
        ));
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slice::tests::audit;

    #[test]
    fn what_is_missing_is_said_and_an_audit_of_another_slice_is_none() {
        let done = audit(5000, 300, 300, 0);
        assert_eq!(missing(Some(&done), 0.01), None);
        for (audit, below, said) in [
            (None, 0.01, "no sample"),
            (Some(&done), 0.005, "below 0.01"),
            (Some(&audit(5000, 300, 240, 0)), 0.01, "60 of the sample"),
            (Some(&audit(5000, 300, 300, 2)), 0.01, "lower score"),
        ] {
            let told = missing(audit, below).unwrap();
            assert!(told.contains(said), "{told}");
        }
    }
}
