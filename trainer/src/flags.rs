//! The flags of every command that trains, and the config that they mean.

use std::time::Duration;

use clap::builder::PossibleValuesParser;
use cli::{Failure, Result};
use store::LabelRule;

use crate::backbone;
use crate::config::{Config, DEFAULT_FOLDS, Method, Rate, Trust, implied_labels};
use crate::device::DeviceChoice;
use crate::error::Error;
use crate::libtorch;
use crate::memory;
use crate::nets::Net;
use crate::preprocessing::Preprocessing;
use crate::recipe::{Loss, Recipe, RecipeName};
use crate::training::checkpoint::Every;
use crate::views::ViewMode;

/// A minute of work is little to lose, and AlexNet's 700 MB are much to write.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// As typed: what is not given has a default of its own in each recipe and net.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct TrainFlags {
    /// lenet, alexnet (as in the article), resnet (from scratch), efficientnet-lite0
    /// (pretrained) [default: efficientnet-lite0 if its weights are there, else resnet]
    #[arg(long)]
    pub net: Option<Net>,
    /// modern, or as in the article
    #[arg(long)]
    pub recipe: Option<RecipeName>,
    /// Parts of the cross-validation [default: 4]
    #[arg(long, value_name = "N")]
    pub folds: Option<usize>,
    /// Passes over the training covers [default: the net's, see trainer nets]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: Option<u32>,
    /// Peak learning rate, or auto for a range test [default: the net's]
    #[arg(long, value_name = "LR|auto", value_parser = parse_rate)]
    pub lr: Option<RateFlag>,
    /// Hold a tenth of the training covers back, end after so many epochs without a better
    /// one on them, and let the best one score [default: a quarter of the net's epochs for
    /// lenet and alexnet, else off]
    #[arg(long, value_name = "EPOCHS|off", value_parser = parse_early_stop)]
    pub early_stop: Option<EarlyStopFlag>,
    /// What is minimised: cross-entropy, or as in the article, which put a softmax before it
    #[arg(long)]
    pub loss: Option<Loss>,
    /// Covers in a step [default: the net's]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch_size: Option<u32>,
    /// How the pretrained net looks at covers: by windows of their previews, or whole, squeezed to
    /// a square, at a quarter of the cost and blind to what is small [default: windows]
    #[arg(
        long,
        value_enum,
        hide_possible_values = true,
        value_name = "windows|whole"
    )]
    pub views: Option<ViewMode>,
    /// Of all randomness
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub seed: u64,
    /// auto, cpu or cuda:N
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// Threads; other numbers give other bits [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_THREADS))]
    pub threads: Option<u32>,
    /// Rejected negatives count as the topic, or are dropped [default: positive]
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(["positive", "drop"]))]
    pub rejected_negatives: Option<String>,
    /// Rejected positives are dropped, or count as not the topic [default: drop]
    #[arg(long, value_name = "WHAT", value_parser = PossibleValuesParser::new(["drop", "negative"]))]
    pub rejected_positives: Option<String>,
    /// Undecided covers of these pools stand with their pool's label [default: none]
    #[arg(long, value_name = "POOLS")]
    pub trust_undecided: Option<Trust>,
    /// Memory that the program may hold in all: bytes, or as 800MB or 2GB
    #[arg(long, value_name = "BYTES", value_parser = memory::parse)]
    pub memory_budget: Option<u64>,
    /// Save a training whenever so many steps were taken, not once a minute
    #[arg(long, hide = true, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
    pub checkpoint_every: Option<u64>,
    /// Train afresh, even if the same is unfinished or there already
    #[arg(long)]
    pub new: bool,
}

/// `--lr` as typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateFlag {
    /// A number above zero.
    Fixed(f64),
    /// Found by a range test.
    Auto,
}

/// `--early-stop` as typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EarlyStopFlag {
    /// After so many epochs without a better one.
    After(u32),
    /// Never; the last epoch scores.
    Off,
}

fn parse_early_stop(text: &str) -> Result<EarlyStopFlag, String> {
    match text.parse() {
        _ if text == "off" => Ok(EarlyStopFlag::Off),
        Ok(epochs @ 1..) => Ok(EarlyStopFlag::After(epochs)),
        _ => Err("say a number of epochs above zero, or off".into()),
    }
}

fn parse_rate(text: &str) -> Result<RateFlag, String> {
    if text == "auto" {
        return Ok(RateFlag::Auto);
    }
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate.is_finite() => Ok(RateFlag::Fixed(rate)),
        _ => Err("say a number above zero, or auto".into()),
    }
}

/// What is to be trained, where, and whether afresh.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Every choice.
    pub config: Config,
    /// Of all randomness.
    pub seed: u64,
    /// Where to compute.
    pub device: tch::Device,
    /// On how many threads.
    pub threads: usize,
    /// Bytes that the program may hold in all.
    pub memory_budget: Option<u64>,
    /// How often a training is saved.
    pub checkpoints: Every,
    /// Never go on with, nor reuse, what is there.
    pub afresh: bool,
}

impl Plan {
    /// The device as it is stored.
    pub fn device_name(&self) -> String {
        match self.device {
            tch::Device::Cuda(number) => format!("cuda:{number}"),
            _ => "cpu".into(),
        }
    }
}

