//! When each host may be asked again. The rows are facts; what follows from an answer is
//! decided by the crawler's politeness and only written here.

use sqlx::{FromRow, Sqlite, Transaction};

use super::CrawlId;
use super::page::{Turn, Want};
use crate::statement::statements;
use crate::{Error, Result, Store};

statements! {
    SET_FLOOR = "
        insert into host (name, floor_ms) values ($1, $2)
        on conflict (name) do update set floor_ms = excluded.floor_ms
        where host.floor_ms <> excluded.floor_ms";
    /// Provisional: a request's end sets the next time anew. A day has 86400000 ms, and begins
    /// with the first request after the last one.
    RESERVE = "
        update host set busy_until = $3,
            day_asked = case when day_from + 86400000 <= $2 then 1 else day_asked + 1 end,
            day_from = case when day_from + 86400000 <= $2 then $2 else day_from end,
            next_at = $2 + 1 + $4 * (case
                when interval_ms >= floor_ms and interval_ms >= crawl_delay_ms then interval_ms
                when floor_ms >= crawl_delay_ms then floor_ms
                else crawl_delay_ms end) / 1000
        where name = $1 and next_at <= $2 and cooldown_until <= $2 and busy_until <= $2
          and (day_from + 86400000 <= $2 or day_asked < $5)
        returning name, floor_ms, crawl_delay_ms, interval_ms, next_at, cooldown_until, cooldowns,
                  forbidden, refused, risks, risk_at, reason, captchas, captcha_from, captcha_day,
                  day_from, day_asked";
    RELEASE = "
        update host set busy_until = 0, interval_ms = $2, next_at = $3, cooldown_until = $4,
            cooldowns = $5, forbidden = $6, refused = $7, risks = $8, risk_at = $9, reason = $10,
            captchas = $11, captcha_from = $12, captcha_day = $13
        where name = $1";
    LET_GO = "
        update host set busy_until = 0,
            day_asked = case when day_asked > 0 then day_asked - 1 else 0 end
        where name = $1";
    HOST = "
        select name, floor_ms, crawl_delay_ms, interval_ms, next_at, cooldown_until, cooldowns,
               forbidden, refused, risks, risk_at, reason, captchas, captcha_from, captcha_day,
               day_from, day_asked
        from host where name = $1";
    IN_USE = "
        select name, floor_ms, crawl_delay_ms, interval_ms, next_at, cooldown_until, cooldowns,
               forbidden, refused, risks, risk_at, reason, captchas, captcha_from, captcha_day,
               day_from, day_asked
        from host where cooldown_until > $1 or (day_asked > 0 and day_from + 86400000 > $1)
        order by name";
    ROBOTS = "
        select robots, robots_status, robots_at from host
        where name = $1 and robots_at is not null and robots_status is not null";
    PUT_ROBOTS = "
        insert into host (name, robots, robots_status, robots_at) values ($1, $2, $3, $4)
        on conflict (name) do update set robots = excluded.robots,
            robots_status = excluded.robots_status, robots_at = excluded.robots_at";
    CRAWL_DELAY = "update host set crawl_delay_ms = $2 where name = $1";
    WAITS = "
        select h.name, h.next_at, h.cooldown_until, h.busy_until, h.refused, h.reason,
            h.day_from, h.day_asked,
            (select min(p.not_before) from page p
             where p.crawl_id = $1 and p.host = h.name and p.state = 'pending' and p.kind = 'cover') as cover,
            (select min(p.not_before) from page p
             where p.crawl_id = $1 and p.host = h.name and p.state = 'pending' and p.kind = 'list') as list,
            (select min(p.not_before) from page p
             where p.crawl_id = $1 and p.host = h.name and p.state = 'pending' and p.kind = 'video') as video
        from host h
        where exists (select 1 from page p
                      where p.crawl_id = $1 and p.host = h.name and p.state = 'pending')";
}

