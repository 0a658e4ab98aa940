//! What was decided, stroke by stroke.

use sqlx::FromRow;

use crate::confirm::Counts;
use crate::label::hash;
use crate::statement::statements;
use crate::{Error, Queue, Result, Store, TopicId};

statements! {
    STROKES = "
        select d.stroke, d.annotator, min(d.id) as first, max(d.decided_at) as decided_at,
               min(d.pool) as pool,
               count(*) filter (where d.decision = 'keep') as keep,
               count(*) filter (where d.decision = 'reject') as reject,
               count(*) filter (where d.decision = 'unsure') as unsure,
               count(*) filter (where d.decision = 'broken') as broken,
               count(*) filter (where d.source = 'import') > 0 as imported,
               count(*) filter (where d.source = 'bulk') > 0 as bulk,
               max(d.visible_ms) as visible_ms,
               (select q.queue from sheet q where q.id = d.stroke) as queue,
               (select l.act from decision l
                where l.topic_id = $1 and l.annotator = d.annotator and l.stroke = d.stroke
                order by l.id desc limit 1) <> 'undo' as in_effect
        from decision d
        where d.topic_id = $1 and d.act = 'decide' and d.id < $2
        group by d.annotator, d.stroke order by first desc limit $3";
    SHOWN = "
        select c.sha256, coalesce(v.title, ''), coalesce(v.url, '')
        from decision d
        join cover c on c.id = d.cover_id
        left join video v on v.id = (
            select g.video_id from sighting g where g.cover_id = c.id
            order by g.seen_at desc, g.video_id desc limit 1)
        where d.topic_id = $1 and d.annotator = $2 and d.stroke = $3 and d.act = 'decide'
          and d.source = 'explicit'
        order by d.decision = 'reject' desc, d.id limit $4";
}

/// One stroke of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrokeRow {
    /// Its name.
    pub stroke: String,
    /// Who.
    pub annotator: String,
    /// Its first row in the log: where the next page of history ends.
    pub first: i64,
    /// Unix milliseconds.
    pub decided_at: i64,
    /// The pool.
    pub pool: String,
    /// What was said.
    pub counts: Counts,
    /// It came from a file.
    pub imported: bool,
    /// It kept a slice after an audit.
    pub bulk: bool,
    /// Of a sheet: where its covers came from.
    pub queue: Option<Queue>,
    /// How long the covers were before the person's eyes, milliseconds.
    pub visible_ms: Option<i64>,
    /// It was not taken back.
    pub in_effect: bool,
}

/// A cover that a person touched in a stroke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// The cover's identity.
    pub sha256: [u8; 32],
    /// Of the newest video seen with it; untrusted text.
    pub title: String,
    /// The video's page; untrusted.
    pub url: String,
}

#[derive(FromRow)]
struct Row {
    stroke: String,
    annotator: String,
    first: i64,
    decided_at: i64,
    pool: String,
    keep: u32,
    reject: u32,
    unsure: u32,
    broken: u32,
    imported: bool,
    bulk: bool,
    queue: Option<String>,
    visible_ms: Option<i64>,
    in_effect: bool,
}

impl TryFrom<Row> for StrokeRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            stroke: row.stroke,
            annotator: row.annotator,
            first: row.first,
            decided_at: row.decided_at,
            pool: row.pool,
            counts: Counts {
                keep: row.keep,
                reject: row.reject,
                unsure: row.unsure,
                broken: row.broken,
            },
            imported: row.imported,
            bulk: row.bulk,
            queue: row.queue.as_deref().map(str::parse).transpose()?,
            visible_ms: row.visible_ms,
            in_effect: row.in_effect,
        })
    }
}

impl Store {
    /// At most `limit` strokes that began before log row `before`, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn strokes(&self, topic: TopicId, before: i64, limit: u32) -> Result<Vec<StrokeRow>> {
        let rows: Vec<Row> = sqlx::query_as(STROKES)
            .bind(topic.0)
            .bind(before)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        rows.into_iter().map(StrokeRow::try_from).collect()
    }

    /// The covers that the person touched in a stroke, rejected ones first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn touched(
        &self,
        topic: TopicId,
        annotator: &str,
        stroke: &str,
        limit: u32,
    ) -> Result<Vec<Touched>> {
        let rows: Vec<(Vec<u8>, String, String)> = sqlx::query_as(SHOWN)
            .bind(topic.0)
            .bind(annotator)
            .bind(stroke)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        let touched = |(sha256, title, url): (Vec<u8>, _, _)| {
            Ok(Touched {
                sha256: hash(&sha256)?,
                title,
                url,
            })
        };
        rows.into_iter().map(touched).collect()
    }
}
