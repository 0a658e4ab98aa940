//! Files of trainings in hand: one a fold, gone when the fold is done.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::session::Session;

/// Where they are.
pub fn folder(session: &Session) -> PathBuf {
    session.store.folder().join("checkpoints")
}

/// The file of a fold, counted from zero.
pub fn of_fold(session: &Session, run: i64, fold: u32) -> PathBuf {
    folder(session).join(format!("run-{run}-fold-{}.safetensors", fold + 1))
}

/// Removes a file that may be gone already, or what a killed process left of one.
///
/// # Errors
/// What the file system says.
pub fn remove(file: &Path) -> Result<(), Error> {
    let removed = match file.is_dir() {
        true => fs::remove_dir_all(file),
        false => fs::remove_file(file),
    };
    match removed {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(file)(error)),
        _ => Ok(()),
    }
}

/// A run that is over supersedes what was begun before it: removes the files of both.
///
/// # Errors
/// What the file system says.
pub fn remove_up_to(session: &Session, run: i64) -> Result<(), Error> {
    let folder = folder(session);
    let entries = match fs::read_dir(&folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other.map_err(Error::file(&folder))?,
    };
    for entry in entries {
        let path = entry.map_err(Error::file(&folder))?.path();
        if run_of(&path).is_some_and(|of| of <= run) {
            remove(&path)?;
        }
    }
    Ok(())
}

/// The run that a file names.
fn run_of(file: &Path) -> Option<i64> {
    let name = file.file_name()?.to_str()?;
    let (run, _) = name.strip_prefix("run-")?.split_once("-fold-")?;
    run.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_runs_are_known() {
        assert_eq!(run_of(Path::new("a/run-12-fold-3.safetensors")), Some(12));
        assert_eq!(
            run_of(Path::new("a/run-12-fold-3.safetensors.9.unfinished")),
            Some(12)
        );
        assert_eq!(run_of(Path::new("a/fit-12.safetensors")), None);
    }
}
