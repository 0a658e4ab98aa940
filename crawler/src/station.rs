//! Where requests run side by side: claim, run, settle. The only concurrent place.
//!
//! Each host is asked by one request at a time, so the number in flight is that of hosts
//! that may be asked; covers that are being made or wait for their transaction come on top.
//! What a program killed now would ask again is exactly what is in flight.

mod active;
mod verdicts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use cli::{Bar, Failure, Printer, Result, Stop, now};
use store::Store;
use store::frontier::{Crawl, CrawlId, HostWait, Kind, Want};
use tokio::task::JoinSet;

use crate::politeness::Politeness;
use crate::site::{Mode, Place};
use crate::step::{Done, Worker};
use crate::summary::Summary;
use active::{Active, State};

/// Pages under way at most, whatever the number of hosts: what a kill may ask again.
const IN_FLIGHT: usize = 16;
/// Pages settled in one transaction.
const BATCH: usize = 64;
/// How often claims of other programs that have died are looked for.
const SWEEP_MS: u64 = 30_000;
/// How long what is in hand may take once the user has asked to stop. What takes longer is given
/// up: its page is due again, as if the program had been killed.
const GRACE: Duration = Duration::from_millis(900);
/// The shortest sleep.
const BLINK_MS: i64 = 10;
/// How often it is looked whether another program has freed a host: a part of a request's time.
const PEEK_MS: i64 = 250;

/// Works on some crawls until they are finished, refused or stopped.
pub struct Station<'a> {
    store: &'a Store,
    politeness: Politeness,
    stop: &'a Stop,
    bar: Bar,
    crawls: Vec<Active>,
    tasks: JoinSet<Result<Done>>,
    summary: Summary,
    unreachable: BTreeMap<String, String>,
    /// Hosts whose day is used up, and whose user knows.
    told: BTreeSet<String>,
    /// Hosts whose long gap was told.
    told_of_gap: BTreeSet<String>,
    swept: i64,
    /// When what is in hand is given up; set once the user has asked to stop.
    patience_ends: Option<Instant>,
}

impl<'a> Station<'a> {
    /// Of crawls and what their requests need.
    pub fn new(
        store: &'a Store,
        politeness: Politeness,
        printer: &Printer,
        stop: &'a Stop,
        crawls: Vec<(Crawl, Arc<Worker>)>,
    ) -> Self {
        let asked: u64 = crawls
            .iter()
            .map(|(crawl, _)| u64::from(crawl.request.target))
            .sum();
        let there = crawls.iter().map(|(crawl, _)| u64::from(crawl.new_covers));
        let bar = printer.bar_from("covers", there.sum(), asked);
        let summary = Summary {
            asked,
            ..Summary::default()
        };
        let crawls = crawls.into_iter().map(|(crawl, worker)| Active {
            crawl,
            worker,
            covers_in_flight: 0,
            failures: 0,
            misses: 0,
            covers_came: false,
            forbidden: None,
            state: State::Working,
        });
        Self {
            store,
            politeness,
            stop,
            bar,
            crawls: crawls.collect(),
            tasks: JoinSet::new(),
            summary,
            unreachable: BTreeMap::new(),
            told: BTreeSet::new(),
            told_of_gap: BTreeSet::new(),
            swept: 0,
            patience_ends: None,
        }
    }

    /// Works until nothing is left to do, or the user stops it.
    ///
    /// # Errors
    /// What the database says.
    pub async fn run(mut self) -> Result<Summary> {
        let _presence = self.store.join_frontier().await?;
        self.set_floors().await?;
        self.store.mend_page_clocks(now()).await?;
        loop {
            self.settle_ready().await?;
            let stopping = self.stop.asked();
            if !stopping {
                self.take().await?;
            } else if Instant::now() >= *self.patience_ends.get_or_insert(Instant::now() + GRACE) {
                break;
            }
            if self.tasks.is_empty() && (stopping || self.all_at_rest().await?) {
                break;
            }
            self.wait(stopping).await?;
        }
        self.bar.finish();
        self.close().await
    }

