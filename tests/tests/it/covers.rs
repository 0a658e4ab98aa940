//! Covers for a test: drawn into a folder, cats and others apart.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use tests::draw::{Subject, draw, near_duplicate};

/// `count` drawn covers in `folder`, of cats or of others.
pub fn fill(folder: &Path, count: u64, cats: bool) -> Vec<PathBuf> {
    std::fs::create_dir_all(folder).unwrap();
    let first = if cats { 10_000 } else { 20_000 };
    (0..count)
        .into_par_iter()
        .map(|i| {
            let seed = first + i;
            let path = folder.join(format!("{i:04}.jpg"));
            std::fs::write(&path, draw(seed, Subject::of(seed, cats))).unwrap();
            path
        })
        .collect()
}

/// The first `count` covers of [`fill`] as somebody else would upload them again.
pub fn fill_again(folder: &Path, count: u64, cats: bool) {
    std::fs::create_dir_all(folder).unwrap();
    let first = if cats { 10_000 } else { 20_000 };
    (0..count).into_par_iter().for_each(|i| {
        let seed = first + i;
        let bytes = near_duplicate(seed, Subject::of(seed, cats));
        std::fs::write(folder.join(format!("{i:04}.jpg")), bytes).unwrap();
    });
}

/// Writes a list of decisions, `keep` for every file.
pub fn keep_all(list: &Path, files: &[PathBuf]) {
    let rows = files
        .iter()
        .map(|file| format!("{},keep\n", file.display()));
    std::fs::write(list, format!("file,decision\n{}", rows.collect::<String>())).unwrap();
}
