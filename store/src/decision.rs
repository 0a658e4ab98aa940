//! The log of what people said. Rows are only ever added; undo and redo are rows too.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::{FromRow, Sqlite, Transaction};

use crate::cover::join_pool;
use crate::label::hash;
use crate::statement::statements;
use crate::{Error, Pool, Result, Store, TopicId};

statements! {
    APPEND = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, undoes, decided_at, visible_ms)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        on conflict (event) do nothing
        returning id";
    LATEST_OF = "
        select pool, decision from decision
        where topic_id = $1 and cover_id = $2 and annotator = $3
        order by id desc limit 1";
    POOL_OF = "select pool from pool where topic_id = $1 and cover_id = $2";
    COVER_BY_HASH = "select id from cover where sha256 = $1";
    COVER_BY_URL = "
        select s.cover_id from sighting s join video v on v.id = s.video_id
        where s.image_url = $1 or v.url = $1
        order by s.seen_at desc, s.cover_id desc limit 1";
    COVER_BY_FILE = "
        select s.cover_id from sighting s join video v on v.id = s.video_id
        where v.site = 'folder' and v.key = $1
        order by s.seen_at desc, s.cover_id desc limit 1";
    EVENTS_AFTER = "
        select d.id, d.event, c.sha256, d.pool, d.decision, d.annotator, d.role, d.source,
               d.act, d.stroke, d.undoes, d.decided_at, d.visible_ms
        from decision d join cover c on c.id = d.cover_id
        where d.topic_id = $1 and d.id > $2 order by d.id limit $3";
    HAS_EVENT = "select exists (select 1 from decision where event = $1)";
    NEWEST_EVENT = "select coalesce(max(id), 0) from decision where topic_id = $1";
    TALLY = "
        select p.pool, coalesce(s.decision, 'undecided'), count(*)
        from pool p
        left join standing s on s.topic_id = p.topic_id and s.cover_id = p.cover_id
        where p.topic_id = $1
        group by 1, 2 order by 1, 2";
    BY_ANNOTATOR = "
        select annotator, sum(case act when 'undo' then -1 else 1 end), max(decided_at)
        from decision
        where topic_id = $1 group by annotator order by 2 desc, 1";
}

/// What a person said of a cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// It belongs in its pool.
    Keep,
    /// It does not.
    Reject,
    /// The person cannot tell.
    Unsure,
    /// The picture is no cover of anything: an error page, a grey box.
    Broken,
}

/// Whose word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Anybody.
    Annotator,
    /// Beats every annotator.
    Reviewer,
}

/// How a decision came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The person touched this very cover.
    Explicit,
    /// Left at its default on a confirmed sheet.
    Sheet,
    /// Said of the representative of its group.
    Propagated,
    /// One stroke over many, after an audit.
    Bulk,
    /// Read from a file.
    Import,
}

/// What an event does to what its person says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// Says something.
    Decide,
    /// Takes a stroke back: what was said before it counts again.
    Undo,
    /// Takes an undo back.
    Redo,
}

/// Text forms: one table per enum, so that database, files and screens agree.
macro_rules! texts {
    ($type:ident, $what:literal, $($variant:ident = $text:literal),+) => {
        impl $type {
            /// As it is stored and exported.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
        impl FromStr for $type {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    other => Err(Error::Value { what: $what, value: other.to_owned() }),
                }
            }
        }
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

texts!(
    Choice,
    "decision",
    Keep = "keep",
    Reject = "reject",
    Unsure = "unsure",
    Broken = "broken"
);
texts!(Role, "role", Annotator = "annotator", Reviewer = "reviewer");
texts!(
    Source,
    "source",
    Explicit = "explicit",
    Sheet = "sheet",
    Propagated = "propagated",
    Bulk = "bulk",
    Import = "import"
);
texts!(Act, "act", Decide = "decide", Undo = "undo", Redo = "redo");

/// One row of the log, in the form that leaves and enters the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Names the event for ever.
    pub event: String,
    /// The cover, by the hash of its bytes as fetched.
    pub sha256: [u8; 32],
    /// The pool it was made in.
    pub pool: Pool,
    /// `None`: an undo that leaves the person with no decision.
    pub decision: Option<Choice>,
    /// Who.
    pub annotator: String,
    /// As what.
    pub role: Role,
    /// How.
    pub source: Source,
    /// Deciding, or taking back.
    pub act: Act,
    /// What one undo takes back: a sheet's id, an import's, or the event's own name.
    pub stroke: String,
    /// The event that an undo or redo takes back.
    pub undoes: Option<String>,
    /// Unix milliseconds.
    pub decided_at: i64,
    /// How long the person saw it, milliseconds.
    pub visible_ms: Option<i64>,
}

