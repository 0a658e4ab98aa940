//! One paced request to a site, and what was understood of the answer: for the day when
//! somebody looks whether a site is still as it was.

use std::sync::Arc;

use cli::{Exit, Failure, Outcome, Printer, Result};
use serde_json::{Value, json};
use store::Store;
use store::frontier::Kind;
use url::Url;

use crate::fault::Fault;
use crate::fetch::{Answer, Ask, Fetcher};
use crate::manners::{self, Manners};
use crate::origin::{Bases, origin};
use crate::politeness::mood::Outcome as Seen;
use crate::politeness::{Admission, Politeness};
use crate::robots::{self, Reading as RobotsReading};
use crate::site::{Body, Group, Mode, Reading, Site, profile};

/// A host that may not be asked within this time is not waited for, milliseconds.
const PATIENCE_MS: i64 = 30_000;
const LARGEST: usize = 8 << 20;

struct Probe {
    site: Site,
    fetcher: Arc<Fetcher>,
    politeness: Politeness,
    group: Group,
    daily: u32,
    kind: Kind,
    rows: Vec<(&'static str, String)>,
}

/// Asks robots.txt, then one page if that is allowed.
///
/// # Errors
/// Bad input, or what the database says.
pub async fn run(
    store: &Store,
    name: &str,
    manners: &Manners,
    printer: &Printer,
) -> Result<Outcome> {
    let bases = Bases::parse(&manners.base_urls)?;
    let profile = profile::find(name, store.folder())?;
    let site = Site::open(name, profile.as_ref(), bases.clone())?;
    let ((url, kind), mode) = match &site {
        Site::Peertube(site) => ((site.probe(), Kind::List), Mode::Search(String::new())),
        Site::Bilibili(site) => ((site.probe(), Kind::Video), Mode::Random),
        Site::Html(site) => (site.probe(), Mode::Random),
        Site::Web(_) => return Err(Failure::usage("the web as a whole cannot be probed")),
    };
    let agent = manners::agent(&site, manners.contact.as_deref())?;
    let url = site.resolve(url.as_str(), None).map_err(Failure::failed)?;
    let group = site.group(&url);
    let floor_ms = manners::pace(&site, manners.pace)?.unwrap_or(group.floor_ms);
    let mut probe = Probe {
        fetcher: Arc::new(
            Fetcher::new(&agent, manners.deadlines(), bases).map_err(Failure::failed)?,
        ),
        politeness: Politeness::new(store.clone(), manners.lease_ms()),
        group: Group { floor_ms, ..group },
        daily: manners::daily(&site, manners.daily_cap)?,
        kind,
        site,
        rows: vec![("site", name.to_owned()), ("address", url.to_string())],
    };
    let exit = match probe.look(&url, &mode).await? {
        Ok(()) => Exit::Done,
        Err(fault) => {
            probe.rows.push(("fault", fault.to_string()));
            match fault {
                Fault::Robots | Fault::Risk(_) => Exit::Refused,
                _ => Exit::Failed,
            }
        }
    };
    printer.table(&probe.rows);
    let object: serde_json::Map<String, Value> = probe
        .rows
        .into_iter()
        .map(|(name, text)| (name.replace(' ', "_"), json!(text)))
        .collect();
    Ok(Outcome {
        exit,
        json: Some(Value::Object(object)),
    })
}

impl Probe {
    async fn look(&mut self, url: &Url, mode: &Mode) -> Result<Result<(), Fault>> {
        if self.politeness.admit(url).await? == Admission::RobotsFirst
            && let Err(fault) = self.robots(url).await?
        {
            return Ok(Err(fault));
        }
        if self.politeness.admit(url).await? != Admission::Granted {
            self.rows
                .push(("robots", "forbids this address".to_owned()));
            return Ok(Err(Fault::Robots));
        }
        self.rows.push(("robots", "allows this address".to_owned()));
        let (site, kind) = (self.site.clone(), self.kind);
        let read = |answer: &Answer| {
            answer.check(cli::now())?;
            if let Some(location) = answer.location() {
                return Err(Fault::BadRedirect(format!("to {location}, not followed")));
            }
            let body = Body {
                url,
                bytes: &site.body(&answer.content_type(), &answer.body),
                kind,
                depth: 0,
                seed: 0,
            };
            site.read(mode, &[], body)
        };
        let asked = self.ask(url, self.site.accept(), LARGEST, read).await?;
        Ok(asked.map(|reading| self.tell(&reading)))
    }

    async fn robots(&mut self, url: &Url) -> Result<Result<(), Fault>> {
        let mut at = url.clone();
        at.set_path("/robots.txt");
        at.set_query(None);
        let read = |answer: &Answer| match robots::read(
            answer.status,
            &answer.content_type(),
            &answer.body,
        ) {
            RobotsReading::Unreachable(why) => Err(Fault::Risk(why)),
            rules => Ok(rules),
        };
        let asked = self.ask(&at, "text/plain", robots::LARGEST, read).await?;
        let Ok(reading) = &asked else {
            return Ok(asked.map(|_| ()));
        };
        self.rows.push(("robots of", origin(url)));
        let mut host = store::frontier::Host {
            name: self.group.name.clone(),
            ..Default::default()
        };
        self.politeness.learn(url, &mut host, reading).await?;
        Ok(Ok(()))
    }

    /// One request in the host's turn.
    async fn ask<T>(
        &mut self,
        url: &Url,
        accept: &str,
        most: usize,
        read: impl FnOnce(&Answer) -> Result<T, Fault>,
    ) -> Result<Result<T, Fault>> {
        let turn = self
            .politeness
            .reserve(&self.group, self.daily, PATIENCE_MS);
        let Some(mut host) = turn.await? else {
            return Ok(Err(Fault::Throttled {
                words: "the host is in a cool-down, see `crawler status`".to_owned(),
                until: None,
            }));
        };
        let ask = Ask {
            url,
            accept,
            most,
            cut: false,
            have: None,
        };
        let answer = self.fetcher.get(ask).await;
        let quota = answer.as_ref().ok().and_then(|a| a.quota(cli::now()));
        if let Ok(answer) = &answer {
            self.rows.push((
                "answer",
                format!("HTTP {}, {} bytes", answer.status, answer.body.len()),
            ));
        }
        let read = answer.and_then(|answer| read(&answer));
        let seen = match &read {
            Ok(_) => Seen::Fine(quota),
            Err(fault) => Seen::Fault(fault),
        };
        self.politeness.observe(&mut host, seen).await?;
        Ok(read)
    }

    fn tell(&mut self, reading: &Reading) {
        if let Some(total) = reading.total {
            self.rows.push(("videos", total.to_string()));
        }
        if let Some(missing) = &reading.missing {
            self.rows.push(("missing", missing.clone()));
        }
        self.rows
            .push(("covers", reading.candidates.len().to_string()));
        if !reading.pages.is_empty() {
            let pages = reading.pages.len().to_string();
            self.rows.push(("further pages", pages));
        }
        self.rows
            .push(("not understood", reading.skipped.to_string()));
        if let Some(first) = reading.candidates.first() {
            self.rows.push(("title", first.title.clone()));
            self.rows
                .push(("owner", first.owner_name.clone().unwrap_or_default()));
            self.rows.push(("tags", first.tags.join(", ")));
            self.rows.push(("cover", first.ask.clone()));
        }
    }
}
