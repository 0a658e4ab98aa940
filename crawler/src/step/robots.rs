//! robots.txt, asked for in the turn of the page that needs it.

use cli::{Result, now};
use url::Url;

use super::{Done, Worker};
use crate::fault::Fault;
use crate::fetch::{Answer, Ask};
use crate::politeness::mood::{Outcome, Quota};
use crate::robots::{self, Reading};

/// How long the turn of another host is waited for that a robots.txt is redirected to,
/// milliseconds: a few gaps.
const PATIENCE_MS: i64 = 10_000;

impl Worker {
    /// Asks for robots.txt in the page's place, which is then due again.
    pub(super) async fn ask_robots(&self, url: &Url, done: &mut Done) -> Result<Option<Fault>> {
        let mut quota = None;
        let asked = self.robots(url, done, &mut quota).await?;
        let (reading, fault) = match asked {
            Ok(Reading::Unreachable(why)) => {
                let fault = Fault::Risk(why.clone());
                (Reading::Unreachable(why), Some(fault))
            }
            Ok(rules) => (rules, None),
            Err(fault) => (Reading::Unreachable(fault.to_string()), Some(fault)),
        };
        self.politeness.learn(url, &mut done.host, &reading).await?;
        let trouble = fault.as_ref().map(troubles_host);
        let outcome = trouble
            .as_ref()
            .map_or(Outcome::Fine(quota), Outcome::Fault);
        done.verdict = self.politeness.observe(&mut done.host, outcome).await?;
        Ok(fault)
    }

    /// A redirected robots.txt is followed at once, also to another host (RFC 9309, 2.3.1.2).
    /// On its own host all of it counts as one request of the host's turn.
    async fn robots(
        &self,
        url: &Url,
        done: &mut Done,
        quota: &mut Option<Quota>,
    ) -> Result<Result<Reading, Fault>> {
        let mut at = robots::address(url);
        for _ in 0..=robots::HOPS {
            let at_home = self.group(&at).name == done.host.name;
            let asked = match at_home {
                true => self.get(asking(&at), done).await,
                false => self.elsewhere(&at, done).await?,
            };
            let answer = match asked {
                Ok(answer) => answer,
                Err(fault) => return Ok(Err(fault)),
            };
            if at_home {
                *quota = answer.quota(now()).or(*quota);
            }
            let next = match answer.location() {
                Ok(Some(location)) => self.site.resolve(&location, Some(&at)),
                Ok(None) => return Ok(robots::judge(&answer, now())),
                Err(fault) => Err(fault),
            };
            at = match next {
                Ok(next) => next,
                Err(fault) => return Ok(Err(fault)),
            };
        }
        Ok(Err(Fault::RedirectLoop(robots::HOPS)))
    }

    /// One request in another host's turn, if that comes soon.
    async fn elsewhere(&self, at: &Url, done: &mut Done) -> Result<Result<Answer, Fault>> {
        let group = self.group(at);
        let turn = self.politeness.reserve(&group, self.daily, PATIENCE_MS);
        let Some(mut host) = turn.await? else {
            return Ok(Err(Fault::Unavailable { until: None }));
        };
        let asked = self.get(asking(at), done).await;
        let checked = match &asked {
            Ok(answer) => answer.check(now()).map(|()| answer.quota(now())),
            Err(fault) => Err(fault.clone()),
        };
        let outcome = checked
            .as_ref()
            .map_or_else(Outcome::Fault, |quota| Outcome::Fine(*quota));
        self.politeness.observe(&mut host, outcome).await?;
        Ok(asked)
    }
}

fn asking(at: &Url) -> Ask<'_> {
    Ask {
        url: at,
        accept: "text/plain",
        most: robots::LARGEST,
        cut: true,
        have: None,
    }
}

/// What is only a page's trouble elsewhere is the host's here: nothing else may be asked before
/// it is over.
fn troubles_host(fault: &Fault) -> Fault {
    match fault {
        Fault::Throttled { .. }
        | Fault::Unavailable { .. }
        | Fault::Timeout(_)
        | Fault::Unreachable(_)
        | Fault::Risk(_) => fault.clone(),
        other => Fault::NoRobots(other.to_string()),
    }
}