/// How a file names a cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CoverName {
    /// SHA-256 of its bytes as fetched.
    Sha256([u8; 32]),
    /// Where the picture was fetched, or the page of its video.
    Url(String),
    /// The absolute path that was imported.
    File(String),
}

/// A decision that a file states without being an export of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Names the event if it becomes one.
    pub event: String,
    /// The cover.
    pub cover: CoverName,
    /// Where it belongs; `None`: the pool it is in.
    pub pool: Option<Pool>,
    /// What is said.
    pub decision: Choice,
    /// Who says it.
    pub annotator: String,
    /// The import it is part of: what one undo takes back.
    pub stroke: String,
}

/// What became of an imported row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Imported {
    /// A new event.
    Added,
    /// The event, or the same word of the same person, was there.
    Known,
    /// No such cover is in the database.
    UnknownCover,
    /// The cover is in no pool, and the row names none.
    NoPool,
    /// The log does not take it, for this reason.
    Refused(&'static str),
}

/// The longest name of a person or a stroke, in characters.
const LONGEST_NAME: usize = 64;
/// The longest time before somebody's eyes that can be true: a year, in milliseconds.
const LONGEST_LOOK: i64 = 366 * 24 * 60 * 60 * 1000;
/// The end of the year 9999, Unix milliseconds: the last time that calendars agree on.
const LATEST: i64 = 253_402_300_799_999;

/// Whether this names a person or a stroke.
fn is_name(text: &str) -> bool {
    (1..=LONGEST_NAME).contains(&text.chars().count())
}

/// Why nobody can be called this, if nobody can.
pub fn annotator_fault(name: &str) -> Option<&'static str> {
    let blank = name.trim().is_empty();
    (blank || !is_name(name)).then_some("the annotator's name must have 1 to 64 characters")
}

impl Event {
    /// What in it no log takes, if anything; told before the database refuses it.
    fn fault(&self) -> Option<&'static str> {
        let faults = [
            (self.event.is_empty(), "the event has no name"),
            (
                !is_name(&self.stroke),
                "the stroke's name must have 1 to 64 characters",
            ),
            (
                self.visible_ms
                    .is_some_and(|ms| !(0..=LONGEST_LOOK).contains(&ms)),
                "visible_ms must be between 0 and a year",
            ),
            (
                !(0..=LATEST).contains(&self.decided_at),
                "decided_at must be Unix milliseconds of the years 1970 to 9999",
            ),
            (
                (self.act == Act::Decide) != self.undoes.is_none(),
                "undoes must be filled for an undo or a redo, and only for these",
            ),
            (
                self.decision.is_none() && self.act != Act::Undo,
                "decision is missing",
            ),
        ];
        let mut faults = faults.into_iter();
        annotator_fault(&self.annotator)
            .or_else(|| faults.find_map(|(wrong, why)| wrong.then_some(why)))
    }
}

/// Counts of standing decisions in one pool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, FromRow)]
pub struct Tally {
    /// `negative` or `positive`.
    pub pool: String,
    /// A decision, or `undecided`.
    pub decision: String,
    /// Covers.
    pub covers: i64,
}

