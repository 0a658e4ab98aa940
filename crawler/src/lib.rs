//! A polite, throttled collector of covers.
//!
//! In reading order:
//! - [`args`]: what can be typed; [`manners`]: the flags of all that asks the web
//! - [`run`]: `run`, `resume`, `retry`; [`every`]: the same again and again; [`station`]: where requests run side by side;
//!   [`step`]: one page, one request
//! - [`politeness`]: when a host may be asked, and whether; [`robots`]: what it allows
//! - [`fetch`]: one request; [`fault`]: what goes wrong and what is done about it;
//!   [`address`], [`origin`]: where a request may go
//! - [`site`]: what the pages of each site say, pure, and the profiles of sites told in a file; [`sample`], [`text`], [`date`]: its tools
//! - [`make`]: pictures to covers
//! - [`import`]: covers from folders, files and lists; [`items`]: what its paths name
//! - [`summary`]: the counts every collecting command ends with
//! - [`status`]: what is there; [`check`]: `sites` and `verify`; [`probe`]: a site asked once
//! - [`resize`]: images made again; [`export`]: an image folder for other tools
//!
//! Absent on purpose: a way to turn robots.txt off, cookies, logins, disguises, proxies.

pub mod address;
pub mod args;
pub mod check;
pub mod date;
pub mod every;
pub mod export;
pub mod fault;
pub mod fetch;
pub mod import;
pub mod items;
pub mod make;
pub mod manners;
pub mod origin;
pub mod politeness;
pub mod probe;
pub mod resize;
pub mod robots;
pub mod run;
pub mod sample;
pub mod site;
pub mod station;
pub mod status;
pub mod step;
pub mod summary;
pub mod text;
