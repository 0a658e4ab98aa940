//! Every choice of a run, defaults resolved: stored as JSON before the first epoch, and
//! all that is needed to tell it again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use store::LabelRule;

use crate::nets::Net;
use crate::preprocessing::Preprocessing;
use crate::recipe::{Recipe, RecipeName};
use crate::tensors::batch_count;
use crate::views::ViewMode;

/// What is learned, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// How the net learns.
    pub method: Method,
    /// What becomes of rejected and undecided covers.
    pub labels: LabelRule,
    /// Parts of the cross-validation.
    pub folds: usize,
    /// The library's version: another one gives other bits.
    pub libtorch: String,
}

/// How a net learns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// All its weights, step by step.
    Steps {
        /// Every number of it.
        recipe: Recipe,
        /// Whether each training looks for its own learning rate first.
        rate: Rate,
    },
    /// A linear probe on what a pretrained backbone says of covers.
    Probe {
        /// Backbone and probe.
        net: Net,
        /// From pixels to the backbone's input.
        preprocessing: Preprocessing,
        /// SHA-256 of the published weights.
        backbone: String,
    },
}

/// `--lr`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rate {
    /// A number, typed or the net's own.
    Fixed,
    /// Found by a range test on the training covers.
    Auto,
}

impl Config {
    /// The config as it is stored and compared.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("a config is plain data")
    }

    /// A stored config; `None` if another version of the program wrote it.
    pub fn from_json(text: &str) -> Option<Config> {
        serde_json::from_str(text).ok()
    }

    /// The net.
    pub fn net(&self) -> Net {
        match &self.method {
            Method::Steps { recipe, .. } => recipe.net,
            Method::Probe { net, .. } => *net,
        }
    }

    /// The recipe's name, or what stands in its place.
    pub fn recipe_name(&self) -> String {
        match &self.method {
            Method::Steps { recipe, .. } => recipe.name.to_string(),
            Method::Probe { preprocessing, .. } => match preprocessing.views {
                ViewMode::Whole => "probe of whole covers".into(),
                ViewMode::Windows => "probe".into(),
            },
        }
    }

    /// From pixels to the net's input.
    pub fn preprocessing(&self) -> Preprocessing {
        match &self.method {
            Method::Steps { recipe, .. } => recipe.preprocessing,
            Method::Probe { preprocessing, .. } => *preprocessing,
        }
    }

    /// Whether scores are the mean over a cover and its mirror image.
    pub fn mirror(&self) -> bool {
        match &self.method {
            Method::Steps { recipe, .. } => recipe.mirror,
            Method::Probe { .. } => false,
        }
    }

    /// Passes over the training covers; a probe is fitted at once.
    pub fn epochs(&self) -> u32 {
        match &self.method {
            Method::Steps { recipe, .. } => recipe.epochs,
            Method::Probe { .. } => 1,
        }
    }

    /// Steps of a training on so many covers.
    pub fn steps(&self, covers: usize) -> u64 {
        match &self.method {
            Method::Steps { recipe, .. } => {
                batch_count(covers, recipe.batch_size) as u64 * u64::from(recipe.epochs)
            }
            Method::Probe { .. } => 1,
        }
    }

    /// The flags that give this config again, without those that are defaults.
    pub fn flags(&self) -> Vec<String> {
        let mut flags = vec![format!("--net {}", self.net())];
        match &self.method {
            Method::Steps { recipe, rate } => flags.extend(recipe_flags(recipe, *rate)),
            Method::Probe { preprocessing, .. } => {
                if preprocessing.views != ViewMode::default_of_backbones() {
                    flags.push(format!("--views {}", preprocessing.views));
                }
            }
        }
        if self.folds != DEFAULT_FOLDS {
            flags.push(format!("--folds {}", self.folds));
        }
        let implied = match &self.method {
            Method::Steps { recipe, .. } => implied_labels(recipe.name),
            Method::Probe { .. } => LabelRule::default(),
        };
        flags.extend(label_flags(&self.labels, &implied));
        flags
    }
}

fn recipe_flags(recipe: &Recipe, rate: Rate) -> Vec<String> {
    let usual = Recipe::new(recipe.name, recipe.net);
    let mut flags = Vec::new();
    if recipe.name != RecipeName::default() {
        flags.push(format!("--recipe {}", recipe.name));
    }
    if recipe.epochs != usual.epochs {
        flags.push(format!("--epochs {}", recipe.epochs));
    }
    if recipe.batch_size != usual.batch_size {
        flags.push(format!("--batch-size {}", recipe.batch_size));
    }
    if recipe.loss != usual.loss {
        flags.push(format!("--loss {}", recipe.loss));
    }
    if recipe.early_stop != usual.early_stop {
        let word = recipe
            .early_stop
            .map_or("off".into(), |epochs| epochs.to_string());
        flags.push(format!("--early-stop {word}"));
    }
    match rate {
        Rate::Auto => flags.push("--lr auto".into()),
        Rate::Fixed if recipe.learning_rate != usual.learning_rate => {
            flags.push(format!("--lr {}", recipe.learning_rate));
        }
        Rate::Fixed => {}
    }
    flags
}

