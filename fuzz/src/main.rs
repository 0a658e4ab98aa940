//! `fuzz`: mutated inputs for the readers of foreign bytes; prints how many each was given.

use std::process::ExitCode;
use std::sync::Mutex;

use clap::Parser;
use fuzz::{Panicked, TARGETS, Target};

/// Gives readers of foreign bytes mutated inputs; ends with 1 if any panicked.
#[derive(Debug, Parser)]
struct Args {
    /// Only these readers
    targets: Vec<String>,
    /// Inputs for each
    #[arg(long, default_value_t = 1_000_000)]
    inputs: u64,
    /// Of all randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write the input of this number to stdout, and do nothing else
    #[arg(long)]
    show: Option<u64>,
}

/// Inputs that a thread takes at once.
const PORTION: u64 = 1000;

fn main() -> ExitCode {
    let args = Args::parse();
    let named = |target: &&Target| {
        args.targets.is_empty() || args.targets.iter().any(|name| name == target.name)
    };
    let mut failed = false;
    for target in TARGETS.iter().filter(named) {
        if let Some(number) = args.show {
            use std::io::Write;
            let input = fuzz::input(target, &(target.inputs)(), args.seed, number);
            failed |= std::io::stdout().write_all(&input).is_err();
            continue;
        }
        let panicked = on_all_cores(target, &args);
        println!(
            "{:12} {:>9} inputs, {} panics",
            target.name,
            args.inputs,
            panicked.len()
        );
        for Panicked { number, input } in panicked.iter().take(5) {
            let name = target.name;
            let number = number.map_or("its own".to_owned(), |number| format!("--show {number}"));
            println!(
                "  {} bytes: fuzz {name} --seed {} {number}",
                input.len(),
                args.seed
            );
        }
        failed |= !panicked.is_empty();
    }
    ExitCode::from(u8::from(failed))
}

fn on_all_cores(target: &Target, args: &Args) -> Vec<Panicked> {
    let next = Mutex::new(0);
    let panicked = Mutex::new(Vec::new());
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(portion) = take(&next, args.inputs) {
                    let found = fuzz::run(target, args.seed, portion);
                    panicked.lock().expect("nobody panics here").extend(found);
                }
            });
        }
    });
    let mut panicked = panicked.into_inner().expect("nobody panics here");
    panicked.sort_by_key(|one| one.number);
    panicked
}

fn take(next: &Mutex<u64>, inputs: u64) -> Option<std::ops::Range<u64>> {
    let mut next = next.lock().expect("nobody panics here");
    let from = *next;
    *next = inputs.min(from + PORTION);
    (from < inputs).then_some(from..*next)
}
