//! Sheets: covers that wait for a decision, leased to one page at a time and decided at once.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::decision::Tx;
use crate::label::hash;
use crate::statement::statements;
use crate::stroke::hex;
use crate::{Error, Pool, Result, Store, TopicId};

statements! {
    FIND_SHEET = "
        select pool, confirmed_at is not null from sheet where id = $1 and topic_id = $2";
    ADD_SHEET = "
        insert into sheet (id, topic_id, annotator, pool, opened_at) values ($1, $2, $3, $4, $5)";
    ADD_TILE = "insert into tile (sheet, position, cover_id) values ($1, $2, $3)";
    /// Latest crawled first: ids are given in the order of arrival.
    NEXT_NEWEST = "
        select w.cover_id from waiting w
        where w.topic_id = $1 and w.pool = $2
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                            and l.until > $3)
        order by w.cover_id desc limit $4";
    /// The order of the covers' hashes is random and has an index. `cross join` makes it outermost.
    NEXT_RANDOM = "
        select w.cover_id
        from cover c
        cross join waiting w on w.topic_id = $1 and w.cover_id = c.id and w.pool = $2
        where c.sha256 >= $5
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                            and l.until > $3)
        order by c.sha256 limit $4";
    NEXT_LIKELY = "
        select w.cover_id
        from score s
        cross join waiting w on w.topic_id = $1 and w.cover_id = s.cover_id and w.pool = $2
        where s.model_id = (select p.model_id from promotion p
                            where p.topic_id = $1 order by p.id desc limit 1)
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                            and l.until > $3)
        order by s.probability desc, s.cover_id limit $4";
    /// An expired lease, or one's own, is taken over.
    LEASE = "
        insert into lease (kind, item, holder, until) values ('sheet', $1 || '/' || $2, $3, $4)
        on conflict (kind, item) do update set holder = excluded.holder, until = excluded.until
        where lease.until <= $5 or lease.holder = excluded.holder";
    /// What somebody else decided or took over meanwhile is no longer on this sheet.
    DROP_LOST_TILES = "
        delete from tile
        where sheet = $2
          and (exists (select 1 from standing s where s.topic_id = $1 and s.cover_id = tile.cover_id)
               or exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || tile.cover_id
                            and l.holder <> $2 and l.until > $3))";
    COVERS_OF_SHEET = "select cover_id from tile where sheet = $1 order by position";
    RELEASE = "delete from lease where kind = 'sheet' and holder = $1";
    DROP_TILES = "
        delete from tile where sheet in (
            select id from sheet where id = $1 and topic_id = $2 and confirmed_at is null)";
    DROP_SHEET = "delete from sheet where id = $1 and topic_id = $2 and confirmed_at is null";
    TILES = "
        select c.sha256, c.width, c.height, c.mean_rgb, v.title, v.owner_name, v.url,
               (select count(*)
                from cover m cross join pool q
                where (m.id = coalesce(c.representative, c.id)
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

/// In what order covers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// Latest crawled first.
    Newest,
    /// Uniformly at random.
    Random,
    /// By the current model's probability of the topic; at random where there is none.
    Likely,
}

impl FromStr for Order {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "newest" => Ok(Self::Newest),
            "random" => Ok(Self::Random),
            "likely" => Ok(Self::Likely),
            other => Err(Error::Value {
                what: "order",
                value: other.to_owned(),
            }),
        }
    }
}

/// A sheet that is asked for.
#[derive(Debug, Clone)]
pub struct NewSheet<'a> {
    /// Made by the page; asking again with it gives the same sheet.
    pub id: &'a str,
    /// Who will decide.
    pub annotator: &'a str,
    /// The pool.
    pub pool: Pool,
    /// The order.
    pub order: Order,
    /// Tiles at most.
    pub size: u32,
    /// Of the random order.
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
}

/// What a page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// As the page named it.
    pub id: String,
    /// The pool.
    pub pool: Pool,
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
        })
    }
}

impl Store {
    /// The sheet of that id: as it is, or made of covers that wait and are on no other sheet.
    /// Its covers are leased to it until [`LEASE_MS`] from now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn open_sheet(&self, topic: TopicId, new: &NewSheet<'_>, now: i64) -> Result<Sheet> {
        let mut tx = self.begin().await?;
        let found = find(&mut tx, topic, new.id).await?;
        if found.is_none() {
            let covers = next(&mut tx, topic, new, now).await?;
            put(
                &mut tx,
                topic,
                new.id,
                new.annotator,
                new.pool,
                &covers,
                now,
            )
            .await?;
        }
        let (pool, confirmed) = found.unwrap_or((new.pool, false));
        if !confirmed {
            renew(&mut tx, topic, new.id, now).await?;
        }
        let tiles = tiles(&mut tx, new.id).await?;
        tx.commit().await?;
        Ok(Sheet {
            id: new.id.to_owned(),
            pool,
            confirmed,
            tiles,
        })
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
        let Some((pool, _)) = find(&mut tx, topic, confirmed).await? else {
            return Ok(None);
        };
        if find(&mut tx, topic, sheet).await?.is_none() {
            let covers = covers(&mut tx, confirmed).await?;
            put(&mut tx, topic, sheet, annotator, pool, &covers, now).await?;
            lease(&mut tx, topic, sheet, &covers, now).await?;
        }
        let tiles = tiles(&mut tx, sheet).await?;
        tx.commit().await?;
        Ok(Some(Sheet {
            id: sheet.to_owned(),
            pool,
            confirmed: false,
            tiles,
        }))
    }
}

