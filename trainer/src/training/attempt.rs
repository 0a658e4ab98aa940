//! Attempts at a training: one that collapses is started over with another seed and a
//! third of the rate, at most four times in all.

use std::fmt;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::Task;
use super::guard::{Health, Reading};
use crate::keyed::{Purpose, generator};

/// More would be the same again: the last one has a twenty-seventh of the rate.
pub const MOST: u32 = 4;
/// What the rate is divided by from one attempt to the next.
const CALMER: f64 = 3.0;

/// What the attempts at one training differ in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// Counted from one.
    pub number: u32,
    /// Of first weights and all draws.
    pub seed: u64,
    /// Peak of the schedule.
    pub learning_rate: f64,
}

impl Attempt {
    /// As the task says.
    pub fn first(task: &Task) -> Attempt {
        Attempt {
            number: 1,
            seed: task.seed,
            learning_rate: task.recipe.learning_rate,
        }
    }

    /// The one after this; `None` after the last.
    pub fn next(self, task: &Task) -> Option<Attempt> {
        let number = self.number + 1;
        let place = [task.fold, number.into()];
        (number <= MOST).then(|| Attempt {
            number,
            // One bit less: the database's integers have a sign.
            seed: generator(task.seed, Purpose::Attempt, &place).next_u64() >> 1,
            learning_rate: self.learning_rate / CALMER,
        })
    }
}

/// Why an attempt was given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Diagnosis {
    /// Every probability at one side, no gradient left.
    Saturated,
    /// Units of a layer that are nought for every cover.
    Dead,
    /// A loss that is no number.
    #[serde(rename = "not finite")]
    NotFinite,
}

impl Diagnosis {
    /// Of a bad reading.
    pub fn of(health: Health) -> Option<Diagnosis> {
        match health {
            Health::Saturated => Some(Diagnosis::Saturated),
            Health::Dead => Some(Diagnosis::Dead),
            Health::Learning | Health::Slow => None,
        }
    }

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Diagnosis::Saturated => "saturated",
            Diagnosis::Dead => "dead",
            Diagnosis::NotFinite => "not finite",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Diagnosis::Saturated => {
                "the net is saturated: every probability is at one side, where no gradient is left"
            }
            Diagnosis::Dead => {
                "the net is dead: every output is the same, because a layer of units is nought \
                 for every cover"
            }
            Diagnosis::NotFinite => "the loss is no longer a number: the steps were too large",
        }
    }

    /// What a person can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Diagnosis::Saturated => {
                "The usual cause is a softmax before the cross-entropy: leave --loss article out, \
                 or take a much lower --lr."
            }
            Diagnosis::Dead | Diagnosis::NotFinite => {
                "Take a much lower --lr, or let --lr auto look for one."
            }
        }
    }
}

/// An attempt that was given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Which.
    pub attempt: Attempt,
    /// Steps it took.
    pub step: u64,
    /// Why.
    pub diagnosis: Diagnosis,
    /// The guard's last readings, if it was the guard that ended it.
    pub readings: Vec<Reading>,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(
            f,
            "attempt {} at rate {:.1e} ended after {} steps: {}",
            self.attempt.number,
            self.attempt.learning_rate,
            self.step,
            self.diagnosis.words()
        )
    }
}
