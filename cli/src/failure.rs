//! An error that a person sees, and the exit code a script sees.

use std::fmt;

/// Exit codes of the three programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All that was asked.
    Done = 0,
    /// Something that is not the user's input went wrong.
    Failed = 1,
    /// Bad usage or input.
    Usage = 2,
    /// Stopped by the user, all saved.
    Stopped = 3,
    /// Finished, but some items failed.
    SomeFailed = 4,
    /// A site refused us.
    Refused = 5,
}

/// What happened, to what, and what to do next, as lines of one message.
#[derive(Debug)]
pub struct Failure {
    /// The code to leave with.
    pub exit: Exit,
    /// First line what, then why, then what to do.
    pub message: String,
    /// The disk with the database has no room left.
    pub disk_is_full: bool,
}

impl Failure {
    /// Bad usage or input.
    pub fn usage(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Usage,
            message: message.to_string(),
            disk_is_full: false,
        }
    }

    /// Not the user's doing.
    pub fn failed(message: impl fmt::Display) -> Self {
        Self {
            exit: Exit::Failed,
            message: message.to_string(),
            disk_is_full: false,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        use store::Error;
        let exit = match &error {
            Error::Url(_)
            | Error::UrlOptions(_)
            | Error::Postgres(_)
            | Error::Newer { .. }
            | Error::NotADatabase(_)
            | Error::TopicName(_)
            | Error::Missing { .. } => Exit::Usage,
            _ => Exit::Failed,
        };
        Self {
            exit,
            disk_is_full: matches!(error, Error::Full),
            message: error.to_string(),
        }
    }
}
