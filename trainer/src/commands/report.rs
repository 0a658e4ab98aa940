//! `report`: a run as one page with its pictures beside it, from rows only.

mod pictures;

use std::collections::BTreeSet;
use std::path::Path;

use cli::{Failure, Outcome, Result};
use serde_json::json;
use store::training::{FoldRow as StoredFold, PredictionRow, RunId};

use crate::atomic;
use crate::config::{Config, Method, Rate};
use crate::metrics::{Summary, sigmoid};
use crate::report::{Figure, FoldRow, Mistake, Report};
use crate::results::Results;
use crate::session::Session;

use pictures::{Picture, pictures};

/// The surest mistakes that are shown: a screen or two.
const MISTAKES: usize = 48;

/// Writes the page and its pictures and says where.
///
/// # Errors
/// A run that is not there, or has no finished fold yet.
pub async fn run(session: &Session, run: i64) -> Result<Outcome> {
    let results = Results::read(session, RunId::named(run)).await?;
    let Some(summary) = results.summary() else {
        return Err(Failure::usage(format!(
            "run {run} has no finished fold yet, so there is nothing to report\n\
             The kfold that began it goes on with it."
        )));
    };
    let folder = session.report_folder(run);
    let pictures = pictures(session, &results).await?;
    for picture in &pictures {
        let file = folder.join(format!("{}.png", picture.name));
        atomic::write(&file, &picture.chart.png()?)?;
    }
    let page = page(session, &results, summary, pictures).await?;
    let index = folder.join("index.html");
    atomic::write(&index, page.render().as_bytes())?;
    let path = absolute(&index);
    session
        .printer
        .table(&[("run", run.to_string()), ("report", path.clone())]);
    Ok(Outcome::done(json!({ "run": run, "report": path })))
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path)
        .unwrap_or_else(|_| path.to_path_buf())
        .display()
        .to_string()
}

async fn page(
    session: &Session,
    results: &Results,
    summary: Summary,
    pictures: Vec<Picture>,
) -> Result<Report> {
    let run = &results.run;
    let mut warnings = Vec::new();
    let done = results.done().count();
    if done < results.folds.len() {
        warnings.push(format!(
            "Only {done} of {} folds are done: the numbers are of their covers alone.",
            results.folds.len()
        ));
    }
    if let Some(reason) = &run.reason {
        warnings.push(format!("The run failed: {reason}"));
    }
    let figure = |picture: Picture| Figure {
        chart: picture.chart,
        caption: picture.caption.into(),
    };
    Ok(Report {
        topic: session.topic_name.clone(),
        run: run.id.number().to_string(),
        net: run.net.clone(),
        summary,
        intervals: results.intervals,
        warnings,
        folds: results
            .done()
            .filter_map(|fold| fold_row(results, fold))
            .collect(),
        figures: pictures.into_iter().map(figure).collect(),
        mistakes: mistakes(session, &results.predictions).await?,
        made_of: made_of(results),
        command: command(session, results),
    })
}

fn fold_row(results: &Results, fold: &StoredFold) -> Option<FoldRow> {
    let summary = results.summary_of(fold.fold)?;
    Some(FoldRow {
        fold: fold.fold as usize + 1,
        train: fold.train as usize,
        test: fold.test as usize,
        epochs: fold.epochs.unwrap_or_default(),
        accuracy: summary.accuracy,
        roc_auc: summary.roc_auc,
        loss: summary.log_loss,
        seconds: fold.seconds.unwrap_or_default(),
    })
}

/// Predictions against their labels, surest first.
async fn mistakes(session: &Session, predictions: &[PredictionRow]) -> Result<Vec<Mistake>> {
    let mut wrong: Vec<&PredictionRow> = predictions
        .iter()
        .filter(|row| (row.logit >= 0.0) != row.label)
        .collect();
    wrong.sort_by(|left, right| right.logit.abs().total_cmp(&left.logit.abs()));
    let mut mistakes = Vec::new();
    for row in wrong.into_iter().take(MISTAKES) {
        let preview = session.store.preview(row.cover).await?;
        let seen = session.store.seen_on(row.cover).await?;
        let (title, url) = seen.unzip();
        mistakes.push(Mistake {
            jpeg: preview.unwrap_or_default(),
            label: row.label,
            probability: sigmoid(row.logit),
            title,
            url,
        });
    }
    Ok(mistakes)
}

fn made_of(results: &Results) -> Vec<(String, String)> {
    let run = &results.run;
    let predictions = &results.predictions;
    let topics = predictions.iter().filter(|row| row.label).count();
    let blocks: BTreeSet<u32> = predictions.iter().filter_map(|row| row.block).collect();
    let in_blocks = match blocks.len() {
        0 => String::new(),
        count => format!(", in {count} blocks that no fold splits"),
    };
    let count = predictions.len();
    let row = |name: &str, value: String| (name.to_string(), value);
    let mut rows = vec![
        row(
            "covers",
            format!("{count}, {topics} of them with the topic{in_blocks}"),
        ),
        row("recipe", run.recipe.clone()),
        row("seed", run.seed.to_string()),
        row(
            "device",
            format!("{}, {} thread(s)", run.device, run.threads),
        ),
        row("code", run.code.clone()),
        row("labels up to event", run.last_event.to_string()),
    ];
    if let Some(config) = Config::from_json(&run.config) {
        let side = config.preprocessing().side;
        rows.push(row("input", format!("{side}×{side} pixels")));
        match &config.method {
            Method::Steps { recipe, rate } => {
                let learning_rate = match rate {
                    Rate::Fixed => format!("{:e}", recipe.learning_rate),
                    Rate::Auto => "by a range test in each fold".into(),
                };
                rows.extend([
                    row("epochs", recipe.epochs.to_string()),
                    row("batch", recipe.batch_size.to_string()),
                    row("learning rate", learning_rate),
                ]);
            }
            Method::Probe { backbone, .. } => rows.push(row("backbone", backbone.clone())),
        }
        rows.push(row("libtorch", config.libtorch));
    }
    rows
}

fn command(session: &Session, results: &Results) -> String {
    let run = &results.run;
    let flags = Config::from_json(&run.config).map_or_else(
        || format!("--net {} --recipe {}", run.net, run.recipe),
        |config| config.flags().join(" "),
    );
    format!(
        "trainer --database sqlite:{} --topic {} kfold {flags} --seed {} --device {} --threads {} --new",
        quoted(&session.store.path().display().to_string()),
        quoted(&session.topic_name),
        run.seed,
        run.device,
        run.threads,
    )
}

/// For a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-".contains(letter);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.into(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_are_quoted_for_the_shell() {
        assert_eq!(quoted("data/w.db"), "data/w.db");
        assert_eq!(quoted("my data"), "'my data'");
        assert_eq!(quoted("cat's"), r"'cat'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