/// A throttle group as it stands: one host, or hosts that serve the same things.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromRow)]
pub struct Host {
    /// `scheme://host:port`, or the name of a group.
    pub name: String,
    /// The site's smallest gap, or the pace in force, milliseconds.
    pub floor_ms: i64,
    /// What robots.txt asks for, milliseconds.
    pub crawl_delay_ms: i64,
    /// The gap after slowing down, milliseconds; the greatest of the three counts.
    pub interval_ms: i64,
    /// Earliest time of the next request.
    pub next_at: i64,
    /// A deadline before which nothing is asked.
    pub cooldown_until: i64,
    /// Cool-downs in a row.
    pub cooldowns: u32,
    /// Answers 403 in a row.
    pub forbidden: u32,
    /// The cool-down is a refusal: it is not waited for.
    pub refused: bool,
    /// Refusals of late.
    pub risks: u32,
    /// When the last refusal was.
    pub risk_at: i64,
    /// Why there is a cool-down.
    pub reason: Option<String>,
    /// Captcha pages in a row.
    pub captchas: u32,
    /// When the day began in which they are counted.
    pub captcha_from: i64,
    /// Captcha pages of that day.
    pub captcha_day: u32,
    /// When its day in force began.
    pub day_from: i64,
    /// Requests of that day.
    pub day_asked: u32,
}

/// In which the requests to a host are counted, milliseconds.
pub const DAY_MS: i64 = 86_400_000;

impl Host {
    /// The gap in force, milliseconds.
    pub fn gap_ms(&self) -> i64 {
        self.floor_ms.max(self.crawl_delay_ms).max(self.interval_ms)
    }
}

/// What a host's robots.txt was when it was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Robots {
    /// These rules; an empty text allows everything.
    Rules(String),
    /// It could not be had, so everything is forbidden for now.
    Unreachable,
}

/// A host with pending pages, and when the first of them may be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostWait {
    /// The throttle group.
    pub name: String,
    /// Not before this.
    pub until: i64,
    /// It refused us, and is not waited for.
    pub refused: bool,
    /// Why, when it is in a cool-down or its day is used up.
    pub reason: Option<String>,
    /// The requests of its day are used up.
    pub used_up: bool,
    /// A request to it is under way, so it may be free earlier or later than `until`.
    pub busy: bool,
}

#[derive(FromRow)]
struct WaitRow {
    name: String,
    next_at: i64,
    cooldown_until: i64,
    busy_until: i64,
    refused: bool,
    reason: Option<String>,
    day_from: i64,
    day_asked: u32,
    cover: Option<i64>,
    list: Option<i64>,
    video: Option<i64>,
}

impl WaitRow {
    /// Nothing when the pending pages are of no wanted kind.
    fn wait(self, want: Want, now: i64) -> Option<HostWait> {
        let covers = self.cover.filter(|_| want.covers);
        let pages = [self.list, self.video].into_iter().flatten().min();
        let page = covers
            .into_iter()
            .chain(pages.filter(|_| want.pages))
            .min()?;
        let cooling = self.cooldown_until > now;
        let next_day = self.day_from + DAY_MS;
        let used_up = next_day > now && self.day_asked >= want.daily;
        let host = self.next_at.max(self.cooldown_until);
        let host = if used_up { host.max(next_day) } else { host };
        let over = || format!("its {} requests of a day are used up", want.daily);
        Some(HostWait {
            name: self.name,
            until: page.max(host),
            refused: cooling && self.refused,
            reason: self.reason.filter(|_| cooling).or(used_up.then(over)),
            used_up,
            busy: self.busy_until > now,
        })
    }
}

