//! Crawls, seen from the site's log and from what the programs say of the database.

mod again;
mod captchas;
mod faults;
mod folder;
mod kill;
mod manners;
mod odd;
mod profile;
mod robots;
mod support;
mod walks;
