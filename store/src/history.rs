//! What was decided, stroke by stroke.

use std::str::FromStr;

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
               count(*) filter (where d.source = 'explicit') as explicit,
               count(*) filter (where d.source = 'propagated') as propagated,
               count(*) filter (where d.source = 'import') > 0 as imported,
               count(*) filter (where d.source = 'bulk') > 0 as bulk,
               max(d.visible_ms) as visible_ms,
               exists (select 1 from sheet q where q.id = d.stroke) as of_sheet,
               (select q.queue from sheet q where q.id = d.stroke) as queue,
               (select u.below from audit u where u.kept_by = d.stroke) as below,
               (select l.act from decision l
                where l.topic_id = $1 and l.annotator = d.annotator and l.stroke = d.stroke
                order by l.id desc limit 1) <> 'undo' as in_effect
        from decision d
        where d.topic_id = $1 and d.act = 'decide' and d.id < $2
          and ($4 is null
               or ($4 in ('bulk', 'import') and d.source = $4)
               or ($4 = 'single' and d.source in ('explicit', 'propagated')
                   and not exists (select 1 from sheet q where q.id = d.stroke))
               or exists (select 1 from sheet q where q.id = d.stroke and q.queue = $4))
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

/// What a stroke was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A confirmed sheet of a queue; of a sheet of an older Whisker the queue is not known.
    Sheet(Option<Queue>),
    /// The rest of a slice, kept at once after an audit.
    Bulk,
    /// Covers that were judged one by one, or chosen together.
    Single,
    /// Read from a file.
    Import,
}

impl Origin {
    /// All that can be asked for, those of queues first.
    pub fn all() -> impl Iterator<Item = Self> {
        let sheets = Queue::ALL.into_iter().map(|queue| Self::Sheet(Some(queue)));
        sheets.chain([Self::Bulk, Self::Single, Self::Import])
    }

    /// As it is asked for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sheet(queue) => queue.map_or("", Queue::as_str),
            Self::Bulk => "bulk",
            Self::Single => "single",
            Self::Import => "import",
        }
    }
}

impl FromStr for Origin {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::all().find(|origin| origin.as_str() == text);
        named.ok_or_else(|| Error::Value {
            what: "kind of stroke",
            value: text.to_owned(),
        })
    }
}

/// One stroke of one person.
#[derive(Debug, Clone, PartialEq)]
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
    /// Covers that the person touched.
    pub explicit: u32,
    /// Covers that only a near-duplicate was decided of.
    pub propagated: u32,
    /// What it was.
    pub origin: Origin,
    /// Of a slice that was kept at once: the score that it was below.
    pub below: Option<f64>,
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
    explicit: u32,
    propagated: u32,
    imported: bool,
    bulk: bool,
    of_sheet: bool,
    queue: Option<String>,
    below: Option<f64>,
    visible_ms: Option<i64>,
    in_effect: bool,
}

impl TryFrom<Row> for StrokeRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let queue = row.queue.as_deref().map(str::parse).transpose()?;
        let origin = match () {
            () if row.imported => Origin::Import,
            () if row.bulk => Origin::Bulk,
            () if row.of_sheet => Origin::Sheet(queue),
            () => Origin::Single,
        };
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
            explicit: row.explicit,
            propagated: row.propagated,
            origin,
            below: row.below,
            visible_ms: row.visible_ms,
            in_effect: row.in_effect,
        })
    }
}

impl Store {
    /// At most `limit` strokes that began before log row `before`, newest first; of one origin
    /// if it is named.
    ///
    /// # Errors
    /// What the database says.
    pub async fn strokes(
        &self,
        topic: TopicId,
        origin: Option<Origin>,
        before: i64,
        limit: u32,
    ) -> Result<Vec<StrokeRow>> {
        let rows: Vec<Row> = sqlx::query_as(STROKES)
            .bind(topic.0)
            .bind(before)
            .bind(limit)
            .bind(origin.map(Origin::as_str))
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
