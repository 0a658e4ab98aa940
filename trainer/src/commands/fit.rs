//! `fit`: the final model, from all labels.

pub mod follow;

use std::ops::ControlFlow;
use std::time::Instant;

use cli::{Bar, Exit, Outcome, Result};
use serde::Serialize;
use serde_json::json;
use store::training::{NewModel, RunId, RunRow};

use super::room;
use crate::atomic;
use crate::calibration::{self, Predicted};
use crate::commands::kfold::checkpoints;
use crate::commands::live::Live;
use crate::commands::threshold::Choice;
use crate::config::Config;
use crate::dataset::Dataset;
use crate::flags::Plan;
use crate::learner::{Learner, Part};
use crate::rates;
use crate::session::Session;
use crate::threshold::Aim;
use crate::training::checkpoint::Keeper;
use crate::training::{Event, Trained};
use crate::weights::{self, Calibration, Card};

/// A model that is in the database.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Covers that it learned from.
    pub covers: usize,
    /// How its margins become probabilities.
    pub calibration: Calibration,
    /// Whether it was trained just now.
    pub new: bool,
}

/// What decides every bit of a model; kept with it, and compared.
#[derive(Debug, Serialize)]
struct Question<'a> {
    config: &'a Config,
    seed: u64,
    device: String,
    threads: usize,
    code: &'static str,
    dataset: String,
    run: Option<i64>,
    /// Left out where it is the usual one: models of before there was a choice are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    aim: Option<String>,
}

/// Trains, promotes and tells.
///
/// # Errors
/// Bad input, a loss that is no number, what the database says.
pub async fn run(
    session: &Session,
    plan: &Plan,
    follows: Option<&RunRow>,
    aim: Aim,
    promote: bool,
) -> Result<Outcome> {
    let started = Instant::now();
    let Some(fitted) = train(session, plan, follows, aim).await? else {
        let stopped = "stopped: no model was made; the same command goes on";
        session.printer.note(stopped);
        return Ok(Outcome {
            exit: Exit::Stopped,
            json: Some(json!({ "model": null })),
        });
    };
    if promote {
        promote_if_new(session, &fitted, "fit").await?;
    }
    let calibrated = fitted.calibration != Calibration::NONE;
    let file = session.model_file(&fitted.name);
    session.printer.table(&[
        ("model", fitted.name.clone()),
        ("file", file.display().to_string()),
        ("covers", fitted.covers.to_string()),
        ("calibrated", (if calibrated { "yes" } else { "no" }).into()),
        ("current", (if promote { "yes" } else { "no" }).into()),
        ("took", format!("{:.1} s", started.elapsed().as_secs_f64())),
    ]);
    Ok(Outcome::done(json!({
        "model": fitted.name,
        "net": plan.config.net().to_string(),
        "run": follows.map(|run| run.id.number()),
        "covers": fitted.covers,
        "calibrated": calibrated,
        "promoted": promote,
        "new": fitted.new,
        "file": file.display().to_string(),
        "seconds": started.elapsed().as_secs_f64(),
    })))
}

/// Makes it the current model, unless it is that already.
///
/// # Errors
/// What the database says.
pub async fn promote_if_new(session: &Session, fitted: &Fitted, reason: &str) -> Result<()> {
    let current = session.store.current_model(session.topic).await?;
    if current.is_none_or(|current| current.id != fitted.id) {
        let promoted = session
            .store
            .promote(session.topic, fitted.id, reason, cli::now());
        promoted.await?;
    }
    Ok(())
}

