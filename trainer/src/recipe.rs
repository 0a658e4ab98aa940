//! How a net is trained: every number in one value, stored with the run.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::augment::Augmentation;
use crate::error::Error;
use crate::init::Init;
use crate::layers::Kernels;
use crate::nets::Net;
use crate::optim::AdamSpec;
use crate::preprocessing::Preprocessing;
use crate::schedule::Schedule;

/// The recipes by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RecipeName {
    /// What is known to work today.
    #[default]
    Modern,
    /// What the article did, without its mistakes.
    Article,
}

impl fmt::Display for RecipeName {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            RecipeName::Modern => "modern",
            RecipeName::Article => "article",
        })
    }
}

impl FromStr for RecipeName {
    type Err = Error;

    fn from_str(name: &str) -> Result<RecipeName, Error> {
        match name {
            "modern" => Ok(RecipeName::Modern),
            "article" => Ok(RecipeName::Article),
            _ => Err(Error::UnknownRecipe { name: name.into() }),
        }
    }
}

/// What a training minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Of the logits.
    #[default]
    CrossEntropy,
    /// Of the logits' softmax, as the article had it: the cross-entropy applies another,
    /// and where the first is at nought or one no gradient is left.
    Article,
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Loss::CrossEntropy => "cross-entropy",
            Loss::Article => "article",
        })
    }
}

impl FromStr for Loss {
    type Err = String;

    fn from_str(name: &str) -> Result<Loss, String> {
        [Loss::CrossEntropy, Loss::Article]
            .into_iter()
            .find(|loss| loss.to_string() == name)
            .ok_or_else(|| "say cross-entropy or article".into())
    }
}

/// All that decides how a net is trained, except data and seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// The recipe that the values come from.
    pub name: RecipeName,
    /// The net that they are for.
    pub net: Net,
    /// Passes over the training covers.
    pub epochs: u32,
    /// Covers in a step.
    pub batch_size: usize,
    /// Covers that go through the net at once where memory does not hold a step's; decided
    /// before the run, which it is stored with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<usize>,
    /// Epochs without a better one on covers held back, after which training ends and the
    /// best one scores; `None`: nothing is held back, and the last epoch scores.
    pub early_stop: Option<u32>,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// How the rate moves.
    pub schedule: Schedule,
    /// The optimizer's other numbers.
    pub adam: AdamSpec,
    /// Largest norm of all gradients together; longer ones are scaled down.
    pub clip: Option<f64>,
    /// What is minimised.
    #[serde(default)]
    pub loss: Loss,
    /// Share of the target spread over both classes.
    pub label_smoothing: f64,
    /// Whether an exponential average of the weights is what scores.
    pub average: bool,
    /// How training covers are varied.
    pub augmentation: Option<Augmentation>,
    /// Whether scores are the mean over a cover and its mirror image.
    pub mirror: bool,
    /// First weights.
    pub init: Init,
    /// How convolutions are carried out.
    pub kernels: Kernels,
    /// From pixels to input.
    pub preprocessing: Preprocessing,
}

impl Recipe {
    /// Whether what the net does with a cover depends on those beside it in the batch.
    pub fn normalises_batches(&self) -> bool {
        matches!(self.net, Net::ResNet | Net::EfficientNetLite0)
    }

    /// The recipe of that name with the net's own defaults.
    ///
    /// # Panics
    /// For a net that is not trained by steps: it has no recipe.
    pub fn new(name: RecipeName, net: Net) -> Recipe {
        match name {
            RecipeName::Modern => modern(net),
            RecipeName::Article => article(net),
        }
    }
}

fn modern(net: Net) -> Recipe {
    let spec = net.spec();
    let steps = spec
        .steps
        .expect("only a net trained by steps has a recipe");
    Recipe {
        name: RecipeName::Modern,
        net,
        epochs: steps.epochs,
        batch_size: steps.batch_size,
        micro_batch: None,
        early_stop: early_stop(net, steps.epochs),
        learning_rate: steps.learning_rate,
        schedule: Schedule::OneCycle,
        adam: AdamSpec::decoupled(0.05),
        clip: Some(1.0),
        loss: Loss::CrossEntropy,
        label_smoothing: 0.1,
        average: true,
        augmentation: Some(match net {
            Net::LeNet => Augmentation::strong(),
            _ => Augmentation::default(),
        }),
        mirror: true,
        init: match net {
            Net::LeNet => Init::Smooth,
            _ => Init::Kaiming,
        },
        kernels: Kernels::Auto,
        preprocessing: Preprocessing::standard(spec.input),
    }
}

/// The nets without normalisation can learn their covers by heart long before the last epoch;
/// a quarter of the epochs is long enough to know. The residual net is best when its rate
/// has come down, and the tenth held back would cost it more than it gives.
fn early_stop(net: Net, epochs: u32) -> Option<u32> {
    match net {
        Net::LeNet | Net::AlexNet => Some(epochs.div_ceil(4)),
        Net::ResNet | Net::EfficientNetLite0 | Net::ImageNetClasses => None,
    }
}

/// The article fed a softmax into the cross-entropy, scored with dropout on and
/// dropped the tail of every fold; those are mistakes, and are not repeated.
fn article(net: Net) -> Recipe {
    Recipe {
        name: RecipeName::Article,
        net,
        epochs: 100,
        batch_size: 10,
        micro_batch: None,
        early_stop: None,
        learning_rate: 1e-5,
        schedule: Schedule::Constant,
        adam: AdamSpec::plain(),
        clip: None,
        loss: Loss::CrossEntropy,
        label_smoothing: 0.0,
        average: false,
        augmentation: None,
        mirror: false,
        init: Init::Xavier,
        kernels: Kernels::Auto,
        preprocessing: Preprocessing::article(net.spec().input),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preprocessing::ChannelOrder;

    #[test]
    fn the_article_is_told_as_the_contract_tells_it() {
        let recipe = Recipe::new(RecipeName::Article, Net::LeNet);
        assert_eq!((recipe.learning_rate, recipe.batch_size), (1e-5, 10));
        assert_eq!((recipe.epochs, recipe.init), (100, Init::Xavier));
        assert_eq!(recipe.preprocessing.order, ChannelOrder::Bgr);
        assert_eq!(recipe.preprocessing.deviation, [128.0; 3]);
        assert_eq!(recipe.augmentation, None);
        assert_eq!(recipe.adam.decay, 0.0);
    }

    #[test]
    fn the_modern_recipe_takes_the_nets_own_defaults() {
        let recipe = Recipe::new(RecipeName::Modern, Net::ResNet);
        let spec = Net::ResNet.spec();
        let steps = spec.steps.expect("it is trained by steps");
        assert_eq!(recipe.epochs, steps.epochs);
        assert_eq!(recipe.learning_rate, steps.learning_rate);
        assert_eq!(recipe.preprocessing.side, spec.input);
    }

    #[test]
    fn names_are_read_back_and_unknown_ones_list_what_there_is() {
        for name in ["modern", "article"] {
            let recipe: RecipeName = name.parse().expect("a known name");
            assert_eq!(recipe.to_string(), name);
        }
        let refusal = "old".parse::<RecipeName>().unwrap_err().to_string();
        assert!(refusal.contains("old") && refusal.contains("modern, article"));
    }
}
