//! Covers and the truth about them: drawn, or from a folder of photos.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use rand::RngExt;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use tests::draw::{Subject, draw};

/// Of the covers met at random, the share that hides a cat.
const HIDDEN: f64 = 0.03;
/// Of the covers searched for, the share that shows none after all.
const STRAY: f64 = 0.05;

/// Where a round's pictures are.
pub struct Round {
    pub negatives: PathBuf,
    pub positives: PathBuf,
}

pub struct Supply {
    folder: PathBuf,
    chance: ChaCha8Rng,
    source: Source,
    rounds: u32,
    cats: HashSet<String>,
}

/// Gives a picture that shows a cat, or one that does not.
enum Source {
    Drawn {
        seed: u64,
        next: u64,
    },
    Photos {
        cats: Vec<PathBuf>,
        others: Vec<PathBuf>,
    },
}

impl Supply {
    pub fn new(data: &Path, images: Option<&Path>, seed: u64) -> Result<Self> {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let source = match images {
            None => Source::Drawn { seed, next: 0 },
            Some(folder) => Source::Photos {
                cats: photos(&folder.join("cat"), &mut chance)?,
                others: photos(&folder.join("other"), &mut chance)?,
            },
        };
        let folder = data.join("pictures");
        Ok(Self {
            folder,
            chance,
            source,
            rounds: 0,
            cats: HashSet::new(),
        })
    }

    /// New pictures, in two folders.
    pub fn round(&mut self, negatives: u32, positives: u32) -> Result<Round> {
        self.rounds += 1;
        let folder = self.folder.join(self.rounds.to_string());
        let round = Round {
            negatives: folder.join("negative"),
            positives: folder.join("positive"),
        };
        self.fill(&round.negatives, negatives, HIDDEN)?;
        self.fill(&round.positives, positives, 1.0 - STRAY)?;
        Ok(round)
    }

    fn fill(&mut self, folder: &Path, count: u32, cats: f64) -> Result<()> {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let folder = folder
            .canonicalize()
            .with_context(|| format!("cannot find {}", folder.display()))?;
        let mut truths: Vec<bool> = (0..count)
            .map(|i| f64::from(i) < f64::from(count) * cats)
            .collect();
        truths.shuffle(&mut self.chance);
        let files: Vec<_> = (0..)
            .map(|i| folder.join(format!("cover-{i:04}.jpg")))
            .zip(&truths)
            .collect();
        self.cats.extend(
            files
                .iter()
                .filter(|(_, cat)| **cat)
                .map(|(file, _)| file.display().to_string()),
        );
        match &mut self.source {
            Source::Drawn { seed, next } => {
                let first = seed.wrapping_mul(1_000_003).wrapping_add(*next);
                *next += u64::from(count);
                files
                    .par_iter()
                    .enumerate()
                    .try_for_each(|(i, (file, cat))| {
                        let seed = first + i as u64;
                        std::fs::write(file, draw(seed, Subject::of(seed, **cat)))
                    })?;
            }
            Source::Photos { cats, others } => {
                for (file, cat) in files {
                    let photo = if *cat { cats.pop() } else { others.pop() };
                    std::fs::copy(
                        photo.context("the folder has too few photos for the demo")?,
                        file,
                    )?;
                }
            }
        }
        Ok(())
    }

    /// A file of decisions as a person who knows the truth would make them; of the random
    /// covers the share `undecided` is left out.
    pub fn decisions(&mut self, round: &Round, undecided: f64) -> Result<PathBuf> {
        let file = self
            .folder
            .join(self.rounds.to_string())
            .join("decisions.csv");
        let mut writer = csv::Writer::from_path(&file)?;
        writer.write_record(["file", "decision"])?;
        for (folder, positive) in [(&round.negatives, false), (&round.positives, true)] {
            for entry in sorted(folder)? {
                if !positive && self.chance.random_bool(undecided) {
                    continue;
                }
                let name = entry.display().to_string();
                let belongs = self.cats.contains(&name) == positive;
                let decision = if belongs { "keep" } else { "reject" };
                writer.write_record([name.as_str(), decision])?;
            }
        }
        writer.flush()?;
        Ok(file)
    }

    /// Whether the video with this link shows a cat.
    pub fn is_cat(&self, url: &str) -> bool {
        url.strip_prefix("file://")
            .is_some_and(|path| self.cats.contains(path))
    }
}

fn photos(folder: &Path, chance: &mut ChaCha8Rng) -> Result<Vec<PathBuf>> {
    let mut files = sorted(folder)?;
    ensure!(
        !files.is_empty(),
        "there are no photos in {}",
        folder.display()
    );
    files.shuffle(chance);
    Ok(files)
}

fn sorted(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries =
        std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = entries
        .map(|entry| Ok(entry?.path().canonicalize()?))
        .collect::<Result<Vec<_>>>()?;
    files.sort();
    Ok(files)
}