/// Its pool, and whether it is confirmed.
pub(crate) async fn find(tx: &mut Tx, topic: TopicId, sheet: &str) -> Result<Option<(Pool, bool)>> {
    let found: Option<(String, bool)> = sqlx::query_as(FIND_SHEET)
        .bind(sheet)
        .bind(topic.0)
        .fetch_optional(&mut **tx)
        .await?;
    found
        .map(|(pool, confirmed)| Ok((pool.parse()?, confirmed)))
        .transpose()
}

/// The covers for a new sheet, in order.
async fn next(tx: &mut Tx, topic: TopicId, new: &NewSheet<'_>, now: i64) -> Result<Vec<i64>> {
    let mut covers = match new.order {
        Order::Newest => ids(tx, NEXT_NEWEST, topic, new, now, None).await?,
        Order::Likely => ids(tx, NEXT_LIKELY, topic, new, now, None).await?,
        Order::Random => Vec::new(),
    };
    // Round the ring of hashes: from the seed on, then from the beginning.
    for start in [&new.seed.to_be_bytes()[..], &[]] {
        if covers.len() < new.size as usize {
            for cover in ids(tx, NEXT_RANDOM, topic, new, now, Some(start)).await? {
                if !covers.contains(&cover) {
                    covers.push(cover);
                }
            }
        }
    }
    covers.truncate(new.size as usize);
    Ok(covers)
}

async fn ids(
    tx: &mut Tx,
    which: &'static str,
    topic: TopicId,
    new: &NewSheet<'_>,
    now: i64,
    start: Option<&[u8]>,
) -> Result<Vec<i64>> {
    let query = sqlx::query_scalar(which)
        .bind(topic.0)
        .bind(new.pool.as_str())
        .bind(now)
        .bind(new.size);
    let query = match start {
        Some(start) => query.bind(start.to_vec()),
        None => query,
    };
    Ok(query.fetch_all(&mut **tx).await?)
}

async fn put(
    tx: &mut Tx,
    topic: TopicId,
    sheet: &str,
    annotator: &str,
    pool: Pool,
    covers: &[i64],
    now: i64,
) -> Result<()> {
    sqlx::query(ADD_SHEET)
        .bind(sheet)
        .bind(topic.0)
        .bind(annotator)
        .bind(pool.as_str())
        .bind(now)
        .execute(&mut **tx)
        .await?;
    for (position, cover) in (0_i64..).zip(covers) {
        sqlx::query(ADD_TILE)
            .bind(sheet)
            .bind(position)
            .bind(cover)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

async fn renew(tx: &mut Tx, topic: TopicId, sheet: &str, now: i64) -> Result<()> {
    sqlx::query(DROP_LOST_TILES)
        .bind(topic.0)
        .bind(sheet)
        .bind(now)
        .execute(&mut **tx)
        .await?;
    let covers = covers(tx, sheet).await?;
    lease(tx, topic, sheet, &covers, now).await
}

async fn lease(tx: &mut Tx, topic: TopicId, sheet: &str, covers: &[i64], now: i64) -> Result<()> {
    for cover in covers {
        sqlx::query(LEASE)
            .bind(topic.0)
            .bind(cover)
            .bind(sheet)
            .bind(now + LEASE_MS)
            .bind(now)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

pub(crate) async fn release(tx: &mut Tx, sheet: &str) -> Result<()> {
    sqlx::query(RELEASE).bind(sheet).execute(&mut **tx).await?;
    Ok(())
}

async fn covers(tx: &mut Tx, sheet: &str) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(COVERS_OF_SHEET)
        .bind(sheet)
        .fetch_all(&mut **tx)
        .await?)
}

async fn tiles(tx: &mut Tx, sheet: &str) -> Result<Vec<Tile>> {
    let rows: Vec<TileRow> = sqlx::query_as(TILES)
        .bind(sheet)
        .fetch_all(&mut **tx)
        .await?;
    rows.into_iter().map(Tile::try_from).collect()
}
