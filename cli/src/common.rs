//! The flags that every command takes.

use store::{Durability, Store, TopicId};

use crate::{Printer, Result};

/// Flags of all commands, to be flattened into a program's arguments.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// The database; created on first use
    #[arg(
        long,
        global = true,
        env = "WHISKER_DATABASE",
        default_value = "sqlite:data/whisker.db",
        value_name = "URL"
    )]
    pub database: String,
    /// What is looked for; each topic has its own pools, decisions and models
    #[arg(long, global = true, default_value = "cat", value_name = "NAME")]
    pub topic: String,
    /// Print one JSON object on stdout at the end
    #[arg(long, global = true)]
    pub json: bool,
    /// Only errors on stderr
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// More on stderr; twice for still more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// No progress bars or lines
    #[arg(long, global = true)]
    pub no_progress: bool,
}

impl Common {
    /// Opens the database and finds or makes the topic.
    ///
    /// # Errors
    /// What [`Store::open`] and [`Store::topic`] say.
    pub async fn open(&self, durability: Durability) -> Result<(Store, TopicId)> {
        let store = Store::open(&self.database, durability).await?;
        let topic = store.topic(&self.topic, crate::now()).await?;
        Ok((store, topic))
    }

    /// As [`Common::open`], with [`Store::open_alone`].
    ///
    /// # Errors
    /// What these say.
    pub async fn open_alone(&self) -> Result<(Store, TopicId)> {
        let store = Store::open_alone(&self.database).await?;
        let topic = store.topic(&self.topic, crate::now()).await?;
        Ok((store, topic))
    }

    /// The printer these flags ask for.
    pub fn printer(&self) -> Printer {
        Printer::new(self.json, self.quiet, !self.no_progress)
    }
}
