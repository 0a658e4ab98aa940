//! What a person says of covers: of a sheet at once, or of one.

use serde::Serialize;
use sqlx::FromRow;

use crate::decision::{Act, Tx, append};
use crate::label::hash;
use crate::sheet::{Found, find, release};
use crate::statement::statements;
use crate::stroke::{self, Mark, hex};
use crate::{Choice, Error, Event, Pool, Queue, Result, Role, Source, Store, TopicId};

statements! {
    /// Decided meanwhile: what stands is not what stood when the sheet was made.
    TO_CONFIRM = "
        select t.position, t.cover_id, c.sha256, t.planted, t.stood is not null as again,
               case when $3 then e.decision end as mark, s.decision_id is not null as stands,
               s.decision_id is not null and s.decision_id is distinct from t.stood as meanwhile
        from tile t
        join cover c on c.id = t.cover_id
        left join decision e on e.id = t.stood
        left join standing s on s.topic_id = $2 and s.cover_id = t.cover_id
        where t.sheet = $1 order by t.position";
    SET_SAID = "update tile set said = $3 where sheet = $1 and position = $2";
    /// To the group's members in the pool for which nobody has spoken, or only the same person by
    /// an earlier word on the same cover.
    PROPAGATE = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, decided_at, visible_ms)
        select d.event || '.' || m.id, d.topic_id, m.id, d.pool, d.decision, d.annotator, d.role,
               'propagated', 'decide', d.stroke, d.decided_at, d.visible_ms
        from decision d
        join cover c on c.id = d.cover_id
        cross join cover m
        cross join pool q
        where d.event = $1
          and (m.id = coalesce(c.representative, c.id)
               or m.representative = coalesce(c.representative, c.id))
          and q.topic_id = d.topic_id and q.cover_id = m.id and q.pool = d.pool
          and not exists (
              select 1
              from standing s join decision p on p.id = s.decision_id
              where s.topic_id = d.topic_id and s.cover_id = m.id
                and not (p.source = 'propagated' and p.annotator = d.annotator
                         and p.decision <> d.decision
                         and exists (select 1 from decision o
                                     where o.topic_id = d.topic_id and o.annotator = p.annotator
                                       and o.stroke = p.stroke and o.cover_id = d.cover_id
                                       and o.source <> 'propagated')))
        order by m.id";
    PLANTED = "
        select c.sha256, t.said from tile t join cover c on c.id = t.cover_id
        where t.sheet = $1 and t.planted = 1 and t.said is not null order by t.position";
    CHANGED = "
        select count(*) from tile t join decision d on d.id = t.stood
        where t.sheet = $1 and t.said <> d.decision";
    SET_CONFIRMED = "
        update sheet set confirmed_at = $2, annotator = $3, visible_ms = $4, covers = $5
        where id = $1";
    MEMBER = "
        select c.id, p.pool from cover c join pool p on p.cover_id = c.id
        where c.sha256 = $1 and p.topic_id = $2";
}

/// A person's word on a whole sheet.
#[derive(Debug, Clone)]
pub struct Confirm<'a> {
    /// The sheet's id.
    pub sheet: &'a str,
    /// Who.
    pub annotator: &'a str,
    /// The tiles that the person touched; all others get what the sheet says of them.
    pub touched: &'a [([u8; 32], Choice)],
    /// How long the sheet was before the person's eyes, milliseconds.
    pub visible_ms: Option<i64>,
}

/// Covers that a stroke decided, group members included.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Belong in their pool.
    pub keep: u32,
    /// Do not.
    pub reject: u32,
    /// Cannot be told.
    pub unsure: u32,
    /// Are no pictures.
    pub broken: u32,
}

impl Counts {
    /// Of a stroke's marks.
    pub fn of(marks: &[Mark]) -> Self {
        let mut counts = Self::default();
        for mark in marks {
            *match mark.decision {
                Choice::Keep => &mut counts.keep,
                Choice::Reject => &mut counts.reject,
                Choice::Unsure => &mut counts.unsure,
                Choice::Broken => &mut counts.broken,
            } += 1;
        }
        counts
    }

