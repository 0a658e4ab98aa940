//! Watches whether a net still tells covers apart, and says what ails one that does not.
//!
//! A net whose outputs are all the same may be saturated (a softmax before the
//! cross-entropy has pushed every probability to one side, where its slope is nought),
//! or dead (a layer of units is nought for every cover), or merely slow. The first two
//! never recover; the third is healthy and must not be touched.

use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use super::Task;
use super::state::loss_of;
use crate::keyed::{Purpose, generator};
use crate::layers::Pass;
use crate::metrics::{roc_auc, sigmoid};
use crate::nets::Model;
use crate::optim;
use crate::params::Role;
use crate::scoring;

/// Steps between two readings.
pub const EVERY: u64 = 50;
/// Covers that are read, as many of each class: enough that no two nets agree on all of
/// them by chance, and a fraction of the work of fifty steps.
const COVERS: usize = 64;
/// Bad readings one after another before an attempt is given up.
const BAD: usize = 3;
/// All probabilities within this of nought, or of one: nothing is told apart.
const EDGE: f64 = 1e-4;
/// A gradient shorter than this moves nothing: Adam's epsilon is of its size.
const NO_GRADIENT: f64 = 1e-8;
/// Margins that differ by less, relative to their size, are the same but for rounding.
const SAME: f64 = 1e-6;
/// Probabilities that span less than this tell little apart as yet.
const NARROW: f64 = 0.1;

/// How a net is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// It tells covers apart.
    Learning,
    /// It hardly does so yet; its gradient is sound.
    Slow,
    /// Every probability is at one side, and no gradient is left.
    Saturated,
    /// Every output is the same, because no gradient passes some layer.
    Dead,
}

impl Health {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Health::Learning => "learning",
            Health::Slow => "slow so far",
            Health::Saturated => "saturated",
            Health::Dead => "dead",
        }
    }

    /// Whether it will not recover.
    pub fn is_bad(self) -> bool {
        matches!(self, Health::Saturated | Health::Dead)
    }
}

/// What the guard read of the net, on the same covers each time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Steps taken before it.
    pub step: u64,
    /// Least and greatest probability of the topic.
    pub probability: (f64, f64),
    /// Covers called the topic.
    pub called: usize,
    /// Area under the ROC curve.
    pub roc_auc: Option<f64>,
    /// Norm of the gradient but for the last bias; read only where it decides.
    pub gradient: Option<f64>,
    /// What follows.
    pub health: Health,
}

/// The covers that are read, and the bad readings in a row.
#[derive(Debug)]
pub struct Guard {
    rows: Vec<i64>,
    labels: Vec<bool>,
    bad: Vec<Reading>,
}

impl Guard {
    /// Picks as many training covers of each class, keyed by seed and fold.
    pub fn new(task: &Task) -> Guard {
        let mut rows = task.train.to_vec();
        rows.shuffle(&mut generator(task.seed, Purpose::Guard, &[task.fold]));
        let labels = task.covers.truths(&rows);
        let of = |class: bool| {
            let numbered = rows.iter().zip(&labels);
            let of_class = numbered.filter(move |(_, label)| **label == class);
            of_class.map(|(row, _)| *row).take(COVERS / 2)
        };
        let rows: Vec<i64> = of(false).chain(of(true)).collect();
        Guard {
            labels: task.covers.truths(&rows),
            rows,
            bad: Vec::new(),
        }
    }

    /// Reads the net after `step` steps. It is left as it was.
    pub fn read(&mut self, task: &Task, model: &Model, step: u64) -> Reading {
        let margins: Vec<f64> = scoring::margins(
            model,
            task.covers,
            &self.rows,
            &task.recipe.preprocessing,
            false,
        )
        .into_iter()
        .map(f64::from)
        .collect();
        let probabilities: Vec<f64> = margins.iter().map(|margin| sigmoid(*margin)).collect();
        let probability = range(&probabilities);
        let suspect = suspect(&margins, probability);
        let gradient = suspect.map(|_| self.gradient(task, model));
        let reading = Reading {
            step,
            probability,
            called: margins.iter().filter(|margin| **margin >= 0.0).count(),
            roc_auc: roc_auc(&self.labels, &probabilities),
            gradient: gradient.map(|gradient| gradient.all),
            health: judge(suspect, gradient, probability),
        };
        match reading.health.is_bad() {
            true => self.bad.push(reading),
            false => self.bad.clear(),
        }
        reading
    }

    /// The bad readings, once there are so many that the attempt is to end.
    pub fn verdict(&self) -> Option<&[Reading]> {
        (self.bad.len() >= BAD).then_some(&self.bad[..])
    }

    /// Bad readings in a row, to be kept in a checkpoint …
    pub fn bad(&self) -> &[Reading] {
        &self.bad
    }

    /// … and put back.
    pub fn restore(&mut self, bad: Vec<Reading>) {
        self.bad = bad;
    }

    /// The gradient as a step on the covers that are read would find it. Running
    /// statistics, which such a pass moves, are put back.
    fn gradient(&self, task: &Task, model: &Model) -> Gradient {
        let buffers = || {
            model
                .params
                .iter()
                .filter(|param| param.role == Role::Buffer)
        };
        let before: Vec<Tensor> = buffers().map(|param| param.tensor.copy()).collect();
        let input = task
            .recipe
            .preprocessing
            .normalise(&task.covers.pixels(&self.rows));
        let mut drops = generator(task.seed, Purpose::Guard, &[task.fold, 1]);
        let logits = model.forward(&input, &mut Pass::Train(&mut drops));
        let loss = loss_of(&logits, &task.covers.labels(&self.rows), task.recipe);
        let gradients = model.params.gradients(&loss);
        for (param, saved) in buffers().zip(&before) {
            tch::no_grad(|| param.tensor.shallow_clone().copy_(saved));
        }
        let (_, but_last) = gradients.split_last().expect("a net has trained tensors");
        Gradient {
            all: optim::norm(but_last),
            first: optim::norm(&gradients[..1]),
        }
    }
}

/// Norms of a gradient.
#[derive(Clone, Copy, Debug)]
struct Gradient {
    /// Of all but the last bias, which learns the share of the classes even in a net
    /// that is blind.
    all: f64,
    /// Of the first weights: nought if nothing passes some layer.
    first: f64,
}

/// What makes a gradient worth reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Suspicion {
    /// All probabilities are at one side.
    edge: bool,
    /// All outputs are the same.
    same: bool,
}

fn suspect(margins: &[f64], (low, high): (f64, f64)) -> Option<Suspicion> {
    let (least, most) = range(margins);
    let size = least.abs().max(most.abs()).max(1.0);
    let suspicion = Suspicion {
        edge: high < EDGE || low > 1.0 - EDGE,
        same: most - least < SAME * size,
    };
    (suspicion.edge || suspicion.same).then_some(suspicion)
}

fn judge(suspicion: Option<Suspicion>, gradient: Option<Gradient>, range: (f64, f64)) -> Health {
    match (suspicion, gradient) {
        (Some(seen), Some(found)) if seen.edge && found.all < NO_GRADIENT => Health::Saturated,
        (Some(seen), Some(found)) if seen.same && found.first < NO_GRADIENT => Health::Dead,
        _ if range.1 - range.0 < NARROW => Health::Slow,
        _ => Health::Learning,
    }
}

fn range(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (least, most)
}
