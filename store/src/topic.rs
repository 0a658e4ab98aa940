//! What is looked for: `cat` unless the user says otherwise.

use crate::statement::statements;
use crate::{Error, Result, Store};

statements! {
    ADD = "insert into topic (name, created_at) values ($1, $2) on conflict (name) do nothing";
    FIND = "select id from topic where name = $1";
}

/// The id of a topic that is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TopicId(pub(crate) i64);

impl Store {
    /// The topic of that name, made when it is new.
    ///
    /// # Errors
    /// [`Error::TopicName`] for an empty or overlong name.
    pub async fn topic(&self, name: &str, now: i64) -> Result<TopicId> {
        if let Some(id) = sqlx::query_scalar(FIND)
            .bind(name)
            .fetch_optional(self.read())
            .await?
        {
            return Ok(TopicId(id));
        }
        if name.trim().is_empty() || name.chars().count() > 64 {
            return Err(Error::TopicName(name.to_owned()));
        }
        sqlx::query(ADD)
            .bind(name)
            .bind(now)
            .execute(self.write())
            .await?;
        let id = sqlx::query_scalar(FIND)
            .bind(name)
            .fetch_one(self.write())
            .await?;
        Ok(TopicId(id))
    }
}