    /// The pace may have been changed since the pages were put there.
    async fn set_floors(&self) -> Result<()> {
        for active in &self.crawls {
            let want = active.everything();
            for wait in self.store.waits(active.crawl.id, want, now()).await? {
                if let Some(floor) = active.worker.floor_of(&wait.name) {
                    self.store.set_host_floor(&wait.name, floor).await?;
                }
            }
        }
        Ok(())
    }

    /// Claims pages until there is no room or no host that may be asked.
    async fn take(&mut self) -> Result<()> {
        // The clock may have been put back.
        if now().abs_diff(self.swept) > SWEEP_MS {
            self.swept = now();
            self.store.return_expired(now()).await?;
            for sentence in self.politeness.mend_clocks().await? {
                self.bar.println(sentence);
            }
        }
        let mut took = true;
        while took && self.tasks.len() < IN_FLIGHT {
            took = false;
            for n in 0..self.crawls.len() {
                let active = &self.crawls[n];
                let works = active.state == State::Working && !active.is_over();
                took |= works && self.take_one(n).await?;
            }
        }
        Ok(())
    }

    async fn take_one(&mut self, n: usize) -> Result<bool> {
        let want = self.want(n).await?;
        let active = &mut self.crawls[n];
        let claimed = self.politeness.claim(active.crawl.id, want).await?;
        let Some((page, host)) = claimed else {
            return Ok(false);
        };
        active.covers_in_flight += u32::from(page.kind == Kind::Cover);
        let worker = active.worker.clone();
        self.tasks.spawn(worker.step_or_fail(page, host));
        Ok(true)
    }

    /// No more covers than are wanted, and no further pages while enough covers are queued;
    /// plans more when there is nothing to visit.
    async fn want(&mut self, n: usize) -> Result<Want> {
        let Active {
            crawl,
            worker,
            covers_in_flight,
            ..
        } = &self.crawls[n];
        if crawl.retrying || worker.mode == Mode::List {
            return Ok(self.crawls[n].everything());
        }
        let (id, remaining, daily) = (crawl.id, crawl.remaining(), worker.daily);
        let covers = *covers_in_flight < remaining;
        let pages = self.store.queued(id, Kind::Cover, remaining).await? < remaining;
        if pages && !self.store.has_untried(id).await? {
            self.plan(n).await?;
        }
        Ok(Want {
            covers,
            pages,
            daily,
        })
    }

    /// Adds the next list or seed pages; known videos cost none.
    async fn plan(&mut self, n: usize) -> Result<()> {
        let Active { crawl, worker, .. } = &self.crawls[n];
        let place = Place {
            planned: crawl.planned,
            total: crawl.total,
            seed: crawl.request.seed,
        };
        let Some(leads) = worker.site.plan(&worker.mode, place) else {
            return Ok(());
        };
        let (mut pages, mut known) = (Vec::new(), Vec::new());
        for lead in leads {
            // A walk begins at its seeds, known or not: they lead on.
            let cover = match (&lead.key, &worker.mode) {
                (Some(key), Mode::Random) => worker.known(key).await?,
                _ => None,
            };
            match cover {
                Some(cover) => known.push(cover),
                None => pages.push(lead.page(worker.group(&lead.url))),
            }
        }
        let id = crawl.id;
        let brought = self
            .store
            .plan(id, place.planned, &pages, &known, now())
            .await?;
        if let Some(brought) = brought {
            self.count(brought.new_covers, brought.duplicates);
        }
        self.refresh(id).await
    }

    /// Settles what has ended, all that is there in one transaction.
    async fn settle_ready(&mut self) -> Result<()> {
        let mut done = Vec::new();
        while done.len() < BATCH
            && let Some(ended) = self.tasks.try_join_next()
        {
            done.push(ended.map_err(Failure::failed)??);
        }
        self.settle(done).await
    }

