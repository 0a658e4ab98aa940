//! The one place here that touches a disk.

use std::fs;
use std::io::{Error, Result};
use std::path::Path;

/// Larger than any list that people make, in bytes.
const LARGEST: u64 = 1 << 30;

/// The bytes of a file of rows. What is no file (a pipe, a device) might never end, and is
/// not read.
///
/// # Errors
/// What the system says, a thing that is no file, a file of more than a gigabyte.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(Error::other("it is not a file"));
    }
    if metadata.len() > LARGEST {
        return Err(Error::other("it is larger than 1 GB"));
    }
    fs::read(path)
}
