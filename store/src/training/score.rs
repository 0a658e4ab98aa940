//! Scores of candidates by a model, and the videos that they lead to.

use serde::Serialize;
use sqlx::FromRow;

use crate::label::hash;
use crate::statement::statements;
use crate::{Pool, Result, Store, TopicId};

statements! {
    UNSCORED = "
        select p.cover_id, p.pool, i.image
        from pool p join cover_image i on i.cover_id = p.cover_id
        where p.topic_id = $1 and p.cover_id > $3
          and not exists (select 1 from score s
                          where s.model_id = $2 and s.cover_id = p.cover_id)
        order by p.cover_id limit $4";
    /// Without their pictures: for models that look at features.
    UNSCORED_MEMBERS = "
        select p.cover_id, p.pool from pool p
        where p.topic_id = $1 and p.cover_id > $3
          and not exists (select 1 from score s
                          where s.model_id = $2 and s.cover_id = p.cover_id)
        order by p.cover_id limit $4";
    COUNT_UNSCORED = "
        select count(*) from pool p
        where p.topic_id = $1
          and not exists (select 1 from score s
                          where s.model_id = $2 and s.cover_id = p.cover_id)";
    /// Rows as one text: a statement a row would cost ten times as much. Of pixels that are
    /// still the cover's.
    PUT_SCORES = "
        insert into score (model_id, cover_id, probability, logit, scored_at,
                           region_left, region_top, region_width, region_height)
        select $1, c.id, json_extract(value, '$[1]'), json_extract(value, '$[2]'), $3,
               json_extract(value, '$[3]'), json_extract(value, '$[4]'),
               json_extract(value, '$[5]'), json_extract(value, '$[6]')
        from json_each($2) cross join cover c
        where c.id = json_extract(value, '$[0]') and c.remade <= $4
        on conflict (model_id, cover_id) do update set
            probability = excluded.probability, logit = excluded.logit,
            scored_at = excluded.scored_at,
            region_left = excluded.region_left, region_top = excluded.region_top,
            region_width = excluded.region_width, region_height = excluded.region_height";
    SCORES = "
        select s.cover_id, p.pool, s.logit, s.probability,
               s.region_left, s.region_top, s.region_width, s.region_height
        from score s join pool p on p.cover_id = s.cover_id and p.topic_id = $1
        where s.model_id = $2 order by s.cover_id";
    /// When they were made stays, and where they come from; a score that is gone does not come back.
    MOVE_SCORES = "
        update score set probability = json_extract(moved.value, '$[1]'),
                         logit = json_extract(moved.value, '$[2]')
        from json_each($2) moved
        where score.model_id = $1 and score.cover_id = json_extract(moved.value, '$[0]')";
    /// Of one model; a few at a time, so that nobody waits.
    FORGET_SCORES = "
        delete from score where model_id = $1 and cover_id in (
            select cover_id from score where model_id = $1 limit $2)";
    /// Models that are not current and still have scores.
    STALE = "
        select m.id from model m
        where m.topic_id = $1
          and m.id <> coalesce((select p.model_id from promotion p where p.topic_id = $1
                                order by p.id desc limit 1), 0)
          and exists (select 1 from score s where s.model_id = m.id)";
    MEMBERS = "
        select p.cover_id, p.pool, exists (select 1 from standing d
                   where d.topic_id = p.topic_id and d.cover_id = p.cover_id)
        from pool p where p.topic_id = $1 order by p.cover_id";
    /// Unsure and broken say nothing of how common the topic is.
    SPOKEN_FOR = "
        select pool, count(*) filter (where decision = 'keep'),
               count(*) filter (where decision = 'reject')
        from standing where topic_id = $1 group by pool";
    EXPECTED_BELOW = "
        select coalesce(sum(s.probability), 0.0)
        from score s join pool p on p.cover_id = s.cover_id and p.topic_id = $2
        where s.model_id = $1 and s.probability < $3
          and not exists (select 1 from standing d
                          where d.topic_id = $2 and d.cover_id = s.cover_id)";
    /// A video with several covers is found once, by its surest.
    FINDS = "
        select url, title, site, probability, sha256, cover_id, of_group, since,
               region_left, region_top, region_width, region_height
        from (
            select v.id, v.url, v.title, v.site, s.probability, c.sha256, s.cover_id,
                   s.region_left, s.region_top, s.region_width, s.region_height,
                   coalesce(c.representative, c.id) as of_group,
                   coalesce(v.published_at, v.seen_at) as since,
                   row_number() over (partition by v.id
                                      order by s.probability desc, s.cover_id) as place
            from score s
            join pool p on p.cover_id = s.cover_id and p.topic_id = $2
            join cover c on c.id = s.cover_id
            join sighting g on g.cover_id = c.id
            join video v on v.id = g.video_id
            where s.model_id = $1 and s.probability >= $3
              and ($4 or not exists (select 1 from standing d
                                     where d.topic_id = $2 and d.cover_id = s.cover_id))
        ) found
        where place = 1
        order by probability desc, id limit $5";
}