impl TrainFlags {
    /// What they mean; what is not typed comes from `base`, if there is one of that net
    /// and recipe, or else from the recipe.
    ///
    /// # Errors
    /// A device that is not there; the article's recipe for a pretrained net.
    pub fn plan(&self, base: Option<&Config>, default_net: Net) -> Result<Plan> {
        let device = self.device.resolve()?;
        Ok(Plan {
            config: self.config(base, default_net)?,
            seed: self.seed,
            device,
            threads: self
                .threads
                .map_or_else(all_cores, |threads| threads as usize),
            memory_budget: self.memory_budget,
            checkpoints: self
                .checkpoint_every
                .map_or(Every::Time(CHECKPOINT_EVERY), Every::Steps),
            afresh: self.new,
        })
    }

    fn config(&self, base: Option<&Config>, default_net: Net) -> Result<Config> {
        let net = self.net.or(base.map(Config::net)).unwrap_or(default_net);
        let mut config = match base.filter(|base| self.fits(base, net)) {
            Some(base) => base.clone(),
            None => fresh(self.recipe.unwrap_or_default(), net)?,
        };
        config.libtorch = libtorch::loaded().version;
        config.folds = self.folds.unwrap_or(config.folds);
        self.apply_labels(&mut config.labels);
        match &mut config.method {
            Method::Steps { recipe, rate } => self.apply_steps(recipe, rate),
            Method::Probe { preprocessing, .. } => {
                preprocessing.views = self.views.unwrap_or(preprocessing.views);
            }
        }
        Ok(config)
    }

    /// Whether the base is of this net and of the recipe that is typed, if one is.
    fn fits(&self, base: &Config, net: Net) -> bool {
        let typed = self.recipe.map(|name| name.to_string());
        base.net() == net && typed.is_none_or(|name| name == base.recipe_name())
    }

    fn apply_steps(&self, recipe: &mut Recipe, rate: &mut Rate) {
        recipe.epochs = self.epochs.unwrap_or(recipe.epochs);
        recipe.batch_size = self
            .batch_size
            .map_or(recipe.batch_size, |size| size as usize);
        recipe.loss = self.loss.unwrap_or(recipe.loss);
        match self.early_stop {
            Some(EarlyStopFlag::After(epochs)) => recipe.early_stop = Some(epochs),
            Some(EarlyStopFlag::Off) => recipe.early_stop = None,
            None => {}
        }
        match self.lr {
            Some(RateFlag::Fixed(typed)) => {
                recipe.learning_rate = typed;
                *rate = Rate::Fixed;
            }
            Some(RateFlag::Auto) => *rate = Rate::Auto,
            None => {}
        }
    }

    /// What was typed for nothing, to be told: a probe has no steps, and a net that is trained
    /// by steps has one view.
    pub fn without_effect(&self, net: Net) -> Option<String> {
        if net.spec().steps.is_some() {
            return self
                .views
                .map(|_| format!("{net} looks at whole covers: --views has no effect"));
        }
        let typed = [
            ("--epochs", self.epochs.is_some()),
            ("--batch-size", self.batch_size.is_some()),
            ("--lr", self.lr.is_some()),
            ("--early-stop", self.early_stop.is_some()),
            ("--loss", self.loss.is_some()),
        ];
        let names: Vec<&str> = typed
            .iter()
            .filter(|(_, is_typed)| *is_typed)
            .map(|(name, _)| *name)
            .collect();
        (!names.is_empty()).then(|| {
            format!(
                "{net} is not trained by steps: {} has no effect",
                names.join(", ")
            )
        })
    }

    fn apply_labels(&self, rule: &mut LabelRule) {
        if let Some(word) = &self.rejected_negatives {
            rule.drop_rejected_negatives = word == "drop";
        }
        if let Some(word) = &self.rejected_positives {
            rule.rejected_positives_are_negative = word == "negative";
        }
        if let Some(trust) = self.trust_undecided {
            trust.apply(rule);
        }
    }
}

/// A config of defaults.
fn fresh(name: RecipeName, net: Net) -> Result<Config> {
    let spec = net.spec();
    if net == Net::ImageNetClasses {
        return Err(Failure::usage(format!(
            "{net} is not trained: trainer start makes it\n\
             For a probe on the same features take --net efficientnet-lite0."
        )));
    }
    let method = match (spec.steps, name) {
        (Some(_), _) => Method::Steps {
            recipe: Recipe::new(name, net),
            rate: Rate::Fixed,
        },
        (None, RecipeName::Modern) => Method::Probe {
            net,
            preprocessing: Preprocessing::backbone(ViewMode::default_of_backbones()),
            backbone: backbone::SOURCE_SHA256.into(),
        },
        (None, RecipeName::Article) => {
            return Err(Failure::usage(format!(
                "{net} is pretrained: the article has no recipe for it\n\
                 Leave --recipe out, or take --net lenet or alexnet."
            )));
        }
    };
    Ok(Config {
        method,
        labels: implied_labels(name),
        folds: DEFAULT_FOLDS,
        libtorch: String::new(),
    })
}

/// More than any machine has cores; many more, and the system refuses to make them.
pub const MOST_THREADS: i64 = 1024;

/// As many threads as the system lets this process have.
pub fn all_cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::UnknownNet { .. }
            | Error::UnknownRecipe { .. }
            | Error::Device { .. }
            | Error::Folds(_)
            | Error::Weights { .. } => Failure::usage(error),
            Error::NotFinite { .. }
            | Error::NothingLearned { .. }
            | Error::Memory { .. }
            | Error::File { .. }
            | Error::Chart(_) => Failure::failed(error),
        }
    }
}

#[cfg(test)]
mod tests;
