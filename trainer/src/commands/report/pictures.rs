//! The pictures of a report, from rows only.

use cli::Result;
use store::training::{EpochRow, FoldRow as StoredFold, RunState};

use crate::charts::{self, Chart, Size};
use crate::metrics::{Confusion, majority, wilson};
use crate::results::Results;
use crate::session::Session;
use crate::training::EpochStats;

/// A chart with the name of its file.
pub(super) struct Picture {
    pub(super) name: String,
    pub(super) chart: Chart,
    pub(super) caption: &'static str,
}

/// All pictures of a run that has predictions.
pub(super) async fn pictures(session: &Session, results: &Results) -> Result<Vec<Picture>> {
    let mut pictures = curves(session, results).await?;
    pictures.extend(judgements(&session.topic_name, results)?);
    pictures.extend(learning(session, results).await?);
    Ok(pictures)
}

/// Loss and accuracy over the epochs, where there are epochs.
async fn curves(session: &Session, results: &Results) -> Result<Vec<Picture>> {
    let (net, majority) = (&results.run.net, majority(&results.judged().0));
    let mut curves = Vec::new();
    let mut pictures = Vec::new();
    for fold in results.done() {
        let epochs = epochs(session, results, fold).await?;
        if epochs.len() > 1 {
            let title = format!("{net}, fold {}", fold.fold + 1);
            pictures.push(Picture {
                name: format!("fold-{}", fold.fold + 1),
                chart: charts::fold_curves(&title, &epochs, majority)?,
                caption: match pictures.is_empty() {
                    true => "Loss and accuracy of each fold, as the article drew them.",
                    false => "",
                },
            });
        }
        curves.push(epochs);
        let range = session.store.range_test(results.run.id, fold.fold).await?;
        if let (Some(rate), false) = (fold.learning_rate, range.is_empty()) {
            let title = format!("{net}, fold {}: range test", fold.fold + 1);
            pictures.push(Picture {
                name: format!("fold-{}-rate", fold.fold + 1),
                chart: charts::range_test(&title, &range, rate)?,
                caption: "The loss as the rate rises, and the rate that was taken (--lr auto).",
            });
        }
    }
    if curves.iter().any(|epochs| epochs.len() > 1) {
        pictures.push(Picture {
            name: "mean".into(),
            chart: charts::mean_curves(net, &curves, majority)?,
            caption: "The mean over the folds, each fold faint behind it.",
        });
    }
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
fn judgements(topic: &str, results: &Results) -> Result<Vec<Picture>> {
    let (labels, probabilities) = results.judged();
    let (labels, probabilities) = (labels.as_slice(), probabilities.as_slice());
    let log_odds: Vec<f64> = results.predictions.iter().map(|row| row.logit).collect();
    let confusion = Confusion::at(labels, probabilities, 0.5);
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
        picture(
            "threshold",
            charts::threshold(labels, &log_odds)?,
            "What is gained and lost by calling more or fewer; where the topic is rarer than \
             among these labels, fewer of the called are right.",
        ),
    ])
}

/// The finished runs that learned in the same way from other numbers of covers.
async fn learning(session: &Session, results: &Results) -> Result<Option<Picture>> {
    let tallies = session.store.run_tallies(session.topic).await?;
    let mut sizes = Vec::new();
    for run in session.store.runs(session.topic, u32::MAX).await? {
        let number = run.id.number();
        let is_alike = run.id == results.run.id
            || (run.state == RunState::Finished && run.config == results.run.config);
        let tally = tallies.iter().find(|tally| tally.run == number);
        let accuracy = tally.and_then(|tally| Some((tally.covers, tally.accuracy?)));
        if let (true, Some((covers, accuracy))) = (is_alike, accuracy) {
            sizes.push(size(covers as usize, accuracy));
        }
    }
    sizes.sort_by_key(|size| size.covers);
    sizes.dedup_by_key(|size| size.covers);
    if sizes.len() < 2 {
        return Ok(None);
    }
    Ok(Some(Picture {
        name: "learning".into(),
        chart: charts::learning(&sizes)?,
        caption: "Runs that learned in the same way, by the labels that there were then; the \
                  upright lines are 95 % intervals.",
    }))
}

fn size(covers: usize, accuracy: f64) -> Size {
    let right = (accuracy * covers as f64).round() as usize;
    Size {
        covers,
        accuracy,
        interval: wilson(right, covers),
    }
}
