//! Counts of pages, for people.

use sqlx::FromRow;

use super::CrawlId;
use crate::statement::statements;
use crate::{Result, Store, TopicId};

statements! {
    FAILED_BY_CLASS = "
        select p.class, count(*) from page p join crawl c on c.id = p.crawl_id
        where c.topic_id = $1 and p.state = 'failed' group by p.class order by 2 desc, 1";
    FAILED_PAGES = "
        select p.url, coalesce(p.reason, '') as reason
        from page p join crawl c on c.id = p.crawl_id
        where c.topic_id = $1 and p.state = 'failed' and p.class = $2
        order by p.settled_at desc, p.id desc limit $3";
    PAGES_LEFT = "
        select count(*) from page where crawl_id = $1 and state in ('pending', 'leased')";
    PROGRESS = "
        select c.id, c.site, c.pool, c.request, c.target, c.new_covers, c.state,
               (select count(*) from page p where p.crawl_id = c.id and p.state = 'pending') as waiting,
               (select count(*) from page p where p.crawl_id = c.id and p.state = 'leased') as leased,
               (select count(*) from page p where p.crawl_id = c.id and p.state = 'done') as done,
               (select count(*) from page p where p.crawl_id = c.id and p.state = 'failed') as failed
        from crawl c where c.topic_id = $1 order by c.id";
}

/// How far a crawl is.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Progress {
    /// Its number.
    pub id: i64,
    /// The site.
    pub site: String,
    /// The pool.
    pub pool: String,
    /// What was asked, as JSON.
    pub request: String,
    /// New covers wanted.
    pub target: i64,
    /// New covers so far.
    pub new_covers: i64,
    /// `unfinished` or `finished`.
    pub state: String,
    /// Pages pending.
    pub waiting: i64,
    /// Pages under way.
    pub leased: i64,
    /// Pages done.
    pub done: i64,
    /// Pages given up.
    pub failed: i64,
}

/// A page that was given up.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct FailedPage {
    /// Its address, or the path of a file.
    pub url: String,
    /// In words.
    pub reason: String,
}

impl Store {
    /// The newest failed pages of a class, at most `limit`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn failed_pages(
        &self,
        topic: TopicId,
        class: &str,
        limit: usize,
    ) -> Result<Vec<FailedPage>> {
        Ok(sqlx::query_as(FAILED_PAGES)
            .bind(topic.0)
            .bind(class)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(self.read())
            .await?)
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

    /// Pages of a crawl that are pending or under way.
    ///
    /// # Errors
    /// What the database says.
    pub async fn pages_left(&self, crawl: CrawlId) -> Result<u64> {
        let left: i64 = sqlx::query_scalar(PAGES_LEFT)
            .bind(crawl.0)
            .fetch_one(self.read())
            .await?;
        Ok(left.cast_unsigned())
    }

    /// Every crawl of a topic, oldest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn crawl_progress(&self, topic: TopicId) -> Result<Vec<Progress>> {
        Ok(sqlx::query_as(PROGRESS)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }
}
