//! Files that are there whole or not at all, whenever the power goes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// Replaces `path`, or makes it, by these bytes.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    replace(path, |unfinished| fs::write(unfinished, bytes))
}

/// Lets `write` make a file beside `path`, syncs it to disk, and renames it into place;
/// makes the directory if need be.
pub fn replace(path: &Path, write: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(Error::file(directory))?;
    // A directory, because the library that writes weights makes a file of its own beside the
    // one it is told to write: killed, all of it is left in one place.
    let unfinished = unfinished_name(path);
    let whole = unfinished.join("whole");
    let written = fs::create_dir_all(&unfinished)
        .and_then(|()| write(&whole))
        .and_then(|()| File::open(&whole)?.sync_all())
        .and_then(|()| fs::rename(&whole, path))
        // The rename itself is lost in a crash unless the directory is synced.
        .and_then(|()| File::open(directory)?.sync_all());
    // The first failure is what matters; a leftover does no harm.
    let _ = fs::remove_dir_all(&unfinished);
    written.map_err(Error::file(path))
}

/// A name of this process's own in the same directory, for the rename to stay on
/// one file system.
fn unfinished_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.unfinished", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_made_files_replaced_and_nothing_is_left_beside_them() {
        let home = tempfile::tempdir().expect("a directory");
        let path = home.path().join("deep/er/file");
        for bytes in [b"one".as_slice(), b"two"] {
            write(&path, bytes).expect("a writable place");
            assert_eq!(fs::read(&path).expect("the file"), bytes);
        }
        let beside = path.parent().expect("a directory").read_dir();
        assert_eq!(beside.expect("readable").count(), 1);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let home = tempfile::tempdir().expect("a directory");
        let file = home.path().join("file");
        write(&file, b"").expect("a writable place");
        let refusal = write(&file.join("below"), b"").unwrap_err().to_string();
        assert!(refusal.contains("file"), "{refusal}");
    }
}
