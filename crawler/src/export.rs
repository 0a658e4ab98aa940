//! `export`: an image folder that other tools read, `images/…` with `metadata.jsonl` as
//! Hugging Face's ImageFolder has it. The same database gives the same folder; what is there
//! already is not written again, and a file is there whole or not at all.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use cli::{Exit, Failure, Outcome, Printer, Result, Stop};
use serde_json::json;
use store::export::{Exported, Which};
use store::{LabelRule, Store, TopicId};

/// Covers a read: small, because a long read starves WAL checkpoints.
const CHUNK: u32 = 128;
/// Names what counts; written last.
const METADATA: &str = "metadata.jsonl";
/// The folder of the pictures.
const IMAGES: &str = "images";
/// End of the name of a file that is not whole yet.
const PART: &str = ".part";

/// As typed; the label flags are the trainer's.
#[derive(Debug, clap::Args)]
pub struct Flags {
    /// The folder: empty, not there yet, or an earlier export
    folder: PathBuf,
    /// Which picture of a cover: the 240x240 image, the preview, or the bytes as they came
    #[arg(long, value_name = "WHICH", default_value = "image", value_parser = ["image", "preview", "original"])]
    picture: String,
    /// Covers without a label too; theirs is null
    #[arg(long)]
    all: bool,
    /// Rejected negatives count as the topic, or are dropped
    #[arg(long, value_name = "WHAT", default_value = "positive", value_parser = ["positive", "drop"])]
    rejected_negatives: String,
    /// Rejected positives are dropped, or count as not the topic
    #[arg(long, value_name = "WHAT", default_value = "drop", value_parser = ["drop", "negative"])]
    rejected_positives: String,
    /// Undecided covers of these pools stand with their pool's label
    #[arg(long, value_name = "POOLS", default_value = "none", value_parser = ["none", "positive", "negative", "both"])]
    trust_undecided: String,
}

impl From<Flags> for Export {
    fn from(flags: Flags) -> Self {
        let trusts = |pool: &str| flags.trust_undecided == pool || flags.trust_undecided == "both";
        Self {
            which: match flags.picture.as_str() {
                "original" => Which::Original,
                "preview" => Which::Preview,
                _ => Which::Image,
            },
            rule: LabelRule {
                drop_rejected_negatives: flags.rejected_negatives == "drop",
                rejected_positives_are_negative: flags.rejected_positives == "negative",
                trust_undecided_negatives: trusts("negative"),
                trust_undecided_positives: trusts("positive"),
            },
            all: flags.all,
            folder: flags.folder,
        }
    }
}

/// What to write, and where.
#[derive(Debug)]
pub struct Export {
    /// The folder.
    pub folder: PathBuf,
    /// Which of the pictures.
    pub which: Which,
    /// What becomes a label.
    pub rule: LabelRule,
    /// Covers without a label too.
    pub all: bool,
}

#[derive(Default)]
struct Counts {
    positive: u64,
    negative: u64,
    unlabeled: u64,
    written: u64,
    missing: u64,
}

/// Writes the folder.
///
/// # Errors
/// A folder of something else, a file that cannot be written, or what the database says.
pub async fn run(
    store: &Store,
    topic: TopicId,
    export: &Export,
    printer: &Printer,
    stop: &Stop,
) -> Result<Outcome> {
    prepare(&export.folder)?;
    let path = export.folder.join(METADATA);
    let part = with_part(&path);
    let mut metadata = BufWriter::new(File::create(&part).map_err(unwritable(&part))?);
    let bar = printer.bar("export", None);
    let (mut after, mut counts, mut named) = (0, Counts::default(), HashSet::new());
    while !stop.asked() {
        let chunk = store
            .candidates_after(topic, &export.rule, export.which, after, CHUNK)
            .await?;
        let Some(last) = chunk.last() else { break };
        after = last.cover;
        bar.inc(chunk.len() as u64);
        for one in chunk {
            if one.label.is_none() && !export.all {
                continue;
            }
            let Some(picture) = &one.picture else {
                counts.missing += 1;
                continue;
            };
            let name = file_name(&one, export.which);
            counts.written += u64::from(write(&export.folder.join(&name), picture)?);
            writeln!(metadata, "{}", line(&one, &name)).map_err(unwritable(&part))?;
            counts.count(&one);
            named.insert(name);
        }
    }
    bar.finish();
    if !stop.asked() {
        let file = metadata
            .into_inner()
            .map_err(|e| unwritable(&part)(e.into_error()))?;
        file.sync_all().map_err(unwritable(&part))?;
        sweep(&export.folder, &named)?;
        fs::rename(&part, &path).map_err(unwritable(&path))?;
    }
    Ok(counts.outcome(export, stop.asked(), printer))
}

