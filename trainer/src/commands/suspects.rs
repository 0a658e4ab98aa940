//! `suspects`: the labels that a run believes least, for a person to look at again.

use cli::{Failure, Outcome, Result};
use serde_json::{Value, json};
use store::training::{RunId, RunState, Suspect, SuspectRow};

use crate::metrics::sigmoid;
use crate::session::Session;
use crate::suspects;

/// Finds the suspects of a finished run and stores them for the labeler.
///
/// # Errors
/// What the database says.
pub async fn store(session: &Session, run: RunId) -> Result<()> {
    let rows = session.store.predictions(run).await?;
    let (labels, probabilities): (Vec<bool>, Vec<f64>) = rows
        .iter()
        .map(|row| (row.label, sigmoid(row.logit)))
        .unzip();
    let suspicion = suspects::find(&labels, &probabilities);
    let suspect = |row: &usize| Suspect {
        cover: rows[*row].cover,
        label: labels[*row],
        probability: probabilities[*row],
    };
    let suspects: Vec<Suspect> = suspicion.suspects.iter().map(suspect).collect();
    Ok(session.store.put_suspects(run, &suspects).await?)
}

/// Lists them, by default of the newest finished run.
///
/// # Errors
/// A run that is not there or not finished.
pub async fn run(session: &Session, number: Option<i64>, limit: u32) -> Result<Outcome> {
    let run = match number {
        Some(number) => finished(session, number).await?,
        None => newest(session).await?,
    };
    // Again each time: quick, and runs of before suspects were kept have them too.
    store(session, run).await?;
    let mut suspects = Vec::new();
    for row in session.store.suspects(run, limit).await? {
        let seen = session.store.seen_on(row.suspect.cover).await?;
        suspects.push((row, seen.unwrap_or_default()));
    }
    print(session, run, &suspects);
    Ok(Outcome::done(json!({
        "run": run.number(),
        "suspects": suspects.iter().map(object).collect::<Vec<_>>(),
    })))
}

async fn newest(session: &Session) -> Result<RunId> {
    session
        .store
        .suspect_run(session.topic)
        .await?
        .ok_or_else(|| {
            Failure::usage(format!(
                "there is no finished run of \"{}\" yet\ntrainer kfold makes one.",
                session.topic_name
            ))
        })
}

async fn finished(session: &Session, number: i64) -> Result<RunId> {
    let run = session.store.run(RunId::named(number)).await?;
    match run.state {
        RunState::Finished => Ok(run.id),
        _ => Err(Failure::usage(format!(
            "run {number} is not finished, so not every label was judged\n\
             The kfold that began it goes on with it."
        ))),
    }
}

/// A suspect with title and page of its video.
type Seen = (SuspectRow, (String, String));

fn print(session: &Session, run: RunId, suspects: &[Seen]) {
    let printer = &session.printer;
    let number = run.number();
    if suspects.is_empty() {
        printer.line(format!("Run {number} suspects no label."));
        return;
    }
    printer.line("label    believed  cover         decided since  video");
    for (row, (title, url)) in suspects {
        let label = if row.suspect.label { "topic" } else { "other" };
        let of_label = match row.suspect.label {
            true => row.suspect.probability,
            false => 1.0 - row.suspect.probability,
        };
        printer.line(format!(
            "{label:<7}  {:>6.1} %  {}  {:<13}  {}  {}",
            of_label * 100.0,
            &cover::hex(&row.sha256)[..12],
            if row.decided_since { "yes" } else { "" },
            super::without_control(title),
            super::without_control(url),
        ));
    }
    printer.line("");
    printer.line(format!(
        "Run {number} believes these labels least. Nothing is changed: look, and decide again."
    ));
}

fn object((row, (title, url)): &Seen) -> Value {
    json!({
        "cover_sha256": cover::hex(&row.sha256),
        "label": u8::from(row.suspect.label),
        "probability": row.suspect.probability,
        "decided_since": row.decided_since,
        "title": title,
        "url": url,
    })
}
