//! The end of a page's turn: settled in one transaction with its cover and all that it leads to.

use sqlx::{Sqlite, Transaction};

use super::host::set_floor;
use super::page::{NewPage, PageId};
use super::{CrawlId, set_total};
use crate::cover::{Arrival, NewVideo, add_all, join_pool, put_video};
use crate::near::Hashes;
use crate::statement::statements;
use crate::{Pool, Result, Store, TopicId};

statements! {
    /// Nothing happens to a page that is there already, or whose uploader has enough.
    PUT_PAGE = "
        insert into page (crawl_id, kind, url, host, rank, owner, context, state, created_at)
        select $1, $2, $3, $4, $5, $6, $7, 'pending', $8
        where $9 is null or $6 is null
           or (select count(*) from page p where p.crawl_id = $1 and p.owner = $6) < $9
        on conflict (crawl_id, url) do nothing";
    DONE = "
        update page set state = 'done', lease_until = null, class = $2, reason = $3, settled_at = $4
        where id = $1";
    MOVED = "
        update page set state = 'pending', lease_until = null, location = $2, host = $3, hops = hops + 1
        where id = $1";
    AGAIN = "
        update page set state = 'pending', lease_until = null, not_before = $2, attempts = attempts + $3,
            class = $4, reason = $5
        where id = $1";
    /// A page that met a wall gives way to all that met fewer: one that always meets one would
    /// otherwise be asked first for ever. No rank of a site's reaches 2^48.
    WALLED = "
        update page set state = 'pending', lease_until = null, not_before = 0, walls = walls + 1,
            rank = rank + 281474976710656, class = $2, reason = $3
        where id = $1";
    RELEASED = "update page set state = 'pending', lease_until = null where id = $1";
    FAILED = "
        update page set state = 'failed', lease_until = null, attempts = attempts + 1, class = $2,
            reason = $3, settled_at = $4
        where id = $1";
    MET = "
        select exists (select 1 from video where site = $1 and key = $2)
            or exists (select 1 from page where crawl_id = $3 and url = $4
                       and state in ('pending', 'leased'))";
    PURPOSE = "select topic_id, pool, target - new_covers from crawl where id = $1";
    BROUGHT = "update crawl set new_covers = new_covers + $2 where id = $1";
}

/// What became of a claimed page.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// It came, and was understood.
    Done,
    /// It came, and says that there is no such video.
    Missing {
        /// In the site's words or numbers.
        reason: String,
    },
    /// It is elsewhere.
    Moved {
        /// Where.
        location: String,
        /// The throttle group there.
        host: String,
        /// That group's smallest gap.
        floor_ms: i64,
    },
    /// It is to be asked for again.
    Again {
        /// Not earlier than this.
        not_before: i64,
        /// Whether this was one of the page's attempts, or no fault of the page.
        counts: bool,
        /// Stable name of the failure.
        class: String,
        /// For people.
        reason: String,
    },
    /// Its host turned us away instead of answering. It is to be asked for again, behind all
    /// pages to which that has happened less often.
    Walled {
        /// Stable name of the failure.
        class: String,
        /// For people.
        reason: String,
    },
    /// It was not asked for: its turn was needed for something else.
    Released,
    /// It is given up.
    Failed {
        /// Stable name of the failure.
        class: String,
        /// For people.
        reason: String,
    },
}

/// A page's end, with all that comes of it.
#[derive(Debug, Clone)]
pub struct Settlement {
    /// Its crawl.
    pub crawl: CrawlId,
    /// The page.
    pub page: PageId,
    /// What became of it.
    pub fate: Fate,
    /// The cover that it brought.
    pub arrival: Option<Arrival>,
    /// Covers that it names and that are known already.
    pub known: Vec<KnownCover>,
    /// What it says of videos, some of which may be known or about to be.
    pub learned: Vec<Learned>,
    /// Pages to visit because of it.
    pub leads_to: Vec<NewPage>,
    /// Covers that one uploader may have in this crawl.
    pub owner_cap: Option<u32>,
    /// Videos that the site says it has, if it said so.
    pub total: Option<u64>,
}

