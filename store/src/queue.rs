//! Queues: in what order covers come to sheets. What waits for a first decision, and what is
//! looked at once more.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::decision::Tx;
use crate::sheet::NewSheet;
use crate::statement::statements;
use crate::{Error, Pool, Result, TopicId, audit};

statements! {
    /// Latest crawled first: ids are given in the order of arrival.
    NEXT_NEWEST = "
        select w.cover_id from waiting w
        where w.topic_id = $1 and w.pool = $2
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                            and l.until > $3)
        order by w.cover_id desc limit $4";
    /// The order of the covers' hashes is random and has an index. `cross join` makes it outermost.
    NEXT_RANDOM = "
        select w.cover_id
        from cover c
        cross join waiting w on w.topic_id = $1 and w.cover_id = c.id and w.pool = $2
        where c.sha256 >= $5
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                            and l.until > $3)
        order by c.sha256 limit $4";
    NEXT_LIKELY = "
        select w.cover_id
        from score s
        cross join waiting w on w.topic_id = $1 and w.cover_id = s.cover_id and w.pool = $2
        where s.model_id = (select p.model_id from promotion p
                            where p.topic_id = $1 order by p.id desc limit 1)
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                            and l.until > $3)
        order by s.probability desc, s.cover_id limit $4";
    /// The nearest on both sides of a half, each by the index, then the nearer of them.
    NEXT_UNCERTAIN = "
        select cover_id from (
            select * from (
                select w.cover_id, s.probability - 0.5 as far
                from score s
                cross join waiting w on w.topic_id = $1 and w.cover_id = s.cover_id and w.pool = $2
                where s.model_id = (select p.model_id from promotion p
                                    where p.topic_id = $1 order by p.id desc limit 1)
                  and s.probability >= 0.5
                  and not exists (select 1 from lease l
                                  where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                                    and l.until > $3)
                order by s.probability, s.cover_id limit $4) above
            union all
            select * from (
                select w.cover_id, 0.5 - s.probability as far
                from score s
                cross join waiting w on w.topic_id = $1 and w.cover_id = s.cover_id and w.pool = $2
                where s.model_id = (select p.model_id from promotion p
                                    where p.topic_id = $1 order by p.id desc limit 1)
                  and s.probability < 0.5
                  and not exists (select 1 from lease l
                                  where l.kind = 'sheet' and l.item = w.topic_id || '/' || w.cover_id
                                    and l.until > $3)
                order by s.probability desc, s.cover_id limit $4) under
        ) nearest
        order by far, cover_id limit $4";
    /// Of the newest finished run, while nobody has decided the cover since the run read its
    /// label. A decision that was taken back is none.
    NEXT_SUSPECTS = "
        select s.cover_id
        from run r
        cross join suspect s on s.run_id = r.id
        cross join standing d on d.topic_id = $1 and d.cover_id = s.cover_id and d.pool = $2
        where r.id = (select max(n.id) from run n where n.topic_id = $1 and n.state = 'finished')
          and not exists (
              select 1 from decision e
              where e.topic_id = $1 and e.cover_id = s.cover_id and e.id > r.last_event
                and e.act = 'decide'
                and (select l.act from decision l
                     where l.topic_id = $1 and l.annotator = e.annotator and l.stroke = e.stroke
                       and l.cover_id = e.cover_id
                     order by l.id desc limit 1) <> 'undo')
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || s.cover_id and l.until > $3)
        order by s.place limit $4";
    /// What a person has decided by looking at it, and nobody has looked at a second time.
    NEXT_SECOND = "
        select d.cover_id
        from cover c
        cross join standing d on d.topic_id = $1 and d.cover_id = c.id and d.pool = $2
        cross join decision e on e.id = d.decision_id and e.source in ('explicit', 'sheet')
        where c.sha256 >= $5
          and not exists (select 1 from second_look v
                          where v.cover_id = c.id and v.topic_id = $1 and v.queue = 'second')
          and not exists (select 1 from lease l
                          where l.kind = 'sheet' and l.item = $1 || '/' || d.cover_id and l.until > $3)
        order by c.sha256 limit $4";
    /// Probability of the topic for each of these covers, in their order; null where unscored.
    BELIEFS = "
        select s.probability
        from json_each($2) j
        left join score s on s.cover_id = j.value
         and s.model_id = (select p.model_id from promotion p
                           where p.topic_id = $1 order by p.id desc limit 1)
        order by j.key";
}

/// Which covers come, and in what order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Queue {
    /// Undecided, latest crawled first.
    Newest,
    /// Undecided, uniformly at random.
    Random,
    /// Undecided, by the current model's probability of the topic; at random where there is none.
    Likely,
    /// Undecided, where the current model is closest to not knowing.
    Uncertain,
    /// Decided, and the newest run believes it least; the decision is shown.
    Suspects,
    /// Decided as kept: the sample of the newest audit. The decision is not shown.
    Audit,
    /// Decided by somebody who looked, at random. The decision is not shown.
    Second,
    /// Undecided: the sample of the newest audit of a slice below a score.
    Below,
}

impl Queue {
    /// All of them, those of undecided covers first.
    pub const ALL: [Self; 8] = [
        Self::Likely,
        Self::Random,
        Self::Newest,
        Self::Uncertain,
        Self::Below,
        Self::Suspects,
        Self::Audit,
        Self::Second,
    ];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Random => "random",
            Self::Likely => "likely",
            Self::Uncertain => "uncertain",
            Self::Suspects => "suspects",
            Self::Audit => "audit",
            Self::Second => "second",
            Self::Below => "below",
        }
    }

    /// Whether its covers are decided already and looked at once more.
    pub fn once_more(self) -> bool {
        matches!(self, Self::Suspects | Self::Audit | Self::Second)
    }

    /// Whether its covers are the sample of an audit.
    pub fn audits(self) -> bool {
        matches!(self, Self::Audit | Self::Below)
    }
}

