//! The store as its three users see it, each test with a database of its own.

mod concurrency;
mod covers;
mod decisions;
mod support;