/// What a page says of a video that may have been met with less: a recommendation has no date
/// and no tags, the video's own page has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Learned {
    /// The video.
    pub video: NewVideo,
    /// The page of the frontier that fetches its cover.
    pub cover_page: String,
}

/// A video whose cover is in the database: its page and its picture cost no request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCover {
    /// The cover it was last seen with.
    pub cover: i64,
}

/// What a settlement changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Covers that are new in the pool.
    pub new_covers: u32,
    /// Covers that the pool had.
    pub duplicates: u32,
    /// Pages that were not in the crawl.
    pub new_pages: u32,
}

impl Brought {
    fn count(&mut self, new_in_pool: bool) {
        self.new_covers += u32::from(new_in_pool);
        self.duplicates += u32::from(!new_in_pool);
    }
}

impl std::ops::AddAssign for Brought {
    fn add_assign(&mut self, other: Self) {
        self.new_covers += other.new_covers;
        self.duplicates += other.duplicates;
        self.new_pages += other.new_pages;
    }
}

impl Store {
    /// The cover that a video was last seen with.
    ///
    /// # Errors
    /// What the database says.
    pub async fn known_cover(&self, site: &str, key: &str) -> Result<Option<KnownCover>> {
        let seen = self.last_seen(site, key).await?;
        Ok(seen.map(|seen| KnownCover { cover: seen.cover }))
    }

    /// Settles pages, all of them or none, each with its covers, the pages it leads to and its
    /// crawl's count. `near` as for [`Store::add`]. One result per settlement, in order.
    ///
    /// # Errors
    /// What the database says; nothing is then kept, and the pages stay claimed.
    pub async fn settle(
        &self,
        settlements: &[Settlement],
        near: u32,
        now: i64,
    ) -> Result<Vec<Brought>> {
        let mut hashes = self.hashes.lock().await;
        let mut tx = self.begin().await?;
        hashes.refresh(&mut tx).await?;
        let committed = hashes.len();
        let settled = settle_all(&mut tx, &mut hashes, settlements, near, now).await;
        let committing = match settled {
            Ok(brought) => tx.commit().await.map(|()| brought).map_err(Into::into),
            Err(error) => Err(error),
        };
        if committing.is_err() {
            hashes.truncate(committed);
        }
        committing
    }
}

/// Whether the page was not there.
pub(crate) async fn put(
    tx: &mut Transaction<'static, Sqlite>,
    crawl: CrawlId,
    page: &NewPage,
    cap: Option<u32>,
    now: i64,
) -> Result<bool> {
    set_floor(tx, &page.host, page.floor_ms).await?;
    let put = sqlx::query(PUT_PAGE)
        .bind(crawl.0)
        .bind(page.kind.as_str())
        .bind(&page.url)
        .bind(&page.host)
        .bind(page.rank)
        .bind(&page.owner)
        .bind(page.context.to_string())
        .bind(now)
        .bind(cap)
        .execute(&mut **tx)
        .await?;
    Ok(put.rows_affected() > 0)
}

async fn settle_all(
    tx: &mut Transaction<'static, Sqlite>,
    hashes: &mut Hashes,
    settlements: &[Settlement],
    near: u32,
    now: i64,
) -> Result<Vec<Brought>> {
    let mut all = Vec::with_capacity(settlements.len());
    for settlement in settlements {
        let mut brought = add_arrival(tx, hashes, settlement, near, now).await?;
        for learned in &settlement.learned {
            learn(tx, settlement.crawl, learned, now).await?;
        }
        brought += add_known(tx, settlement.crawl, &settlement.known, now).await?;
        for page in &settlement.leads_to {
            let new = put(tx, settlement.crawl, page, settlement.owner_cap, now).await?;
            brought.new_pages += u32::from(new);
        }
        if let Some(total) = settlement.total {
            set_total(tx, settlement.crawl, total).await?;
        }
        seal(tx, settlement.page, &settlement.fate, now).await?;
        all.push(brought);
    }
    Ok(all)
}

