//! `kfold`: every cover predicted by a net that had not seen it.
//!
//! The run is stored before its first epoch; a fold is claimed, trained and settled with
//! all its predictions in one transaction. Killed at any moment, the same command claims
//! what is left, and goes on within a fold from its checkpoint, with the same bits.

pub mod checkpoints;
mod superseded;
mod watch;

use std::time::Duration;

use cli::{Exit, Failure, Outcome, Result};
use serde_json::json;
use store::label::Labeled;
use store::training::{Begun, Claim, FoldResult, FoldState, NewRun, RunCover, RunId, RunState};

use super::room;
use crate::atomic;
use crate::charts;
use crate::commands::suspects;
use crate::dataset::{Dataset, Divided};
use crate::error::Error;
use crate::flags::Plan;
use crate::holder;
use crate::learner::{Learner, Part};
use crate::results::Results;
use crate::session::Session;
use crate::training::checkpoint::Keeper;
use crate::training::{EpochStats, Trained};
use crate::weights::{self, Calibration, Card};

use watch::FoldWatch;

/// How long a claim lasts unless it is renewed.
const LEASE: Duration = Duration::from_secs(600);
/// How often to look again for a fold that another trainer has in hand.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Trains what is missing and prints the result.
///
/// # Errors
/// Bad input, a loss that is no number, what the database says.
pub async fn run(session: &Session, plan: &Plan) -> Result<Outcome> {
    let (run, finished) = train(session, plan).await?;
    let results = Results::read(session, run).await?;
    results.print(session);
    if !finished {
        let done = results.done().count();
        session.printer.note(format!(
            "stopped with {done} of {} folds done; the same command goes on",
            results.folds.len()
        ));
    }
    Ok(Outcome {
        exit: if finished { Exit::Done } else { Exit::Stopped },
        json: Some(results.json()),
    })
}

/// The run that answers the plan, and whether it is finished: `false` when the user
/// stopped it.
///
/// # Errors
/// As [`run`].
pub async fn train(session: &Session, plan: &Plan) -> Result<(RunId, bool)> {
    let dataset = Dataset::read(session, &plan.config.labels).await?;
    let plan = &room::make(session, plan, dataset.covers.len())?;
    let divided = dataset
        .divide(session, plan.config.folds, plan.seed)
        .await?;
    for warning in &divided.warnings {
        session.printer.warn(warning);
    }
    let run = begin(session, plan, &dataset, &divided).await?;
    let kfold = Kfold {
        session,
        plan,
        dataset: &dataset,
        divided: &divided,
        run,
        holder: holder::me(),
    };
    let finished = kfold.all_folds().await?;
    if finished {
        let settled = session
            .store
            .settle_run(run, RunState::Finished, None, cli::now());
        settled.await?;
        suspects::store(session, run).await?;
        superseded::remove(session, run).await?;
        checkpoints::remove_up_to(session, run.number())?;
    }
    Ok((run, finished))
}

/// Finds the same question unfinished or answered, or stores it anew.
async fn begin(
    session: &Session,
    plan: &Plan,
    dataset: &Dataset,
    divided: &Divided,
) -> Result<RunId> {
    let question = question(plan, dataset, divided);
    let begun = session
        .store
        .begin_run(session.topic, &question, plan.afresh, cli::now());
    let begun = begun.await?;
    let number = begun.run().number();
    session.printer.note(match begun {
        Begun::New(_) => format!("run {number}: {}", describe(plan, dataset)),
        Begun::Unfinished(_) => format!("run {number} goes on"),
        Begun::Finished(_) => format!(
            "run {number} asked the same of the same covers and is finished: this is its \
             result (--new trains again)"
        ),
    });
    Ok(begun.run())
}

fn describe(plan: &Plan, dataset: &Dataset) -> String {
    format!(
        "{} on {} covers, {} folds, {} epochs, {} thread(s), {}",
        plan.config.net(),
        dataset.covers.len(),
        plan.config.folds,
        plan.config.epochs(),
        plan.threads,
        plan.device_name(),
    )
}

