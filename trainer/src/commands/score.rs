//! `score`: the probability that files show the topic. The database's covers are not
//! touched; a file gets the score that its stored cover would get.

use std::fs;
use std::path::{Path, PathBuf};

use cli::{Exit, Failure, Outcome, Result};
use cover::{Limits, Rule};
use rayon::prelude::*;
use serde_json::{Value, json};
use tch::Device;

use crate::args::Place;
use crate::device;
use crate::features::Extractor;
use crate::metrics::sigmoid;
use crate::models::{self, Loaded};
use crate::pixels;
use crate::session::Session;
use crate::views::{ViewMode, ViewSet};

/// Files decoded and scored at once.
const BATCH: usize = 64;
/// Endings of pictures; a folder may hold other things too.
const PICTURES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "gif", "bmp", "avif", "jfif"];

/// `score` as typed.
#[derive(Clone, Debug, clap::Args)]
pub struct Wanted {
    /// A model's name or file [default: the current model]
    #[arg(long, value_name = "M")]
    model: Option<String>,
    /// Image files, and folders of them (searched recursively)
    #[arg(required = true, value_name = "IMAGE|FOLDER")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// A file and its probability, or why it has none.
type Scored = (PathBuf, Result<f64, String>);

/// Scores all inputs and prints them in order.
///
/// # Errors
/// Bad input when there is no model. A file that cannot be read is a line, not an error.
pub async fn run(session: &Session, wanted: &Wanted) -> Result<Outcome> {
    let device = wanted.place.device.resolve()?;
    device::set_threads(wanted.place.threads());
    let loaded = models::named_or_file(session, wanted.model.as_deref(), device).await?;
    let rule: Rule = loaded.card.resize_rule.parse().map_err(|error| {
        Failure::usage(format!("the model {} cannot be used: {error}", loaded.name))
    })?;
    let files = expand(&wanted.inputs);
    let bar = session.printer.bar("score", Some(files.len() as u64));
    let mut scored = Vec::with_capacity(files.len());
    for batch in files.chunks(BATCH) {
        if session.stop.asked() {
            break;
        }
        scored.extend(tokio::task::block_in_place(|| {
            score_batch(&loaded, batch, &rule, device)
        }));
        bar.inc(batch.len() as u64);
    }
    bar.finish();
    tell(session, &scored);
    let failed = scored.iter().any(|(_, score)| score.is_err());
    let exit = match (scored.len() < files.len(), failed) {
        (true, _) => Exit::Stopped,
        (false, true) => Exit::SomeFailed,
        (false, false) => Exit::Done,
    };
    let scores: Vec<Value> = scored.iter().map(object).collect();
    Ok(Outcome {
        exit,
        json: Some(json!({ "model": loaded.name, "scores": scores })),
    })
}

fn object((path, score): &Scored) -> Value {
    // JSON is UTF-8, and names of files need not be.
    let input = path.to_string_lossy();
    match score {
        Ok(probability) => json!({ "input": input, "probability": probability }),
        Err(error) => json!({ "input": input, "error": error }),
    }
}

fn tell(session: &Session, scored: &[Scored]) {
    for (path, score) in scored {
        let path = path.display();
        match score {
            Ok(probability) => {
                let percent = probability * 100.0;
                session.printer.line(format!("{percent:>5.1} %  {path}"));
            }
            Err(error) => session.printer.warn(format!("{path}: {error}")),
        }
    }
}

/// Files as they are named; folders give their pictures, recursively, in path order.
pub(crate) fn expand(inputs: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for input in inputs {
        match input.is_dir() {
            true => pictures(input, &mut files),
            false => files.push(input.clone()),
        }
    }
    files
}

/// A folder that cannot be read is an input that fails, so it stays in the list.
fn pictures(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        files.push(folder.to_path_buf());
        return;
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        // Links to folders are not followed: one may lead round in a circle.
        if path.is_dir() && !path.is_symlink() {
            pictures(&path, files);
        } else if path.is_file() && is_picture(&path) {
            files.push(path);
        }
    }
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| {
        PICTURES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    })
}

