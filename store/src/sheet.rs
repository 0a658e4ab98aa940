//! Sheets: covers that wait for a decision, leased to one page at a time and decided at once.

use serde::Serialize;
use sqlx::FromRow;

use crate::decision::Tx;
use crate::label::hash;
use crate::statement::statements;
use crate::stroke::hex;
use crate::{Choice, Error, Pool, Queue, Result, Store, TopicId, planted, queue};

statements! {
    FIND_SHEET = "
        select pool, confirmed_at is not null as confirmed, queue, untouched
        from sheet where id = $1 and topic_id = $2";
    ADD_SHEET = "
        insert into sheet (id, topic_id, annotator, pool, opened_at, queue, untouched, audit_id)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// What is looked at once more remembers the decision that stands.
    ADD_TILES = "
        insert into tile (sheet, position, cover_id, stood, planted)
        select $2, j.key, j.value,
               (select d.decision_id from standing d
                where $4 and d.topic_id = $1 and d.cover_id = j.value),
               case when j.key = $5 then 1 else 0 end
        from json_each($3) j";
    /// An expired lease, or one's own, is taken over. A planted cat stays free: when its decision
    /// is taken back, it belongs to the sheet that is shown again.
    LEASE = "
        insert into lease (kind, item, holder, until)
        select 'sheet', $1 || '/' || t.cover_id, $2, $3 from tile t
        where t.sheet = $2 and t.planted = 0
        on conflict (kind, item) do update set holder = excluded.holder, until = excluded.until
        where lease.until <= $4 or lease.holder = excluded.holder";
    /// What somebody else decided or took over meanwhile is no longer on this sheet, nor is a
    /// planted cat that is known no longer.
    DROP_LOST_TILES = "
        delete from tile
        where sheet = $2
          and ((planted = 0
                and exists (select 1 from standing s
                            where s.topic_id = $1 and s.cover_id = tile.cover_id
                              and s.decision_id is distinct from tile.stood))
               or (planted = 1
                   and not exists (select 1 from standing s
                                   where s.topic_id = $1 and s.cover_id = tile.cover_id))
               or exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || tile.cover_id
                            and l.holder <> $2 and l.until > $3))";
    COPY_SHEET = "
        insert into sheet (id, topic_id, annotator, pool, opened_at, queue, untouched, audit_id)
        select $2, topic_id, $3, pool, $4, queue, untouched, audit_id from sheet where id = $1";
    /// Planted cats were told of, so they are not shown again.
    COPY_TILES = "
        insert into tile (sheet, position, cover_id, stood)
        select $3, t.position, t.cover_id,
               (select d.decision_id from standing d
                where t.stood is not null and d.topic_id = $1 and d.cover_id = t.cover_id)
        from tile t where t.sheet = $2 and t.planted = 0";
    RELEASE = "delete from lease where kind = 'sheet' and holder = $1";
    DROP_TILES = "
        delete from tile where sheet in (
            select id from sheet where id = $1 and topic_id = $2 and confirmed_at is null)";
    DROP_SHEET = "delete from sheet where id = $1 and topic_id = $2 and confirmed_at is null";
    /// What stood is shown where the question is whether it was right.
    TILES = "
        select c.sha256, c.width, c.height, c.mean_rgb, v.title, v.owner_name, v.url,
               case when s.queue = 'suspects' then (
                   select d.decision from decision d where d.id = t.stood) end as mark,
               (select count(*)
                from cover m cross join pool q
                where t.planted = 0 and t.stood is null
                  and (m.id = coalesce(c.representative, c.id)
                       or m.representative = coalesce(c.representative, c.id))
                  and q.topic_id = s.topic_id and q.cover_id = m.id and q.pool = s.pool
                  and not exists (select 1 from standing d
                                  where d.topic_id = s.topic_id and d.cover_id = m.id)) as covers
        from sheet s
        join tile t on t.sheet = s.id
        join cover c on c.id = t.cover_id
        left join video v on v.id = (
            select g.video_id from sighting g where g.cover_id = c.id
            order by g.seen_at desc, g.video_id desc limit 1)
        where s.id = $1 order by t.position";
}

/// How long a sheet's covers are kept from others, milliseconds: longer than a pause, short
/// enough that a closed page gives its covers back the same evening.
pub const LEASE_MS: i64 = 30 * 60 * 1000;

