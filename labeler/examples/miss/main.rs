//! Simulated persons who miss cats with a known chance: does what the labeler says of their work
//! hold as often as it claims?
//!
//! `scripts/measure/miss [--runs 200] [--covers 1500] [--share 0.03]`. Every run is a database of
//! its own. The persons ask the labeler's own routes for sheets and confirm them; nothing is
//! imitated but their eyes. They see no cat where none is. `labeler/tests/miss.rs` is a small one.

mod person;
mod round;
mod tally;
mod world;

use clap::Parser;
use serde_json::json;

use round::{Task, Told};
use tally::Tally;
use world::{Misses, Result, Size, Template, Truth};

/// What can be typed.
#[derive(Debug, Parser)]
struct Args {
    /// Runs of each kind of person.
    #[arg(long, default_value_t = 200)]
    runs: u64,
    /// Covers met at random.
    #[arg(long, default_value_t = 1500)]
    covers: u32,
    /// The chance that one of them hides a cat.
    #[arg(long, default_value_t = 0.03)]
    share: f64,
    /// Covers that an audit looks at.
    #[arg(long, default_value_t = 300)]
    audited: u64,
    /// The share at which a person stops who reads the bound after each sheet.
    #[arg(long, default_value_t = 0.005)]
    goal: f64,
    /// Of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Chances to miss a cat.
    #[arg(long, value_delimiter = ',', default_values_t = [0.05, 0.15, 0.3])]
    miss: Vec<f64>,
    /// One JSON object instead of a table.
    #[arg(long)]
    json: bool,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    let size = Size {
        negatives: args.covers,
        known: 40,
    };
    let template = Template::build(folder.path(), size).await?;
    round::prepare(&template).await?;
    let mut all = Vec::new();
    for miss in &args.miss {
        for misses in [Misses::Alike(*miss), Misses::Uneven(*miss)] {
            let told = runs(&args, &template, folder.path(), misses).await?;
            let tallies = tally::tallies(&told);
            if !args.json {
                show(misses, &tallies);
            }
            all.push(json!({ "misses": format!("{misses:?}"), "claims": tallies }));
        }
    }
    if args.json {
        println!(
            "{}",
            json!({ "runs": args.runs, "seed": args.seed, "persons": all })
        );
    }
    Ok(())
}

async fn runs(
    args: &Args,
    template: &Template,
    folder: &std::path::Path,
    misses: Misses,
) -> Result<Vec<Told>> {
    let task = Task {
        misses,
        audited: args.audited,
        goal: args.goal,
    };
    let mut told = Vec::new();
    for run in 0..args.runs {
        let truth = Truth::new(args.seed << 32 | run, template.size, args.share);
        told.extend(round::run(template, folder, &truth, task).await?);
    }
    Ok(told)
}

fn show(misses: Misses, tallies: &[Tally]) {
    println!("{misses:?}");
    for tally in tallies {
        let (low, high) = tally.interval;
        let most = match tally.bounded {
            0 => String::new(),
            _ => format!(" to {:.4}", tally.high),
        };
        println!(
            "  {:30}{:4} of {:4}  ({low:.3} to {high:.3})  truth {:8.4}  said {:.4}{most}",
            tally.claim, tally.held, tally.runs, tally.truth, tally.low,
        );
    }
}
