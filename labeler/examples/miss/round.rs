//! One run: a person decides all covers, others audit what was kept or look a second time, and
//! what the program then claims is laid beside the truth.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use labeler::trust::{Bound, Trust};
use store::{Store, TopicId};

use crate::person::Person;
use crate::world::{Cover, Misses, Result, Template, Truth, copied};

/// What is asked of the persons.
#[derive(Debug, Clone, Copy)]
pub struct Task {
    pub misses: Misses,
    /// Covers that an audit looks at, at least.
    pub audited: u64,
    /// The share at which a person stops who looks at the bound after each sheet.
    pub goal: f64,
}

/// What the program said, and what is so.
#[derive(Debug, Clone, Copy)]
pub struct Told {
    pub claim: &'static str,
    pub truth: f64,
    pub low: f64,
    /// Nothing is said where it is infinite.
    pub high: f64,
}

pub const PLANTED: &str = "planted recall";
pub const AUDIT: &str = "audit, sees all";
pub const GOAL: &str = "audit until the goal";
pub const MISSING: &str = "audit, misses too";
pub const ALLOWED: &str = "the same, allowing for misses";
pub const LATE: &str = "later, after a second look";
pub const TOTAL: &str = "two looks: all cats";
pub const LEAST: &str = "two looks: at least";

/// The claims in the order in which they are told.
pub const CLAIMS: [&str; 8] = [PLANTED, AUDIT, GOAL, MISSING, ALLOWED, LATE, TOTAL, LEAST];

/// A run in progress.
struct Round<'a> {
    truth: &'a Truth,
    task: Task,
    folder: &'a Path,
    /// The database after the first person.
    decided: PathBuf,
    /// What that person kept of the negatives.
    kept: BTreeSet<Cover>,
    /// Of it, what hides a cat.
    hidden: BTreeSet<Cover>,
}

/// Covers that are known to show a cat are kept in their pool, as a person would.
pub async fn prepare(template: &Template) -> Result<()> {
    let truth = Truth::new(0, template.size, 0.0);
    let (store, topic) = template.open().await?;
    let mut person = Person::new("ann", Misses::Alike(0.0), &truth, &store, topic).await?;
    person.finish("positive", "random").await?;
    store.close().await;
    Ok(())
}

/// All that the program claims in the course of a run.
pub async fn run(
    template: &Template,
    folder: &Path,
    truth: &Truth,
    task: Task,
) -> Result<Vec<Told>> {
    let (store, topic) = template.copy(folder).await?;
    let mut mia = Person::new("mia", task.misses, truth, &store, topic).await?;
    mia.finish("negative", "random").await?;
    let planted = planted(&mia, &store, topic, task).await?;
    let (looked, rejected) = mia.ledger.of("random");
    same(
        "decided covers",
        &looked.len(),
        &(truth.size.negatives as usize),
    )?;
    let kept: BTreeSet<_> = looked.difference(&rejected).copied().collect();
    let decided = store.path().to_owned();
    store.close().await;
    let round = Round {
        truth,
        task,
        folder,
        decided,
        hidden: kept.iter().filter(|c| truth.cat(c)).copied().collect(),
        kept,
    };
    let mut all = vec![planted];
    all.push(
        round
            .audit("eva", AUDIT, Misses::Alike(0.0), Stop::At(task.audited))
            .await?,
    );
    all.push(
        round
            .audit("ida", GOAL, Misses::Alike(0.0), Stop::When(task.goal))
            .await?,
    );
    all.extend(round.twice().await?);
    Ok(all)
}

/// When a person stops with an audit.
#[derive(Debug, Clone, Copy)]
enum Stop {
    /// After so many covers.
    At(u64),
    /// As soon as the page says at most this share.
    When(f64),
}

