//! What a data set is made of beside labels: where covers come from and how their images were
//! made.

use crate::statement::statements;
use crate::{Result, Store, TopicId};

statements! {
    SEEN_ON = "
        select v.title, v.url from sighting s join video v on v.id = s.video_id
        where s.cover_id = $1 order by s.seen_at, v.id limit 1";
    EVENTS_AFTER = "select count(*) from decision where id > $2 and topic_id = $1";
    RESIZE_RULES = "
        select c.id, c.resize_rule from pool p join cover c on c.id = p.cover_id
        where p.topic_id = $1 order by c.id";
    OWNERS_OF_DECIDED = "
        select distinct d.cover_id, v.site || ' ' || v.owner
        from standing d
        join sighting s on s.cover_id = d.cover_id
        join video v on v.id = s.video_id
        where d.topic_id = $1 and v.owner is not null order by 1, 2";
    /// Uploaders as text that is unlike for different sites; unknown ones join nothing.
    OWNERS = "
        select distinct s.cover_id, v.site || ' ' || v.owner
        from sighting s join video v on v.id = s.video_id
        where v.owner is not null order by 1, 2";
}

impl Store {
    /// Title and page of the video that first bore a cover.
    ///
    /// # Errors
    /// What the database says.
    pub async fn seen_on(&self, cover: i64) -> Result<Option<(String, String)>> {
        Ok(sqlx::query_as(SEEN_ON)
            .bind(cover)
            .fetch_optional(self.read())
            .await?)
    }

    /// How many decisions of a topic came after row `after` of the log.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_events_after(&self, topic: TopicId, after: i64) -> Result<u64> {
        let count: i64 = sqlx::query_scalar(EVENTS_AFTER)
            .bind(topic.0)
            .bind(after)
            .fetch_one(self.read())
            .await?;
        Ok(count.unsigned_abs())
    }

    /// How the image of each candidate was made, as (cover id, rule), by cover id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn resize_rules(&self, topic: TopicId) -> Result<Vec<(i64, String)>> {
        Ok(sqlx::query_as(RESIZE_RULES)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }

    /// As [`Store::cover_owners`], of decided covers alone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn owners_of_decided(&self, topic: TopicId) -> Result<Vec<(i64, String)>> {
        Ok(sqlx::query_as(OWNERS_OF_DECIDED)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }

    /// Covers with their known uploaders, as (cover id, a text per uploader).
    ///
    /// # Errors
    /// What the database says.
    pub async fn cover_owners(&self) -> Result<Vec<(i64, String)>> {
        Ok(sqlx::query_as(OWNERS).fetch_all(self.read()).await?)
    }
}
