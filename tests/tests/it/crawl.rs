//! Crawls, seen from the site's log and from what the programs say of the database.

mod faults;
mod kill;
mod manners;
mod robots;
mod support;
mod walks;
