//! What can be typed, and the command it means.

use clap::{Args as ClapArgs, Parser, Subcommand};
use cli::{Common, Failure, Outcome, Printer, Result, Stop};
use store::Durability;

use crate::commands::find::{Format, Wanted};
use crate::commands::{find, fit, kfold};
use crate::config::Config;
use crate::device::DeviceChoice;
use crate::flags::{TrainFlags, all_cores};
use crate::nets::Net;
use crate::session::Session;

const EXAMPLES: &str = "\
Examples:
  trainer plan                           memory and time before starting
  trainer kfold                          judge the default net out of fold
  trainer kfold --net lenet --recipe article
  trainer fit                            the final model, from all labels
  trainer find                           score every cover, list the videos
  trainer find --format html > found.html
  trainer score photo.jpg covers/
  trainer report 3                       data/reports/3/index.html";

/// Learns from labeled covers, judges itself, and finds more.
#[derive(Debug, Parser)]
#[command(name = "trainer", version, about, after_help = EXAMPLES)]
pub struct Args {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Train k nets, each tested on the covers that it has not seen
    ///
    /// Stopped or killed, the same command goes on with the folds that are left. Once it is
    /// finished, the same command on the same labels prints the stored result at once.
    Kfold(TrainFlags),
    /// Train the final model on all labels and make it the current one
    ///
    /// Probabilities are calibrated on the out-of-fold predictions of a run that trained in
    /// the same way, if that helps. The same fit on the same labels gives the stored model.
    Fit {
        #[command(flatten)]
        flags: TrainFlags,
        /// Train as this run did, and calibrate on its predictions [default: the newest alike]
        #[arg(long, value_name = "RUN")]
        from_run: Option<i64>,
        /// Do not make it the current model
        #[arg(long)]
        no_promote: bool,
    },
    /// Score every cover by the current model and list the videos
    Find {
        /// A model's name [default: the current model]
        #[arg(long, value_name = "M")]
        model: Option<String>,
        /// Least probability [default: the model's, 0.5]
        #[arg(long, value_name = "P", value_parser = parse_probability)]
        threshold: Option<f64>,
        /// At most so many videos
        #[arg(long, value_name = "N")]
        limit: Option<u32>,
        /// How they are printed
        #[arg(long, value_enum, default_value_t)]
        format: Format,
        /// Also covers that somebody has decided
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        place: Place,
    },
}

/// Where to compute, for commands that do not train.
#[derive(Clone, Debug, ClapArgs)]
pub struct Place {
    /// auto, cpu or cuda:N
    #[arg(long, default_value_t, value_name = "DEVICE")]
    device: DeviceChoice,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    threads: Option<u32>,
}

impl Place {
    fn threads(&self) -> usize {
        self.threads
            .map_or_else(all_cores, |threads| threads as usize)
    }
}

fn parse_probability(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("say a number from 0 to 1".into()),
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
    let session = Session {
        store,
        topic,
        topic_name: args.common.topic.clone(),
        printer,
        quiet: args.common.quiet,
        stop,
    };
    let outcome = with_store(args.command, &session).await;
    session.store.close().await;
    outcome
}

async fn with_store(command: Command, session: &Session) -> Result<Outcome> {
    match command {
        Command::Kfold(flags) => {
            let plan = flags.plan(None, Net::ResNet)?;
            kfold::run(session, &plan).await
        }
        Command::Fit {
            flags,
            from_run,
            no_promote,
        } => fit_command(session, &flags, from_run, !no_promote).await,
        Command::Find {
            model,
            threshold,
            limit,
            format,
            all,
            place,
        } => {
            let wanted = Wanted {
                model,
                threshold,
                limit,
                format,
                all,
                device: place.device,
                threads: place.threads(),
            };
            find::run(session, &wanted).await
        }
    }
}

async fn fit_command(
    session: &Session,
    flags: &TrainFlags,
    from_run: Option<i64>,
    promote: bool,
) -> Result<Outcome> {
    let Some(number) = from_run else {
        let plan = flags.plan(None, Net::ResNet)?;
        let follows = fit::matching_run(session, &plan.config).await?;
        return fit::run(session, &plan, follows.as_ref(), promote).await;
    };
    let run = fit::finished_run(session, number).await?;
    let base = Config::from_json(&run.config).ok_or_else(|| {
        Failure::usage(format!(
            "run {number} was made by another version of this program, which trained otherwise\n\
             Run trainer kfold again and follow that run."
        ))
    })?;
    let plan = flags.plan(Some(&base), base.net())?;
    if plan.config.net() != base.net() {
        return Err(Failure::usage(format!(
            "run {number} trained {}, not {}\nLeave --net out, or follow another run.",
            base.net(),
            plan.config.net()
        )));
    }
    if !fit::trained_alike(&run, &plan.config) {
        session.printer.warn(format!(
            "run {number} trained otherwise: its predictions do not calibrate this model"
        ));
    }
    fit::run(session, &plan, Some(&run), promote).await
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
