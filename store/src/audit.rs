//! Audits: a random sample of covers that are taken for something, looked at once more, so that
//! what is wrong among all of them can be bounded; and the one stroke that such a bound allows.

use serde::Serialize;
use sqlx::FromRow;

use crate::confirm::Counts;
use crate::decision::Tx;
use crate::dice::Dice;
use crate::queue::ids;
use crate::sheet::NewSheet;
use crate::statement::statements;
use crate::{Error, Pool, Queue, Result, Store, TopicId, stroke};

statements! {
    FIND = "select exists (select 1 from audit where id = $1)";
    KEPT = "
        select cover_id from standing
        where topic_id = $1 and pool = $2 and decision = 'keep' order by cover_id";
    CURRENT_MODEL = "
        select model_id from promotion where topic_id = $1 order by id desc limit 1";
    SLICE = "
        select p.cover_id
        from score s
        cross join pool p on p.topic_id = $1 and p.cover_id = s.cover_id and p.pool = $2
        where s.model_id = $3 and s.probability < $4
          and not exists (select 1 from standing d
                          where d.topic_id = $1 and d.cover_id = s.cover_id)
        order by p.cover_id";
    COUNT_SLICE = "
        select count(*), coalesce(sum(s.probability), 0.0)
        from score s
        cross join pool p on p.topic_id = $1 and p.cover_id = s.cover_id and p.pool = $2
        where s.model_id = (select m.model_id from promotion m
                            where m.topic_id = $1 order by m.id desc limit 1)
          and s.probability < $3
          and not exists (select 1 from standing d
                          where d.topic_id = $1 and d.cover_id = s.cover_id)";
    ADD = "
        insert into audit (id, topic_id, pool, below, model_id, frame, sample, opened_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    ADD_COVERS = "
        insert into audit_cover (audit_id, place, cover_id)
        select $1, j.key + 1, j.value from json_each($2) j";
    NEWEST = "
        select id, pool, below, model_id, frame, sample, opened_at,
               model_id = (select p.model_id from promotion p
                           where p.topic_id = $1 order by p.id desc limit 1) as current
        from audit
        where topic_id = $1 and pool = $2 and (below is not null) = $3
        order by opened_at desc, id desc limit 1";
    /// In a sample of kept covers: what was looked at in the audit, or is kept no longer. Who
    /// cannot tell has not said that no cat is there.
    CHECKED_OF_KEPT = "
        select count(*) filter (where v.cover_id is not null or d.decision <> 'keep') as checked,
               count(*) filter (where d.decision in ('reject', 'unsure')) as found
        from audit_cover a
        join standing d on d.topic_id = $1 and d.cover_id = a.cover_id
        left join (select l.cover_id from second_look l where l.audit_id = $2) v
          on v.cover_id = a.cover_id
        where a.audit_id = $2 and a.place <= $3";
    /// In a sample of undecided covers: what somebody has decided by looking.
    CHECKED_OF_SLICE = "
        select count(*) as checked,
               count(*) filter (where d.decision in ('reject', 'unsure')) as found
        from audit_cover a
        join standing d on d.topic_id = $1 and d.cover_id = a.cover_id
        join decision e on e.id = d.decision_id and e.source <> 'bulk'
        where a.audit_id = $2 and a.place <= $3";
    UNDECIDED_OF_SLICE = "
        select count(*) from audit_cover a
        where a.audit_id = $2
          and not exists (select 1 from standing d
                          where d.topic_id = $1 and d.cover_id = a.cover_id)";
    NEXT_KEPT = "
        select a.cover_id
        from audit_cover a
        cross join standing d on d.topic_id = $1 and d.cover_id = a.cover_id
        where a.audit_id = $2 and a.place <= $3 and d.decision = 'keep'
          and not exists (select 1 from second_look v
                          where v.cover_id = a.cover_id and v.audit_id = $2)
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || a.cover_id and l.until > $4)
        order by a.place limit $5";
    NEXT_OF_SLICE = "
        select a.cover_id
        from audit_cover a
        where a.audit_id = $2 and a.place <= $3
          and not exists (select 1 from standing d
                          where d.topic_id = $1 and d.cover_id = a.cover_id)
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || a.cover_id and l.until > $4)
        order by a.place limit $5";
    /// What moved to another pool meanwhile is not taken for a member of this one.
    KEEP_SLICE = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, decided_at)
        select $4 || '/' || a.cover_id, p.topic_id, p.cover_id, p.pool, 'keep', $3, 'annotator',
               'bulk', 'decide', $4, $5
        from audit_cover a
        join audit u on u.id = a.audit_id
        join pool p on p.topic_id = $1 and p.cover_id = a.cover_id and p.pool = u.pool
        where a.audit_id = $2
          and not exists (select 1 from standing d
                          where d.topic_id = $1 and d.cover_id = a.cover_id)
        order by a.place";
}

