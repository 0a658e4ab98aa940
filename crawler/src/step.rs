//! One claimed page, one request: asked if politeness lets it be, read, and turned into what
//! becomes of the page. A worker never waits for a host: what must wait goes back to the
//! frontier.

mod robots;

use std::sync::Arc;

use cli::{Result, now};
use store::Store;
use store::cover::{Arrival, Picture, Seen, Version};
use store::frontier::{Fate, Host, Kind, KnownCover, Learned, NewPage, Page, Settlement};
use url::Url;

use crate::fault::{Fault, Judgement, judge, panic_words};
use crate::fetch::{ACCEPT_PICTURE, Answer, Ask, Fetcher};
use crate::make::Maker;
use crate::politeness::mood::{Outcome, Verdict};
use crate::politeness::{Admission, Politeness};
use crate::site::{Body, Candidate, Group, Mode, Reading, Site, bilibili};
use crate::text::shortened;

/// The largest page that is read: Bilibili's have 60 KB, a list of a hundred videos 300 KB.
const LARGEST_PAGE: usize = 8 << 20;
/// The largest picture, as `cover` has it.
const LARGEST_PICTURE: usize = 20_000_000;
/// Captchas that a page may meet, over all runs, before it is given up.
const MOST_CAPTCHAS: u32 = 9;
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
    /// Requests to a host in a day.
    pub daily: u32,
    /// Whether covers that are known are asked for again, in case they have changed.
    pub recheck: bool,
    /// Of all choices.
    pub seed: u32,
}

/// How a claimed page ended.
#[derive(Debug)]
pub struct Done {
    /// For the frontier.
    pub settlement: Settlement,
    /// The page's kind.
    pub kind: Kind,
    /// Its address.
    pub url: String,
    /// The host that was asked, and what is to be told of it.
    pub host: Host,
    /// Likewise.
    pub verdict: Verdict,
    /// Whether anything was asked.
    pub requests: u64,
    /// Of bodies.
    pub bytes: u64,
    /// Parts of the page that were not understood.
    pub skipped: u32,
}

impl Done {
    /// Nothing was asked yet.
    fn of(page: &Page, host: Host) -> Self {
        Self {
            settlement: blank(page),
            kind: page.kind,
            url: page.url.clone(),
            host,
            verdict: Verdict::Open,
            requests: 0,
            bytes: 0,
            skipped: 0,
        }
    }
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

    /// Does all that can be done for a page now. A panic on the way, which is a fault of ours
    /// that some answer has found, fails the page and no other: it is not met again by the
    /// next `resume`, and it has a reason.
    ///
    /// # Errors
    /// What the database says.
    pub async fn step_or_fail(self: Arc<Self>, page: Page, host: Host) -> Result<Done> {
        let mut done = Done::of(&page, host.clone());
        let worker = self.clone();
        match tokio::spawn(async move { worker.step(page, host).await }).await {
            Ok(stepped) => stepped,
            Err(error) => {
                let fault = Fault::Panicked(panic_words(error));
                // A request may have been sent, so the host's gap is kept.
                let outcome = Outcome::Fault(&fault);
                done.verdict = self.politeness.observe(&mut done.host, outcome).await?;
                done.settlement.fate = Fate::Failed {
                    class: fault.class().to_owned(),
                    reason: fault.to_string(),
                };
                Ok(done)
            }
        }
    }

