//! What can be typed, and the command it means.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use cli::{Common, Outcome, Printer, Result, Stop};
use store::{Durability, Pool};

const EXAMPLES: &str = "\
Examples:
  crawler import ~/Pictures/cats --pool positive
  crawler import covers.csv --pool negative
  crawler status
  crawler verify";

/// Collects covers of videos, politely.
#[derive(Debug, Parser)]
#[command(name = "crawler", version, about, after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take covers from folders, image files, or lists of paths (.txt, .csv, .jsonl)
    Import {
        /// Folders (searched recursively), image files, or lists
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// Why they are candidates: met at random, or searched for
        #[arg(long)]
        pool: PoolArg,
        /// How the 240x240 image is made: `article`, or a rule as `status` shows it
        #[arg(long, value_name = "RULE", default_value_t = cover::Rule::default())]
        resize: cover::Rule,
        /// Keep the bytes as they came, beside the 240x240 image
        #[arg(long)]
        keep_originals: bool,
    },
    /// Show what is in the database
    Status,
    /// Check that every stored image decodes and matches its hash
    Verify,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PoolArg {
    Negative,
    Positive,
}

impl From<PoolArg> for Pool {
    fn from(arg: PoolArg) -> Self {
        match arg {
            PoolArg::Negative => Self::Negative,
            PoolArg::Positive => Self::Positive,
        }
    }
}

impl Args {
    /// The flags of all commands.
    pub fn common(&self) -> &Common {
        &self.common
    }
}

/// Runs what was typed.
///
/// # Errors
/// What the command fails with.
pub async fn command(args: Args, printer: Printer, stop: Stop) -> Result<Outcome> {
    let (store, topic) = args.common.open(Durability::Normal).await?;
    let outcome = match args.command {
        Command::Import {
            paths,
            pool,
            resize,
            keep_originals,
        } => {
            let import = crate::import::Import {
                paths,
                pool: pool.into(),
                rule: resize,
                keep_originals,
            };
            crate::import::run(&store, topic, &import, &printer, &stop).await
        }
        Command::Status => crate::check::status(&store, topic, &printer).await,
        Command::Verify => crate::check::verify(&store, &printer, &stop).await,
    };
    store.close().await;
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}
