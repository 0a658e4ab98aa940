//! Folds: claimed, trained, settled. A claim that is not renewed can be taken over.

use sqlx::FromRow;

use super::run::RunId;
use crate::statement::statements;
use crate::{Error, Result, Store};

statements! {
    CLAIM = "
        update fold set state = 'leased', holder = $2, lease_until = $4, reason = null
        where run_id = $1 and fold = (
            select fold from fold
            where run_id = $1
              and (state = 'pending' or (state = 'leased' and lease_until <= $3))
            order by fold limit 1)
        returning fold, train, test";
    RENEW = "
        update fold set lease_until = $4
        where run_id = $1 and fold = $2 and state = 'leased' and holder = $3";
    RELEASE = "
        update fold set state = 'pending', holder = null, lease_until = null
        where run_id = $1 and fold = $2 and state = 'leased' and holder = $3";
    HOLDERS = "select fold, holder from fold where run_id = $1 and state = 'leased' order by fold";
    PUT_EPOCH = "
        insert into epoch (run_id, fold, epoch, train_loss, train_accuracy, inner_loss,
                           inner_accuracy, test_loss, test_accuracy, learning_rate, seconds)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (run_id, fold, epoch) do update set
            train_loss = excluded.train_loss, train_accuracy = excluded.train_accuracy,
            inner_loss = excluded.inner_loss, inner_accuracy = excluded.inner_accuracy,
            test_loss = excluded.test_loss, test_accuracy = excluded.test_accuracy,
            learning_rate = excluded.learning_rate, seconds = excluded.seconds";
    FINISH = "
        update fold set state = 'done', holder = null, lease_until = null,
               epochs = $4, best_epoch = $5, seconds = $6, weights = $7,
               learning_rate = $8, micro_batch = $9
        where run_id = $1 and fold = $2 and state = 'leased' and holder = $3";
    FAIL = "
        update fold set state = 'failed', holder = null, lease_until = null, reason = $4
        where run_id = $1 and fold = $2 and state = 'leased' and holder = $3";
    PUT_PREDICTION = "
        insert into prediction (run_id, cover_id, logit) values ($1, $2, $3)
        on conflict (run_id, cover_id) do update set logit = excluded.logit";
    FOLDS = "
        select fold, state, train, test, epochs, best_epoch, seconds, weights, reason,
               learning_rate, micro_batch
        from fold where run_id = $1 order by fold";
    EPOCHS = "
        select epoch, train_loss, train_accuracy, inner_loss, inner_accuracy, test_loss,
               test_accuracy, learning_rate, seconds
        from epoch where run_id = $1 and fold = $2 order by epoch";
    FORGET_WEIGHTS = "update fold set weights = null where run_id = $1";
}

/// Names the program that holds a fold, so that its neighbours can tell whether it still lives.
pub type Holder = str;

/// A fold to train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Claim {
    /// Counted from zero.
    pub fold: u32,
    /// Covers to train on.
    pub train: u32,
    /// Covers to test.
    pub test: u32,
}

/// One epoch of a fold; losses in nats.
#[derive(Debug, Clone, Copy, PartialEq, FromRow)]
pub struct EpochRow {
    /// Counted from one.
    pub epoch: u32,
    /// Mean over the steps.
    pub train_loss: f64,
    /// Share right.
    pub train_accuracy: f64,
    /// On covers held back from training, if there were any.
    pub inner_loss: Option<f64>,
    /// Share right.
    pub inner_accuracy: Option<f64>,
    /// On the fold's own part.
    pub test_loss: f64,
    /// Share right.
    pub test_accuracy: f64,
    /// Of the last step.
    pub learning_rate: f64,
    /// Wall time.
    pub seconds: f64,
}

/// What a trained fold gave.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldResult {
    /// Epochs trained.
    pub epochs: u32,
    /// The epoch whose weights score, if it was chosen.
    pub best_epoch: Option<u32>,
    /// Wall time.
    pub seconds: f64,
    /// File name below the models folder.
    pub weights: Option<String>,
    /// Peak rate, of a training by steps.
    pub learning_rate: Option<f64>,
    /// Covers at once, where memory made them fewer than a step's.
    pub micro_batch: Option<u32>,
    /// Cover id and logit of every cover of the fold's part.
    pub predictions: Vec<(i64, f64)>,
}

/// Where a fold stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoldState {
    /// To do.
    Pending,
    /// In hand.
    Leased,
    /// Done.
    Done,
    /// Given up.
    Failed,
}

/// A fold as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldRow {
    /// Counted from zero.
    pub fold: u32,
    /// Where it stands.
    pub state: FoldState,
    /// Covers trained on.
    pub train: u32,
    /// Covers tested.
    pub test: u32,
    /// Epochs trained, once done.
    pub epochs: Option<u32>,
    /// The epoch whose weights score, if one was chosen.
    pub best_epoch: Option<u32>,
    /// Wall time, once done.
    pub seconds: Option<f64>,
    /// File name below the models folder, until superseded.
    pub weights: Option<String>,
    /// Why it was given up.
    pub reason: Option<String>,
    /// Peak rate, once done, of a training by steps.
    pub learning_rate: Option<f64>,
    /// Covers at once, where memory made them fewer than a step's.
    pub micro_batch: Option<u32>,
}

