//! Runs: what was asked, on which data set, and where they stand.

use sqlx::{FromRow, Sqlite, Transaction};

use crate::statement::statements;
use crate::{Error, Result, Store, TopicId};

statements! {
    /// The same question on the same data, answered or not: the same bits would come of it.
    SAME = "
        select id, state from run
        where topic_id = $1 and dataset = $2 and config = $3 and seed = $4 and threads = $5
          and device = $6 and code = $7 and state <> 'failed'
        order by id desc limit 1";
    ADD_RUN = "
        insert into run (topic_id, net, recipe, config, seed, folds, dataset, last_event, code,
                         device, threads, state, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'unfinished', $12)
        returning id";
    ADD_RUN_COVERS = "
        insert into run_cover (run_id, cover_id, label, fold, block)
        select $1, json_extract(value, '$[0]'), json_extract(value, '$[1]'),
               json_extract(value, '$[2]'), json_extract(value, '$[3]')
        from json_each($2)";
    ADD_FOLDS = "
        insert into fold (run_id, fold, state, train, test)
        select run_id, fold, 'pending',
               (select count(*) from run_cover all_of where all_of.run_id = $1) - count(*),
               count(*)
        from run_cover where run_id = $1 group by run_id, fold";
    FOLDS_DONE = "
        update fold set state = 'done', epochs = 1, seconds = $2 where run_id = $1";
    ADD_PREDICTIONS = "
        insert into prediction (run_id, cover_id, logit)
        select $1, json_extract(value, '$[0]'), json_extract(value, '$[1]') from json_each($2)";
    FORGET_OF_SUSPECT = "delete from suspect where run_id = $1";
    FORGET_OF_PREDICTION = "delete from prediction where run_id = $1";
    FORGET_OF_COVER = "delete from run_cover where run_id = $1";
    FORGET_OF_EPOCH = "delete from epoch where run_id = $1";
    FORGET_OF_ATTEMPT = "delete from attempt where run_id = $1";
    FORGET_OF_RANGE = "delete from range_test where run_id = $1";
    FORGET_OF_FOLD = "delete from fold where run_id = $1";
    FORGET_OF_MODEL = "update model set run_id = null where run_id = $1";
    FORGET_RUN = "delete from run where id = $1";
    SETTLE_RUN = "
        update run set state = $2, reason = $3, finished_at = $4
        where id = $1 and state = 'unfinished'";
    RUN = "
        select id, net, recipe, config, seed, folds, last_event, code, device, threads, state,
               reason, created_at, finished_at
        from run where id = $1";
    RUNS = "
        select id, net, recipe, config, seed, folds, last_event, code, device, threads, state,
               reason, created_at, finished_at
        from run where topic_id = $1 order by id desc limit $2";
}

/// A run that is in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RunId(pub(crate) i64);

impl RunId {
    /// The run that people call by this number; whether it exists is asked when it is used.
    pub fn named(number: i64) -> Self {
        Self(number)
    }

    /// The number people call it by.
    pub fn number(self) -> i64 {
        self.0
    }
}

/// All that makes a run.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The net's name.
    pub net: String,
    /// The recipe's name.
    pub recipe: String,
    /// Every choice as JSON, defaults resolved, keys in a fixed order: it is compared as text.
    pub config: String,
    /// Keys all randomness.
    pub seed: i64,
    /// How many parts.
    pub folds: u32,
    /// Fingerprint of covers, images, labels and folds.
    pub dataset: [u8; 32],
    /// Newest decision that was read.
    pub last_event: i64,
    /// Revision of the program.
    pub code: String,
    /// Where it computes.
    pub device: String,
    /// On how many threads: other numbers give other bits.
    pub threads: u32,
    /// The data set.
    pub covers: Vec<RunCover>,
}

