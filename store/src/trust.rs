//! What is known of how well people see: planted cats, and covers that were looked at twice.
//! Counts only; what follows from them is the labeler's to say.

use serde::Serialize;

use crate::statement::statements;
use crate::{Pool, Result, Store, TopicId};

statements! {
    PLANTED = "
        select s.annotator, count(*), count(*) filter (where t.said <> 'keep')
        from sheet s
        cross join tile t on t.sheet = s.id
        where s.topic_id = $1 and s.confirmed_at is not null and t.planted = 1
          and t.said is not null
        group by s.annotator order by s.annotator";
    /// In the newest audit of what was kept.
    AUDITORS = "
        select distinct v.annotator from second_look v
        where v.audit_id = (select a.id from audit a
                            where a.topic_id = $1 and a.pool = $2 and a.below is null
                            order by a.opened_at desc, a.id desc limit 1)
        order by v.annotator";
    /// With $2 only what two people said of whom the second had not spoken before.
    TWICE = "
        select v.pool,
               count(*),
               count(*) filter (where (d.decision = 'reject') = (v.pool = 'negative')),
               count(*) filter (where (v.said = 'reject') = (v.pool = 'negative')),
               count(*) filter (where (d.decision = 'reject') = (v.pool = 'negative')
                                  and (v.said = 'reject') = (v.pool = 'negative')),
               count(*) filter (where d.decision = v.said)
        from second_look v
        join decision d on d.id = v.stood
        where v.topic_id = $1 and v.queue = 'second'
          and d.decision in ('keep', 'reject') and v.said in ('keep', 'reject')
          and (not $2 or not exists (
              select 1 from decision o
              where o.topic_id = $1 and o.cover_id = v.cover_id and o.annotator = v.annotator
                and o.id <= v.stood))
        group by v.pool order by v.pool";
}

/// Planted cats that a person met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recall {
    /// Who.
    pub annotator: String,
    /// On confirmed sheets.
    pub planted: u64,
    /// Not kept.
    pub seen: u64,
}

/// Covers of a pool of which yes or no was said twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Twice {
    /// The pool.
    pub pool: Pool,
    /// All of them.
    pub covers: u64,
    /// That show the topic by the first look.
    pub first: u64,
    /// By the second.
    pub second: u64,
    /// By both.
    pub both: u64,
    /// Of which the same was said.
    pub alike: u64,
}

impl Store {
    /// Planted cats, by person.
    ///
    /// # Errors
    /// What the database says.
    pub async fn planted_recall(&self, topic: TopicId) -> Result<Vec<Recall>> {
        let rows: Vec<(String, u32, u32)> = sqlx::query_as(PLANTED)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?;
        let recall = |(annotator, planted, seen): (_, u32, u32)| Recall {
            annotator,
            planted: planted.into(),
            seen: seen.into(),
        };
        Ok(rows.into_iter().map(recall).collect())
    }

    /// Who looked in the newest audit of a pool's kept covers.
    ///
    /// # Errors
    /// What the database says.
    pub async fn auditors(&self, topic: TopicId, pool: Pool) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(AUDITORS)
            .bind(topic.0)
            .bind(pool.as_str())
            .fetch_all(self.read())
            .await?)
    }

    /// What was looked at a second time without seeing the first answer, by pool; if `by_two`,
    /// only by another person, who had said nothing of it before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn looked_twice(&self, topic: TopicId, by_two: bool) -> Result<Vec<Twice>> {
        let rows: Vec<(String, u32, u32, u32, u32, u32)> = sqlx::query_as(TWICE)
            .bind(topic.0)
            .bind(by_two)
            .fetch_all(self.read())
            .await?;
        let twice =
            |(pool, covers, first, second, both, alike): (String, u32, u32, u32, u32, u32)| {
                Ok(Twice {
                    pool: pool.parse()?,
                    covers: covers.into(),
                    first: first.into(),
                    second: second.into(),
                    both: both.into(),
                    alike: alike.into(),
                })
            };
        rows.into_iter().map(twice).collect()
    }
}
