//! `run`, `resume`, `retry`: crawls begun, continued, and given their failures back.

use std::sync::Arc;
use std::time::Instant;

use cli::{Failure, Outcome, Printer, Result, Stop, now};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::frontier::Crawl;
use store::{CrawlId, Pool, Request, Store, TopicId};

use crate::fetch::Fetcher;
use crate::make::{self, Maker};
use crate::manners::{self, Manners};
use crate::origin::Bases;
use crate::politeness::Politeness;
use crate::site::{Mode, Nsfw, Profile, Site};
use crate::station::Station;
use crate::step::Worker;
use crate::summary::Summary;

/// What makes two crawls the same: stored as `crawl.request`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// What for.
    pub mode: Mode,
    /// What titles, tags or regions must hold.
    pub keywords: Vec<String>,
    /// Where the web is.
    pub base_urls: Vec<String>,
    /// The lists that URLs come from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lists: Vec<String>,
    /// The site's profile, so that a crawl goes on without its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    /// Which of PeerTube's videos; not stored where nothing was chosen, so that crawls of before
    /// there was a choice go on.
    #[serde(default, skip_serializing_if = "Nsfw::is_default")]
    pub nsfw: Nsfw,
}

impl Asked {
    fn site(&self, name: &str) -> Result<Site> {
        let bases = Bases::parse(&self.base_urls)?;
        Site::open(name, self.profile.as_ref(), bases)?.with_nsfw(self.nsfw)
    }
}

/// How it is done, which may differ each time: stored as `crawl.options`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Options {
    /// Who asks.
    pub contact: Option<String>,
    /// Milliseconds between two requests to a host.
    pub pace_ms: Option<u32>,
    /// How images are made.
    pub resize: String,
    /// Whether bytes are kept as they came.
    pub keep_originals: bool,
    /// Requests to a host in a day.
    #[serde(default)]
    pub daily_cap: Option<u32>,
    /// Whether covers that are known are asked for again, in case they have changed.
    #[serde(default)]
    pub recheck: bool,
}

/// A crawl to begin or continue.
#[derive(Debug)]
pub struct Begin {
    /// The site's name.
    pub site: String,
    /// The pool that is filled.
    pub pool: Pool,
    /// What for.
    pub asked: Asked,
    /// How.
    pub options: Options,
    /// New covers wanted.
    pub target: u32,
    /// Of all choices of a new crawl.
    pub seed: u32,
}

impl Begin {
    /// Checks everything that can be checked without asking anybody.
    fn check(&self) -> Result<()> {
        let site = self.asked.site(&self.site)?;
        site.supports(&self.asked.mode)?;
        manners::pace(&site, self.options.pace_ms)?;
        manners::daily(&site, self.options.daily_cap)?;
        manners::agent(&site, self.options.contact.as_deref())?;
        Ok(())
    }

    /// The unfinished crawl of this request, else a new one.
    ///
    /// # Errors
    /// Bad input, or what the database says.
    pub async fn crawl(&self, store: &Store, topic: TopicId) -> Result<CrawlId> {
        self.check()?;
        let request = Request {
            site: self.site.clone(),
            pool: self.pool,
            request: json!(self.asked),
            options: json!(self.options),
            target: self.target,
            seed: self.seed,
        };
        Ok(store.begin_crawl(topic, &request, now()).await?)
    }
}

/// Begins or continues a crawl and works until it is done.
///
/// # Errors
/// Bad input, or what the database says; a page that fails is a row.
pub async fn run(
    store: &Store,
    topic: TopicId,
    begin: &Begin,
    manners: &Manners,
    printer: &Printer,
    stop: &Stop,
) -> Result<Outcome> {
    let id = begin.crawl(store, topic).await?;
    let crawl = store.crawl(id).await?;
    if crawl.planned > 0 {
        printer.note(format!(
            "continuing: {} of {} new covers are there",
            crawl.new_covers, crawl.request.target
        ));
    }
    let summary = work(store, vec![crawl], manners, printer, stop).await?;
    Ok(summary.outcome(printer))
}

