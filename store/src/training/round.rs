//! Rounds of the watch: what the last labels did, kept when runs and models are long removed.

use sqlx::FromRow;

use super::run::RunId;
use crate::statement::statements;
use crate::{Result, Store, TopicId};

statements! {
    BEGIN_ROUND = "
        insert into round (topic_id, kind, began_at, labels, topics)
        values ($1, $2, $3, $4, $5) returning id";
    ROUND_MADE = "update round set run = $2, model_id = $3 where id = $1";
    FINISH_ROUND = "
        update round set finished_at = $2, seconds = $3, compared = $4, accuracy_before = $5,
                         accuracy_after = $6, loss_before = $7, loss_after = $8, promoted = $9,
                         reason = $10, hidden = $11, undecided = $12, gain = $13
        where id = $1";
    ROUND_PROMOTES = "
        insert into promotion (topic_id, model_id, reason, promoted_at)
        select topic_id, model_id, kind, $2 from round where id = $1";
    UNDER_WAY = "
        select id, run, model_id from round where topic_id = $1 and finished_at is null";
    FORGET_ROUND = "delete from round where id = $1";
    ROUNDS = "
        select r.id, r.kind, r.began_at, r.finished_at, r.seconds, r.run, r.model_id,
               m.name as model, r.labels, r.topics, r.compared, r.accuracy_before,
               r.accuracy_after, r.loss_before, r.loss_after, r.promoted, r.reason, r.hidden,
               r.undecided, r.gain
        from round r left join model m on m.id = r.model_id
        where r.topic_id = $1 and r.finished_at is not null
        order by r.id desc limit $2";
    ROUND_RUNS = "select run from round where topic_id = $1 and run is not null";
    CLAIM_WATCH = "
        insert into lease (kind, item, holder, until) values ('watch', $1, $2, $3)
        on conflict (kind, item) do update set holder = excluded.holder, until = excluded.until
        where lease.until <= $4 or lease.holder = excluded.holder or lease.holder = $5
        returning holder";
    WATCHER = "select holder from lease where kind = 'watch' and item = $1";
    RELEASE_WATCH = "delete from lease where kind = 'watch' and item = $1 and holder = $2";
}

/// What made a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundKind {
    /// No label: an order for the very first sheet.
    Start,
    /// New labels.
    Labels,
    /// Somebody went back to an older model.
    Rollback,
}

impl RoundKind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Labels => "labels",
            Self::Rollback => "rollback",
        }
    }
}

/// A round that ended.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct RoundRow {
    /// Its id; later rounds have larger ones.
    pub id: i64,
    /// `start`, `labels` or `rollback`.
    pub kind: String,
    /// Unix milliseconds.
    pub began_at: i64,
    /// Unix milliseconds.
    pub finished_at: i64,
    /// How long it took, rescoring included.
    pub seconds: f64,
    /// The run's number; it may be removed since.
    pub run: Option<i64>,
    /// The model it made.
    pub model_id: Option<i64>,
    /// That model's name.
    pub model: Option<String>,
    /// Covers that it learned from.
    pub labels: i64,
    /// Of them labeled as the topic.
    pub topics: i64,
    /// Covers on which it was compared with the model that was current.
    pub compared: i64,
    /// On those covers; `None`: there was nothing to compare with.
    pub accuracy_before: Option<f64>,
    /// On those covers.
    pub accuracy_after: Option<f64>,
    /// On those covers, mean log-loss.
    pub loss_before: Option<f64>,
    /// On those covers, mean log-loss.
    pub loss_after: Option<f64>,
    /// Whether its model became the current one.
    pub promoted: bool,
    /// Why, or why not, in words.
    pub reason: String,
    /// Covers of the topic that are expected among the undecided of the negative pool.
    pub hidden: Option<f64>,
    /// How many those undecided are.
    pub undecided: Option<i64>,
    /// Expected fall of the log-loss if there were twice as many labels.
    pub gain: Option<f64>,
}

impl RoundRow {
    /// Below this fall of the log-loss a person would see no difference.
    pub const HARDLY: f64 = 0.005;

    /// Share of covers that the model in use after it calls rightly, none of them learned from.
    pub fn right(&self) -> Option<f64> {
        if self.promoted {
            self.accuracy_after
        } else {
            self.accuracy_before
        }
    }

    /// Whether twice as many labels would hardly make the model better.
    pub fn labels_hardly_help(&self) -> bool {
        self.gain.is_some_and(|gain| gain < Self::HARDLY)
    }
}

