//! Crawls and their pages. A request that is unfinished is continued, not begun again.

use crate::statement::statements;
use crate::{Pool, Result, Store, TopicId};

statements! {
    BEGIN = "
        insert into crawl (topic_id, site, pool, request, target, seed, state, created_at)
        values ($1, $2, $3, $4, $5, $6, 'unfinished', $7)
        on conflict (topic_id, site, pool, request) where state = 'unfinished'
        do update set target = excluded.target
        returning id";
    FAIL_AT_ONCE = "
        insert into page (crawl_id, kind, url, host, state, attempts, class, reason, created_at, settled_at)
        values ($1, 'cover', $2, $3, 'failed', 1, $4, $5, $6, $6)
        on conflict (crawl_id, url) do update set
            state = 'failed', attempts = page.attempts + 1, class = excluded.class,
            reason = excluded.reason, settled_at = excluded.settled_at";
    FINISH = "
        update crawl set state = 'finished', finished_at = $2, new_covers = new_covers + $3
        where id = $1";
    FAILED_BY_CLASS = "
        select p.class, count(*) from page p join crawl c on c.id = p.crawl_id
        where c.topic_id = $1 and p.state = 'failed' group by p.class order by 2 desc, 1";
}

/// A crawl in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CrawlId(pub(crate) i64);

/// What was asked for; equal requests of one topic are one crawl while it is unfinished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The site.
    pub site: String,
    /// The pool that new covers join.
    pub pool: Pool,
    /// Everything else that was asked, with sorted keys.
    pub request: serde_json::Value,
    /// New covers wanted in the pool, at least 1.
    pub target: u32,
    /// Of all random choices.
    pub seed: u32,
}

impl Store {
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
            .bind(request.target)
            .bind(request.seed)
            .bind(now)
            .fetch_one(self.write())
            .await?;
        Ok(CrawlId(id))
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

    /// Marks the crawl as finished and adds what it brought.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish_crawl(&self, crawl: CrawlId, new_covers: u32, now: i64) -> Result<()> {
        sqlx::query(FINISH)
            .bind(crawl.0)
            .bind(now)
            .bind(new_covers)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Failed pages of a topic by class, most first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn failed_by_class(&self, topic: TopicId) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(FAILED_BY_CLASS)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }
}
