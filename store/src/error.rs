//! Errors are facts, said in words for people: what, to what, what next.

use std::path::PathBuf;

/// What a verb of the store can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A `--database` that is not a SQLite URL.
    #[error(
        "the database URL `{0}` is not understood\nUse sqlite:PATH, for example sqlite:data/whisker.db."
    )]
    Url(String),
    /// A `--database` with `?mode=ro` or the like.
    #[error(
        "the database URL `{0}` has options behind a question mark, and Whisker takes none\nUse sqlite:PATH, with a path that holds no question mark."
    )]
    UrlOptions(String),
    /// PostgreSQL is planned, not built.
    #[error(
        "PostgreSQL is not built yet: `{0}` cannot be opened\nUse sqlite:PATH, for example sqlite:data/whisker.db."
    )]
    Postgres(String),
    /// The folder for the database, or its lock file, cannot be used.
    #[error(
        "the database folder {path} cannot be used: {source}\nCheck that it exists and that you may write there."
    )]
    Folder {
        /// The folder or lock file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Written by a program with more migrations than this one.
    #[error(
        "the database {path} was written by a newer Whisker (its schema is {found}, this program knows {known})\nUpdate this program; the database was not touched."
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// The newest migration in the file.
        found: i64,
        /// The newest migration in the program.
        known: i64,
    },
    /// The file is something else, or damaged.
    #[error(
        "{0} is not a Whisker database, or is damaged\nCheck the path; if it is yours, restore it from a copy."
    )]
    NotADatabase(PathBuf),
    /// Another program held the write lock longer than the busy timeout.
    #[error(
        "another program has been writing to the database for over {0} s\nWait for it to finish, or stop it, and run the same command again."
    )]
    Busy(u64),
    /// No room for the write; nothing of it was kept.
    #[error(
        "the disk with the database is full\nFree some space (trainer prune removes old models and reports) and run the same command again."
    )]
    Full,
    /// The disk failed; nothing of the write was kept.
    #[error(
        "the disk with the database does not take what is written: {0}\nWhat was stored before is kept. Mend the disk, or move the database, and run the same command again."
    )]
    Disk(sqlx::Error),
    /// A topic name that is empty or too long.
    #[error("a topic's name has 1 to 64 characters; `{0}` has not")]
    TopicName(String),
    /// A row that was asked for by id or name.
    #[error("there is no {what} {name}\n{hint}")]
    Missing {
        /// The noun.
        what: &'static str,
        /// As it was asked for.
        name: String,
        /// The command that lists what there is.
        hint: &'static str,
    },
    /// A stored value that this program cannot read.
    #[error("the database holds a {what} that this program cannot read: {value}")]
    Value {
        /// The column or noun.
        what: &'static str,
        /// What it holds.
        value: String,
    },
    /// Anything else the engine says.
    #[error("the database refused a statement: {0}")]
    Sql(sqlx::Error),
}

// Result codes of SQLite (https://www.sqlite.org/rescode.html); the low byte but for the last,
// which is said of the index beside a WAL when the disk has no room for its 32 KB.
const SQLITE_BUSY: i32 = 5;
const SQLITE_IOERR: i32 = 10;
const SQLITE_FULL: i32 = 13;
const SQLITE_IOERR_SHMSIZE: i32 = 4874;

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let code = error
            .as_database_error()
            .and_then(|e| e.code())
            .and_then(|code| code.parse::<i32>().ok());
        if code == Some(SQLITE_IOERR_SHMSIZE) {
            return Self::Full;
        }
        match code.map(|code| code & 0xff) {
            Some(SQLITE_BUSY) => Self::Busy(crate::open::BUSY_TIMEOUT.as_secs()),
            Some(SQLITE_IOERR) => Self::Disk(error),
            Some(SQLITE_FULL) => Self::Full,
            _ => Self::Sql(error),
        }
    }
}