fn score_batch(loaded: &Loaded, batch: &[PathBuf], rule: &Rule, device: Device) -> Vec<Scored> {
    let mode = loaded.card.preprocessing.views;
    let read: Vec<Result<Vec<u8>, String>> = batch
        .par_iter()
        .map(|path| stored(path, rule, mode))
        .collect();
    let good: Vec<(i64, Vec<u8>)> = (0..).zip(read.iter().flatten().cloned()).collect();
    let mut probabilities = probabilities(loaded, &good, device).into_iter();
    let mut next = || {
        probabilities
            .next()
            .expect("a probability for every picture")
    };
    let scores = read.into_iter().map(|read| read.and_then(|_| next()));
    batch.iter().cloned().zip(scores).collect()
}

/// The JPEG that would be stored of a file and looked at, within the limits of an import: a film
/// named .jpg is not read into memory.
pub(super) fn stored(path: &Path, rule: &Rule, mode: ViewMode) -> Result<Vec<u8>, String> {
    let limits = Limits::default();
    let cannot = |error: std::io::Error| format!("the file cannot be read: {error}");
    let metadata = fs::metadata(path).map_err(cannot)?;
    if !metadata.is_file() {
        // A folder, or a pipe that somebody would have to write into.
        return Err(cannot(std::io::Error::other("it is not a file")));
    }
    let file = fs::File::open(path).map_err(cannot)?;
    let bytes = cover::read(file, metadata.len(), &limits).map_err(|unread| unread.to_string())?;
    let made = cover::make(&bytes, rule, &limits).map_err(|refusal| refusal.to_string())?;
    Ok(match mode {
        ViewMode::Whole => made.image,
        ViewMode::Windows => made.preview,
    })
}

/// One that cannot be looked at is alone in that.
fn probabilities(
    loaded: &Loaded,
    jpegs: &[(i64, Vec<u8>)],
    device: Device,
) -> Vec<Result<f64, String>> {
    match looked_at(loaded, jpegs, device) {
        Ok(all) => all.into_iter().map(Ok).collect(),
        Err(failure) if jpegs.len() == 1 => vec![Err(failure.to_string())],
        Err(_) => jpegs
            .chunks(1)
            .flat_map(|one| probabilities(loaded, one, device))
            .collect(),
    }
}

fn looked_at(loaded: &Loaded, jpegs: &[(i64, Vec<u8>)], device: Device) -> Result<Vec<f64>> {
    if jpegs.is_empty() {
        return Ok(Vec::new());
    }
    let card = &loaded.card;
    let Some(key) = &card.backbone else {
        let covers = pixels::covers(jpegs, &vec![0; jpegs.len()], device)?;
        return Ok(loaded.probabilities(&covers.resized(card.preprocessing.side)));
    };
    let extractor = Extractor {
        model: &loaded.model,
        key,
        preprocessing: card.preprocessing,
        device,
    };
    let views = extractor.look(jpegs)?;
    let views = ViewSet::new(&views.iter().collect::<Vec<_>>());
    let judged = loaded.judge(&views).unwrap_or_default();
    Ok(judged
        .into_iter()
        .map(|one| sigmoid(one.log_odds))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_give_their_pictures_in_path_order_and_files_stay_as_named() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("covers");
        fs::create_dir_all(folder.join("b")).expect("writable");
        for name in ["c.jpg", "b/x.PNG", "a.webp", "notes.txt"] {
            fs::write(folder.join(name), b"").expect("writable");
        }
        let missing = home.path().join("missing.txt");
        let files = expand(&[missing.clone(), folder.clone()]);
        let expected = ["a.webp", "b/x.PNG", "c.jpg"].map(|name| folder.join(name));
        assert_eq!(files[0], missing);
        assert_eq!(files[1..], expected);
    }
}