/// What a round came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RoundResult {
    /// How long it took.
    pub seconds: f64,
    /// Covers of the comparison.
    pub compared: i64,
    /// Accuracy of the model that was current, and of the new one.
    pub accuracy: (Option<f64>, Option<f64>),
    /// Their mean log-losses.
    pub loss: (Option<f64>, Option<f64>),
    /// Whether the new one becomes current.
    pub promoted: bool,
    /// Why, or why not.
    pub reason: String,
    /// Expected of the topic, and how many, among the undecided of the negative pool.
    pub hidden: Option<(f64, i64)>,
    /// Expected fall of the log-loss with twice the labels.
    pub gain: Option<f64>,
}

/// What a killed round left behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Leftover {
    /// The round.
    pub id: i64,
    /// Its run.
    pub run: Option<i64>,
    /// Its model, which never was current.
    pub model_id: Option<i64>,
}

impl Store {
    /// Notes that a round begins; its id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin_round(
        &self,
        topic: TopicId,
        kind: RoundKind,
        (labels, topics): (i64, i64),
        now: i64,
    ) -> Result<i64> {
        Ok(sqlx::query_scalar(BEGIN_ROUND)
            .bind(topic.0)
            .bind(kind.as_str())
            .bind(now)
            .bind(labels)
            .bind(topics)
            .fetch_one(self.write())
            .await?)
    }

    /// Notes what a round has made, before anything scores with it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn round_made(&self, round: i64, run: Option<RunId>, model: i64) -> Result<()> {
        sqlx::query(ROUND_MADE)
            .bind(round)
            .bind(run.map(RunId::number))
            .bind(model)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Ends a round and, if it is to be, makes its model the current one: one transaction.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish_round(&self, round: i64, result: &RoundResult, now: i64) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(FINISH_ROUND)
            .bind(round)
            .bind(now)
            .bind(result.seconds)
            .bind(result.compared)
            .bind(result.accuracy.0)
            .bind(result.accuracy.1)
            .bind(result.loss.0)
            .bind(result.loss.1)
            .bind(result.promoted)
            .bind(&result.reason)
            .bind(result.hidden.map(|(expected, _)| expected))
            .bind(result.hidden.map(|(_, count)| count))
            .bind(result.gain)
            .execute(&mut *tx)
            .await?;
        if result.promoted {
            sqlx::query(ROUND_PROMOTES)
                .bind(round)
                .bind(now)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Rounds that were begun and never ended: whoever began them is gone, if only one watches.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rounds_left_over(&self, topic: TopicId) -> Result<Vec<Leftover>> {
        Ok(sqlx::query_as(UNDER_WAY)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }

    /// Forgets a round that never ended.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_round(&self, round: i64) -> Result<()> {
        sqlx::query(FORGET_ROUND)
            .bind(round)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// The newest round that ended.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_round(&self, topic: TopicId) -> Result<Option<RoundRow>> {
        Ok(self.rounds(topic, 1).await?.pop())
    }

    /// Rounds that ended, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rounds(&self, topic: TopicId, limit: u32) -> Result<Vec<RoundRow>> {
        Ok(sqlx::query_as(ROUNDS)
            .bind(topic.0)
            .bind(limit)
            .fetch_all(self.read())
            .await?)
    }

    /// Runs that rounds began, whether they are still there or not.
    ///
    /// # Errors
    /// What the database says.
    pub async fn runs_of_rounds(&self, topic: TopicId) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(ROUND_RUNS)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }

    /// Claims the watch of a topic until a time; `false` while somebody else has it, unless
    /// that is `dead`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim_watch(
        &self,
        topic: TopicId,
        (holder, dead): (&str, Option<&str>),
        (now, until): (i64, i64),
    ) -> Result<bool> {
        let claimed: Option<String> = sqlx::query_scalar(CLAIM_WATCH)
            .bind(topic.0.to_string())
            .bind(holder)
            .bind(until)
            .bind(now)
            .bind(dead.unwrap_or(holder))
            .fetch_optional(self.write())
            .await?;
        Ok(claimed.is_some())
    }

    /// Who has the watch of a topic, or had it last.
    ///
    /// # Errors
    /// What the database says.
    pub async fn watcher(&self, topic: TopicId) -> Result<Option<String>> {
        Ok(sqlx::query_scalar(WATCHER)
            .bind(topic.0.to_string())
            .fetch_optional(self.read())
            .await?)
    }

    /// Gives the watch of a topic back.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_watch(&self, topic: TopicId, holder: &str) -> Result<()> {
        sqlx::query(RELEASE_WATCH)
            .bind(topic.0.to_string())
            .bind(holder)
            .execute(self.write())
            .await?;
        Ok(())
    }
}
