//! Decisions from files: our own exports, event for event, and plain lists that people make.

use std::path::Path;

use cli::{Exit, Failure, Outcome, Printer, Result};
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

#[derive(Default)]
struct Counts {
    added: u64,
    known: u64,
    failed: u64,
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
) -> Result<Outcome> {
    let format = Format::of(file)?;
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let rows = format::read(format, &text)?;
    let bar = printer.bar("import", Some(rows.len() as u64));
    let mut counts = Counts::default();
    let stroke = event_id::new()?;
    for batch in rows.chunks(BATCH) {
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
        append(store, topic, understood, &mut counts, printer).await?;
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
        (_, Some(url), _) => CoverName::Url(url.clone()),
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

/// The path as `crawler import` names it: links and `..` resolved.
fn absolute(folder: &Path, file: &str) -> String {
    let path = folder.join(file);
    let path = path
        .canonicalize()
        .or_else(|_| std::path::absolute(&path))
        .unwrap_or(path);
    path.display().to_string()
}

/// Appends in file order: a person's latest word is the one that counts.
async fn append(
    store: &Store,
    topic: TopicId,
    rows: Vec<(usize, Row)>,
    counts: &mut Counts,
    printer: &Printer,
) -> Result<()> {
    let lines: Vec<usize> = rows.iter().map(|(line, _)| *line).collect();
    let (mut events, mut statements) = (Vec::new(), Vec::new());
    for (_, row) in rows {
        match row {
            Row::Event(event) => events.push(event),
            Row::Statement(statement) => statements.push(statement),
        }
    }
    if !events.is_empty() && !statements.is_empty() {
        return Err(Failure::usage(
            "the file mixes exported events with plain rows\nFill the column event in all rows or in none.",
        ));
    }
    let mut done = store.import_events(topic, &events).await?;
    done.extend(
        store
            .import_statements(topic, &statements, cli::now())
            .await?,
    );
    for (line, imported) in lines.into_iter().zip(done) {
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
    printer.table(&[
        ("new decisions", counts.added.to_string()),
        ("already there", counts.known.to_string()),
        ("failed", counts.failed.to_string()),
    ]);
    Outcome {
        exit: if counts.failed == 0 {
            Exit::Done
        } else {
            Exit::SomeFailed
        },
        json: Some(
            json!({ "added": counts.added, "known": counts.known, "failed": counts.failed }),
        ),
    }
}