/// A sheet that is asked for.
#[derive(Debug, Clone)]
pub struct NewSheet<'a> {
    /// Made by the page; asking again with it gives the same sheet.
    pub id: &'a str,
    /// Who will decide.
    pub annotator: &'a str,
    /// The pool.
    pub pool: Pool,
    /// Where its covers come from.
    pub queue: Queue,
    /// Tiles at most.
    pub size: u32,
    /// Whether a known cat may be planted on it.
    pub plant: bool,
    /// Of all that is random about it.
    pub seed: u64,
}

/// A cover on a sheet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tile {
    /// The cover's identity.
    #[serde(serialize_with = "hex")]
    pub sha256: [u8; 32],
    /// Of the original, pixels.
    pub width: u32,
    /// Of the original, pixels.
    pub height: u32,
    /// Mean colour, 0xRRGGBB.
    pub mean_rgb: u32,
    /// Undecided covers of its group in the pool, this one included.
    pub covers: u32,
    /// Of the newest video seen with it; untrusted text.
    pub title: String,
    /// Untrusted text.
    pub owner: Option<String>,
    /// The video's page; untrusted.
    pub url: String,
    /// What stands, where that is asked about: what the tile gets if nobody touches it.
    pub mark: Option<Choice>,
}

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// As the page named it.
    pub id: String,
    /// The pool.
    pub pool: Pool,
    /// Where its covers come from; `None` for a sheet of an older Whisker.
    pub queue: Option<Queue>,
    /// What a tile without a mark gets that nobody touches.
    pub untouched: Choice,
    /// It was confirmed before: there is nothing left to do with it.
    pub confirmed: bool,
    /// In the order to show.
    pub tiles: Vec<Tile>,
}

#[derive(FromRow)]
struct TileRow {
    sha256: Vec<u8>,
    width: u32,
    height: u32,
    mean_rgb: u32,
    title: Option<String>,
    owner_name: Option<String>,
    url: Option<String>,
    mark: Option<String>,
    covers: u32,
}

impl TryFrom<TileRow> for Tile {
    type Error = Error;

    fn try_from(row: TileRow) -> Result<Self> {
        Ok(Self {
            sha256: hash(&row.sha256)?,
            width: row.width,
            height: row.height,
            mean_rgb: row.mean_rgb,
            covers: row.covers.max(1),
            title: row.title.unwrap_or_default(),
            owner: row.owner_name,
            url: row.url.unwrap_or_default(),
            mark: row.mark.as_deref().map(str::parse).transpose()?,
        })
    }
}

/// A sheet's own row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub pool: Pool,
    pub confirmed: bool,
    pub queue: Option<Queue>,
    pub untouched: Choice,
}

impl Store {
    /// The sheet of that id: as it is, or made of its queue's next covers that are on no other
    /// sheet. Its covers are leased to it until [`LEASE_MS`] from now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_sheet(&self, topic: TopicId, new: &NewSheet<'_>, now: i64) -> Result<Sheet> {
        let mut tx = self.begin().await?;
        let found = match find(&mut tx, topic, new.id).await? {
            Some(found) => found,
            None => put(&mut tx, topic, new, now).await?,
        };
        if !found.confirmed {
            renew(&mut tx, topic, new.id, now).await?;
        }
        let tiles = tiles(&mut tx, new.id).await?;
        tx.commit().await?;
        Ok(found.shown(new.id, tiles))
    }

    /// Gives the covers of an unconfirmed sheet back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_sheet(&self, topic: TopicId, sheet: &str) -> Result<()> {
        let mut tx = self.begin().await?;
        release(&mut tx, sheet).await?;
        for statement in [DROP_TILES, DROP_SHEET] {
            sqlx::query(statement)
                .bind(sheet)
                .bind(topic.0)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Opens `sheet` with the tiles of `confirmed`, a sheet whose confirm was just undone;
    /// `None` if there is no such sheet, because the stroke was something else.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reopen_sheet(
        &self,
        topic: TopicId,
        confirmed: &str,
        sheet: &str,
        annotator: &str,
        now: i64,
    ) -> Result<Option<Sheet>> {
        let mut tx = self.begin().await?;
        let Some(found) = find(&mut tx, topic, confirmed).await? else {
            return Ok(None);
        };
        if find(&mut tx, topic, sheet).await?.is_none() {
            sqlx::query(COPY_SHEET)
                .bind(confirmed)
                .bind(sheet)
                .bind(annotator)
                .bind(now)
                .execute(&mut *tx)
                .await?;
            sqlx::query(COPY_TILES)
                .bind(topic.0)
                .bind(confirmed)
                .bind(sheet)
                .execute(&mut *tx)
                .await?;
            lease(&mut tx, topic, sheet, now).await?;
        }
        let tiles = tiles(&mut tx, sheet).await?;
        tx.commit().await?;
        let open = Found {
            confirmed: false,
            ..found
        };
        Ok(Some(open.shown(sheet, tiles)))
    }
}

