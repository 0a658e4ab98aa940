//! Weights files: safetensors with all that scoring needs in their metadata.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::atomic;
use crate::error::Error;
use crate::nets::{Model, Net};
use crate::params::Params;
use crate::preprocessing::Preprocessing;

/// The metadata entry that holds the card, as JSON.
const CARD: &str = "whisker";

/// What a file says of the weights in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// The net's name.
    pub net: String,
    /// What was looked for.
    pub topic: String,
    /// The run, as the database names it.
    pub run: String,
    /// The rule by which covers were resized before they were stored.
    pub resize_rule: String,
    /// From pixels to input.
    pub preprocessing: Preprocessing,
    /// Whether a score is the mean over a cover and its mirror image.
    pub mirror: bool,
    /// What a probe looks at: the name that features are kept under.
    #[serde(default)]
    pub backbone: Option<String>,
    /// How a margin becomes a probability.
    pub calibration: Calibration,
    /// The topic's share of the labels learned from; `None` in old files.
    #[serde(default)]
    pub base_rate: Option<f64>,
    /// What the threshold is for; `None` in old files: one half.
    #[serde(default)]
    pub aim: Option<String>,
    /// From which probability on a cover is said to show the topic.
    pub threshold: f64,
}

/// Platt's map (1999): probability = sigmoid(`slope` · margin + `offset`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// 1 leaves margins as they are.
    pub slope: f64,
    /// 0 leaves margins as they are.
    pub offset: f64,
}

impl Calibration {
    /// Margins as they are.
    pub const NONE: Calibration = Calibration {
        slope: 1.0,
        offset: 0.0,
    };

    /// The log-odds of the topic for a margin.
    pub fn log_odds(&self, margin: f64) -> f64 {
        self.slope * margin + self.offset
    }

    /// The probability of the topic for a margin.
    pub fn probability(&self, margin: f32) -> f64 {
        crate::metrics::sigmoid(self.log_odds(margin.into()))
    }
}

/// Writes a model's tensors and card to `path`, all or nothing.
pub fn save(path: &Path, params: &Params, card: &Card) -> Result<(), Error> {
    atomic::write(path, &to_bytes(params, card))
}

/// A weights file: the same tensors and card give the same bytes.
pub fn to_bytes(params: &Params, card: &Card) -> Vec<u8> {
    let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = params
        .iter()
        .map(|param| {
            (
                param.name.clone(),
                shape(&param.tensor),
                bytes(&param.tensor),
            )
        })
        .collect();
    let views = bytes.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
        (name, view.expect("the bytes are as many as the shape says"))
    });
    let card = serde_json::to_string(card).expect("a card is plain data");
    let metadata = HashMap::from([(CARD.to_string(), card)]);
    serialize(views, Some(metadata)).expect("names and sizes of a net are well-formed")
}

/// Reads a weights file, checks that it is whole and holds exactly the tensors of
/// its net, and puts the net on `device`.
pub fn load(path: &Path, device: Device) -> Result<(Card, Model), Error> {
    let file = fs::read(path).map_err(Error::file(path))?;
    let incomplete = |error| {
        let reason = "this is not a complete safetensors file; make or fetch it again";
        wrong(path, format!("{reason} ({error})"))
    };
    let (_, metadata) = SafeTensors::read_metadata(&file).map_err(incomplete)?;
    let tensors = SafeTensors::deserialize(&file).map_err(incomplete)?;
    let card = metadata.metadata().as_ref().and_then(|all| all.get(CARD));
    let card = card.ok_or_else(|| {
        wrong(
            path,
            "these weights were not saved by Whisker; import them with trainer weights import"
                .into(),
        )
    })?;
    let card: Card = serde_json::from_str(card).map_err(|error| {
        wrong(
            path,
            format!("its card cannot be read ({error}); it may be of another version of Whisker"),
        )
    })?;
    let net: Net = card
        .net
        .parse()
        .map_err(|error: Error| wrong(path, error.to_string()))?;
    let model = Model::looking(net, card.preprocessing.views, device);
    fill(&model, &tensors).map_err(|reason| wrong(path, reason))?;
    Ok((card, model))
}

/// Copies the tensors into the net if they are exactly those that it has.
fn fill(model: &Model, tensors: &SafeTensors) -> Result<(), String> {
    let net = model.net;
    let wanted: BTreeSet<&str> = model
        .params
        .iter()
        .map(|param| param.name.as_str())
        .collect();
    let given: BTreeSet<&str> = tensors.names().into_iter().collect();
    if let Some(name) = wanted.difference(&given).next() {
        return Err(format!(
            "{net} needs a tensor {name}, which is missing; these are weights of another net"
        ));
    }
    if let Some(name) = given.difference(&wanted).next() {
        return Err(format!(
            "{net} has no tensor {name}; these are weights of another net"
        ));
    }
    for param in model.params.iter() {
        let view = tensors
            .tensor(&param.name)
            .map_err(|error| error.to_string())?;
        let (name, expected) = (&param.name, shape(&param.tensor));
        if view.dtype() != Dtype::F32 || view.shape() != expected {
            let (dtype, got) = (view.dtype(), view.shape());
            return Err(format!(
                "the tensor {name} of {net} is F32 {expected:?}, but this file has {dtype} {got:?}"
            ));
        }
        let values = Tensor::from_data_size(view.data(), &param.tensor.size(), Kind::Float);
        tch::no_grad(|| param.tensor.shallow_clone().copy_(&values));
    }
    Ok(())
}

