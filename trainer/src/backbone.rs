//! The pretrained weights of EfficientNet-Lite0: taken from the published file once, kept
//! as safetensors, folded for use.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use rand::RngExt;
use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use tch::{Kind, Tensor};

use crate::atomic;
use crate::error::Error;
use crate::keyed::{Purpose, generator};
use crate::nets::efficientnet::{self, CLASSES, FEATURES, Layer, LayerPart, PROJECTED};
use crate::state_dict::{self, NamedTensor};

/// SHA-256 of the published weights file, the only one that is taken.
pub const SOURCE_SHA256: &str = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db";

/// The metadata entry with the hash of what a file was made from.
const SOURCE: &str = "source_sha256";

/// Of subspace iteration: each widens the gap between what is kept and what is not.
const ROUNDS: usize = 3;

/// Added to a variance; TensorFlow's choice for this net.
const EPSILON: f64 = 1e-3;

/// Where the weights are, below the folder of the models.
pub fn file(models: &Path) -> PathBuf {
    models
        .join("backbone")
        .join("efficientnet-lite0.safetensors")
}

/// Reads the published file, checks that it is that very one and whole, and writes our own.
///
/// # Errors
/// [`Error::Weights`] for any other file; nothing of it is ever executed.
pub fn import(published: &Path, models: &Path) -> Result<PathBuf, Error> {
    let bytes = fs::read(published).map_err(Error::file(published))?;
    let sha256 = cover::hex(&cover::sha256(&bytes));
    if sha256 != SOURCE_SHA256 {
        return Err(wrong(
            published,
            format!(
                "this is not the published file of efficientnet-lite0: its SHA-256 is {sha256}, \
                 not {SOURCE_SHA256}; scripts/backbone fetches the right one"
            ),
        ));
    }
    let tensors = state_dict::read(&bytes).map_err(|error| wrong(published, error.to_string()))?;
    let file = file(models);
    let kept = to_bytes(&tensors, &sha256);
    fold(tensors).map_err(|reason| wrong(published, reason))?;
    atomic::write(&file, &kept)?;
    Ok(file)
}

/// The folded tensors of our own file, by the names of [`efficientnet`], and the hash of
/// what it was made from.
///
/// # Errors
/// [`Error::Weights`] when it is not there, damaged, or of another net.
pub fn load(models: &Path) -> Result<(Vec<(String, Tensor)>, String), Error> {
    let (tensors, source) = kept(models)?;
    let folded = fold(tensors).map_err(|reason| wrong(&file(models), reason))?;
    Ok((folded, source))
}

/// Weight and bias of the published classifier over ImageNet's classes.
///
/// # Errors
/// As [`load`].
pub fn classifier(models: &Path) -> Result<[Tensor; 2], Error> {
    let mut published = Published::new(kept(models)?.0);
    let mut take = |name, shape: &[i64]| {
        let taken = published.take(name, shape);
        taken.map_err(|reason| wrong(&file(models), reason))
    };
    Ok([
        take("_fc.weight", &[CLASSES, FEATURES])?,
        take("_fc.bias", &[CLASSES])?,
    ])
}

/// What is kept of a view's features, `[272, 1280]`, its rows orthonormal: the directions along
/// which the published classifier tells most apart, found by a few rounds of subspace iteration
/// from a fixed start (Halko, Martinsson and Tropp 2011, algorithm 4.4), in double precision so
/// that machines differ by less than a float's last bit. They are mixed, not sorted: a probe on sorted ones, each
/// brought to the same scale, found fewer small cats.
///
/// # Errors
/// As [`load`].
pub fn projection(models: &Path) -> Result<Tensor, Error> {
    let [weight, _] = classifier(models)?;
    Ok(projection_of(&weight))
}

fn projection_of(classifier: &Tensor) -> Tensor {
    let classifier = classifier.to_kind(Kind::Double);
    let mut rng = generator(1, Purpose::Projection, &[]);
    let drawn: Vec<f64> = (0..FEATURES * PROJECTED)
        .map(|_| rng.random_range(-1.0..1.0))
        .collect();
    let mut found = Tensor::from_slice(&drawn).view([FEATURES, PROJECTED]);
    for _ in 0..ROUNDS {
        found = classifier.tr().mm(&classifier.mm(&found));
        found = &found / found.norm();
    }
    let (orthonormal, _) = Tensor::linalg_qr(&found, "reduced");
    orthonormal.tr().contiguous().to_kind(Kind::Float)
}

