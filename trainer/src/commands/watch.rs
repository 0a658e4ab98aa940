//! `watch`: when labels arrive, train, compare, promote if not worse, score again.
//!
//! The new model's run is compared with the current one's on the covers that both
//! predicted out of fold, by the labels as they are now.

use std::collections::HashMap;
use std::time::Duration;

use cli::{Exit, Outcome, Result};
use serde_json::json;
use store::training::{ModelRow, RunId, RunRow};

use crate::commands::{fit, kfold};
use crate::finder;
use crate::flags::Plan;
use crate::metrics::mcnemar;
use crate::models;
use crate::rates::{Prior, Rates};
use crate::session::Session;
use crate::threshold::Aim;

/// How often to ask for news: a count over the newest rows, and people label by the minute.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// Trains whenever `min_new` decisions have arrived, until the user stops.
///
/// # Errors
/// What the database says. Labels that cannot be trained on yet are waited for.
pub async fn run(session: &Session, plan: &Plan, min_new: u64) -> Result<Outcome> {
    let current = session.store.current_model(session.topic).await?;
    let mut seen = current.map_or(0, |model| model.last_event);
    session.printer.note("watching for new labels; Ctrl-C ends");
    while !session.stop.asked() {
        let new = session
            .store
            .count_events_after(session.topic, seen)
            .await?;
        if new >= min_new {
            seen = session.store.newest_event(session.topic).await?;
            session.printer.note(format!("{new} new decisions"));
            if let Err(failure) = round(session, plan).await {
                if failure.exit != Exit::Usage {
                    return Err(failure);
                }
                session.printer.note(format!("not yet: {failure}"));
            }
        }
        tokio::select! {
            () = tokio::time::sleep(ASK_EVERY) => {}
            () = session.stop.wait() => {}
        }
    }
    Ok(Outcome {
        exit: Exit::Stopped,
        json: None,
    })
}

/// Trains, compares, promotes, scores.
async fn round(session: &Session, plan: &Plan) -> Result<()> {
    let before = session.store.current_model(session.topic).await?;
    let aim = aim_of(session, plan, before.as_ref());
    let (run, finished) = kfold::train(session, plan).await?;
    if !finished {
        return Ok(());
    }
    let run = session.store.run(run).await?;
    let Some(fitted) = fit::train(session, plan, Some(&run), aim).await? else {
        return Ok(());
    };
    let contest = match &before {
        Some(before) => compare(session, plan, before, run.id).await?,
        None => Contest::default(),
    };
    let promoted = !contest.is_worse();
    if promoted {
        fit::promote_if_new(session, &fitted, "watch").await?;
    }
    tell(session, &run, &fitted.name, &contest, promoted);
    rescore(session, plan).await
}

/// What the current model's threshold is for stays so in the next one.
fn aim_of(session: &Session, plan: &Plan, current: Option<&ModelRow>) -> Aim {
    let loaded = current.and_then(|row| models::load(session, row, plan.device).ok());
    let aim = loaded.and_then(|loaded| loaded.card.aim?.parse().ok());
    aim.unwrap_or_default()
}

/// Scores every candidate by what is now the current model.
async fn rescore(session: &Session, plan: &Plan) -> Result<()> {
    let row = models::row(session, None).await?;
    let loaded = models::load(session, &row, plan.device)?;
    let rates = Rates::read(session, &row, &loaded.card, Prior::Auto).await?;
    let (scored, _) = finder::score_all(session, &row, &loaded, &rates, plan.device).await?;
    session
        .printer
        .note(format!("{scored} covers scored by {}", row.name));
    Ok(())
}

fn tell(session: &Session, run: &RunRow, model: &str, contest: &Contest, promoted: bool) {
    let round = json!({
        "run": run.id.number(),
        "model": model,
        "promoted": promoted,
        "compared": contest.compared,
        "only_new_right": contest.only_new_right,
        "only_old_right": contest.only_old_right,
    });
    session.printer.object(&round);
    let verdict = if promoted {
        "is now current"
    } else {
        "is worse and was not promoted"
    };
    session.printer.line(format!(
        "run {}: {model} {verdict} ({} covers compared, {} only it has right, {} only the old one)",
        run.id.number(),
        contest.compared,
        contest.only_new_right,
        contest.only_old_right,
    ));
}

/// Two runs on the same covers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Contest {
    compared: usize,
    only_new_right: usize,
    only_old_right: usize,
}

impl Contest {
    /// By McNemar's test at the 5 % level: of the covers on which they differ, the old run
    /// is right on more than chance explains.
    fn is_worse(&self) -> bool {
        self.only_old_right > self.only_new_right
            && mcnemar(self.only_old_right, self.only_new_right) < 0.05
    }
}

/// A model without a run, or with one that is unknown, is compared with nothing.
async fn compare(session: &Session, plan: &Plan, before: &ModelRow, run: RunId) -> Result<Contest> {
    let Some(old) = before.run_id else {
        return Ok(Contest::default());
    };
    let store = &session.store;
    let labeled = store.labeled(session.topic, &plan.config.labels).await?;
    let labels: HashMap<i64, bool> = labeled
        .iter()
        .map(|cover| (cover.cover, cover.label))
        .collect();
    let old = called(store.predictions(RunId::named(old)).await?);
    let new = called(store.predictions(run).await?);
    Ok(contest(&labels, &old, &new))
}

/// What a run called each cover.
fn called(predictions: Vec<store::training::PredictionRow>) -> HashMap<i64, bool> {
    predictions
        .into_iter()
        .map(|row| (row.cover, row.logit >= 0.0))
        .collect()
}

fn contest(
    labels: &HashMap<i64, bool>,
    old: &HashMap<i64, bool>,
    new: &HashMap<i64, bool>,
) -> Contest {
    let mut contest = Contest::default();
    for (cover, label) in labels {
        let (Some(old), Some(new)) = (old.get(cover), new.get(cover)) else {
            continue;
        };
        contest.compared += 1;
        match (new == label, old == label) {
            (true, false) => contest.only_new_right += 1,
            (false, true) => contest.only_old_right += 1,
            _ => {}
        }
    }
    contest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covers_that_both_predicted_are_judged_by_the_labels_of_today() {
        let map = |pairs: &[(i64, bool)]| pairs.iter().copied().collect::<HashMap<_, _>>();
        let labels = map(&[(1, true), (2, true), (3, false), (4, true)]);
        let old = map(&[(1, true), (2, false), (3, false)]);
        let new = map(&[(1, false), (2, true), (3, false), (4, true)]);
        let expected = Contest {
            compared: 3,
            only_new_right: 1,
            only_old_right: 1,
        };
        assert_eq!(contest(&labels, &old, &new), expected);
    }

    #[test]
    fn worse_is_what_chance_does_not_explain() {
        let contest = |only_old_right, only_new_right| Contest {
            compared: 100,
            only_new_right,
            only_old_right,
        };
        assert!(!Contest::default().is_worse());
        assert!(!contest(7, 3).is_worse());
        assert!(contest(20, 3).is_worse());
        assert!(!contest(3, 20).is_worse());
    }
}
