//! Whether anybody has written, asked without reading a table.

use std::time::Duration;

use sqlx::Sqlite;
use sqlx::pool::PoolConnection;

use crate::statement::statements;
use crate::{Result, Store};

statements! {
    VERSION = "pragma data_version";
}

/// How often the version is looked at: a number in memory that all programs share.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// An ear at the database, with a connection of its own.
#[derive(Debug)]
pub struct News {
    connection: PoolConnection<Sqlite>,
    heard: i64,
}

impl Store {
    /// Listens from now on.
    ///
    /// # Errors
    /// What the database says.
    pub async fn listen(&self) -> Result<News> {
        let mut news = News {
            connection: self.read().acquire().await?,
            heard: 0,
        };
        news.anything().await?;
        Ok(news)
    }
}

impl News {
    /// Whether anything was written since this was asked last.
    ///
    /// # Errors
    /// What the database says.
    pub async fn anything(&mut self) -> Result<bool> {
        let version: i64 = sqlx::query_scalar(VERSION)
            .fetch_one(&mut *self.connection)
            .await?;
        Ok(std::mem::replace(&mut self.heard, version) != version)
    }

    /// Waits until something is written.
    ///
    /// # Errors
    /// What the database says.
    pub async fn wait(&mut self) -> Result<()> {
        while !self.anything().await? {
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::open::tests::fresh;

    #[tokio::test]
    async fn what_another_connection_writes_is_heard_once_and_reading_is_silent() {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh(folder.path()).await;
        let mut news = store.listen().await.unwrap();
        assert!(!news.anything().await.unwrap());
        let topic = store.topic("cat", 1).await.unwrap();
        assert!(news.anything().await.unwrap());
        store.newest_event(topic).await.unwrap();
        assert!(!news.anything().await.unwrap());
    }
}
