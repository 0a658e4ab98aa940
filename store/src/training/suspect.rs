//! Labels that a run believes least, for a person to look at again.

use super::run::RunId;
use crate::label::hash;
use crate::statement::statements;
use crate::{Result, Store, TopicId};

statements! {
    FORGET_SUSPECTS = "delete from suspect where run_id = $1";
    PUT_SUSPECT = "
        insert into suspect (run_id, place, cover_id, label, probability)
        values ($1, $2, $3, $4, $5)";
    /// Decided since: somebody has spoken of the cover after the run read its label.
    SUSPECTS = "
        select s.cover_id, s.label, s.probability, c.sha256,
               exists (select 1 from decision d
                       where d.topic_id = r.topic_id and d.cover_id = s.cover_id
                         and d.id > r.last_event)
        from suspect s
        join run r on r.id = s.run_id
        join cover c on c.id = s.cover_id
        where s.run_id = $1 order by s.place limit $2";
    SUSPECT_RUN = "
        select id from run where topic_id = $1 and state = 'finished' order by id desc limit 1";
}

/// A label that is probably wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspect {
    /// The cover's id.
    pub cover: i64,
    /// Its label when the run began.
    pub label: bool,
    /// Of the topic, out of fold.
    pub probability: f64,
}

/// A suspect as it is stored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SuspectRow {
    /// The label and what is believed.
    pub suspect: Suspect,
    /// The cover's identity.
    pub sha256: [u8; 32],
    /// Somebody has decided the cover since the run read its label: it was looked at again.
    pub decided_since: bool,
}

impl Store {
    /// Stores the suspects of a run, least believed first, in place of those there were.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_suspects(&self, run: RunId, suspects: &[Suspect]) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(FORGET_SUSPECTS)
            .bind(run.0)
            .execute(&mut *tx)
            .await?;
        for (place, suspect) in (1i64..).zip(suspects) {
            sqlx::query(PUT_SUSPECT)
                .bind(run.0)
                .bind(place)
                .bind(suspect.cover)
                .bind(suspect.label)
                .bind(suspect.probability)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// At most `limit` suspects of a run, least believed first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn suspects(&self, run: RunId, limit: u32) -> Result<Vec<SuspectRow>> {
        let rows: Vec<(i64, bool, f64, Vec<u8>, bool)> = sqlx::query_as(SUSPECTS)
            .bind(run.0)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        let row = |(cover, label, probability, sha256, decided_since): (_, _, _, Vec<u8>, _)| {
            Ok(SuspectRow {
                suspect: Suspect {
                    cover,
                    label,
                    probability,
                },
                sha256: hash(&sha256)?,
                decided_since,
            })
        };
        rows.into_iter().map(row).collect()
    }

    /// The newest finished run of a topic: whose suspects are worth asking about.
    ///
    /// # Errors
    /// What the database says.
    pub async fn suspect_run(&self, topic: TopicId) -> Result<Option<RunId>> {
        let run: Option<i64> = sqlx::query_scalar(SUSPECT_RUN)
            .bind(topic.0)
            .fetch_optional(self.read())
            .await?;
        Ok(run.map(RunId))
    }
}