/// The model of the plan on the labels as they are: the stored one if it would come out the
/// same, else a new one; `None` when the user stopped.
///
/// # Errors
/// As [`run`].
pub async fn train(
    session: &Session,
    plan: &Plan,
    follows: Option<&RunRow>,
    aim: Aim,
) -> Result<Option<Fitted>> {
    let dataset = Dataset::read(session, &plan.config.labels).await?;
    let plan = &room::make(session, plan, dataset.covers.len())?;
    let question = question(plan, &dataset, follows, aim);
    if !plan.afresh
        && let Some(fitted) = stored(session, &question, dataset.covers.len()).await?
    {
        session.printer.note(format!(
            "{} was made of the same covers in the same way (--new trains again)",
            fitted.name
        ));
        return Ok(Some(fitted));
    }
    // Before the training: a threshold that cannot be chosen should not cost one.
    let alike = follows.filter(|run| follow::trained_alike(run, &plan.config));
    let (calibration, threshold) = judge(session, alike, aim).await?;
    room::tell(session, plan, dataset.covers.len());
    let place = (plan.device, plan.threads);
    let learner = Learner::new(session, &plan.config, plan.seed, place, &dataset).await?;
    let Some(learner) = learner else {
        return Ok(None);
    };
    let epochs = match alike {
        Some(run) => follow::chosen_epochs(session, run.id).await?,
        None => None,
    };
    let sha256 = cover::hex(&cover::sha256(question.as_bytes()));
    let keeper = Keeper {
        file: checkpoints::folder(session).join(format!("fit-{}.safetensors", &sha256[..16])),
        identity: question.clone(),
        every: plan.checkpoints,
    };
    if plan.afresh {
        checkpoints::remove(&keeper.file)?;
    }
    let Some(trained) = learn(session, plan, &learner, (&dataset, epochs), &keeper)? else {
        return Ok(None);
    };
    let saved = Saved {
        trained,
        calibration,
        aim,
        threshold,
        backbone: learner.backbone().map(str::to_owned),
        question,
        follows: follows.map(|run| run.id),
    };
    let fitted = save(session, plan, &dataset, saved).await?;
    checkpoints::remove(&keeper.file)?;
    Ok(Some(fitted))
}

fn question(plan: &Plan, dataset: &Dataset, follows: Option<&RunRow>, aim: Aim) -> String {
    let question = Question {
        config: &plan.config,
        seed: plan.seed,
        device: plan.device_name(),
        threads: plan.threads,
        code: env!("WHISKER_CODE"),
        dataset: cover::hex(&dataset.fingerprint(None)),
        run: follows.map(|run| run.id.number()),
        aim: (aim != Aim::default()).then(|| aim.to_string()),
    };
    serde_json::to_string(&question).expect("a question is plain data")
}

async fn stored(session: &Session, question: &str, covers: usize) -> Result<Option<Fitted>> {
    let models = session.store.models(session.topic).await?;
    let Some(row) = models.into_iter().find(|model| model.config == question) else {
        return Ok(None);
    };
    // A file that was deleted or damaged is made again.
    let Ok((card, _)) = weights::load(&session.model_file(&row.name), tch::Device::Cpu) else {
        return Ok(None);
    };
    Ok(Some(Fitted {
        id: row.id,
        name: row.name,
        covers,
        calibration: card.calibration,
        new: false,
    }))
}

fn learn(
    session: &Session,
    plan: &Plan,
    learner: &Learner,
    (dataset, epochs): (&Dataset, Option<u32>),
    keeper: &Keeper,
) -> Result<Option<Trained>> {
    let rows: Vec<i64> = (0..dataset.covers.len() as i64).collect();
    let part = Part {
        train: &rows,
        test: &[],
        // Past the folds: a key of its own.
        fold: plan.config.folds as u64,
        epochs,
    };
    if let Some(epochs) = epochs {
        let median = format!("{epochs} epochs: the median of those that the folds chose");
        session.printer.note(median);
    }
    let all = plan.config.epochs();
    let epochs = epochs.unwrap_or(all);
    let steps = plan.config.steps(rows.len()) / u64::from(all) * u64::from(epochs);
    let bar = session.printer.bar("fit", Some(steps));
    let mut live = Live::default();
    let trained = tokio::task::block_in_place(|| {
        learner.learn(part, Some(keeper), &mut |event| {
            let moved = live.note(&event);
            bar.message(live.line());
            bar.inc(moved);
            tell(session, &bar, &event, epochs);
            match session.stop.asked() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        })
    });
    bar.finish();
    Ok(trained?)
}

