//! What a run gave, from rows only.

use cli::Result;
use serde_json::{Value, json};
use store::training::{FoldRow, FoldState, PredictionRow, RunId, RunRow};

use crate::metrics::{
    BlockIntervals, Interval, Summary, block_intervals, mean_and_deviation, sigmoid,
};
use crate::session::Session;

/// A run with everything that is stored of it.
#[derive(Clone, Debug)]
pub struct Results {
    /// The run.
    pub run: RunRow,
    /// Its folds.
    pub folds: Vec<FoldRow>,
    /// What was predicted so far, by cover id.
    pub predictions: Vec<PredictionRow>,
    /// How sure its numbers are; `None` before the first fold is done, and of runs of before
    /// blocks were kept.
    pub intervals: Option<BlockIntervals>,
}

impl Results {
    /// Reads a run.
    ///
    /// # Errors
    /// A run that is not there.
    pub async fn read(session: &Session, run: RunId) -> Result<Results> {
        let row = session.store.run(run).await?;
        let predictions = session.store.predictions(run).await?;
        Ok(Results {
            intervals: intervals(&predictions, row.seed as u64),
            run: row,
            folds: session.store.folds(run).await?,
            predictions,
        })
    }

    /// The folds that are done.
    pub fn done(&self) -> impl Iterator<Item = &FoldRow> {
        let done = |fold: &&FoldRow| fold.state == FoldState::Done;
        self.folds.iter().filter(done)
    }

    /// Labels and probabilities of all predictions.
    pub fn judged(&self) -> (Vec<bool>, Vec<f64>) {
        judged(self.predictions.iter())
    }

    /// All predictions summed up; `None` before the first fold is done.
    pub fn summary(&self) -> Option<Summary> {
        let (labels, probabilities) = self.judged();
        Summary::of(&labels, &probabilities)
    }

    /// The predictions of one fold summed up.
    pub fn summary_of(&self, fold: u32) -> Option<Summary> {
        let of_fold = self.predictions.iter().filter(|row| row.fold == fold);
        let (labels, probabilities) = judged(of_fold);
        Summary::of(&labels, &probabilities)
    }

    /// Seconds of all folds.
    pub fn seconds(&self) -> f64 {
        self.done().filter_map(|fold| fold.seconds).sum()
    }

    /// The accuracy of each finished fold: their mean and deviation.
    pub fn accuracy(&self) -> Option<(f64, f64)> {
        let of_folds: Vec<f64> = self
            .done()
            .filter_map(|fold| Some(self.summary_of(fold.fold)?.accuracy))
            .collect();
        (!of_folds.is_empty()).then(|| mean_and_deviation(&of_folds))
    }

    /// The object of `kfold --json`.
    pub fn json(&self) -> Value {
        let accuracy = self.accuracy();
        json!({
            "run": self.run.id.number(),
            "net": self.run.net,
            "state": self.run.state.as_str(),
            "folds": self.done().filter_map(|fold| self.fold_json(fold)).collect::<Vec<_>>(),
            "accuracy": accuracy.map(|(mean, sd)| json!({ "mean": mean, "sd": sd })),
            "out_of_fold": self.summary().map(|summary| self.summary_json(&summary)),
            "seconds": self.seconds(),
        })
    }

    fn fold_json(&self, fold: &FoldRow) -> Option<Value> {
        let summary = self.summary_of(fold.fold)?;
        Some(json!({
            "fold": fold.fold + 1,
            "train": fold.train,
            "test": fold.test,
            "epochs": fold.epochs,
            "accuracy": summary.accuracy,
            "balanced_accuracy": summary.balanced_accuracy,
            "roc_auc": summary.roc_auc,
            "loss": summary.log_loss,
            "seconds": fold.seconds,
        }))
    }

    fn summary_json(&self, summary: &Summary) -> Value {
        let of_blocks = self.intervals.as_ref();
        json!({
            "n": summary.count,
            "accuracy": summary.accuracy,
            "interval": ends(summary.interval),
            "block_interval": of_blocks.map(|blocks| ends(blocks.accuracy)),
            "majority": summary.majority,
            "balanced_accuracy": summary.balanced_accuracy,
            "roc_auc": summary.roc_auc,
            "roc_auc_interval": of_blocks.and_then(|blocks| blocks.roc_auc).map(ends),
            "average_precision": summary.average_precision,
            "average_precision_interval":
                of_blocks.and_then(|blocks| blocks.average_precision).map(ends),
            "log_loss": summary.log_loss,
            "brier": summary.brier,
            "ece": summary.calibration_error,
        })
    }

    /// The table for people.
    pub fn print(&self, session: &Session) {
        let printer = &session.printer;
        printer.line("fold  train   test  accuracy  ROC area   loss  seconds");
        for fold in self.done() {
            let Some(summary) = self.summary_of(fold.fold) else {
                continue;
            };
            let area = summary
                .roc_auc
                .map_or("–".into(), |area| format!("{area:.3}"));
            printer.line(format!(
                "{:>4}  {:>5}  {:>5}  {:>7.1}%  {area:>8}  {:>5.3}  {:>7.0}",
                fold.fold + 1,
                fold.train,
                fold.test,
                summary.accuracy * 100.0,
                summary.log_loss,
                fold.seconds.unwrap_or_default(),
            ));
        }
        if let Some(summary) = self.summary() {
            printer.line("");
            printer.table(&self.rows(&summary));
        }
    }

    fn rows(&self, summary: &Summary) -> Vec<(&'static str, String)> {
        let run = &self.run;
        let (accuracy, count) = (percent(summary.accuracy), summary.count);
        let mut rows = vec![
            ("run", format!("{} ({})", run.id.number(), run.net)),
            ("out of fold", format!("{accuracy} of {count} covers right")),
            ("95 % interval", range(summary.interval)),
        ];
        if let Some(blocks) = &self.intervals {
            rows.push(("by blocks", range(blocks.accuracy)));
        }
        rows.push(("commoner class", percent(summary.majority)));
        if let Some((mean, deviation)) = self.accuracy() {
            let deviation = deviation * 100.0;
            rows.push((
                "mean of folds",
                format!("{} ± {deviation:.1}", percent(mean)),
            ));
        }
        if let Some(area) = summary.roc_auc {
            let interval = self.intervals.and_then(|blocks| blocks.roc_auc);
            let interval = interval.map_or(String::new(), |(low, high)| {
                format!(" ({low:.4} to {high:.4} by blocks)")
            });
            rows.push(("ROC area", format!("{area:.4}{interval}")));
        }
        rows
    }
}

/// Old runs did not keep the blocks that their folds were made of.
fn intervals(predictions: &[PredictionRow], seed: u64) -> Option<BlockIntervals> {
    let blocks: Option<Vec<u32>> = predictions.iter().map(|row| row.block).collect();
    let (labels, probabilities) = judged(predictions.iter());
    block_intervals(&labels, &probabilities, &blocks?, seed)
}

fn ends((low, high): Interval) -> [f64; 2] {
    [low, high]
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn range((low, high): Interval) -> String {
    format!("{} to {}", percent(low), percent(high))
}

fn judged<'a>(rows: impl Iterator<Item = &'a PredictionRow>) -> (Vec<bool>, Vec<f64>) {
    rows.map(|row| (row.label, sigmoid(row.logit))).unzip()
}
