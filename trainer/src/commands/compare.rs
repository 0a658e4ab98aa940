//! `compare`: whether one run is better than another, or nothing can be told.

use std::collections::HashMap;

use cli::{Failure, Outcome, Result};
use serde_json::{Value, json};
use store::training::{PredictionRow, RunId, RunRow};

use crate::metrics::{Comparison, Difference, Paired, Verdict, compare, mcnemar, sigmoid};
use crate::session::Session;

/// Compares two runs on the covers that both predicted out of fold.
///
/// # Errors
/// A run that is not there, or two that share no covers.
pub async fn run(session: &Session, left: i64, right: i64) -> Result<Outcome> {
    let store = &session.store;
    let runs = [RunId::named(left), RunId::named(right)];
    let (left_run, right_run) = (store.run(runs[0]).await?, store.run(runs[1]).await?);
    let predictions = store.predictions(runs[1]).await?;
    let paired = pair(&store.predictions(runs[0]).await?, &predictions);
    let Some(comparison) = compare(&paired, right_run.seed as u64) else {
        return Err(Failure::usage(format!(
            "runs {left} and {right} have predicted no covers in common that could be compared\n\
             Compare runs of the same topic with finished folds; trainer runs lists them."
        )));
    };
    if predictions.iter().any(|row| row.block.is_none()) {
        session.printer.warn(format!(
            "run {right} did not keep its blocks: each cover is taken for one"
        ));
    }
    print(session, [&left_run, &right_run], &comparison);
    Ok(Outcome::done(object(left, right, &comparison)))
}

/// The covers of both, with labels and blocks as the right run, usually the newer, has them.
/// A cover of a run that did not keep its blocks is a block alone.
fn pair(left: &[PredictionRow], right: &[PredictionRow]) -> Paired {
    let told: HashMap<i64, f64> = left.iter().map(|row| (row.cover, row.logit)).collect();
    let most = right.iter().filter_map(|row| row.block).max();
    let alone = most.map_or(0, |most| most + 1)..;
    let mut paired = Paired::default();
    for (row, alone) in right.iter().zip(alone) {
        let Some(other) = told.get(&row.cover) else {
            continue;
        };
        paired.labels.push(row.label);
        paired.left.push(sigmoid(*other));
        paired.right.push(sigmoid(row.logit));
        paired.blocks.push(row.block.unwrap_or(alone));
    }
    paired
}

fn print(session: &Session, runs: [&RunRow; 2], comparison: &Comparison) {
    // By recipe too: of one net there are several ways to learn.
    let name = |run: &RunRow| format!("run {} ({}, {})", run.id.number(), run.net, run.recipe);
    let names = runs.map(name);
    let accuracy = &comparison.accuracy;
    let only = |side: usize, count: usize| format!("{count} covers only {} has right", names[side]);
    let printer = &session.printer;
    printer.line(sentence(&names, accuracy));
    printer.line("");
    let mut rows = vec![
        (
            "covers of both",
            format!("{} in {} blocks", comparison.covers, comparison.blocks),
        ),
        ("accuracy", points(accuracy)),
    ];
    if let Some(area) = &comparison.roc_auc {
        rows.push(("ROC area", areas(area)));
    }
    rows.extend([
        ("they differ", only(0, comparison.only_left)),
        ("", only(1, comparison.only_right)),
        (
            "by chance",
            format!(
                "{:.2} % if both were equally good (McNemar, each cover for itself)",
                mcnemar(comparison.only_left, comparison.only_right) * 100.0
            ),
        ),
    ]);
    printer.table(&rows);
}

/// The answer in words.
fn sentence(names: &[String; 2], accuracy: &Difference) -> String {
    let (low, high) = accuracy.interval;
    let better = |name: &str, value: f64, (low, high): (f64, f64)| {
        format!(
            "{name} is better by {:.1} points ({:.1} to {:.1}).",
            value * 100.0,
            low * 100.0,
            high * 100.0
        )
    };
    match accuracy.verdict() {
        Verdict::Right => better(&names[1], accuracy.value(), (low, high)),
        Verdict::Left => better(&names[0], -accuracy.value(), (-high, -low)),
        Verdict::Untold => format!(
            "No difference can be told between {} and {}: {:+.1} points ({:+.1} to {:+.1}).",
            names[0],
            names[1],
            accuracy.value() * 100.0,
            low * 100.0,
            high * 100.0
        ),
    }
}

fn points(difference: &Difference) -> String {
    let [left, right, value, low, high] = [
        difference.left,
        difference.right,
        difference.value(),
        difference.interval.0,
        difference.interval.1,
    ]
    .map(|share| share * 100.0);
    format!("{left:.1} % and {right:.1} %: {value:+.1} ({low:+.1} to {high:+.1}) by blocks")
}

fn areas(difference: &Difference) -> String {
    let (low, high) = difference.interval;
    format!(
        "{:.4} and {:.4}: {:+.4} ({low:+.4} to {high:+.4}) by blocks",
        difference.left,
        difference.right,
        difference.value(),
    )
}

fn object(left: i64, right: i64, comparison: &Comparison) -> Value {
    let difference = |told: &Difference| {
        json!({
            "left": told.left,
            "right": told.right,
            "difference": told.value(),
            "interval": [told.interval.0, told.interval.1],
        })
    };
    let better = match comparison.accuracy.verdict() {
        Verdict::Left => Some(left),
        Verdict::Right => Some(right),
        Verdict::Untold => None,
    };
    json!({
        "left": left,
        "right": right,
        "better": better,
        "covers": comparison.covers,
        "blocks": comparison.blocks,
        "accuracy": difference(&comparison.accuracy),
        "roc_auc": comparison.roc_auc.as_ref().map(difference),
        "only_left_right": comparison.only_left,
        "only_right_right": comparison.only_right,
        "mcnemar": mcnemar(comparison.only_left, comparison.only_right),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cover: i64, logit: f64, block: Option<u32>) -> PredictionRow {
        PredictionRow {
            cover,
            sha256: [0; 32],
            label: cover % 2 == 0,
            fold: 0,
            block,
            logit,
        }
    }

    #[test]
    fn only_covers_of_both_are_paired_and_those_without_a_block_stay_alone() {
        let left = [row(1, -1.0, None), row(2, 1.0, None), row(3, 0.0, None)];
        let right = [
            row(2, 0.0, Some(4)),
            row(3, 0.0, None),
            row(4, 2.0, Some(1)),
        ];
        let paired = pair(&left, &right);
        assert_eq!(paired.labels, [true, false]);
        assert_eq!(paired.right, [0.5, 0.5]);
        assert_eq!(paired.blocks, [4, 6]);
    }

    #[test]
    fn the_sentence_names_the_better_run_or_says_that_none_can_be_named() {
        let names = ["run 3 (lenet)".to_owned(), "run 7 (resnet)".to_owned()];
        let told = |left, right, interval| {
            let difference = Difference {
                left,
                right,
                interval,
            };
            sentence(&names, &difference)
        };
        let table = [
            (
                0.9,
                0.912,
                (0.004, 0.021),
                "run 7 (resnet) is better by 1.2 points (0.4 to 2.1).",
            ),
            (
                0.912,
                0.9,
                (-0.021, -0.004),
                "run 3 (lenet) is better by 1.2 points (0.4 to 2.1).",
            ),
            (
                0.9,
                0.898,
                (-0.011, 0.007),
                "No difference can be told between run 3 (lenet) and run 7 (resnet): \
                 -0.2 points (-1.1 to +0.7).",
            ),
        ];
        for (left, right, interval, expected) in table {
            assert_eq!(told(left, right, interval), expected);
        }
    }
}
