//! How far a queue is, and what else a page shows beside a sheet.

use serde::Serialize;

use crate::statement::statements;
use crate::{Pool, Queue, Result, Store, TopicId};

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
    /// Suspects of the newest finished run that are decided, and those decided again since. What
    /// was changed is told apart by what stood.
    COUNT_SUSPECTS = "
        select count(*),
               count(*) filter (where exists (
                   select 1 from decision e
                   where e.topic_id = $1 and e.cover_id = s.cover_id and e.id > r.last_event
                     and e.act = 'decide'
                     and (select l.act from decision l
                          where l.topic_id = $1 and l.annotator = e.annotator
                            and l.stroke = e.stroke and l.cover_id = e.cover_id
                          order by l.id desc limit 1) <> 'undo')),
               count(*) filter (where exists (
                   select 1 from second_look v join decision o on o.id = v.stood
                   where v.cover_id = s.cover_id and v.topic_id = $1 and v.queue = 'suspects'
                     and v.stood <= r.last_event and v.said <> o.decision))
        from run r
        cross join suspect s on s.run_id = r.id
        cross join standing d on d.topic_id = $1 and d.cover_id = s.cover_id and d.pool = $2
        where r.id = (select max(n.id) from run n where n.topic_id = $1 and n.state = 'finished')";
    COUNT_SECOND = "
        select count(*), count(*) filter (where d.decision <> v.said)
        from second_look v join decision d on d.id = v.stood
        where v.topic_id = $1 and v.queue = 'second' and v.pool = $2";
    PREVIEW_OF_HASH = "
        select i.preview from cover c join cover_image i on i.cover_id = c.id where c.sha256 = $1";
    ORIGINAL_OF_HASH = "
        select i.original from cover c join cover_image i on i.cover_id = c.id
        where c.sha256 = $1 and i.original is not null";
    TOPIC_KEY = "select name || '@' || created_at from topic where id = $1";
}

/// How far a queue is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Covers in the queue: of a pool all, of a second look those that it is about.
    pub total: i64,
    /// With a standing decision, or looked at once more.
    pub done: i64,
    /// Rejected among them, or changed by the second look.
    pub rejected: i64,
    /// On open sheets of the topic, here or elsewhere.
    pub leased: i64,
    /// Covers this person decided on recent sheets, and the time they took: the pace.
    pub paced: i64,
    /// Milliseconds.
    pub paced_ms: i64,
}

impl Store {
    /// How far a queue is, and how fast `annotator` has been since that time.
    ///
    /// # Errors
    /// What the database says.
    pub async fn queue_progress(
        &self,
        topic: TopicId,
        pool: Pool,
        queue: Queue,
        annotator: &str,
        since: i64,
        now: i64,
    ) -> Result<Progress> {
        let (total, done, rejected) = self.done(topic, pool, queue).await?;
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

    /// Covers of a queue: all, done, and rejected or changed.
    async fn done(&self, topic: TopicId, pool: Pool, queue: Queue) -> Result<(i64, i64, i64)> {
        let count = |statement| sqlx::query_as(statement).bind(topic.0).bind(pool.as_str());
        match queue {
            Queue::Suspects => Ok(count(COUNT_SUSPECTS).fetch_one(self.read()).await?),
            Queue::Audit | Queue::Below => {
                let slice = queue == Queue::Below;
                let audit = self.newest_audit(topic, pool, slice).await?;
                let whole = |n: u64| i64::try_from(n).expect("covers are countable");
                Ok(audit.map_or((0, 0, 0), |audit| {
                    (
                        whole(audit.sample),
                        whole(audit.checked),
                        whole(audit.found),
                    )
                }))
            }
            Queue::Second => {
                let (decided, _) = self.standing(topic, pool).await?;
                let (looked, changed) = sqlx::query_as(COUNT_SECOND)
                    .bind(topic.0)
                    .bind(pool.as_str())
                    .fetch_one(self.read())
                    .await?;
                Ok((decided, looked, changed))
            }
            Queue::Newest | Queue::Random | Queue::Likely | Queue::Uncertain => {
                let total = sqlx::query_scalar(COUNT_POOL)
                    .bind(topic.0)
                    .bind(pool.as_str())
                    .fetch_one(self.read())
                    .await?;
                let (done, rejected) = self.standing(topic, pool).await?;
                Ok((total, done, rejected))
            }
        }
    }

    /// Decided covers of a pool, and the rejected among them.
    async fn standing(&self, topic: TopicId, pool: Pool) -> Result<(i64, i64)> {
        Ok(sqlx::query_as(COUNT_STANDING)
            .bind(topic.0)
            .bind(pool.as_str())
            .fetch_one(self.read())
            .await?)
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
