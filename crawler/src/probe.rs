//! One paced request to a site, and what was understood of the answer: for the day when
//! somebody looks whether a site is still as it was. robots.txt is asked first, and it must allow the
//! page and the cover that the page names; the cover itself is not asked for.

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

/// A host that may not be asked within this time is not waited for, milliseconds: longer than
/// the window of a rate limit, and than our own wait after a 429 that names none.
const PATIENCE_MS: i64 = 60_000;
/// How often a host that asks us to come later is asked in all.
const TRIES: u32 = 3;
const LARGEST: usize = 8 << 20;

struct Probe {
    site: Site,
    fetcher: Arc<Fetcher>,
    politeness: Politeness,
    pace_ms: Option<i64>,
    daily: u32,
    printer: Printer,
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
    let politeness = Politeness::new(store.clone(), manners.lease_ms());
    for sentence in politeness.mend_clocks().await? {
        printer.warn(sentence);
    }
    let mut probe = Probe {
        fetcher: Arc::new(
            Fetcher::new(&agent, manners.deadlines(), bases).map_err(Failure::failed)?,
        ),
        politeness,
        pace_ms: manners::pace(&site, manners.pace)?,
        printer: *printer,
        daily: manners::daily(&site, manners.daily_cap)?,
        kind,
        site,
        rows: vec![("site", name.to_owned()), ("address", url.to_string())],
    };
    let looked = probe.look(&url, &mode).await?;
    if let Err(fault) = &looked {
        probe.rows.push(("fault", fault.to_string()));
    }
    printer.table(&probe.rows);
    let rows = probe.rows.into_iter();
    let mut object: serde_json::Map<String, Value> = rows
        .map(|(name, text)| (name.replace(' ', "_"), json!(text)))
        .collect();
    let exit = match looked {
        Ok(()) => Exit::Done,
        Err(fault) => {
            object.insert("error".to_owned(), json!(fault.to_string()));
            match fault {
                Fault::Robots | Fault::Risk(_) | Fault::Captcha => Exit::Refused,
                _ => Exit::Failed,
            }
        }
    };
    Ok(Outcome {
        exit,
        json: Some(Value::Object(object)),
    })
}

/// What an address says of robots.txt.
enum Told {
    Is(RobotsReading),
    IsAt(String),
}

impl Probe {
    async fn look(&mut self, url: &Url, mode: &Mode) -> Result<Result<(), Fault>> {
        if let Err(fault) = self.admit(url, "robots").await? {
            return Ok(Err(fault));
        }
        let (site, kind) = (self.site.clone(), self.kind);
        let read = |answer: &Answer| {
            answer.check(cli::now())?;
            if let Some(location) = answer.location()? {
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
        let ask = Ask {
            url,
            accept: self.site.accept(),
            most: LARGEST,
            cut: false,
            have: None,
        };
        let reading = match self.ask(ask, read).await? {
            Ok(reading) => reading,
            Err(fault) => return Ok(Err(fault)),
        };
        self.tell(&reading);
        match reading.candidates.first() {
            Some(first) => self.cover(&first.ask).await,
            None => Ok(Ok(())),
        }
    }

    /// A site whose pages may be visited and whose pictures may not is of no use.
    async fn cover(&mut self, address: &str) -> Result<Result<(), Fault>> {
        match self.site.resolve(address, None) {
            Ok(url) => self.admit(&url, "robots of cover").await,
            Err(fault) => Ok(Err(fault)),
        }
    }

    /// Whether robots.txt allows an address, in a row of this name.
    async fn admit(&mut self, url: &Url, row: &'static str) -> Result<Result<(), Fault>> {
        if self.politeness.admit(url).await? == Admission::RobotsFirst
            && let Err(fault) = self.robots(url).await?
        {
            return Ok(Err(fault));
        }
        if self.politeness.admit(url).await? == Admission::Granted {
            self.rows.push((row, "allows this address".to_owned()));
            return Ok(Ok(()));
        }
        self.rows.push((row, "forbids this address".to_owned()));
        Ok(Err(Fault::Robots))
    }

    async fn robots(&mut self, url: &Url) -> Result<Result<(), Fault>> {
        let mut at = robots::address(url);
        let read = |answer: &Answer| match answer.location()? {
            Some(location) => Ok(Told::IsAt(location)),
            None => match robots::judge(answer, cli::now())? {
                RobotsReading::Unreachable(why) => Err(Fault::Risk(why)),
                rules => Ok(Told::Is(rules)),
            },
        };
        for _ in 0..=robots::HOPS {
            let ask = Ask {
                url: &at,
                accept: "text/plain",
                most: robots::LARGEST,
                cut: true,
                have: None,
            };
            let next = match self.ask(ask, read).await? {
                Ok(Told::Is(rules)) => return self.learn(url, &rules).await.map(Ok),
                Ok(Told::IsAt(location)) => self.site.resolve(&location, Some(&at)),
                Err(fault) => Err(fault),
            };
            at = match next {
                Ok(next) => next,
                Err(fault) => return Ok(Err(fault)),
            };
        }
        Ok(Err(Fault::RedirectLoop(robots::HOPS)))
    }

    async fn learn(&mut self, url: &Url, rules: &RobotsReading) -> Result<()> {
        self.rows.push(("robots of", origin(url)));
        let mut host = store::frontier::Host {
            name: self.group(url).name,
            ..Default::default()
        };
        self.politeness.learn(url, &mut host, rules).await
    }

    fn group(&self, url: &Url) -> Group {
        let group = self.site.group(url);
        let floor_ms = self.pace_ms.unwrap_or(group.floor_ms);
        Group { floor_ms, ..group }
    }

    /// One request in the host's turn, and again when the host says when to come again.
    async fn ask<T>(
        &mut self,
        ask: Ask<'_>,
        read: impl Fn(&Answer) -> Result<T, Fault>,
    ) -> Result<Result<T, Fault>> {
        let mut tries = 1;
        loop {
            let Some(asked) = self.ask_once(ask, &read).await? else {
                return Ok(Err(Fault::Throttled {
                    words: "the host is in a cool-down, see `crawler status`".to_owned(),
                    until: None,
                }));
            };
            let again = matches!(asked, Err(Fault::Throttled { .. })) && tries < TRIES;
            if !again {
                return Ok(asked);
            }
            tries += 1;
            let host = origin(ask.url);
            self.printer.note(format!("{host} asks us to come later"));
        }
    }

    /// Nothing when the host's turn does not come soon.
    async fn ask_once<T>(
        &mut self,
        ask: Ask<'_>,
        read: impl Fn(&Answer) -> Result<T, Fault>,
    ) -> Result<Option<Result<T, Fault>>> {
        let group = self.group(ask.url);
        let turn = self.politeness.reserve(&group, self.daily, PATIENCE_MS);
        let Some(mut host) = turn.await? else {
            return Ok(None);
        };
        let answer = self.fetcher.get(ask).await;
        let quota = answer.as_ref().ok().and_then(|a| a.quota(cli::now()));
        if let Ok(answer) = &answer {
            let told = format!("HTTP {}, {} bytes", answer.status, answer.body.len());
            self.rows.push(("answer", told));
        }
        let read = answer.and_then(|answer| read(&answer));
        let seen = match &read {
            Ok(_) => Seen::Fine(quota),
            Err(fault) => Seen::Fault(fault),
        };
        self.politeness.observe(&mut host, seen).await?;
        Ok(Some(read))
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
