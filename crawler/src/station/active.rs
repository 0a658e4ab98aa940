//! A crawl while it is worked on.

use std::sync::Arc;

use store::frontier::{Crawl, Fate, Kind, Want};

use crate::site::Mode;
use crate::step::{Done, Worker};

/// Failures, and misses, in a row after which a crawl without end would only bother the site.
const HOPELESS: (u32, u32) = (50, 500);
/// One crawl under way.
pub(super) struct Active {
    pub crawl: Crawl,
    pub worker: Arc<Worker>,
    pub covers_in_flight: u32,
    /// In a row.
    pub failures: u32,
    /// In a row.
    pub misses: u32,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Working,
    Finished,
    /// All that is left waits for hosts that refused us, or is without hope.
    Blocked,
}

impl Active {
    /// A claim of any page.
    pub fn everything(&self) -> Want {
        Want {
            covers: true,
            pages: true,
            daily: self.worker.daily,
        }
    }

    /// Counts a page that has ended.
    pub fn note(&mut self, done: &Done) {
        self.covers_in_flight -= u32::from(done.kind == Kind::Cover);
        match &done.settlement.fate {
            Fate::Failed { .. } => self.failures += 1,
            Fate::Missing { .. } => self.misses += 1,
            // A page may come well while no cover on it can be had.
            Fate::Done if done.kind == Kind::Cover => self.failures = 0,
            Fate::Done if done.kind == Kind::Video => self.misses = 0,
            _ => {}
        }
    }

    /// Whether a crawl whose end is not in sight brings nothing.
    pub fn is_hopeless(&self) -> bool {
        let endless = !self.crawl.retrying && self.worker.mode != Mode::List;
        endless && (self.failures >= HOPELESS.0 || self.misses >= HOPELESS.1)
    }
}