/// Goes on with every unfinished crawl, of all topics.
///
/// # Errors
/// A crawl that cannot go on as it is asked, or what the database says.
pub async fn resume(
    store: &Store,
    manners: &Manners,
    printer: &Printer,
    stop: &Stop,
) -> Result<Outcome> {
    let crawls = store.unfinished_crawls().await?;
    if crawls.is_empty() {
        printer.note("nothing is unfinished");
    }
    let summary = work(store, crawls, manners, printer, stop).await?;
    Ok(summary.outcome(printer))
}

/// Works on crawls until they are done, refused or stopped.
///
/// # Errors
/// A crawl that cannot go on as it is asked, or what the database says.
pub async fn work(
    store: &Store,
    crawls: Vec<Crawl>,
    manners: &Manners,
    printer: &Printer,
    stop: &Stop,
) -> Result<Summary> {
    let started = Instant::now();
    let politeness = Politeness::new(store.clone(), manners.lease_ms());
    let pool = make::Pool::default();
    let with_workers = crawls.into_iter().map(|crawl| {
        let worker = worker(store, &politeness, &pool, &crawl, manners)?;
        Ok((crawl, Arc::new(worker)))
    });
    let with_workers = with_workers.collect::<Result<Vec<_>>>()?;
    let station = Station::new(store, politeness.clone(), printer, stop, with_workers);
    let mut summary = station.run().await?;
    summary.seconds = started.elapsed().as_secs_f64();
    Ok(summary)
}

/// What is typed now goes before what is stored.
fn worker(
    store: &Store,
    politeness: &Politeness,
    pool: &make::Pool,
    crawl: &Crawl,
    manners: &Manners,
) -> Result<Worker> {
    let asked: Asked = stored(&crawl.request.request)?;
    let options: Options = stored(&crawl.request.options)?;
    let site = asked.site(&crawl.request.site)?;
    let daily = manners::daily(&site, manners.daily_cap.or(options.daily_cap))?;
    let bases = site.bases().clone();
    let pace_ms = manners::pace(&site, manners.pace.or(options.pace_ms))?;
    let contact = manners.contact.as_deref().or(options.contact.as_deref());
    let agent = manners::agent(&site, contact)?;
    let rule: cover::Rule = options.resize.parse().map_err(Failure::failed)?;
    Ok(Worker {
        store: store.clone(),
        politeness: politeness.clone(),
        fetcher: Fetcher::new(&agent, manners.deadlines(), bases).map_err(Failure::failed)?,
        maker: Maker::new(store.clone(), rule, options.keep_originals, pool.clone()),
        recheck: options.recheck,
        daily,
        seed: crawl.request.seed,
        site,
        mode: asked.mode,
        keywords: asked.keywords,
        target: crawl.request.target,
        pace_ms,
    })
}

fn stored<T: for<'de> Deserialize<'de>>(value: &serde_json::Value) -> Result<T> {
    serde_json::from_value(value.clone()).map_err(|error| {
        Failure::failed(format!(
            "the database holds a crawl that this program does not understand: {error}"
        ))
    })
}

/// Puts failed pages back.
///
/// # Errors
/// A time that is none, or what the database says.
pub async fn retry(
    store: &Store,
    class: Option<&str>,
    since: Option<&str>,
    printer: &Printer,
) -> Result<Outcome> {
    let since = since.map_or(Ok(0), |text| {
        crate::date::since(text, now()).ok_or_else(|| {
            Failure::usage(format!(
                "`{text}` is no time\nWrite a date such as 2026-01-31 or 2026-01-31T18:00:00Z, or an age such as 90m, 2h, 3d."
            ))
        })
    })?;
    let pages = store.put_back(class, since).await?;
    printer.line(format!("{pages} pages put back"));
    if pages > 0 {
        printer.note("`crawler resume` goes on with them");
    }
    Ok(Outcome::done(json!({ "put_back": pages })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crawl_of_before_there_was_a_choice_is_the_same_crawl_as_one_without() {
        let old = json!({ "mode": "random", "keywords": [], "base_urls": [] });
        let asked: Asked = stored(&old).unwrap();
        assert_eq!(asked.nsfw, Nsfw::Exclude);
        assert_eq!(json!(asked), old);
        let chosen = Asked {
            nsfw: Nsfw::Only,
            ..asked
        };
        assert_eq!(json!(chosen)["nsfw"], "only");
        assert_eq!(stored::<Asked>(&json!(chosen)).unwrap(), chosen);
    }
}
