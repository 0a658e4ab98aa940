//! The commands: each reads the database, works, and tells people and scripts.

pub mod find;
pub mod fit;
pub mod kfold;