/// A cover of a run's data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct RunCover {
    /// Its id.
    pub cover: i64,
    /// Whether it shows the topic.
    pub label: bool,
    /// The fold it is tested in.
    pub fold: u32,
    /// The block it is in, by the run's own numbering; `None` in old runs.
    pub block: Option<u32>,
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunState {
    /// Some folds are still to do.
    Unfinished,
    /// All folds are done.
    Finished,
    /// Given up, with a reason.
    Failed,
}

impl RunState {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unfinished => "unfinished",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }

    fn read(text: &str) -> Result<Self> {
        match text {
            "unfinished" => Ok(Self::Unfinished),
            "finished" => Ok(Self::Finished),
            "failed" => Ok(Self::Failed),
            other => Err(Error::Value {
                what: "state of a run",
                value: other.to_owned(),
            }),
        }
    }
}

/// A run as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// Its id.
    pub id: RunId,
    /// The net's name.
    pub net: String,
    /// The recipe's name.
    pub recipe: String,
    /// Every choice as JSON.
    pub config: String,
    /// Keys all randomness.
    pub seed: i64,
    /// How many parts.
    pub folds: u32,
    /// Newest decision that was read.
    pub last_event: i64,
    /// Revision of the program.
    pub code: String,
    /// Where it computed.
    pub device: String,
    /// On how many threads.
    pub threads: u32,
    /// Where it stands.
    pub state: RunState,
    /// Why it failed.
    pub reason: Option<String>,
    /// Unix milliseconds.
    pub created_at: i64,
    /// Unix milliseconds.
    pub finished_at: Option<i64>,
}

/// What [`Store::begin_run`] found or made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Nobody had asked this.
    New(RunId),
    /// Asked, and some folds are still to do.
    Unfinished(RunId),
    /// Asked and answered.
    Finished(RunId),
}

impl Begun {
    /// The run.
    pub fn run(self) -> RunId {
        match self {
            Self::New(run) | Self::Unfinished(run) | Self::Finished(run) => run,
        }
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    net: String,
    recipe: String,
    config: String,
    seed: i64,
    folds: u32,
    last_event: i64,
    code: String,
    device: String,
    threads: u32,
    state: String,
    reason: Option<String>,
    created_at: i64,
    finished_at: Option<i64>,
}

impl TryFrom<Row> for RunRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        Ok(Self {
            id: RunId(row.id),
            net: row.net,
            recipe: row.recipe,
            config: row.config,
            seed: row.seed,
            folds: row.folds,
            last_event: row.last_event,
            code: row.code,
            device: row.device,
            threads: row.threads,
            state: RunState::read(&row.state)?,
            reason: row.reason,
            created_at: row.created_at,
            finished_at: row.finished_at,
        })
    }
}

