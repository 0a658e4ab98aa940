//! Decision events as CSV and JSONL, out and in. One record type serves both.

use std::io::Write;
use std::path::Path;

use clap::ValueEnum;
use cli::{Failure, Result};
use serde::Serialize;
use store::{Act, Choice, Event, Pool, Role, Source};
use tabular::Row;

/// The form of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Comma-separated, first line names the columns.
    Csv,
    /// One JSON object a line.
    Jsonl,
}

impl Format {
    /// By the ending of a file's name.
    ///
    /// # Errors
    /// Bad input when the ending is neither.
    pub fn of(path: &Path) -> Result<Self> {
        let ending = path.extension().unwrap_or_default();
        match ending.to_ascii_lowercase().to_str() {
            Some("csv" | "tsv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::Jsonl),
            _ => Err(Failure::usage(format!(
                "{} ends in neither .csv nor .jsonl\nGive the file the ending of its format.",
                path.display()
            ))),
        }
    }
}

/// A row of a file. Exports fill `event` and all that belongs to it; other files name
/// the cover one way and give a decision.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Record {
    /// Name of the event; present in exports.
    pub event: Option<String>,
    /// Hexadecimal.
    pub sha256: Option<String>,
    /// Where the picture was fetched, or the video's page.
    #[serde(skip_serializing)]
    pub url: Option<String>,
    /// A path, relative to the file that names it.
    #[serde(skip_serializing)]
    pub file: Option<String>,
    /// `negative` or `positive`.
    pub pool: Option<String>,
    /// `keep`, `reject`, `unsure`, `broken`; empty for an undo.
    pub decision: Option<String>,
    /// Who.
    pub annotator: Option<String>,
    /// `annotator` or `reviewer`.
    pub role: Option<String>,
    /// How it came about.
    pub source: Option<String>,
    /// `decide`, `undo` or `redo`.
    pub act: Option<String>,
    /// What one undo takes back.
    pub stroke: Option<String>,
    /// The event it takes back.
    pub undoes: Option<String>,
    /// Unix milliseconds.
    pub decided_at: Option<i64>,
    /// Milliseconds.
    pub visible_ms: Option<i64>,
}

/// Columns that name a cover or a decision: a file without any is not meant for this.
const COLUMNS: [&str; 5] = ["sha256", "url", "file", "decision", "event"];

impl TryFrom<Row> for Record {
    type Error = String;

    /// A sentence when a number is none.
    fn try_from(row: Row) -> Result<Self, String> {
        let text = |name: &str| row.get(name).map(str::to_owned);
        let number = |name: &str| {
            let parsed = row.get(name).map(str::parse).transpose();
            parsed.map_err(|_| format!("{name} is not a whole number"))
        };
        Ok(Self {
            event: text("event"),
            sha256: text("sha256"),
            url: text("url"),
            file: text("file"),
            pool: text("pool"),
            decision: text("decision"),
            annotator: text("annotator"),
            role: text("role"),
            source: text("source"),
            act: text("act"),
            stroke: text("stroke"),
            undoes: text("undoes"),
            decided_at: number("decided_at")?,
            visible_ms: number("visible_ms")?,
        })
    }
}

impl From<&Event> for Record {
    fn from(event: &Event) -> Self {
        Self {
            event: Some(event.event.clone()),
            sha256: Some(hex(&event.sha256)),
            pool: Some(event.pool.to_string()),
            decision: event.decision.map(|d| d.to_string()),
            annotator: Some(event.annotator.clone()),
            role: Some(event.role.to_string()),
            source: Some(event.source.to_string()),
            act: Some(event.act.to_string()),
            stroke: Some(event.stroke.clone()),
            undoes: event.undoes.clone(),
            decided_at: Some(event.decided_at),
            visible_ms: event.visible_ms,
            url: None,
            file: None,
        }
    }
}

