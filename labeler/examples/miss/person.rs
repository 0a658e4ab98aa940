//! A person at the page: asks for sheets and confirms them, by the requests that the page's own
//! script makes, and remembers what was seen.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use labeler::web::guard::Guard;
use labeler::web::{Site, router};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use store::{Store, TopicId};
use tower::ServiceExt;

use crate::world::{Cover, Misses, Result, Truth, chance};

const PORT: u16 = 7878;
/// Covers on a sheet: so few that planting begins at a share of cats below one in 24.
pub const TILES: usize = 24;

pub struct Person<'a> {
    name: &'static str,
    misses: Misses,
    truth: &'a Truth,
    router: Router,
    sheets: u64,
    pub ledger: Ledger,
}

/// What a person would say of the own work, without a look into the database.
#[derive(Debug, Default, Clone)]
pub struct Ledger {
    /// Known cats that the page told of, and those among them that were seen.
    pub planted: (u64, u64),
    /// By queue: what was said of each cover, by its last answer.
    pub said: BTreeMap<&'static str, BTreeMap<Cover, bool>>,
}

impl Ledger {
    /// Covers looked at in a queue, and those rejected.
    pub fn of(&self, queue: &str) -> (BTreeSet<Cover>, BTreeSet<Cover>) {
        let said = self.said.get(queue).cloned().unwrap_or_default();
        let rejected = said.iter().filter(|(_, no)| **no).map(|(cover, _)| *cover);
        (said.keys().copied().collect(), rejected.collect())
    }
}

impl<'a> Person<'a> {
    pub async fn new(
        name: &'static str,
        misses: Misses,
        truth: &'a Truth,
        store: &Store,
        topic: TopicId,
    ) -> Result<Self> {
        let site = Site::new(store.clone(), topic, "cat", name, 0)
            .await
            .map_err(|failure| format!("{failure:?}"))?;
        let guard = Guard {
            port: PORT,
            ..Guard::default()
        };
        Ok(Self {
            name,
            misses,
            truth,
            router: router(site, guard),
            sheets: 0,
            ledger: Ledger::default(),
        })
    }

    /// The same person another time, whose sheets have other names.
    pub fn another_time(self) -> Self {
        Self {
            sheets: 1 << 32,
            ..self
        }
    }

    /// One sheet of a queue; what the page then says of the queue, `None` when it is empty.
    pub async fn sheet(&mut self, pool: &str, queue: &'static str) -> Result<Option<Value>> {
        self.sheets += 1;
        let id = self.id();
        let asked = json!({ "sheet": id, "pool": pool, "order": queue, "size": TILES });
        let answer = self.post("/api/sheet", &asked).await?;
        let tiles = answer["sheet"]["tiles"].as_array().ok_or("no sheet")?;
        let covers = tiles.iter().map(|tile| unhex(&tile["sha256"]));
        let covers = covers.collect::<Result<Vec<Cover>>>()?;
        if covers.is_empty() {
            return Ok(None);
        }
        let seen = |cover: &&Cover| self.sees(cover, &id) == (pool == "negative");
        let rejected: Vec<Cover> = covers.iter().filter(seen).copied().collect();
        let touched: Vec<_> = rejected
            .iter()
            .map(|cover| json!({ "sha256": hex(cover), "decision": "reject" }))
            .collect();
        let word = json!({ "sheet": id, "touched": touched, "visible_ms": 5000 });
        let told = self.post("/api/confirm", &word).await?;
        self.remember(queue, &covers, &rejected, &told)?;
        Ok(Some(answer["progress"].clone()))
    }

    /// All sheets of a queue.
    pub async fn finish(&mut self, pool: &str, queue: &'static str) -> Result<()> {
        while self.sheet(pool, queue).await?.is_some() {}
        Ok(())
    }

    /// A look at a cover: chance is drawn anew for each sheet.
    fn sees(&self, cover: &Cover, sheet: &str) -> bool {
        let miss = self.misses.chance(self.truth.run, cover);
        let drawn = chance(&[b"look", sheet.as_bytes(), cover]);
        self.truth.cat(cover) && drawn >= miss
    }

    fn remember(
        &mut self,
        queue: &'static str,
        covers: &[Cover],
        rejected: &[Cover],
        told: &Value,
    ) -> Result<()> {
        let mut planted = BTreeSet::new();
        for known in told["planted"].as_array().ok_or("no answer")? {
            planted.insert(unhex(&known["sha256"])?);
        }
        let said = self.ledger.said.entry(queue).or_default();
        for cover in covers {
            let no = rejected.contains(cover);
            if planted.contains(cover) {
                self.ledger.planted.0 += 1;
                self.ledger.planted.1 += u64::from(no);
            } else {
                said.insert(*cover, no);
            }
        }
        Ok(())
    }

    /// A name as `crypto.randomUUID` makes them; here it follows from the run.
    fn id(&self) -> String {
        let mut of = Sha256::new();
        of.update(self.truth.run.to_le_bytes());
        of.update(self.name);
        of.update(self.sheets.to_le_bytes());
        let all = hex(&of.finalize().into());
        let parts = [
            &all[..8],
            &all[8..12],
            &all[12..16],
            &all[16..20],
            &all[20..32],
        ];
        parts.join("-")
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let request = Request::post(path)
            .header(HOST, format!("127.0.0.1:{PORT}"))
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))?;
        let response = self.router.clone().oneshot(request).await?;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await?;
        if !status.is_success() {
            return Err(format!("{path}: {status} {}", String::from_utf8_lossy(&bytes)).into());
        }
        Ok(serde_json::from_slice(&bytes)?)
    }
}

fn hex(cover: &Cover) -> String {
    cover.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &Value) -> Result<Cover> {
    Ok(labeler::format::unhex(text.as_str().ok_or("no hash")?)?)
}
