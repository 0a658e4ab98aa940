//! What a fold's training went through: attempts that were given up, and its range test.

use sqlx::FromRow;

use super::run::RunId;
use crate::statement::statements;
use crate::{Result, Store};

statements! {
    PUT_ATTEMPT = "
        insert into attempt (run_id, fold, attempt, seed, learning_rate, step, diagnosis,
                             readings, ended_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (run_id, fold, attempt) do update set
            step = excluded.step, diagnosis = excluded.diagnosis,
            readings = excluded.readings, ended_at = excluded.ended_at";
    /// The next attempt may be stopped earlier and would not overwrite all of them.
    FORGET_EPOCHS = "delete from epoch where run_id = $1 and fold = $2";
    ATTEMPTS = "
        select fold, attempt, seed, learning_rate, step, diagnosis, readings, ended_at
        from attempt where run_id = $1 order by fold, attempt";
    FORGET_RANGE_TEST = "delete from range_test where run_id = $1 and fold = $2";
    PUT_RANGE_POINT = "
        insert into range_test (run_id, fold, step, learning_rate, loss)
        values ($1, $2, $3, $4, $5)";
    RANGE_TEST = "
        select learning_rate, loss from range_test
        where run_id = $1 and fold = $2 order by step";
}

/// An attempt at a fold that was given up.
#[derive(Debug, Clone, PartialEq, FromRow)]
pub struct AttemptRow {
    /// Counted from zero.
    pub fold: u32,
    /// Counted from one.
    pub attempt: u32,
    /// Of first weights and all draws.
    pub seed: i64,
    /// Peak.
    pub learning_rate: f64,
    /// Steps taken.
    pub step: i64,
    /// One word.
    pub diagnosis: String,
    /// The guard's last readings, as JSON.
    pub readings: String,
    /// Unix milliseconds.
    pub ended_at: i64,
}

impl Store {
    /// Stores an attempt that was given up, and forgets the epochs of it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_attempt(&self, run: RunId, row: &AttemptRow) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(PUT_ATTEMPT)
            .bind(run.0)
            .bind(row.fold)
            .bind(row.attempt)
            .bind(row.seed)
            .bind(row.learning_rate)
            .bind(row.step)
            .bind(&row.diagnosis)
            .bind(&row.readings)
            .bind(row.ended_at)
            .execute(&mut *tx)
            .await?;
        sqlx::query(FORGET_EPOCHS)
            .bind(run.0)
            .bind(row.fold)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// All attempts of a run that were given up.
    ///
    /// # Errors
    /// What the database says.
    pub async fn attempts(&self, run: RunId) -> Result<Vec<AttemptRow>> {
        Ok(sqlx::query_as(ATTEMPTS)
            .bind(run.0)
            .fetch_all(self.read())
            .await?)
    }

    /// Stores a fold's range test, as (rate, loss) step by step; another one is replaced.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_range_test(&self, run: RunId, fold: u32, points: &[(f64, f64)]) -> Result<()> {
        let mut tx = self.begin().await?;
        sqlx::query(FORGET_RANGE_TEST)
            .bind(run.0)
            .bind(fold)
            .execute(&mut *tx)
            .await?;
        for (step, (rate, loss)) in (1i64..).zip(points) {
            sqlx::query(PUT_RANGE_POINT)
                .bind(run.0)
                .bind(fold)
                .bind(step)
                .bind(rate)
                .bind(loss)
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// The range test of a fold, as (rate, loss) step by step; empty without one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn range_test(&self, run: RunId, fold: u32) -> Result<Vec<(f64, f64)>> {
        Ok(sqlx::query_as(RANGE_TEST)
            .bind(run.0)
            .bind(fold)
            .fetch_all(self.read())
            .await?)
    }
}