async fn purpose(
    tx: &mut Transaction<'static, Sqlite>,
    crawl: CrawlId,
) -> Result<(TopicId, Pool, i64)> {
    let (topic, pool, wanted): (i64, String, i64) = sqlx::query_as(PURPOSE)
        .bind(crawl.0)
        .fetch_one(&mut **tx)
        .await?;
    Ok((TopicId(topic), pool.parse()?, wanted))
}

async fn count(tx: &mut Transaction<'static, Sqlite>, crawl: CrawlId, new: u32) -> Result<()> {
    if new > 0 {
        sqlx::query(BROUGHT)
            .bind(crawl.0)
            .bind(new)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// The fetched cover joins the pool even if the crawl has enough by now: it is paid for.
async fn add_arrival(
    tx: &mut Transaction<'static, Sqlite>,
    hashes: &mut Hashes,
    settlement: &Settlement,
    near: u32,
    now: i64,
) -> Result<Brought> {
    let mut brought = Brought::default();
    if let Some(arrival) = &settlement.arrival {
        let (topic, pool, _) = purpose(tx, settlement.crawl).await?;
        let one = std::slice::from_ref(arrival);
        for settled in add_all(tx, hashes, topic, pool, near, one, now).await? {
            brought.count(settled.new_in_pool);
        }
        count(tx, settlement.crawl, brought.new_covers).await?;
    }
    Ok(brought)
}

/// Keeps what a page says of a video that is known, or whose cover is on its way. Of a cover that is
/// only now found its own page of the frontier holds as much.
async fn learn(
    tx: &mut Transaction<'static, Sqlite>,
    crawl: CrawlId,
    learned: &Learned,
    now: i64,
) -> Result<()> {
    let met: bool = sqlx::query_scalar(MET)
        .bind(&learned.video.site)
        .bind(&learned.video.key)
        .bind(crawl.0)
        .bind(&learned.cover_page)
        .fetch_one(&mut **tx)
        .await?;
    if met {
        put_video(tx, &learned.video, now).await?;
    }
    Ok(())
}

/// Known covers join the pool, as many as the crawl wants.
pub(crate) async fn add_known(
    tx: &mut Transaction<'static, Sqlite>,
    crawl: CrawlId,
    known: &[KnownCover],
    now: i64,
) -> Result<Brought> {
    let mut brought = Brought::default();
    if known.is_empty() {
        return Ok(brought);
    }
    let (topic, pool, wanted) = purpose(tx, crawl).await?;
    for one in known {
        if i64::from(brought.new_covers) >= wanted {
            break;
        }
        brought.count(join_pool(tx, topic, one.cover, pool, now).await?);
    }
    count(tx, crawl, brought.new_covers).await?;
    Ok(brought)
}

async fn seal(
    tx: &mut Transaction<'static, Sqlite>,
    page: PageId,
    fate: &Fate,
    now: i64,
) -> Result<()> {
    let query = match fate {
        Fate::Done => sqlx::query(DONE)
            .bind(page.0)
            .bind(None::<&str>)
            .bind(None::<&str>)
            .bind(now),
        Fate::Missing { reason } => sqlx::query(DONE)
            .bind(page.0)
            .bind(Some("missing"))
            .bind(Some(reason))
            .bind(now),
        Fate::Moved {
            location,
            host,
            floor_ms,
        } => {
            set_floor(tx, host, *floor_ms).await?;
            sqlx::query(MOVED).bind(page.0).bind(location).bind(host)
        }
        Fate::Again {
            not_before,
            counts,
            class,
            reason,
        } => sqlx::query(AGAIN)
            .bind(page.0)
            .bind(not_before)
            .bind(counts)
            .bind(class)
            .bind(reason),
        Fate::Walled { class, reason } => sqlx::query(WALLED).bind(page.0).bind(class).bind(reason),
        Fate::Released => sqlx::query(RELEASED).bind(page.0),
        Fate::Failed { class, reason } => sqlx::query(FAILED)
            .bind(page.0)
            .bind(class)
            .bind(reason)
            .bind(now),
    };
    query.execute(&mut **tx).await?;
    Ok(())
}
