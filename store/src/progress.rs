//! How far a pool is, and what else a page shows beside a sheet.

use serde::Serialize;

use crate::statement::statements;
use crate::{Pool, Result, Store, TopicId};

statements! {
    COUNT_POOL = "select count(*) from pool where topic_id = $1 and pool = $2";
    COUNT_STANDING = "
        select count(*), count(*) filter (where decision = 'reject') from standing
        where topic_id = $1 and pool = $2";
    COUNT_LEASED = "
        select count(*) from lease where kind = 'sheet' and until > $1";
    PACE = "
        select coalesce(sum(covers), 0), coalesce(sum(visible_ms), 0) from sheet
        where topic_id = $1 and annotator = $2 and confirmed_at >= $3 and visible_ms is not null";
    PREVIEW_OF_HASH = "
        select i.preview from cover c join cover_image i on i.cover_id = c.id where c.sha256 = $1";
    ORIGINAL_OF_HASH = "
        select i.original from cover c join cover_image i on i.cover_id = c.id
        where c.sha256 = $1 and i.original is not null";
    TOPIC_KEY = "select name || '@' || created_at from topic where id = $1";
}

/// How far a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Covers in the pool.
    pub total: i64,
    /// With a standing decision.
    pub done: i64,
    /// Rejected among them.
    pub rejected: i64,
    /// On open sheets of the topic, here or elsewhere.
    pub leased: i64,
    /// Covers this person decided on recent sheets, and the time they took: the pace.
    pub paced: i64,
    /// Milliseconds.
    pub paced_ms: i64,
}

impl Store {
    /// How far a pool is, and how fast `annotator` has been since that time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn pool_progress(
        &self,
        topic: TopicId,
        pool: Pool,
        annotator: &str,
        since: i64,
        now: i64,
    ) -> Result<Progress> {
        let total = sqlx::query_scalar(COUNT_POOL)
            .bind(topic.0)
            .bind(pool.as_str())
            .fetch_one(self.read())
            .await?;
        let (done, rejected) = sqlx::query_as(COUNT_STANDING)
            .bind(topic.0)
            .bind(pool.as_str())
            .fetch_one(self.read())
            .await?;
        let leased = sqlx::query_scalar(COUNT_LEASED)
            .bind(now)
            .fetch_one(self.read())
            .await?;
        let (paced, paced_ms) = sqlx::query_as(PACE)
            .bind(topic.0)
            .bind(annotator)
            .bind(since)
            .fetch_one(self.read())
            .await?;
        Ok(Progress {
            total,
            done,
            rejected,
            leased,
            paced,
            paced_ms,
        })
    }

    /// The preview of the cover with this identity.
    ///
    /// # Errors
    /// What the database says.
    pub async fn preview_of_hash(&self, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>> {
        Ok(sqlx::query_scalar(PREVIEW_OF_HASH)
            .bind(&sha256[..])
            .fetch_optional(self.read())
            .await?)
    }

    /// The original of the cover with this identity, if it was kept; untrusted bytes.
    ///
    /// # Errors
    /// What the database says.
    pub async fn original_of_hash(&self, sha256: &[u8; 32]) -> Result<Option<Vec<u8>>> {
        Ok(sqlx::query_scalar(ORIGINAL_OF_HASH)
            .bind(&sha256[..])
            .fetch_optional(self.read())
            .await?)
    }

    /// Names this topic in this database, so that a page's memory of another one is not taken
    /// for it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn topic_key(&self, topic: TopicId) -> Result<String> {
        Ok(sqlx::query_scalar(TOPIC_KEY)
            .bind(topic.0)
            .fetch_one(self.read())
            .await?)
    }
}
