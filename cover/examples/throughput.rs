//! Covers a second of one thread, and processor time a cover.
//!
//! `cargo run --release -p cover --example throughput -- FOLDER [RULE]` reads the
//! files of FOLDER, and of its folders, into memory, makes a cover of each five
//! times over and prints the best round. Processor time is the kernel's count for
//! this thread (`/proc/thread-self/schedstat`), so a busy machine does not spoil it.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs};

use cover::{Limits, Rule};

const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = arguments.next().ok_or("usage: throughput FOLDER [RULE]")?;
    let rule: Rule = arguments.next().as_deref().unwrap_or("default").parse()?;
    let files = files(Path::new(&folder))?
        .iter()
        .map(fs::read)
        .collect::<Result<Vec<_>, _>>()?;

    let mut best: Option<Round> = None;
    for _ in 0..ROUNDS {
        let round = round(&files, &rule)?;
        if best
            .as_ref()
            .is_none_or(|best| round.processor < best.processor)
        {
            best = Some(round);
        }
    }
    let best = best.ok_or("no round was run")?;
    let made = best.made as f64;
    let megabytes = files.iter().map(Vec::len).sum::<usize>() as f64 / 1e6;
    println!("rule              {rule}");
    println!("files             {} ({megabytes:.1} MB)", files.len());
    println!(
        "covers            {} ({} refused)",
        best.made,
        files.len() - best.made
    );
    println!("covers a second   {:.0}", made / best.wall);
    println!(
        "processor         {:.2} ms a cover",
        best.processor * 1e3 / made
    );
    println!(
        "stored            {:.1} KB a cover",
        best.stored as f64 / made / 1e3
    );
    println!(
        "preview           {:.1} KB a cover",
        best.preview as f64 / made / 1e3
    );
    Ok(())
}

/// What one pass over all files gave; times in seconds, sizes in bytes.
struct Round {
    made: usize,
    stored: usize,
    preview: usize,
    wall: f64,
    processor: f64,
}

fn round(files: &[Vec<u8>], rule: &Rule) -> Result<Round, Box<dyn Error>> {
    let (mut made, mut stored, mut preview) = (0, 0, 0);
    let (wall, processor) = (Instant::now(), processor_time()?);
    for bytes in files {
        if let Ok(cover) = cover::make(bytes, rule, &Limits::default()) {
            made += 1;
            stored += cover.image.len();
            preview += cover.preview.len();
        }
    }
    Ok(Round {
        made,
        stored,
        preview,
        wall: wall.elapsed().as_secs_f64(),
        processor: processor_time()? - processor,
    })
}

/// Seconds that this thread has run.
fn processor_time() -> Result<f64, Box<dyn Error>> {
    let counts = fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = counts
        .split_whitespace()
        .next()
        .ok_or("schedstat is empty")?;
    Ok(nanoseconds.parse::<f64>()? / 1e9)
}

/// The files in `folder` and below, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