    /// Does all that can be done for a page now.
    ///
    /// # Errors
    /// What the database says; all else is an outcome.
    async fn step(self: &Arc<Self>, page: Page, host: Host) -> Result<Done> {
        #[cfg(test)]
        assert!(!page.url.contains("panics"), "injected");
        let mut done = Done::of(&page, host);
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

    async fn get(&self, ask: Ask<'_>, done: &mut Done) -> Result<Answer, Fault> {
        done.requests += 1;
        let answer = self.fetcher.get(ask).await?;
        done.bytes += answer.body.len() as u64;
        Ok(answer)
    }

    async fn visit(self: &Arc<Self>, page: &Page, url: &Url, done: &mut Done) -> Result<()> {
        let cover = page.kind == Kind::Cover;
        let (accept, most) = match cover {
            true => (ACCEPT_PICTURE, LARGEST_PICTURE),
            false => (self.site.accept(), LARGEST_PAGE),
        };
        let seen = if cover { self.seen(page).await? } else { None };
        let ask = Ask {
            url,
            accept,
            most,
            cut: page.kind == Kind::List && self.site.cuts_lists(),
            have: seen.as_ref().map(|seen| &seen.version),
        };
        let answer = self.get(ask, done).await;
        let quota = answer.as_ref().ok().and_then(|a| a.quota(now()));
        let read = match answer {
            Ok(answer) if cover => self.read(page, url, answer, seen.as_ref()),
            Ok(answer) => self.read_aside(page, url, answer).await,
            Err(fault) => Err(fault),
        };
        // The host is free before the picture is made.
        let outcome = match &read {
            Ok(_) => Outcome::Fine(quota),
            Err(fault) => Outcome::Fault(fault),
        };
        done.verdict = self.politeness.observe(&mut done.host, outcome).await?;
        let content = match read {
            Ok(content) => content,
            Err(fault) => {
                done.settlement.fate = self.fate(&fault, page, &done.host);
                return Ok(());
            }
        };
        self.keep(page, content, done).await
    }

    /// The cover that a known video has, to be asked whether it is still the same.
    async fn seen(&self, page: &Page) -> Result<Option<Seen>> {
        if !self.recheck {
            return Ok(None);
        }
        let candidate = candidate(page);
        let name = self.site.name();
        let seen = self.store.last_seen(&name, &candidate.key).await?;
        Ok(seen.filter(|seen| seen.image_url == candidate.image_url))
    }

    async fn keep(&self, page: &Page, content: Content, done: &mut Done) -> Result<()> {
        let settlement = &mut done.settlement;
        settlement.fate = match content {
            Content::Moved(fate) => fate,
            Content::Picture { bytes, version } => match self.maker.make(bytes).await? {
                Ok(picture) => {
                    settlement.arrival = Some(self.arrival(candidate(page), picture, version));
                    Fate::Done
                }
                Err(fault) => self.fate(&fault, page, &done.host),
            },
            Content::Unchanged { cover, version } => {
                let picture = Picture::Known(cover);
                settlement.arrival = Some(self.arrival(candidate(page), picture, version));
                Fate::Done
            }
            Content::Page(reading) => {
                done.skipped = reading.skipped;
                if let (Kind::List, Some(why)) = (page.kind, &reading.missing) {
                    tracing::warn!(url = shortened(page.address()), why, "a list holds nothing");
                }
                self.follow(page, reading, settlement).await?
            }
        };
        Ok(())
    }

    /// Reads a page that is no picture on a thread of its own: a page of eight megabytes takes a
    /// second, in which requests and Ctrl-C would wait.
    async fn read_aside(
        self: &Arc<Self>,
        page: &Page,
        url: &Url,
        answer: Answer,
    ) -> Result<Content, Fault> {
        let (worker, page, url) = (self.clone(), page.clone(), url.clone());
        let reading = tokio::task::spawn_blocking(move || worker.read(&page, &url, answer, None));
        match reading.await {
            Ok(read) => read,
            Err(error) => Err(Fault::Panicked(panic_words(error))),
        }
    }

    fn read(
        &self,
        page: &Page,
        url: &Url,
        answer: Answer,
        seen: Option<&Seen>,
    ) -> Result<Content, Fault> {
        answer.check(now())?;
        if let Some(location) = answer.location()? {
            return self.moved(page, url, &location).map(Content::Moved);
        }
        // What a page says of itself holds for the pictures that it shows.
        if let Some(word) = answer.opt_out() {
            return Err(Fault::OptOut(word));
        }
        let version = answer.version(now());
        match (answer.status, seen) {
            (304, Some(seen)) => {
                let cover = seen.cover;
                return Ok(Content::Unchanged { cover, version });
            }
            (300.., _) => return Err(Fault::Status(answer.status)),
            _ => {}
        }
        if page.kind == Kind::Cover {
            let bytes = answer.body;
            return Ok(Content::Picture { bytes, version });
        }
        let depth = page.context["depth"].as_u64().unwrap_or(0);
        let body = Body {
            url,
            bytes: &self.site.body(&answer.content_type(), &answer.body),
            kind: page.kind,
            depth: u32::try_from(depth).unwrap_or(u32::MAX),
            seed: self.seed,
        };
        let reading = self.site.read(&self.mode, &self.keywords, body)?;
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
    async fn follow(
        &self,
        page: &Page,
        reading: Box<Reading>,
        settlement: &mut Settlement,
    ) -> Result<Fate> {
        if reading.skipped > 0 {
            tracing::info!(
                skipped = reading.skipped,
                example = reading.example,
                page = page.address(),
                "parts of a page were not understood"
            );
        }
        settlement.total = reading.total;
        settlement.owner_cap = self.site.owner_cap(&self.mode, self.target);
        for candidate in reading.candidates {
            let video = candidate.video(&self.site.name());
            let known = self.settled(&candidate).await?;
            let cover = self.cover_page(candidate);
            settlement.learned.push(Learned {
                video,
                cover_page: cover.url.clone(),
            });
            match known {
                Some(known) => settlement.known.push(known),
                None => settlement.leads_to.push(cover),
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

    /// The cover of a video that needs no request: it is known, and it is not to be asked for
    /// again, or its server declared that it stays what it is.
    async fn settled(&self, candidate: &Candidate) -> Result<Option<KnownCover>> {
        let seen = self
            .store
            .last_seen(&self.site.name(), &candidate.key)
            .await?;
        let stays = |seen: &Seen| !self.recheck || seen.stays(&candidate.image_url, now());
        Ok(seen
            .filter(stays)
            .map(|seen| KnownCover { cover: seen.cover }))
    }

    /// The page of the frontier that fetches a cover. One whose address cannot be asked is a page,
    /// too: it fails with a reason when its turn comes, and is counted.
    pub fn cover_page(&self, candidate: Candidate) -> NewPage {
        let group = |url: &Url| self.group(url);
        let (url, group) = match self.site.resolve(&candidate.ask, None) {
            Ok(url) => (url.to_string(), group(&url)),
            Err(_) => {
                let nowhere = || Group {
                    name: self.site.name(),
                    floor_ms: 0,
                };
                let url = Url::parse(&candidate.ask);
                (
                    candidate.ask.clone(),
                    url.map_or_else(|_| nowhere(), |url| group(&url)),
                )
            }
        };
        NewPage {
            kind: Kind::Cover,
            url,
            host: group.name,
            floor_ms: group.floor_ms,
            rank: 0,
            owner: candidate.owner.clone(),
            context: serde_json::to_value(&candidate).unwrap_or_default(),
        }
    }

    fn arrival(&self, candidate: Candidate, picture: Picture, version: Version) -> Arrival {
        Arrival {
            video: candidate.video(&self.site.name()),
            image_url: candidate.image_url,
            picture,
            version,
        }
    }

    fn fate(&self, fault: &Fault, page: &Page, host: &Host) -> Fate {
        let (class, reason) = (fault.class().to_owned(), fault.to_string());
        let gone = matches!(fault, Fault::NotFound | Fault::Gone);
        if gone && self.site.forgets() && page.kind != Kind::List {
            // Its video was there when the site named it.
            return Fate::Missing { reason };
        }
        match judge(fault, page.attempts) {
            Judgement::GiveUp => Fate::Failed { class, reason },
            Judgement::WhenTheHostMay => turned_away(fault, page),
            Judgement::After { gaps } => Fate::Again {
                not_before: now() + gaps * host.gap_ms(),
                counts: true,
                class,
                reason,
            },
        }
    }
}

/// When the host may be asked again; after a captcha or a refusal that is another page first,
/// if there is one.
fn turned_away(fault: &Fault, page: &Page) -> Fate {
    let (class, reason) = (fault.class().to_owned(), fault.to_string());
    match fault {
        Fault::Captcha if page.walls + 1 >= MOST_CAPTCHAS => Fate::Failed {
            class,
            reason: format!("{reason}, {MOST_CAPTCHAS} times"),
        },
        Fault::Captcha | Fault::Risk(_) => Fate::Walled { class, reason },
        _ => Fate::Again {
            not_before: 0,
            counts: false,
            class,
            reason,
        },
    }
}

/// What an answer holds.
enum Content {
    Moved(Fate),
    Picture {
        bytes: Vec<u8>,
        version: Version,
    },
    /// The picture that is there already.
    Unchanged {
        cover: i64,
        version: Version,
    },
    Page(Box<Reading>),
}

/// The video that a cover's page is for.
fn candidate(page: &Page) -> Candidate {
    serde_json::from_value(page.context.clone()).unwrap_or_default()
}

fn blank(page: &Page) -> Settlement {
    Settlement {
        crawl: page.crawl,
        page: page.id,
        fate: Fate::Released,
        arrival: None,
        known: Vec::new(),
        learned: Vec::new(),
        leads_to: Vec::new(),
        owner_cap: None,
        total: None,
    }
}
