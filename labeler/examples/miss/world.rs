//! Covers that need no pixels, and what is true of them. The truth is in no database: it follows
//! from a run's seed and a cover's hash.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use store::cover::{Picture, Version};
use store::{Arrival, Durability, NewCover, NewVideo, Pool, Store, TopicId};

pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;
pub type Cover = [u8; 32];

/// A number within [0, 1) that follows from these.
pub fn chance(of: &[&[u8]]) -> f64 {
    let mut hash = Sha256::new();
    for part in of {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let digest: Cover = hash.finalize().into();
    let first = u64::from_le_bytes(digest[..8].try_into().expect("eight of 32 bytes"));
    // 53 bits are what a double holds.
    (first >> 11) as f64 / (1_u64 << 53) as f64
}

/// How covers are missed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Misses {
    /// Each look misses each cat with the same chance.
    Alike(f64),
    /// The same chance on average, but a quarter of the cats is missed ten times as often as
    /// the others, by everybody.
    Uneven(f64),
}

/// The share of cats that are hard to see.
const HARD: f64 = 0.25;
/// How much oftener than the average these are missed; the others make up for it.
const HARDER: f64 = 3.1;

impl Misses {
    /// The chance that a look misses this cat.
    pub fn chance(self, run: u64, cover: &Cover) -> f64 {
        match self {
            Self::Alike(miss) => miss,
            Self::Uneven(miss) if chance(&[b"hard", &run.to_le_bytes(), cover]) < HARD => {
                HARDER * miss
            }
            Self::Uneven(miss) => miss * (1.0 - HARD * HARDER) / (1.0 - HARD),
        }
    }
}

/// What there is to look at.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Covers met at random.
    pub negatives: u32,
    /// Cats that are known before: they can be planted from the first.
    pub known: u32,
}

/// A database with covers and nothing decided, to be copied for each run.
pub struct Template {
    pub size: Size,
    file: PathBuf,
}

impl Template {
    pub async fn build(folder: &Path, size: Size) -> Result<Self> {
        let file = folder.join("template.db");
        let (store, topic) = open(&file).await?;
        for (pool, from, to) in [
            (Pool::Negative, 0, size.negatives),
            (Pool::Positive, size.negatives, size.negatives + size.known),
        ] {
            let covers: Vec<_> = (from..to).map(arrival).collect();
            store.add(topic, pool, 0, &covers, 1).await?;
        }
        store.close().await;
        Ok(Self { size, file })
    }

    /// Itself, for what all runs begin with.
    pub async fn open(&self) -> Result<(Store, TopicId)> {
        open(&self.file).await
    }

    /// The database of one run.
    pub async fn copy(&self, folder: &Path) -> Result<(Store, TopicId)> {
        copied(&self.file, &folder.join("run.db")).await
    }
}

/// A copy of a database that is closed.
pub async fn copied(from: &Path, to: &Path) -> Result<(Store, TopicId)> {
    for left in ["-wal", "-shm"] {
        let mut name = to.as_os_str().to_owned();
        name.push(left);
        let _ = std::fs::remove_file(name);
    }
    std::fs::copy(from, to)?;
    open(to).await
}

async fn open(file: &Path) -> Result<(Store, TopicId)> {
    let store = Store::open(&format!("sqlite:{}", file.display()), Durability::Normal).await?;
    let topic = store.topic("cat", 1).await?;
    Ok((store, topic))
}

/// The hash that stands for cover `n`.
pub fn cover(n: u32) -> Cover {
    Sha256::digest(n.to_le_bytes()).into()
}

fn arrival(n: u32) -> Arrival {
    let sha256 = cover(n);
    let phash = u64::from_le_bytes(sha256[8..16].try_into().expect("eight bytes"));
    Arrival {
        video: NewVideo {
            site: "drawn".into(),
            key: n.to_string(),
            url: format!("https://site.example/{n}"),
            title: n.to_string(),
            ..NewVideo::default()
        },
        image_url: format!("https://img.example/{n}.jpg"),
        picture: Picture::New(Box::new(NewCover {
            sha256,
            image_sha256: sha256,
            phash,
            width: 480,
            height: 270,
            bytes: 1000,
            format: "jpeg".into(),
            animated: false,
            mean_rgb: [1, 2, 3],
            resize_rule: "none".into(),
            image: vec![1],
            preview: vec![1],
            original: None,
        })),
        version: Version::default(),
    }
}

/// What is true in one run.
#[derive(Debug, Clone)]
pub struct Truth {
    pub run: u64,
    pub size: Size,
    known: std::collections::HashSet<Cover>,
    share: f64,
}

impl Truth {
    /// Each negative hides a cat with the chance `share`.
    pub fn new(run: u64, size: Size, share: f64) -> Self {
        let known = (size.negatives..size.negatives + size.known).map(cover);
        Self {
            run,
            size,
            known: known.collect(),
            share,
        }
    }

    pub fn cat(&self, cover: &Cover) -> bool {
        self.known.contains(cover) || chance(&[b"cat", &self.run.to_le_bytes(), cover]) < self.share
    }

    /// The negatives that hide one.
    pub fn hidden(&self) -> impl Iterator<Item = Cover> + '_ {
        (0..self.size.negatives).map(cover).filter(|c| self.cat(c))
    }
}
