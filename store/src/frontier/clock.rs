//! Times that lie further ahead than any honest wait: a clock was wrong when they were written,
//! or is put back since. Nobody should wait for them.

use sqlx::FromRow;

use super::host::DAY_MS;
use crate::statement::statements;
use crate::{Result, Store};

statements! {
    AHEAD = "
        select name, floor_ms, crawl_delay_ms, interval_ms, next_at, cooldown_until, busy_until, day_from
        from host
        where next_at > $1 or cooldown_until > $2 or busy_until > $3 or day_from > $4
        order by name";
    SET_TIMES = "
        update host set next_at = $2, cooldown_until = $3, busy_until = $4, day_from = $5
        where name = $1";
    PAGES_AHEAD = "update page set not_before = $1 where state = 'pending' and not_before > $1";
}

/// The longest claim: a request of an hour, the most that can be asked for, and time to settle it.
pub const LONGEST_LEASE_MS: i64 = 3_600_000 + 60_000;

/// A host that would have been waited for too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ahead {
    /// The throttle group.
    pub name: String,
    /// Until when, by the wrong clock.
    pub was: i64,
    /// Until when now.
    pub until: i64,
}

#[derive(FromRow)]
struct Times {
    name: String,
    floor_ms: i64,
    crawl_delay_ms: i64,
    interval_ms: i64,
    next_at: i64,
    cooldown_until: i64,
    busy_until: i64,
    day_from: i64,
}

impl Times {
    fn until(&self) -> i64 {
        self.next_at.max(self.cooldown_until)
    }

    /// The host with no time further ahead than the longest honest wait of its kind; nothing
    /// when none was.
    fn mended(&self, longest_ms: i64, now: i64) -> Option<Self> {
        let gap = self.floor_ms.max(self.crawl_delay_ms).max(self.interval_ms);
        // A gap is stretched by up to half.
        let gap = gap.saturating_add(gap / 2);
        let next_at = match self.next_at > now + longest_ms.max(gap) {
            true => now + gap + 1,
            false => self.next_at,
        };
        let busy_until = match self.busy_until > now + LONGEST_LEASE_MS {
            true => 0,
            false => self.busy_until,
        };
        let mended = Self {
            name: self.name.clone(),
            next_at,
            cooldown_until: self.cooldown_until.min(now + DAY_MS),
            busy_until,
            day_from: self.day_from.min(now),
            ..*self
        };
        let same = (next_at, mended.cooldown_until) == (self.next_at, self.cooldown_until)
            && (busy_until, mended.day_from) == (self.busy_until, self.day_from);
        (!same).then_some(mended)
    }
}

impl Store {
    /// Brings times that lie further ahead than any honest wait back to the longest one, and
    /// says which hosts would have been waited for. `longest_ms` is the longest wait between
    /// two requests that is not a cool-down.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mend_clocks(&self, longest_ms: i64, now: i64) -> Result<Vec<Ahead>> {
        let found: Vec<Times> = sqlx::query_as(AHEAD)
            .bind(now + longest_ms)
            .bind(now + DAY_MS)
            .bind(now + LONGEST_LEASE_MS)
            .bind(now)
            .fetch_all(self.read())
            .await?;
        let mut ahead = Vec::new();
        for times in found {
            let Some(mended) = times.mended(longest_ms, now) else {
                continue;
            };
            sqlx::query(SET_TIMES)
                .bind(&mended.name)
                .bind(mended.next_at)
                .bind(mended.cooldown_until)
                .bind(mended.busy_until)
                .bind(mended.day_from)
                .execute(self.write())
                .await?;
            if mended.until() < times.until() {
                ahead.push(Ahead {
                    was: times.until(),
                    until: mended.until(),
                    name: times.name,
                });
            }
        }
        Ok(ahead)
    }

    /// The same for pages: none waits for longer than a day.
    ///
    /// # Errors
    /// What the database says.
    pub async fn mend_page_clocks(&self, now: i64) -> Result<u64> {
        let mended = sqlx::query(PAGES_AHEAD)
            .bind(now + DAY_MS)
            .execute(self.write())
            .await?;
        Ok(mended.rows_affected())
    }
}
