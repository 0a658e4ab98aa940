//! What is told of pages that have ended, and when a crawl is over.

use cli::{Result, now};
use store::frontier::{Fate, HostWait};

use super::Station;
use super::active::{Active, State};
use crate::date::clock;
use crate::politeness::mood::Verdict;
use crate::robots;
use crate::site::Mode;
use crate::step::Done;
use crate::summary::Refusal;
use crate::text::shortened;

impl Station<'_> {
    pub(super) fn count(&mut self, new_covers: u32, duplicates: u32) {
        self.summary.new_covers += u64::from(new_covers);
        self.summary.duplicates += u64::from(duplicates);
        self.bar.inc(u64::from(new_covers));
    }

    /// Counts a page that has ended, and tells of what went wrong.
    pub(super) fn note(&mut self, done: &Done) {
        let settlement = &done.settlement;
        let mut forbidden = false;
        if let Some(active) = self.active(settlement.crawl) {
            active.note(done);
            forbidden = active.forbidden.is_some();
        }
        self.summary.requests += done.requests;
        self.summary.bytes += done.bytes;
        self.summary.skipped += u64::from(done.skipped);
        self.summary.fetched += u64::from(settlement.arrival.is_some());
        match &settlement.fate {
            Fate::Failed { class, reason } => {
                self.summary.fail(class, &done.url, reason);
                // That is said once, of all covers.
                if !forbidden {
                    self.bar
                        .println(format!("{}: {reason}", shortened(&done.url)));
                }
            }
            Fate::Missing { .. } => self.summary.missing += 1,
            _ => {}
        }
        let reason = done.host.reason.clone().unwrap_or_default();
        match done.verdict {
            Verdict::Waiting => self.bar.println(format!(
                "{}: {reason}; asked again at {}",
                done.host.name,
                clock(done.host.cooldown_until, now())
            )),
            Verdict::Unreachable => {
                self.unreachable.insert(done.host.name.clone(), reason);
            }
            Verdict::Open | Verdict::Refused => {}
        }
    }

    /// Whether no crawl has anything to do or to wait for; with nothing in flight.
    pub(super) async fn all_at_rest(&mut self) -> Result<bool> {
        for n in 0..self.crawls.len() {
            if self.crawls[n].state == State::Working {
                self.crawls[n].state = self.judge(n).await?;
            }
        }
        Ok(self
            .crawls
            .iter()
            .all(|active| active.state != State::Working))
    }

    async fn judge(&mut self, n: usize) -> Result<State> {
        if let Some(host) = self.crawls[n].forbidden.clone() {
            let read = self.store.robots(&host).await?.map_or(now(), |(_, at)| at);
            let oldest = i64::try_from(robots::OLDEST.as_millis()).unwrap_or(i64::MAX);
            self.summary.refusals.push(Refusal {
                host,
                reason: "its robots.txt forbids the covers, so there is nothing to collect"
                    .to_owned(),
                until: read.saturating_add(oldest),
                unreachable: false,
            });
            return Ok(State::Blocked);
        }
        if self.crawls[n].is_hopeless() {
            self.summary.hopeless = true;
            self.bar.println(
                "nothing has come for long, so no more is asked; `crawler resume` tries again",
            );
            return Ok(State::Blocked);
        }
        let want = self.want(n).await?;
        let Active { crawl, worker, .. } = &self.crawls[n];
        let unbounded = crawl.retrying || worker.mode == Mode::List;
        let enough = !unbounded && crawl.remaining() == 0;
        if !enough {
            let waits = self.store.waits(crawl.id, want, now()).await?;
            if waits.iter().any(|wait| !wait.refused) {
                return Ok(State::Working);
            }
            self.note_refusals(&waits);
            if !waits.is_empty() {
                return Ok(State::Blocked);
            }
            // Another program may hold the last pages.
            if self.store.pages_left(self.crawls[n].crawl.id).await? > 0 {
                return Ok(State::Working);
            }
        }
        let crawl = &self.crawls[n].crawl;
        if !unbounded && crawl.remaining() > 0 {
            self.bar.println(format!(
                "{} has no more: {} of {} new covers",
                crawl.request.site, crawl.new_covers, crawl.request.target
            ));
        }
        self.store.finish_crawl(crawl.id, 0, now()).await?;
        Ok(State::Finished)
    }

    /// Once for each host: such a wait is long.
    pub(super) fn tell_of_days(&mut self, paused: &[HostWait]) {
        for wait in paused.iter().filter(|wait| wait.used_up) {
            if self.told.insert(wait.name.clone()) {
                let (reason, until) = (wait.reason.as_deref(), clock(wait.until, now()));
                let reason = reason.unwrap_or_default();
                self.bar
                    .println(format!("{}: {reason}; asked again at {until}", wait.name));
            }
        }
    }

    /// Once for each host: a wait is not what a person expects where nothing went wrong.
    pub(super) fn tell_of_gap(&mut self, wait: &HostWait) {
        const LONG_MS: i64 = 30_000;
        let is_gap = wait.reason.is_none() && !wait.busy;
        if is_gap && wait.until - now() > LONG_MS && self.told_of_gap.insert(wait.name.clone()) {
            self.bar.println(format!(
                "{}: the next request is at {}: its robots.txt, or the pace that was asked for, \
                 wants so long a gap",
                wait.name,
                clock(wait.until, now())
            ));
        }
    }

    /// How far each pool is where there are several crawls, and who is waited for; `held` is a
    /// host to which another program has a request under way.
    pub(super) fn telling(&self, paused: &[HostWait], held: Option<&HostWait>) -> String {
        let mut parts = Vec::new();
        if self.crawls.len() > 1 {
            parts.extend(self.crawls.iter().map(|Active { crawl, .. }| {
                let request = &crawl.request;
                format!("{} {}/{}", request.pool, crawl.new_covers, request.target)
            }));
        }
        parts.extend(paused.iter().take(2).map(|wait| {
            let (until, reason) = (clock(wait.until, now()), wait.reason.as_deref());
            format!(
                "{} waits until {until}: {}",
                wait.name,
                reason.unwrap_or_default()
            )
        }));
        if let Some(wait) = held {
            parts.push(format!("{} waits: another crawler is asking it", wait.name));
        }
        if paused.len() > 2 {
            parts.push(format!("{} more hosts wait", paused.len() - 2));
        }
        parts.join(" · ")
    }

    fn note_refusals(&mut self, waits: &[HostWait]) {
        for wait in waits {
            self.summary.refusals.push(Refusal {
                host: wait.name.clone(),
                reason: wait.reason.clone().unwrap_or_default(),
                until: wait.until,
                unreachable: self.unreachable.contains_key(&wait.name),
            });
        }
    }
}