#[derive(FromRow)]
struct Row {
    id: i64,
    event: String,
    sha256: Vec<u8>,
    pool: String,
    decision: Option<String>,
    annotator: String,
    role: String,
    source: String,
    act: String,
    stroke: String,
    undoes: Option<String>,
    decided_at: i64,
    visible_ms: Option<i64>,
}

impl TryFrom<Row> for Event {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            event: row.event,
            sha256: hash(&row.sha256)?,
            pool: row.pool.parse()?,
            decision: row.decision.as_deref().map(str::parse).transpose()?,
            annotator: row.annotator,
            role: row.role.parse()?,
            source: row.source.parse()?,
            act: row.act.parse()?,
            stroke: row.stroke,
            undoes: row.undoes,
            decided_at: row.decided_at,
            visible_ms: row.visible_ms,
        })
    }
}

impl Store {
    /// Appends exported events as they are, in one transaction; one result per event.
    ///
    /// # Errors
    /// What the database says; nothing of the batch is then kept.
    pub async fn import_events(&self, topic: TopicId, events: &[Event]) -> Result<Vec<Imported>> {
        let mut tx = self.begin().await?;
        let mut done = Vec::with_capacity(events.len());
        for event in events {
            done.push(import_event(&mut tx, topic, event).await?);
        }
        tx.commit().await?;
        Ok(done)
    }

    /// Appends what a file states, in one transaction; a word that the same person's latest
    /// decision already says is [`Imported::Known`], so importing a file twice changes nothing.
    ///
    /// # Errors
    /// What the database says; nothing of the batch is then kept.
    pub async fn import_statements(
        &self,
        topic: TopicId,
        statements: &[Statement],
        now: i64,
    ) -> Result<Vec<Imported>> {
        let mut tx = self.begin().await?;
        let mut done = Vec::with_capacity(statements.len());
        for statement in statements {
            done.push(import_statement(&mut tx, topic, statement, now).await?);
        }
        tx.commit().await?;
        Ok(done)
    }

    /// At most `limit` events after row `after`, and the row to go on from.
    ///
    /// # Errors
    /// What the database says.
    pub async fn events_after(
        &self,
        topic: TopicId,
        after: i64,
        limit: u32,
    ) -> Result<(Vec<Event>, i64)> {
        let rows: Vec<Row> = sqlx::query_as(EVENTS_AFTER)
            .bind(topic.0)
            .bind(after)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        let last = rows.last().map_or(after, |row| row.id);
        let events = rows
            .into_iter()
            .map(Event::try_from)
            .collect::<Result<_>>()?;
        Ok((events, last))
    }

    /// The newest row of the log: which labels a run has seen.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_event(&self, topic: TopicId) -> Result<i64> {
        Ok(sqlx::query_scalar(NEWEST_EVENT)
            .bind(topic.0)
            .fetch_one(self.read())
            .await?)
    }

    /// Covers by pool and standing decision.
    ///
    /// # Errors
    /// What the database says.
    pub async fn tally(&self, topic: TopicId) -> Result<Vec<Tally>> {
        let rows: Vec<(String, String, i64)> = sqlx::query_as(TALLY)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .map(|(pool, decision, covers)| Tally {
                pool,
                decision,
                covers,
            })
            .collect())
    }

    /// Who decided, how many decisions of theirs are in effect (taken back ones are not, changed
    /// ones are), and when they last did anything (Unix milliseconds).
    ///
    /// # Errors
    /// What the database says.
    pub async fn annotators(&self, topic: TopicId) -> Result<Vec<(String, i64, i64)>> {
        Ok(sqlx::query_as(BY_ANNOTATOR)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }
}

pub(crate) type Tx = Transaction<'static, Sqlite>;

