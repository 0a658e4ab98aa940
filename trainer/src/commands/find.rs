//! `find`: the videos whose covers the model believes to show the topic.

mod list;
mod page;
mod sieve;

use clap::ValueEnum;
use cli::{Exit, Failure, Outcome, Result};
use store::training::{ModelRow, RunId};

use super::threshold::Choice;
use crate::args::Place;
use crate::finder;
use crate::models;
use crate::rates::{Prior, Rates};
use crate::session::Session;
use crate::threshold::Aim;
use crate::weights::Card;

use list::List;
use sieve::{Sieve, Since};

/// How the list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// One object.
    Json,
    /// A line a video.
    Csv,
    /// A page of covers that needs nothing beside it.
    Html,
}

/// `find` as typed.
#[derive(Clone, Debug, clap::Args)]
pub struct Wanted {
    /// A model's name [default: the current model]
    #[arg(long, value_name = "M")]
    model: Option<String>,
    /// Least probability, best-f1 or precision=P [default: as the model was fitted, 0.5]
    #[arg(long, value_name = "P|AIM")]
    threshold: Option<Aim>,
    /// How common the topic is where it is looked for: auto (each pool's share of what was
    /// decided in it), off (as in the labels), or a rate
    #[arg(long, value_name = "auto|off|RATE", default_value_t)]
    prior: Prior,
    /// At most so many videos
    #[arg(long, value_name = "N")]
    limit: Option<u32>,
    /// Only videos of this site, as crawler sites names it
    #[arg(long, value_name = "SITE")]
    site: Option<String>,
    /// Only videos published, or else first met, since a date (2026-01-31) or an age (12h, 7d)
    #[arg(long, value_name = "TIME", value_parser = sieve::parse)]
    since: Option<Since>,
    /// Every video of its own; without it re-uploads are one, the surest
    #[arg(long)]
    repeats: bool,
    /// How they are printed
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Also covers that somebody has decided
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: Place,
}

/// Scores what is unscored and prints the list.
///
/// # Errors
/// Bad input when there is no model or nothing to score, and what the database says.
pub async fn run(session: &Session, wanted: &Wanted) -> Result<Outcome> {
    let device = wanted.place.device.resolve()?;
    crate::device::set_threads(wanted.place.threads());
    let row = models::row(session, wanted.model.as_deref()).await?;
    let loaded = models::load(session, &row, device)?;
    let overview = session.store.overview(session.topic).await?;
    if overview.negatives + overview.positives == 0 {
        return Err(Failure::usage(format!(
            "there are no candidates of \"{}\" to look through\n\
             Collect some with crawler run or crawler import.",
            session.topic_name
        )));
    }
    let rates = Rates::read(session, &row, &loaded.card, wanted.prior).await?;
    let (_, all_scored) = finder::score_all(session, &row, &loaded, &rates, device).await?;
    let threshold = threshold(session, wanted, &row, &loaded.card, &rates).await?;
    let finds = session
        .store
        .finds(session.topic, row.id, threshold, wanted.all, u32::MAX);
    let sieve = Sieve {
        site: wanted.site.clone(),
        since: wanted.since.map(|since| since.before(cli::now())),
        repeats: wanted.repeats,
        limit: wanted.limit.map_or(usize::MAX, |limit| limit as usize),
    };
    let list = List {
        model: row.name.clone(),
        topic: session.topic_name.clone(),
        threshold,
        rates,
        expected_below: session
            .store
            .expected_below(session.topic, row.id, threshold)
            .await?,
        finds: sieve.sieve(finds.await?),
    };
    print(session, wanted.format, &list).await?;
    Ok(Outcome {
        exit: if all_scored {
            Exit::Done
        } else {
            Exit::Stopped
        },
        json: (wanted.format == Format::Table).then(|| list.json()),
    })
}

/// What is typed, else what the model is for, at the rates of today; a number that was
/// stored with the model where its run is no longer there to choose on.
async fn threshold(
    session: &Session,
    wanted: &Wanted,
    row: &ModelRow,
    card: &Card,
    rates: &Rates,
) -> Result<f64> {
    let stored = || card.aim.as_deref().and_then(|aim| aim.parse().ok());
    let run = row.run_id.map(RunId::named);
    let aim = match (wanted.threshold, stored()) {
        (Some(typed), _) => typed,
        (None, Some(aim)) if run.is_some() => aim,
        (None, _) => Aim::At(card.threshold),
    };
    let choice = Choice {
        aim,
        run,
        calibration: card.calibration,
        rate: rates.negative,
    };
    choice.make(session).await
}

async fn print(session: &Session, format: Format, list: &List) -> Result<()> {
    match format {
        Format::Table => {
            list.table()
                .iter()
                .for_each(|line| session.printer.line(line));
        }
        Format::Json => session.printer.data(list.json().to_string()),
        Format::Csv => session.printer.data(list.csv()?.trim_end()),
        Format::Html => {
            let mut previews = Vec::with_capacity(list.finds.len());
            for find in &list.finds {
                let preview = session.store.preview(find.cover).await?;
                previews.push(preview.unwrap_or_default());
            }
            session.printer.data(page::render(list, &previews));
        }
    }
    Ok(())
}
