//! `runs`: what was trained, and the models.

use cli::{Outcome, Result};
use serde_json::{Value, json};
use store::training::{FoldState, ModelRow, RunRow, RunTally};

use crate::session::Session;

/// A run as it is listed.
struct Line {
    run: RunRow,
    done: usize,
    tally: RunTally,
}

/// Lists runs, newest first, then models.
///
/// # Errors
/// What the database says.
pub async fn run(session: &Session, limit: u32) -> Result<Outcome> {
    let store = &session.store;
    let tallies = store.run_tallies(session.topic).await?;
    let mut lines = Vec::new();
    for run in store.runs(session.topic, limit).await? {
        let folds = store.folds(run.id).await?;
        let done = folds
            .iter()
            .filter(|fold| fold.state == FoldState::Done)
            .count();
        let number = run.id.number();
        let tally = tallies.iter().find(|tally| tally.run == number).copied();
        lines.push(Line {
            tally: tally.unwrap_or_default(),
            run,
            done,
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
            "covers": self.tally.covers,
            "accuracy": self.tally.accuracy,
            "seed": run.seed,
            "reason": run.reason,
            "created_at": run.created_at,
            "finished_at": run.finished_at,
        })
    }

    fn text(&self) -> String {
        let run = &self.run;
        let accuracy = self.tally.accuracy;
        let accuracy = accuracy.map_or("–".into(), |share| format!("{:.1} %", share * 100.0));
        let folds = format!("{}/{}", self.done, run.folds);
        let mut text = format!(
            "{:>4}  {:<18}  {:<8}  {:<10}  {folds:>5}  {:>6}  {accuracy:>8}",
            run.id.number(),
            run.net,
            run.recipe,
            run.state.as_str(),
            self.tally.covers,
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
    printer.line(" run  net                 recipe    state       folds  covers  accuracy");
    for line in lines {
        printer.line(line.text());
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