/// Scores a transaction: others that write wait for a fraction of a second.
const PORTION: usize = 20_000;

/// `[[cover, probability, log-odds, left, top, width, height], …]`, of the whole cover the first
/// three; numbers are written so that they are read back alike.
fn rows_of(scores: &[Score]) -> String {
    let row = |score: &Score| {
        let (cover, probability, logit) = (score.cover, score.probability, score.logit);
        match score.region {
            None => serde_json::json!([cover, probability, logit]),
            Some(r) => {
                serde_json::json!([cover, probability, logit, r.left, r.top, r.width, r.height])
            }
        }
    };
    serde_json::Value::Array(scores.iter().map(row).collect()).to_string()
}

/// A candidate that a model has not scored.
#[derive(Debug, Clone)]
pub struct Unscored {
    /// The cover's id.
    pub cover_id: i64,
    /// The pool it is in.
    pub pool: Pool,
    /// Its 240×240 JPEG.
    pub image: Vec<u8>,
}

/// What a model says of a cover.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// The cover's id.
    pub cover: i64,
    /// Log-odds of the topic at the base rate of the labels; `None` in old scores.
    pub logit: Option<f64>,
    /// Of the topic, at the base rate of its pool.
    pub probability: f64,
    /// The view that decided; `None`: the whole cover.
    pub region: Option<Region>,
}

/// A part of a cover, in thousandths of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Region {
    /// From the left edge, 0 to 1000.
    pub left: u16,
    /// From the upper edge, 0 to 1000.
    pub top: u16,
    /// 1 to 1000.
    pub width: u16,
    /// 1 to 1000.
    pub height: u16,
}

/// A region as its columns hold it.
#[derive(Debug, Clone, Copy, FromRow)]
pub(crate) struct RegionColumns {
    region_left: Option<u16>,
    region_top: Option<u16>,
    region_width: Option<u16>,
    region_height: Option<u16>,
}

impl RegionColumns {
    /// `None`: the whole cover.
    pub(crate) fn region(self) -> Option<Region> {
        Some(Region {
            left: self.region_left?,
            top: self.region_top?,
            width: self.region_width?,
            height: self.region_height?,
        })
    }
}

/// A candidate of a topic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The cover's id.
    pub cover: i64,
    /// The pool it is in.
    pub pool: Pool,
    /// Somebody has decided it.
    pub decided: bool,
}

/// Covers of a pool that somebody has decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SpokenFor {
    /// They belong in it.
    pub kept: u64,
    /// They do not.
    pub rejected: u64,
}

/// A video whose undecided cover a model believes to show the topic.
#[derive(Debug, Clone, PartialEq)]
pub struct Find {
    /// The page to open.
    pub url: String,
    /// Untrusted text.
    pub title: String,
    /// Where it is.
    pub site: String,
    /// Of the topic.
    pub probability: f64,
    /// The cover's identity.
    pub sha256: [u8; 32],
    /// The cover's id.
    pub cover: i64,
    /// The cover that stands for its near-duplicates: re-uploads share it.
    pub group: i64,
    /// When it was published, or else first met; Unix milliseconds.
    pub since: i64,
    /// The view that decided; `None`: the whole cover.
    pub region: Option<Region>,
}

#[derive(FromRow)]
struct ScoreRow {
    cover_id: i64,
    pool: String,
    logit: Option<f64>,
    probability: f64,
    #[sqlx(flatten)]
    region: RegionColumns,
}

#[derive(FromRow)]
struct FindRow {
    url: String,
    title: String,
    site: String,
    probability: f64,
    sha256: Vec<u8>,
    cover_id: i64,
    of_group: i64,
    since: i64,
    #[sqlx(flatten)]
    region: RegionColumns,
}

impl Store {
    /// At most `limit` candidates of ids above `after` that the model has not scored.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unscored(
        &self,
        topic: TopicId,
        model: i64,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Unscored>> {
        let rows: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(UNSCORED)
            .bind(topic.0)
            .bind(model)
            .bind(after)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        let unscored = |(cover_id, pool, image): (_, String, _)| {
            Ok(Unscored {
                cover_id,
                pool: pool.parse()?,
                image,
            })
        };
        rows.into_iter().map(unscored).collect()
    }

