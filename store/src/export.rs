//! Covers with all that a data set says of them.

use sqlx::FromRow;

use crate::label::LabelRule;
use crate::statement::statements;
use crate::{Pool, Result, Store, TopicId};

statements! {
    /// Of the videos that bear a cover, the one that was met first.
    CANDIDATES_AFTER = "
        select c.id as cover, c.sha256, c.format, c.width, c.height, p.pool,
               coalesce(s.pool, p.pool) as decided_in, s.decision, v.site, v.url, v.title, v.owner_name,
               case $4 when 'image' then i.image when 'preview' then i.preview else i.original end as picture
        from pool p
        join cover c on c.id = p.cover_id
        join cover_image i on i.cover_id = c.id
        left join standing s on s.topic_id = p.topic_id and s.cover_id = c.id
        left join video v on v.id = (
            select g.video_id from sighting g where g.cover_id = c.id
            order by g.seen_at, g.video_id limit 1)
        where p.topic_id = $1 and c.id > $2
        order by c.id limit $3";
}

/// Which of a cover's pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The 240×240 JPEG.
    Image,
    /// In true proportions, at most 480 px.
    Preview,
    /// The bytes as fetched, where they were kept.
    Original,
}

impl Which {
    /// As it is typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Preview => "preview",
            Self::Original => "original",
        }
    }
}

/// A candidate of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The cover's id.
    pub cover: i64,
    /// Its identity.
    pub sha256: Vec<u8>,
    /// Of the bytes as fetched, e.g. `png`.
    pub format: String,
    /// Of the original, pixels.
    pub width: u32,
    /// Of the original, pixels.
    pub height: u32,
    /// Why it is a candidate.
    pub pool: Pool,
    /// Whether it shows the topic; nothing when the rule leaves it out.
    pub label: Option<bool>,
    /// Of the video that was met with it first.
    pub site: Option<String>,
    /// Likewise.
    pub url: Option<String>,
    /// Likewise; untrusted text.
    pub title: Option<String>,
    /// Likewise; untrusted text.
    pub owner: Option<String>,
    /// The picture that was asked for.
    pub picture: Option<Vec<u8>>,
}

#[derive(FromRow)]
struct Row {
    cover: i64,
    sha256: Vec<u8>,
    format: String,
    width: u32,
    height: u32,
    pool: String,
    decided_in: String,
    decision: Option<String>,
    site: Option<String>,
    url: Option<String>,
    title: Option<String>,
    owner_name: Option<String>,
    picture: Option<Vec<u8>>,
}

impl Row {
    fn exported(self, rule: &LabelRule) -> Result<Exported> {
        let decision = self.decision.as_deref().map(str::parse).transpose()?;
        Ok(Exported {
            label: rule.label(self.decided_in.parse()?, decision),
            cover: self.cover,
            sha256: self.sha256,
            format: self.format,
            width: self.width,
            height: self.height,
            pool: self.pool.parse()?,
            site: self.site,
            url: self.url,
            title: self.title,
            owner: self.owner_name,
            picture: self.picture,
        })
    }
}

impl Store {
    /// At most `limit` candidates of a topic, of ids above `after`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn candidates_after(
        &self,
        topic: TopicId,
        rule: &LabelRule,
        which: Which,
        after: i64,
        limit: u32,
    ) -> Result<Vec<Exported>> {
        let rows: Vec<Row> = sqlx::query_as(CANDIDATES_AFTER)
            .bind(topic.0)
            .bind(after)
            .bind(limit)
            .bind(which.as_str())
            .fetch_all(self.read())
            .await?;
        rows.into_iter().map(|row| row.exported(rule)).collect()
    }
}
