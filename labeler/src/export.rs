//! Every decision event, oldest first.

use std::io::{BufWriter, ErrorKind};

use cli::{Exit, Failure, Outcome, Result};
use store::{Store, TopicId};

use crate::format::{Format, Record, Writer};

/// Events a read.
const CHUNK: u32 = 1000;

/// Prints the log to stdout.
///
/// # Errors
/// What the database says, or a full disk behind stdout; a closed pipe is no error.
pub async fn run(store: &Store, topic: TopicId, format: Format) -> Result<Outcome> {
    let done = Outcome {
        exit: Exit::Done,
        json: None,
    };
    let mut writer = Writer::new(format, BufWriter::new(std::io::stdout().lock()));
    let mut after = 0;
    loop {
        let (events, last) = store.events_after(topic, after, CHUNK).await?;
        if events.is_empty() {
            break;
        }
        after = last;
        for event in &events {
            match writer.write(&Record::from(event)) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(done),
                written => written.map_err(unwritable)?,
            }
        }
    }
    match writer.finish() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(error)),
        _ => Ok(done),
    }
}

fn unwritable(error: std::io::Error) -> Failure {
    Failure::failed(format!("the export cannot be written: {error}"))
}