fn wrong(path: &Path, reason: String) -> Error {
    let path = path.to_path_buf();
    Error::Weights { path, reason }
}

pub(crate) fn shape(tensor: &Tensor) -> Vec<usize> {
    tensor
        .size()
        .into_iter()
        .map(|side| side as usize)
        .collect()
}

/// The values row by row, little-endian, wherever and however they are stored.
pub(crate) fn bytes(tensor: &Tensor) -> Vec<u8> {
    let plain = tensor.detach().to_device(Device::Cpu).contiguous();
    let mut bytes = vec![0; plain.numel() * plain.kind().elt_size_in_bytes()];
    plain.copy_data_u8(&mut bytes, plain.numel());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::Init;
    use crate::layers::Kernels;
    use crate::nets::Start;

    fn model(net: Net) -> Model {
        let start = Start {
            init: Init::Kaiming,
            kernels: Kernels::Auto,
            seed: 1,
            fold: 0,
        };
        Model::new(net, start, Device::Cpu)
    }

    fn card(net: Net) -> Card {
        Card {
            net: net.to_string(),
            topic: "cat".into(),
            run: "7".into(),
            resize_rule: "stretch".into(),
            preprocessing: Preprocessing::standard(net.spec().input),
            mirror: true,
            backbone: None,
            calibration: Calibration::NONE,
            base_rate: Some(0.5),
            aim: None,
            threshold: 0.5,
        }
    }

    fn refusal(path: &Path) -> String {
        load(path, Device::Cpu).expect_err("a refusal").to_string()
    }

    #[test]
    fn weights_and_card_come_back_as_they_were() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("model.safetensors");
        let (saved, card) = (model(Net::ResNet), card(Net::ResNet));
        save(&path, &saved.params, &card).expect("a writable place");
        let (card_back, loaded) = load(&path, Device::Cpu).expect("a whole file");
        assert_eq!(card_back, card);
        for (mine, theirs) in saved.params.iter().zip(loaded.params.iter()) {
            assert!(mine.tensor.equal(&theirs.tensor), "{}", mine.name);
            assert_eq!(mine.tensor.requires_grad(), theirs.tensor.requires_grad());
        }
    }

    #[test]
    fn tensors_in_another_order_of_memory_are_saved_row_by_row() {
        let turned = Tensor::from_slice(&[1.0f32, 2.0, 3.0, 4.0])
            .view([2, 2])
            .tr();
        let expected: Vec<u8> = [1.0f32, 3.0, 2.0, 4.0]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        assert_eq!(bytes(&turned), expected);
    }

    #[test]
    fn weights_of_another_net_are_refused_by_name() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("model.safetensors");
        save(&path, &model(Net::LeNet).params, &card(Net::ResNet)).expect("a writable place");
        let refusal = refusal(&path);
        assert!(refusal.contains("resnet needs a tensor"), "{refusal}");
        assert!(refusal.contains("another net"), "{refusal}");
    }

    #[test]
    fn truncated_foreign_and_missing_files_are_told_apart() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("model.safetensors");
        assert!(refusal(&path).contains("model.safetensors"));
        save(&path, &model(Net::ResNet).params, &card(Net::ResNet)).expect("a writable place");
        let whole = fs::read(&path).expect("the file");
        for length in [0, 7, 100, whole.len() - 1] {
            fs::write(&path, &whole[..length]).expect("a writable place");
            assert!(
                refusal(&path).contains("not a complete safetensors file"),
                "{length}"
            );
        }
        let none: [(&str, TensorView); 0] = [];
        fs::write(&path, serialize(none, None).expect("plain")).expect("a writable place");
        assert!(refusal(&path).contains("not saved by Whisker"));
    }

    #[test]
    fn shapes_that_differ_are_told_both_ways() {
        let model = model(Net::LeNet);
        let mut params = Params::default();
        for param in model.params.iter() {
            let tensor = match param.name.as_str() {
                "11.bias" => Tensor::zeros([3], (Kind::Float, Device::Cpu)),
                _ => param.tensor.detach(),
            };
            let _ = params.add(param.name.clone(), tensor, param.role);
        }
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("model.safetensors");
        save(&path, &params, &card(Net::LeNet)).expect("a writable place");
        let refusal = refusal(&path);
        assert!(refusal.contains("11.bias") && refusal.contains("[2]") && refusal.contains("[3]"));
    }

    #[test]
    fn calibration_is_a_line_through_the_margin() {
        let calibration = Calibration {
            slope: 2.0,
            offset: -1.0,
        };
        assert_eq!(calibration.probability(0.5), 0.5);
        assert_eq!(Calibration::NONE.probability(0.0), 0.5);
    }
}
