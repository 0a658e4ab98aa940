//! One way to learn for every command: what a config says, on some rows of a data set.

use std::ops::ControlFlow;

use cli::Result;
use tch::Device;

use crate::config::{Config, Rate};
use crate::dataset::Dataset;
use crate::device;
use crate::error::Error;
use crate::pixels;
use crate::rate_range;
use crate::session::Session;
use crate::tensors::Covers;
use crate::training::{Event, Task, Trained, train};

/// Everything that trainings of one data set share.
#[derive(Debug)]
pub struct Learner {
    config: Config,
    seed: u64,
    device: Device,
    covers: Covers,
}

/// The rows of one training.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    /// To learn from.
    pub train: &'a [i64],
    /// To test; empty when the final model is made.
    pub test: &'a [i64],
    /// Keys all draws together with the seed.
    pub fold: u64,
}

impl Learner {
    /// Reads what the config's net learns from.
    ///
    /// # Errors
    /// What the database says, a device that is not there, a damaged cover.
    pub async fn new(
        session: &Session,
        config: &Config,
        seed: u64,
        (device, threads): (Device, usize),
        dataset: &Dataset,
    ) -> Result<Learner> {
        device::set_threads(threads);
        let (ids, labels) = (dataset.ids(), dataset.labels());
        let bar = session.printer.bar("decode", Some(ids.len() as u64));
        let side = config.recipe.preprocessing.side;
        let covers = pixels::load(&session.store, &ids, &labels, (side, device), &bar).await?;
        bar.finish();
        Ok(Learner {
            config: config.clone(),
            seed,
            device,
            covers,
        })
    }

    /// Learns from a part, or stops when `observe` breaks off: then `None`.
    ///
    /// # Errors
    /// A loss that is no number.
    pub fn learn(
        &self,
        part: Part,
        observe: &mut dyn FnMut(Event) -> ControlFlow<()>,
    ) -> Result<Option<Trained>, Error> {
        let mut recipe = self.config.recipe.clone();
        if self.config.rate == Rate::Auto {
            recipe.learning_rate = rate_range::find(&self.task(part, &recipe))?;
        }
        train(&self.task(part, &recipe), observe)
    }

    fn task<'a>(&'a self, part: Part<'a>, recipe: &'a crate::recipe::Recipe) -> Task<'a> {
        Task {
            covers: &self.covers,
            train: part.train,
            test: part.test,
            recipe,
            seed: self.seed,
            fold: part.fold,
            device: self.device,
        }
    }
}
