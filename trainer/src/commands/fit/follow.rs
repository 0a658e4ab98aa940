//! The run that a model follows: its choices, and its predictions to calibrate on.

use cli::{Failure, Result};
use store::training::{RunId, RunRow, RunState};

use crate::config::Config;
use crate::flags::{Plan, TrainFlags};
use crate::session::Session;

/// `--from-run`: the run, and its choices with what is typed put over them.
///
/// # Errors
/// A run that cannot be followed, or another net than its own.
pub async fn plan(session: &Session, flags: &TrainFlags, number: i64) -> Result<(Plan, RunRow)> {
    let run = finished_run(session, number).await?;
    let base = Config::from_json(&run.config).ok_or_else(|| {
        Failure::usage(format!(
            "run {number} was made by another version of this program, which trained otherwise\n\
             Run trainer kfold again and follow that run."
        ))
    })?;
    let plan = flags.plan(Some(&base), base.net())?;
    if plan.config.net() != base.net() {
        return Err(Failure::usage(format!(
            "run {number} trained {}, not {}\nLeave --net out, or follow another run.",
            base.net(),
            plan.config.net()
        )));
    }
    if !trained_alike(&run, &plan.config) {
        session.printer.warn(format!(
            "run {number} trained otherwise: its predictions do not calibrate this model"
        ));
    }
    Ok((plan, run))
}

/// A run of another topic, or one that is not finished, is not followed.
async fn finished_run(session: &Session, number: i64) -> Result<RunRow> {
    let run = session.store.run(RunId::named(number)).await?;
    let runs = session.store.runs(session.topic, u32::MAX).await?;
    if runs.iter().all(|other| other.id != run.id) {
        let topic = &session.topic_name;
        return Err(Failure::usage(format!(
            "run {number} belongs to another topic than \"{topic}\"\nName its topic with --topic."
        )));
    }
    match run.state {
        RunState::Finished => Ok(run),
        RunState::Unfinished => Err(Failure::usage(format!(
            "run {number} is not finished\nThe kfold that began it goes on with it."
        ))),
        RunState::Failed => Err(Failure::usage(format!(
            "run {number} failed: {}\nFollow another one; trainer runs lists them.",
            run.reason.unwrap_or_default()
        ))),
    }
}

/// The newest finished run of the same net trained in the same way.
///
/// # Errors
/// What the database says.
pub async fn matching_run(session: &Session, config: &Config) -> Result<Option<RunRow>> {
    let runs = session.store.runs(session.topic, u32::MAX).await?;
    Ok(runs
        .into_iter()
        .find(|run| run.state == RunState::Finished && trained_alike(run, config)))
}

/// How long to train where the folds chose how long: the median of their best epochs; `None`
/// of a run that chose nothing. All labels are more covers than a fold's, so of two middle
/// ones it is the longer.
///
/// # Errors
/// What the database says.
pub async fn chosen_epochs(session: &Session, run: RunId) -> Result<Option<u32>> {
    let folds = session.store.folds(run).await?;
    let mut chosen: Vec<u32> = folds.iter().filter_map(|fold| fold.best_epoch).collect();
    chosen.sort_unstable();
    Ok(chosen.get(chosen.len() / 2).copied())
}

/// The same in all that decides how a net is trained.
pub fn trained_alike(run: &RunRow, config: &Config) -> bool {
    Config::from_json(&run.config).is_some_and(|other| other.method == config.method)
}
