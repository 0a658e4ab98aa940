//! Strokes: what one undo takes back. Undo and redo add events, one per cover, so they reach
//! back without limit and across restarts, and the log stays a log.
//!
//! A person's strokes are a stack: undo takes the newest one in effect, redo the one most
//! recently undone, for as long as nothing new was decided since.

use serde::Serialize;
use sqlx::FromRow;

use crate::decision::Tx;
use crate::label::hash;
use crate::statement::statements;
use crate::{Choice, Pool, Result, Source, Store, TopicId};

statements! {
    LATEST_IN_EFFECT = "
        select d.stroke from decision d
        where d.topic_id = $1 and d.annotator = $2 and d.act = 'decide'
          and (select l.act from decision l
               where l.topic_id = $1 and l.annotator = $2 and l.stroke = d.stroke
               order by l.id desc limit 1) <> 'undo'
        order by d.id desc limit 1";
    LATEST_UNDONE = "
        select u.stroke from decision u
        where u.topic_id = $1 and u.annotator = $2 and u.act = 'undo'
          and u.id > (select coalesce(max(d.id), 0) from decision d
                      where d.topic_id = $1 and d.annotator = $2 and d.act = 'decide')
          and not exists (select 1 from decision l
                          where l.topic_id = $1 and l.annotator = $2 and l.stroke = u.stroke
                            and l.id > u.id and l.act <> 'undo')
        order by u.id desc limit 1";
    /// What the person said before the stroke is what the log's row before it says, because
    /// strokes are a stack: all that was undone since is above it.
    UNDO = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, undoes, decided_at)
        select $4 || ':' || t.cover_id, $1, t.cover_id, coalesce(p.pool, t.pool), p.decision, $2,
               coalesce(p.role, t.role), coalesce(p.source, t.source), 'undo', $3, t.event, $5
        from decision t
        left join decision p on p.id = (
            select max(e.id) from decision e
            where e.topic_id = $1 and e.cover_id = t.cover_id and e.annotator = $2
              and e.id < (select min(f.id) from decision f
                          where f.topic_id = $1 and f.annotator = $2 and f.stroke = $3
                            and f.cover_id = t.cover_id))
        where t.topic_id = $1 and t.annotator = $2 and t.stroke = $3
          and t.id = (select max(l.id) from decision l
                      where l.topic_id = $1 and l.annotator = $2 and l.stroke = $3
                        and l.cover_id = t.cover_id)
        order by t.id";
    REDO = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, undoes, decided_at)
        select $4 || ':' || t.cover_id, $1, t.cover_id, d.pool, d.decision, $2, d.role, d.source,
               'redo', $3, t.event, $5
        from decision t
        join decision d on d.id = (
            select max(e.id) from decision e
            where e.topic_id = $1 and e.annotator = $2 and e.stroke = $3
              and e.cover_id = t.cover_id and e.act = 'decide')
        where t.topic_id = $1 and t.annotator = $2 and t.stroke = $3
          and t.id = (select max(l.id) from decision l
                      where l.topic_id = $1 and l.annotator = $2 and l.stroke = $3
                        and l.cover_id = t.cover_id)
        order by t.id";
    /// `;` follows `:`: the events that this name made.
    MADE_BY = "
        select stroke from decision where event >= $1 || ':' and event < $1 || ';' limit 1";
    MARKS = "
        select c.sha256, d.pool, d.decision, d.source
        from decision d join cover c on c.id = d.cover_id
        where d.topic_id = $1 and d.annotator = $2 and d.stroke = $3 and d.act = 'decide'
        order by d.id";
}

/// What a stroke said of a cover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The cover's identity.
    #[serde(serialize_with = "hex")]
    pub sha256: [u8; 32],
    /// The pool it was said in.
    pub pool: Pool,
    /// What was said.
    pub decision: Choice,
    /// How it came about.
    pub source: Source,
}

/// A stroke that was undone or redone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stroke {
    /// A sheet's id, an import's, or an event's name.
    pub stroke: String,
    /// All that it said, in the order it was said.
    pub marks: Vec<Mark>,
}

