//! The nets: their names, defaults and architectures.

mod alexnet;
pub mod efficientnet;
mod lenet;
mod resnet;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tch::{Device, Tensor};

use crate::error::Error;
use crate::init::Init;
use crate::keyed::{Purpose, generator};
use crate::layers::{Builder, Kernels, Pass};
use crate::params::Params;
use crate::views::ViewMode;

/// A kind of net.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Net {
    /// The article's net with 45×45 and 20×20 kernels.
    LeNet,
    /// The article's AlexNet.
    AlexNet,
    /// A small residual net, from scratch.
    ResNet,
    /// EfficientNet-Lite0, pretrained, with a linear probe.
    EfficientNetLite0,
    /// The same with ImageNet's own classes in place of a probe: it needs no labels.
    ImageNetClasses,
}

/// What `trainer nets` shows of a net, and what the modern recipe starts from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NetSpec {
    /// Which net.
    pub net: Net,
    /// Its name on the command line and in stored runs.
    pub name: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// Side of the picture that it takes, in pixels.
    pub input: i64,
    /// How the modern recipe trains it; `None` of a net that is fixed but for its probe.
    pub steps: Option<Steps>,
}

/// The modern recipe's own numbers for a net.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// Passes over the training covers.
    pub epochs: u32,
    /// Peak learning rate.
    pub learning_rate: f64,
    /// Covers in a step.
    pub batch_size: usize,
}

const fn steps(epochs: u32, learning_rate: f64, batch_size: usize) -> Option<Steps> {
    Some(Steps {
        epochs,
        learning_rate,
        batch_size,
    })
}

/// Every net, in the order shown.
pub const NETS: [NetSpec; 5] = [
    NetSpec {
        net: Net::LeNet,
        name: "lenet",
        about: "as in the article: kernels of 45×45 and 20×20, large mean pools",
        input: 240,
        steps: steps(40, 1e-4, 32),
    },
    NetSpec {
        net: Net::AlexNet,
        name: "alexnet",
        about: "as in the article: five convolutions, three wide linear layers",
        input: 240,
        steps: steps(12, 2e-4, 32),
    },
    NetSpec {
        net: Net::ResNet,
        name: "resnet",
        about: "small residual net with batch normalisation, trained from scratch",
        input: 128,
        steps: steps(30, 2e-3, 32),
    },
    NetSpec {
        net: Net::EfficientNetLite0,
        name: "efficientnet-lite0",
        about: "pretrained on ImageNet; only a logistic probe on its features is fitted",
        input: 224,
        steps: None,
    },
    NetSpec {
        net: Net::ImageNetClasses,
        name: "imagenet-classes",
        about: "the same with ImageNet's own classes: made by trainer start, before any label",
        input: 224,
        steps: None,
    },
];

impl Net {
    /// Its row of [`NETS`].
    pub fn spec(self) -> &'static NetSpec {
        NETS.iter()
            .find(|spec| spec.net == self)
            .expect("every net has a row")
    }
}

impl fmt::Display for Net {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(self.spec().name)
    }
}

impl From<Net> for String {
    fn from(net: Net) -> String {
        net.to_string()
    }
}

impl TryFrom<String> for Net {
    type Error = Error;

    fn try_from(name: String) -> Result<Net, Error> {
        name.parse()
    }
}

impl FromStr for Net {
    type Err = Error;

    fn from_str(name: &str) -> Result<Net, Error> {
        let found = NETS.iter().find(|spec| spec.name == name);
        found
            .map(|spec| spec.net)
            .ok_or_else(|| Error::UnknownNet { name: name.into() })
    }
}

/// An architecture with its layers.
pub trait Network: fmt::Debug {
    /// Normalised pixels `[b, 3, s, s]` → logits `[b, 2]`: other, topic.
    fn forward(&self, pixels: &Tensor, pass: &mut Pass) -> Tensor;

    /// Normalised pixels → what a probe looks at `[b, f]`; of a net that looks at several views
    /// one picture of any size → `[views, f]`. `None` of a net without a probe.
    fn features(&self, _pixels: &Tensor) -> Option<Tensor> {
        None
    }

    /// Features `[b, f]` → logits `[b, 2]`; `None` of a net without a probe.
    fn logits_of(&self, _features: &Tensor) -> Option<Tensor> {
        None
    }
}

/// A net with its tensors.
#[derive(Debug)]
pub struct Model {
    /// Which net it is.
    pub net: Net,
    /// Its tensors; changing them in place changes the net.
    pub params: Params,
    network: Box<dyn Network>,
}

impl Model {
    /// A new net on `device`; `place` tells attempts and folds of a seed apart.
    pub fn new(net: Net, start: Start, device: Device) -> Model {
        Model::built(net, ViewMode::Whole, start, device)
    }

