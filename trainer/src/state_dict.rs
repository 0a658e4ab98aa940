//! Reads the weights in a `.pth` file of PyTorch before 1.6, without running anything of it.
//!
//! Such a file is a row of pickles: a magic number, a protocol version, facts about the
//! machine that wrote it, the state dict, the keys of its storages; then each storage's
//! element count and raw little-endian values. (Source of the layout: `torch.serialization`,
//! `_legacy_save`.) A pickle is a program; the machine here knows the few instructions that a
//! state dict needs and the four globals it names, and stops at anything else.

mod machine;

use std::collections::HashMap;

use machine::{Element, Machine, Storage, Value};

/// First pickle of every such file.
const MAGIC: i128 = 0x1950_a86a_20f9_469c_fc6c;
const PROTOCOL: i128 = 1001;

/// One tensor, its values in row-major order whatever strides they were stored with.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedTensor {
    /// PyTorch's name of it.
    pub name: String,
    /// Empty for a scalar.
    pub shape: Vec<usize>,
    /// As many as the product of `shape`.
    pub values: Vec<f32>,
}

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateDictError {
    /// Not the format at all.
    #[error("this is no weights file of PyTorch's older format")]
    NotLegacy,
    /// The newer, zipped format, which other readers take.
    #[error("this is a zipped weights file of PyTorch 1.6 or later; only the older format is read")]
    Zipped,
    /// It asks for something that a state dict has no use for.
    #[error(
        "the file asks for {0}, which no weights need: it may be made to do harm, and was not run"
    )]
    Foreign(String),
    /// It ends too soon, or contradicts itself.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
}

/// All float tensors of the file, in its order. Integer tensors (BatchNorm's counts of
/// batches) are left out: no net here uses them.
///
/// # Errors
/// [`StateDictError`]; nothing of the file is ever executed.
pub fn read(bytes: &[u8]) -> Result<Vec<NamedTensor>, StateDictError> {
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(StateDictError::Zipped);
    }
    let mut machine = Machine::new(bytes);
    let magic = machine.load().map_err(|_| StateDictError::NotLegacy)?;
    if magic != Value::Int(MAGIC) || machine.load()? != Value::Int(PROTOCOL) {
        return Err(StateDictError::NotLegacy);
    }
    machine.load()?;
    let Value::Dict(entries) = machine.load()? else {
        return Err(StateDictError::Damaged("it holds no state dict"));
    };
    let keys = keys(machine.load()?)?;
    let storages = storages(machine.rest(), &keys, &entries.borrow())?;
    let entries = entries.borrow();
    let mut tensors = Vec::new();
    for (name, value) in entries.iter() {
        let (Value::Text(name), Value::Tensor(tensor)) = (name, value) else {
            return Err(StateDictError::Damaged("an entry is not a named tensor"));
        };
        if tensor.storage.element == Element::Float {
            let stored = storages.get(tensor.storage.key.as_ref());
            let stored = stored.ok_or(StateDictError::Damaged("a tensor's values are missing"))?;
            tensors.push(NamedTensor {
                name: name.to_string(),
                shape: tensor.shape.clone(),
                values: gather(stored, tensor.offset, &tensor.shape, &tensor.stride)?,
            });
        }
    }
    Ok(tensors)
}

fn keys(value: Value) -> Result<Vec<String>, StateDictError> {
    let Value::List(keys) = value else {
        return Err(StateDictError::Damaged("it names no storages"));
    };
    let text = |key: &Value| match key {
        Value::Text(key) => Ok(key.to_string()),
        _ => Err(StateDictError::Damaged("a storage's name is no text")),
    };
    keys.borrow().iter().map(text).collect()
}

/// The raw values behind the pickles, by key, in the order of the keys.
fn storages<'a>(
    mut rest: &'a [u8],
    keys: &[String],
    entries: &[(Value, Value)],
) -> Result<HashMap<String, &'a [u8]>, StateDictError> {
    let declared: HashMap<&str, &Storage> = entries
        .iter()
        .filter_map(|(_, value)| match value {
            Value::Tensor(tensor) => Some((tensor.storage.key.as_ref(), &tensor.storage)),
            _ => None,
        })
        .collect();
    let mut found = HashMap::new();
    for key in keys {
        let storage = declared.get(key.as_str());
        let storage = storage.ok_or(StateDictError::Damaged("a storage belongs to no tensor"))?;
        let (count, values) = rest
            .split_first_chunk::<8>()
            .ok_or(StateDictError::Damaged("it ends before its values"))?;
        if usize::try_from(i64::from_le_bytes(*count)).ok() != Some(storage.count) {
            return Err(StateDictError::Damaged(
                "a storage has another size than its tensor says",
            ));
        }
        let size = storage.count.checked_mul(storage.element.bytes());
        let (values, behind) = size
            .and_then(|size| values.split_at_checked(size))
            .ok_or(StateDictError::Damaged("it ends before its values"))?;
        found.insert(key.clone(), values);
        rest = behind;
    }
    Ok(found)
}

/// Row-major values of a tensor stored with `stride` (in elements), which these files permute.
fn gather(
    stored: &[u8],
    offset: usize,
    shape: &[usize],
    stride: &[usize],
) -> Result<Vec<f32>, StateDictError> {
    const OUTSIDE: StateDictError = StateDictError::Damaged("a tensor reaches outside its storage");
    let count = shape
        .iter()
        .try_fold(1_usize, |n, side| n.checked_mul(*side))
        .ok_or(OUTSIDE)?;
    let available = stored.len() / 4;
    if count > available {
        return Err(OUTSIDE);
    }
    let mut index = vec![0; shape.len()];
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        let steps = index
            .iter()
            .zip(stride)
            .try_fold(offset, |at, (i, s): (&usize, &usize)| {
                i.checked_mul(*s).and_then(|step| at.checked_add(step))
            });
        let at = steps.and_then(|at| at.checked_mul(4)).ok_or(OUTSIDE)?;
        let four = stored
            .get(at..)
            .and_then(|tail| tail.first_chunk::<4>())
            .ok_or(OUTSIDE)?;
        values.push(f32::from_le_bytes(*four));
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests;
