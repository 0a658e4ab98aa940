//! One claimed page, one request: asked if politeness lets it be, read, and turned into what
//! becomes of the page. A worker never waits for a host: what must wait goes back to the
//! frontier.

mod robots;

use cli::{Result, now};
use store::Store;
use store::cover::{Arrival, Picture};
use store::frontier::{Fate, Host, Kind, KnownCover, NewPage, Page, Settlement};
use url::Url;

use crate::fault::{Fault, Judgement, judge};
use crate::fetch::{ACCEPT_PICTURE, Answer, Ask, Fetcher};
use crate::make::Maker;
use crate::politeness::mood::{Outcome, Verdict};
use crate::politeness::{Admission, Politeness};
use crate::site::{Body, Candidate, Group, Mode, Reading, Site, bilibili};

/// The largest page that is read: Bilibili's have 60 KB, a list of a hundred videos 300 KB.
const LARGEST_PAGE: usize = 8 << 20;
/// The largest picture, as `cover` has it.
const LARGEST_PICTURE: usize = 20_000_000;
/// Redirects that are followed.
const HOPS: u32 = 5;

/// All that a request of one crawl needs.
#[derive(Debug)]
pub struct Worker {
    /// The database.
    pub store: Store,
    /// When and whether.
    pub politeness: Politeness,
    /// How.
    pub fetcher: Fetcher,
    /// Pictures to covers.
    pub maker: Maker,
    /// Where.
    pub site: Site,
    /// What for.
    pub mode: Mode,
    /// What titles, tags or regions must hold.
    pub keywords: Vec<String>,
    /// New covers wanted.
    pub target: u32,
    /// The gap between two requests to any host, in place of the site's own.
    pub pace_ms: Option<i64>,
}

/// How a claimed page ended.
#[derive(Debug)]
pub struct Done {
    /// For the frontier.
    pub settlement: Settlement,
    /// The page's kind.
    pub kind: Kind,
    /// The host that was asked, and what is to be told of it.
    pub host: Host,
    /// Likewise.
    pub verdict: Verdict,
    /// Whether anything was asked.
    pub requests: u64,
    /// Of bodies.
    pub bytes: u64,
}

impl Worker {
    /// The hosts that share this URL's pace, and the pace.
    pub fn group(&self, url: &Url) -> Group {
        let group = self.site.group(url);
        let floor_ms = self.pace_ms.unwrap_or(group.floor_ms);
        Group { floor_ms, ..group }
    }

    /// The pace of a throttle group by its name, if it is one of the site's.
    pub fn floor_of(&self, name: &str) -> Option<i64> {
        self.pace_ms.or_else(|| self.site.floor_of(name))
    }

    /// Does all that can be done for a page now.
    ///
    /// # Errors
    /// What the database says; all else is an outcome.
    pub async fn step(&self, page: Page, host: Host) -> Result<Done> {
        let mut done = Done {
            settlement: blank(&page),
            kind: page.kind,
            host,
            verdict: Verdict::Open,
            requests: 0,
            bytes: 0,
        };
        let unasked = match self.admit(&page, &mut done).await? {
            Ok(Some(url)) => {
                self.visit(&page, &url, &mut done).await?;
                return Ok(done);
            }
            Ok(None) => return Ok(done),
            Err(fault) => fault,
        };
        self.politeness.let_go(&done.host).await?;
        done.settlement.fate = self.fate(&unasked, &page, &done.host);
        Ok(done)
    }

    /// The address, if it may be asked now; nothing when robots.txt took the turn.
    async fn admit(&self, page: &Page, done: &mut Done) -> Result<Result<Option<Url>, Fault>> {
        let url = match self.site.resolve(page.address(), None) {
            Ok(url) => url,
            Err(fault) => return Ok(Err(fault)),
        };
        if let Err(fault) = crate::fetch::check_address(&url, self.site.bases()) {
            return Ok(Err(fault));
        }
        Ok(match self.politeness.admit(&url).await? {
            Admission::Granted => Ok(Some(url)),
            Admission::Forbidden => Err(Fault::Robots),
            Admission::RobotsFirst => {
                let fault = self.ask_robots(&url, done).await?;
                // An address that no robots.txt can be had from will not bring a page either.
                match fault {
                    Some(fault @ Fault::BlockedAddress(_)) => Err(fault),
                    _ => Ok(None),
                }
            }
        })
    }

    async fn get(
        &self,
        url: &Url,
        accept: &str,
        most: usize,
        cut: bool,
        done: &mut Done,
    ) -> Result<Answer, Fault> {
        done.requests += 1;
        let ask = Ask {
            url,
            accept,
            most,
            cut,
        };
        let answer = self.fetcher.get(ask).await?;
        done.bytes += answer.body.len() as u64;
        Ok(answer)
    }

