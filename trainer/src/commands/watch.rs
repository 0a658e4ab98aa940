//! `watch`: what arrives is worked on as it arrives, news of labels first.
//!
//! A probe is trained at once after every confirmed sheet; a net that is dear by rule. The
//! features of new covers are computed in portions between, and each cover is scored as soon
//! as it has them. All of it is a loop over the database: killed anywhere, the next watch
//! removes what a round had not finished and goes on.

mod candidate;
mod dear;
mod eye;
mod round;
mod tidy;

use std::time::{Duration, Instant};

use cli::{Exit, Failure, Outcome, Result};
use store::News;
use store::training::ModelRow;

use crate::commands::start;
use crate::config::Method;
use crate::flags::Plan;
use crate::holder;
use crate::models::{self, Loaded};
use crate::rates::{Prior, Rates};
use crate::session::Session;

use eye::Eye;

/// How long the claim of a topic lasts unless it is renewed.
const CLAIM: Duration = Duration::from_secs(180);
/// How often it is renewed, and what may have been missed is looked for.
const RENEW: Duration = Duration::from_secs(60);
/// Labels that arrive within this time of one another are one piece of news.
const SETTLE: Duration = Duration::from_millis(100);
/// A net that is trained by steps waits for so large a share of new labels,
const DEAR_SHARE: u64 = 10;
/// and for at least so many.
const DEAR_LEAST: u64 = 20;

/// Works until the user stops.
///
/// # Errors
/// Another watch of the same topic, and what the database says. Labels that cannot be trained
/// on yet are waited for.
pub async fn run(session: &Session, plan: &Plan, min_new: Option<u64>) -> Result<Outcome> {
    let holder = holder::me();
    claim(session, &holder).await?;
    let worked = work(session, plan, min_new, &holder).await;
    let released = session.store.release_watch(session.topic, &holder).await;
    worked?;
    released?;
    Ok(Outcome {
        exit: Exit::Stopped,
        json: None,
    })
}

async fn work(session: &Session, plan: &Plan, min_new: Option<u64>, holder: &str) -> Result<()> {
    crate::device::set_threads(plan.threads);
    tidy::remove_leftovers(session).await?;
    let mut watch = Watch::new(session, plan, min_new).await?;
    session
        .printer
        .note("watching for labels and covers; Ctrl-C ends");
    watch.until_stopped(holder).await
}

async fn claim(session: &Session, holder: &str) -> Result<()> {
    let other = session.store.watcher(session.topic).await?;
    let dead = other.as_deref().filter(|other| holder::is_dead(other));
    let now = cli::now();
    let until = now + CLAIM.as_millis() as i64;
    let claimed = session
        .store
        .claim_watch(session.topic, (holder, dead), (now, until));
    if claimed.await? {
        return Ok(());
    }
    let topic = &session.topic_name;
    Err(Failure::usage(format!(
        "another trainer watches \"{topic}\" already: {}\nEnd that one first, or let it work.",
        other.unwrap_or_default()
    )))
}

/// The model in use, ready to score.
struct Current {
    row: ModelRow,
    loaded: Loaded,
    rates: Rates,
}

/// All that a watch has in hand.
struct Watch<'a> {
    session: &'a Session,
    plan: &'a Plan,
    min_new: Option<u64>,
    news: News,
    /// The backbone with its features, where its weights are there.
    eye: Option<Eye>,
    current: Option<Current>,
    /// The newest decision that a round has considered.
    seen: i64,
    /// Something of older rounds may be there to remove.
    untidy: bool,
    /// Since when everything was looked at.
    checked: Instant,
}