impl Found {
    fn shown(self, id: &str, tiles: Vec<Tile>) -> Sheet {
        Sheet {
            id: id.to_owned(),
            pool: self.pool,
            queue: self.queue,
            untouched: self.untouched,
            confirmed: self.confirmed,
            tiles,
        }
    }
}

pub(crate) async fn find(tx: &mut Tx, topic: TopicId, sheet: &str) -> Result<Option<Found>> {
    let found: Option<(String, bool, Option<String>, String)> = sqlx::query_as(FIND_SHEET)
        .bind(sheet)
        .bind(topic.0)
        .fetch_optional(&mut **tx)
        .await?;
    let found = found.map(|(pool, confirmed, queue, untouched)| {
        Ok(Found {
            pool: pool.parse()?,
            confirmed,
            queue: queue.as_deref().map(str::parse).transpose()?,
            untouched: untouched.parse()?,
        })
    });
    found.transpose()
}

/// Makes the sheet of its queue's next covers.
async fn put(tx: &mut Tx, topic: TopicId, new: &NewSheet<'_>, now: i64) -> Result<Found> {
    let (mut covers, audit) = queue::next(tx, topic, new, now).await?;
    let mut untouched = Choice::Keep;
    let mut planted = None;
    if !new.queue.once_more() {
        let beliefs = queue::beliefs(tx, topic, &covers).await?;
        if queue::flips(new.pool, &beliefs) {
            untouched = Choice::Reject;
        } else if new.plant {
            planted = planted::draw(tx, topic, new, &covers, &beliefs, now).await?;
        }
    }
    if let Some((position, cover)) = planted {
        // The sheet keeps its size: the last cover waits for the next one.
        covers.truncate((new.size as usize).saturating_sub(1).max(position));
        covers.insert(position, cover);
    }
    sqlx::query(ADD_SHEET)
        .bind(new.id)
        .bind(topic.0)
        .bind(new.annotator)
        .bind(new.pool.as_str())
        .bind(now)
        .bind(new.queue.as_str())
        .bind(untouched.as_str())
        .bind(audit)
        .execute(&mut **tx)
        .await?;
    sqlx::query(ADD_TILES)
        .bind(topic.0)
        .bind(new.id)
        .bind(queue::ids(&covers))
        .bind(new.queue.once_more())
        .bind(planted.map(|(position, _)| i64::try_from(position).expect("a sheet is small")))
        .execute(&mut **tx)
        .await?;
    Ok(Found {
        pool: new.pool,
        confirmed: false,
        queue: Some(new.queue),
        untouched,
    })
}

async fn renew(tx: &mut Tx, topic: TopicId, sheet: &str, now: i64) -> Result<()> {
    sqlx::query(DROP_LOST_TILES)
        .bind(topic.0)
        .bind(sheet)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    lease(tx, topic, sheet, now).await
}

async fn lease(tx: &mut Tx, topic: TopicId, sheet: &str, now: i64) -> Result<()> {
    sqlx::query(LEASE)
        .bind(topic.0)
        .bind(sheet)
        .bind(now + LEASE_MS)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn release(tx: &mut Tx, sheet: &str) -> Result<()> {
    sqlx::query(RELEASE).bind(sheet).execute(&mut **tx).await?;
    Ok(())
}

async fn tiles(tx: &mut Tx, sheet: &str) -> Result<Vec<Tile>> {
    let rows: Vec<TileRow> = sqlx::query_as(TILES)
        .bind(sheet)
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter().map(Tile::try_from).collect()
}