/// Parts of a cross-validation unless the user says otherwise, as in the article.
pub const DEFAULT_FOLDS: usize = 4;

/// The label rule that a recipe implies: the article left rejected negatives out and
/// took search hits as they came.
pub fn implied_labels(recipe: RecipeName) -> LabelRule {
    let article = recipe == RecipeName::Article;
    LabelRule {
        drop_rejected_negatives: article,
        trust_undecided_positives: article,
        ..LabelRule::default()
    }
}

fn label_flags(rule: &LabelRule, implied: &LabelRule) -> Vec<String> {
    let mut flags = Vec::new();
    if rule.drop_rejected_negatives != implied.drop_rejected_negatives {
        let word = if rule.drop_rejected_negatives {
            "drop"
        } else {
            "positive"
        };
        flags.push(format!("--rejected-negatives {word}"));
    }
    if rule.rejected_positives_are_negative {
        flags.push("--rejected-positives negative".into());
    }
    let trusted = Trust::of(rule);
    if trusted != Trust::of(implied) {
        flags.push(format!("--trust-undecided {trusted}"));
    }
    flags
}

/// Which pools' undecided covers stand with their pool's label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Neither.
    None,
    /// Searched for, hence the topic.
    Positive,
    /// Met at random, hence not.
    Negative,
    /// Each its own.
    Both,
}

impl Trust {
    /// What a rule says.
    pub fn of(rule: &LabelRule) -> Trust {
        match (
            rule.trust_undecided_positives,
            rule.trust_undecided_negatives,
        ) {
            (false, false) => Trust::None,
            (true, false) => Trust::Positive,
            (false, true) => Trust::Negative,
            (true, true) => Trust::Both,
        }
    }

    /// Writes it into a rule.
    pub fn apply(self, rule: &mut LabelRule) {
        rule.trust_undecided_positives = matches!(self, Trust::Positive | Trust::Both);
        rule.trust_undecided_negatives = matches!(self, Trust::Negative | Trust::Both);
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Trust::None => "none",
            Trust::Positive => "positive",
            Trust::Negative => "negative",
            Trust::Both => "both",
        })
    }
}

impl FromStr for Trust {
    type Err = String;

    fn from_str(name: &str) -> Result<Trust, String> {
        [Trust::None, Trust::Positive, Trust::Negative, Trust::Both]
            .into_iter()
            .find(|trust| trust.to_string() == name)
            .ok_or_else(|| "say positive, negative, both or none".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(name: RecipeName) -> Config {
        Config {
            method: Method::Steps {
                recipe: Recipe::new(name, Net::LeNet),
                rate: Rate::Fixed,
            },
            labels: implied_labels(name),
            folds: DEFAULT_FOLDS,
            libtorch: "2.13.0".into(),
        }
    }

    #[test]
    fn a_config_is_read_back_from_its_json() {
        for name in [RecipeName::Modern, RecipeName::Article] {
            let config = config(name);
            assert_eq!(Config::from_json(&config.to_json()), Some(config));
        }
        assert_eq!(Config::from_json("{}"), None);
    }

    #[test]
    fn only_what_was_chosen_is_told_as_flags() {
        assert_eq!(config(RecipeName::Modern).flags(), ["--net lenet"]);
        let mut chosen = config(RecipeName::Article);
        chosen.folds = 3;
        if let Method::Steps { recipe, rate } = &mut chosen.method {
            recipe.epochs = 2;
            recipe.batch_size = 5;
            *rate = Rate::Auto;
        }
        chosen.labels = LabelRule::default();
        assert_eq!(
            chosen.flags().join(" "),
            "--net lenet --recipe article --epochs 2 --batch-size 5 --lr auto --folds 3 \
             --rejected-negatives positive --trust-undecided none"
        );
    }

    #[test]
    fn a_probe_has_one_step_and_only_the_nets_name_to_tell() {
        let probe = Config {
            method: Method::Probe {
                net: Net::EfficientNetLite0,
                preprocessing: Preprocessing::backbone(ViewMode::Windows),
                backbone: "abc".into(),
            },
            ..config(RecipeName::Modern)
        };
        assert_eq!(Config::from_json(&probe.to_json()), Some(probe.clone()));
        assert_eq!(probe.flags(), ["--net efficientnet-lite0"]);
        assert_eq!((probe.steps(5_000), probe.epochs()), (1, 1));
    }

    #[test]
    fn trust_is_written_into_the_rule_and_read_back() {
        for name in ["none", "positive", "negative", "both"] {
            let trust: Trust = name.parse().expect("a known word");
            let mut rule = LabelRule::default();
            trust.apply(&mut rule);
            assert_eq!(Trust::of(&rule).to_string(), name);
        }
        assert!("all".parse::<Trust>().is_err());
    }
}