impl Store {
    /// Reserves a host for one request outside of a claim; nothing when it may not be asked now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn reserve_host(&self, name: &str, daily: u32, turn: Turn) -> Result<Option<Host>> {
        let mut tx = self.begin().await?;
        let host = reserve(&mut tx, name, daily, turn).await?;
        tx.commit().await?;
        Ok(host)
    }

    /// Writes what followed from an answer; the host may be asked again from `next_at` on.
    ///
    /// # Errors
    /// What the database says.
    pub async fn release_host(&self, host: &Host) -> Result<()> {
        sqlx::query(RELEASE)
            .bind(&host.name)
            .bind(host.interval_ms)
            .bind(host.next_at)
            .bind(host.cooldown_until)
            .bind(host.cooldowns)
            .bind(host.forbidden)
            .bind(host.refused)
            .bind(host.risks)
            .bind(host.risk_at)
            .bind(&host.reason)
            .bind(host.captchas)
            .bind(host.captcha_from)
            .bind(host.captcha_day)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Frees a host that was reserved and not asked.
    ///
    /// # Errors
    /// What the database says.
    pub async fn let_go_of_host(&self, name: &str) -> Result<()> {
        sqlx::query(LET_GO).bind(name).execute(self.write()).await?;
        Ok(())
    }

    /// A host as it stands.
    ///
    /// # Errors
    /// What the database says.
    pub async fn host(&self, name: &str) -> Result<Option<Host>> {
        Ok(sqlx::query_as(HOST)
            .bind(name)
            .fetch_optional(self.read())
            .await?)
    }

    /// Sets a host's smallest gap, milliseconds.
    ///
    /// # Errors
    /// What the database says.
    pub async fn set_host_floor(&self, name: &str, floor_ms: i64) -> Result<()> {
        sqlx::query(SET_FLOOR)
            .bind(name)
            .bind(floor_ms)
            .execute(self.write())
            .await?;
        Ok(())
    }

    /// Hosts in a cool-down, and those that were asked in their day, by name.
    ///
    /// # Errors
    /// What the database says.
    pub async fn hosts_in_use(&self, now: i64) -> Result<Vec<Host>> {
        Ok(sqlx::query_as(IN_USE)
            .bind(now)
            .fetch_all(self.read())
            .await?)
    }

    /// The robots.txt of an origin (`scheme://host:port`) and when it was asked for.
    ///
    /// # Errors
    /// What the database says.
    pub async fn robots(&self, origin: &str) -> Result<Option<(Robots, i64)>> {
        let row: Option<(Option<String>, String, i64)> = sqlx::query_as(ROBOTS)
            .bind(origin)
            .fetch_optional(self.read())
            .await?;
        row.map(|(text, status, at)| match status.as_str() {
            "rules" | "none" => Ok((Robots::Rules(text.unwrap_or_default()), at)),
            "unreachable" => Ok((Robots::Unreachable, at)),
            _ => Err(Error::Value {
                what: "robots status",
                value: status,
            }),
        })
        .transpose()
    }

    /// Stores an origin's robots.txt, and the delay it asks for in the throttle group.
    ///
    /// # Errors
    /// What the database says.
    pub async fn put_robots(
        &self,
        origin: &str,
        robots: &Robots,
        (group, crawl_delay_ms): (&str, i64),
        now: i64,
    ) -> Result<()> {
        let (text, status) = match robots {
            Robots::Rules(text) if text.is_empty() => ("", "none"),
            Robots::Rules(text) => (text.as_str(), "rules"),
            Robots::Unreachable => ("", "unreachable"),
        };
        let mut tx = self.begin().await?;
        sqlx::query(PUT_ROBOTS)
            .bind(origin)
            .bind(text)
            .bind(status)
            .bind(now)
            .execute(&mut *tx)
            .await?;
        sqlx::query(CRAWL_DELAY)
            .bind(group)
            .bind(crawl_delay_ms)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    /// The hosts that a crawl's pending pages wait for.
    ///
    /// # Errors
    /// What the database says.
    pub async fn waits(&self, crawl: CrawlId, want: Want, now: i64) -> Result<Vec<HostWait>> {
        let rows: Vec<WaitRow> = sqlx::query_as(WAITS)
            .bind(crawl.0)
            .fetch_all(self.read())
            .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| row.wait(want, now))
            .collect())
    }
}

pub(crate) async fn set_floor(
    tx: &mut Transaction<'static, Sqlite>,
    name: &str,
    floor_ms: i64,
) -> Result<()> {
    sqlx::query(SET_FLOOR)
        .bind(name)
        .bind(floor_ms)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub(crate) async fn reserve(
    tx: &mut Transaction<'static, Sqlite>,
    name: &str,
    daily: u32,
    turn: Turn,
) -> Result<Option<Host>> {
    Ok(sqlx::query_as(RESERVE)
        .bind(name)
        .bind(turn.now)
        .bind(turn.lease_until)
        .bind(turn.jitter_permille)
        .bind(daily)
        .fetch_optional(&mut **tx)
        .await?)
}
