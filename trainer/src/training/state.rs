//! The state that steps change, and one step.

use rand::seq::SliceRandom;
use tch::{Kind, Reduction, Tensor};

use super::checkpoint::{Saved, named};
use super::ladder::{self, OutOfMemory};
use super::{EpochStats, StepStats, Task, check_finite};
use crate::augment::Occasion;
use crate::average::Average;
use crate::error::Error;
use crate::keyed::{Purpose, generator};
use crate::layers::Pass;
use crate::metrics;
use crate::nets::{Model, Start};
use crate::optim::{self, Adam};
use crate::recipe::{Loss, Recipe};
use crate::scoring;
use crate::tensors::{batch_count, batches};

/// The state of one attempt.
pub(super) struct State<'a> {
    task: Task<'a>,
    /// Peak rate of the attempt.
    peak: f64,
    model: Model,
    averaged: Option<(Model, Average)>,
    adam: Adam,
    /// Steps taken, and those of the whole training.
    pub step: u64,
    pub steps: u64,
    /// Covers that go through the net at once: fewer than a step's where memory is short.
    pub micro_batch: usize,
}

impl<'a> State<'a> {
    pub fn new(task: Task<'a>, peak: f64) -> State<'a> {
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
            micro_batch: recipe.micro_batch.unwrap_or(recipe.batch_size),
            peak,
            task,
            model,
            averaged,
        }
    }

    /// The training rows in an order of the epoch's own.
    pub fn order(&self, epoch: u32) -> Vec<i64> {
        let Task { seed, fold, .. } = self.task;
        let mut rows = self.task.train.to_vec();
        let place = [fold, epoch.into()];
        rows.shuffle(&mut generator(seed, Purpose::Shuffle, &place));
        rows
    }

    /// The rate of the last step.
    pub fn last_rate(&self) -> f64 {
        self.rate(self.step.saturating_sub(1))
    }

    fn rate(&self, step: u64) -> f64 {
        self.peak * self.task.recipe.schedule.factor(step, self.steps)
    }

    /// One step on these rows.
    ///
    /// # Errors
    /// A loss that is no number; memory that does not hold even one cover.
    pub fn take_step(&mut self, batch: &[i64], epoch: u32) -> Result<Step, Error> {
        let recipe = self.task.recipe;
        let (found, shrunk) = self.gradients_that_fit(batch, epoch)?;
        check_finite(found.loss, epoch + 1)?;
        let gradient_norm = recipe.clip.map(|_| optim::norm(&found.gradients));
        let scale = clip_scale(recipe.clip, gradient_norm);
        let rate = self.rate(self.step);
        self.adam.step(&found.gradients, rate, scale);
        if let Some((copy, average)) = &mut self.averaged {
            average.update(&copy.params, &self.model.params);
        }
        self.step += 1;
        Ok(Step {
            plain_loss: found.plain_loss,
            right: found.right,
            shrunk,
            stats: StepStats {
                step: self.step,
                steps: self.steps,
                loss: found.loss,
                learning_rate: self.last_rate(),
                gradient_norm,
            },
        })
    }

    /// With fewer covers at once, if memory is short; says so.
    fn gradients_that_fit(
        &mut self,
        batch: &[i64],
        epoch: u32,
    ) -> Result<(Found, Option<String>), Error> {
        let mut at_once = self.micro_batch;
        let work = |covers| self.gradients(batch, epoch, covers);
        let found = ladder::halving(&mut at_once, batch.len(), work)
            .map_err(|OutOfMemory(said)| Error::Memory { said })?;
        let shrunk = at_once < self.micro_batch;
        self.micro_batch = at_once;
        Ok((
            found,
            shrunk.then(|| micro_batch_words(at_once, self.task.recipe)),
        ))
    }

