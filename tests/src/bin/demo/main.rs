//! `./demo`: the whole loop on covers of its own drawing, in two rounds, the second
//! showing that only what is new costs.

mod programs;
mod supply;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::Value;

use programs::Programs;
use supply::{Round, Supply};

/// Run the whole loop: collect covers, decide, train, find; twice.
#[derive(Debug, Parser)]
#[command(name = "demo", version)]
struct Args {
    /// Real photos instead of drawn covers: a folder with sub-folders `cat` and `other`
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// Leave the labeler running at the end
    #[arg(long)]
    serve: bool,
    /// Where everything goes; emptied first
    #[arg(long, value_name = "FOLDER", default_value = "data/demo")]
    data: PathBuf,
    /// Seed of everything
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The net
    #[arg(long, default_value = "resnet")]
    net: String,
    /// Epochs of training
    #[arg(long, default_value_t = 24)]
    epochs: u32,
}

/// New covers in each round: met at random, searched for.
const ROUNDS: [(u32, u32); 2] = [(340, 220), (120, 80)];
/// Of a round's random covers, the share that nobody decides: the find looks among them.
const UNDECIDED: f64 = 0.25;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// What a round ended with.
struct Report {
    covers: u64,
    labels: u64,
    accuracy: f64,
    majority: f64,
    found: usize,
    right: usize,
    run: String,
    seconds: Vec<(&'static str, f64)>,
}

fn run(args: &Args) -> Result<()> {
    if args.data.exists() {
        std::fs::remove_dir_all(&args.data)
            .with_context(|| format!("cannot empty {}", args.data.display()))?;
    }
    std::fs::create_dir_all(&args.data)
        .with_context(|| format!("cannot make {}", args.data.display()))?;
    let programs = Programs::beside_me(&args.data)?;
    let mut supply = Supply::new(&args.data, args.images.as_deref(), args.seed)?;
    let mut reports = Vec::new();
    for (number, (negatives, positives)) in ROUNDS.into_iter().enumerate() {
        say(&format!(
            "round {} of {}: {negatives} random covers, {positives} searched for",
            number + 1,
            ROUNDS.len()
        ));
        let round = supply.round(negatives, positives)?;
        reports.push(one_round(args, &programs, &mut supply, &round)?);
    }
    table(&reports);
    let last = reports.last().context("there is a round")?;
    println!();
    println!(
        "report  {}",
        args.data
            .join("reports")
            .join(&last.run)
            .join("index.html")
            .display()
    );
    println!("covers  {}", programs.database());
    if args.serve {
        programs.serve()?;
    }
    println!(
        "demo: {} covers, {} labels, accuracy {:.3}, {} videos found",
        last.covers, last.labels, last.accuracy, last.found
    );
    Ok(())
}

fn one_round(
    args: &Args,
    programs: &Programs,
    supply: &mut Supply,
    round: &Round,
) -> Result<Report> {
    let mut clock = Clock::default();
    clock.stage("collect", || {
        for (pool, folder) in [
            ("negative", &round.negatives),
            ("positive", &round.positives),
        ] {
            programs.json("crawler", &["import", text(folder)?, "--pool", pool])?;
        }
        Ok(())
    })?;
    clock.stage("label", || {
        let file = supply.decisions(round, UNDECIDED)?;
        programs.json("labeler", &["import", text(&file)?, "--annotator", "demo"])
    })?;
    let epochs = args.epochs.to_string();
    let flags = ["--net", args.net.as_str(), "--epochs", epochs.as_str()];
    let kfold = clock.stage("k-fold", || {
        programs.json("trainer", &[&["kfold"][..], &flags].concat())
    })?;
    let run = text_of(&kfold["run"]);
    clock.stage("fit", || {
        programs.json(
            "trainer",
            &[&["fit", "--from-run", run.as_str()][..], &flags].concat(),
        )
    })?;
    let found = clock.stage("find", || {
        programs.stdout("trainer", &["find", "--format", "json"])
    })?;
    clock.stage("report", || {
        programs.json("trainer", &["report", run.as_str()])
    })?;
    let found: Value = serde_json::from_str(&found).context("trainer find printed no JSON")?;
    let videos = found["videos"]
        .as_array()
        .context("trainer find printed no videos")?;
    let right = videos
        .iter()
        .filter(|v| supply.is_cat(v["url"].as_str().unwrap_or_default()))
        .count();
    let status = programs.json("crawler", &["status"])?;
    let out_of_fold = &kfold["out_of_fold"];
    Ok(Report {
        covers: status["covers"]
            .as_u64()
            .context("crawler status has no covers")?,
        labels: out_of_fold["n"]
            .as_u64()
            .context("trainer kfold has no out-of-fold predictions")?,
        accuracy: out_of_fold["accuracy"]
            .as_f64()
            .context("trainer kfold has no accuracy")?,
        majority: out_of_fold["majority"]
            .as_f64()
            .context("trainer kfold has no majority")?,
        found: videos.len(),
        right,
        run,
        seconds: clock.stages,
    })
}

fn text(path: &std::path::Path) -> Result<&str> {
    path.to_str()
        .with_context(|| format!("{} is no text", path.display()))
}

/// An id that may be a number or a text.
fn text_of(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[derive(Default)]
struct Clock {
    stages: Vec<(&'static str, f64)>,
}

impl Clock {
    fn stage<T>(&mut self, name: &'static str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        say(name);
        let started = Instant::now();
        let done = work().with_context(|| format!("stage {name} failed"))?;
        self.stages.push((name, started.elapsed().as_secs_f64()));
        Ok(done)
    }
}

fn say(what: &str) {
    eprintln!("\n== {what}");
}

/// Rounds side by side.
fn table(reports: &[Report]) {
    let row = |name: &str, values: Vec<String>| {
        let cells: String = values.iter().map(|v| format!("{v:>16}")).collect();
        println!("{name:<12}{cells}");
    };
    println!();
    row(
        "",
        (1..=reports.len()).map(|n| format!("round {n}")).collect(),
    );
    row(
        "covers",
        reports.iter().map(|r| r.covers.to_string()).collect(),
    );
    row(
        "labels",
        reports.iter().map(|r| r.labels.to_string()).collect(),
    );
    row(
        "accuracy",
        reports
            .iter()
            .map(|r| format!("{:.3}", r.accuracy))
            .collect(),
    );
    row(
        "majority",
        reports
            .iter()
            .map(|r| format!("{:.3}", r.majority))
            .collect(),
    );
    row(
        "found",
        reports
            .iter()
            .map(|r| format!("{} ({} cats)", r.found, r.right))
            .collect(),
    );
    for (i, (name, _)) in reports
        .first()
        .map_or(&[][..], |r| &r.seconds)
        .iter()
        .enumerate()
    {
        row(
            name,
            reports
                .iter()
                .map(|r| format!("{:.1} s", r.seconds[i].1))
                .collect(),
        );
    }
}
