//! What a fixed backbone says of covers: computed once, good for every probe.

use crate::statement::statements;
use crate::views::Views;
use crate::{Pool, Result, Store, TopicId};

statements! {
    FEATURE = "select vectors from feature where backbone = $1 and cover_id = $2";
    FEATURED = "select cover_id from feature where backbone = $1 order by cover_id";
    /// By the primary key's index: nothing is sorted.
    FEATURES_AFTER = "
        select cover_id, vectors from feature
        where backbone = $1 and cover_id > $2 order by cover_id limit $3";
    FEATURES_OF = "
        select cover_id, vectors from feature
        where backbone = $1 and cover_id in (select value from json_each($2))";
    /// Candidates without features, the oldest first.
    UNFEATURED = "
        select p.cover_id, p.pool from pool p
        where p.topic_id = $1 and p.cover_id > $3
          and not exists (select 1 from feature f
                          where f.backbone = $2 and f.cover_id = p.cover_id)
        order by p.cover_id limit $4";
    /// Of pixels that are still the cover's.
    PUT_FEATURE = "
        insert into feature (cover_id, backbone, vectors, pixels)
        select id, $2, $3, $5 from cover where id = $1 and remade <= $4
        on conflict (backbone, cover_id) do update set
            vectors = excluded.vectors, pixels = excluded.pixels";
}

/// What a backbone says of a cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Featured {
    /// The cover's id.
    pub cover: i64,
    /// SHA-256 of the stored JPEG that was looked at: the image, or the preview.
    pub pixels: [u8; 32],
    /// What was seen.
    pub views: Views,
}

impl Store {
    /// The features of a cover by a backbone; `None` also for damaged ones.
    ///
    /// # Errors
    /// What the database says.
    pub async fn feature(&self, backbone: &str, cover: i64) -> Result<Option<Views>> {
        let bytes: Option<Vec<u8>> = sqlx::query_scalar(FEATURE)
            .bind(backbone)
            .bind(cover)
            .fetch_optional(self.read())
            .await?;
        Ok(bytes.and_then(|bytes| Views::from_bytes(&bytes)))
    }

    /// The covers that a backbone has features of, by id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn featured(&self, backbone: &str) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(FEATURED)
            .bind(backbone)
            .fetch_all(self.read())
            .await?)
    }

    /// At most `limit` features of ids above `after` as they are stored.
    ///
    /// # Errors
    /// What the database says.
    pub async fn features_after(
        &self,
        backbone: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Vec<u8>)>> {
        Ok(sqlx::query_as(FEATURES_AFTER)
            .bind(backbone)
            .bind(after)
            .bind(limit)
            .fetch_all(self.read())
            .await?)
    }

    /// The features that are there of these covers, in any order.
    ///
    /// # Errors
    /// What the database says.
    pub async fn features_of(&self, backbone: &str, covers: &[i64]) -> Result<Vec<(i64, Vec<u8>)>> {
        Ok(sqlx::query_as(FEATURES_OF)
            .bind(backbone)
            .bind(serde_json::Value::from(covers).to_string())
            .fetch_all(self.read())
            .await?)
    }

    /// At most `limit` candidates of ids above `after` that a backbone has no features of.
    ///
    /// # Errors
    /// What the database says.
    pub async fn unfeatured(
        &self,
        topic: TopicId,
        backbone: &str,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, Pool)>> {
        let rows: Vec<(i64, String)> = sqlx::query_as(UNFEATURED)
            .bind(topic.0)
            .bind(backbone)
            .bind(after)
            .bind(limit)
            .fetch_all(self.read())
            .await?;
        let row = |(cover, pool): (i64, String)| Ok((cover, pool.parse()?));
        rows.into_iter().map(row).collect()
    }

    /// Stores features in one transaction; `as_of` is the newest remake from before their pixels
    /// were read. Features of covers that were made again since are void: returns the ids of the
    /// others, which were stored.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_features(
        &self,
        backbone: &str,
        features: &[Featured],
        as_of: i64,
    ) -> Result<Vec<i64>> {
        let mut tx = self.begin().await?;
        let mut stored = Vec::with_capacity(features.len());
        for one in features {
            let put = sqlx::query(PUT_FEATURE)
                .bind(one.cover)
                .bind(backbone)
                .bind(one.views.to_bytes())
                .bind(as_of)
                .bind(&one.pixels[..])
                .execute(&mut *tx)
                .await?;
            if put.rows_affected() > 0 {
                stored.push(one.cover);
            }
        }
        tx.commit().await?;
        Ok(stored)
    }
}