fn tell(session: &Session, bar: &Bar, event: &Event, epochs: u32) {
    let line = match event {
        Event::Epoch(stats) => format!(
            "fit  epoch {:>3}/{epochs}  train {:.3} {:>5.1} %{}  {:.1} s",
            stats.epoch,
            stats.train_loss,
            stats.train_accuracy * 100.0,
            stats.rate_text(),
            stats.seconds,
        ),
        Event::Resumed(step, epoch) => format!("fit goes on from step {step}, in epoch {epoch}"),
        Event::Sought(rate, _) => format!("fit: the range test chose a rate of {rate:.1e}"),
        Event::Ended(ended) => return session.printer.warn(format!("fit: {ended}")),
        Event::Warning(words) => return session.printer.warn(format!("fit: {words}")),
        Event::Step(_) | Event::Read(_) => return,
    };
    if !session.quiet {
        bar.println(line);
    }
}

/// What the predictions of a run that trained alike say of the model to come.
async fn judge(session: &Session, alike: Option<&RunRow>, aim: Aim) -> Result<(Calibration, f64)> {
    let calibration = match alike {
        Some(run) => calibrate(session, run.id).await?,
        None => Calibration::NONE,
    };
    let choice = Choice {
        aim,
        run: alike.map(|run| run.id),
        calibration,
        rate: rates::of_pools(session).await?.0,
    };
    Ok((calibration, choice.make(session).await?))
}

/// Fitted on margins that were predicted out of fold: those of the final model itself are
/// of covers that it has seen.
async fn calibrate(session: &Session, run: RunId) -> Result<Calibration> {
    let rows = session.store.predictions(run).await?;
    let predicted: Vec<Predicted> = rows
        .iter()
        .map(|row| Predicted {
            label: row.label,
            margin: row.logit,
            fold: row.fold as usize,
        })
        .collect();
    Ok(calibration::if_it_helps(&predicted))
}

/// What is to be saved.
struct Saved {
    trained: Trained,
    calibration: Calibration,
    aim: Aim,
    threshold: f64,
    backbone: Option<String>,
    question: String,
    follows: Option<RunId>,
}

/// The file first, then the row that names it.
async fn save(session: &Session, plan: &Plan, dataset: &Dataset, saved: Saved) -> Result<Fitted> {
    let card = Card {
        net: plan.config.net().to_string(),
        topic: session.topic_name.clone(),
        run: saved
            .follows
            .map_or("none".into(), |run| run.number().to_string()),
        resize_rule: dataset.resize_rule.clone(),
        preprocessing: plan.config.preprocessing(),
        mirror: plan.config.mirror(),
        backbone: saved.backbone,
        calibration: saved.calibration,
        base_rate: Some(dataset.base_rate()),
        aim: Some(saved.aim.to_string()),
        threshold: saved.threshold,
    };
    let bytes = weights::to_bytes(&saved.trained.model.params, &card);
    let sha256 = cover::sha256(&bytes);
    let name = name(&session.topic_name, &card.net, &sha256);
    atomic::write(&session.model_file(&name), &bytes)?;
    let new = NewModel {
        name: name.clone(),
        run: saved.follows,
        net: card.net,
        sha256,
        config: saved.question,
        last_event: dataset.last_event,
    };
    let id = session
        .store
        .add_model(session.topic, &new, cli::now())
        .await?;
    Ok(Fitted {
        id,
        name,
        covers: dataset.covers.len(),
        calibration: saved.calibration,
        new: true,
    })
}

/// Topic, net and the file's hash; of the topic only what every file system takes.
pub(crate) fn name(topic: &str, net: &str, sha256: &[u8; 32]) -> String {
    let topic: String = topic
        .chars()
        .map(|letter| {
            if letter.is_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    format!("{topic}-{net}-{}", &cover::hex(sha256)[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_is_a_file_name_whatever_the_topic() {
        let sha256 = [0xab; 32];
        assert_eq!(name("cat", "resnet", &sha256), "cat-resnet-abababab");
        assert_eq!(name("../a b", "lenet", &sha256), "---a-b-lenet-abababab");
        assert_eq!(name("猫", "lenet", &sha256), "猫-lenet-abababab");
    }
}
