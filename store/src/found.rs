//! Videos that the current model believes to show the topic and nobody has judged yet, as a
//! person reads them; and where on a cover it looked.

use serde::Serialize;
use sqlx::FromRow;

use crate::label::hash;
use crate::statement::statements;
use crate::stroke::hex;
use crate::training::{Region, RegionColumns};
use crate::{Error, Pool, Result, Store, TopicId};

statements! {
    /// A video with several covers is found once, by its surest, and of a group of near-duplicates
    /// one video: the surest, or the first of equals. A null filter lets everything through.
    FOUND = "
        with believed as (
            select s.cover_id, s.probability, s.region_left, s.region_top, s.region_width,
                   s.region_height, p.pool, coalesce(c.representative, c.id) as star,
                   c.sha256, c.width, c.height, c.created_at
            from score s
            join pool p on p.topic_id = $1 and p.cover_id = s.cover_id
            join cover c on c.id = s.cover_id
            where s.model_id = $2 and s.probability > $3
              and not exists (select 1 from standing d
                              where d.topic_id = $1 and d.cover_id = s.cover_id)
              and not exists (select 1 from dismissal m
                              where m.topic_id = $1
                                and m.cover_id = coalesce(c.representative, c.id))
        ), uploads as (
            select b.*, v.id, v.url, v.title, v.owner_name, v.site, v.published_at, v.seen_at,
                   w.visited_at,
                   row_number() over (partition by v.id
                                      order by b.probability desc, b.cover_id) as of_video
            from believed b
            join sighting g on g.cover_id = b.cover_id
            join video v on v.id = g.video_id
            left join visit w on w.topic_id = $1 and w.video_id = v.id
            where ($4 is null or v.site = $4) and ($5 is null or v.seen_at >= $5)
              and ($6 = 0 or w.video_id is null)
        ), stars as (
            select u.*, count(*) over (partition by star) as uploads,
                   row_number() over (partition by star
                                      order by probability desc, id) as of_star
            from uploads u where of_video = 1
        )
        select url, title, owner_name, site, published_at, seen_at, visited_at, sha256, width,
               height, probability, region_left, region_top, region_width, region_height, pool,
               uploads
        from stars where of_star = 1
        order by case when $8 = 0 then probability else seen_at end desc, id desc limit $7";
    REGION = "
        select s.region_left, s.region_top, s.region_width, s.region_height
        from score s join cover c on c.id = s.cover_id
        where c.sha256 = $2
          and s.model_id = (select p.model_id from promotion p where p.topic_id = $1
                            order by p.id desc limit 1)";
    FOUND_SITES = "
        select distinct v.site
        from score s
        join sighting g on g.cover_id = s.cover_id
        join video v on v.id = g.video_id
        where s.model_id = $1 and s.probability > $2 order by v.site";
    DISMISS = "
        insert into dismissal (topic_id, cover_id, annotator, dismissed_at)
        select $1, coalesce(c.representative, c.id), $3, $4 from cover c where c.sha256 = $2
        on conflict (topic_id, cover_id) do nothing";
    TAKE_BACK_DISMISSAL = "
        delete from dismissal
        where topic_id = $1
          and cover_id = (select coalesce(c.representative, c.id) from cover c where c.sha256 = $2)";
    VISIT = "
        insert into visit (topic_id, video_id, visited_at)
        select $1, g.video_id, $3 from cover c join sighting g on g.cover_id = c.id
        where c.sha256 = $2
        on conflict (topic_id, video_id) do update set visited_at = excluded.visited_at";
    CURRENT = "
        select m.id, p.id, m.name, p.promoted_at,
               (select count(*) from score s where s.model_id = m.id),
               (select count(distinct d.cover_id) from decision d
                where d.topic_id = $1 and d.id > m.last_event)
        from promotion p join model m on m.id = p.model_id
        where p.topic_id = $1 order by p.id desc limit 1";
}

/// A video to watch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoundVideo {
    /// The page to open; untrusted.
    pub url: String,
    /// Untrusted text.
    pub title: String,
    /// Untrusted text.
    pub owner: Option<String>,
    /// Where it is.
    pub site: String,
    /// Unix milliseconds.
    pub published_at: Option<i64>,
    /// When it was first met, Unix milliseconds.
    pub seen_at: i64,
    /// When somebody opened it from here, Unix milliseconds.
    pub visited_at: Option<i64>,
    /// How many found videos bear this cover or a near-duplicate.
    pub uploads: i64,
    /// Its surest cover.
    #[serde(serialize_with = "hex")]
    pub sha256: [u8; 32],
    /// Of the original, pixels.
    pub width: u32,
    /// Of the original, pixels.
    pub height: u32,
    /// Of the topic.
    pub probability: f64,
    /// The view of the cover that decided; `None`: the whole cover.
    pub region: Option<Region>,
    /// The pool its cover is in.
    pub pool: Pool,
}

