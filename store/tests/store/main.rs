//! The store as its three users see it, each test with a database of its own.

// A test that unwraps is a test that fails.
#![allow(clippy::unwrap_used)]

mod concurrency;
mod covers;
mod decisions;
mod found;
mod queue_properties;
mod queues;
mod remake;
mod rounds;
mod sheets;
mod slices;
mod statistics;
mod strokes;
mod support;
mod training;