impl Record {
    /// The event that an exported row is.
    ///
    /// # Errors
    /// A sentence about the first field that is missing or not understood.
    pub fn event(&self) -> Result<Event, String> {
        let need =
            |value: &Option<String>, name: &str| value.clone().ok_or(format!("{name} is missing"));
        let decision = self.decision()?;
        let act = parse::<Act>(&need(&self.act, "act")?)?;
        if decision.is_none() && act != Act::Undo {
            return Err("decision is missing".into());
        }
        if (act == Act::Decide) != self.undoes.is_none() {
            return Err(format!("undoes does not fit {act}"));
        }
        Ok(Event {
            event: need(&self.event, "event")?,
            sha256: unhex(&need(&self.sha256, "sha256")?)?,
            pool: parse::<Pool>(&need(&self.pool, "pool")?)?,
            decision,
            annotator: need(&self.annotator, "annotator")?,
            role: parse::<Role>(&need(&self.role, "role")?)?,
            source: parse::<Source>(&need(&self.source, "source")?)?,
            act,
            stroke: need(&self.stroke, "stroke")?,
            undoes: self.undoes.clone(),
            decided_at: self.decided_at.ok_or("decided_at is missing")?,
            visible_ms: self.visible_ms,
        })
    }

    /// The decision, if the row has one.
    ///
    /// # Errors
    /// A sentence when it is none of the four.
    pub fn decision(&self) -> Result<Option<Choice>, String> {
        self.decision.as_deref().map(parse::<Choice>).transpose()
    }

    /// The pool, if the row has one.
    ///
    /// # Errors
    /// A sentence when it is neither.
    pub fn pool(&self) -> Result<Option<Pool>, String> {
        self.pool.as_deref().map(parse::<Pool>).transpose()
    }
}