    /// All of them.
    pub fn total(&self) -> u32 {
        self.keep + self.reject + self.unsure + self.broken
    }
}

/// A known cat that was on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Planted {
    /// The cover's identity.
    #[serde(serialize_with = "hex")]
    pub sha256: [u8; 32],
    /// The person did not keep it.
    pub seen: bool,
}

/// What became of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Confirmed {
    /// What was decided.
    #[serde(flatten)]
    pub counts: Counts,
    /// Of covers looked at once more, those of which something else was said than before.
    pub changed: u32,
    /// Known cats that were on it.
    pub planted: Vec<Planted>,
}

impl Store {
    /// Decides a whole sheet in one transaction: touched tiles as the person said, the others
    /// as the sheet says unless somebody decided them meanwhile, and undecided members of their
    /// groups alike. A sheet that is confirmed already is left as it is, with the same answer.
    ///
    /// # Errors
    /// [`Error::Missing`] for an unknown sheet, and what the database says; nothing of the
    /// sheet is then decided.
    pub async fn confirm_sheet(
        &self,
        topic: TopicId,
        confirm: &Confirm<'_>,
        now: i64,
    ) -> Result<Confirmed> {
        let mut tx = self.begin().await?;
        let Some(sheet) = find(&mut tx, topic, confirm.sheet).await? else {
            return Err(Error::Missing {
                what: "sheet",
                name: confirm.sheet.to_owned(),
                hint: "Ask for a new one.",
            });
        };
        if !sheet.confirmed {
            decide_tiles(&mut tx, topic, &sheet, confirm, now).await?;
        }
        let marks = stroke::marks(&mut tx, topic, confirm.annotator, confirm.sheet).await?;
        let counts = Counts::of(&marks);
        if !sheet.confirmed {
            sqlx::query(SET_CONFIRMED)
                .bind(confirm.sheet)
                .bind(now)
                .bind(confirm.annotator)
                .bind(confirm.visible_ms)
                .bind(counts.total())
                .execute(&mut *tx)
                .await?;
            release(&mut tx, confirm.sheet).await?;
        }
        let confirmed = Confirmed {
            counts,
            changed: sqlx::query_scalar(CHANGED)
                .bind(confirm.sheet)
                .fetch_one(&mut *tx)
                .await?,
            planted: planted(&mut tx, confirm.sheet).await?,
        };
        tx.commit().await?;
        Ok(confirmed)
    }

    /// One explicit decision in the pool the cover is in, and its group's undecided members
    /// alike. `event` names it: the same name again changes nothing.
    ///
    /// # Errors
    /// [`Error::Missing`] for a cover that is no candidate of the topic, and what the database
    /// says.
    pub async fn decide(
        &self,
        topic: TopicId,
        annotator: &str,
        event: &str,
        sha256: [u8; 32],
        decision: Choice,
        now: i64,
    ) -> Result<Counts> {
        let mut tx = self.begin().await?;
        let said = Said {
            event,
            stroke: event,
            annotator,
            now,
        };
        decide_candidate(&mut tx, topic, &said, sha256, |_| decision).await?;
        let marks = stroke::marks(&mut tx, topic, annotator, event).await?;
        tx.commit().await?;
        Ok(Counts::of(&marks))
    }
}

/// Who says something, and what it is named.
pub(crate) struct Said<'a> {
    pub event: &'a str,
    pub stroke: &'a str,
    pub annotator: &'a str,
    pub now: i64,
}

