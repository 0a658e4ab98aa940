//! `rollback`: an older model is current again.

use std::time::Instant;

use cli::{Exit, Failure, Outcome, Result};
use serde_json::json;
use store::training::{ModelRow, RoundKind, RoundResult};

use crate::args::Place;
use crate::finder;
use crate::models;
use crate::rates::{Prior, Rates};
use crate::session::Session;

/// `rollback` as typed.
#[derive(Clone, Debug, clap::Args)]
pub struct Wanted {
    /// A model's name, see trainer runs [default: the one that was current before]
    #[arg(long, value_name = "MODEL")]
    to: Option<String>,
    #[command(flatten)]
    place: Place,
}

/// Scores by the older model first, then makes it current: no queue is empty meanwhile.
///
/// # Errors
/// Bad input when there is no such model or its file is gone, and what the database says.
pub async fn run(session: &Session, wanted: &Wanted) -> Result<Outcome> {
    let began = Instant::now();
    let device = wanted.place.device.resolve()?;
    crate::device::set_threads(wanted.place.threads());
    let row = match &wanted.to {
        Some(name) => session.store.model_named(session.topic, name).await?,
        None => previous(session).await?,
    };
    let loaded = models::load(session, &row, device)?;
    let rates = Rates::read(session, &row, &loaded.card, Prior::Auto).await?;
    let (scored, all) = finder::score_all(session, &row, &loaded, &rates, device).await?;
    if !all {
        session.printer.note("stopped: nothing was changed");
        return Ok(Outcome {
            exit: Exit::Stopped,
            json: Some(json!({ "model": null })),
        });
    }
    let store = &session.store;
    let round = store
        .begin_round(session.topic, RoundKind::Rollback, (0, 0), cli::now())
        .await?;
    store.round_made(round, None, row.id).await?;
    let result = RoundResult {
        seconds: began.elapsed().as_secs_f64(),
        promoted: true,
        reason: "rolled back by hand".into(),
        ..RoundResult::default()
    };
    store.finish_round(round, &result, cli::now()).await?;
    session.printer.table(&[
        ("current", row.name.clone()),
        ("scored", scored.to_string()),
    ]);
    Ok(Outcome::done(
        json!({ "model": row.name, "scored": scored }),
    ))
}

/// What was current before what is.
async fn previous(session: &Session) -> Result<ModelRow> {
    let promoted = session.store.promoted_models(session.topic).await?;
    let models = session.store.models(session.topic).await?;
    let before = promoted
        .get(1)
        .and_then(|id| models.into_iter().find(|row| row.id == *id));
    before.ok_or_else(|| {
        Failure::usage("there is no older model to go back to\ntrainer runs lists what there is.")
    })
}
