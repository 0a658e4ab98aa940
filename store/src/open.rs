//! One way to open the database. Three programs may do so at once on a file that
//! does not exist yet: an OS file lock is held over create, WAL and migrate, because
//! the switch to WAL ignores the busy timeout and the migrator takes no lock.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite, Transaction};
use tokio::sync::Mutex;

use crate::near::Hashes;
use crate::statement::statements;
use crate::{Error, Result};

statements! {
    NEWEST_MIGRATION = "select max(version) from _sqlx_migrations where success";
    COUNT_OTHER_TABLES = "select count(*) from sqlite_master where type = 'table' and name not like 'sqlite_%'";
}

static MIGRATIONS: Migrator = sqlx::migrate!("../migrations/sqlite");

/// How long a writer waits for another program's transaction.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Rows with 20 KB images fit a few to a page; it can only be chosen before the first table.
const PAGE_SIZE: u32 = 16384;
/// Readers never block the writer in WAL; a few are enough for three programs on one machine.
const READERS: u32 = 4;

/// What a commit survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Power loss: `synchronous` FULL. For people's decisions.
    Full,
    /// `kill -9`: `synchronous` NORMAL. For what can be fetched or computed again.
    Normal,
}

/// An open database: one writer connection, a few readers.
///
/// Clones share them.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    read: SqlitePool,
    write: SqlitePool,
    pub(crate) hashes: Arc<Mutex<Hashes>>,
}

impl Store {
    /// Opens `url` (`sqlite:PATH`), creating and migrating the file when needed.
    ///
    /// # Errors
    /// [`Error::Postgres`] and [`Error::Url`] for other URLs, [`Error::Folder`] when the folder
    /// cannot be written, [`Error::Newer`] for a file of a newer version, and what SQLite says.
    pub async fn open(url: &str, durability: Durability) -> Result<Self> {
        let path = path_of(url)?;
        let lock = lock_beside(&path).await?;
        let options = options(&path, durability);
        let write = writer(options.clone(), &path).await?;
        migrate(&write, &path).await?;
        drop(lock);
        let read = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(BUSY_TIMEOUT)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self {
            path,
            read,
            write,
            hashes: Arc::default(),
        })
    }

    /// As [`Store::open`], on a full disk: one connection has the file for itself and keeps in
    /// memory what others would keep beside it, so that reading needs no room at all.
    ///
    /// # Errors
    /// As [`Store::open`]; [`Error::Busy`] while another program has the file open.
    pub async fn open_alone(url: &str) -> Result<Self> {
        let path = path_of(url)?;
        let lock = lock_beside(&path).await?;
        let options = options(&path, Durability::Normal)
            .locking_mode(SqliteLockingMode::Exclusive)
            .optimize_on_close(false, None);
        let only = writer(options, &path).await?;
        migrate(&only, &path).await?;
        drop(lock);
        Ok(Self {
            path,
            read: only.clone(),
            write: only,
            hashes: Arc::default(),
        })
    }

    /// The database file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder of the database: models and reports live beside it.
    pub fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }

    /// Finishes what is in hand, folds the WAL in as far as others' reads allow, and closes the
    /// file: a copy of it alone then holds everything.
    pub async fn close(self) {
        self.read.close().await;
        // SQLite does it when the last connection closes, but that may be a reader's, which
        // cannot. If it fails nothing is lost: the next to open the file finds the WAL.
        let fold = sqlx::query("pragma wal_checkpoint(passive)");
        let _ = fold.execute(&self.write).await;
        self.write.close().await;
    }

    pub(crate) fn read(&self) -> &SqlitePool {
        &self.read
    }

    pub(crate) fn write(&self) -> &SqlitePool {
        &self.write
    }

    /// A transaction that takes the write lock at once: a deferred one that reads first
    /// fails with "database is locked" when another program writes, busy timeout or not.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        const BEGIN: &str = "begin immediate";
        match self.write.begin_with(BEGIN).await {
            // SQLite itself takes a transaction back when the disk is full, and sqlx still
            // believes in it: that connection will never begin another one.
            Err(sqlx::Error::InvalidSavePointStatement) => {
                self.write.acquire().await?.close().await?;
                Ok(self.write.begin_with(BEGIN).await?)
            }
            begun => Ok(begun?),
        }
    }
}

fn options(path: &Path, durability: Durability) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .page_size(PAGE_SIZE)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(match durability {
            Durability::Full => SqliteSynchronous::Full,
            Durability::Normal => SqliteSynchronous::Normal,
        })
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .optimize_on_close(true, None)
        // A slow disk is no reason to show people SQL.
        .log_slow_statements(log::LevelFilter::Off, Duration::MAX)
}

async fn writer(options: SqliteConnectOptions, path: &Path) -> Result<SqlitePool> {
    SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(BUSY_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(|error| opening(error, path))
}

fn path_of(url: &str) -> Result<PathBuf> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Err(Error::Postgres(without_password(url)));
    }
    let path = url
        .strip_prefix("sqlite:")
        .map(|rest| rest.strip_prefix("//").unwrap_or(rest));
    match path {
        Some(path) if path.contains('?') => Err(Error::UrlOptions(url.to_owned())),
        Some(path) if !path.is_empty() && path != ":memory:" => Ok(PathBuf::from(path)),
        _ => Err(Error::Url(url.to_owned())),
    }
}

/// `postgres://user:secret@host/db` without the secret: the URL ends up on a screen.
fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}://…{}", &url[..scheme], &url[at..])
        }
        _ => url.to_owned(),
    }
}