    /// As [`Store::unscored`], as (cover id, pool), without the pictures.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unscored_members(
        &self,
        topic: TopicId,
        model: i64,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Pool)>> {
        let rows: Vec<(i64, String)> = sqlx::query_as(UNSCORED_MEMBERS)
            .bind(topic.0)
            .bind(model)
            .bind(after)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        let row = |(cover, pool): (i64, String)| Ok((cover, pool.parse()?));
        rows.into_iter().map(row).collect()
    }

    /// How many candidates the model has not scored.
    ///
    /// # Errors
    /// What the database says.
    pub async fn count_unscored(&self, topic: TopicId, model: i64) -> Result<u64> {
        let count: i64 = sqlx::query_scalar(COUNT_UNSCORED)
            .bind(topic.0)
            .bind(model)
            .fetch_one(self.read())
            .await?;
        Ok(count.unsigned_abs())
    }

    /// Stores scores, many to a transaction; `as_of` is the newest remake from before the
    /// pixels, or the features, that they are of were read. A cover that was made again since
    /// gets none, and so is among the unscored.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_scores(
        &self,
        model: i64,
        scores: &[Score],
        as_of: i64,
        now: i64,
    ) -> Result<()> {
        for portion in scores.chunks(PORTION) {
            sqlx::query(PUT_SCORES)
                .bind(model)
                .bind(rows_of(portion))
                .bind(now)
                .bind(as_of)
                .execute(self.write())
                .await?;
        }
        Ok(())
    }

    /// Forgets at most `limit` scores of a model; how many it were.
    ///
    /// # Errors
    /// What the database says.
    pub async fn forget_scores(&self, model: i64, limit: u32) -> Result<u64> {
        let gone = sqlx::query(FORGET_SCORES)
            .bind(model)
            .bind(limit)
            .execute(self.write())
            .await?;
        Ok(gone.rows_affected())
    }

    /// Models of a topic that are not the current one and still have scores.
    ///
    /// # Errors
    /// What the database says.
    pub async fn models_with_stale_scores(&self, topic: TopicId) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(STALE)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?)
    }

    /// Every candidate of a topic, by cover id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn members(&self, topic: TopicId) -> Result<Vec<Member>> {
        let rows: Vec<(i64, String, bool)> = sqlx::query_as(MEMBERS)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?;
        let member = |(cover, pool, decided): (i64, String, bool)| {
            Ok(Member {
                cover,
                pool: pool.parse()?,
                decided,
            })
        };
        rows.into_iter().map(member).collect()
    }

    /// Every score of a model with the pool of its cover, by cover id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn scores(&self, topic: TopicId, model: i64) -> Result<Vec<(Pool, Score)>> {
        let rows: Vec<ScoreRow> = sqlx::query_as(SCORES)
            .bind(topic.0)
            .bind(model)
            .fetch_all(self.read())
            .await?;
        let score = |row: ScoreRow| {
            let score = Score {
                cover: row.cover_id,
                logit: row.logit,
                probability: row.probability,
                region: row.region.region(),
            };
            Ok((row.pool.parse()?, score))
        };
        rows.into_iter().map(score).collect()
    }

    /// Moves scores to another base rate; when they were made stays.
    ///
    /// # Errors
    /// What the database says.
    pub async fn move_scores(&self, model: i64, scores: &[Score]) -> Result<()> {
        for portion in scores.chunks(PORTION) {
            sqlx::query(MOVE_SCORES)
                .bind(model)
                .bind(rows_of(portion))
                .execute(self.write())
                .await?;
        }
        Ok(())
    }

    /// How many covers of a pool people say belong in it, and how many do not.
    ///
    /// # Errors
    /// What the database says.
    pub async fn spoken_for(&self, topic: TopicId, pool: Pool) -> Result<SpokenFor> {
        let rows: Vec<(String, i64, i64)> = sqlx::query_as(SPOKEN_FOR)
            .bind(topic.0)
            .fetch_all(self.read())
            .await?;
        let of_pool = rows.into_iter().find(|(name, ..)| name == pool.as_str());
        Ok(
            of_pool.map_or_else(SpokenFor::default, |(_, kept, rejected)| SpokenFor {
                kept: kept.unsigned_abs(),
                rejected: rejected.unsigned_abs(),
            }),
        )
    }

    /// How many undecided covers below a threshold show the topic, if probabilities are right.
    ///
    /// # Errors
    /// What the database says.
    pub async fn expected_below(&self, topic: TopicId, model: i64, threshold: f64) -> Result<f64> {
        Ok(sqlx::query_scalar(EXPECTED_BELOW)
            .bind(model)
            .bind(topic.0)
            .bind(threshold)
            .fetch_one(self.read())
            .await?)
    }

    /// Videos with a cover of at least this probability, most certain first: an undecided
    /// one, or any with `decided_too`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn finds(
        &self,
        topic: TopicId,
        model: i64,
        threshold: f64,
        decided_too: bool,
        limit: u32,
    ) -> Result<Vec<Find>> {
        let rows: Vec<FindRow> = sqlx::query_as(FINDS)
            .bind(model)
            .bind(topic.0)
            .bind(threshold)
            .bind(decided_too)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        let find = |row: FindRow| {
            Ok(Find {
                url: row.url,
                title: row.title,
                site: row.site,
                probability: row.probability,
                sha256: hash(&row.sha256)?,
                cover: row.cover_id,
                group: row.of_group,
                since: row.since,
                region: row.region.region(),
            })
        };
        rows.into_iter().map(find).collect()
    }
}
