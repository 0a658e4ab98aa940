//! The page: sheets to decide, what was found, history and statistics.
//!
//! - [`serve`]: the address, from the socket to Ctrl-C
//! - [`guard`]: who may ask what; first of all on every request
//! - [`token`]: what everybody must bring when other machines can reach the page
//! - [`routes`]: every path there is
//! - [`api`]: what the page's script asks for, JSON in and out
//! - [`inbox`], [`found`], [`history`], [`statistics`], [`settings`]: the screens
//! - [`chart`], [`pictures`]: what the statistics draw
//! - [`alike`]: what looks like a cover; [`judge`]: what a person does with it and with found videos
//! - [`feed`], [`news`]: found videos for feed readers, what the last labels did
//! - [`stale`]: what is behind the person, in a line
//! - [`below`]: the scores below which covers may be kept at once, and keeping them
//! - [`undo`]: undo and redo as forms
//! - [`large`]: a cover as large as it was kept; [`region`]: where the model looked on it
//! - [`layout`]: what all screens share
//! - [`words`]: every text, in both languages
//! - [`preference`]: language, colours, pool, order and settings, by query, cookie or browser
//! - [`asset`]: script, style and icon, embedded
//! - [`show`]: numbers and times for people

pub mod alike;
pub mod api;
pub mod asset;
pub mod below;
pub mod chart;
pub mod feed;
pub mod found;
pub mod guard;
pub mod history;
pub mod inbox;
pub mod judge;
pub mod large;
pub mod layout;
pub mod news;
pub mod pictures;
pub mod preference;
pub mod region;
pub mod routes;
pub mod serve;
pub mod settings;
pub mod show;
pub mod stale;
pub mod statistics;
pub mod token;
pub mod undo;
pub mod words;

pub use routes::{Site, router};
