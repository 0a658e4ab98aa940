//! What can go wrong in the trainer: each a fact that a person can act on.

use std::io;
use std::path::PathBuf;

use crate::nets::NETS;

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
    #[error(
        "the loss became {loss} in epoch {epoch}: the steps are too large; \
         try a third of the learning rate (--lr)"
    )]
    NotFinite {
        /// The last loss.
        loss: f64,
        /// Counted from one.
        epoch: u32,
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

impl Error {
    /// An adapter for `map_err`: the failure of reading or writing `path`.
    pub fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Error {
        let path = path.into();
        move |source| Error::File { path, source }
    }
}
