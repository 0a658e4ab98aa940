//! What runs predicted of covers that the model had not seen.

use crate::label::hash;
use crate::statement::statements;
use crate::training::{RunCover, RunId};
use crate::{Result, Store, TopicId};

statements! {
    PREDICTIONS = "
        select r.cover_id, c.sha256, r.label, r.fold, r.block, p.logit
        from run_cover r
        join cover c on c.id = r.cover_id
        join prediction p on p.run_id = r.run_id and p.cover_id = r.cover_id
        where r.run_id = $1 order by r.cover_id";
    RUN_COVERS = "
        select cover_id as cover, label, fold, block
        from run_cover where run_id = $1 order by cover_id";
    /// Right: the topic's log-odds and the label are on the same side.
    RUN_TALLIES = "
        select r.run_id, count(*),
               avg(case when p.logit is null then null
                        when (p.logit >= 0 and r.label = 1) or (p.logit < 0 and r.label = 0)
                        then 1.0 else 0.0 end)
        from run_cover r
        join run on run.id = r.run_id
        left join prediction p on p.run_id = r.run_id and p.cover_id = r.cover_id
        where run.topic_id = $1 group by r.run_id order by r.run_id";
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RunTally {
    /// The run's number.
    pub run: i64,
    /// Covers of its data set.
    pub covers: i64,
    /// Share of its predictions so far that are right; `None` before the first.
    pub accuracy: Option<f64>,
}

/// What a run predicted of a cover that the model had not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct PredictionRow {
    /// The cover's id.
    pub cover: i64,
    /// Its identity.
    pub sha256: [u8; 32],
    /// Its label when the run began.
    pub label: bool,
    /// The fold it was tested in.
    pub fold: u32,
    /// The block it is in, by the run's own numbering; `None` in old runs.
    pub block: Option<u32>,
    /// Log-odds of the topic.
    pub logit: f64,
}

impl Store {
    /// Every prediction of a run so far, by cover id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn predictions(&self, run: RunId) -> Result<Vec<PredictionRow>> {
        type Row = (i64, Vec<u8>, bool, u32, Option<u32>, f64);
        let rows: Vec<Row> = sqlx::query_as(PREDICTIONS)
            .bind(run.0)
            .fetch_all(self.read())
            .await?;
        let row = |(cover, sha256, label, fold, block, logit): Row| {
            Ok(PredictionRow {
                cover,
                sha256: hash(&sha256)?,
                label,
                fold,
                block,
                logit,
            })
        };
        rows.into_iter().map(row).collect()
    }

    /// A run's data set, by cover id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run_covers(&self, run: RunId) -> Result<Vec<RunCover>> {
        Ok(sqlx::query_as(RUN_COVERS)
            .bind(run.0)
            .fetch_all(self.read())
            .await?)
    }

    /// Covers and accuracy of every run of a topic, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run_tallies(&self, topic: TopicId) -> Result<Vec<RunTally>> {
        let rows: Vec<(i64, i64, Option<f64>)> = sqlx::query_as(RUN_TALLIES)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?;
        let tally = |(run, covers, accuracy)| RunTally {
            run,
            covers,
            accuracy,
        };
        Ok(rows.into_iter().map(tally).collect())
    }
}
