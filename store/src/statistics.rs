//! What statistics draw: decisions by day, the pace of sheets, and how finding went on.

use sqlx::FromRow;

use crate::confirm::Counts;
use crate::statement::statements;
use crate::{Result, Store, TopicId};

statements! {
    /// What somebody decided by looking: a file would dwarf all of it.
    DAYS = "
        select decided_at / 86400000 as day,
               count(*) filter (where decision = 'keep') as keep,
               count(*) filter (where decision = 'reject') as reject,
               count(*) filter (where decision = 'unsure') as unsure,
               count(*) filter (where decision = 'broken') as broken
        from decision
        where topic_id = $1 and act = 'decide' and decided_at >= $2
          and source not in ('import', 'bulk')
        group by 1 order by 1";
    PACES = "
        select confirmed_at, covers, visible_ms from sheet
        where topic_id = $1 and annotator = $2 and confirmed_at is not null
          and covers > 0 and visible_ms > 0
        order by confirmed_at desc limit $3";
    LOOKED = "
        select annotator, sum(visible_ms) from sheet
        where topic_id = $1 and confirmed_at is not null and visible_ms is not null
        group by annotator order by annotator";
    /// Every so many covers and the last: enough for a curve, however many there are.
    DISCOVERY = "
        with looked as (
            select row_number() over (order by s.decision_id) as n,
                   count(*) filter (where s.decision = 'reject') over (order by s.decision_id)
                       as found
            from standing s
            cross join decision d on d.id = s.decision_id
            where s.topic_id = $1 and s.pool = 'negative' and d.source not in ('import', 'bulk')
        )
        select n, found from looked
        where n % (1 + (select count(*) from looked) / $2) = 0
           or n = (select count(*) from looked)
        order by n";
}

/// Decisions of one day, imports and what was kept at once left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Days since 1970-01-01, UTC.
    pub day: i64,
    /// By what was said.
    pub counts: Counts,
}

/// A confirmed sheet and how long it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Pace {
    /// Unix milliseconds.
    pub confirmed_at: i64,
    /// Decided by it; at least one.
    pub covers: i64,
    /// Milliseconds; at least one.
    pub visible_ms: i64,
}

/// How finding went on among random covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromRow)]
pub struct Found {
    /// Covers looked at so far.
    pub n: i64,
    /// Of them rejected: they show the topic.
    pub found: i64,
}

impl Store {
    /// Decisions by day from `since` (Unix milliseconds) on; days without any are left out.
    ///
    /// # Errors
    /// What the database says.
    pub async fn days(&self, topic: TopicId, since: i64) -> Result<Vec<Day>> {
        let rows: Vec<(i64, u32, u32, u32, u32)> = sqlx::query_as(DAYS)
            .bind(topic.0)
            .bind(since)
            .fetch_all(self.read())
            .await?;
        let day = |(day, keep, reject, unsure, broken)| Day {
            day,
            counts: Counts {
                keep,
                reject,
                unsure,
                broken,
            },
        };
        Ok(rows.into_iter().map(day).collect())
    }

    /// The person's last sheets, newest first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn paces(&self, topic: TopicId, annotator: &str, limit: u32) -> Result<Vec<Pace>> {
        Ok(sqlx::query_as(PACES)
            .bind(topic.0)
            .bind(annotator)
            .bind(limit)
            .fetch_all(self.read())
            .await?)
    }

    /// How long each person has looked at confirmed sheets, milliseconds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn looked(&self, topic: TopicId) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(LOOKED)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }

    /// How many of the topic were found after how many random covers, in some `points` places.
    ///
    /// # Errors
    /// What the database says.
    pub async fn discovery(&self, topic: TopicId, points: u32) -> Result<Vec<Found>> {
        Ok(sqlx::query_as(DISCOVERY)
            .bind(topic.0)
            .bind(points.max(1))
            .fetch_all(self.read())
            .await?)
    }
}
