//! Videos that the current model believes to show the topic and nobody has judged yet, as a
//! person reads them.

use serde::Serialize;
use sqlx::FromRow;

use crate::label::hash;
use crate::statement::statements;
use crate::stroke::hex;
use crate::{Error, Pool, Result, Store, TopicId};

statements! {
    /// A video with several covers is found once, by its surest.
    FOUND = "
        select url, title, owner_name, site, published_at, sha256, width, height, probability, pool
        from (
            select v.id, v.url, v.title, v.owner_name, v.site, v.published_at, c.sha256, c.width,
                   c.height, s.probability, p.pool,
                   row_number() over (partition by v.id
                                      order by s.probability desc, s.cover_id) as place
            from score s
            join pool p on p.topic_id = $1 and p.cover_id = s.cover_id
            join cover c on c.id = s.cover_id
            join sighting g on g.cover_id = c.id
            join video v on v.id = g.video_id
            where s.model_id = $2 and s.probability > $3
              and not exists (select 1 from standing d
                              where d.topic_id = $1 and d.cover_id = s.cover_id)
        ) found
        where place = 1
        order by probability desc, id limit $4";
    CURRENT = "
        select m.id, m.name, p.promoted_at,
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
    /// Its surest cover.
    #[serde(serialize_with = "hex")]
    pub sha256: [u8; 32],
    /// Of the original, pixels.
    pub width: u32,
    /// Of the original, pixels.
    pub height: u32,
    /// Of the topic.
    pub probability: f64,
    /// The pool its cover is in.
    pub pool: Pool,
}

/// The model that found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CurrentModel {
    /// Its id.
    pub id: i64,
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
    sha256: Vec<u8>,
    width: u32,
    height: u32,
    probability: f64,
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
            sha256: hash(&row.sha256)?,
            width: row.width,
            height: row.height,
            probability: row.probability,
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
        let row: Option<(i64, String, i64, i64, i64)> = sqlx::query_as(CURRENT)
            .bind(topic.0)
            .fetch_optional(self.read())
            .await?;
        Ok(
            row.map(|(id, name, promoted_at, scored, newer)| CurrentModel {
                id,
                name,
                promoted_at,
                scored,
                newer,
            }),
        )
    }

    /// Videos with an undecided cover above this probability, most certain first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn found(
        &self,
        topic: TopicId,
        model: i64,
        above: f64,
        limit: u32,
    ) -> Result<Vec<FoundVideo>> {
        let rows: Vec<FoundRow> = sqlx::query_as(FOUND)
            .bind(topic.0)
            .bind(model)
            .bind(above)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        rows.into_iter().map(FoundVideo::try_from).collect()
    }
}
