//! One way to learn for every command: what a config says, on some rows of a data set.

use std::sync::Once;
use std::time::Instant;

use cli::{Printer, Result};
use tch::Device;

use crate::config::{Config, Method, Rate};
use crate::dataset::Dataset;
use crate::device;
use crate::error::Error;
use crate::features::{self, Extractor};
use crate::metrics::judge;
use crate::nets::{Model, Net};
use crate::pixels;
use crate::probe::{self, Examples};
use crate::rate_range;
use crate::recipe::Recipe;
use crate::session::Session;
use crate::tensors::Covers;
use crate::training::checkpoint::Keeper;
use crate::training::inner::{self, Split};
use crate::training::ladder;
use crate::training::{EpochStats, Event, Observer, StepStats, Task, Trained, train};
use crate::views::{ViewMode, ViewSet};

/// Everything that trainings of one data set share.
#[derive(Debug)]
pub struct Learner {
    seed: u64,
    device: Device,
    labels: Vec<bool>,
    /// What no choice among training covers may split.
    blocks: Vec<usize>,
    material: Material,
    printer: Printer,
    /// So that few covers are told of once, not in every fold.
    told_of_few: Once,
}

/// What is learned from.
#[derive(Debug)]
enum Material {
    /// For nets that are trained by steps.
    Covers {
        covers: Covers,
        recipe: Recipe,
        rate: Rate,
    },
    /// For a probe.
    Features(Features),
}

#[derive(Debug)]
struct Features {
    views: ViewSet,
    mode: ViewMode,
    backbone: Model,
    key: String,
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
    /// Train on all of `train` for so many epochs, which somebody has chosen already.
    pub epochs: Option<u32>,
}

impl Learner {
    /// Reads what the config's net learns from; `None` when the user stops.
    ///
    /// # Errors
    /// What the database says, pretrained weights that are not there, a damaged cover.
    pub async fn new(
        session: &Session,
        config: &Config,
        seed: u64,
        (device, threads): (Device, usize),
        dataset: &Dataset,
    ) -> Result<Option<Learner>> {
        device::set_threads(threads);
        let material = match &config.method {
            Method::Steps { recipe, rate } => Some(Material::Covers {
                covers: covers(session, config, device, dataset).await?,
                recipe: recipe.clone(),
                rate: *rate,
            }),
            Method::Probe { .. } => features(session, config, device, dataset)
                .await?
                .map(Material::Features),
        };
        let blocks = dataset.blocks(session, config.folds).await?.of;
        Ok(material.map(|material| Learner {
            seed,
            device,
            labels: dataset.labels(),
            blocks,
            material,
            printer: session.printer,
            told_of_few: Once::new(),
        }))
    }

    /// The name of the features that models of this learner look at, if they have a probe.
    pub fn backbone(&self) -> Option<&str> {
        match &self.material {
            Material::Covers { .. } => None,
            Material::Features(features) => Some(&features.key),
        }
    }

    /// Learns from a part, going on from what is kept of it, or stops when `observe` breaks off: then `None`.
    ///
    /// # Errors
    /// A loss that is no number.
    pub fn learn(
        &self,
        part: Part,
        keep: Option<&Keeper>,
        observe: &mut Observer,
    ) -> Result<Option<Trained>, Error> {
        match &self.material {
            Material::Covers {
                covers,
                recipe,
                rate,
            } => self.learn_by_steps((part, keep), covers, (recipe, *rate), observe),
            Material::Features(features) => Ok(Some(self.learn_probe(part, features, observe))),
        }
    }

    fn learn_by_steps(
        &self,
        (part, keep): (Part, Option<&Keeper>),
        covers: &Covers,
        (recipe, rate): (&Recipe, Rate),
        observe: &mut Observer,
    ) -> Result<Option<Trained>, Error> {
        let mut own = recipe.clone();
        let split = self.split(part, recipe);
        let task = Task {
            inner: &split.inner,
            test: part.test,
            stop_after: part.epochs,
            seed: self.seed,
            fold: part.fold,
            keep,
            ..Task::new(covers, &split.train, recipe, self.device)
        };
        if rate == Rate::Auto {
            let found = rate_range::find(&task)?;
            own.learning_rate = found.rate;
            // Breaking off is asked again at the first step.
            let _ = observe(Event::Sought(found.rate, found.points));
        }
        let recipe = &own;
        train(&Task { recipe, ..task }, observe)
    }

