//! The database and nothing else: the one wire between crawler, labeler and trainer.
//!
//! In reading order:
//! - [`open`]: one way to open, create and migrate, safe for several programs at once
//! - [`error`]: what can go wrong, in words for people
//! - [`statement`]: where SQL lives, and the test that prepares all of it
//! - [`topic`]: what is looked for
//! - [`cover`]: videos, covers, sightings, pools; near-duplicates found as covers arrive
//! - [`near`]: the perceptual hashes in memory
//! - [`remake`]: images made again by another rule
//! - [`decision`]: the append-only log
//! - [`stroke`]: undo and redo
//! - [`queue`]: in what order covers come: those that wait, those looked at once more
//! - [`audit`]: samples that bound what is wrong
//! - [`slice`]: undecided covers below a score, and the stroke that keeps them after an audit
//! - [`sheet`]: covers of a queue, leased to one page at a time
//! - [`confirm`]: what a person says, of a sheet at once or of one cover
//! - [`progress`]: how far a queue is
//! - [`trust`]: what planted cats and second looks tell of how well people see
//! - [`history`]: what was decided, stroke by stroke
//! - [`statistics`]: decisions by day, pace, how finding went on
//! - [`freshness`]: what the model in use does not know yet
//! - [`found`]: videos to watch
//! - [`alike`]: covers that look alike, and one word on many
//! - [`label`]: the one rule that turns pools and decisions into labels
//! - [`frontier`]: crawls and the pages they visit
//! - [`news`]: whether anybody has written
//! - [`export`]: covers with all that a data set says of them
//! - [`training`]: runs, folds, predictions, models, scores
//!
//! Times are Unix milliseconds and always an argument. Every write is one statement or one
//! `begin immediate` transaction.

pub mod alike;
pub mod audit;
pub mod confirm;
pub mod cover;
pub mod decision;
mod dice;
pub mod error;
pub mod export;
pub mod found;
pub mod freshness;
pub mod frontier;
pub mod history;
pub mod label;
pub mod near;
pub mod news;
pub mod open;
mod planted;
pub mod progress;
pub mod queue;
pub mod remake;
pub mod sheet;
pub mod slice;
mod statement;
pub mod statistics;
pub mod stroke;
pub mod topic;
pub mod training;
pub mod trust;
pub mod views;

pub use cover::{Arrival, NewCover, NewVideo, Settled, file_key};
pub use decision::{Act, Choice, Event, Role, Source};
pub use error::Error;
pub use frontier::{CrawlId, Request};
pub use label::{LabelRule, Pool};
pub use news::News;
pub use open::{Durability, Store};
pub use queue::Queue;
pub use topic::TopicId;

/// What every verb returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;