impl Round<'_> {
    async fn copy(&self) -> Result<(Store, TopicId)> {
        copied(&self.decided, &self.folder.join("copy.db")).await
    }

    /// An audit on a database of its own.
    async fn audit(
        &self,
        name: &'static str,
        claim: &'static str,
        misses: Misses,
        stop: Stop,
    ) -> Result<Told> {
        let (store, topic) = self.copy().await?;
        let mut person = Person::new(name, misses, self.truth, &store, topic).await?;
        let told = self
            .audited(&mut person, &store, topic, claim, stop)
            .await?;
        store.close().await;
        Ok(told)
    }

    async fn audited(
        &self,
        person: &mut Person<'_>,
        store: &Store,
        topic: TopicId,
        claim: &'static str,
        stop: Stop,
    ) -> Result<Told> {
        loop {
            let more = person.sheet("negative", "audit").await?.is_some();
            let bound = bound(store, topic).await?;
            let over = match stop {
                Stop::At(covers) => bound.checked >= covers,
                Stop::When(share) => bound.at_most <= share,
            };
            if !over && more {
                continue;
            }
            let (looked, rejected) = person.ledger.of("audit");
            same(
                "covers of the audit's frame",
                &bound.frame,
                &size(&self.kept),
            )?;
            same("audited covers", &bound.checked, &size(&looked))?;
            same("found by the audit", &bound.found, &size(&rejected))?;
            let told = self.still(&rejected);
            return Ok(Told {
                claim,
                high: bound.at_most,
                ..told
            });
        }
    }

    /// The share of what was kept that hides a cat still, once these were found.
    fn still(&self, found: &BTreeSet<Cover>) -> Told {
        let left = self.hidden.difference(found).count();
        Told {
            claim: "",
            truth: left as f64 / self.kept.len() as f64,
            low: 0.0,
            high: f64::INFINITY,
        }
    }

    /// An audit by the first person, who misses as before, and then a second look.
    async fn twice(&self) -> Result<Vec<Told>> {
        let (store, topic) = self.copy().await?;
        let misses = self.task.misses;
        let mia = Person::new("mia", misses, self.truth, &store, topic).await?;
        let mut mia = mia.another_time();
        let stop = Stop::At(self.task.audited);
        let early = self.audited(&mut mia, &store, topic, MISSING, stop).await?;
        let allowed = bound(&store, topic).await?.if_missed.map(|missed| Told {
            claim: ALLOWED,
            high: missed.at_most,
            ..early
        });
        let (_, found) = mia.ledger.of("audit");
        let second = self.second_look(&store, topic, found).await?;
        store.close().await;
        Ok([early].into_iter().chain(allowed).chain(second).collect())
    }

    /// A look at everything by another person, after an audit in which these were found.
    async fn second_look(
        &self,
        store: &Store,
        topic: TopicId,
        mut found: BTreeSet<Cover>,
    ) -> Result<Vec<Told>> {
        let mut lin = Person::new("lin", self.task.misses, self.truth, store, topic).await?;
        lin.finish("negative", "second").await?;
        let (looked, again) = lin.ledger.of("second");
        let first = looked.difference(&self.kept).copied();
        let first: BTreeSet<_> = first.chain(found.iter().copied()).collect();
        let trust = Trust::gather(store, topic).await?;
        let looks = trust.looks.first().ok_or("no second look is told of")?;
        let counts = looks.twice;
        let all = u64::from(self.truth.size.negatives);
        same("covers looked at twice", &counts.covers, &all)?;
        same("found by the first look", &counts.first, &size(&first))?;
        same("found by the second", &counts.second, &size(&again))?;
        let both = first.intersection(&again).count() as u64;
        same("found by both", &counts.both, &both)?;
        let overlap = trust.overlap.first().ok_or("no two people are told of")?;
        same("what two people decided", &overlap.twice, &counts)?;
        found.extend(again);
        let late = Told {
            claim: LATE,
            high: bound(store, topic).await?.at_most,
            ..self.still(&found)
        };
        let total = Told {
            claim: TOTAL,
            truth: self.truth.hidden().count() as f64,
            low: looks.total.low as f64,
            high: looks.total.high.map_or(f64::INFINITY, |high| high as f64),
        };
        let least = Told {
            claim: LEAST,
            high: f64::INFINITY,
            ..total
        };
        Ok(vec![late, total, least])
    }
}

async fn planted(person: &Person<'_>, store: &Store, topic: TopicId, task: Task) -> Result<Told> {
    let trust = Trust::gather(store, topic).await?;
    let (Misses::Alike(miss) | Misses::Uneven(miss)) = task.misses;
    let mut told = Told {
        claim: PLANTED,
        truth: 1.0 - miss,
        low: 0.0,
        high: 1.0,
    };
    same("planted cats", &trust.planted(), &person.ledger.planted)?;
    if let Some(seen) = trust.planted.first() {
        (told.low, told.high) = seen.interval;
    }
    Ok(told)
}

async fn bound(store: &Store, topic: TopicId) -> Result<Bound> {
    let trust = Trust::gather(store, topic).await?;
    Ok(trust.negative.ok_or("no audit is told of")?)
}

fn size(of: &BTreeSet<Cover>) -> u64 {
    of.len() as u64
}

/// What the program counted is what the persons did.
fn same<T: PartialEq + std::fmt::Debug>(what: &str, told: &T, done: &T) -> Result<()> {
    if told == done {
        return Ok(());
    }
    Err(format!("{what}: {told:?} are told of, {done:?} it was").into())
}
