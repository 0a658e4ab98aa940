//! Covers from disk: read and make on all cores, write in batches, one transaction each.
//!
//! Killed at any moment, the same command goes on: a cover is committed whole with its
//! image, and bytes that are already known are hashed but not decoded again.

mod web;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use cli::{Bar, Failure, Outcome, Printer, Result, Stop};
use cover::{Cover, Limits, Refusal, Rule, Unread};
use store::cover::{Picture, Version};
use store::{Arrival, CrawlId, NewCover, NewVideo, Pool, Request, Store, TopicId};
use tokio::sync::mpsc;

use crate::items;
use crate::manners::Manners;
use crate::summary::Summary;

/// Covers a transaction: large enough that commits cost little, small enough to lose little time.
const BATCH: usize = 64;
/// The site of files on disk.
pub const FOLDER: &str = "folder";

/// What to import.
#[derive(Debug)]
pub struct Import {
    /// Folders, files, lists.
    pub paths: Vec<PathBuf>,
    /// Where the covers become candidates.
    pub pool: Pool,
    /// How the image is made.
    pub rule: Rule,
    /// Whether to keep the bytes as they came.
    pub keep_originals: bool,
    /// For lists of URLs.
    pub manners: Manners,
    /// Whether URLs that are known are asked for again, in case they have changed.
    pub recheck: bool,
}

/// A file that was read, or why not.
struct Made {
    path: PathBuf,
    bytes: u64,
    picture: Result<Picture, Refused>,
}

/// Why a file is not a cover: a class to count, a sentence to read.
struct Refused {
    class: &'static str,
    reason: String,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self {
            class: refusal.class(),
            reason: refusal.to_string(),
        }
    }
}

impl From<std::io::Error> for Refused {
    fn from(error: std::io::Error) -> Self {
        Self {
            class: "unreadable",
            reason: format!("the file cannot be read: {error}"),
        }
    }
}

/// Imports everything and prints the summary.
///
/// # Errors
/// Bad paths, or what the database says. A bad picture is a row, not an error.
pub async fn run(
    store: &Store,
    topic: TopicId,
    import: &Import,
    printer: &Printer,
    stop: &Stop,
) -> Result<Outcome> {
    let found = items::find(&import.paths)?;
    let mut summary = Summary {
        left_out: found.left_out,
        ..Summary::default()
    };
    if !found.files.is_empty() || !found.bad.is_empty() {
        let files = from_disk(
            store,
            topic,
            import,
            (found.files, found.bad),
            printer,
            stop,
        );
        summary.merge(files.await?);
    }
    if !found.urls.is_empty() && !stop.asked() {
        summary.merge(web::import(store, topic, import, found.urls, printer, stop).await?);
    }
    Ok(summary.outcome(printer))
}

async fn from_disk(
    store: &Store,
    topic: TopicId,
    import: &Import,
    (files, bad): (Vec<PathBuf>, Vec<items::Bad>),
    printer: &Printer,
    stop: &Stop,
) -> Result<Summary> {
    let started = Instant::now();
    let asked = files.len() + bad.len();
    let crawl = store
        .begin_crawl(topic, &request(import, asked), cli::now())
        .await?;
    let bar = printer.bar("import", Some(asked as u64));
    let mut summary = Summary {
        asked: asked as u64,
        ..Summary::default()
    };
    for items::Bad {
        item,
        class,
        reason,
    } in &bad
    {
        bar.inc(1);
        fail(
            store,
            crawl,
            (item, item),
            (class, reason),
            &mut summary,
            &bar,
        )
        .await?;
    }
    let mut made = make_all(store, files, import, stop);
    let mut batch = Vec::with_capacity(BATCH);
    while let Some(one) = made.recv().await {
        bar.inc(1);
        match settle(store, crawl, one, &mut summary, &bar).await? {
            Some(arrival) => batch.push(arrival),
            None => continue,
        }
        if batch.len() == BATCH {
            add(store, topic, import.pool, &mut batch, &mut summary).await?;
        }
    }
    add(store, topic, import.pool, &mut batch, &mut summary).await?;
    bar.finish();
    summary.pages_left = summary.asked - summary.fetched - summary.failures();
    summary.seconds = started.elapsed().as_secs_f64();
    summary.stopped = summary.pages_left > 0;
    if !summary.stopped {
        let new_covers = u32::try_from(summary.new_covers).unwrap_or(u32::MAX);
        store.finish_crawl(crawl, new_covers, cli::now()).await?;
    }
    Ok(summary)
}

fn names(import: &Import) -> Vec<String> {
    let paths = import.paths.iter();
    paths
        .map(|p| items::absolute(p).display().to_string())
        .collect()
}

fn request(import: &Import, files: usize) -> Request {
    Request {
        site: FOLDER.to_owned(),
        pool: import.pool,
        request: serde_json::json!({ "import": names(import) }),
        options: serde_json::json!({}),
        target: u32::try_from(files).unwrap_or(u32::MAX),
        seed: 0,
    }
}