impl<'a> Watch<'a> {
    async fn new(session: &'a Session, plan: &'a Plan, min_new: Option<u64>) -> Result<Watch<'a>> {
        let current = session.store.current_model(session.topic).await?;
        Ok(Watch {
            session,
            plan,
            min_new,
            news: session.store.listen().await?,
            eye: Eye::open(session, plan).await?,
            current: None,
            seen: current.map_or(0, |model| model.last_event),
            untidy: true,
            checked: Instant::now(),
        })
    }

    async fn until_stopped(&mut self, holder: &str) -> Result<()> {
        while !self.session.stop.asked() {
            if self.checked.elapsed() >= RENEW {
                claim(self.session, holder).await?;
                self.checked = Instant::now();
                self.eye.as_mut().map(Eye::look_again);
            }
            // One thing at a time, and labels first: a portion of anything else is short.
            if self.learn_if_news().await? || self.portion().await? {
                continue;
            }
            let stop = self.session.stop.clone();
            tokio::select! {
                heard = self.news.wait() => heard?,
                () = tokio::time::sleep(RENEW) => {}
                () = stop.wait() => {}
            }
        }
        Ok(())
    }

    fn is_cheap(&self) -> bool {
        matches!(self.plan.config.method, Method::Probe { .. })
    }

    /// New decisions that are worth a training: for a probe each, for a dear net a tenth of
    /// the labels it has.
    async fn worth(&self) -> Result<u64> {
        if let Some(typed) = self.min_new {
            return Ok(typed);
        }
        if self.is_cheap() {
            return Ok(1);
        }
        let newest = self.session.store.newest_round(self.session.topic).await?;
        let labels = newest.map_or(0, |round| round.labels.unsigned_abs());
        Ok(DEAR_LEAST.max(labels / DEAR_SHARE))
    }

    /// Whether there was a round.
    async fn learn_if_news(&mut self) -> Result<bool> {
        let (store, topic) = (&self.session.store, self.session.topic);
        if store.newest_event(topic).await? == self.seen {
            return Ok(false);
        }
        let new = store.count_events_after(topic, self.seen).await?;
        if new < self.worth().await? {
            return Ok(false);
        }
        let seen = self.settled().await?;
        self.session.printer.note(format!("{new} new decisions"));
        let round = match self.is_cheap() {
            true => self.cheap_round().await,
            false => self.dear_round().await,
        };
        match round {
            Ok(()) => {}
            Err(failure) if failure.exit == Exit::Usage => {
                self.session.printer.note(format!("not yet: {failure}"));
            }
            Err(failure) => return Err(failure),
        }
        self.seen = seen;
        self.untidy = true;
        self.eye.as_mut().map(Eye::look_again);
        Ok(true)
    }

    /// The newest decision, once no more follow at once.
    async fn settled(&self) -> Result<i64> {
        const MOST: u32 = 5;
        let (store, topic) = (&self.session.store, self.session.topic);
        let mut newest = store.newest_event(topic).await?;
        for _ in 0..MOST {
            tokio::time::sleep(SETTLE).await;
            let next = store.newest_event(topic).await?;
            if next == newest {
                break;
            }
            newest = next;
        }
        Ok(newest)
    }

    /// A little of what can wait; whether there was anything.
    async fn portion(&mut self) -> Result<bool> {
        self.follow_promotion().await?;
        if self.current.is_none() && self.start().await? {
            return Ok(true);
        }
        if self.features().await? {
            return Ok(true);
        }
        if self.untidy {
            self.untidy = tidy::portion(self.session).await?;
            return Ok(self.untidy);
        }
        Ok(false)
    }

    /// Scores by the model that is current, whoever promoted it.
    async fn follow_promotion(&mut self) -> Result<()> {
        let (store, topic) = (&self.session.store, self.session.topic);
        let Some(row) = store.current_model(topic).await? else {
            return Ok(());
        };
        if self
            .current
            .as_ref()
            .is_some_and(|current| current.row.id == row.id)
        {
            return Ok(());
        }
        let loaded = models::load(self.session, &row, self.plan.device)?;
        let rates = Rates::read(self.session, &row, &loaded.card, Prior::Auto).await?;
        let current = Current { row, loaded, rates };
        self.rescore(&current).await?;
        self.current = Some(current);
        self.eye.as_mut().map(Eye::look_again);
        self.untidy = true;
        Ok(())
    }

    /// A model for the very first sheet, where none was made and one can be.
    async fn start(&mut self) -> Result<bool> {
        let Some(chosen) = start::usual(&self.session.topic_name) else {
            return Ok(false);
        };
        let overview = self.session.store.overview(self.session.topic).await?;
        let Some(eye) = &self.eye else {
            return Ok(false);
        };
        if overview.negatives + overview.positives == 0 {
            return Ok(false);
        }
        start::by_classes(self.session, self.plan.device, eye.mode(), &chosen).await?;
        self.follow_promotion().await?;
        Ok(true)
    }
}
