//! What a person says of covers: of a sheet at once, or of one.

use serde::Serialize;
use serde_json::{Value, json};
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
    /// Words are `[[position, cover, decision, source], …]`.
    SAY_OF_SHEET = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, decided_at, visible_ms)
        select $1 || '/' || json_extract(value, '$[0]'), $2, json_extract(value, '$[1]'), $3,
               json_extract(value, '$[2]'), $4, 'annotator', json_extract(value, '$[3]'), 'decide',
               $1, $5, $6
        from json_each($7) order by key";
    /// What is told again, or tested, is written on its tile: `[[position, decision], …]`.
    SET_SAID = "
        update tile set said = json_extract(word.value, '$[1]')
        from json_each($2) word
        where tile.sheet = $1 and tile.position = json_extract(word.value, '$[0]')";
    /// A stroke's words reach their groups' members in the pool for which nobody has spoken, or
    /// only the same person by an earlier word on the same cover. Of two words the later counts.
    PROPAGATE = "
        insert into decision (event, topic_id, cover_id, pool, decision, annotator, role, source,
                              act, stroke, decided_at, visible_ms)
        select d.event || '.' || w.member, d.topic_id, w.member, d.pool, d.decision, d.annotator,
               d.role, 'propagated', 'decide', d.stroke, d.decided_at, d.visible_ms
        from (
            select m.id as member, max(o.id) as word
            from decision o
            join cover c on c.id = o.cover_id
            cross join cover m
            cross join pool q
            where o.topic_id = $1 and o.annotator = $2 and o.stroke = $3
              and o.act = 'decide' and o.source <> 'propagated'
              and (m.id = coalesce(c.representative, c.id)
                   or m.representative = coalesce(c.representative, c.id))
              and q.topic_id = o.topic_id and q.cover_id = m.id and q.pool = o.pool
              and not exists (select 1 from decision own
                              where own.topic_id = o.topic_id and own.annotator = o.annotator
                                and own.stroke = o.stroke and own.cover_id = m.id)
            group by m.id
        ) w
        join decision d on d.id = w.word
        where not exists (
              select 1
              from standing s join decision p on p.id = s.decision_id
              where s.topic_id = d.topic_id and s.cover_id = w.member
                and not (p.source = 'propagated' and p.annotator = d.annotator
                         and p.decision <> d.decision
                         and exists (select 1 from decision o
                                     where o.topic_id = d.topic_id and o.annotator = p.annotator
                                       and o.stroke = p.stroke and o.cover_id = d.cover_id
                                       and o.source <> 'propagated')))
        order by w.word, w.member
        on conflict (event) do nothing";
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
        propagate(&mut tx, topic, annotator, event).await?;
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

/// One explicit decision, which may depend on the pool that the cover is in. Its group is not
/// reached before [`propagate`].
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
    append(tx, topic, cover, &word).await?;
    Ok(())
}

/// Lets what a stroke said reach the undecided of its covers' groups.
pub(crate) async fn propagate(
    tx: &mut Tx,
    topic: TopicId,
    annotator: &str,
    stroke: &str,
) -> Result<()> {
    sqlx::query(PROPAGATE)
        .bind(topic.0)
        .bind(annotator)
        .bind(stroke)
        .execute(&mut **tx)
        .await?;
    Ok(())
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

impl TileRow {
    /// What the person says of it, if anything, and how.
    fn word(&self, sheet: &Found, confirm: &Confirm<'_>) -> Result<Option<(Choice, Source)>> {
        // A planted cat whose decision was taken back meanwhile is known no longer.
        if self.planted && !self.stands {
            return Ok(None);
        }
        let sha256 = hash(&self.sha256)?;
        if let Some((_, touched)) = confirm.touched.iter().find(|(of, _)| *of == sha256) {
            return Ok(Some((*touched, Source::Explicit)));
        }
        // Somebody's own decision outweighs a default.
        if self.meanwhile && !self.planted {
            return Ok(None);
        }
        let mark = self.mark.as_deref().map(str::parse).transpose()?;
        Ok(Some((mark.unwrap_or(sheet.untouched), Source::Sheet)))
    }
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
    let (mut said, mut words) = (Vec::new(), Vec::new());
    for tile in tiles {
        let Some((decision, source)) = tile.word(sheet, confirm)? else {
            continue;
        };
        let (position, decision) = (tile.position, decision.as_str());
        if tile.planted || tile.again {
            said.push(json!([position, decision]));
        }
        if !tile.planted {
            words.push(json!([position, tile.cover_id, decision, source.as_str()]));
        }
    }
    sqlx::query(SET_SAID)
        .bind(confirm.sheet)
        .bind(Value::Array(said).to_string())
        .execute(&mut **tx)
        .await?;
    sqlx::query(SAY_OF_SHEET)
        .bind(confirm.sheet)
        .bind(topic.0)
        .bind(sheet.pool.as_str())
        .bind(confirm.annotator)
        .bind(now)
        .bind(confirm.visible_ms)
        .bind(Value::Array(words).to_string())
        .execute(&mut **tx)
        .await?;
    propagate(tx, topic, confirm.annotator, confirm.sheet).await
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