    /// What to train on, and what to hold back if the recipe chooses its epoch.
    fn split(&self, part: Part, recipe: &Recipe) -> Split {
        let whole = || Split {
            train: part.train.to_vec(),
            inner: Vec::new(),
        };
        if recipe.early_stop.is_none() || part.epochs.is_some() {
            return whole();
        }
        let key = (self.seed, part.fold);
        let split = inner::split(part.train, &self.labels, &self.blocks, key);
        split.unwrap_or_else(|| {
            self.told_of_few.call_once(|| {
                self.printer.warn(format!(
                    "{} covers to train on are too few to hold some back and choose the epoch \
                     by them: the last epoch scores",
                    part.train.len()
                ));
            });
            whole()
        })
    }

    fn learn_probe(&self, part: Part, features: &Features, observe: &mut Observer) -> Trained {
        let started = Instant::now();
        let (views, labels) = (
            features.views.select(part.train),
            picked(&self.labels, part.train),
        );
        let examples = Examples {
            views: &views,
            labels: &labels,
            blocks: &picked(&self.blocks, part.train),
        };
        let fitted = probe::fit(&examples, self.seed);
        let mode = features.mode;
        let model = Model::looking(Net::EfficientNetLite0, mode, self.device);
        model.params.copy_from(&features.backbone.params);
        model.params.put(&fitted.tensors());
        let (train_loss, train_accuracy) = judge(&fitted.margins(&views), &labels);
        let tested =
            (!part.test.is_empty()).then(|| fitted.margins(&features.views.select(part.test)));
        let test = tested
            .as_deref()
            .map(|margins| judge(margins, &picked(&self.labels, part.test)));
        let stats = EpochStats {
            epoch: 1,
            train_loss,
            train_accuracy,
            inner_loss: None,
            inner_accuracy: None,
            test_loss: test.map(|(loss, _)| loss),
            test_accuracy: test.map(|(_, accuracy)| accuracy),
            // A probe has no rate.
            learning_rate: 0.0,
            seconds: started.elapsed().as_secs_f64(),
        };
        let step = StepStats {
            step: 1,
            steps: 1,
            loss: train_loss,
            learning_rate: 0.0,
            gradient_norm: None,
        };
        for event in [Event::Step(step), Event::Epoch(stats)] {
            // It is done: breaking off now would only lose it.
            let _ = observe(event);
        }
        Trained {
            model,
            margins: tested.unwrap_or_default(),
            epochs: vec![stats],
            best_epoch: None,
            learning_rate: 0.0,
            micro_batch: None,
        }
    }
}

fn picked<T: Copy>(values: &[T], rows: &[i64]) -> Vec<T> {
    rows.iter().map(|row| values[*row as usize]).collect()
}

async fn covers(
    session: &Session,
    config: &Config,
    device: Device,
    dataset: &Dataset,
) -> Result<Covers> {
    let (ids, labels) = (dataset.ids(), dataset.labels());
    let bar = session.printer.bar("decode", Some(ids.len() as u64));
    let side = config.preprocessing().side;
    let place = (side, Device::Cpu);
    let covers = pixels::load(&session.store, &ids, &labels, place, &bar).await?;
    bar.finish();
    if device == Device::Cpu {
        return Ok(covers);
    }
    Ok(match ladder::catch(|| covers.to_device(device)) {
        Ok(there) => there,
        Err(refused) => {
            session.printer.warn(format!(
                "the device does not hold all covers ({}): they stay in the host's memory, and \
                 each batch is moved",
                refused.0
            ));
            covers.with_batches_on(device)
        }
    })
}

async fn features(
    session: &Session,
    config: &Config,
    device: Device,
    dataset: &Dataset,
) -> Result<Option<Features>> {
    let preprocessing = config.preprocessing();
    let mode = preprocessing.views;
    let (backbone, key) = features::pretrained(session, mode, device)?;
    let extractor = Extractor {
        model: &backbone,
        key: &key,
        preprocessing,
        device,
    };
    let Some(views) = extractor.of(session, &dataset.ids()).await? else {
        return Ok(None);
    };
    Ok(Some(Features {
        views,
        mode,
        backbone,
        key,
    }))
}
