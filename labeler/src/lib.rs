//! Where a person decides.
//!
//! - [`args`]: what can be typed
//! - [`event_id`]: names for new events
//! - [`format`]: decision events as CSV and JSONL
//! - [`import`]: decisions from files
//! - [`export`]: every decision event, importable again to the same events
//! - [`interval`]: what counts allow one to say
//! - [`hidden`]: what a sample allows one to say of all, whenever one stops
//! - [`agreement`]: how well two people agree beyond chance
//! - [`trust`]: how far the decisions can be trusted
//! - [`slice`]: when the covers below a score may be kept at once
//! - [`bulk`]: the command that keeps them
//! - [`stats`]: how far the labeling is
//! - [`web`]: the page

pub mod agreement;
pub mod args;
pub mod bulk;
pub mod event_id;
pub mod export;
pub mod format;
pub mod hidden;
pub mod import;
pub mod interval;
pub mod slice;
pub mod stats;
pub mod trust;
pub mod web;
