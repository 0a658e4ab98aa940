//! Crawls and their pages. A request that is unfinished is continued, not begun again.
//!
//! - here: crawls, begun, continued, planned, finished, reopened
//! - [`page`]: the pages, claimed
//! - [`settle`]: what became of them, with all that they brought and lead to
//! - [`host`]: when each host may be asked again, and what its robots.txt says
//! - [`clock`]: times that a wrong clock has written
//! - [`overview`]: counts for people

pub mod clock;
pub mod host;
pub mod overview;
pub mod page;
pub mod settle;

use std::fs::{File, TryLockError};

use serde_json::Value;
use sqlx::FromRow;

use crate::statement::statements;
use crate::{Error, Pool, Result, Store, TopicId};

pub use clock::Ahead;
pub use host::{Host, HostWait, Robots};
pub use page::{Kind, NewPage, Page, PageId, Turn, Want};
pub use settle::{Brought, Fate, KnownCover, Learned, Settlement};

statements! {
    BEGIN = "
        insert into crawl (topic_id, site, pool, request, options, target, seed, state, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'unfinished', $8)
        on conflict (topic_id, site, pool, request) where state = 'unfinished'
        do update set target = excluded.target, options = excluded.options
        returning id";
    CRAWL = "
        select id, topic_id, site, pool, request, options, target, new_covers, seed, planned, total,
               retrying, state = 'finished' as finished
        from crawl where id = $1";
    UNFINISHED = "
        select id, topic_id, site, pool, request, options, target, new_covers, seed, planned, total,
               retrying, false as finished
        from crawl where state = 'unfinished' and site <> 'folder' order by id";
    FAIL_AT_ONCE = "
        insert into page (crawl_id, kind, url, host, state, attempts, class, reason, created_at, settled_at)
        values ($1, 'cover', $2, $3, 'failed', 1, $4, $5, $6, $6)
        on conflict (crawl_id, url) do update set
            state = 'failed', attempts = page.attempts + 1, class = excluded.class,
            reason = excluded.reason, settled_at = excluded.settled_at";
    FINISH = "
        update crawl set state = 'finished', finished_at = $2, new_covers = new_covers + $3
        where id = $1";
    FORGET_PENDING = "delete from page where crawl_id = $1 and state = 'pending'";
    /// The sampler's place moves only if nobody else moved it.
    PLANNED = "update crawl set planned = $3 where id = $1 and planned = $2";
    TOTAL = "update crawl set total = $2 where id = $1";
    PUT_BACK = "
        update page set state = 'pending', attempts = 0, not_before = 0, hops = 0, location = null,
            rank = rank - walls * 281474976710656, walls = 0, settled_at = null
        where state = 'failed' and ($1 is null or class = $1) and settled_at >= $2
          and crawl_id in (select id from crawl where site <> 'folder')";
    /// A finished crawl whose request was made again has a twin that takes its pages.
    MOVE_TO_TWIN = "
        update page set crawl_id = (
            select twin.id from crawl c join crawl twin
              on twin.topic_id = c.topic_id and twin.site = c.site and twin.pool = c.pool
             and twin.request = c.request and twin.state = 'unfinished'
            where c.id = page.crawl_id)
        where state = 'pending' and exists (
            select 1 from crawl c join crawl twin
              on twin.topic_id = c.topic_id and twin.site = c.site and twin.pool = c.pool
             and twin.request = c.request and twin.state = 'unfinished'
            where c.id = page.crawl_id and c.state = 'finished'
              and not exists (select 1 from page other
                              where other.crawl_id = twin.id and other.url = page.url))";
    /// Of several finished crawls of one request the newest is reopened.
    REOPEN = "
        update crawl set state = 'unfinished', finished_at = null,
            retrying = case when new_covers >= target then 1 else 0 end
        where id in (
            select max(c.id) from crawl c
            where c.state = 'finished'
              and exists (select 1 from page p where p.crawl_id = c.id and p.state = 'pending')
              and not exists (select 1 from crawl twin
                              where twin.topic_id = c.topic_id and twin.site = c.site
                                and twin.pool = c.pool and twin.request = c.request
                                and twin.state = 'unfinished')
            group by c.topic_id, c.site, c.pool, c.request)";
    RETURN_ALL_LEASES = "update page set state = 'pending', lease_until = null where state = 'leased'";
    RETURN_ALL_HOSTS = "update host set busy_until = 0 where busy_until > 0";
}