    async fn visit(&self, page: &Page, url: &Url, done: &mut Done) -> Result<()> {
        let cover = page.kind == Kind::Cover;
        let (accept, most) = match cover {
            true => (ACCEPT_PICTURE, LARGEST_PICTURE),
            false => (self.site.accept(), LARGEST_PAGE),
        };
        let answer = self.get(url, accept, most, false, done).await;
        let quota = answer.as_ref().ok().and_then(|a| a.quota(now()));
        let read = answer.and_then(|answer| self.read(page, url, answer));
        // The host is free before the picture is made.
        let outcome = match &read {
            Ok(_) => Outcome::Fine(quota),
            Err(fault) => Outcome::Fault(fault),
        };
        done.verdict = self.politeness.observe(&mut done.host, outcome).await?;
        let settlement = &mut done.settlement;
        settlement.fate = match read {
            Err(fault) => self.fate(&fault, page, &done.host),
            Ok(Content::Moved(fate)) => fate,
            Ok(Content::Picture(bytes)) => {
                let candidate = serde_json::from_value(page.context.clone()).unwrap_or_default();
                match self.maker.make(bytes).await? {
                    Ok(picture) => {
                        settlement.arrival = Some(self.arrival(candidate, picture));
                        Fate::Done
                    }
                    Err(fault) => self.fate(&fault, page, &done.host),
                }
            }
            Ok(Content::Page(reading)) => self.follow(reading, settlement).await?,
        };
        Ok(())
    }

    fn read(&self, page: &Page, url: &Url, answer: Answer) -> Result<Content, Fault> {
        answer.check(now())?;
        if let Some(location) = answer.location() {
            return self.moved(page, url, location).map(Content::Moved);
        }
        if answer.status >= 300 {
            return Err(Fault::Status(answer.status));
        }
        if page.kind == Kind::Cover {
            return match answer.opt_out() {
                Some(word) => Err(Fault::OptOut(word)),
                None => Ok(Content::Picture(answer.body)),
            };
        }
        let depth = page.context["depth"].as_u64().unwrap_or(0);
        let body = Body {
            url,
            bytes: &answer.body,
        };
        let depth = u32::try_from(depth).unwrap_or(u32::MAX);
        let reading = self.site.read(&self.mode, &self.keywords, depth, body)?;
        Ok(Content::Page(Box::new(reading)))
    }

    /// A redirect is a page of the frontier again, so that robots.txt, pace and address are
    /// looked at for where it leads.
    fn moved(&self, page: &Page, url: &Url, location: &str) -> Result<Fate, Fault> {
        if page.hops >= HOPS {
            return Err(Fault::RedirectLoop(HOPS));
        }
        let next = self.site.resolve(location, Some(url))?;
        crate::fetch::check_address(&next, self.site.bases())?;
        let group = self.group(&next);
        Ok(Fate::Moved {
            location: next.into(),
            host: group.name,
            floor_ms: group.floor_ms,
        })
    }

    /// What a page leads to: known covers at once, unknown ones and further pages later.
    async fn follow(&self, reading: Box<Reading>, settlement: &mut Settlement) -> Result<Fate> {
        if reading.skipped > 0 {
            tracing::info!(
                skipped = reading.skipped,
                "parts of a page were not understood"
            );
        }
        settlement.total = reading.total;
        settlement.owner_cap = self.site.owner_cap(&self.mode, self.target);
        for candidate in reading.candidates {
            match self.known(&candidate.key).await? {
                Some(known) => settlement.known.push(known),
                None => settlement.leads_to.extend(self.cover_page(candidate)),
            }
        }
        for mut lead in reading.pages {
            if let Some(key) = &lead.key
                && self.known(key).await?.is_some()
            {
                lead.rank = bilibili::known(lead.rank);
            }
            let group = self.group(&lead.url);
            settlement.leads_to.push(lead.page(group));
        }
        Ok(match reading.missing {
            Some(reason) => Fate::Missing { reason },
            None => Fate::Done,
        })
    }

    /// The cover of a video that was met before.
    ///
    /// # Errors
    /// What the database says.
    pub async fn known(&self, key: &str) -> Result<Option<KnownCover>> {
        Ok(self.store.known_cover(&self.site.name(), key).await?)
    }

    /// The page of the frontier that fetches a cover; nothing for an address that cannot be
    /// asked, which is then in the log.
    pub fn cover_page(&self, candidate: Candidate) -> Option<NewPage> {
        let url = match self.site.resolve(&candidate.ask, None) {
            Ok(url) => url,
            Err(fault) => {
                tracing::warn!(url = candidate.ask, %fault, "a cover's address is not asked");
                return None;
            }
        };
        let group = self.group(&url);
        Some(NewPage {
            kind: Kind::Cover,
            url: url.into(),
            host: group.name,
            floor_ms: group.floor_ms,
            rank: 0,
            owner: candidate.owner.clone(),
            context: serde_json::to_value(&candidate).unwrap_or_default(),
        })
    }

    fn arrival(&self, candidate: Candidate, picture: Picture) -> Arrival {
        Arrival {
            video: candidate.video(&self.site.name()),
            image_url: candidate.image_url,
            picture,
        }
    }

    fn fate(&self, fault: &Fault, page: &Page, host: &Host) -> Fate {
        let (class, reason) = (fault.class().to_owned(), fault.to_string());
        match judge(fault, page.attempts) {
            Judgement::GiveUp => Fate::Failed { class, reason },
            Judgement::WhenTheHostMay => Fate::Again {
                not_before: 0,
                counts: false,
                class,
                reason,
            },
            Judgement::After { gaps } => Fate::Again {
                not_before: now() + gaps * host.gap_ms(),
                counts: true,
                class,
                reason,
            },
        }
    }
}

/// What an answer holds.
enum Content {
    Moved(Fate),
    Picture(Vec<u8>),
    Page(Box<Reading>),
}

fn blank(page: &Page) -> Settlement {
    Settlement {
        crawl: page.crawl,
        page: page.id,
        fate: Fate::Released,
        arrival: None,
        known: Vec::new(),
        leads_to: Vec::new(),
        owner_cap: None,
        total: None,
    }
}
