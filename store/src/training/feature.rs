//! What a fixed backbone says of covers: computed once, good for every probe.

use crate::statement::statements;
use crate::{Result, Store};

statements! {
    FEATURE = "select vector from feature where backbone = $1 and cover_id = $2";
    FEATURED = "select cover_id from feature where backbone = $1 order by cover_id";
    PUT_FEATURE = "
        insert into feature (cover_id, backbone, vector) values ($1, $2, $3)
        on conflict (backbone, cover_id) do update set vector = excluded.vector";
}

impl Store {
    /// The features of a cover by a backbone.
    ///
    /// # Errors
    /// What the database says.
    pub async fn feature(&self, backbone: &str, cover: i64) -> Result<Option<Vec<f32>>> {
        let bytes: Option<Vec<u8>> = sqlx::query_scalar(FEATURE)
            .bind(backbone)
            .bind(cover)
            .fetch_optional(self.read())
            .await?;
        Ok(bytes.map(|bytes| bytes.chunks_exact(4).map(float).collect()))
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

    /// Stores features, as (cover id, values), in one transaction.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_features(&self, backbone: &str, features: &[(i64, Vec<f32>)]) -> Result<()> {
        let mut tx = self.begin().await?;
        for (cover, values) in features {
            let bytes: Vec<u8> = values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            sqlx::query(PUT_FEATURE)
                .bind(cover)
                .bind(backbone)
                .bind(bytes)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }
}

fn float(four: &[u8]) -> f32 {
    f32::from_le_bytes([four[0], four[1], four[2], four[3]])
}