/// Covers of an audit of what was kept, at most: none of 3,000 says at most one in a thousand.
pub const KEPT_SAMPLE: usize = 3000;
/// Covers looked at before a slice may be kept: none of 300 says at most one in a hundred.
pub const SLICE_SAMPLE: usize = 300;

/// An audit to begin.
#[derive(Debug, Clone)]
pub struct NewAudit<'a> {
    /// Made by the page; beginning it again changes nothing.
    pub id: &'a str,
    /// The pool.
    pub pool: Pool,
    /// Of undecided covers that the current model scored below this; else of kept ones.
    pub below: Option<f64>,
    /// Of the sample.
    pub seed: u64,
}

/// An audit and how far it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Audit {
    /// Its id.
    pub id: String,
    /// The pool.
    pub pool: Pool,
    /// The score that its slice is below; `None`: of kept covers.
    pub below: Option<f64>,
    /// The slice is one of the current model.
    pub current: bool,
    /// Covers that the sample is drawn from.
    pub frame: u64,
    /// Covers in the sample.
    pub sample: u64,
    /// Unix milliseconds.
    pub opened_at: i64,
    /// Of the sample, looked at.
    pub checked: u64,
    /// Among them, not what they were taken for, or perhaps not.
    pub found: u64,
}

#[derive(FromRow)]
struct Row {
    id: String,
    pool: String,
    below: Option<f64>,
    model_id: Option<i64>,
    frame: u32,
    sample: u32,
    opened_at: i64,
    current: Option<bool>,
}

impl Store {
    /// Begins an audit: draws its sample.
    ///
    /// # Errors
    /// [`Error::Missing`] for a slice without a model, and what the database says.
    pub async fn begin_audit(&self, topic: TopicId, new: &NewAudit<'_>, now: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        begin(&mut tx, topic, new, now).await?;
        tx.commit().await?;
        Ok(())
    }

    /// The newest audit of a pool's kept covers, or of a slice below a score.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_audit(
        &self,
        topic: TopicId,
        pool: Pool,
        slice: bool,
    ) -> Result<Option<Audit>> {
        let row: Option<Row> = sqlx::query_as(NEWEST)
            .bind(topic.0)
            .bind(pool.as_str())
            .bind(slice)
            .fetch_optional(self.read())
            .await?;
        let Some(row) = row else { return Ok(None) };
        let counting = if slice {
            CHECKED_OF_SLICE
        } else {
            CHECKED_OF_KEPT
        };
        let (checked, found): (u32, u32) = sqlx::query_as(counting)
            .bind(topic.0)
            .bind(&row.id)
            .bind(row.sample)
            .fetch_one(self.read())
            .await?;
        Ok(Some(Audit {
            pool: row.pool.parse()?,
            below: row.below,
            current: row.model_id.is_none() || row.current.unwrap_or(false),
            frame: row.frame.into(),
            sample: row.sample.into(),
            opened_at: row.opened_at,
            checked: checked.into(),
            found: found.into(),
            id: row.id,
        }))
    }

    /// Covers of an audit's slice that are undecided still.
    ///
    /// # Errors
    /// What the database says.
    pub async fn undecided_of_slice(&self, topic: TopicId, audit: &str) -> Result<u64> {
        let left: u32 = sqlx::query_scalar(UNDECIDED_OF_SLICE)
            .bind(topic.0)
            .bind(audit)
            .fetch_one(self.read())
            .await?;
        Ok(left.into())
    }

    /// How many undecided covers of a pool the current model scored below `below`, and how many
    /// of them show the topic if it is right.
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

    /// Keeps what is undecided of an audit's slice, as one stroke; whether the audit allows it is
    /// the caller's to judge. The same stroke again changes nothing and gives the same answer.
    ///
    /// # Errors
    /// What the database says; nothing is then kept.
    pub async fn keep_slice(
        &self,
        topic: TopicId,
        annotator: &str,
        audit: &str,
        stroke: &str,
        now: i64,
    ) -> Result<Counts> {
        let mut tx = self.begin().await?;
        if stroke::marks(&mut tx, topic, annotator, stroke)
            .await?
            .is_empty()
        {
            sqlx::query(KEEP_SLICE)
                .bind(topic.0)
                .bind(audit)
                .bind(annotator)
                .bind(stroke)
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        let marks = stroke::marks(&mut tx, topic, annotator, stroke).await?;
        tx.commit().await?;
        Ok(Counts::of(&marks))
    }
}