#[derive(FromRow)]
struct MarkRow {
    sha256: Vec<u8>,
    pool: String,
    decision: String,
    source: String,
}

impl TryFrom<MarkRow> for Mark {
    type Error = crate::Error;

    fn try_from(row: MarkRow) -> Result<Self> {
        Ok(Self {
            sha256: hash(&row.sha256)?,
            pool: row.pool.parse()?,
            decision: row.decision.parse()?,
            source: row.source.parse()?,
        })
    }
}

/// The two acts on a stroke: which one is next, and the events it adds.
struct Acting {
    next: &'static str,
    append: &'static str,
}

const UNDOING: Acting = Acting {
    next: LATEST_IN_EFFECT,
    append: UNDO,
};
const REDOING: Acting = Acting {
    next: LATEST_UNDONE,
    append: REDO,
};

impl Store {
    /// Takes back `annotator`'s newest stroke in effect: on each of its covers the person
    /// says again what was said before it. `name` makes the names of the new events: the same
    /// name again changes nothing and gives the same answer. `None` when nothing is left.
    ///
    /// # Errors
    /// What the database says; nothing is then taken back.
    pub async fn undo(
        &self,
        topic: TopicId,
        annotator: &str,
        name: &str,
        now: i64,
    ) -> Result<Option<Stroke>> {
        self.act(&UNDOING, topic, annotator, name, now).await
    }

    /// Takes back the newest undo, as long as `annotator` has decided nothing since.
    /// `name` as in [`Store::undo`].
    ///
    /// # Errors
    /// What the database says; nothing is then changed.
    pub async fn redo(
        &self,
        topic: TopicId,
        annotator: &str,
        name: &str,
        now: i64,
    ) -> Result<Option<Stroke>> {
        self.act(&REDOING, topic, annotator, name, now).await
    }

    async fn act(
        &self,
        acting: &Acting,
        topic: TopicId,
        annotator: &str,
        name: &str,
        now: i64,
    ) -> Result<Option<Stroke>> {
        let mut tx = self.begin().await?;
        let stroke = act(&mut tx, acting, topic, annotator, name, now).await?;
        let stroke = match stroke {
            None => None,
            Some(stroke) => {
                let marks = marks(&mut tx, topic, annotator, &stroke).await?;
                Some(Stroke { stroke, marks })
            }
        };
        tx.commit().await?;
        Ok(stroke)
    }
}

/// The stroke that was acted on, now or when `name` was used before.
async fn act(
    tx: &mut Tx,
    acting: &Acting,
    topic: TopicId,
    annotator: &str,
    name: &str,
    now: i64,
) -> Result<Option<String>> {
    let before: Option<String> = sqlx::query_scalar(MADE_BY)
        .bind(name)
        .fetch_optional(&mut **tx)
        .await?;
    if before.is_some() {
        return Ok(before);
    }
    let stroke: Option<String> = sqlx::query_scalar(acting.next)
        .bind(topic.0)
        .bind(annotator)
        .fetch_optional(&mut **tx)
        .await?;
    if let Some(stroke) = &stroke {
        sqlx::query(acting.append)
            .bind(topic.0)
            .bind(annotator)
            .bind(stroke)
            .bind(name)
            .bind(now)
            .execute(&mut **tx)
            .await?;
    }
    Ok(stroke)
}

pub(crate) async fn marks(
    tx: &mut Tx,
    topic: TopicId,
    annotator: &str,
    stroke: &str,
) -> Result<Vec<Mark>> {
    let rows: Vec<MarkRow> = sqlx::query_as(MARKS)
        .bind(topic.0)
        .bind(annotator)
        .bind(stroke)
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter().map(Mark::try_from).collect()
}

/// Bytes as lower-case hexadecimal: how hashes travel in JSON.
pub(crate) fn hex<S: serde::Serializer>(bytes: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
    let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    to.serialize_str(&digits)
}
