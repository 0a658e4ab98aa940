//! What can be typed, and the command it means.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use cli::{Common, Failure, Outcome, Printer, Result, Stop};
use store::{Durability, Pool};

use crate::format::Format;
use crate::web;

const EXAMPLES: &str = "\
Examples:
  labeler serve
  labeler serve --listen 127.0.0.1:0 --annotator mia
  labeler serve --listen 0.0.0.0:7878 --allow-host 192.168.1.2
  labeler import decisions.csv --annotator mia
  labeler export --format jsonl > decisions.jsonl
  labeler stats
  labeler bulk --below 0.005
  labeler bulk --below 0.005 --yes

A file to import names each cover by sha256, url or file, and gives a decision
(keep, reject, unsure, broken) and, if the cover is in no pool yet, a pool:
  file,decision,pool
  cats/0001.jpg,keep,positive";

/// Decides which covers belong where.
#[derive(Debug, Parser)]
#[command(name = "labeler", version, about, after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Open the web page where a person decides; Ctrl-C ends it
    Serve {
        /// The address; port 0 is any free one. Beyond 127.0.0.1 everybody needs the token that
        /// is printed behind the # of the page's address
        #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:7878")]
        listen: String,
        /// What other machines call this one, for --listen 0.0.0.0:PORT; may be repeated
        #[arg(long, value_name = "NAME")]
        allow_host: Vec<String>,
        /// Whose decisions are made on the page, unless its settings say otherwise
        #[arg(
            long,
            value_name = "NAME",
            default_value = "me",
            env = "WHISKER_ANNOTATOR"
        )]
        annotator: String,
        /// The least time that a sheet is looked at before it can be confirmed, unless the
        /// page's settings say otherwise
        #[arg(long, value_name = "MS", default_value_t = 700)]
        dwell: u32,
    },
    /// Take decisions from a CSV or JSONL file
    Import {
        /// The file; its ending tells the format
        file: PathBuf,
        /// Who says so, where the file does not
        #[arg(long, value_name = "NAME", default_value = "import")]
        annotator: String,
    },
    /// Print every decision event; importing it again gives the same events
    Export {
        /// The form
        #[arg(long, value_enum, default_value_t = Format::Csv)]
        format: Format,
    },
    /// Keep the random covers that the model in use scores below a probability, all at once.
    /// Only after an audit: a sample of them that somebody has looked at on the page. Without
    /// --yes it only tells what is there, and ends with 2 while the audit does not allow it
    Bulk {
        /// The probability
        #[arg(long, value_name = "P")]
        below: f64,
        /// Where they are
        #[arg(long, default_value_t = Pool::Negative)]
        pool: Pool,
        /// Keep them
        #[arg(long)]
        yes: bool,
        /// In whose name
        #[arg(
            long,
            value_name = "NAME",
            default_value = "me",
            env = "WHISKER_ANNOTATOR"
        )]
        annotator: String,
    },
    /// How far the labeling is
    Stats,
}

impl Command {
    /// In whose name something would be decided.
    fn annotator(&self) -> Option<&str> {
        match self {
            Self::Serve { annotator, .. }
            | Self::Import { annotator, .. }
            | Self::Bulk { annotator, .. } => Some(annotator),
            Self::Export { .. } | Self::Stats => None,
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
    // Before the database is made: a mistyped address should leave nothing behind.
    let listen = match &args.command {
        Command::Serve {
            listen, allow_host, ..
        } => Some(web::serve::address(listen, allow_host)?),
        _ => None,
    };
    if let Some(name) = args.command.annotator()
        && let Some(why) = store::decision::annotator_fault(name)
    {
        return Err(Failure::usage(format!(
            "{why}\nGive one with --annotator, or in WHISKER_ANNOTATOR."
        )));
    }
    let (store, topic) = args.common.open(Durability::Full).await?;
    let outcome = match args.command {
        Command::Serve {
            annotator, dwell, ..
        } => {
            let name = &args.common.topic;
            let site = web::Site::new(store.clone(), topic, name, &annotator, dwell).await?;
            let address = listen.expect("serve has an address");
            web::serve::run(site, address, stop).await
        }
        Command::Import { file, annotator } => {
            crate::import::run(&store, topic, &file, &annotator, &printer, &stop).await
        }
        Command::Export { format } => crate::export::run(&store, topic, format).await,
        Command::Bulk {
            below,
            pool,
            yes,
            annotator,
        } => {
            let asked = crate::bulk::Asked {
                below,
                pool,
                yes,
                annotator,
            };
            crate::bulk::run(&store, topic, &asked, &printer).await
        }
        Command::Stats => crate::stats::run(&store, topic, &printer).await,
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
