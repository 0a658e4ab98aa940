//! Decisions from files: our own exports, event for event, and plain lists that people make.

use std::path::Path;

use cli::{Exit, Failure, Outcome, Printer, Result, Stop};
use serde_json::json;
use store::decision::{CoverName, Imported, Statement};
use store::{Event, Store, TopicId};

use crate::event_id;
use crate::format::{self, Format, Record};

/// Rows a transaction.
const BATCH: usize = 500;
/// Rows that failed are shown up to here; the rest are counted.
const SHOWN: usize = 10;

enum Row {
    Event(Event),
    Statement(Statement),
}

impl Row {
    fn is_event(&self) -> bool {
        matches!(self, Self::Event(_))
    }
}

#[derive(Default)]
struct Counts {
    added: u64,
    known: u64,
    failed: u64,
    /// Rows that were not come to before the user stopped.
    left: u64,
}

/// Imports `file` and prints what became of it.
///
/// # Errors
/// Bad input: a file that cannot be read, or is neither CSV nor JSONL. A bad row is counted
/// and shown, not an error.
pub async fn run(
    store: &Store,
    topic: TopicId,
    file: &Path,
    annotator: &str,
    printer: &Printer,
    stop: &Stop,
) -> Result<Outcome> {
    let format = Format::of(file)?;
    let bytes = tabular::read(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let rows = format::read(format, &bytes)?;
    let bar = printer.bar("import", Some(rows.len() as u64));
    let mut counts = Counts {
        left: rows.len() as u64,
        ..Counts::default()
    };
    let stroke = event_id::new()?;
    for batch in rows.chunks(BATCH) {
        if stop.asked() {
            break;
        }
        let mut understood = Vec::with_capacity(batch.len());
        for (line, row) in batch {
            match row
                .clone()
                .and_then(|record| understand(&record, folder, annotator, &stroke))
            {
                Ok(row) => understood.push((*line, row)),
                Err(why) => fail(&mut counts, printer, *line, &why),
            }
        }
        append(store, topic, &understood, &mut counts, printer).await?;
        counts.left -= batch.len() as u64;
        bar.inc(batch.len() as u64);
    }
    bar.finish();
    Ok(summary(&counts, printer))
}

fn understand(
    record: &Record,
    folder: &Path,
    annotator: &str,
    stroke: &str,
) -> Result<Row, String> {
    if record.event.is_some() {
        return record.event().map(Row::Event);
    }
    let cover = match (&record.sha256, &record.url, &record.file) {
        (Some(sha256), _, _) => CoverName::Sha256(format::unhex(sha256)?),
        (_, Some(url), _) => CoverName::Url(parsed(url)),
        (_, _, Some(file)) => CoverName::File(absolute(folder, file)),
        _ => return Err("it names no cover (sha256, url or file)".into()),
    };
    Ok(Row::Statement(Statement {
        event: event_id::new().map_err(|failure| failure.message)?,
        cover,
        pool: record.pool()?,
        decision: record.decision()?.ok_or("decision is missing")?,
        annotator: record
            .annotator
            .clone()
            .unwrap_or_else(|| annotator.to_owned()),
        stroke: stroke.to_owned(),
    }))
}

/// An address as the crawler stores it: parsed, without the part that is never sent.
fn parsed(url: &str) -> String {
    match url::Url::parse(url) {
        Ok(mut parsed) => {
            parsed.set_fragment(None);
            parsed.into()
        }
        Err(_) => url.to_owned(),
    }
}

/// The path as `crawler import` names it: links and `..` resolved.
fn absolute(folder: &Path, file: &str) -> String {
    let path = folder.join(file);
    let path = path
        .canonicalize()
        .or_else(|_| std::path::absolute(&path))
        .unwrap_or(path);
    store::file_key(&path)
}

/// Appends in file order: a person's latest word is the one that counts.
async fn append(
    store: &Store,
    topic: TopicId,
    rows: &[(usize, Row)],
    counts: &mut Counts,
    printer: &Printer,
) -> Result<()> {
    let mut done = Vec::with_capacity(rows.len());
    for alike in rows.chunk_by(|(_, a), (_, b)| a.is_event() == b.is_event()) {
        let (mut events, mut statements) = (Vec::new(), Vec::new());
        for (_, row) in alike {
            match row {
                Row::Event(event) => events.push(event.clone()),
                Row::Statement(statement) => statements.push(statement.clone()),
            }
        }
        done.extend(match statements.is_empty() {
            true => store.import_events(topic, &events).await?,
            false => {
                let stated = store.import_statements(topic, &statements, cli::now());
                stated.await?
            }
        });
    }
    let lines = rows.iter().map(|(line, _)| *line);
    for (line, imported) in lines.zip(done) {
        match imported {
            Imported::Added => counts.added += 1,
            Imported::Known => counts.known += 1,
            Imported::UnknownCover => {
                fail(counts, printer, line, "no such cover is in the database")
            }
            Imported::NoPool => fail(
                counts,
                printer,
                line,
                "the cover is in no pool, and the row names none",
            ),
            Imported::Refused(why) => fail(counts, printer, line, why),
        }
    }
    Ok(())
}

fn fail(counts: &mut Counts, printer: &Printer, line: usize, why: &str) {
    counts.failed += 1;
    if counts.failed <= SHOWN as u64 {
        printer.warn(format!("line {line}: {why}"));
    }
}

fn summary(counts: &Counts, printer: &Printer) -> Outcome {
    let mut rows = vec![
        ("new decisions", counts.added.to_string()),
        ("already there", counts.known.to_string()),
        ("failed", counts.failed.to_string()),
    ];
    if counts.left > 0 {
        rows.push(("left", counts.left.to_string()));
        printer.note("The same command goes on; rows that are there already change nothing.");
    }
    printer.table(&rows);
    let exit = match (counts.left, counts.failed) {
        (1.., _) => Exit::Stopped,
        (0, 0) => Exit::Done,
        (0, _) => Exit::SomeFailed,
    };
    let mut json = json!({
        "added": counts.added, "known": counts.known, "failed": counts.failed,
    });
    if counts.left > 0 {
        json["left"] = json!(counts.left);
    }
    Outcome {
        exit,
        json: Some(json),
    }
}