/// Starts one maker per core; they share the list and end when it is through or the user stops.
fn make_all(
    store: &Store,
    files: Vec<PathBuf>,
    import: &Import,
    stop: &Stop,
) -> mpsc::Receiver<Made> {
    let makers = std::thread::available_parallelism().map_or(2, usize::from);
    let (sender, receiver) = mpsc::channel(2 * makers);
    let files: Arc<[PathBuf]> = files.into();
    let next = Arc::new(AtomicUsize::new(0));
    for _ in 0..makers {
        let (sender, files, next, stop) =
            (sender.clone(), files.clone(), next.clone(), stop.clone());
        let (store, rule, keep) = (store.clone(), import.rule, import.keep_originals);
        let runtime = tokio::runtime::Handle::current();
        tokio::task::spawn_blocking(move || {
            while !stop.asked() {
                let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return;
                };
                let known = |sha256: &[u8; 32]| {
                    runtime.block_on(store.cover_of_hash(sha256)).ok().flatten()
                };
                let made = make(path, &rule, keep, known);
                // The receiver is gone only when the run has already failed.
                if sender.blocking_send(made).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}

fn make(
    path: &Path,
    rule: &Rule,
    keep: bool,
    known: impl FnOnce(&[u8; 32]) -> Option<i64>,
) -> Made {
    let limits = Limits::default();
    let (bytes, picture) = match read(path, &limits) {
        Err(refused) => (0, Err(refused)),
        Ok(bytes) => {
            let picture = match known(&cover::sha256(&bytes)) {
                Some(id) => Ok(Picture::Known(id)),
                None => cover::make(&bytes, rule, &limits)
                    .map(|cover| Picture::New(Box::new(new_cover(cover, rule, &bytes, keep))))
                    .map_err(Refused::from),
            };
            (bytes.len() as u64, picture)
        }
    };
    Made {
        path: path.to_owned(),
        bytes,
        picture,
    }
}

fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, Refused> {
    // Opening a pipe would wait for somebody to write into it.
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is not a file").into());
    }
    let (file, stated) = (std::fs::File::open(path)?, metadata.len());
    cover::read(file, stated, limits).map_err(|unread| match unread {
        Unread::Refused(refusal) => refusal.into(),
        Unread::Io(error) => error.into(),
    })
}

/// A made cover as the store takes it.
pub fn new_cover(cover: Cover, rule: &Rule, bytes: &[u8], keep_original: bool) -> NewCover {
    NewCover {
        sha256: cover.sha256,
        image_sha256: cover.image_sha256,
        phash: cover.phash,
        width: cover.width,
        height: cover.height,
        bytes: bytes.len() as u64,
        format: cover.format.to_string(),
        animated: cover.animated,
        mean_rgb: cover.mean_rgb,
        resize_rule: rule.to_string(),
        image: cover.image,
        preview: cover.preview,
        original: keep_original.then(|| bytes.to_vec()),
    }
}

/// Counts one file; a failed one becomes a row.
async fn settle(
    store: &Store,
    crawl: CrawlId,
    made: Made,
    summary: &mut Summary,
    bar: &Bar,
) -> Result<Option<Arrival>> {
    let key = store::file_key(&made.path);
    match made.picture {
        Ok(picture) => {
            summary.fetched += 1;
            summary.bytes += made.bytes;
            Ok(Some(arrival(&made.path, key, picture)))
        }
        Err(Refused { class, reason }) => {
            let shown = made.path.display().to_string();
            fail(store, crawl, (&key, &shown), (class, &reason), summary, bar).await?;
            Ok(None)
        }
    }
}

/// Counts, tells and keeps an item that cannot be had. It has a key that is its own, and a
/// name for people.
async fn fail(
    store: &Store,
    crawl: CrawlId,
    (key, shown): (&str, &str),
    (class, reason): (&str, &str),
    summary: &mut Summary,
    bar: &Bar,
) -> Result<()> {
    summary.fail(class, shown, reason);
    bar.println(format!("{shown}: {reason}"));
    let failed = store.fail_at_once(crawl, key, FOLDER, class, reason, cli::now());
    Ok(failed.await?)
}

fn arrival(path: &Path, key: String, picture: Picture) -> Arrival {
    let title = path
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    let url = url::Url::from_file_path(path).map_or_else(|()| key.clone(), String::from);
    let video = NewVideo {
        site: FOLDER.to_owned(),
        key,
        url: url.clone(),
        title: title.unwrap_or_default(),
        ..NewVideo::default()
    };
    Arrival {
        video,
        image_url: url,
        picture,
        version: Version::default(),
    }
}

async fn add(
    store: &Store,
    topic: TopicId,
    pool: Pool,
    batch: &mut Vec<Arrival>,
    summary: &mut Summary,
) -> Result<()> {
    if batch.is_empty() {
        return Ok(());
    }
    let settled = store
        .add(topic, pool, cover::NEAR, batch, cli::now())
        .await
        .map_err(Failure::from)?;
    batch.clear();
    let new = settled.iter().filter(|s| s.new_in_pool).count() as u64;
    summary.new_covers += new;
    summary.duplicates += settled.len() as u64 - new;
    Ok(())
}
