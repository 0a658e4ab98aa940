//! Slices: the undecided covers that the model in use scores below a probability. How many they
//! are, and the one stroke that keeps what is left of one after an audit.

use serde::Serialize;

use crate::audit::{self, Audit};
use crate::confirm::Counts;
use crate::decision::Tx;
use crate::statement::statements;
use crate::{Error, Pool, Result, Store, TopicId, stroke};

statements! {
    CURRENT_MODEL = "
        select model_id from promotion where topic_id = $1 order by id desc limit 1";
    SLICE = "
        select w.cover_id from unlikely w
        where w.topic_id = $1 and w.pool = $2 and w.model_id = $3
          and w.probability < $4 and w.highest < $4
        order by w.cover_id";
    COUNT_SLICE = "
        select count(*), coalesce(sum(w.probability), 0.0) from unlikely w
        where w.topic_id = $1 and w.pool = $2
          and w.model_id = (select m.model_id from promotion m
                            where m.topic_id = $1 order by m.id desc limit 1)
          and w.probability < $3 and w.highest < $3";
    STEPS = "
        select cast(w.highest * 10000 as integer) + 1, count(*), sum(w.probability)
        from unlikely w
        where w.topic_id = $1 and w.pool = $2
          and w.model_id = (select m.model_id from promotion m
                            where m.topic_id = $1 order by m.id desc limit 1)
          and w.probability < $3 and w.highest < $3
        group by 1 order by 1";
    /// What the model in use believes likelier than the one that the sample was drawn by is left
    /// to a person, as is what has moved to another pool.
    COUNT_LEFT = "
        select count(*)
        from audit u
        cross join audit_cover a on a.audit_id = u.id
        cross join unlikely w on w.cover_id = a.cover_id and w.topic_id = u.topic_id
        where u.topic_id = $1 and u.id = $2 and w.pool = u.pool
          and w.model_id = (select m.model_id from promotion m
                            where m.topic_id = $1 order by m.id desc limit 1)
          and w.highest < u.below";
    KEEP_LEFT = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, decided_at)
        select $4 || '/' || a.cover_id, u.topic_id, a.cover_id, u.pool, 'keep', $3, 'annotator',
               'bulk', 'decide', $4, $5
        from audit u
        cross join audit_cover a on a.audit_id = u.id
        cross join unlikely w on w.cover_id = a.cover_id and w.topic_id = u.topic_id
        where u.topic_id = $1 and u.id = $2 and w.pool = u.pool
          and w.model_id = (select m.model_id from promotion m
                            where m.topic_id = $1 order by m.id desc limit 1)
          and w.highest < u.below
        order by a.place";
    SET_KEPT_BY = "update audit set kept_by = $2 where id = $1";
}

/// Steps of probability in 1.
pub const STEPS_IN_ONE: u32 = 10_000;

/// The covers between a step of probability and the one below it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// Its upper end, in [`STEPS_IN_ONE`].
    pub below: u32,
    /// Undecided covers.
    pub covers: u64,
    /// How many of them show the topic if the model is right.
    pub expected: f64,
}

/// A stroke that keeps what is left of a slice.
#[derive(Debug, Clone)]
pub struct KeepSlice<'a> {
    /// Who.
    pub annotator: &'a str,
    /// The audit.
    pub audit: &'a str,
    /// Made by the page; the same again changes nothing.
    pub stroke: &'a str,
}

impl Store {
    /// How many undecided covers of a pool the current model scored below `below`, and how many
    /// of them show the topic if it is right. Groups are in it whole or not at all.
    ///
    /// # Errors
    /// What the database says.
    pub async fn slice(&self, topic: TopicId, pool: Pool, below: f64) -> Result<(u64, f64)> {
        let (covers, expected): (u32, f64) = sqlx::query_as(COUNT_SLICE)
            .bind(topic.0)
            .bind(pool.as_str())
            .bind(below)
            .fetch_one(self.read())
            .await?;
        Ok((covers.into(), expected))
    }

    /// The slices below `most`, step by step; empty steps are left out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn slice_steps(&self, topic: TopicId, pool: Pool, most: f64) -> Result<Vec<Step>> {
        let rows: Vec<(u32, u32, f64)> = sqlx::query_as(STEPS)
            .bind(topic.0)
            .bind(pool.as_str())
            .bind(most)
            .fetch_all(self.read())
            .await?;
        let step = |(below, covers, expected): (u32, u32, f64)| Step {
            below,
            covers: covers.into(),
            expected,
        };
        Ok(rows.into_iter().map(step).collect())
    }

    /// Covers of an audit's slice that [`Store::keep_slice`] would keep now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn left_of_slice(&self, topic: TopicId, audit: &str) -> Result<u64> {
        let left: u32 = sqlx::query_scalar(COUNT_LEFT)
            .bind(topic.0)
            .bind(audit)
            .fetch_one(self.read())
            .await?;
        Ok(left.into())
    }

    /// Keeps what is left of an audit's slice, as one stroke, if `allows` says that the audit
    /// allows it; both in one transaction. The same stroke again changes nothing and gives the
    /// same answer. The inner error is why it is not allowed.
    ///
    /// # Errors
    /// [`Error::Missing`] for an unknown audit, and what the database says; nothing is then kept.
    pub async fn keep_slice<R>(
        &self,
        topic: TopicId,
        keep: &KeepSlice<'_>,
        allows: impl FnOnce(&Audit) -> Result<(), R>,
        now: i64,
    ) -> Result<Result<Counts, R>> {
        let mut tx = self.begin().await?;
        let said = stroke::marks(&mut tx, topic, keep.annotator, keep.stroke).await?;
        if !said.is_empty() {
            return Ok(Ok(Counts::of(&said)));
        }
        let Some(audit) = audit::named(&mut tx, topic, keep.audit).await? else {
            return Err(Error::Missing {
                what: "audit",
                name: keep.audit.to_owned(),
                hint: "Reload the page.",
            });
        };
        if let Err(refusal) = allows(&audit) {
            return Ok(Err(refusal));
        }
        let counts = keep_left(&mut tx, topic, keep, now).await?;
        tx.commit().await?;
        Ok(Ok(counts))
    }
}

async fn keep_left(tx: &mut Tx, topic: TopicId, keep: &KeepSlice<'_>, now: i64) -> Result<Counts> {
    sqlx::query(KEEP_LEFT)
        .bind(topic.0)
        .bind(keep.audit)
        .bind(keep.annotator)
        .bind(keep.stroke)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    sqlx::query(SET_KEPT_BY)
        .bind(keep.audit)
        .bind(keep.stroke)
        .execute(&mut **tx)
        .await?;
    let said = stroke::marks(tx, topic, keep.annotator, keep.stroke).await?;
    Ok(Counts::of(&said))
}

/// The covers of a slice, and the model by which they are.
pub(crate) async fn covers(
    tx: &mut Tx,
    topic: TopicId,
    pool: Pool,
    below: f64,
) -> Result<(Vec<i64>, i64)> {
    let model: Option<i64> = sqlx::query_scalar(CURRENT_MODEL)
        .bind(topic.0)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(model) = model else {
        return Err(Error::Missing {
            what: "model",
            name: "to score by".into(),
            hint: "Train one: trainer kfold && trainer fit && trainer find.",
        });
    };
    let covers = sqlx::query_scalar(SLICE)
        .bind(topic.0)
        .bind(pool.as_str())
        .bind(model)
        .bind(below)
        .fetch_all(&mut **tx)
        .await?;
    Ok((covers, model))
}