fn parse<T: std::str::FromStr<Err = store::Error>>(text: &str) -> Result<T, String> {
    text.to_lowercase()
        .parse()
        .map_err(|error: store::Error| match error {
            store::Error::Value { what, .. } => format!("`{text}` is no {what}"),
            other => other.to_string(),
        })
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A SHA-256 from 64 hexadecimal digits.
///
/// # Errors
/// A sentence when it is anything else.
pub fn unhex(text: &str) -> Result<[u8; 32], String> {
    let wrong = || format!("`{text}` is no SHA-256 (64 hexadecimal digits)");
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    let mut bytes = [0; 32];
    for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(bytes)
}

/// Reads all rows; each is a record, or a sentence about why it is none. Lines count from 1.
///
/// # Errors
/// Bad input when a CSV's first line names no column of ours.
pub fn read(format: Format, bytes: &[u8]) -> Result<Vec<(usize, Result<Record, String>)>> {
    let text = tabular::decode(bytes);
    let rows = match format {
        Format::Jsonl => tabular::objects(&text),
        Format::Csv => {
            let table = tabular::table(&text);
            let ours = |table: &tabular::Table| COLUMNS.iter().any(|name| table.has(name));
            table.filter(ours).map(|table| table.rows).ok_or_else(|| {
                Failure::usage(
                    "the first line of the file names no column that is known\n\
                     It must name sha256, url or file, and decision; for example: file,decision",
                )
            })?
        }
    };
    let rows = rows.into_iter();
    Ok(rows
        .map(|(line, row)| (line, row.and_then(Record::try_from)))
        .collect())
}

/// Writes records one by one.
pub enum Writer<W: Write> {
    /// Comma-separated.
    Csv(Box<csv::Writer<W>>),
    /// One JSON object a line.
    Jsonl(W),
}

impl<W: Write> Writer<W> {
    /// A writer in that form.
    pub fn new(format: Format, to: W) -> Self {
        match format {
            Format::Csv => Self::Csv(Box::new(csv::Writer::from_writer(to))),
            Format::Jsonl => Self::Jsonl(to),
        }
    }

    /// One record.
    ///
    /// # Errors
    /// When the other side is gone or full.
    pub fn write(&mut self, record: &Record) -> std::io::Result<()> {
        match self {
            Self::Csv(writer) => {
                writer
                    .serialize(record)
                    .map_err(|error| match error.into_kind() {
                        csv::ErrorKind::Io(error) => error,
                        other => std::io::Error::other(format!("{other:?}")),
                    })
            }
            Self::Jsonl(to) => {
                serde_json::to_writer(&mut *to, record)?;
                to.write_all(b"\n")
            }
        }
    }

    /// Everything out.
    ///
    /// # Errors
    /// When the other side is gone or full.
    pub fn finish(self) -> std::io::Result<()> {
        match self {
            Self::Csv(mut writer) => writer.flush(),
            Self::Jsonl(mut to) => to.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    fn events() -> impl Strategy<Value = Event> {
        let decision = prop::sample::select(vec![
            Choice::Keep,
            Choice::Reject,
            Choice::Unsure,
            Choice::Broken,
        ]);
        let name = "[a-z\"',\u{4e00}-\u{4e20}]{1,12}";
        (
            any::<[u8; 32]>(),
            decision,
            name,
            any::<bool>(),
            option::of("[0-9a-f]{8}"),
            option::of(0..9_000_i64),
        )
            .prop_map(
                |(sha256, decision, annotator, flag, undoes, visible_ms)| Event {
                    event: hex(&sha256[..16]),
                    sha256,
                    pool: if flag { Pool::Positive } else { Pool::Negative },
                    decision: (undoes.is_none() || flag).then_some(decision),
                    annotator,
                    role: if flag {
                        Role::Reviewer
                    } else {
                        Role::Annotator
                    },
                    source: if flag {
                        Source::Sheet
                    } else {
                        Source::Explicit
                    },
                    act: match &undoes {
                        None => Act::Decide,
                        Some(_) if flag => Act::Redo,
                        Some(_) => Act::Undo,
                    },
                    stroke: "s1".to_owned(),
                    undoes,
                    decided_at: 1_700_000_000_000,
                    visible_ms,
                },
            )
    }

    proptest! {
        #[test]
        fn events_survive_both_formats(all in prop::collection::vec(events(), 0..20)) {
            for format in [Format::Csv, Format::Jsonl] {
                let mut bytes = Vec::new();
                let mut writer = Writer::new(format, &mut bytes);
                for event in &all {
                    writer.write(&Record::from(event)).unwrap();
                }
                writer.finish().unwrap();
                if bytes.is_empty() { continue }
                let rows = read(format, &bytes).unwrap();
                let back: Vec<Event> = rows.into_iter().map(|(_, row)| row.unwrap().event().unwrap()).collect();
                prop_assert_eq!(&back, &all);
            }
        }
    }

    #[test]
    fn what_spreadsheets_write_is_read() {
        for text in [
            &b"file,decision\na.jpg,keep\n"[..],
            b"File; Decision\na.jpg;Keep\n",
            b"file\tdecision\r\na.jpg\tkeep\r\n\t\r\n",
            b"\xef\xbb\xbffile,decision\ra.jpg, KEEP\r",
        ] {
            let rows = read(Format::Csv, text).unwrap();
            let [(2, Ok(record))] = &rows[..] else {
                panic!("{rows:?}");
            };
            assert_eq!(record.file.as_deref(), Some("a.jpg"));
            assert_eq!(record.decision(), Ok(Some(Choice::Keep)));
        }
        assert_eq!(Format::of(Path::new("A.CSV")).unwrap(), Format::Csv);
        let failure = read(Format::Csv, b"picture,verdict\na.jpg,yes\n").unwrap_err();
        assert!(failure.message.contains("names no column"), "{failure}");
    }

    #[test]
    fn a_row_that_is_not_understood_says_what_is_wrong() {
        let rows = read(Format::Csv, b"file,decision\na.jpg,maybe\n").unwrap();
        let record = rows[0].1.clone().unwrap();
        assert_eq!(record.decision().unwrap_err(), "`maybe` is no decision");
        assert_eq!(
            unhex("abc").unwrap_err(),
            "`abc` is no SHA-256 (64 hexadecimal digits)"
        );
        let mut record = Record {
            event: Some("e".into()),
            decision: Some("keep".into()),
            act: Some("decide".into()),
            ..Record::default()
        };
        assert_eq!(record.event().unwrap_err(), "sha256 is missing");
        record.undoes = Some("e".into());
        assert_eq!(record.event().unwrap_err(), "undoes does not fit decide");
    }
}
