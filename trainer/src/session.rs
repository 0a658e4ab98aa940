//! What every command works with: the store, the topic, where to print, when to stop.

use std::path::PathBuf;

use cli::{Printer, Stop};
use store::{Store, TopicId};

/// One call of the program.
#[derive(Debug)]
pub struct Session {
    /// The database.
    pub store: Store,
    /// What is looked for.
    pub topic: TopicId,
    /// Its name.
    pub topic_name: String,
    /// stdout and stderr.
    pub printer: Printer,
    /// Only errors on stderr.
    pub quiet: bool,
    /// Whether the user wants to stop.
    pub stop: Stop,
}

impl Session {
    /// Where models are kept: beside the database.
    pub fn models(&self) -> PathBuf {
        self.store.folder().join("models")
    }

    /// The file of the model of that name.
    pub fn model_file(&self, name: &str) -> PathBuf {
        self.models().join(format!("{name}.safetensors"))
    }

    /// Where the report of a run goes.
    pub fn report_folder(&self, run: i64) -> PathBuf {
        self.store.folder().join("reports").join(run.to_string())
    }
}