impl Store {
    /// The newest run of the same configuration, seed, code, device and threads on the same
    /// data, unless it failed or is asked `afresh`; or else a new one with its folds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn begin_run(
        &self,
        topic: TopicId,
        new: &NewRun,
        afresh: bool,
        now: i64,
    ) -> Result<Begun> {
        let mut tx = self.begin().await?;
        let same: Option<(i64, String)> = sqlx::query_as(SAME)
            .bind(topic.0)
            .bind(&new.dataset[..])
            .bind(&new.config)
            .bind(new.seed)
            .bind(new.threads)
            .bind(&new.device)
            .bind(&new.code)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some((id, state)) = same.filter(|_| !afresh) {
            return Ok(match RunState::read(&state)? {
                RunState::Finished => Begun::Finished(RunId(id)),
                RunState::Unfinished | RunState::Failed => Begun::Unfinished(RunId(id)),
            });
        }
        let id: i64 = add_run(&mut tx, topic, new, now).await?;
        sqlx::query(ADD_RUN_COVERS)
            .bind(id)
            .bind(rows_of(&new.covers))
            .execute(&mut *tx)
            .await?;
        sqlx::query(ADD_FOLDS).bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Begun::New(RunId(id)))
    }

    /// Adds a run that is finished already, all its predictions in the order of its covers,
    /// in one transaction.
    ///
    /// # Errors
    /// What the database says.
    pub async fn add_finished_run(
        &self,
        topic: TopicId,
        new: &NewRun,
        logits: &[f64],
        (seconds, now): (f64, i64),
    ) -> Result<RunId> {
        let predictions: Vec<serde_json::Value> = new
            .covers
            .iter()
            .zip(logits)
            .map(|(row, logit)| serde_json::json!([row.cover, logit]))
            .collect();
        let mut tx = self.begin().await?;
        let id: i64 = add_run(&mut tx, topic, new, now).await?;
        sqlx::query(ADD_RUN_COVERS)
            .bind(id)
            .bind(rows_of(&new.covers))
            .execute(&mut *tx)
            .await?;
        sqlx::query(ADD_FOLDS).bind(id).execute(&mut *tx).await?;
        sqlx::query(FOLDS_DONE)
            .bind(id)
            .bind(seconds / f64::from(new.folds))
            .execute(&mut *tx)
            .await?;
        sqlx::query(ADD_PREDICTIONS)
            .bind(id)
            .bind(serde_json::Value::Array(predictions).to_string())
            .execute(&mut *tx)
            .await?;
        sqlx::query(SETTLE_RUN)
            .bind(id)
            .bind(RunState::Finished.as_str())
            .bind(None::<String>)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(RunId(id))
    }

    /// Forgets a run with everything of it; models that followed it stay without.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_run(&self, run: RunId) -> Result<()> {
        let mut tx = self.begin().await?;
        for statement in [
            FORGET_OF_SUSPECT,
            FORGET_OF_PREDICTION,
            FORGET_OF_COVER,
            FORGET_OF_EPOCH,
            FORGET_OF_ATTEMPT,
            FORGET_OF_RANGE,
            FORGET_OF_FOLD,
            FORGET_OF_MODEL,
            FORGET_RUN,
        ] {
            sqlx::query(statement).bind(run.0).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Ends a run; one that has ended stays as it is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn settle_run(
        &self,
        run: RunId,
        state: RunState,
        reason: Option<&str>,
        now: i64,
    ) -> Result<()> {
        sqlx::query(SETTLE_RUN)
            .bind(run.0)
            .bind(state.as_str())
            .bind(reason)
            .bind(now)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// A run by its number.
    ///
    /// # Errors
    /// [`Error::Missing`] if there is none.
    pub async fn run(&self, run: RunId) -> Result<RunRow> {
        let row: Option<Row> = sqlx::query_as(RUN)
            .bind(run.0)
            .fetch_optional(self.read())
            .await?;
        let missing = || Error::Missing {
            what: "run",
            name: run.0.to_string(),
            hint: "List them with trainer runs.",
        };
        row.ok_or_else(missing)?.try_into()
    }

    /// The newest runs of a topic, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn runs(&self, topic: TopicId, limit: u32) -> Result<Vec<RunRow>> {
        let rows: Vec<Row> = sqlx::query_as(RUNS)
            .bind(topic.0)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        rows.into_iter().map(RunRow::try_from).collect()
    }
}

async fn add_run(
    tx: &mut Transaction<'static, Sqlite>,
    topic: TopicId,
    new: &NewRun,
    now: i64,
) -> Result<i64> {
    Ok(sqlx::query_scalar(ADD_RUN)
        .bind(topic.0)
        .bind(&new.net)
        .bind(&new.recipe)
        .bind(&new.config)
        .bind(new.seed)
        .bind(new.folds)
        .bind(&new.dataset[..])
        .bind(new.last_event)
        .bind(&new.code)
        .bind(&new.device)
        .bind(new.threads)
        .bind(now)
        .fetch_one(&mut **tx)
        .await?)
}

/// `[[cover, label, fold, block], …]`
fn rows_of(covers: &[RunCover]) -> String {
    let row = |cover: &RunCover| {
        serde_json::json!([cover.cover, u8::from(cover.label), cover.fold, cover.block])
    };
    serde_json::Value::Array(covers.iter().map(row).collect()).to_string()
}