/// One explicit decision, which may depend on the pool that the cover is in.
pub(crate) async fn decide_candidate(
    tx: &mut Tx,
    topic: TopicId,
    said: &Said<'_>,
    sha256: [u8; 32],
    decision: impl Fn(Pool) -> Choice,
) -> Result<()> {
    let member: Option<(i64, String)> = sqlx::query_as(MEMBER)
        .bind(&sha256[..])
        .bind(topic.0)
        .fetch_optional(&mut **tx)
        .await?;
    let Some((cover, pool)) = member else {
        return Err(Error::Missing {
            what: "candidate",
            name: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
            hint: "Reload the page.",
        });
    };
    let pool: Pool = pool.parse()?;
    let word = Event {
        event: said.event.to_owned(),
        sha256,
        pool,
        decision: Some(decision(pool)),
        annotator: said.annotator.to_owned(),
        role: Role::Annotator,
        source: Source::Explicit,
        act: Act::Decide,
        stroke: said.stroke.to_owned(),
        undoes: None,
        decided_at: said.now,
        visible_ms: None,
    };
    say(tx, topic, cover, &word).await
}

#[derive(FromRow)]
struct TileRow {
    position: i64,
    cover_id: i64,
    sha256: Vec<u8>,
    planted: bool,
    again: bool,
    mark: Option<String>,
    stands: bool,
    meanwhile: bool,
}

async fn decide_tiles(
    tx: &mut Tx,
    topic: TopicId,
    sheet: &Found,
    confirm: &Confirm<'_>,
    now: i64,
) -> Result<()> {
    let tiles: Vec<TileRow> = sqlx::query_as(TO_CONFIRM)
        .bind(confirm.sheet)
        .bind(topic.0)
        .bind(sheet.queue == Some(Queue::Suspects))
        .fetch_all(&mut **tx)
        .await?;
    // A planted cat whose decision was taken back meanwhile is known no longer.
    for tile in tiles
        .into_iter()
        .filter(|tile| tile.stands || !tile.planted)
    {
        let sha256 = hash(&tile.sha256)?;
        let touched = confirm.touched.iter().find(|(of, _)| *of == sha256);
        let (decision, source) = match touched {
            Some((_, decision)) => (*decision, Source::Explicit),
            // Somebody's own decision outweighs a default.
            None if tile.meanwhile && !tile.planted => continue,
            None => {
                let mark = tile.mark.as_deref().map(str::parse).transpose()?;
                (mark.unwrap_or(sheet.untouched), Source::Sheet)
            }
        };
        if tile.planted || tile.again {
            sqlx::query(SET_SAID)
                .bind(confirm.sheet)
                .bind(tile.position)
                .bind(decision.as_str())
                .execute(&mut **tx)
                .await?;
        }
        if tile.planted {
            continue;
        }
        let word = Event {
            event: format!("{}/{}", confirm.sheet, tile.position),
            sha256,
            pool: sheet.pool,
            decision: Some(decision),
            annotator: confirm.annotator.to_owned(),
            role: Role::Annotator,
            source,
            act: Act::Decide,
            stroke: confirm.sheet.to_owned(),
            undoes: None,
            decided_at: now,
            visible_ms: confirm.visible_ms,
        };
        say(tx, topic, tile.cover_id, &word).await?;
    }
    Ok(())
}

async fn planted(tx: &mut Tx, sheet: &str) -> Result<Vec<Planted>> {
    let rows: Vec<(Vec<u8>, String)> = sqlx::query_as(PLANTED)
        .bind(sheet)
        .fetch_all(&mut **tx)
        .await?;
    let planted = |(sha256, said): (Vec<u8>, String)| {
        Ok(Planted {
            sha256: hash(&sha256)?,
            seen: said != Choice::Keep.as_str(),
        })
    };
    rows.into_iter().map(planted).collect()
}

/// Appends the word and lets it reach the undecided of the cover's group.
async fn say(tx: &mut Tx, topic: TopicId, cover: i64, word: &Event) -> Result<()> {
    append(tx, topic, cover, word).await?;
    sqlx::query(PROPAGATE)
        .bind(&word.event)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
