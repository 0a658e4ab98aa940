//! What can be typed, and the command it means.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand};
use cli::{Common, Outcome, Printer, Result, Stop};
use store::Durability;

use crate::backbone;
use crate::bench::BenchPlan;
use crate::commands::fit::follow;
use crate::commands::{
    bench, compare, doctor, find, fit, kfold, nets, plan, prune, report, rollback, runs, score,
    start, suspects, watch, weights,
};
use crate::device::DeviceChoice;
use crate::flags::{MOST_THREADS, Plan, TrainFlags, all_cores};
use crate::layers::Kernels;
use crate::nets::Net;
use crate::recipe::RecipeName;
use crate::session::Session;
use crate::threshold::Aim;

const EXAMPLES: &str = "\
Examples:
  trainer plan                           memory and time before starting
  trainer kfold                          judge the default net out of fold
  trainer kfold --net lenet --recipe article
  trainer fit                            the final model, from all labels
  trainer find                           score every cover, list the videos
  trainer find --format html > found.html
  trainer score photo.jpg covers/
  trainer compare 3 4                    is one better, or can nothing be told?
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
    #[command(flatten)]
    OnData(OnData),
    #[command(flatten)]
    OnMachine(OnMachine),
}

/// Commands that need the database.
#[derive(Debug, Subcommand)]
enum OnData {
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
        /// What it calls the topic: from a probability on, best-f1, or precision=0.95, chosen
        /// on predictions out of fold
        #[arg(long, value_name = "P|AIM", default_value_t)]
        threshold: Aim,
        /// Do not make it the current model
        #[arg(long)]
        no_promote: bool,
    },
    /// Print the probability that pictures show the topic
    ///
    /// As if it were as common as in the labels; find knows more and allows for each pool. The
    /// covers of the database stay as they are.
    Score(score::Wanted),
    /// Score every cover by the current model and list the videos
    Find(find::Wanted),
    /// Make a model that needs no labels, for the order of the very first sheet
    ///
    /// By the summed probability of some of ImageNet's classes, or by likeness to some
    /// pictures. Needs the pretrained weights (scripts/backbone).
    Start(start::Wanted),
    /// Work on labels and covers as they arrive, until stopped
    ///
    /// New covers get features and scores. New labels get a model: kept if it is not worse than
    /// the current one on the covers that neither had learned from, and every cover is scored by
    /// it before it becomes current. A probe is trained at once, another net by rule.
    Watch {
        /// New decisions that are worth a training [default: 1 for a probe; for other nets a
        /// tenth of the labels, at least 20]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        min_new: Option<u64>,
        #[command(flatten)]
        flags: TrainFlags,
    },
    /// Make an older model the current one again
    Rollback(rollback::Wanted),
    /// List runs and models
    Runs {
        /// At most so many runs
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
    },
    /// Tell whether one run is better than another, on the covers that both predicted
    ///
    /// Whole blocks are drawn again and again, the same for both runs: what the interval of
    /// the difference leaves on one side of zero is told as a difference.
    Compare {
        /// The one, see trainer runs
        left: i64,
        /// The other, whose labels count
        right: i64,
    },
    /// List the labels that a run believes least, for a person to look at again
    ///
    /// By confident learning on its out-of-fold predictions. Nothing is changed: a person
    /// decides.
    Suspects {
        /// Its number, see trainer runs [default: the newest finished run]
        run: Option<i64>,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 100)]
        limit: u32,
    },
    /// Remove weights and reports that no model in use needs
    ///
    /// The models promoted last stay with the runs that they follow, and so do the newest runs
    /// and those that can be gone on with. What a run predicted stays in the database.
    Prune {
        /// Models, and runs, that stay
        #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
        keep: u32,
        /// Only tell what would go
        #[arg(long)]
        dry_run: bool,
    },
    /// Write a run's page and pictures to reports/RUN/ beside the database
    Report {
        /// Its number, see trainer runs
        run: i64,
    },
    /// Pretrained weights
    #[command(subcommand)]
    Weights(Weights),
    /// Tell memory and time of a kfold before starting it, from a few measured steps
    Plan(TrainFlags),
}

#[derive(Debug, Subcommand)]
enum Weights {
    /// Check a fetched weights file, read it with care, keep it as safetensors
    Import {
        /// What scripts/backbone fetched
        file: PathBuf,
    },
}

