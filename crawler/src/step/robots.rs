//! robots.txt, asked for in the turn of the page that needs it.

use cli::{Result, now};
use url::Url;

use super::{Done, HOPS, Worker};
use crate::fault::Fault;
use crate::fetch::Ask;
use crate::politeness::mood::Outcome;
use crate::robots::{self, Reading};

impl Worker {
    /// Asks for robots.txt in the page's place, which is then due again.
    pub(super) async fn ask_robots(&self, url: &Url, done: &mut Done) -> Result<Option<Fault>> {
        let asked = self.robots(url, done).await;
        let (reading, fault) = match asked {
            Ok(Reading::Unreachable(why)) => {
                let fault = Fault::Risk(why.clone());
                (Reading::Unreachable(why), Some(fault))
            }
            Ok(rules) => (rules, None),
            Err(fault) => (Reading::Unreachable(fault.to_string()), Some(fault)),
        };
        self.politeness.learn(url, &mut done.host, &reading).await?;
        // What is only a page's trouble elsewhere is the host's here: nothing else may be
        // asked before it is over.
        let trouble = fault.clone().map(|fault| match fault {
            Fault::Throttled { .. }
            | Fault::Unavailable { .. }
            | Fault::Timeout(_)
            | Fault::Unreachable(_)
            | Fault::Risk(_) => fault,
            _ => Fault::Unavailable { until: None },
        });
        let outcome = trouble.as_ref().map_or(Outcome::Fine(None), Outcome::Fault);
        done.verdict = self.politeness.observe(&mut done.host, outcome).await?;
        Ok(fault)
    }

    /// A redirected robots.txt is followed at once and to the same host only: it counts as
    /// one request of that host's turn.
    async fn robots(&self, url: &Url, done: &mut Done) -> Result<Reading, Fault> {
        let mut at = url.clone();
        at.set_path("/robots.txt");
        at.set_query(None);
        for _ in 0..HOPS {
            let ask = Ask {
                url: &at,
                accept: "text/plain",
                most: robots::LARGEST,
                cut: true,
                have: None,
            };
            let answer = self.get(ask, done).await?;
            let Some(location) = answer.location() else {
                // A missing file allows everything; a failing server says nothing.
                if answer.status >= 500 || matches!(answer.status, 412 | 429) {
                    answer.check(now())?;
                }
                return Ok(robots::read(
                    answer.status,
                    &answer.content_type(),
                    &answer.body,
                ));
            };
            let next = self.site.resolve(location, Some(&at))?;
            if self.group(&next) != self.group(&at) {
                return Err(Fault::Unavailable { until: None });
            }
            at = next;
        }
        Err(Fault::Unavailable { until: None })
    }
}
