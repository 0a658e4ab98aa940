//! What the model in use does not know yet, cheap enough to be asked every few seconds.

use crate::statement::statements;
use crate::{Result, Store, TopicId};

statements! {
    IN_USE = "
        select p.id, m.id, m.last_event from promotion p join model m on m.id = p.model_id
        where p.topic_id = $1 order by p.id desc limit 1";
    NEWER = "
        select count(distinct d.cover_id) from decision d where d.topic_id = $1 and d.id > $2";
    /// Ids are given in the order of arrival, and scored in it: what is unscored is at the end.
    UNSCORED = "
        select count(*) from pool p
        where p.topic_id = $1
          and p.cover_id > coalesce((select max(s.cover_id) from score s where s.model_id = $2), 0)
          and not exists (select 1 from standing d
                          where d.topic_id = $1 and d.cover_id = p.cover_id)";
    WATCHED = "
        select exists (select 1 from lease where kind = 'watch' and item = $1 and until > $2)";
}

/// How far behind the model in use is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Freshness {
    /// Changes with every promotion; nought before the first.
    pub promotion: i64,
    /// Covers with decisions that it has not learned from.
    pub newer: i64,
    /// Undecided covers that came after those it has scored; nought without a model.
    pub unscored: i64,
    /// A `trainer watch` is at work.
    pub watched: bool,
}

impl Store {
    /// As it is now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn freshness(&self, topic: TopicId, now: i64) -> Result<Freshness> {
        let watched = sqlx::query_scalar(WATCHED)
            .bind(topic.0.to_string())
            .bind(now)
            .fetch_one(self.read())
            .await?;
        let in_use: Option<(i64, i64, i64)> = sqlx::query_as(IN_USE)
            .bind(topic.0)
            .fetch_optional(self.read())
            .await?;
        let Some((promotion, model, last_event)) = in_use else {
            return Ok(Freshness {
                watched,
                ..Freshness::default()
            });
        };
        let count =
            |statement, argument: i64| sqlx::query_scalar(statement).bind(topic.0).bind(argument);
        Ok(Freshness {
            promotion,
            newer: count(NEWER, last_event).fetch_one(self.read()).await?,
            unscored: count(UNSCORED, model).fetch_one(self.read()).await?,
            watched,
        })
    }
}