async fn import_event(tx: &mut Tx, topic: TopicId, event: &Event) -> Result<Imported> {
    if let Some(why) = event.fault() {
        return Ok(Imported::Refused(why));
    }
    let name = CoverName::Sha256(event.sha256);
    let Some(cover) = cover_named(tx, &name).await? else {
        return Ok(Imported::UnknownCover);
    };
    if let Some(undone) = &event.undoes {
        let there: bool = sqlx::query_scalar(HAS_EVENT)
            .bind(undone)
            .fetch_one(&mut **tx)
            .await?;
        if !there {
            return Ok(Imported::Refused(
                "the event that it takes back is not here",
            ));
        }
    }
    join_pool(tx, topic, cover, event.pool, event.decided_at).await?;
    append(tx, topic, cover, event).await
}

async fn import_statement(
    tx: &mut Tx,
    topic: TopicId,
    said: &Statement,
    now: i64,
) -> Result<Imported> {
    if let Some(why) = annotator_fault(&said.annotator) {
        return Ok(Imported::Refused(why));
    }
    let Some(cover) = cover_named(tx, &said.cover).await? else {
        return Ok(Imported::UnknownCover);
    };
    let Some(pool) = pool_for(tx, topic, cover, said.pool, now).await? else {
        return Ok(Imported::NoPool);
    };
    let latest: Option<(String, Option<String>)> = sqlx::query_as(LATEST_OF)
        .bind(topic.0)
        .bind(cover)
        .bind(&said.annotator)
        .fetch_optional(&mut **tx)
        .await?;
    let same = (
        pool.as_str().to_owned(),
        Some(said.decision.as_str().to_owned()),
    );
    if latest == Some(same) {
        return Ok(Imported::Known);
    }
    let event = Event {
        event: said.event.clone(),
        sha256: [0; 32],
        pool,
        decision: Some(said.decision),
        annotator: said.annotator.clone(),
        role: Role::Annotator,
        source: Source::Import,
        act: Act::Decide,
        stroke: said.stroke.clone(),
        undoes: None,
        decided_at: now,
        visible_ms: None,
    };
    append(tx, topic, cover, &event).await
}

async fn cover_named(tx: &mut Tx, name: &CoverName) -> Result<Option<i64>> {
    let found = match name {
        CoverName::Sha256(sha256) => sqlx::query_scalar(COVER_BY_HASH).bind(&sha256[..]),
        CoverName::Url(url) => sqlx::query_scalar(COVER_BY_URL).bind(url),
        CoverName::File(path) => sqlx::query_scalar(COVER_BY_FILE).bind(path),
    };
    Ok(found.fetch_optional(&mut **tx).await?)
}

/// The pool that was named, the cover joining it if it is in none; else the one it is in.
async fn pool_for(
    tx: &mut Tx,
    topic: TopicId,
    cover: i64,
    named: Option<Pool>,
    now: i64,
) -> Result<Option<Pool>> {
    if let Some(pool) = named {
        join_pool(tx, topic, cover, pool, now).await?;
        return Ok(Some(pool));
    }
    let member: Option<String> = sqlx::query_scalar(POOL_OF)
        .bind(topic.0)
        .bind(cover)
        .fetch_optional(&mut **tx)
        .await?;
    member.as_deref().map(str::parse).transpose()
}

/// Appends `event` for `cover`; its own `sha256` is not looked at.
pub(crate) async fn append(
    tx: &mut Tx,
    topic: TopicId,
    cover: i64,
    event: &Event,
) -> Result<Imported> {
    let added: Option<i64> = sqlx::query_scalar(APPEND)
        .bind(&event.event)
        .bind(topic.0)
        .bind(cover)
        .bind(event.pool.as_str())
        .bind(event.decision.map(Choice::as_str))
        .bind(&event.annotator)
        .bind(event.role.as_str())
        .bind(event.source.as_str())
        .bind(event.act.as_str())
        .bind(&event.stroke)
        .bind(&event.undoes)
        .bind(event.decided_at)
        .bind(event.visible_ms)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(if added.is_some() {
        Imported::Added
    } else {
        Imported::Known
    })
}
