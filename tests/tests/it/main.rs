//! End to end: what the programs do together, seen from outside.

#![expect(clippy::unwrap_used, reason = "all of this is tests")]

mod covers;
mod crawl;
mod import;
mod judge;
mod labels;
mod launcher;
mod manifests;
mod terminal;
mod train;
