//! Training one net on some covers and scoring it on others.
//!
//! A training is a state and two inputs of it, data and keys: every draw is
//! keyed by seed, fold, epoch and step, so an epoch depends on nothing but the
//! state before it.
//!
//! - [`inner`]: covers held back from training, to choose the epoch by;
//! - [`choice`]: the epoch whose weights score;
//! - [`guard`]: whether the net still tells covers apart;
//! - [`attempt`]: what is started over when it does not;
//! - [`ladder`]: memory that runs out;
//! - [`state`], [`run`]: what steps change, and one attempt from step to step;
//! - [`checkpoint`]: all of it on disk.

pub mod attempt;
pub mod checkpoint;
pub mod choice;
pub mod guard;
pub mod inner;
pub mod ladder;
mod run;
mod state;

use tch::Device;

use crate::error::Error;
use crate::nets::Model;
use crate::recipe::Recipe;
use crate::tensors::Covers;

use attempt::{Attempt, Ended};
use checkpoint::Keeper;
use guard::Reading;
use run::{End, Run};

pub use run::Observer;
pub use state::micro_batch_words;

/// What one training is given.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// All covers, at the side that the recipe's preprocessing wants.
    pub covers: &'a Covers,
    /// Rows to train on.
    pub train: &'a [i64],
    /// Rows that are only watched, to choose the epoch by; empty: the last epoch scores.
    pub inner: &'a [i64],
    /// Rows to score; empty when the final model is made.
    pub test: &'a [i64],
    /// How to train.
    pub recipe: &'a Recipe,
    /// Ends after so many of the recipe's epochs, at the rates that these have there.
    pub stop_after: Option<u32>,
    /// The run's seed.
    pub seed: u64,
    /// The fold, which keys all draws together with the seed.
    pub fold: u64,
    /// Where to compute.
    pub device: Device,
    /// Steps between the readings by which attempts that collapse are ended and started
    /// over; `None`: nobody looks, and the first failure is the last.
    pub guard: Option<u64>,
    /// Where the training is kept, to go on from; `None`: nowhere.
    pub keep: Option<&'a Keeper>,
}

impl<'a> Task<'a> {
    /// On all of these rows to the end, with nothing watched or scored; seed 1, fold 0.
    pub fn new(
        covers: &'a Covers,
        train: &'a [i64],
        recipe: &'a Recipe,
        device: Device,
    ) -> Task<'a> {
        Task {
            covers,
            train,
            inner: &[],
            test: &[],
            recipe,
            stop_after: None,
            seed: 1,
            fold: 0,
            device,
            guard: Some(guard::EVERY),
            keep: None,
        }
    }

    fn epochs(&self) -> u32 {
        let all = self.recipe.epochs;
        self.stop_after.map_or(all, |epochs| epochs.min(all))
    }
}

/// What is told while training goes on.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A checkpoint was found: steps taken, and the epoch in hand.
    Resumed(u64, u32),

    /// A step was taken.
    Step(StepStats),
    /// An epoch ended.
    Epoch(EpochStats),
    /// The guard looked at the net.
    Read(Reading),
    /// A rate was looked for: what was found, and rate and loss of every step of it.
    Sought(f64, Vec<(f64, f64)>),
    /// An attempt was given up; unless it was the last, another begins.
    Ended(Ended),
    /// Something that a person should know; training goes on.
    Warning(String),
}

/// One step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepStats {
    /// Counted from one over the whole training.
    pub step: u64,
    /// Steps of the whole training.
    pub steps: u64,
    /// What was minimised, with label smoothing.
    pub loss: f64,
    /// Of this step.
    pub learning_rate: f64,
    /// Norm of the gradients before clipping, where it was needed.
    pub gradient_norm: Option<f64>,
}

/// One epoch. Losses are plain cross-entropy in nats, without the smoothing that
/// is trained on, so that they can be compared. What is watched and tested is
/// judged on the weights that score, but without mirror images, as training is:
/// they would double the time of every epoch's test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochStats {
    /// Counted from one.
    pub epoch: u32,
    /// Mean over the steps, on varied covers, with units dropped.
    pub train_loss: f64,
    /// Share right, likewise.
    pub train_accuracy: f64,
    /// On the inner rows, by which the epoch is chosen; `None` without any.
    pub inner_loss: Option<f64>,
    /// Share right, likewise.
    pub inner_accuracy: Option<f64>,
    /// On the test rows, only to be looked at; `None` without any.
    pub test_loss: Option<f64>,
    /// Share right, likewise.
    pub test_accuracy: Option<f64>,
    /// Rate of the epoch's last step.
    pub learning_rate: f64,
    /// Wall time with the test.
    pub seconds: f64,
}

impl EpochStats {
    /// How many [`EpochStats::numbers`] there are.
    const NUMBERS: usize = 9;

