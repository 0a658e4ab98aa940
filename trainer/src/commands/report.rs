//! `report`: a run as one page with its pictures beside it, from rows only.

use std::path::Path;

use cli::{Failure, Outcome, Result};
use serde_json::json;
use store::training::{EpochRow, FoldRow as StoredFold, PredictionRow, RunId};

use crate::atomic;
use crate::charts::{self, Chart};
use crate::config::{Config, Method, Rate};
use crate::metrics::{Summary, majority, sigmoid};
use crate::report::{Figure, FoldRow, Mistake, Report};
use crate::results::Results;
use crate::session::Session;
use crate::training::EpochStats;

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

/// A chart with the name of its file.
struct Picture {
    name: String,
    chart: Chart,
    caption: &'static str,
}

async fn pictures(session: &Session, results: &Results) -> Result<Vec<Picture>> {
    let (labels, probabilities) = results.judged();
    let (net, majority) = (&results.run.net, majority(&labels));
    let mut curves = Vec::new();
    let mut pictures = Vec::new();
    for fold in results.done() {
        let epochs = epochs(session, results, fold).await?;
        if epochs.len() > 1 {
            let title = format!("{net}, fold {}", fold.fold + 1);
            pictures.push(Picture {
                name: format!("fold-{}", fold.fold + 1),
                chart: charts::fold_curves(&title, &epochs, majority)?,
                caption: "Loss and accuracy of one fold, as the article drew them.",
            });
        }
        curves.push(epochs);
    }
    if curves.iter().any(|epochs| epochs.len() > 1) {
        pictures.push(Picture {
            name: "mean".into(),
            chart: charts::mean_curves(net, &curves, majority)?,
            caption: "The mean over the folds, each fold faint behind it.",
        });
    }
    pictures.extend(judgements(&session.topic_name, &labels, &probabilities)?);
    Ok(pictures)
}

async fn epochs(
    session: &Session,
    results: &Results,
    fold: &StoredFold,
) -> Result<Vec<EpochStats>> {
    let rows = session.store.epochs(results.run.id, fold.fold).await?;
    Ok(rows.iter().map(stats).collect())
}

fn stats(row: &EpochRow) -> EpochStats {
    EpochStats {
        epoch: row.epoch,
        train_loss: row.train_loss,
        train_accuracy: row.train_accuracy,
        inner_loss: row.inner_loss,
        inner_accuracy: row.inner_accuracy,
        test_loss: Some(row.test_loss),
        test_accuracy: Some(row.test_accuracy),
        learning_rate: row.learning_rate,
        seconds: row.seconds,
    }
}

/// Pictures of all out-of-fold predictions together.
fn judgements(topic: &str, labels: &[bool], probabilities: &[f64]) -> Result<Vec<Picture>> {
    let confusion = crate::metrics::Confusion::at(labels, probabilities, 0.5);
    let picture = |name: &str, chart, caption| Picture {
        name: name.into(),
        chart,
        caption,
    };
    Ok(vec![
        picture(
            "confusion",
            charts::confusion(&confusion, topic)?,
            "What was called what, at one half.",
        ),
        picture(
            "roc",
            charts::roc(labels, probabilities)?,
            "Share found against share of false alarms, over all thresholds.",
        ),
        picture(
            "precision-recall",
            charts::precision_recall(labels, probabilities)?,
            "How many of those called are right, against how many are found.",
        ),
        picture(
            "reliability",
            charts::reliability(labels, probabilities)?,
            "Whether probabilities mean what they say, before calibration.",
        ),
    ])
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
        let image = session.store.image(row.cover).await?;
        let seen = session.store.seen_on(row.cover).await?;
        let (title, url) = seen.unzip();
        mistakes.push(Mistake {
            jpeg: image.unwrap_or_default(),
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
    let topics = results.predictions.iter().filter(|row| row.label).count();
    let count = results.predictions.len();
    let row = |name: &str, value: String| (name.to_string(), value);
    let mut rows = vec![
        row(
            "covers",
            format!("{count}, {topics} of them with the topic"),
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
