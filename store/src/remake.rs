//! Images made again by another rule. What was said of the old pixels goes with them:
//! features of them and scores; a run's predictions stay, they are its history. The perceptual hash
//! stays too, because it does not depend on the rule, and groups are made of it.

use sqlx::FromRow;

use crate::statement::statements;
use crate::{Result, Store};

statements! {
    TO_REMAKE = "
        select c.id as cover, i.original from cover c join cover_image i on i.cover_id = c.id
        where c.id > $1 and c.resize_rule <> $2 and i.original is not null
        order by c.id limit $3";
    WITHOUT_ORIGINAL = "
        select count(*) from cover c join cover_image i on i.cover_id = c.id
        where c.resize_rule <> $1 and i.original is null";
    WITH_ORIGINAL = "
        select count(*) from cover c join cover_image i on i.cover_id = c.id
        where c.resize_rule <> $1 and i.original is not null";
    REMAKE_COVER = "
        update cover set image_sha256 = $2, resize_rule = $3, remade = $4 where id = $1";
    NEWEST_REMAKE = "select coalesce(max(remade), 0) from cover where remade > 0";
    REMADE_SINCE = "select id from cover where remade > 0 and remade > $1 order by id";
    REMAKE_IMAGE = "update cover_image set image = $2 where cover_id = $1";
    /// Those of the old image: what was seen of the preview still holds.
    FORGET_FEATURES = "
        delete from feature
        where cover_id = $1 and pixels = (select image_sha256 from cover where id = $1)";
    FORGET_SCORES = "delete from score where cover_id = $1";
    RULES = "select resize_rule, count(*) from cover group by resize_rule order by 2 desc, 1";
}

/// A cover whose image was made by another rule, and the bytes to make it of.
#[derive(Debug, Clone, FromRow)]
pub struct Original {
    /// The cover.
    pub cover: i64,
    /// The bytes as fetched.
    pub original: Vec<u8>,
}

/// An image in place of another.
#[derive(Debug, Clone)]
pub struct Remade {
    /// The cover.
    pub cover: i64,
    /// The 240×240 JPEG.
    pub image: Vec<u8>,
    /// Of `image`.
    pub image_sha256: [u8; 32],
}

impl Store {
    /// At most `limit` covers of ids above `after` whose image was made by another rule, and
    /// that can be made again because their bytes were kept.
    ///
    /// # Errors
    /// What the database says.
    pub async fn to_remake(&self, rule: &str, after: i64, limit: u32) -> Result<Vec<Original>> {
        Ok(sqlx::query_as(TO_REMAKE)
            .bind(after)
            .bind(rule)
            .bind(limit)
            .fetch_all(self.read())
            .await?)
    }

    /// Covers made by another rule: those whose bytes were kept, and those whose were not.
    ///
    /// # Errors
    /// What the database says.
    pub async fn made_otherwise(&self, rule: &str) -> Result<(u64, u64)> {
        let count = async |sql| -> Result<u64> {
            let n: i64 = sqlx::query_scalar(sql)
                .bind(rule)
                .fetch_one(self.read())
                .await?;
            Ok(n.cast_unsigned())
        };
        Ok((count(WITH_ORIGINAL).await?, count(WITHOUT_ORIGINAL).await?))
    }

    /// Puts images in the place of others, all of them or none; features and scores of those
    /// covers are forgotten with the pixels that they speak of.
    ///
    /// # Errors
    /// What the database says.
    pub async fn remake(&self, rule: &str, remade: &[Remade]) -> Result<()> {
        let mut tx = self.begin().await?;
        let newest: i64 = sqlx::query_scalar(NEWEST_REMAKE)
            .fetch_one(&mut *tx)
            .await?;
        for one in remade {
            for forget in [FORGET_FEATURES, FORGET_SCORES] {
                sqlx::query(forget)
                    .bind(one.cover)
                    .execute(&mut *tx)
                    .await?;
            }
            sqlx::query(REMAKE_COVER)
                .bind(one.cover)
                .bind(&one.image_sha256[..])
                .bind(rule)
                .bind(newest + 1)
                .execute(&mut *tx)
                .await?;
            sqlx::query(REMAKE_IMAGE)
                .bind(one.cover)
                .bind(&one.image)
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    /// The number of the newest remake: noted before pixels are read, it tells afterwards
    /// whether what was computed of them still holds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn newest_remake(&self) -> Result<i64> {
        Ok(sqlx::query_scalar(NEWEST_REMAKE)
            .fetch_one(self.read())
            .await?)
    }

    /// The covers whose images were made again since the remake of that number.
    ///
    /// # Errors
    /// What the database says.
    pub async fn remade_since(&self, remake: i64) -> Result<Vec<i64>> {
        Ok(sqlx::query_scalar(REMADE_SINCE)
            .bind(remake)
            .fetch_all(self.read())
            .await?)
    }

    /// The rules by which images were made, and of how many covers, most first.
    ///
    /// # Errors
    /// What the database says.
    pub async fn rules_in_use(&self) -> Result<Vec<(String, i64)>> {
        Ok(sqlx::query_as(RULES).fetch_all(self.read()).await?)
    }
}
