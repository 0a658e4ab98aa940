//! A million queued pages and a million covers: what a take, a settlement and a look for
//! near-duplicates cost then, in time, memory and disk.
//!
//! `cargo run -p store --example million -- build FOLDER` (some minutes), then
//! `cargo run -p store --example million -- measure FOLDER`. Images are 1 KB stand-ins.

use std::path::Path;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;
use store::cover::{Picture, Version};
use store::frontier::{Fate, Kind, NewPage, Settlement, Turn, Want};
use store::near::Hashes;
use store::{Arrival, CrawlId, Durability, NewCover, NewVideo, Pool, Request, Store};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const PAGES: u32 = 1_000_000;
const COVERS: u32 = 1_000_000;
const HOSTS: u32 = 1000;
const BATCH: u32 = 10_000;
const NEAR: u32 = 8;
const TRIALS: u32 = 500;
/// Milliseconds between two claims: every host's gap is over when its turn comes again.
const STEP: i64 = 2;
const NOW: i64 = 1_766_000_000_000;

#[tokio::main]
async fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [task, folder] = &words[..] else {
        return Err("usage: million build|measure FOLDER".into());
    };
    let path = Path::new(folder).join("million.db");
    let store = Store::open(&format!("sqlite:{}", path.display()), Durability::Normal).await?;
    let topic = store.topic("cat", NOW).await?;
    let crawl = store.begin_crawl(topic, &request(), NOW).await?;
    match task.as_str() {
        "build" => {
            for n in 0..PAGES / BATCH {
                let pages: Vec<_> = (n * BATCH..(n + 1) * BATCH).map(page).collect();
                store.plan(crawl, n, &pages, &[], NOW).await?;
            }
            for n in 0..COVERS / BATCH {
                let covers: Vec<_> = (n * BATCH..(n + 1) * BATCH).map(arrival).collect();
                store.add(topic, Pool::Negative, NEAR, &covers, NOW).await?;
            }
        }
        _ => measure(&store, crawl).await?,
    }
    println!(
        "database         {:.2} GB",
        std::fs::metadata(&path)?.len() as f64 / 1e9
    );
    println!("peak memory      {:.0} MB", peak_megabytes()?);
    store.close().await;
    Ok(())
}

async fn measure(store: &Store, crawl: CrawlId) -> Result<()> {
    let start = Instant::now();
    let topic = store.topic("cat", NOW).await?;
    store
        .add(topic, Pool::Negative, NEAR, &[arrival(COVERS)], NOW)
        .await?;
    println!(
        "first cover      {:.1} s (all hashes are read)",
        start.elapsed().as_secs_f64()
    );
    let (mut takes, mut settles, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    // Later than any measurement before.
    let begun = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let begun = i64::try_from(begun)?;
    for n in 0..TRIALS {
        let now = begun + STEP * i64::from(n + 1);
        let want = Want {
            covers: true,
            pages: true,
            daily: u32::MAX,
        };
        let turn = Turn {
            now,
            lease_until: now + 90_000,
            jitter_permille: 1000,
        };
        let start = Instant::now();
        let (page, host) = store
            .claim(crawl, want, turn)
            .await?
            .ok_or("no page is left")?;
        takes.push(start.elapsed());
        store.release_host(&host).await?;
        let settlement = Settlement {
            crawl,
            page: page.id,
            fate: Fate::Done,
            arrival: Some(arrival(COVERS + 1 + n)),
            known: Vec::new(),
            learned: Vec::new(),
            leads_to: Vec::new(),
            owner_cap: None,
            total: None,
        };
        let start = Instant::now();
        store.settle(&[settlement], NEAR, now).await?;
        settles.push(start.elapsed());
        let start = Instant::now();
        store.waits(crawl, want, now).await?;
        waits.push(start.elapsed());
    }
    report("take", takes);
    report("settle a cover", settles);
    report("who is waited for", waits);
    near();
    Ok(())
}

/// A pass over all hashes, in memory alone.
fn near() {
    let mut hashes = Hashes::default();
    for (id, n) in (1..).zip(0..COVERS) {
        hashes.push(phash(n), id, id);
    }
    let mut times = Vec::new();
    for n in 0..TRIALS {
        // Three bits from one of them.
        let start = Instant::now();
        let found = hashes.neighbours(phash(n) ^ 0b1011, NEAR);
        times.push(start.elapsed());
        assert!(!found.is_empty());
    }
    report("near-duplicates", times);
}

fn report(what: &str, mut times: Vec<std::time::Duration>) {
    times.sort();
    let ms = |share: usize| times[times.len() * share / 100].as_secs_f64() * 1e3;
    println!("{what:17}{:.3} ms median, {:.3} ms at 99 %", ms(50), ms(99));
}

fn request() -> Request {
    Request {
        site: "test".to_owned(),
        pool: Pool::Negative,
        request: json!({}),
        options: json!({}),
        target: u32::MAX,
        seed: 1,
    }
}

fn page(n: u32) -> NewPage {
    let host = format!("https://host{}.example:443", n % HOSTS);
    NewPage {
        kind: Kind::Cover,
        url: format!("{host}/covers/{n:08}.jpg"),
        host,
        floor_ms: 1000,
        rank: 0,
        owner: None,
        context: json!({ "key": n.to_string(), "title": "A video with a title of some length" }),
    }
}

fn arrival(n: u32) -> Arrival {
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&phash(n ^ 0x5555_5555).to_be_bytes());
    sha256[8..12].copy_from_slice(&n.to_be_bytes());
    Arrival {
        video: NewVideo {
            site: "test".to_owned(),
            key: n.to_string(),
            url: format!("https://host.example/{n}"),
            title: "A video with a title of some length".to_owned(),
            ..NewVideo::default()
        },
        image_url: format!("https://host.example/covers/{n:08}.jpg"),
        picture: Picture::New(Box::new(NewCover {
            sha256,
            image_sha256: sha256,
            phash: phash(n),
            width: 1280,
            height: 720,
            bytes: 100_000,
            format: "jpeg".to_owned(),
            animated: false,
            mean_rgb: [1, 2, 3],
            resize_rule: "stand-in".to_owned(),
            image: vec![n as u8; 700],
            preview: vec![n as u8; 324],
            original: None,
        })),
        version: Version::default(),
    }
}

/// The finaliser of SplitMix64: as good as random.
fn phash(n: u32) -> u64 {
    let mut z = u64::from(n)
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn peak_megabytes() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(kilobytes.ok_or("no VmHWM")?.parse::<f64>()? / 1e3)
}
