//! The epoch whose weights score, chosen by the inner rows, and when to stop waiting
//! for a better one.

use super::EpochStats;
use crate::nets::Model;
use crate::params::Params;

/// The best epoch so far, and its weights.
#[derive(Debug)]
pub struct Choice {
    /// Epochs without a better one after which training ends; `None`: nothing is chosen.
    patience: Option<u32>,
    best: Option<Best>,
}

#[derive(Debug)]
struct Best {
    epoch: u32,
    loss: f64,
    weights: Params,
}

impl Choice {
    /// Chooses if there is a `patience`; otherwise the last epoch stands.
    pub fn new(patience: Option<u32>) -> Choice {
        Choice {
            patience,
            best: None,
        }
    }

    /// Keeps the weights if their inner loss is the least so far. Log-loss, not
    /// accuracy: it tells on a few dozen covers what accuracy needs hundreds for.
    pub fn consider(&mut self, stats: &EpochStats, scorer: &Model) {
        let (Some(_), Some(loss)) = (self.patience, stats.inner_loss) else {
            return;
        };
        if self.best.as_ref().is_none_or(|best| loss < best.loss) {
            self.best = Some(Best {
                epoch: stats.epoch,
                loss,
                weights: scorer.params.detached_copy(),
            });
        }
    }

    /// Whether no epoch was better for as long as patience lasts.
    pub fn has_waited_enough(&self, epoch: u32) -> bool {
        match (self.patience, &self.best) {
            (Some(patience), Some(best)) => epoch - best.epoch >= patience,
            _ => false,
        }
    }

    /// The chosen epoch, counted from one.
    pub fn epoch(&self) -> Option<u32> {
        self.best.as_ref().map(|best| best.epoch)
    }

    /// The weights of the chosen epoch, to be kept in a checkpoint …
    pub fn weights(&self) -> Option<&Params> {
        self.best.as_ref().map(|best| &best.weights)
    }

    /// … and put back, with the epoch's inner loss.
    pub fn restore(&mut self, epoch: u32, loss: f64, weights: Params) {
        self.best = Some(Best {
            epoch,
            loss,
            weights,
        });
    }

    /// Puts the weights of the chosen epoch into `scorer`, if one was chosen.
    pub fn put_best(&self, scorer: &Model) {
        if let Some(best) = &self.best {
            scorer.params.copy_from(&best.weights);
        }
    }
}
