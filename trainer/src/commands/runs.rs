//! `runs`: what was trained, and the models.

use cli::{Outcome, Result};
use serde_json::{Value, json};
use store::training::{FoldRow, FoldState, ModelRow, PredictionRow, RunRow};

use crate::metrics::{Interval, roc_auc, sigmoid, wilson};
use crate::session::Session;

/// A run as it is listed.
struct Line {
    run: RunRow,
    /// Folds.
    done: usize,
    seconds: f64,
    covers: usize,
    /// What was predicted so far.
    judged: Option<Judged>,
}

/// How good predictions are.
struct Judged {
    accuracy: f64,
    interval: Interval,
    roc_auc: Option<f64>,
}

impl Judged {
    fn of(rows: &[PredictionRow]) -> Option<Judged> {
        let right = |row: &&PredictionRow| (row.logit >= 0.0) == row.label;
        let right = rows.iter().filter(right).count();
        let (labels, probabilities): (Vec<bool>, Vec<f64>) = rows
            .iter()
            .map(|row| (row.label, sigmoid(row.logit)))
            .unzip();
        (!rows.is_empty()).then(|| Judged {
            accuracy: right as f64 / rows.len() as f64,
            interval: wilson(right, rows.len()),
            roc_auc: roc_auc(&labels, &probabilities),
        })
    }
}

/// Lists runs, newest first, then models.
///
/// # Errors
/// What the database says.
pub async fn run(session: &Session, limit: u32) -> Result<Outcome> {
    let store = &session.store;
    let mut lines = Vec::new();
    for run in store.runs(session.topic, limit).await? {
        let folds = store.folds(run.id).await?;
        let done: Vec<&FoldRow> = folds
            .iter()
            .filter(|fold| fold.state == FoldState::Done)
            .collect();
        lines.push(Line {
            covers: store.run_covers(run.id).await?.len(),
            judged: Judged::of(&store.predictions(run.id).await?),
            seconds: seconds(&done),
            done: done.len(),
            run,
        });
    }
    let models = store.models(session.topic).await?;
    let current = store
        .current_model(session.topic)
        .await?
        .map(|model| model.id);
    print(session, &lines, &models, current);
    Ok(Outcome::done(json!({
        "runs": lines.iter().map(Line::json).collect::<Vec<_>>(),
        "models": models.iter().map(|model| model_json(model, current)).collect::<Vec<_>>(),
    })))
}

/// Of all folds; a sum of no floats would be −0.
fn seconds(folds: &[&FoldRow]) -> f64 {
    let each = folds.iter().filter_map(|fold| fold.seconds);
    each.fold(0.0, |sum, one| sum + one)
}

impl Line {
    fn json(&self) -> Value {
        let run = &self.run;
        json!({
            "run": run.id.number(),
            "net": run.net,
            "recipe": run.recipe,
            "state": run.state.as_str(),
            "folds": run.folds,
            "done": self.done,
            "covers": self.covers,
            "accuracy": self.judged.as_ref().map(|judged| judged.accuracy),
            "interval": self.judged.as_ref().map(|judged| [judged.interval.0, judged.interval.1]),
            "roc_auc": self.judged.as_ref().and_then(|judged| judged.roc_auc),
            "seconds": self.seconds,
            "seed": run.seed,
            "reason": run.reason,
            "created_at": run.created_at,
            "finished_at": run.finished_at,
        })
    }

    fn text(&self) -> String {
        let run = &self.run;
        let unknown = || "–".to_owned();
        let judged = self.judged.as_ref();
        let accuracy = judged.map_or_else(unknown, |judged| {
            let (low, high) = judged.interval;
            let [share, low, high] = [judged.accuracy, low, high].map(|share| share * 100.0);
            format!("{share:>5.1} % ({low:.1} to {high:.1})")
        });
        let area = judged.and_then(|judged| judged.roc_auc);
        let area = area.map_or_else(unknown, |area| format!("{area:.4}"));
        let folds = format!("{}/{}", self.done, run.folds);
        let mut text = format!(
            "{:>4}  {:<18}  {:<8}  {:<10}  {folds:>5}  {:>6}  {accuracy:<22}  {area:>8}  {:>7.0}",
            run.id.number(),
            run.net,
            run.recipe,
            run.state.as_str(),
            self.covers,
            self.seconds,
        );
        if let Some(reason) = &run.reason {
            text.push_str(&format!("  {reason}"));
        }
        text
    }
}

fn model_json(model: &ModelRow, current: Option<i64>) -> Value {
    json!({
        "model": model.name,
        "net": model.net,
        "run": model.run_id,
        "current": current == Some(model.id),
        "created_at": model.created_at,
    })
}

fn print(session: &Session, lines: &[Line], models: &[ModelRow], current: Option<i64>) {
    let printer = &session.printer;
    if lines.is_empty() && models.is_empty() {
        printer.line("Nothing was trained yet; trainer kfold begins.");
        return;
    }
    printer.line(
        " run  net                 recipe    state       folds  covers  \
         accuracy (95 %)         ROC area  seconds",
    );
    for line in lines {
        printer.line(line.text());
    }
    if lines.len() > 1 {
        printer.line("\ntrainer compare A B tells whether one is better.");
    }
    printer.line("");
    for model in models {
        let mark = if current == Some(model.id) {
            "current"
        } else {
            ""
        };
        printer.line(format!("{:<34}  {mark}", model.name));
    }
}
