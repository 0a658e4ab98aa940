//! What the end-to-end tests and `./demo` stand on.
//!
//! Nothing here links the programs or their crates: they are met as a user meets them.

pub mod draw;
pub mod programs;
pub mod site;
