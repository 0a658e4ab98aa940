//! The commands: each reads the database, works, and tells people and scripts.

pub mod bench;
pub mod compare;
pub mod doctor;
pub mod find;
pub mod fit;
pub mod kfold;
mod live;
pub mod nets;
pub mod plan;
pub mod prune;
pub mod report;
pub mod rollback;
mod room;
pub mod runs;
pub mod score;
pub mod start;
pub mod suspects;
pub mod threshold;
pub mod watch;
pub mod weights;

/// Titles are untrusted: an escape sequence in one must not reach the terminal.
fn without_control(text: &str) -> String {
    let safe = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().map(safe).collect()
}
