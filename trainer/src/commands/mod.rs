//! The commands: each reads the database, works, and tells people and scripts.

pub mod bench;
pub mod doctor;
pub mod find;
pub mod fit;
pub mod kfold;
pub mod nets;
pub mod plan;
pub mod report;
pub mod runs;
pub mod score;
pub mod watch;
pub mod weights;
