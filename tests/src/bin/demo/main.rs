//! `./demo`: the whole loop in two rounds, on imitation sites with covers of its own drawing.
//! The second round shows that only what is new costs.

mod person;
mod programs;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use serde_json::Value;

use person::Person;
use programs::Programs;
use world::World;

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
    /// The net; default: the pretrained one where its weights can be had, else resnet
    #[arg(long)]
    net: Option<String>,
    /// Epochs of training; default: the net's own
    #[arg(long)]
    epochs: Option<u32>,
}

impl Args {
    fn rounds(&self) -> [(u32, u32); 2] {
        if self.images.is_some() { PHOTOS } else { DRAWN }
    }

    /// What the trainer is told.
    fn flags(&self) -> Vec<String> {
        let net = self
            .net
            .iter()
            .flat_map(|net| ["--net".to_owned(), net.clone()]);
        let epochs = self
            .epochs
            .iter()
            .flat_map(|n| ["--epochs".to_owned(), n.to_string()]);
        net.chain(epochs).collect()
    }
}

/// New covers in each round: met at random, searched for.
const DRAWN: [(u32, u32); 2] = [(520, 330), (280, 120)];
/// With photos, which are harder and not drawn first.
const PHOTOS: [(u32, u32); 2] = [(900, 500), (300, 160)];
/// Of a round's random covers, the share that nobody decides: the find looks among them.
const UNDECIDED: f64 = 0.45;

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
    requests: usize,
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
    if let Some(weights) = pretrained() {
        programs.json("trainer", &["weights", "import", text(&weights)?])?;
    }
    let world = World::new(args.images.as_deref(), args.seed)?;
    let mut reports = Vec::new();
    for (number, size) in args.rounds().into_iter().enumerate() {
        say(&format!("round {} of 2", number + 1));
        reports.push(one_round(args, &programs, &world, number as u64, size)?);
    }
    table(&reports);
    let last = reports.last().context("there is a round")?;
    let report = args.data.join("reports").join(&last.run).join("index.html");
    println!("\nreport   {}", report.display());
    println!(
        "page     WHISKER_DATABASE={} target/debug/labeler serve",
        programs.database()
    );
    let line = format!(
        "demo: {} covers, {} labels, accuracy {:.3}, {} videos found",
        last.covers, last.labels, last.accuracy, last.found
    );
    if args.serve {
        let labeler = programs.serve("127.0.0.1:7878")?;
        println!("serving  {} until Ctrl-C\n{line}", labeler.origin());
        return labeler.wait();
    }
    println!("{line}");
    Ok(())
}

fn one_round(
    args: &Args,
    programs: &Programs,
    world: &World,
    number: u64,
    (negatives, positives): (u32, u32),
) -> Result<Report> {
    let mut clock = Clock::default();
    clock.stage("crawl", || {
        for crawl in world.crawls(negatives, positives) {
            eprintln!("{}", crawl.what);
            let words: Vec<&str> = crawl.args.iter().map(String::as_str).collect();
            programs.json("crawler", &words)?;
        }
        Ok(())
    })?;
    clock.stage("label", || {
        let mut person = Person::at(programs, number)?;
        let negative = person.decide("negative", 1.0 - UNDECIDED, |page| !world.is_cat(page))?;
        let positive = person.decide("positive", 1.0, |page| world.is_cat(page))?;
        eprintln!(
            "of the random covers {} kept and {} rejected, of the searched ones {} and {}",
            negative.kept, negative.rejected, positive.kept, positive.rejected
        );
        Ok(())
    })?;
    let flags = args.flags();
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let kfold = clock.stage("k-fold", || {
        programs.json("trainer", &[&["kfold"][..], &flags].concat())
    })?;
    let run = text_of(&kfold["run"]);
    let fit = [&["fit", "--from-run", run.as_str()][..], &flags].concat();
    clock.stage("fit", || programs.json("trainer", &fit))?;
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
    let page = |video: &Value| world.is_cat(video["url"].as_str().unwrap_or_default());
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
        right: videos.iter().filter(|video| page(video)).count(),
        requests: world.requests(),
        run,
        seconds: clock.stages,
    })
}

/// What `scripts/backbone` fetched, if it could.
fn pretrained() -> Option<PathBuf> {
    let files = std::fs::read_dir(".tools/backbone").ok()?;
    let mut files = files.filter_map(|file| Some(file.ok()?.path()));
    files.find(|file| file.extension().is_some_and(|ending| ending == "pth"))
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
        "requests",
        reports.iter().map(|r| r.requests.to_string()).collect(),
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
