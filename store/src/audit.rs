//! Audits: a random sample of covers that are taken for something, looked at, so that what is
//! wrong among all of them can be bounded.

use serde::Serialize;
use sqlx::{FromRow, SqliteConnection};

use crate::decision::Tx;
use crate::dice::Dice;
use crate::queue::ids;
use crate::sheet::NewSheet;
use crate::statement::statements;
use crate::{Pool, Queue, Result, Store, TopicId, slice};

statements! {
    FIND = "select exists (select 1 from audit where id = $1)";
    KEPT = "
        select cover_id from standing
        where topic_id = $1 and pool = $2 and decision = 'keep' order by cover_id";
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
    NAMED = "
        select id, pool, below, model_id, frame, sample, opened_at,
               model_id = (select p.model_id from promotion p
                           where p.topic_id = $1 order by p.id desc limit 1) as current
        from audit where topic_id = $1 and id = $2";
    /// In a sample of kept covers: what was looked at in the audit, or is kept no longer. Who
    /// cannot tell has not said that no cat is there. What lies behind the last that was looked
    /// at counts only as waiting: whoever finds cats there by other ways has not looked at the rest.
    CHECKED_OF_KEPT = "
        with sample as materialized (
            select a.place, d.decision,
                   a.cover_id in (select l.cover_id from second_look l where l.audit_id = $2) as looked
            from audit_cover a
            join standing d on d.topic_id = $1 and d.cover_id = a.cover_id
            where a.audit_id = $2 and a.place <= $3)
        select count(*) filter (where place <= last and (looked or decision <> 'keep')) as checked,
               count(*) filter (where place <= last and decision in ('reject', 'unsure')) as found,
               count(*) filter (where not looked and decision = 'keep') as waiting
        from sample
        cross join (select coalesce(max(place), 0) as last from sample where looked)";
    /// In a sample of undecided covers: what somebody has decided by looking. One that came to
    /// another pool meanwhile can only be found by a decision there.
    CHECKED_OF_SLICE = "
        select count(*) filter (where e.source <> 'bulk') as checked,
               count(*) filter (where e.source <> 'bulk'
                                  and (d.decision = 'unsure'
                                       or (d.decision = 'reject') = (d.pool = u.pool))) as found,
               count(*) filter (where e.id is null and p.pool = u.pool) as waiting
        from audit u
        cross join audit_cover a on a.audit_id = u.id
        left join standing d on d.topic_id = $1 and d.cover_id = a.cover_id
        left join decision e on e.id = d.decision_id
        left join pool p on p.topic_id = $1 and p.cover_id = a.cover_id
        where u.id = $2 and a.place <= $3";
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
        from audit u
        cross join audit_cover a on a.audit_id = u.id
        cross join pool p on p.topic_id = $1 and p.cover_id = a.cover_id and p.pool = u.pool
        where u.id = $2 and a.place <= $3
          and not exists (select 1 from standing d
                          where d.topic_id = $1 and d.cover_id = a.cover_id)
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || a.cover_id and l.until > $4)
        order by a.place limit $5";
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
    /// Of the sample, still to be looked at. What is neither was decided otherwise, or left the
    /// pool.
    pub waiting: u64,
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
        let mut connection = self.read().acquire().await?;
        Ok(Some(counted(&mut connection, topic, row).await?))
    }
}

/// The audit of that id.
pub(crate) async fn named(tx: &mut Tx, topic: TopicId, id: &str) -> Result<Option<Audit>> {
    let row: Option<Row> = sqlx::query_as(NAMED)
        .bind(topic.0)
        .bind(id)
        .fetch_optional(&mut **tx)
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(counted(tx, topic, row).await?))
}

async fn counted(connection: &mut SqliteConnection, topic: TopicId, row: Row) -> Result<Audit> {
    let counting = if row.below.is_some() {
        CHECKED_OF_SLICE
    } else {
        CHECKED_OF_KEPT
    };
    let (checked, found, waiting): (u32, u32, u32) = sqlx::query_as(counting)
        .bind(topic.0)
        .bind(&row.id)
        .bind(row.sample)
        .fetch_one(connection)
        .await?;
    Ok(Audit {
        pool: row.pool.parse()?,
        below: row.below,
        current: row.model_id.is_none() || row.current.unwrap_or(false),
        frame: row.frame.into(),
        sample: row.sample.into(),
        opened_at: row.opened_at,
        checked: checked.into(),
        found: found.into(),
        waiting: waiting.into(),
        id: row.id,
    })
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
    let (covers, model) = slice::covers(tx, topic, new.pool, below).await?;
    Ok((covers, Some(model)))
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