    fn built(net: Net, views: ViewMode, start: Start, device: Device) -> Model {
        let rng = generator(start.seed, Purpose::Init, &[start.fold]);
        let mut builder = Builder::new(start.init, rng, device, start.kernels);
        let network: Box<dyn Network> = match net {
            Net::LeNet => Box::new(lenet::LeNet::new(&mut builder)),
            Net::AlexNet => Box::new(alexnet::AlexNet::new(&mut builder)),
            Net::ResNet => Box::new(resnet::ResNet::new(&mut builder)),
            Net::EfficientNetLite0 => {
                Box::new(efficientnet::EfficientNet::new(&mut builder, views))
            }
            Net::ImageNetClasses => Box::new(efficientnet::Classes::new(&mut builder, views)),
        };
        let params = builder.into_params();
        Model {
            net,
            params,
            network,
        }
    }

    /// A net whose values are about to be loaded.
    pub fn blank(net: Net, device: Device) -> Model {
        Model::looking(net, ViewMode::Whole, device)
    }

    /// The same of a net that looks at covers so, if it is one with a backbone.
    pub fn looking(net: Net, views: ViewMode, device: Device) -> Model {
        Model::built(net, views, Start::blank(), device)
    }

    /// Normalised pixels `[b, 3, s, s]` → logits `[b, 2]`: other, topic.
    pub fn forward(&self, pixels: &Tensor, pass: &mut Pass) -> Tensor {
        self.network.forward(pixels, pass)
    }

    /// Normalised pixels → what its probe looks at `[b, f]`, if it has one; where it looks at
    /// several views, one picture of any size → `[views, f]`.
    pub fn features(&self, pixels: &Tensor) -> Option<Tensor> {
        self.network.features(pixels)
    }

    /// Features `[b, f]` → logits `[b, 2]`, if it has a probe.
    pub fn logits_of(&self, features: &Tensor) -> Option<Tensor> {
        self.network.logits_of(features)
    }
}

/// What the first values of a net depend on.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// The rule.
    pub init: Init,
    /// How convolutions are carried out.
    pub kernels: Kernels,
    /// The run's seed.
    pub seed: u64,
    /// The fold, so that folds start apart.
    pub fold: u64,
}

impl Start {
    fn blank() -> Start {
        Start {
            init: Init::Blank,
            kernels: Kernels::Auto,
            seed: 0,
            fold: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Kind;

    fn model(net: Net, fold: u64) -> Model {
        let start = Start {
            init: Init::Kaiming,
            fold,
            ..Start::blank()
        };
        Model::new(net, start, Device::Cpu)
    }

    #[test]
    fn names_are_read_back_and_unknown_ones_list_what_there_is() {
        for spec in NETS {
            assert_eq!(spec.net.to_string().parse::<Net>().ok(), Some(spec.net));
        }
        let refusal = "vgg".parse::<Net>().unwrap_err().to_string();
        assert!(refusal.contains("vgg") && refusal.contains("lenet, alexnet, resnet"));
    }

    #[test]
    fn every_net_gives_two_logits_and_has_the_published_number_of_weights() {
        // Counted by hand from the layer lists of the article.
        let lenet = (3 * 45 * 45 * 6 + 6) + (6 * 400 * 9 + 9) + (9217 * 544) + (545 * 68) + 138;
        let alexnet = (363 * 96 + 96)
            + (2400 * 256 + 256)
            + (2304 * 384 + 384)
            + (3456 * 384 + 384)
            + (3456 * 256 + 256)
            + 9217 * 4096
            + 4097 * 4096
            + 8194;
        let table = [(Net::LeNet, lenet), (Net::AlexNet, alexnet)];
        for (net, weights) in table {
            assert_eq!(model(net, 0).params.count(), weights, "{net}");
        }
        for spec in NETS {
            let pixels = Tensor::zeros([2, 3, spec.input, spec.input], (Kind::Float, Device::Cpu));
            let logits = tch::no_grad(|| model(spec.net, 0).forward(&pixels, &mut Pass::Score));
            assert_eq!(logits.size(), [2, 2], "{}", spec.name);
        }
    }

    #[test]
    fn the_residual_net_takes_odd_sides_and_its_blocks_start_as_shortcuts() {
        let resnet = model(Net::ResNet, 0);
        let pixels = Tensor::zeros([1, 3, 97, 97], (Kind::Float, Device::Cpu));
        let logits = tch::no_grad(|| resnet.forward(&pixels, &mut Pass::Score));
        assert_eq!(logits.size(), [1, 2]);
        let last: Vec<f64> = resnet
            .params
            .iter()
            .filter(|param| param.name.ends_with("bn2.weight"))
            .map(|param| param.tensor.abs().max().double_value(&[]))
            .collect();
        assert_eq!(last, [0.0; 4]);
    }

    #[test]
    fn folds_of_a_seed_start_apart_and_the_same_fold_starts_alike() {
        let first = |fold| {
            let model = model(Net::LeNet, fold);
            let value = model.params.iter().next().map(|p| p.tensor.copy());
            value.expect("a net has tensors")
        };
        assert!(first(0).equal(&first(0)));
        assert!(!first(0).equal(&first(1)));
    }
}