async fn lock_beside(path: &Path) -> Result<File> {
    let path = path.to_owned();
    let locked = tokio::task::spawn_blocking(move || {
        let mut name = path.clone().into_os_string();
        name.push(".lock");
        let lock_path = PathBuf::from(name);
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        let lock = folder
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| File::options().create(true).append(true).open(&lock_path))
            .and_then(|file| file.lock().map(|()| file));
        lock.map_err(|source| Error::Folder {
            path: lock_path,
            source,
        })
    });
    locked.await.expect("taking a file lock does not panic")
}

fn opening(error: sqlx::Error, path: &Path) -> Error {
    // 26 = SQLITE_NOTADB, 11 = SQLITE_CORRUPT, 14 = SQLITE_CANTOPEN.
    match error.as_database_error().and_then(|e| e.code()).as_deref() {
        Some("26" | "11") => Error::NotADatabase(path.to_owned()),
        Some("14") => Error::Folder {
            path: path.to_owned(),
            source: std::io::Error::other("the file cannot be opened"),
        },
        _ => error.into(),
    }
}

async fn migrate(pool: &SqlitePool, path: &Path) -> Result<()> {
    let known = MIGRATIONS.iter().map(|m| m.version).max().unwrap_or(0);
    let found = newest_migration(pool, path).await?;
    if found > known {
        return Err(Error::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    MIGRATIONS.run(pool).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => error.into(),
        other => Error::Sql(sqlx::Error::Migrate(Box::new(other))),
    })
}

/// 0 for a new file; [`Error::NotADatabase`] for somebody else's.
async fn newest_migration(pool: &SqlitePool, path: &Path) -> Result<i64> {
    let tables: i64 = sqlx::query_scalar(COUNT_OTHER_TABLES)
        .fetch_one(pool)
        .await?;
    if tables == 0 {
        return Ok(0);
    }
    sqlx::query_scalar::<_, Option<i64>>(NEWEST_MIGRATION)
        .fetch_one(pool)
        .await
        .map(Option::unwrap_or_default)
        .map_err(|error| match Error::from(error) {
            Error::Sql(_) => Error::NotADatabase(path.to_owned()),
            // The disk's fault, or another program's: the file may be whole.
            other => other,
        })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A database of its own for a test.
    pub(crate) async fn fresh(folder: &Path) -> Store {
        let url = format!("sqlite:{}", folder.join("whisker.db").display());
        Store::open(&url, Durability::Normal).await.unwrap()
    }

    #[tokio::test]
    async fn statements_of_opening_prepare_only_after_migration() {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh(folder.path()).await;
        let version: i64 = sqlx::query_scalar(NEWEST_MIGRATION)
            .fetch_one(store.read())
            .await
            .unwrap();
        assert_eq!(version, MIGRATIONS.iter().map(|m| m.version).max().unwrap());
    }

    #[tokio::test]
    async fn a_database_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh(folder.path()).await;
        sqlx::query(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (9999, 'tomorrow', true, x'00', 0)",
        )
        .execute(store.write())
        .await
        .unwrap();
        let url = format!("sqlite:{}", store.path().display());
        store.close().await;
        let error = Store::open(&url, Durability::Normal).await.unwrap_err();
        assert!(matches!(error, Error::Newer { found: 9999, .. }), "{error}");
        assert!(error.to_string().contains("newer Whisker"));
    }

    #[tokio::test]
    async fn another_programs_file_is_not_migrated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true);
        let pool = SqlitePool::connect_with(options).await.unwrap();
        sqlx::query("create table note (text)")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        let url = format!("sqlite:{}", path.display());
        let error = Store::open(&url, Durability::Normal).await.unwrap_err();
        assert!(matches!(error, Error::NotADatabase(_)), "{error}");
    }

    #[tokio::test]
    async fn a_text_file_is_not_a_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("letter.db");
        std::fs::write(&path, "Dear cat, ".repeat(500)).unwrap();
        let url = format!("sqlite:{}", path.display());
        let error = Store::open(&url, Durability::Normal).await.unwrap_err();
        assert!(matches!(error, Error::NotADatabase(_)), "{error}");
    }

    #[test]
    fn urls_become_paths_or_sentences() {
        assert_eq!(path_of("sqlite:data/w.db").unwrap(), Path::new("data/w.db"));
        assert_eq!(
            path_of("sqlite:///tmp/w.db").unwrap(),
            Path::new("/tmp/w.db")
        );
        for bad in ["", "data/w.db", "sqlite:", "sqlite::memory:", "mysql://x"] {
            assert!(matches!(path_of(bad), Err(Error::Url(_))), "{bad}");
        }
        let error = path_of("sqlite:w.db?mode=ro").unwrap_err();
        assert!(error.to_string().contains("question mark"), "{error}");
        let error = path_of("postgres://me:secret@host/db")
            .unwrap_err()
            .to_string();
        assert!(error.contains("PostgreSQL is not built yet"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }

    #[tokio::test]
    async fn the_database_is_in_wal_with_the_large_page() {
        let folder = tempfile::tempdir().unwrap();
        let store = fresh(folder.path()).await;
        let mode: String = sqlx::query_scalar("pragma journal_mode")
            .fetch_one(store.read())
            .await
            .unwrap();
        let size: i64 = sqlx::query_scalar("pragma page_size")
            .fetch_one(store.read())
            .await
            .unwrap();
        assert_eq!((mode.as_str(), size), ("wal", i64::from(PAGE_SIZE)));
    }
}
