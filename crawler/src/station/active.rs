//! A crawl while it is worked on.

use std::sync::Arc;

use store::frontier::{Crawl, Fate, Kind, Want};

use crate::fault::Fault;
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
    /// One at least, in this run.
    pub covers_came: bool,
    /// The host whose robots.txt forbids the first cover, and hence all.
    pub forbidden: Option<String>,
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
            Fate::Failed { class, .. } => {
                self.failures += 1;
                if self.forbids_all(done, class) {
                    self.forbidden = Some(done.host.name.clone());
                }
            }
            // Pages of drawn numbers are missing by nature, pictures of listed videos are not.
            Fate::Missing { .. } if done.kind == Kind::Cover => self.failures += 1,
            Fate::Missing { .. } => self.misses += 1,
            // A page may come well while no cover on it can be had.
            Fate::Done if done.kind == Kind::Cover => {
                (self.failures, self.misses, self.covers_came) = (0, 0, true);
            }
            Fate::Done if done.kind == Kind::Video => self.misses = 0,
            // Lists that lead to lists alone, one after the other.
            Fate::Done if done.kind == Kind::List && leads_nowhere(done) => self.misses += 1,
            _ => {}
        }
    }

    fn forbids_all(&self, done: &Done, class: &str) -> bool {
        let endless = !self.crawl.retrying && self.worker.mode != Mode::List;
        let first = done.kind == Kind::Cover && !self.covers_came;
        endless && first && class == Fault::Robots.class() && self.worker.site.one_place_of_covers()
    }

    /// Whether nothing more is to be asked, though there would be more.
    pub fn is_over(&self) -> bool {
        self.forbidden.is_some() || self.is_hopeless()
    }

    /// Whether a crawl whose end is not in sight brings nothing.
    pub fn is_hopeless(&self) -> bool {
        let endless = !self.crawl.retrying && self.worker.mode != Mode::List;
        endless && (self.failures >= HOPELESS.0 || self.misses >= HOPELESS.1)
    }
}

fn leads_nowhere(done: &Done) -> bool {
    let settlement = &done.settlement;
    let lists = settlement
        .leads_to
        .iter()
        .all(|page| page.kind == Kind::List);
    lists && settlement.known.is_empty() && settlement.total.is_none()
}