/// The published tensors as our own file keeps them.
fn kept(models: &Path) -> Result<(Vec<NamedTensor>, String), Error> {
    let path = file(models);
    let bytes = fs::read(&path).map_err(|_| {
        wrong(
            &path,
            "the pretrained weights of efficientnet-lite0 are not there; run scripts/backbone \
             and trainer weights import, or train another net with --net resnet"
                .into(),
        )
    })?;
    let damaged = |error| {
        let again = "import it again with trainer weights import";
        wrong(&path, format!("this file is damaged ({error}); {again}"))
    };
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
    let source = metadata.metadata().as_ref().and_then(|all| all.get(SOURCE));
    let source = source.cloned().unwrap_or_default();
    let named = tensors.iter().map(|(name, view)| named(name, &view));
    Ok((named.collect(), source))
}

fn wrong(path: &Path, reason: String) -> Error {
    let path = path.to_path_buf();
    Error::Weights { path, reason }
}

fn to_bytes(tensors: &[NamedTensor], source: &str) -> Vec<u8> {
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|tensor| {
            tensor
                .values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        })
        .collect();
    let views = tensors.iter().zip(&bytes).map(|(tensor, bytes)| {
        let view = TensorView::new(Dtype::F32, tensor.shape.clone(), bytes);
        (
            &tensor.name,
            view.expect("the values are as many as the shape says"),
        )
    });
    let metadata = HashMap::from([(SOURCE.to_string(), source.to_string())]);
    serialize(views, Some(metadata)).expect("names and sizes of a net are well-formed")
}

/// Anything but floats is given no values, so that folding refuses it by its shape.
fn named(name: &str, view: &TensorView) -> NamedTensor {
    let floats = view.data().chunks_exact(4);
    let value = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    NamedTensor {
        name: name.into(),
        shape: view.shape().to_vec(),
        values: match view.dtype() {
            Dtype::F32 => floats.map(value).collect(),
            _ => Vec::new(),
        },
    }
}

/// The published tensors → one weight and one bias for each convolution, each
/// normalisation folded in: w·γ/√(σ²+ε) and β − μ·γ/√(σ²+ε).
///
/// # Errors
/// What is missing, of another shape, or left over.
pub fn fold(tensors: Vec<NamedTensor>) -> Result<Vec<(String, Tensor)>, String> {
    let mut published = Published::new(tensors);
    let mut folded = Vec::new();
    for layer in efficientnet::layers() {
        let name = layer.part.name();
        let (weight, bias) = published.convolution(&layer)?;
        folded.push((format!("{name}.weight"), weight));
        folded.push((format!("{name}.bias"), bias));
    }
    // The classifier is another net's: see `classifier`.
    drop(published.take("_fc.weight", &[CLASSES, FEATURES])?);
    drop(published.take("_fc.bias", &[CLASSES])?);
    match published.0.keys().min() {
        None => Ok(folded),
        Some(name) => Err(format!("it holds {name}, which the net has no place for")),
    }
}

/// What a convolution and its normalisation are called in the published file.
fn published_names(part: LayerPart) -> (String, String) {
    let of_block = |block: usize, conv: &str, norm: u8| {
        let name = format!("_blocks.{block}.");
        (format!("{name}{conv}"), format!("{name}_bn{norm}"))
    };
    match part {
        LayerPart::Stem => ("_conv_stem".into(), "_bn0".into()),
        LayerPart::Expand(block) => of_block(block, "_expand_conv", 0),
        LayerPart::Depthwise(block) => of_block(block, "_depthwise_conv", 1),
        LayerPart::Project(block) => of_block(block, "_project_conv", 2),
        LayerPart::Head => ("_conv_head".into(), "_bn1".into()),
    }
}

/// The tensors of the file, each to be taken once.
struct Published(HashMap<String, NamedTensor>);

impl Published {
    fn new(tensors: Vec<NamedTensor>) -> Published {
        Published(tensors.into_iter().map(|t| (t.name.clone(), t)).collect())
    }

    fn take(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, String> {
        let tensor = self
            .0
            .remove(name)
            .ok_or_else(|| format!("it has no {name}"))?;
        let found: Vec<i64> = tensor.shape.iter().map(|side| *side as i64).collect();
        let count = shape.iter().product::<i64>() as usize;
        if found != shape || tensor.values.len() != count {
            return Err(format!(
                "its {name} has shape {found:?}, not {shape:?} of floats"
            ));
        }
        Ok(Tensor::from_slice(&tensor.values).view(shape))
    }

    fn convolution(&mut self, layer: &Layer) -> Result<(Tensor, Tensor), String> {
        let (conv, norm) = published_names(layer.part);
        let weight = self.take(&format!("{conv}.weight"), &layer.shape())?;
        let mut of_norm = |part: &str| self.take(&format!("{norm}.{part}"), &[layer.outputs]);
        let (scale, shift) = (of_norm("weight")?, of_norm("bias")?);
        let (mean, variance) = (of_norm("running_mean")?, of_norm("running_var")?);
        let factor = scale / (variance + EPSILON).sqrt();
        let weight = weight * factor.view([layer.outputs, 1, 1, 1]);
        Ok((weight, shift - mean * factor))
    }
}

#[cfg(test)]
mod tests;
