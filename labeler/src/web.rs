//! The page: sheets to decide, what was found, history and statistics.
//!
//! - [`serve`]: the address, from the socket to Ctrl-C
//! - [`guard`]: who may ask what; first of all on every request
//! - [`routes`]: every path there is
//! - [`api`]: what the page's script asks for, JSON in and out
//! - [`inbox`], [`found`], [`history`], [`statistics`]: the screens
//! - [`layout`]: what all screens share
//! - [`words`]: every text, in both languages
//! - [`preference`]: language, colours, pool and order, by query, cookie or browser
//! - [`asset`]: script, style and icon, embedded
//! - [`show`]: numbers and times for people

pub mod api;
pub mod asset;
pub mod found;
pub mod guard;
pub mod history;
pub mod inbox;
pub mod layout;
pub mod preference;
pub mod routes;
pub mod serve;
pub mod show;
pub mod statistics;
pub mod words;

pub use routes::{Site, router};
