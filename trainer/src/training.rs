//! Training one net on some covers and scoring it on others.
//!
//! A training is a state and two inputs of it, data and keys: every draw is
//! keyed by seed, fold, epoch and step, so an epoch depends on nothing but the
//! state before it.

use std::ops::ControlFlow;
use std::time::Instant;

use rand::seq::SliceRandom;
use tch::{Device, Kind, Reduction, Tensor};

use crate::augment::Occasion;
use crate::average::Average;
use crate::error::Error;
use crate::keyed::{Purpose, generator};
use crate::layers::Pass;
use crate::metrics;
use crate::nets::{Model, Start};
use crate::optim::{self, Adam};
use crate::recipe::Recipe;
use crate::scoring;
use crate::tensors::{Covers, batch_count, batches};

/// What one training is given.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// All covers, at the side that the recipe's preprocessing wants.
    pub covers: &'a Covers,
    /// Rows to train on.
    pub train: &'a [i64],
    /// Rows to score; empty when the final model is made.
    pub test: &'a [i64],
    /// How to train.
    pub recipe: &'a Recipe,
    /// The run's seed.
    pub seed: u64,
    /// The fold, which keys all draws together with the seed.
    pub fold: u64,
    /// Where to compute.
    pub device: Device,
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
/// is trained on, so that training and test can be compared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EpochStats {
    /// Counted from one.
    pub epoch: u32,
    /// Mean over the steps, on varied covers, with units dropped.
    pub train_loss: f64,
    /// Share right, likewise.
    pub train_accuracy: f64,
    /// On the test rows, by what will score; `None` without any.
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
    /// What scores: the averaged weights if the recipe averages.
    pub model: Model,
    /// Margins of the test rows in their order (see [`scoring::margins`]).
    pub margins: Vec<f32>,
    /// Every epoch.
    pub epochs: Vec<EpochStats>,
}

/// Trains to the end, or until `observe` breaks off: then `None`.
pub fn train(
    task: &Task,
    observe: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<Option<Trained>, Error> {
    let mut training = Training::new(*task);
    let mut epochs = Vec::new();
    let mut margins = Vec::new();
    for epoch in 0..task.recipe.epochs {
        let started = Instant::now();
        let ControlFlow::Continue(mut stats) = training.epoch(epoch, observe)? else {
            return Ok(None);
        };
        if !task.test.is_empty() {
            margins = training.test();
            let (loss, accuracy) = metrics::judge(&margins, &training.test_labels);
            check_finite(loss, stats.epoch)?;
            stats.test_loss = Some(loss);
            stats.test_accuracy = Some(accuracy);
        }
        stats.seconds = started.elapsed().as_secs_f64();
        epochs.push(stats);
        let last = epoch + 1 == task.recipe.epochs;
        if observe(Event::Epoch(stats)).is_break() && !last {
            return Ok(None);
        }
    }
    Ok(Some(Trained {
        model: training.into_scorer(),
        margins,
        epochs,
    }))
}

/// The state that steps change.
struct Training<'a> {
    task: Task<'a>,
    model: Model,
    averaged: Option<(Model, Average)>,
    adam: Adam,
    test_labels: Vec<bool>,
    step: u64,
    steps: u64,
}