/// Which found videos to list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// Of this site only.
    pub site: Option<&'a str>,
    /// First met at this time or later, Unix milliseconds.
    pub since: Option<i64>,
    /// Only those that nobody opened from here.
    pub unvisited: bool,
    /// What comes first.
    pub order: FoundOrder,
}

/// What comes first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum FoundOrder {
    /// The most certain.
    #[default]
    Surest,
    /// What was met last.
    Newest,
}

/// The model that found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentModel {
    /// Its id.
    pub id: i64,
    /// Of its promotion: another one for every change of the model in use.
    pub promotion: i64,
    /// Its name.
    pub name: String,
    /// Unix milliseconds.
    pub promoted_at: i64,
    /// Covers it has scored.
    pub scored: i64,
    /// Covers with decisions that it has not learned from.
    pub newer: i64,
}

#[derive(FromRow)]
struct FoundRow {
    url: String,
    title: String,
    owner_name: Option<String>,
    site: String,
    published_at: Option<i64>,
    seen_at: i64,
    visited_at: Option<i64>,
    uploads: i64,
    sha256: Vec<u8>,
    width: u32,
    height: u32,
    probability: f64,
    #[sqlx(flatten)]
    region: RegionColumns,
    pool: String,
}

impl TryFrom<FoundRow> for FoundVideo {
    type Error = Error;

    fn try_from(row: FoundRow) -> Result<Self> {
        Ok(Self {
            url: row.url,
            title: row.title,
            owner: row.owner_name,
            site: row.site,
            published_at: row.published_at,
            seen_at: row.seen_at,
            visited_at: row.visited_at,
            uploads: row.uploads,
            sha256: hash(&row.sha256)?,
            width: row.width,
            height: row.height,
            probability: row.probability,
            region: row.region.region(),
            pool: row.pool.parse()?,
        })
    }
}

impl Store {
    /// The model that speaks for the topic, if one was ever promoted.
    ///
    /// # Errors
    /// What the database says.
    pub async fn model_that_finds(&self, topic: TopicId) -> Result<Option<CurrentModel>> {
        let row: Option<(i64, i64, String, i64, i64, i64)> = sqlx::query_as(CURRENT)
            .bind(topic.0)
            .fetch_optional(self.read())
            .await?;
        Ok(row.map(
            |(id, promotion, name, promoted_at, scored, newer)| CurrentModel {
                id,
                promotion,
                name,
                promoted_at,
                scored,
                newer,
            },
        ))
    }

    /// Videos with an undecided cover above this probability, near-duplicates as one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn found(
        &self,
        topic: TopicId,
        model: i64,
        above: f64,
        filter: &Filter<'_>,
        limit: u32,
    ) -> Result<Vec<FoundVideo>> {
        let rows: Vec<FoundRow> = sqlx::query_as(FOUND)
            .bind(topic.0)
            .bind(model)
            .bind(above)
            .bind(filter.site)
            .bind(filter.since)
            .bind(filter.unvisited)
            .bind(limit)
            .bind(filter.order == FoundOrder::Newest)
            .fetch_all(self.read())
            .await?;
        rows.into_iter().map(FoundVideo::try_from).collect()
    }

    /// The view of a cover that decided its score by the current model; `None` where the whole
    /// cover decided, and where there is no such score.
    ///
    /// # Errors
    /// What the database says.
    pub async fn region(&self, topic: TopicId, sha256: &[u8; 32]) -> Result<Option<Region>> {
        let columns: Option<RegionColumns> = sqlx::query_as(REGION)
            .bind(topic.0)
            .bind(&sha256[..])
            .fetch_optional(self.read())
            .await?;
        Ok(columns.and_then(RegionColumns::region))
    }

    /// The sites that have videos above this probability, decided ones included.
    ///
    /// # Errors
    /// What the database says.
    pub async fn found_sites(&self, model: i64, above: f64) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(FOUND_SITES)
            .bind(model)
            .bind(above)
            .fetch_all(self.read())
            .await?)
    }

    /// The cover's group is not to be found again, or, taken back, it is.
    ///
    /// # Errors
    /// What the database says.
    pub async fn dismiss(
        &self,
        topic: TopicId,
        sha256: &[u8; 32],
        annotator: &str,
        dismissed: bool,
        now: i64,
    ) -> Result<()> {
        let query = if dismissed {
            sqlx::query(DISMISS)
                .bind(topic.0)
                .bind(&sha256[..])
                .bind(annotator)
                .bind(now)
        } else {
            sqlx::query(TAKE_BACK_DISMISSAL)
                .bind(topic.0)
                .bind(&sha256[..])
        };
        query.execute(self.write()).await?;
        Ok(())
    }

    /// The videos of a cover were opened.
    ///
    /// # Errors
    /// What the database says.
    pub async fn visit(&self, topic: TopicId, sha256: &[u8; 32], now: i64) -> Result<()> {
        sqlx::query(VISIT)
            .bind(topic.0)
            .bind(&sha256[..])
            .bind(now)
            .execute(self.write())
            .await?;
        Ok(())
    }
}
