//! Training one net on some covers and scoring it on others.
//!
//! A training is a state and two inputs of it, data and keys: every draw is
//! keyed by seed, fold, epoch and step, so an epoch depends on nothing but the
//! state before it.
//!
//! - [`inner`]: covers held back from training, to choose the epoch by;
//! - [`choice`]: the epoch whose weights score;
//! - [`state`]: what steps change.

pub mod choice;
pub mod inner;
mod state;

use std::ops::ControlFlow;
use std::time::Instant;

use tch::Device;

use crate::error::Error;
use crate::nets::Model;
use crate::recipe::Recipe;
use crate::tensors::Covers;

use choice::Choice;
use state::State;

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
        }
    }

    fn epochs(&self) -> u32 {
        let all = self.recipe.epochs;
        self.stop_after.map_or(all, |epochs| epochs.min(all))
    }
}

/// What is told while training goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event {
    /// A step was taken.
    Step(StepStats),
    /// An epoch ended.
    Epoch(EpochStats),
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
}

/// Trains to the end, or until `observe` breaks off: then `None`.
pub fn train(
    task: &Task,
    observe: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Option<Trained>, Error> {
    let mut state = State::new(*task);
    let mut choice = Choice::new(task.recipe.early_stop.filter(|_| !task.inner.is_empty()));
    let mut epochs = Vec::new();
    for epoch in 0..task.epochs() {
        let started = Instant::now();
        let ControlFlow::Continue(mut stats) = state.epoch(epoch, observe)? else {
            return Ok(None);
        };
        state.judge(&mut stats)?;
        choice.consider(&stats, state.scorer());
        stats.seconds = started.elapsed().as_secs_f64();
        epochs.push(stats);
        let last = epoch + 1 == task.epochs() || choice.has_waited_enough(stats.epoch);
        let stopped = observe(Event::Epoch(stats)).is_break();
        if last {
            break;
        }
        if stopped {
            return Ok(None);
        }
    }
    let best_epoch = choice.epoch();
    choice.put_best(state.scorer());
    Ok(Some(Trained {
        margins: state.margins_of_test(),
        model: state.into_scorer(),
        epochs,
        best_epoch,
    }))
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
