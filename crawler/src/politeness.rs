//! Everything that decides when a host may be asked, and whether: one object that admits
//! requests and observes answers. What it knows is in the database, so that a restart does
//! not forget it and two crawlers do not add up.

pub mod mood;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use cli::{Result, now};
use store::Store;
use store::frontier::host::DAY_MS;
use store::frontier::{CrawlId, Host, Page, Robots, Turn, Want};
use tokio::sync::Notify;
use url::Url;

use crate::date::clock;
use crate::origin::origin;
use crate::robots::{self, Reading, Rules};
use crate::site::Group;
use mood::{Outcome, Verdict};

/// Gaps are stretched by up to half: a beat without jitter looks like an attack, and several
/// crawlers would keep time together.
const JITTER: std::ops::RangeInclusive<i64> = 1000..=1500;

/// Whether an address may be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Granted,
    /// Its robots.txt must be asked for first.
    RobotsFirst,
    /// Its robots.txt forbids it.
    Forbidden,
}

/// By origin: the rules, and when they were read.
type Remembered = HashMap<String, (Arc<Rules>, i64)>;

/// Admits and observes. Clones share what they know.
#[derive(Debug, Clone)]
pub struct Politeness {
    store: Store,
    /// Longer than any request takes, milliseconds.
    lease_ms: i64,
    /// Told whenever a host is free again.
    freed: Arc<Notify>,
    rules: Arc<Mutex<Remembered>>,
}

impl Politeness {
    /// With the database's memory; `lease_ms` is longer than any request takes.
    pub fn new(store: Store, lease_ms: i64) -> Self {
        Self {
            store,
            lease_ms,
            freed: Arc::default(),
            rules: Arc::default(),
        }
    }

    fn turn(&self) -> Turn {
        let now = now();
        Turn {
            now,
            lease_until: now + self.lease_ms,
            jitter_permille: rand::random_range(JITTER),
        }
    }

    /// The next page whose host may be asked now; the host is reserved until it is observed
    /// or let go.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim(&self, crawl: CrawlId, want: Want) -> Result<Option<(Page, Host)>> {
        Ok(self.store.claim(crawl, want, self.turn()).await?)
    }

    /// Reserves a host outside of a claim; waits for its turn while that is within `patience_ms`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reserve(
        &self,
        group: &Group,
        daily: u32,
        patience_ms: i64,
    ) -> Result<Option<Host>> {
        self.store
            .set_host_floor(&group.name, group.floor_ms)
            .await?;
        let until = now() + patience_ms;
        loop {
            if let Some(host) = self
                .store
                .reserve_host(&group.name, daily, self.turn())
                .await?
            {
                return Ok(Some(host));
            }
            let Some(host) = self.store.host(&group.name).await? else {
                return Ok(None);
            };
            let next = host.next_at.max(host.cooldown_until);
            let used_up = host.day_asked >= daily && host.day_from + DAY_MS > now();
            if next > until || used_up {
                return Ok(None);
            }
            // Taken by somebody else, it is looked at again soon.
            let wait = (next - now()).max(20).unsigned_abs();
            tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
        }
    }

    /// Frees a host that was reserved and not asked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn let_go(&self, host: &Host) -> Result<()> {
        self.store.let_go_of_host(&host.name).await?;
        self.freed.notify_one();
        Ok(())
    }

    /// Resolves when a host was freed since this was last waited for.
    pub async fn freed(&self) {
        self.freed.notified().await;
    }

    /// Whether this address may be asked, by the robots.txt of its origin.
    ///
    /// # Errors
    /// What the database says.
    pub async fn admit(&self, url: &Url) -> Result<Admission> {
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(match self.rules(&origin(url)).await? {
            None => Admission::RobotsFirst,
            Some(rules) if rules.allow(&path) => Admission::Granted,
            Some(_) => Admission::Forbidden,
        })
    }

    /// The rules of an origin, if they were read within a day.
    async fn rules(&self, origin: &str) -> Result<Option<Arc<Rules>>> {
        let oldest = now() - i64::try_from(robots::OLDEST.as_millis()).unwrap_or(i64::MAX);
        // What was read in the future was read by a wrong clock, and nobody knows when.
        let believed = oldest + 1..=now();
        if let Some((rules, at)) = self.remembered().get(origin)
            && believed.contains(at)
        {
            return Ok(Some(rules.clone()));
        }
        let Some((Robots::Rules(text), at)) = self.store.robots(origin).await? else {
            return Ok(None);
        };
        if !believed.contains(&at) {
            return Ok(None);
        }
        let rules = Arc::new(Rules::parse(&text, robots::AGENT));
        self.remembered()
            .insert(origin.to_owned(), (rules.clone(), at));
        Ok(Some(rules))
    }

    /// Brings times back that a wrong clock has put further ahead than any honest wait, and
    /// tells of each in a sentence.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mend_clocks(&self) -> Result<Vec<String>> {
        let now = now();
        let ahead = self.store.mend_clocks(mood::LONGEST_WAIT, now).await?;
        let told = ahead.iter().map(|host| {
            format!(
                "{}: a clock was wrong, by which it was not to be asked before {}; it is asked again at {}",
                host.name,
                clock(host.was, now),
                clock(host.until, now)
            )
        });
        Ok(told.collect())
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, Remembered> {
        // Nothing leaves the map half-changed.
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what an origin's robots.txt said.
    ///
    /// # Errors
    /// What the database says.
    pub async fn learn(&self, url: &Url, host: &mut Host, reading: &Reading) -> Result<()> {
        let (robots, delay) = match reading {
            Reading::Rules(text) => {
                let delay = Rules::parse(text, robots::AGENT).delay();
                (Robots::Rules(text.clone()), delay)
            }
            Reading::Unreachable(_) => (Robots::Unreachable, None),
        };
        let delay = delay.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
        host.crawl_delay_ms = delay;
        let group = (host.name.as_str(), delay);
        Ok(self
            .store
            .put_robots(&origin(url), &robots, group, now())
            .await?)
    }

    /// Draws the consequence of an answer, and frees the host for the next request.
    ///
    /// # Errors
    /// What the database says.
    pub async fn observe(&self, host: &mut Host, outcome: Outcome<'_>) -> Result<Verdict> {
        let verdict = mood::observe(host, outcome, now(), rand::random_range(JITTER));
        self.store.release_host(host).await?;
        self.freed.notify_one();
        Ok(verdict)
    }
}
