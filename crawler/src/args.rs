//! What can be typed, and the command it means.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use cli::{Common, Failure, Outcome, Printer, Result, Stop};
use store::{Durability, Pool};

use crate::every;
use crate::manners::Manners;
use crate::run::{self, Asked, Begin, Options};
use crate::site::{Mode, Nsfw, profile};

const EXAMPLES: &str = "\
Examples:
  crawler import ~/Pictures/cats --pool positive
  crawler import covers.csv --pool negative
  crawler run --site peertube:video.example --pool negative --random 200
  crawler run --site bilibili --pool positive --related-to BV17x411w7KC --keyword 猫 --count 200
  crawler resume
  crawler run --site peertube:video.example --pool negative --random 50 --every 1h
  crawler run --site kittens.toml --pool negative --random 200
  crawler status
  crawler export ~/dataset
  crawler resize article";

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
        /// Ask again for URLs that are known, in case their pictures have changed
        #[arg(long)]
        recheck: bool,
        #[command(flatten)]
        manners: Manners,
    },
    /// Collect covers from a site; the same command goes on while that crawl is unfinished
    Run(Box<RunArgs>),
    /// Go on with everything unfinished
    Resume {
        #[command(flatten)]
        manners: Manners,
    },
    /// Put failed pages back, so that `resume` asks for them again
    Retry {
        /// Only failures of this class, as `status` lists them
        #[arg(long)]
        class: Option<String>,
        /// Only failures since a date (2026-01-31) or an age (90m, 2h, 3d)
        #[arg(long, value_name = "TIME")]
        since: Option<String>,
    },
    /// Make the images again by another rule, where the bytes were kept
    Resize {
        /// `default`, `article`, or a rule as `status` shows it
        rule: cover::Rule,
    },
    /// Write an image folder with metadata.jsonl, as Hugging Face's ImageFolder has it
    Export(crate::export::Flags),
    /// List the sites that can be crawled
    Sites,
    /// Ask a site once, politely, and show what was understood of the answer
    Probe {
        /// A site as `sites` lists them, or a profile file
        site: String,
        #[command(flatten)]
        manners: Manners,
    },
    /// Show what is in the database
    Status {
        /// Name every failed page, with the reason
        #[arg(long)]
        failed: bool,
    },
    /// Check that every stored image decodes and matches its hash
    Verify,
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("mode").required(true)))]
struct RunArgs {
    /// A site as `sites` lists them, or a profile file
    #[arg(long)]
    site: String,
    /// Why the covers are candidates: met at random, or searched for
    #[arg(long)]
    pool: PoolArg,
    /// Videos met at random, until N covers are new in the pool
    #[arg(long, value_name = "N", group = "mode", conflicts_with = "count", value_parser = clap::value_parser!(u32).range(1..))]
    random: Option<u32>,
    /// What the site's search finds
    #[arg(long, value_name = "TEXT", group = "mode", requires = "count")]
    search: Option<String>,
    /// A walk over recommendations, beginning at these pages
    #[arg(long, value_name = "URL", num_args = 1.., group = "mode", requires = "count")]
    related_to: Vec<String>,
    /// Only videos with one of these words in the title, or on their own page in tags or region
    #[arg(long, value_name = "TEXT", num_args = 1.., requires = "related_to")]
    keyword: Vec<String>,
    /// PeerTube's videos that are marked as not safe for work
    #[arg(long, value_enum, default_value_t)]
    nsfw: Nsfw,
    /// New covers wanted in the pool
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    count: Option<u32>,
    /// Seed of all random choices of a new crawl
    #[arg(long)]
    seed: Option<u32>,
    /// How the 240x240 image is made: `article`, or a rule as `status` shows it
    #[arg(long, value_name = "RULE", default_value_t = cover::Rule::default())]
    resize: cover::Rule,
    /// Keep the bytes as they came, beside the 240x240 image
    #[arg(long)]
    keep_originals: bool,
    /// Ask again for covers that are known, in case they have changed
    #[arg(long)]
    recheck: bool,
    /// Do the same again and again, so long after each beginning: 30m, 1h, 2d
    #[arg(long, value_name = "TIME", value_parser = every::parse)]
    every: Option<Duration>,
    #[command(flatten)]
    manners: Manners,
}

impl RunArgs {
    fn mode(&self) -> Mode {
        match &self.search {
            Some(text) => Mode::Search(text.clone()),
            None if self.random.is_some() => Mode::Random,
            None => Mode::RelatedTo(self.related_to.clone()),
        }
    }

    /// `now` gives a new crawl its seed when none is typed; profiles are beside the data.
    fn begin(&self, data: &Path, now: i64) -> Result<Begin> {
        let target = self.random.or(self.count).ok_or_else(|| {
            Failure::usage("how many covers are wanted is missing\nGive --random N, or --count N.")
        })?;
        let profile = profile::find(&self.site, data)?;
        Ok(Begin {
            site: match &profile {
                Some(profile) => format!("html:{}", profile.name),
                None => self.site.to_ascii_lowercase(),
            },
            pool: self.pool.into(),
            asked: Asked {
                mode: self.mode(),
                keywords: self.keyword.clone(),
                base_urls: self.manners.base_urls.clone(),
                lists: Vec::new(),
                profile,
                nsfw: self.nsfw,
            },
            options: Options {
                contact: self.manners.contact.clone(),
                pace_ms: self.manners.pace,
                resize: self.resize.to_string(),
                keep_originals: self.keep_originals,
                daily_cap: self.manners.daily_cap,
                recheck: self.recheck,
            },
            target,
            seed: self.seed.unwrap_or(now as u32),
        })
    }
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
            recheck,
            manners,
        } => {
            let import = crate::import::Import {
                paths,
                pool: pool.into(),
                rule: resize,
                keep_originals,
                recheck,
                manners,
            };
            crate::import::run(&store, topic, &import, &printer, &stop).await
        }
        Command::Run(args) => {
            let begin = || args.begin(store.folder(), cli::now());
            match args.every {
                Some(every) => {
                    let crawls = (&store, topic, &args.manners);
                    every::repeat(crawls, begin, every, &printer, &stop).await
                }
                None => run::run(&store, topic, &begin()?, &args.manners, &printer, &stop).await,
            }
        }
        Command::Resume { manners } => run::resume(&store, &manners, &printer, &stop).await,
        Command::Retry { class, since } => {
            run::retry(&store, class.as_deref(), since.as_deref(), &printer).await
        }
        Command::Resize { rule } => crate::resize::run(&store, rule, &printer, &stop).await,
        Command::Export(flags) => {
            crate::export::run(&store, topic, &flags.into(), &printer, &stop).await
        }
        Command::Sites => Ok(crate::check::sites(&store, &printer)),
        Command::Probe { site, manners } => {
            crate::probe::run(&store, &site, &manners, &printer).await
        }
        Command::Status { failed } => crate::status::status(&store, topic, failed, &printer).await,
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