/// A crawl in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CrawlId(pub(crate) i64);

/// What was asked for; equal requests of one topic are one crawl while it is unfinished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The site.
    pub site: String,
    /// The pool that new covers join.
    pub pool: Pool,
    /// Everything else that was asked, with sorted keys.
    pub request: Value,
    /// How it is asked; the newest counts.
    pub options: Value,
    /// New covers wanted in the pool, at least 1.
    pub target: u32,
    /// Of all random choices; the first counts.
    pub seed: u32,
}

/// A crawl as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crawl {
    /// Its id.
    pub id: CrawlId,
    /// Whose pool is filled.
    pub topic: TopicId,
    /// What was asked.
    pub request: Request,
    /// Covers that it brought into the pool so far.
    pub new_covers: u32,
    /// List or seed pages planned so far.
    pub planned: u32,
    /// Videos that the site says it has.
    pub total: Option<u64>,
    /// It works off pages that were put back, and plans nothing new.
    pub retrying: bool,
    /// Nothing is left to do.
    pub finished: bool,
}

#[derive(FromRow)]
struct CrawlRow {
    id: i64,
    topic_id: i64,
    site: String,
    pool: String,
    request: String,
    options: String,
    target: u32,
    new_covers: u32,
    seed: u32,
    planned: u32,
    total: Option<i64>,
    retrying: bool,
    finished: bool,
}

impl TryFrom<CrawlRow> for Crawl {
    type Error = Error;

    fn try_from(row: CrawlRow) -> Result<Self> {
        let request = Request {
            site: row.site,
            pool: row.pool.parse()?,
            request: json(&row.request)?,
            options: json(&row.options)?,
            target: row.target,
            seed: row.seed,
        };
        Ok(Self {
            id: CrawlId(row.id),
            topic: TopicId(row.topic_id),
            request,
            new_covers: row.new_covers,
            planned: row.planned,
            total: row.total.map(i64::cast_unsigned),
            retrying: row.retrying,
            finished: row.finished,
        })
    }
}

impl Crawl {
    /// New covers still wanted.
    pub fn remaining(&self) -> u32 {
        self.request.target.saturating_sub(self.new_covers)
    }
}

pub(crate) fn json(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|_| Error::Value {
        what: "JSON text",
        value: text.to_owned(),
    })
}

/// Held by every crawler that works on the frontier; given back by the system if it dies.
#[derive(Debug)]
pub struct Presence {
    _lock: File,
}

impl Store {
    /// Announces that this program takes pages. If no other does, pages and hosts that a
    /// killed one had taken are free again at once, without waiting for their leases to end.
    ///
    /// # Errors
    /// What the database says, or that its folder cannot be written.
    pub async fn join_frontier(&self) -> Result<Presence> {
        let mut path = self.path().as_os_str().to_owned();
        path.push(".crawlers");
        let unusable = |source| Error::Folder {
            path: std::path::PathBuf::from(&path),
            source,
        };
        let file = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {
                self.return_leases().await?;
                file.unlock().map_err(unusable)?;
            }
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        // Another program may hold it alone for the moment that returning leases takes.
        let file = tokio::task::spawn_blocking(move || file.lock_shared().map(|()| file))
            .await
            .expect("taking a file lock does not panic")
            .map_err(unusable)?;
        Ok(Presence { _lock: file })
    }

