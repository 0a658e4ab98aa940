//! The dear round: a net trained by steps, with all that kfold and fit do.

use std::time::Instant;

use cli::Result;
use store::training::RoundKind;

use super::candidate::Candidate;
use super::{Current, Watch};
use crate::commands::{fit, kfold};
use crate::dataset::Dataset;

impl Watch<'_> {
    /// Trains, compares, promotes, scores; stopped, it leaves a run that the next one goes on
    /// with.
    pub(super) async fn dear_round(&mut self) -> Result<()> {
        let (session, plan, began) = (self.session, self.plan, Instant::now());
        let (run, finished) = kfold::train(session, plan).await?;
        if !finished {
            return Ok(());
        }
        let run = session.store.run(run).await?;
        let Some(fitted) = fit::train(session, plan, Some(&run), self.aim()).await? else {
            return Ok(());
        };
        let labels = Dataset::read(session, &plan.config.labels).await?.labels();
        let topics = labels.iter().filter(|label| **label).count() as i64;
        let counts = (labels.len() as i64, topics);
        let round = session
            .store
            .begin_round(session.topic, RoundKind::Labels, counts, cli::now());
        let round = round.await?;
        let new = Current::named(self, &fitted.name).await?;
        session
            .store
            .round_made(round, Some(run.id), new.row.id)
            .await?;
        self.conclude(Candidate {
            round,
            run: run.id,
            new,
            gain: None,
            began,
        })
        .await
    }
}
