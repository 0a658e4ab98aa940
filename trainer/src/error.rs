//! What can go wrong in the trainer: each a fact that a person can act on.

use std::io;
use std::path::PathBuf;

use crate::nets::NETS;
use crate::training::attempt::Ended;

/// A failure of the trainer, told as what, to what, and what next.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that is no net.
    #[error("there is no net \"{name}\"; there are {}", net_names())]
    UnknownNet {
        /// What was typed.
        name: String,
    },
    /// A name that is no recipe.
    #[error("there is no recipe \"{name}\"; there are modern, article")]
    UnknownRecipe {
        /// What was typed.
        name: String,
    },
    /// A device that is not there.
    #[error("device \"{name}\" cannot be used: {reason}")]
    Device {
        /// What was typed.
        name: String,
        /// Why not.
        reason: String,
    },
    /// Labels that cannot be divided into folds.
    #[error(transparent)]
    Folds(#[from] crate::folds::FoldsError),
    /// The loss stopped being a number.
    #[error("the loss became {loss} in epoch {epoch}: the steps are too large")]
    NotFinite {
        /// The last loss.
        loss: f64,
        /// Counted from one.
        epoch: u32,
    },
    /// Every attempt at a training collapsed.
    #[error("the net learned nothing in {} attempts\n{}", ended.len(), told(ended))]
    NothingLearned {
        /// In their order; there is one at least.
        ended: Vec<Ended>,
    },
    /// Memory does not hold a single cover's step.
    #[error(
        "memory does not hold the net and one cover at a time: {said}\n\
         Close other programs, or take a net with fewer weights; trainer plan tells what each needs."
    )]
    Memory {
        /// What libtorch said.
        said: String,
    },
    /// A weights file that cannot be used.
    #[error("{}: {reason}", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what next.
        reason: String,
    },
    /// A file that could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A picture that could not be drawn.
    #[error("the chart could not be drawn: {0}")]
    Chart(String),
}

fn net_names() -> String {
    NETS.map(|spec| spec.name).join(", ")
}

fn told(ended: &[Ended]) -> String {
    let mut lines: Vec<String> = ended.iter().map(Ended::to_string).collect();
    lines.extend(ended.last().map(|last| last.diagnosis.advice().into()));
    lines.join("\n")
}

impl Error {
    /// An adapter for `map_err`: the failure of reading or writing `path`.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}
