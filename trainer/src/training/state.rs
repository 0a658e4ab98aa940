//! The state that steps change, and one step.

use std::ops::ControlFlow;

use rand::seq::SliceRandom;
use tch::{Kind, Reduction, Tensor};

use super::{EpochStats, Event, StepStats, Task, check_finite};
use crate::augment::Occasion;
use crate::average::Average;
use crate::error::Error;
use crate::keyed::{Purpose, generator};
use crate::layers::Pass;
use crate::metrics;
use crate::nets::{Model, Start};
use crate::optim::{self, Adam};
use crate::scoring;
use crate::tensors::{Covers, batch_count, batches};

/// The state of one training.
pub(super) struct State<'a> {
    task: Task<'a>,
    model: Model,
    averaged: Option<(Model, Average)>,
    adam: Adam,
    step: u64,
    steps: u64,
}

impl<'a> State<'a> {
    pub(super) fn new(task: Task<'a>) -> State<'a> {
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
        State {
            adam: Adam::new(&model.params, recipe.adam),
            steps: per_epoch * u64::from(recipe.epochs),
            step: 0,
            task,
            model,
            averaged,
        }
    }

    /// All training rows once, in an order of the epoch's own.
    pub(super) fn epoch(
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
            inner_loss: None,
            inner_accuracy: None,
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

    /// Judges what scores on the inner and the test rows.
    pub(super) fn judge(&self, stats: &mut EpochStats) -> Result<(), Error> {
        let inner = self.judge_on(self.task.inner, stats.epoch)?;
        let test = self.judge_on(self.task.test, stats.epoch)?;
        (stats.inner_loss, stats.inner_accuracy) = inner.unzip();
        (stats.test_loss, stats.test_accuracy) = test.unzip();
        Ok(())
    }

    /// Loss and share right; `None` of no rows.
    fn judge_on(&self, rows: &[i64], epoch: u32) -> Result<Option<(f64, f64)>, Error> {
        if rows.is_empty() {
            return Ok(None);
        }
        let margins = self.margins(rows, false);
        let (loss, accuracy) = metrics::judge(&margins, &labels(self.task.covers, rows));
        check_finite(loss, epoch)?;
        Ok(Some((loss, accuracy)))
    }

    /// What stands as predicted of the test rows.
    pub(super) fn margins_of_test(&self) -> Vec<f32> {
        self.margins(self.task.test, self.task.recipe.mirror)
    }

    fn margins(&self, rows: &[i64], mirror: bool) -> Vec<f32> {
        let Task { covers, recipe, .. } = self.task;
        scoring::margins(self.scorer(), covers, rows, &recipe.preprocessing, mirror)
    }

    /// The weights that score: averaged, if the recipe averages.
    pub(super) fn scorer(&self) -> &Model {
        self.averaged.as_ref().map_or(&self.model, |(copy, _)| copy)
    }

    pub(super) fn into_scorer(self) -> Model {
        self.averaged.map_or(self.model, |(copy, _)| copy)
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