type Row = (
    u32,
    String,
    u32,
    u32,
    Option<u32>,
    Option<u32>,
    Option<f64>,
    Option<String>,
    Option<String>,
    Option<f64>,
    Option<u32>,
);

impl TryFrom<Row> for FoldRow {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let (fold, state, train, test, epochs, best_epoch, seconds, weights, reason, rate, micro) =
            row;
        let state = match state.as_str() {
            "pending" => FoldState::Pending,
            "leased" => FoldState::Leased,
            "done" => FoldState::Done,
            "failed" => FoldState::Failed,
            _ => {
                let what = "state of a fold";
                return Err(Error::Value { what, value: state });
            }
        };
        Ok(Self {
            fold,
            state,
            train,
            test,
            epochs,
            best_epoch,
            seconds,
            weights,
            reason,
            learning_rate: rate,
            micro_batch: micro,
        })
    }
}

impl Store {
    /// Claims the first fold that is to do, or whose claim has run out by `now`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim_fold(
        &self,
        run: RunId,
        holder: &Holder,
        now: i64,
        until: i64,
    ) -> Result<Option<Claim>> {
        Ok(sqlx::query_as(CLAIM)
            .bind(run.0)
            .bind(holder)
            .bind(now)
            .bind(until)
            .fetch_optional(self.write())
            .await?)
    }

    /// Keeps a claim until a later time; `false` if somebody else took it over.
    ///
    /// # Errors
    /// What the database says.
    pub async fn renew_fold(
        &self,
        run: RunId,
        fold: u32,
        holder: &Holder,
        until: i64,
    ) -> Result<bool> {
        let renewed = sqlx::query(RENEW)
            .bind(run.0)
            .bind(fold)
            .bind(holder)
            .bind(until)
            .execute(self.write())
            .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Gives a claim back: by its holder, or for a holder that is known to be dead.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_fold(&self, run: RunId, fold: u32, holder: &Holder) -> Result<()> {
        sqlx::query(RELEASE)
            .bind(run.0)
            .bind(fold)
            .bind(holder)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Gives a fold up, with a reason in words.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fail_fold(
        &self,
        run: RunId,
        fold: u32,
        holder: &Holder,
        reason: &str,
    ) -> Result<()> {
        sqlx::query(FAIL)
            .bind(run.0)
            .bind(fold)
            .bind(holder)
            .bind(reason)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// The folds in hand and who holds them.
    ///
    /// # Errors
    /// What the database says.
    pub async fn fold_holders(&self, run: RunId) -> Result<Vec<(u32, String)>> {
        Ok(sqlx::query_as(HOLDERS)
            .bind(run.0)
            .fetch_all(self.read())
            .await?)
    }

    /// Stores an epoch; a fold that starts over overwrites its epochs.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_epoch(&self, run: RunId, fold: u32, row: &EpochRow) -> Result<()> {
        sqlx::query(PUT_EPOCH)
            .bind(run.0)
            .bind(fold)
            .bind(row.epoch)
            .bind(row.train_loss)
            .bind(row.train_accuracy)
            .bind(row.inner_loss)
            .bind(row.inner_accuracy)
            .bind(row.test_loss)
            .bind(row.test_accuracy)
            .bind(row.learning_rate)
            .bind(row.seconds)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Stores a fold's result with all its predictions, if `holder` still holds it; `false`
    /// if somebody else took it over, and nothing was stored.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finish_fold(
        &self,
        run: RunId,
        fold: u32,
        holder: &Holder,
        result: &FoldResult,
    ) -> Result<bool> {
        let mut tx = self.begin().await?;
        let finished = sqlx::query(FINISH)
            .bind(run.0)
            .bind(fold)
            .bind(holder)
            .bind(result.epochs)
            .bind(result.best_epoch)
            .bind(result.seconds)
            .bind(&result.weights)
            .bind(result.learning_rate)
            .bind(result.micro_batch)
            .execute(&mut *tx)
            .await?;
        if finished.rows_affected() == 0 {
            return Ok(false);
        }
        for (cover, logit) in &result.predictions {
            sqlx::query(PUT_PREDICTION)
                .bind(run.0)
                .bind(cover)
                .bind(logit)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// All folds of a run.
    ///
    /// # Errors
    /// What the database says.
    pub async fn folds(&self, run: RunId) -> Result<Vec<FoldRow>> {
        let rows: Vec<Row> = sqlx::query_as(FOLDS)
            .bind(run.0)
            .fetch_all(self.read())
            .await?;
        rows.into_iter().map(FoldRow::try_from).collect()
    }

    /// All epochs of a fold.
    ///
    /// # Errors
    /// What the database says.
    pub async fn epochs(&self, run: RunId, fold: u32) -> Result<Vec<EpochRow>> {
        Ok(sqlx::query_as(EPOCHS)
            .bind(run.0)
            .bind(fold)
            .fetch_all(self.read())
            .await?)
    }

    /// Notes that the weights of a run's folds are no longer on disk.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_fold_weights(&self, run: RunId) -> Result<()> {
        sqlx::query(FORGET_WEIGHTS)
            .bind(run.0)
            .execute(self.write())
            .await?;
        Ok(())
    }
}
