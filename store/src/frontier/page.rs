//! Pages, claimed by one statement that asks their host's leave. A program killed at any
//! moment loses nothing, and asks again at most for what it had claimed.

use serde_json::Value;
use sqlx::FromRow;

use super::clock::LONGEST_LEASE_MS;
use super::host::{Host, reserve};
use super::{CrawlId, json};
use crate::statement::statements;
use crate::{Error, Result, Store};

statements! {
    /// Covers before pages of videos, and these before lists; of the hosts that may be asked,
    /// the one that has rested longest. The plus keeps SQLite from the index by time, after
    /// which it would have to sort all pages of a host.
    CLAIM = "
        update page set state = 'leased', lease_until = $3
        where id = (
            select ready.id from (
                select h.next_at, coalesce(
                    (select p.id from page p
                     where p.crawl_id = $1 and p.host = h.name and p.state = 'pending'
                       and p.kind = 'cover' and +p.not_before <= $2 and $4
                     order by p.rank, p.id limit 1),
                    (select p.id from page p
                     where p.crawl_id = $1 and p.host = h.name and p.state = 'pending'
                       and p.kind = 'video' and +p.not_before <= $2 and $5
                     order by p.rank, p.id limit 1),
                    (select p.id from page p
                     where p.crawl_id = $1 and p.host = h.name and p.state = 'pending'
                       and p.kind = 'list' and +p.not_before <= $2 and $5
                     order by p.rank, p.id limit 1)) as id
                from host h
                where h.next_at <= $2 and h.cooldown_until <= $2 and h.busy_until <= $2
                  and (h.day_from + 86400000 <= $2 or h.day_asked < $6)) ready
            where ready.id is not null
            order by ready.next_at limit 1)
        returning id, crawl_id, kind, url, location, hops, host, attempts, walls, context";
    /// A claim that ends later than any can was made by a wrong clock.
    RETURN_EXPIRED = "
        update page set state = 'pending', lease_until = null
        where state = 'leased' and (lease_until <= $1 or lease_until > $2)";
    QUEUED = "
        select count(*) from (
            select 1 from page
            where crawl_id = $1 and kind = $2 and state in ('pending', 'leased') limit $3) queued";
    UNTRIED = "
        select exists (select 1 from page
                       where crawl_id = $1 and kind in ('list', 'video')
                         and state in ('pending', 'leased') and walls = 0)";
}

/// A page in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageId(pub(super) i64);

/// What a page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It names videos.
    List,
    /// It is about one video, and may name others.
    Video,
    /// It is a picture.
    Cover,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Video => "video",
            Self::Cover => "cover",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        match text {
            "list" => Ok(Self::List),
            "video" => Ok(Self::Video),
            "cover" => Ok(Self::Cover),
            other => Err(Error::Value {
                what: "kind of page",
                value: other.to_owned(),
            }),
        }
    }
}

/// A page to be visited.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPage {
    /// What it is for.
    pub kind: Kind,
    /// Its address: a crawl asks for it once.
    pub url: String,
    /// The throttle group that must grant the request.
    pub host: String,
    /// The smallest gap between two requests to that group, milliseconds.
    pub floor_ms: i64,
    /// Smaller is sooner.
    pub rank: i64,
    /// The uploader, where their covers are capped.
    pub owner: Option<String>,
    /// Whatever the crawler needs when the page has come.
    pub context: Value,
}

/// A page that was claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Its id.
    pub id: PageId,
    /// The crawl that it belongs to.
    pub crawl: CrawlId,
    /// What it is for.
    pub kind: Kind,
    /// Its address.
    pub url: String,
    /// Where redirects have led, if there were any.
    pub location: Option<String>,
    /// How many redirects.
    pub hops: u32,
    /// The throttle group that granted the request.
    pub host: String,
    /// Failed attempts so far.
    pub attempts: u32,
    /// Times that its host turned us away instead of answering.
    pub walls: u32,
    /// As in [`NewPage`].
    pub context: Value,
}

impl Page {
    /// The address to ask now.
    pub fn address(&self) -> &str {
        self.location.as_deref().unwrap_or(&self.url)
    }
}

#[derive(FromRow)]
struct PageRow {
    id: i64,
    crawl_id: i64,
    kind: String,
    url: String,
    location: Option<String>,
    hops: u32,
    host: String,
    attempts: u32,
    walls: u32,
    context: String,
}

impl TryFrom<PageRow> for Page {
    type Error = Error;

    fn try_from(row: PageRow) -> Result<Self> {
        Ok(Self {
            id: PageId(row.id),
            crawl: CrawlId(row.crawl_id),
            kind: Kind::parse(&row.kind)?,
            url: row.url,
            location: row.location,
            hops: row.hops,
            host: row.host,
            attempts: row.attempts,
            walls: row.walls,
            context: json(&row.context)?,
        })
    }
}

/// What a claim may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Pictures.
    pub covers: bool,
    /// Lists, and pages of videos.
    pub pages: bool,
    /// From hosts that were sent fewer requests than this in their day.
    pub daily: u32,
}

/// The times of a claim, Unix milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// Now.
    pub now: i64,
    /// When the claim may be taken for dead.
    pub lease_until: i64,
    /// The gap to the host's next request is stretched by this many thousandths, at least 1000.
    pub jitter_permille: i64,
}

impl Store {
    /// Takes the next page of a crawl whose host may be asked now, and reserves the host: no
    /// other request goes there before [`Store::release_host`], and none before its gap.
    ///
    /// # Errors
    /// What the database says.
    pub async fn claim(
        &self,
        crawl: CrawlId,
        want: Want,
        turn: Turn,
    ) -> Result<Option<(Page, Host)>> {
        let mut tx = self.begin().await?;
        let row: Option<PageRow> = sqlx::query_as(CLAIM)
            .bind(crawl.0)
            .bind(turn.now)
            .bind(turn.lease_until)
            .bind(want.covers)
            .bind(want.pages)
            .bind(want.daily)
            .fetch_optional(&mut *tx)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let page = Page::try_from(row)?;
        let host = reserve(&mut tx, &page.host, want.daily, turn).await?;
        tx.commit().await?;
        Ok(host.map(|host| (page, host)))
    }

    /// Makes pages pending whose claims have expired; returns how many.
    ///
    /// # Errors
    /// What the database says.
    pub async fn return_expired(&self, now: i64) -> Result<u64> {
        let returned = sqlx::query(RETURN_EXPIRED)
            .bind(now)
            .bind(now + LONGEST_LEASE_MS)
            .execute(self.write())
            .await?;
        Ok(returned.rows_affected())
    }

    /// Whether there is a list or a video's page that no wall has met: what has met one is to be
    /// followed by another.
    ///
    /// # Errors
    /// What the database says.
    pub async fn has_untried(&self, crawl: CrawlId) -> Result<bool> {
        Ok(sqlx::query_scalar(UNTRIED)
            .bind(crawl.0)
            .fetch_one(self.read())
            .await?)
    }

    /// Pages of a kind that are pending or claimed, counted up to `most`.
    ///
    /// # Errors
    /// What the database says.
    pub async fn queued(&self, crawl: CrawlId, kind: Kind, most: u32) -> Result<u32> {
        Ok(sqlx::query_scalar(QUEUED)
            .bind(crawl.0)
            .bind(kind.as_str())
            .bind(most)
            .fetch_one(self.read())
            .await?)
    }
}