async fn begin(tx: &mut Tx, topic: TopicId, new: &NewAudit<'_>, now: i64) -> Result<()> {
    let known: bool = sqlx::query_scalar(FIND)
        .bind(new.id)
        .fetch_one(&mut **tx)
        .await?;
    if known {
        return Ok(());
    }
    let (mut covers, model) = frame(tx, topic, new).await?;
    Dice::new(new.seed).shuffle(&mut covers);
    let frame = covers.len();
    let most = if new.below.is_some() {
        SLICE_SAMPLE
    } else {
        KEPT_SAMPLE
    };
    let sample = frame.min(most);
    if new.below.is_none() {
        covers.truncate(sample);
    }
    let count = |n: usize| i64::try_from(n).expect("covers are countable");
    sqlx::query(ADD)
        .bind(new.id)
        .bind(topic.0)
        .bind(new.pool.as_str())
        .bind(new.below)
        .bind(model)
        .bind(count(frame))
        .bind(count(sample))
        .bind(now)
        .execute(&mut **tx)
        .await?;
    sqlx::query(ADD_COVERS)
        .bind(new.id)
        .bind(ids(&covers))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The covers that the sample is drawn from, and the model by which they are.
async fn frame(tx: &mut Tx, topic: TopicId, new: &NewAudit<'_>) -> Result<(Vec<i64>, Option<i64>)> {
    let Some(below) = new.below else {
        let kept = sqlx::query_scalar(KEPT)
            .bind(topic.0)
            .bind(new.pool.as_str())
            .fetch_all(&mut **tx)
            .await?;
        return Ok((kept, None));
    };
    let Some(model) = current_model(tx, topic).await? else {
        return Err(Error::Missing {
            what: "model",
            name: "to score by".into(),
            hint: "Train one: trainer kfold && trainer fit && trainer find.",
        });
    };
    let covers = slice(tx, topic, new.pool, model, below).await?;
    Ok((covers, Some(model)))
}

async fn current_model(tx: &mut Tx, topic: TopicId) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(CURRENT_MODEL)
        .bind(topic.0)
        .fetch_optional(&mut **tx)
        .await?)
}

async fn slice(
    tx: &mut Tx,
    topic: TopicId,
    pool: Pool,
    model: i64,
    below: f64,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(SLICE)
        .bind(topic.0)
        .bind(pool.as_str())
        .bind(model)
        .bind(below)
        .fetch_all(&mut **tx)
        .await?)
}

/// The next covers of the newest audit. One of kept covers begins by itself.
pub(crate) async fn next(
    tx: &mut Tx,
    topic: TopicId,
    new: &NewSheet<'_>,
    now: i64,
) -> Result<(Vec<i64>, Option<String>)> {
    let slice = new.queue == Queue::Below;
    let mut found = newest(tx, topic, new.pool, slice).await?;
    if found.is_none() && !slice {
        let audit = NewAudit {
            id: new.id,
            pool: new.pool,
            below: None,
            seed: new.seed,
        };
        begin(tx, topic, &audit, now).await?;
        found = newest(tx, topic, new.pool, slice).await?;
    }
    let Some(audit) = found else {
        return Ok((Vec::new(), None));
    };
    let covers = sqlx::query_scalar(if slice { NEXT_OF_SLICE } else { NEXT_KEPT })
        .bind(topic.0)
        .bind(&audit.id)
        .bind(audit.sample)
        .bind(now)
        .bind(new.size)
        .fetch_all(&mut **tx)
        .await?;
    Ok((covers, Some(audit.id)))
}

async fn newest(tx: &mut Tx, topic: TopicId, pool: Pool, slice: bool) -> Result<Option<Row>> {
    Ok(sqlx::query_as(NEWEST)
        .bind(topic.0)
        .bind(pool.as_str())
        .bind(slice)
        .fetch_optional(&mut **tx)
        .await?)
}
