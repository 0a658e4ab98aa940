//! Draws covers into a folder, with the truth beside them, or onto a contact sheet.

use anyhow::{Context, Result};
use clap::Parser;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use tests::draw::{Subject, draw, sheet};

/// Draw covers: cats and others, the same for the same seed.
#[derive(Parser)]
#[command(version, group = clap::ArgGroup::new("where").required(true).args(["out", "sheet"]))]
struct Args {
    /// Folder for the covers, as `cover-00000.jpg`, and `truth.csv` (file,truth)
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// A contact sheet of all covers, as PNG
    #[arg(long, value_name = "FILE")]
    sheet: Option<PathBuf>,
    /// How many covers
    #[arg(long, default_value_t = 60)]
    count: u64,
    /// Share of cats among them
    #[arg(long, value_name = "FRACTION", default_value_t = 0.5)]
    cats: f64,
    /// Share of the others that are cats after all, as among random videos; the truth says cat
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    hidden_cats: f64,
    /// Seed of everything
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> Result<()> {
    let args = Args::parse();
    if let Some(path) = &args.sheet {
        let covers: Vec<_> = (0..args.count)
            .into_par_iter()
            .map(|i| cover(&args, i).1)
            .collect();
        std::fs::write(path, sheet(&covers, 6)?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    if let Some(folder) = &args.out {
        write_all(&args, folder)?;
    }
    Ok(())
}

fn write_all(args: &Args, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let rows = (0..args.count).into_par_iter().map(|i| {
        let (cat, bytes) = cover(args, i);
        let file = format!("cover-{i:05}.jpg");
        std::fs::write(folder.join(&file), bytes)?;
        Ok((file, if cat { "cat" } else { "other" }))
    });
    let mut table = csv::Writer::from_path(folder.join("truth.csv"))?;
    table.write_record(["file", "truth"])?;
    for (file, truth) in rows.collect::<std::io::Result<Vec<_>>>()? {
        table.write_record([&file, truth])?;
    }
    Ok(table.flush()?)
}

/// Cats are spread evenly, so that any prefix holds its share.
fn cover(args: &Args, i: u64) -> (bool, Vec<u8>) {
    let crosses =
        |share: f64, n: u64| (n as f64 * share).floor() < ((n + 1) as f64 * share).floor();
    let nth_other = i - (i as f64 * args.cats).floor() as u64;
    let cat = crosses(args.cats, i) || crosses(args.hidden_cats, nth_other);
    let seed = args.seed.wrapping_mul(1_000_003).wrapping_add(i);
    (cat, draw(seed, Subject::of(seed, cat)))
}