    async fn return_leases(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(RETURN_ALL_LEASES).execute(&mut *tx).await?;
        sqlx::query(RETURN_ALL_HOSTS).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }

    /// The unfinished crawl of this request, else a new one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin_crawl(
        &self,
        topic: TopicId,
        request: &Request,
        now: i64,
    ) -> Result<CrawlId> {
        let id = sqlx::query_scalar(BEGIN)
            .bind(topic.0)
            .bind(&request.site)
            .bind(request.pool.as_str())
            .bind(request.request.to_string())
            .bind(request.options.to_string())
            .bind(request.target)
            .bind(request.seed)
            .bind(now)
            .fetch_one(self.write())
            .await?;
        Ok(CrawlId(id))
    }

    /// A crawl as it stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn crawl(&self, crawl: CrawlId) -> Result<Crawl> {
        let row: CrawlRow = sqlx::query_as(CRAWL)
            .bind(crawl.0)
            .fetch_one(self.read())
            .await?;
        row.try_into()
    }

    /// Unfinished crawls of all topics, oldest first; imports from disk are not among them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unfinished_crawls(&self) -> Result<Vec<Crawl>> {
        let rows: Vec<CrawlRow> = sqlx::query_as(UNFINISHED).fetch_all(self.read()).await?;
        rows.into_iter().map(Crawl::try_from).collect()
    }

    /// Records an item that failed without ever being pending, such as a file on disk.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fail_at_once(
        &self,
        crawl: CrawlId,
        url: &str,
        host: &str,
        class: &str,
        reason: &str,
        now: i64,
    ) -> Result<()> {
        sqlx::query(FAIL_AT_ONCE)
            .bind(crawl.0)
            .bind(url)
            .bind(host)
            .bind(class)
            .bind(reason)
            .bind(now)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Marks the crawl as finished, adds what it brought, and forgets pages that turned out
    /// not to be needed.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish_crawl(&self, crawl: CrawlId, new_covers: u32, now: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(FORGET_PENDING)
            .bind(crawl.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query(FINISH)
            .bind(crawl.0)
            .bind(now)
            .bind(new_covers)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Adds pages, and covers that cost no page because they are known, and moves the sampler's
    /// place from `from` to the next: all or nothing. Nothing when another program has moved
    /// it already.
    ///
    /// # Errors
    /// What the database says.
    pub async fn plan(
        &self,
        crawl: CrawlId,
        from: u32,
        pages: &[NewPage],
        known: &[KnownCover],
        now: i64,
    ) -> Result<Option<Brought>> {
        let mut tx = self.begin().await?;
        let moved = sqlx::query(PLANNED)
            .bind(crawl.0)
            .bind(from)
            .bind(from + 1)
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() == 0 {
            return Ok(None);
        }
        let mut brought = settle::add_known(&mut tx, crawl, known, now).await?;
        for page in pages {
            let new = settle::put(&mut tx, crawl, page, None, now).await?;
            brought.new_pages += u32::from(new);
        }
        tx.commit().await?;
        Ok(Some(brought))
    }

    /// Makes failed pages pending again, of one class or all, that failed at `since` or
    /// later; returns how many. Their crawls are unfinished then.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_back(&self, class: Option<&str>, since: i64) -> Result<u64> {
        let mut tx = self.begin().await?;
        let put_back = sqlx::query(PUT_BACK)
            .bind(class)
            .bind(since)
            .execute(&mut *tx)
            .await?;
        sqlx::query(REOPEN).execute(&mut *tx).await?;
        sqlx::query(MOVE_TO_TWIN).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(put_back.rows_affected())
    }
}

pub(crate) async fn set_total(
    tx: &mut sqlx::Transaction<'static, sqlx::Sqlite>,
    crawl: CrawlId,
    total: u64,
) -> Result<()> {
    sqlx::query(TOTAL)
        .bind(crawl.0)
        .bind(total.cast_signed())
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests;