    async fn settle(&mut self, done: Vec<Done>) -> Result<()> {
        if done.is_empty() {
            return Ok(());
        }
        let mut crawls = Vec::new();
        let mut settlements = Vec::with_capacity(done.len());
        for one in done {
            self.note(&one);
            crawls.push(one.settlement.crawl);
            settlements.push(one.settlement);
        }
        let brought = self.store.settle(&settlements, cover::NEAR, now()).await?;
        for one in brought {
            self.count(one.new_covers, one.duplicates);
        }
        crawls.sort_unstable();
        crawls.dedup();
        for crawl in crawls {
            self.refresh(crawl).await?;
        }
        Ok(())
    }

    fn active(&mut self, crawl: CrawlId) -> Option<&mut Active> {
        self.crawls
            .iter_mut()
            .find(|active| active.crawl.id == crawl)
    }

    async fn refresh(&mut self, crawl: CrawlId) -> Result<()> {
        let fresh = self.store.crawl(crawl).await?;
        if let Some(active) = self.active(crawl) {
            active.crawl = fresh;
        }
        Ok(())
    }

    /// Until a page ends, a host is free or may be asked, or the user stops.
    async fn wait(&mut self, stopping: bool) -> Result<()> {
        let wake = if stopping {
            None
        } else {
            self.next_turn().await?
        };
        if wake.is_none() && self.tasks.is_empty() {
            return Ok(());
        }
        // Not through a sweep, which may find that the clock was wrong.
        let sleep = wake.map(|at| (at - now()).max(BLINK_MS).unsigned_abs().min(SWEEP_MS));
        let sleep = match self.patience_ends {
            Some(end) => Some(end.saturating_duration_since(Instant::now())),
            None => sleep.map(Duration::from_millis),
        };
        let asleep = async {
            match sleep {
                Some(time) => tokio::time::sleep(time).await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            Some(ended) = self.tasks.join_next() => ended.map_err(Failure::failed)??,
            () = asleep => return Ok(()),
            () = self.politeness.freed() => return Ok(()),
            () = self.stop.wait(), if !stopping => return Ok(()),
        };
        self.settle(vec![ended]).await
    }

    /// When the first host may be asked, of those that are waited for.
    async fn next_turn(&mut self) -> Result<Option<i64>> {
        if self.tasks.len() >= IN_FLIGHT {
            return Ok(None);
        }
        let (mut first, mut paused): (Option<HostWait>, Vec<HostWait>) = (None, Vec::new());
        for n in 0..self.crawls.len() {
            if self.crawls[n].state != State::Working || self.crawls[n].is_over() {
                continue;
            }
            let want = self.want(n).await?;
            let waits = self
                .store
                .waits(self.crawls[n].crawl.id, want, now())
                .await?;
            paused.extend(waits.iter().filter(|wait| wait.reason.is_some()).cloned());
            let next = waits.into_iter().filter(|wait| !wait.refused);
            first = first.into_iter().chain(next).min_by_key(look_at);
        }
        self.tell_of_days(&paused);
        let held = first
            .as_ref()
            .filter(|wait| wait.busy && self.tasks.is_empty());
        self.bar.message(self.telling(&paused, held));
        let Some(wait) = first else {
            // Only what another program holds is left to wait for.
            let held = self.tasks.is_empty().then(|| now() + 1000);
            return Ok(held);
        };
        self.tell_of_gap(&wait);
        Ok(Some(look_at(&wait)))
    }

    async fn close(mut self) -> Result<Summary> {
        for active in &self.crawls {
            if active.state != State::Finished {
                self.summary.pages_left += self.store.pages_left(active.crawl.id).await?;
            }
        }
        self.summary.stopped = self.stop.asked()
            && self
                .crawls
                .iter()
                .any(|active| active.state == State::Working);
        Ok(self.summary)
    }
}

/// When it is worth looking at a host: at its next turn, and again and again while a request to
/// it is under way, because only its end tells when that is.
fn look_at(wait: &HostWait) -> i64 {
    match wait.busy {
        true => wait.until.max(now() + PEEK_MS),
        false => wait.until,
    }
}

#[cfg(test)]
mod tests;
