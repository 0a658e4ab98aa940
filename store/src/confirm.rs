//! What a person says of covers: of a sheet at once, or of one.

use serde::Serialize;

use crate::decision::{Act, Tx, append};
use crate::label::hash;
use crate::sheet::{find, release};
use crate::statement::statements;
use crate::stroke::{self, Mark};
use crate::{Choice, Error, Event, Pool, Result, Role, Source, Store, TopicId};

statements! {
    TO_CONFIRM = "
        select t.position, t.cover_id, c.sha256,
               exists (select 1 from standing s where s.topic_id = $2 and s.cover_id = t.cover_id)
        from tile t join cover c on c.id = t.cover_id
        where t.sheet = $1 order by t.position";
    /// To the group's members in the pool for which nobody has spoken.
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
          and not exists (select 1 from standing s
                          where s.topic_id = d.topic_id and s.cover_id = m.id)
        order by m.id";
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
    /// The tiles that the person touched; all others are kept.
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

impl Store {
    /// Decides a whole sheet in one transaction: touched tiles as the person said, the others
    /// `keep` unless somebody decided them meanwhile, and undecided members of their groups
    /// alike. A sheet that is confirmed already is left as it is, with the same answer.
    ///
    /// # Errors
    /// [`Error::Missing`] for an unknown sheet, and what the database says; nothing of the
    /// sheet is then decided.
    pub async fn confirm_sheet(
        &self,
        topic: TopicId,
        confirm: &Confirm<'_>,
        now: i64,
    ) -> Result<Counts> {
        let mut tx = self.begin().await?;
        let Some((pool, confirmed)) = find(&mut tx, topic, confirm.sheet).await? else {
            return Err(Error::Missing {
                what: "sheet",
                name: confirm.sheet.to_owned(),
                hint: "Ask for a new one.",
            });
        };
        if !confirmed {
            decide_tiles(&mut tx, topic, pool, confirm, now).await?;
        }
        let marks = stroke::marks(&mut tx, topic, confirm.annotator, confirm.sheet).await?;
        let counts = Counts::of(&marks);
        if !confirmed {
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
        tx.commit().await?;
        Ok(counts)
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
        let member: Option<(i64, String)> = sqlx::query_as(MEMBER)
            .bind(&sha256[..])
            .bind(topic.0)
            .fetch_optional(&mut *tx)
            .await?;
        let Some((cover, pool)) = member else {
            return Err(Error::Missing {
                what: "candidate",
                name: sha256.iter().map(|byte| format!("{byte:02x}")).collect(),
                hint: "Reload the page.",
            });
        };
        let word = Event {
            event: event.to_owned(),
            sha256,
            pool: pool.parse()?,
            decision: Some(decision),
            annotator: annotator.to_owned(),
            role: Role::Annotator,
            source: Source::Explicit,
            act: Act::Decide,
            stroke: event.to_owned(),
            undoes: None,
            decided_at: now,
            visible_ms: None,
        };
        say(&mut tx, topic, cover, &word).await?;
        let marks = stroke::marks(&mut tx, topic, annotator, event).await?;
        tx.commit().await?;
        Ok(Counts::of(&marks))
    }
}

async fn decide_tiles(
    tx: &mut Tx,
    topic: TopicId,
    pool: Pool,
    confirm: &Confirm<'_>,
    now: i64,
) -> Result<()> {
    let tiles: Vec<(i64, i64, Vec<u8>, bool)> = sqlx::query_as(TO_CONFIRM)
        .bind(confirm.sheet)
        .bind(topic.0)
        .fetch_all(&mut **tx)
        .await?;
    for (position, cover, sha256, decided) in tiles {
        let sha256 = hash(&sha256)?;
        let touched = confirm.touched.iter().find(|(of, _)| *of == sha256);
        let (decision, source) = match touched {
            Some((_, decision)) => (*decision, Source::Explicit),
            // Somebody's own decision outweighs a default.
            None if decided => continue,
            None => (Choice::Keep, Source::Sheet),
        };
        let word = Event {
            event: format!("{}/{position}", confirm.sheet),
            sha256,
            pool,
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
        say(tx, topic, cover, &word).await?;
    }
    Ok(())
}

/// Appends the word and lets it reach the undecided of the cover's group.
pub(crate) async fn say(tx: &mut Tx, topic: TopicId, cover: i64, word: &Event) -> Result<()> {
    append(tx, topic, cover, word).await?;
    sqlx::query(PROPAGATE)
        .bind(&word.event)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
