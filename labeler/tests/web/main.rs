//! The page's server as a browser meets it, without a socket: requests in, responses out.

// A test that unwraps is a test that fails.
#![allow(clippy::unwrap_used)]

mod bulk;
mod changes;
mod door;
mod matrix;
mod region;
mod screens;
mod settings;
mod support;