impl<'a> Training<'a> {
    fn new(task: Task<'a>) -> Training<'a> {
        let recipe = task.recipe;
        let start = Start {
            init: recipe.init,
            kernels: recipe.kernels,
            seed: task.seed,
            fold: task.fold,
        };
        let model = Model::new(recipe.net, start, task.device);
        let averaged = recipe.average.then(|| {
            let copy = Model::blank(recipe.net, task.device);
            copy.params.copy_from(&model.params);
            (copy, Average::default())
        });
        let per_epoch = batch_count(task.train.len(), recipe.batch_size) as u64;
        Training {
            adam: Adam::new(&model.params, recipe.adam),
            test_labels: labels(task.covers, task.test),
            steps: per_epoch * u64::from(recipe.epochs),
            step: 0,
            task,
            model,
            averaged,
        }
    }

    /// All training rows once, in an order of the epoch's own.
    fn epoch(
        &mut self,
        epoch: u32,
        observe: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<ControlFlow<(), EpochStats>, Error> {
        let Task {
            seed, fold, recipe, ..
        } = self.task;
        let mut rows = self.task.train.to_vec();
        rows.shuffle(&mut generator(
            seed,
            Purpose::Shuffle,
            &[fold, epoch.into()],
        ));
        let (mut loss, mut right) = (0.0, 0.0);
        for batch in batches(&rows, recipe.batch_size) {
            let taken = self.take_step(batch, epoch)?;
            loss += taken.plain_loss * batch.len() as f64;
            right += taken.right;
            if observe(Event::Step(taken.stats)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let count = rows.len() as f64;
        Ok(ControlFlow::Continue(EpochStats {
            epoch: epoch + 1,
            train_loss: loss / count,
            train_accuracy: right / count,
            test_loss: None,
            test_accuracy: None,
            learning_rate: self.rate(self.step - 1),
            seconds: 0.0,
        }))
    }

    fn rate(&self, step: u64) -> f64 {
        let recipe = self.task.recipe;
        recipe.learning_rate * recipe.schedule.factor(step, self.steps)
    }

    fn take_step(&mut self, batch: &[i64], epoch: u32) -> Result<Step, Error> {
        let Task {
            covers,
            recipe,
            seed,
            fold,
            ..
        } = self.task;
        let input = self.input(batch, epoch);
        let labels = covers.labels(batch);
        let mut drops = generator(seed, Purpose::Dropout, &[fold, self.step]);
        let logits = self.model.forward(&input, &mut Pass::Train(&mut drops));
        let loss = cross_entropy(&logits, &labels, recipe.label_smoothing);
        let gradients = self.model.params.gradients(&loss);
        let value = loss.double_value(&[]);
        check_finite(value, epoch + 1)?;
        let gradient_norm = recipe.clip.map(|_| optim::norm(&gradients));
        let scale = clip_scale(recipe.clip, gradient_norm);
        self.adam.step(&gradients, self.rate(self.step), scale);
        if let Some((copy, average)) = &mut self.averaged {
            average.update(&copy.params, &self.model.params);
        }
        self.step += 1;
        let logits = logits.detach();
        Ok(Step {
            plain_loss: cross_entropy(&logits, &labels, 0.0).double_value(&[]),
            right: right(&logits, &labels),
            stats: StepStats {
                step: self.step,
                steps: self.steps,
                loss: value,
                gradient_norm,
            },
        })
    }

    /// The batch as the net takes it, varied if the recipe varies.
    fn input(&self, batch: &[i64], epoch: u32) -> Tensor {
        let Task {
            covers,
            recipe,
            seed,
            fold,
            ..
        } = self.task;
        let pixels = covers.pixels(batch);
        let epoch = u64::from(epoch);
        match &recipe.augmentation {
            Some(augmentation) => {
                let pixels = pixels.to_kind(Kind::Float);
                let varied = augmentation.apply(&pixels, batch, Occasion { seed, fold, epoch });
                recipe.preprocessing.normalise(&varied)
            }
            None => recipe.preprocessing.normalise(&pixels),
        }
    }

    fn test(&self) -> Vec<f32> {
        let Task {
            covers,
            test,
            recipe,
            ..
        } = self.task;
        let scorer = self.averaged.as_ref().map_or(&self.model, |(copy, _)| copy);
        scoring::margins(scorer, covers, test, &recipe.preprocessing, recipe.mirror)
    }

    fn into_scorer(self) -> Model {
        self.averaged.map_or(self.model, |(copy, _)| copy)
    }
}

/// A step that was too large shows in the next loss, be it of training or of the test.
fn check_finite(loss: f64, epoch: u32) -> Result<(), Error> {
    match loss.is_finite() {
        true => Ok(()),
        false => Err(Error::NotFinite { loss, epoch }),
    }
}

/// What one step gave.
struct Step {
    plain_loss: f64,
    right: f64,
    stats: StepStats,
}

fn cross_entropy(logits: &Tensor, labels: &Tensor, smoothing: f64) -> Tensor {
    /// The label that libtorch would skip; no label has it.
    const IGNORED: i64 = -100;
    logits.cross_entropy_loss(labels, None::<Tensor>, Reduction::Mean, IGNORED, smoothing)
}

fn right(logits: &Tensor, labels: &Tensor) -> f64 {
    let called = logits.argmax(1, false);
    called.eq_tensor(labels).sum(Kind::Double).double_value(&[])
}

/// The factor that brings a gradient of this norm to at most `clip`.
fn clip_scale(clip: Option<f64>, norm: Option<f64>) -> f64 {
    match (clip, norm) {
        (Some(clip), Some(norm)) if norm > clip => clip / norm,
        _ => 1.0,
    }
}

fn labels(covers: &Covers, rows: &[i64]) -> Vec<bool> {
    let labels: Vec<i64> = Vec::try_from(covers.labels(rows)).expect("a row of integers");
    labels.into_iter().map(|label| label == 1).collect()
}

#[cfg(test)]
mod tests;
