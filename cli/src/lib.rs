//! The face that the three programs share, as the contract gives it: flags, exit codes,
//! `--json`, progress, Ctrl-C. Not a drawer for other shared things.
//!
//! - [`common`]: the flags every command takes
//! - [`door`]: from `main` to an exit code
//! - [`failure`]: an error with its exit code
//! - [`output`]: where text leaves the program, whatever reads it
//! - [`printer`]: stdout is data, stderr is talk; knows quiet, verbose, json and no-progress
//! - [`stop`]: Ctrl-C once saves and leaves, twice leaves now

pub mod common;
pub mod door;
pub mod failure;
pub mod output;
pub mod printer;
pub mod stop;

pub use common::Common;
pub use door::{Outcome, fail, run};
pub use failure::{Exit, Failure};
pub use printer::{Bar, Printer};
pub use stop::Stop;

/// What a command returns.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Now, in Unix milliseconds: read at the door and passed in.
pub fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX))
}
