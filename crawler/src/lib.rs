//! A polite, throttled collector of covers.
//!
//! - [`args`]: what can be typed
//! - [`import`]: covers from folders, files and lists
//! - [`items`]: what an import's paths name
//! - [`summary`]: the counts every collecting command ends with
//! - [`check`]: `verify` and `status`

pub mod args;
pub mod check;
pub mod import;
pub mod items;
pub mod summary;
