//! Models and which of them is the current one.

use sqlx::FromRow;

use super::run::RunId;
use crate::statement::statements;
use crate::{Error, Result, Store, TopicId};

statements! {
    /// The same weights have the same name, and are one model.
    ADD_MODEL = "
        insert into model (topic_id, name, run_id, net, sha256, config, last_event, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (name) do update set last_event = excluded.last_event
        returning id";
    PROMOTE = "
        insert into promotion (topic_id, model_id, reason, promoted_at) values ($1, $2, $3, $4)";
    CURRENT = "
        select m.id, m.name, m.run_id, m.net, m.config, m.last_event, m.created_at
        from promotion p join model m on m.id = p.model_id
        where p.topic_id = $1 order by p.id desc limit 1";
    FORGET_MODEL = "
        delete from model where id = $1
          and not exists (select 1 from promotion p where p.model_id = $1)";
    PROMOTED = "
        select model_id from promotion where topic_id = $1
        group by model_id order by max(id) desc";
    MODEL_NAMED = "
        select id, name, run_id, net, config, last_event, created_at
        from model where topic_id = $1 and name = $2";
    MODELS = "
        select id, name, run_id, net, config, last_event, created_at
        from model where topic_id = $1 order by id desc";
}

/// A model that was just saved.
#[derive(Debug, Clone)]
pub struct NewModel {
    /// File name without its ending, below the models folder.
    pub name: String,
    /// The run whose choices it follows.
    pub run: Option<RunId>,
    /// The net's name.
    pub net: String,
    /// Of the file.
    pub sha256: [u8; 32],
    /// Every choice as JSON.
    pub config: String,
    /// Newest decision that was learned from.
    pub last_event: i64,
}

/// A model as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct ModelRow {
    /// Its id.
    pub id: i64,
    /// File name without its ending.
    pub name: String,
    /// The run whose choices it follows.
    pub run_id: Option<i64>,
    /// The net's name.
    pub net: String,
    /// Every choice as JSON.
    pub config: String,
    /// Newest decision that was learned from.
    pub last_event: i64,
    /// Unix milliseconds.
    pub created_at: i64,
}

impl Store {
    /// Adds a model whose file is in place; its id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn add_model(&self, topic: TopicId, new: &NewModel, now: i64) -> Result<i64> {
        Ok(sqlx::query_scalar(ADD_MODEL)
            .bind(topic.0)
            .bind(&new.name)
            .bind(new.run.map(RunId::number))
            .bind(&new.net)
            .bind(&new.sha256[..])
            .bind(&new.config)
            .bind(new.last_event)
            .bind(now)
            .fetch_one(self.write())
            .await?)
    }

    /// Makes a model the current one of its topic.
    ///
    /// # Errors
    /// What the database says.
    pub async fn promote(&self, topic: TopicId, model: i64, reason: &str, now: i64) -> Result<()> {
        sqlx::query(PROMOTE)
            .bind(topic.0)
            .bind(model)
            .bind(reason)
            .bind(now)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Forgets a model that never was the current one; its scores must be gone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_model(&self, model: i64) -> Result<()> {
        sqlx::query(FORGET_MODEL)
            .bind(model)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// The current model of a topic.
    ///
    /// # Errors
    /// What the database says.
    pub async fn current_model(&self, topic: TopicId) -> Result<Option<ModelRow>> {
        Ok(sqlx::query_as(CURRENT)
            .bind(topic.0)
            .fetch_optional(self.read())
            .await?)
    }

    /// Ids of the models that were ever the current one, the newest promotion first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn promoted_models(&self, topic: TopicId) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(PROMOTED)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }

    /// A model of a topic by its name.
    ///
    /// # Errors
    /// [`Error::Missing`] if there is none.
    pub async fn model_named(&self, topic: TopicId, name: &str) -> Result<ModelRow> {
        let row: Option<ModelRow> = sqlx::query_as(MODEL_NAMED)
            .bind(topic.0)
            .bind(name)
            .fetch_optional(self.read())
            .await?;
        row.ok_or_else(|| Error::Missing {
            what: "model",
            name: name.to_owned(),
            hint: "List them with trainer runs.",
        })
    }

    /// All models of a topic, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn models(&self, topic: TopicId) -> Result<Vec<ModelRow>> {
        Ok(sqlx::query_as(MODELS)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }
}
