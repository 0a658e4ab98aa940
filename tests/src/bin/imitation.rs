//! Plays PeerTube and Bilibili on loopback until it is stopped.
//!
//! The first line on stdout is a JSON object with the base URL of every imitated host.

use anyhow::{Context, Result};
use clap::Parser;
use std::io::Write;
use std::path::PathBuf;
use tests::site::pictures::Pictures;
use tests::site::{Config, Thumbnails, start};

/// Imitate video sites on loopback.
#[derive(Parser)]
#[command(version)]
struct Args {
    /// Seed of every fact
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Videos that PeerTube lists
    #[arg(long, default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    videos: u64,
    /// Videos that PeerTube finds for "cat"
    #[arg(long, default_value_t = 5_000)]
    topical: u64,
    /// Further videos of PeerTube that are not safe for work
    #[arg(long, default_value_t = 12)]
    adult: u64,
    /// Further videos of PeerTube that are live
    #[arg(long, default_value_t = 3)]
    lives: u64,
    /// Seconds of every video, where all are to have the same
    #[arg(long)]
    duration: Option<u32>,
    /// Share of cats among videos met at random
    #[arg(long, value_name = "FRACTION", default_value_t = 0.03)]
    hidden_cats: f64,
    /// Use the pictures in FOLDER/cat and FOLDER/other instead of drawings
    #[arg(long, value_name = "FOLDER")]
    images: Option<PathBuf>,
    /// PeerTube's limit: requests to its API in ten seconds
    #[arg(long, default_value_t = 50)]
    limit: u32,
    /// Share of Bilibili's pages that are the captcha wall
    #[arg(long, value_name = "FRACTION", default_value_t = 0.0)]
    captcha: f64,
    /// Let the robots.txt of Bilibili's pages forbid everything in a second group
    #[arg(long)]
    long_robots: bool,
    /// How PeerTube tells of thumbnails
    #[arg(long, value_enum, default_value_t)]
    thumbnails: Thumbnails,
    /// Port of the control host; 0 for any
    #[arg(long, default_value_t = 0)]
    port: u16,
}

fn main() -> Result<()> {
    let args = Args::parse();
    let pictures = match &args.images {
        Some(folder) => Pictures::from_folder(folder)?,
        None => Pictures::Drawn,
    };
    let site = start(Config {
        seed: args.seed,
        videos: args.videos,
        topical: args.topical,
        adult: args.adult,
        lives: args.lives,
        duration: args.duration,
        hidden_cats: args.hidden_cats,
        pictures,
        limit: (args.limit, 10),
        captcha: args.captcha,
        long_robots: args.long_robots,
        thumbnails: args.thumbnails,
        port: args.port,
    })?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", serde_json::to_string(site.urls())?)?;
    stdout.flush()?;
    let signals = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    signals
        .block_on(tokio::signal::ctrl_c())
        .context("cannot wait for Ctrl-C")
}
