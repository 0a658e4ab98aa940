//! The whole state of a training on disk, from which it goes on with the same bits.
//!
//! One file, replaced whole. It names the training that it belongs to, and none other
//! takes it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use safetensors::SafeTensorError;
use safetensors::tensor::{Dtype, SafeTensors, View, serialize_to_file};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::attempt::{Attempt, Ended};
use super::guard::Reading;
use crate::atomic;
use crate::error::Error;
use crate::params::{Param, Params};
use crate::weights;

/// The metadata entry that holds the header, as JSON.
const HEADER: &str = "whisker-checkpoint";

/// Where a training is kept, and how often.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// The file.
    pub file: PathBuf,
    /// What decides every bit of the training: another one's file is left alone.
    pub identity: String,
    /// When it is written besides when the user stops.
    pub every: Every,
}

/// How often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Some time after the last one: AlexNet's is 700 MB.
    Time(Duration),
    /// Whenever so many steps were taken.
    Steps(u64),
}

/// All but the tensors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    pub identity: String,
    pub number: u32,
    pub seed: u64,
    /// Epoch in hand, from zero, and the batches of it that are done.
    pub epoch: u32,
    pub batches: usize,
    pub step: u64,
    pub read_at: u64,
    pub adam_steps: i32,
    pub average_updates: u32,
    pub best_epoch: Option<u32>,
    pub micro_batch: usize,
    pub bad: Vec<Reading>,
    pub ended: Vec<Ended>,
    /// Bits of numbers that must come back exactly, which JSON's decimals need not:
    /// the rate, the sums of the epoch in hand, the epochs so far.
    pub exact: Vec<u64>,
}

impl Header {
    pub fn attempt(&self) -> Attempt {
        Attempt {
            number: self.number,
            seed: self.seed,
            learning_rate: self.numbers().next().unwrap_or(f64::NAN),
        }
    }

    pub fn numbers(&self) -> impl Iterator<Item = f64> {
        self.exact.iter().map(|bits| f64::from_bits(*bits))
    }
}

/// A checkpoint read back.
#[derive(Debug)]
pub(super) struct Saved {
    pub header: Header,
    tensors: HashMap<String, Tensor>,
}

impl Saved {
    /// Takes the tensor of this name.
    pub fn take(&mut self, name: &str) -> Option<Tensor> {
        self.tensors.remove(name)
    }

    /// Overwrites a net's tensors with those that [`named`] gave this prefix; `None` if
    /// one is missing.
    pub fn fill(&mut self, prefix: &str, params: &Params) -> Option<()> {
        for param in params.iter() {
            let saved = self.take(&format!("{prefix}/{}", param.name))?;
            tch::no_grad(|| param.tensor.shallow_clone().copy_(&saved));
        }
        Some(())
    }
}

/// A net's tensors under the names they have in a checkpoint.
pub(super) fn named(prefix: &str, params: &Params) -> Vec<(String, Tensor)> {
    let name = |param: &Param| (format!("{prefix}/{}", param.name), param.tensor.detach());
    params.iter().map(name).collect()
}

/// Writes the file, whole or not at all.
pub(super) fn write(
    keeper: &Keeper,
    header: &Header,
    tensors: Vec<(String, Tensor)>,
) -> Result<(), Error> {
    let json = serde_json::to_string(header).expect("a header is plain data");
    let metadata = HashMap::from([(HEADER.to_string(), json)]);
    let views: Vec<(String, Row)> = tensors
        .into_iter()
        .map(|(name, tensor)| (name, Row::new(tensor)))
        .collect();
    atomic::replace(&keeper.file, |file| {
        serialize_to_file(views, Some(metadata), file).map_err(|error| match error {
            SafeTensorError::IoError(error) => error,
            other => io::Error::other(other),
        })
    })
}

/// The keeper's training as it was left; `None` if there is none yet.
///
/// # Errors
/// In words, a file that is damaged or of another training.
pub(super) fn read(keeper: &Keeper) -> Result<Option<Saved>, String> {
    let bytes = match fs::read(&keeper.file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let damaged = |error: &dyn std::fmt::Display| format!("it is damaged ({error})");
    let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| damaged(&e))?;
    let json = metadata.metadata().as_ref().and_then(|all| all.get(HEADER));
    let json = json.ok_or("it is no checkpoint")?;
    let header: Header = serde_json::from_str(json).map_err(|e| damaged(&e))?;
    if header.identity != keeper.identity {
        return Err("it is of another training".into());
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|e| damaged(&e))?;
    let tensor = |(name, view): (String, safetensors::tensor::TensorView)| {
        let shape: Vec<i64> = view.shape().iter().map(|side| *side as i64).collect();
        (
            name,
            Tensor::from_data_size(view.data(), &shape, Kind::Float),
        )
    };
    Ok(Some(Saved {
        header,
        tensors: tensors.tensors().into_iter().map(tensor).collect(),
    }))
}

/// A tensor that is turned to bytes only when its turn comes: one at a time in memory.
struct Row {
    tensor: Tensor,
    shape: Vec<usize>,
}

impl Row {
    fn new(tensor: Tensor) -> Row {
        let shape = weights::shape(&tensor);
        Row { tensor, shape }
    }
}

impl View for Row {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Owned(weights::bytes(&self.tensor))
    }

    fn data_len(&self) -> usize {
        self.tensor.numel() * Kind::Float.elt_size_in_bytes()
    }
}