impl FromStr for Queue {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let named = Self::ALL.into_iter().find(|queue| queue.as_str() == text);
        named.ok_or_else(|| Error::Value {
            what: "queue",
            value: text.to_owned(),
        })
    }
}

/// The covers for a new sheet, in order; and the audit that they are the sample of.
pub(crate) async fn next(
    tx: &mut Tx,
    topic: TopicId,
    new: &NewSheet<'_>,
    now: i64,
) -> Result<(Vec<i64>, Option<String>)> {
    let covers = match new.queue {
        Queue::Newest => by(tx, NEXT_NEWEST, topic, new, now).await?,
        Queue::Likely => by(tx, NEXT_LIKELY, topic, new, now).await?,
        Queue::Uncertain => by(tx, NEXT_UNCERTAIN, topic, new, now).await?,
        Queue::Suspects => return Ok((by(tx, NEXT_SUSPECTS, topic, new, now).await?, None)),
        Queue::Audit | Queue::Below => return audit::next(tx, topic, new, now).await,
        Queue::Second => {
            let covers = ring(tx, NEXT_SECOND, topic, new, now, Vec::new()).await?;
            return Ok((covers, None));
        }
        Queue::Random => Vec::new(),
    };
    // What the order knows nothing of, for want of a score, comes at random.
    Ok((ring(tx, NEXT_RANDOM, topic, new, now, covers).await?, None))
}

async fn by(
    tx: &mut Tx,
    statement: &'static str,
    topic: TopicId,
    new: &NewSheet<'_>,
    now: i64,
) -> Result<Vec<i64>> {
    Ok(sqlx::query_scalar(statement)
        .bind(topic.0)
        .bind(new.pool.as_str())
        .bind(now)
        .bind(new.size)
        .fetch_all(&mut **tx)
        .await?)
}

/// Fills `covers` up, round the ring of hashes: from the seed on, then from the beginning.
async fn ring(
    tx: &mut Tx,
    statement: &'static str,
    topic: TopicId,
    new: &NewSheet<'_>,
    now: i64,
    mut covers: Vec<i64>,
) -> Result<Vec<i64>> {
    for start in [&new.seed.to_be_bytes()[..], &[]] {
        if covers.len() >= new.size as usize {
            break;
        }
        let more: Vec<i64> = sqlx::query_scalar(statement)
            .bind(topic.0)
            .bind(new.pool.as_str())
            .bind(now)
            .bind(new.size)
            .bind(start.to_vec())
            .fetch_all(&mut **tx)
            .await?;
        for cover in more {
            if !covers.contains(&cover) {
                covers.push(cover);
            }
        }
    }
    covers.truncate(new.size as usize);
    Ok(covers)
}

/// What the current model believes of each cover.
pub(crate) async fn beliefs(
    tx: &mut Tx,
    topic: TopicId,
    covers: &[i64],
) -> Result<Vec<Option<f64>>> {
    Ok(sqlx::query_scalar(BELIEFS)
        .bind(topic.0)
        .bind(ids(covers))
        .fetch_all(&mut **tx)
        .await?)
}

/// A list of ids as one argument, for `json_each`.
pub(crate) fn ids(covers: &[i64]) -> String {
    serde_json::to_string(covers).expect("numbers are JSON")
}

/// How sure the median tile must be before the sheet's default is the other answer.
const FLIP: f64 = 0.8;

/// Whether most tiles are likely not to belong in the pool. Unscored ones are even odds.
pub(crate) fn flips(pool: Pool, beliefs: &[Option<f64>]) -> bool {
    let mut astray: Vec<f64> = beliefs
        .iter()
        .map(|belief| {
            let topic = belief.unwrap_or(0.5);
            match pool {
                Pool::Negative => topic,
                Pool::Positive => 1.0 - topic,
            }
        })
        .collect();
    astray.sort_by(f64::total_cmp);
    // The lower median: at least half of the tiles are as sure.
    let median = astray.len().checked_sub(1).map(|last| astray[last / 2]);
    median.is_some_and(|median| median > FLIP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_flips_when_its_median_is_surely_the_other_way() {
        let some = |all: &[f64]| all.iter().copied().map(Some).collect::<Vec<_>>();
        for (pool, beliefs, flip) in [
            (Pool::Negative, some(&[0.9, 0.9, 0.1]), true),
            (Pool::Negative, some(&[0.9, 0.8, 0.1]), false),
            (Pool::Negative, some(&[0.99, 0.99, 0.7, 0.6]), false),
            (Pool::Positive, some(&[0.1, 0.1, 0.9]), true),
            (Pool::Positive, some(&[0.9, 0.9, 0.1]), false),
            (Pool::Negative, vec![Some(0.99), None, None], false),
            (Pool::Negative, vec![], false),
        ] {
            assert_eq!(flips(pool, &beliefs), flip, "{pool} {beliefs:?}");
        }
    }

    #[test]
    fn every_queue_has_a_name_that_is_read_again() {
        for queue in Queue::ALL {
            assert_eq!(queue.as_str().parse::<Queue>().unwrap(), queue);
            let json = serde_json::to_string(&queue).unwrap();
            assert_eq!(json, format!("\"{}\"", queue.as_str()));
        }
        assert!("page".parse::<Queue>().is_err());
    }
}