impl Counts {
    fn count(&mut self, one: &Exported) {
        match one.label {
            Some(true) => self.positive += 1,
            Some(false) => self.negative += 1,
            None => self.unlabeled += 1,
        }
    }

    fn outcome(&self, export: &Export, stopped: bool, printer: &Printer) -> Outcome {
        printer.table(&[
            ("folder", export.folder.display().to_string()),
            ("positives", self.positive.to_string()),
            ("negatives", self.negative.to_string()),
            ("without a label", self.unlabeled.to_string()),
            ("files written", self.written.to_string()),
        ]);
        if self.missing > 0 {
            printer.warn(format!(
                "{} covers are left out: their bytes were not kept\nExport --picture image, or collect with --keep-originals.",
                self.missing
            ));
        }
        let exit = match (stopped, self.missing) {
            (true, _) => Exit::Stopped,
            (false, 0) => Exit::Done,
            (false, _) => Exit::SomeFailed,
        };
        Outcome {
            exit,
            json: Some(json!({
                "folder": export.folder.to_string_lossy(), "positive": self.positive, "negative": self.negative,
                "unlabeled": self.unlabeled, "written": self.written, "without_original": self.missing,
            })),
        }
    }
}

/// An empty folder, or an earlier export.
fn prepare(folder: &Path) -> Result<()> {
    let images = folder.join(IMAGES);
    let strange =
        !images.is_dir() && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if strange {
        return Err(Failure::usage(format!(
            "{} holds something else than an export\nGive an empty folder, or one that does not exist yet.",
            folder.display()
        )));
    }
    fs::create_dir_all(&images).map_err(unwritable(&images))
}

/// `images/3f/3f2a….jpg`: a folder holds a 256th of them.
fn file_name(one: &Exported, which: Which) -> String {
    let hash = cover::hex(&one.sha256);
    let end = match (which, one.format.as_str()) {
        (Which::Original, format) if format != "jpeg" => format,
        _ => "jpg",
    };
    format!("{IMAGES}/{}/{hash}.{end}", &hash[..2])
}

fn line(one: &Exported, name: &str) -> serde_json::Value {
    json!({
        "file_name": name,
        "label": one.label.map(u8::from),
        "pool": one.pool,
        "sha256": cover::hex(&one.sha256),
        "width": one.width,
        "height": one.height,
        "site": one.site,
        "url": one.url,
        "title": one.title,
        "owner": one.owner,
    })
}

/// Whether it was not there yet. Not synced: it can be written again.
fn write(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(false);
    }
    let part = with_part(path);
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&part, bytes))
        .and_then(|()| fs::rename(&part, path))
        .map_err(unwritable(path))?;
    Ok(true)
}

fn with_part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(PART);
    PathBuf::from(name)
}

/// Removes pictures of an earlier export that the new one does not name: readers take every
/// file for a picture with metadata.
fn sweep(folder: &Path, named: &HashSet<String>) -> Result<()> {
    for entry in walkdir::WalkDir::new(folder.join(IMAGES))
        .into_iter()
        .flatten()
    {
        let path = entry.path();
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy();
        if entry.file_type().is_file() && is_ours(path) && !named.contains(name.as_ref()) {
            fs::remove_file(path).map_err(unwritable(path))?;
        }
    }
    Ok(())
}

/// By its name: a hash.
fn is_ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let hash = name.split('.').next().unwrap_or_default();
    hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn unwritable(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.display().to_string();
    move |error| {
        Failure::failed(format!(
            "{path} cannot be written: {error}\nThe same command goes on where it was."
        ))
    }
}