/// Commands that work without one.
#[derive(Debug, Subcommand)]
enum OnMachine {
    /// List the nets with their defaults
    Nets,
    /// Measure training and scoring on random pixels; prints medians
    Bench {
        /// The net
        #[arg(long)]
        net: Net,
        /// Covers in a step
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
        batch_size: u32,
        /// Steps that are timed
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
        /// Large kernels by the library too, not by FFT
        #[arg(long)]
        direct: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Tell what this program runs on, what is wrong, and how to mend it
    Doctor,
}

/// Where to compute, for commands that do not train.
#[derive(Clone, Debug, ClapArgs)]
pub struct Place {
    /// auto, cpu or cuda:N
    #[arg(long, default_value_t, value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MOST_THREADS))]
    threads: Option<u32>,
}

impl Place {
    /// As typed, or all there are.
    pub fn threads(&self) -> usize {
        self.threads
            .map_or_else(all_cores, |threads| threads as usize)
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
    let on_data = match args.command {
        Command::OnMachine(on_machine) => return without_store(on_machine, &printer, &stop),
        Command::OnData(on_data) => on_data,
    };
    let (store, topic) = match args.common.open(Durability::Normal).await {
        // What frees the disk must work when it is full.
        Err(failure) if failure.disk_is_full && matches!(on_data, OnData::Prune { .. }) => {
            args.common.open_alone().await?
        }
        opened => opened?,
    };
    let session = Session {
        store,
        topic,
        topic_name: args.common.topic.clone(),
        printer,
        quiet: args.common.quiet,
        stop,
    };
    let outcome = with_store(on_data, &session).await;
    session.store.close().await;
    outcome
}

fn without_store(command: OnMachine, printer: &Printer, stop: &Stop) -> Result<Outcome> {
    match command {
        OnMachine::Nets => Ok(nets::run(printer)),
        OnMachine::Doctor => Ok(doctor::run(printer)),
        OnMachine::Bench {
            net,
            batch_size,
            steps,
            direct,
            place,
        } => {
            let bench_plan = BenchPlan {
                net,
                batch_size: batch_size as usize,
                steps: steps as usize,
                kernels: if direct {
                    Kernels::Direct
                } else {
                    Kernels::Auto
                },
                device: place.device.resolve()?,
            };
            bench::run(printer, &bench_plan, place.threads(), stop)
        }
    }
}

async fn with_store(command: OnData, session: &Session) -> Result<Outcome> {
    match command {
        OnData::Kfold(flags) => {
            let plan = planned(session, &flags)?;
            kfold::run(session, &plan).await
        }
        OnData::Fit {
            flags,
            from_run,
            threshold,
            no_promote,
        } => fit_command(session, &flags, from_run, threshold, !no_promote).await,
        OnData::Find(wanted) => find::run(session, &wanted).await,
        OnData::Score(wanted) => score::run(session, &wanted).await,
        OnData::Watch { min_new, flags } => {
            let plan = planned(session, &flags)?;
            watch::run(session, &plan, min_new).await
        }
        OnData::Start(wanted) => start::run(session, &wanted).await,
        OnData::Rollback(wanted) => rollback::run(session, &wanted).await,
        OnData::Runs { limit } => runs::run(session, limit).await,
        OnData::Compare { left, right } => compare::run(session, left, right).await,
        OnData::Suspects { run, limit } => suspects::run(session, run, limit).await,
        OnData::Prune { keep, dry_run } => prune::run(session, keep as usize, dry_run).await,
        OnData::Report { run } => report::run(session, run).await,
        OnData::Weights(Weights::Import { file }) => weights::import(session, &file),
        OnData::Plan(flags) => plan::run(session, &planned(session, &flags)?).await,
    }
}

/// What the flags mean here: the pretrained net is the default where its weights are, but
/// for the article's recipe, which is not made for it.
fn planned(session: &Session, flags: &TrainFlags) -> Result<Plan> {
    let pretrained = backbone::file(&session.models()).is_file();
    let default_net = match (flags.recipe, pretrained) {
        (Some(RecipeName::Article), _) => Net::LeNet,
        (_, true) => Net::EfficientNetLite0,
        (_, false) => Net::ResNet,
    };
    let plan = flags.plan(None, default_net)?;
    if let Some(idle) = flags.without_effect(plan.config.net()) {
        session.printer.warn(idle);
    }
    Ok(plan)
}

async fn fit_command(
    session: &Session,
    flags: &TrainFlags,
    from_run: Option<i64>,
    aim: Aim,
    promote: bool,
) -> Result<Outcome> {
    let Some(number) = from_run else {
        let plan = planned(session, flags)?;
        let follows = follow::matching_run(session, &plan.config).await?;
        return fit::run(session, &plan, follows.as_ref(), aim, promote).await;
    };
    let (plan, run) = follow::plan(session, flags, number).await?;
    fit::run(session, &plan, Some(&run), aim, promote).await
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