    /// The gradients of the batch's mean loss, summed over parts of at most `at_once`
    /// covers.
    fn gradients(&self, batch: &[i64], epoch: u32, at_once: usize) -> Found {
        let Task {
            covers,
            recipe,
            seed,
            fold,
            ..
        } = self.task;
        let mut drops = generator(seed, Purpose::Dropout, &[fold, self.step]);
        let mut found = Found::default();
        for part in batches(batch, at_once) {
            let share = part.len() as f64 / batch.len() as f64;
            let (input, labels) = (self.input(part, epoch), covers.labels(part));
            let logits = self.model.forward(&input, &mut Pass::Train(&mut drops));
            let loss = loss_of(&logits, &labels, recipe) * share;
            found.add(self.model.params.gradients(&loss));
            let logits = logits.detach();
            found.loss += loss.double_value(&[]);
            found.plain_loss += cross_entropy(&logits, &labels, 0.0).double_value(&[]) * share;
            found.right += right(&logits, &labels);
        }
        found
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
    pub fn judge(&self, stats: &mut EpochStats) -> Result<(), Error> {
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
        let (loss, accuracy) = metrics::judge(&margins, &self.task.covers.truths(rows));
        check_finite(loss, epoch)?;
        Ok(Some((loss, accuracy)))
    }

    /// What stands as predicted of the test rows.
    pub fn margins_of_test(&self) -> Vec<f32> {
        self.margins(self.task.test, self.task.recipe.mirror)
    }

    fn margins(&self, rows: &[i64], mirror: bool) -> Vec<f32> {
        let Task { covers, recipe, .. } = self.task;
        scoring::margins(self.scorer(), covers, rows, &recipe.preprocessing, mirror)
    }

    /// The weights that score: averaged, if the recipe averages.
    pub fn scorer(&self) -> &Model {
        self.averaged.as_ref().map_or(&self.model, |(copy, _)| copy)
    }

    pub fn into_scorer(self) -> Model {
        self.averaged.map_or(self.model, |(copy, _)| copy)
    }

    /// The weights that are trained.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Covers at once, if memory made them fewer than a step's.
    pub fn short_micro_batch(&self) -> Option<usize> {
        let short = self.micro_batch < self.task.recipe.batch_size;
        short.then_some(self.micro_batch)
    }

    /// All tensors, to be kept in a checkpoint …
    pub fn tensors(&self) -> Vec<(String, Tensor)> {
        let mut all = named("model", &self.model.params);
        if let Some((copy, _)) = &self.averaged {
            all.extend(named("average", &copy.params));
        }
        let moments = self.adam.state().into_iter();
        all.extend(moments.map(|(name, moment)| (format!("adam/{name}"), moment)));
        all
    }

    /// … the numbers of optimizer and average beside them …
    pub fn counts(&self) -> (i32, u32) {
        let updates = self.averaged.as_ref().map(|(_, average)| average.updates());
        (self.adam.steps(), updates.unwrap_or(0))
    }

    /// … and all put back; `None` if a tensor is missing.
    pub fn restore(&mut self, saved: &mut Saved) -> Option<()> {
        saved.fill("model", &self.model.params)?;
        if let Some((copy, average)) = &mut self.averaged {
            saved.fill("average", &copy.params)?;
            *average = Average::after(saved.header.average_updates);
        }
        let moments: Option<Vec<(String, Tensor)>> = self
            .adam
            .state()
            .into_iter()
            .map(|(name, _)| Some((name.clone(), saved.take(&format!("adam/{name}"))?)))
            .collect();
        self.adam.restore(saved.header.adam_steps, &moments?);
        self.step = saved.header.step;
        self.micro_batch = saved.header.micro_batch;
        Some(())
    }
}

/// What one step gave.
pub(super) struct Step {
    pub plain_loss: f64,
    pub right: f64,
    pub stats: StepStats,
    /// In words, that memory was short.
    pub shrunk: Option<String>,
}

/// Of a batch.
#[derive(Debug, Default)]
struct Found {
    /// By each trained tensor.
    gradients: Vec<Tensor>,
    /// What is minimised.
    loss: f64,
    /// Without smoothing.
    plain_loss: f64,
    /// Covers called rightly.
    right: f64,
}

impl Found {
    fn add(&mut self, part: Vec<Tensor>) {
        if self.gradients.is_empty() {
            self.gradients = part;
            return;
        }
        for (sum, gradient) in self.gradients.iter_mut().zip(part) {
            *sum += gradient;
        }
    }
}

/// What a smaller micro-batch means.
pub fn micro_batch_words(covers: usize, recipe: &Recipe) -> String {
    let same = match recipe.normalises_batches() {
        true => "its batch normalisation then sees fewer at a time, so the result differs a little",
        false => "the step is the same but for rounding",
    };
    format!(
        "memory does not hold a step of {} covers at once: they go through the net {covers} at a \
         time and their gradients are summed; {same}",
        recipe.batch_size
    )
}

/// What is minimised.
pub(super) fn loss_of(logits: &Tensor, labels: &Tensor, recipe: &Recipe) -> Tensor {
    match recipe.loss {
        Loss::CrossEntropy => cross_entropy(logits, labels, recipe.label_smoothing),
        Loss::Article => {
            let probabilities = logits.softmax(1, Kind::Float);
            cross_entropy(&probabilities, labels, recipe.label_smoothing)
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nets::Net;
    use crate::recipe::RecipeName;
    use crate::tensors::Covers;
    use tch::Device;

    #[test]
    fn gradients_of_parts_add_up_to_those_of_the_batch() {
        let pictures: Vec<Vec<u8>> = (0..4u32)
            .map(|row| {
                (0..240 * 240 * 3)
                    .map(|at| (at * (row + 3) % 251) as u8)
                    .collect()
            })
            .collect();
        let covers = Covers::from_rgb(240, &pictures, &[1; 4], Device::Cpu);
        let recipe = Recipe::new(RecipeName::Article, Net::LeNet);
        let rows = [0, 1, 2, 3];
        let state = State::new(Task::new(&covers, &rows, &recipe, Device::Cpu), 1e-3);
        let gradients = |at_once| {
            let found = state.gradients(&rows, 0, at_once);
            let flat: Vec<Tensor> = found.gradients.iter().map(|g| g.flatten(0, -1)).collect();
            let all = Tensor::cat(&flat, 0);
            (found, all)
        };
        let (whole, expected) = gradients(4);
        for at_once in [3, 1] {
            let (found, got) = gradients(at_once);
            let off = (got - &expected).norm() / expected.norm();
            let off = off.double_value(&[]);
            assert!(off < 1e-6, "{at_once}: {off}");
            assert!((found.loss - whole.loss).abs() < 1e-6);
            assert_eq!(found.right, whole.right);
        }
    }
}
