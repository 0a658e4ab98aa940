//! The trainer end to end: k-fold, fit, find, score, report; killed in mid-run; misfed.

mod day;
mod memory;
mod misfed;
mod resume;
mod support;
mod whole;