    /// All of it as numbers, to be kept exactly.
    fn numbers(&self) -> [f64; Self::NUMBERS] {
        let or_nan = |value: Option<f64>| value.unwrap_or(f64::NAN);
        [
            self.epoch.into(),
            self.train_loss,
            self.train_accuracy,
            or_nan(self.inner_loss),
            or_nan(self.inner_accuracy),
            or_nan(self.test_loss),
            or_nan(self.test_accuracy),
            self.learning_rate,
            self.seconds,
        ]
    }

    fn from_numbers(numbers: &[f64]) -> Option<EpochStats> {
        let at = |place: usize| numbers.get(place).copied();
        let known = |place: usize| at(place).filter(|value| !value.is_nan());
        Some(EpochStats {
            epoch: at(0)? as u32,
            train_loss: at(1)?,
            train_accuracy: at(2)?,
            inner_loss: known(3),
            inner_accuracy: known(4),
            test_loss: known(5),
            test_accuracy: known(6),
            learning_rate: at(7)?,
            seconds: at(8)?,
        })
    }

    /// The rate with its name, after a gap; nothing for a probe, which has none.
    pub fn rate_text(&self) -> String {
        match self.learning_rate > 0.0 {
            true => format!("  rate {:.1e}", self.learning_rate),
            false => String::new(),
        }
    }
}

/// A training that was not stopped.
#[derive(Debug)]
pub struct Trained {
    /// What scores: the averaged weights if the recipe averages, of the best epoch
    /// if there were inner rows to choose it by.
    pub model: Model,
    /// Margins of the test rows in their order (see [`crate::scoring::margins`]).
    pub margins: Vec<f32>,
    /// Every epoch.
    pub epochs: Vec<EpochStats>,
    /// The epoch whose weights these are, if it was chosen.
    pub best_epoch: Option<u32>,
    /// Peak rate of the attempt that succeeded.
    pub learning_rate: f64,
    /// Covers that went through the net at once, where memory made them fewer than a step's.
    pub micro_batch: Option<usize>,
}

/// Trains to the end, or until `observe` breaks off: then `None`. Goes on from a
/// checkpoint, if one is kept.
///
/// # Errors
/// A net that learns nothing however often it is started over, memory that does not hold
/// it, and a checkpoint that cannot be written when the user stops.
pub fn train(task: &Task, observe: &mut Observer) -> Result<Option<Trained>, Error> {
    let mut run = begin(task, observe);
    loop {
        let (attempt, mut ended) = (run.attempt, run.ended.clone());
        let mut step = run.place().0;
        let end = run.finish(&mut |event| {
            if let Event::Step(stats) = &event {
                step = stats.step;
            }
            observe(event)
        })?;
        let (diagnosis, readings) = match end {
            End::Done(trained) => return Ok(Some(*trained)),
            End::Stopped => return Ok(None),
            End::Failed(diagnosis, readings) => (diagnosis, readings),
        };
        let failed = Ended {
            attempt,
            step,
            diagnosis,
            readings,
        };
        ended.push(failed.clone());
        let stopped = observe(Event::Ended(failed)).is_break();
        let Some(next) = attempt.next(task).filter(|_| task.guard.is_some()) else {
            return Err(Error::NothingLearned { ended });
        };
        if stopped {
            return Ok(None);
        }
        run = Run::new(*task, next, ended);
    }
}

/// Where the checkpoint left off, or at the start. One that is damaged or of another
/// training is told of and left alone until it is written over.
fn begin<'a>(task: &Task<'a>, observe: &mut Observer) -> Run<'a> {
    let found = match task.keep.map(|keeper| (keeper, checkpoint::read(keeper))) {
        None | Some((_, Ok(None))) => None,
        Some((keeper, Ok(Some(saved)))) => {
            let resumed = Run::resume(*task, saved).ok_or("it lacks a tensor".to_string());
            Some((keeper, resumed))
        }
        Some((keeper, Err(reason))) => Some((keeper, Err(reason))),
    };
    match found {
        None => {}
        Some((_, Ok(run))) => {
            let (step, _, epoch) = run.place();
            let _ = observe(Event::Resumed(step, epoch));
            return run;
        }
        Some((keeper, Err(reason))) => {
            let file = keeper.file.display();
            let words =
                format!("{file} cannot be gone on from: {reason}. The training starts over.");
            let _ = observe(Event::Warning(words));
        }
    }
    Run::new(*task, Attempt::first(task), Vec::new())
}

/// A step that was too large shows in the next loss, be it of training or of a test.
fn check_finite(loss: f64, epoch: u32) -> Result<(), Error> {
    match loss.is_finite() {
        true => Ok(()),
        false => Err(Error::NotFinite { loss, epoch }),
    }
}

#[cfg(test)]
mod tests;