fn question(plan: &Plan, dataset: &Dataset, divided: &Divided) -> NewRun {
    let parts = divided.folds.of().iter().zip(&divided.blocks);
    let row = |(cover, (fold, block)): (&Labeled, (&usize, &usize))| RunCover {
        cover: cover.cover,
        label: cover.label,
        fold: *fold as u32,
        block: Some(*block as u32),
    };
    NewRun {
        net: plan.config.net().to_string(),
        recipe: plan.config.recipe_name(),
        config: plan.config.to_json(),
        seed: plan.seed as i64,
        folds: plan.config.folds as u32,
        dataset: dataset.fingerprint(Some(&divided.folds)),
        last_event: dataset.last_event,
        code: env!("WHISKER_CODE").into(),
        device: plan.device_name(),
        threads: plan.threads as u32,
        covers: dataset.covers.iter().zip(parts).map(row).collect(),
    }
}

/// One run in hand.
struct Kfold<'a> {
    session: &'a Session,
    plan: &'a Plan,
    dataset: &'a Dataset,
    divided: &'a Divided,
    run: RunId,
    holder: String,
}

impl Kfold<'_> {
    /// Claims and trains until every fold is done; `false` when the user stops.
    async fn all_folds(&self) -> Result<bool> {
        let store = &self.session.store;
        self.release_dead().await?;
        let (mut learner, mut told) = (None, false);
        while !self.session.stop.asked() {
            let (now, until) = lease();
            let claimed = store.claim_fold(self.run, &self.holder, now, until).await?;
            let Some(claim) = claimed else {
                if self.is_done().await? {
                    return Ok(true);
                }
                if !told {
                    told = true;
                    self.tell_of_others();
                }
                self.wait_for_others().await?;
                continue;
            };
            if learner.is_none() {
                learner = self.learner().await?;
            }
            match &learner {
                Some(learner) => self.fold(learner, claim).await?,
                None => self.give_back(claim.fold).await?,
            }
        }
        // What was in hand when the user stopped may have been the last.
        self.is_done().await
    }

    /// `None` when the user stops while covers are read.
    async fn learner(&self) -> Result<Option<Learner>> {
        room::tell(self.session, self.plan, self.dataset.covers.len());
        let place = (self.plan.device, self.plan.threads);
        let (config, seed) = (&self.plan.config, self.plan.seed);
        Learner::new(self.session, config, seed, place, self.dataset).await
    }

    async fn is_done(&self) -> Result<bool> {
        let folds = self.session.store.folds(self.run).await?;
        Ok(folds.iter().all(|fold| fold.state == FoldState::Done))
    }

    /// Gives back the claims of processes that were killed.
    async fn release_dead(&self) -> Result<()> {
        for (fold, holder) in self.session.store.fold_holders(self.run).await? {
            if holder::is_dead(&holder) {
                let released = self.session.store.release_fold(self.run, fold, &holder);
                released.await?;
            }
        }
        Ok(())
    }

    fn tell_of_others(&self) {
        let number = self.run.number();
        let waiting = format!("run {number}: another trainer has the last folds in hand; waiting");
        self.session.printer.note(waiting);
    }

    async fn wait_for_others(&self) -> Result<()> {
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = self.session.stop.wait() => {}
        }
        self.release_dead().await
    }

    async fn fold(&self, learner: &Learner, claim: Claim) -> Result<()> {
        let fold = claim.fold as usize;
        let (train, test) = (
            self.divided.folds.train(fold),
            self.divided.folds.test(fold),
        );
        let part = Part {
            train: &train,
            test: &test,
            fold: u64::from(claim.fold),
            epochs: None,
        };
        let keeper = self.keeper(claim.fold);
        let mut watch = FoldWatch::new(self, claim.fold);
        let trained = tokio::task::block_in_place(|| {
            learner.learn(part, Some(&keeper), &mut |event| watch.observe(&event))
        });
        watch.finish(trained.as_ref().ok().and_then(Option::as_ref));
        if let Some(failure) = watch.failure {
            return Err(failure);
        }
        match trained {
            Ok(Some(trained)) => {
                let done = Done {
                    fold: claim.fold,
                    test: &test,
                    trained,
                };
                self.settle(done, learner.backbone()).await?;
                Ok(checkpoints::remove(&keeper.file)?)
            }
            Ok(None) => self.give_back(claim.fold).await,
            Err(error @ Error::NothingLearned { .. }) => Err(self.fail(claim.fold, error).await),
            Err(error) => {
                self.give_back(claim.fold).await?;
                Err(error.into())
            }
        }
    }

    async fn give_back(&self, fold: u32) -> Result<()> {
        let store = &self.session.store;
        Ok(store.release_fold(self.run, fold, &self.holder).await?)
    }

    /// Where a fold's training is kept until it is done.
    fn keeper(&self, fold: u32) -> Keeper {
        let number = self.run.number();
        let question = question(self.plan, self.dataset, self.divided);
        let identity = json!({
            "run": number,
            "fold": fold,
            "config": question.config,
            "seed": question.seed,
            "dataset": cover::hex(&question.dataset),
            "code": question.code,
            "device": question.device,
            "threads": question.threads,
        });
        Keeper {
            file: checkpoints::of_fold(self.session, number, fold),
            identity: identity.to_string(),
            every: self.plan.checkpoints,
        }
    }

    /// A run of which a fold learned nothing is not gone on with: it would come to the same.
    async fn fail(&self, fold: u32, error: Error) -> Failure {
        match self.give_up(fold, &error.to_string()).await {
            Ok(()) => {
                let lines = format!("fold {}: {error}", fold + 1);
                Failure::failed(lines)
            }
            Err(other) => other,
        }
    }

    async fn give_up(&self, fold: u32, reason: &str) -> Result<()> {
        let store = &self.session.store;
        let failed = store.fail_fold(self.run, fold, &self.holder, reason);
        failed.await?;
        let settled = store.settle_run(self.run, RunState::Failed, Some(reason), cli::now());
        settled.await?;
        Ok(checkpoints::remove_up_to(self.session, self.run.number())?)
    }

    /// Files first, then the row that names them: a crash between leaves a file that the
    /// next attempt replaces, never a row without its file.
    async fn settle(&self, done: Done<'_>, backbone: Option<&str>) -> Result<()> {
        let weights = self.save(&done, backbone)?;
        let ids = self.dataset.ids();
        let cover = |row: &i64| ids[usize::try_from(*row).expect("rows count from zero")];
        let margins = done.trained.margins.iter().map(|margin| f64::from(*margin));
        let result = FoldResult {
            epochs: done.trained.epochs.len() as u32,
            best_epoch: done.trained.best_epoch,
            seconds: done.trained.epochs.iter().map(|epoch| epoch.seconds).sum(),
            weights: Some(weights),
            learning_rate: Some(done.trained.learning_rate).filter(|rate| *rate > 0.0),
            micro_batch: done.trained.micro_batch.map(|covers| covers as u32),
            predictions: done.test.iter().map(cover).zip(margins).collect(),
        };
        let store = &self.session.store;
        let finished = store.finish_fold(self.run, done.fold, &self.holder, &result);
        if !finished.await? {
            let fold = done.fold + 1;
            let lost = format!("fold {fold} was taken over by another trainer; its result stands");
            self.session.printer.warn(lost);
        }
        Ok(())
    }

    fn save(&self, done: &Done, backbone: Option<&str>) -> Result<String> {
        let (fold, trained) = (done.fold, &done.trained);
        let number = self.run.number();
        let name = format!("run-{number}/fold-{}", fold + 1);
        let card = Card {
            net: self.plan.config.net().to_string(),
            topic: self.session.topic_name.clone(),
            run: number.to_string(),
            resize_rule: self.dataset.resize_rule.clone(),
            preprocessing: self.plan.config.preprocessing(),
            mirror: self.plan.config.mirror(),
            backbone: backbone.map(str::to_owned),
            calibration: Calibration::NONE,
            base_rate: Some(self.dataset.base_rate()),
            aim: None,
            threshold: 0.5,
        };
        let file = self.session.model_file(&name);
        weights::save(&file, &trained.model.params, &card)?;
        // A probe, or one epoch, has no curve.
        if trained.epochs.len() > 1 {
            self.draw(fold, &trained.epochs)?;
        }
        Ok(name)
    }

    fn draw(&self, fold: u32, epochs: &[EpochStats]) -> Result<()> {
        let title = format!("{}, fold {}", self.plan.config.net(), fold + 1);
        let majority = crate::metrics::majority(&self.dataset.labels());
        let chart = charts::fold_curves(&title, epochs, majority)?;
        let folder = self.session.report_folder(self.run.number());
        let picture = folder.join(format!("fold-{}.png", fold + 1));
        Ok(atomic::write(&picture, &chart.png()?)?)
    }
}

/// A fold that was trained and is to be kept.
struct Done<'a> {
    fold: u32,
    test: &'a [i64],
    trained: Trained,
}

fn lease() -> (i64, i64) {
    let now = cli::now();
    (now, now + LEASE.as_millis() as i64)
}
