//! A person who knows the truth, at the labeler's page: asks for sheets, touches what does
//! not belong, confirms. Speaks the page's own HTTP.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::programs::{Programs, Serving};

/// Tiles of a sheet: the smallest there is, so that the share is met closely.
const SIZE: u32 = 24;

pub struct Person {
    labeler: Serving,
    agent: ureq::Agent,
    sheets: u32,
    name: u64,
}

/// What one sitting came to.
#[derive(Default)]
pub struct Sitting {
    pub kept: u64,
    pub rejected: u64,
}

impl Person {
    /// Sits down at a labeler of their own; `name` tells one sitting from another.
    pub fn at(programs: &Programs, name: u64) -> Result<Self> {
        Ok(Self {
            labeler: programs.serve("127.0.0.1:0")?,
            agent: ureq::agent(),
            sheets: 0,
            name,
        })
    }

    /// Decides at least `share` of what waits in `pool`; `belongs` tells from a video's page.
    pub fn decide(
        &mut self,
        pool: &str,
        share: f64,
        belongs: impl Fn(&str) -> bool,
    ) -> Result<Sitting> {
        let mut sitting = Sitting::default();
        let mut wanted = None;
        loop {
            self.sheets += 1;
            // The page calls crypto.randomUUID; a demo that can be repeated counts.
            let sheet = format!("{:08x}-0000-4000-8000-{:012x}", self.name, self.sheets);
            let asked = json!({ "sheet": sheet, "pool": pool, "order": "random", "size": SIZE });
            let answer = self.post("/api/sheet", &asked)?;
            let progress = &answer["progress"];
            let waiting = count(progress, "total")? - count(progress, "done")?;
            let wanted = *wanted.get_or_insert((waiting as f64 * share) as u64);
            let tiles = answer["sheet"]["tiles"]
                .as_array()
                .context("a sheet has tiles")?;
            if tiles.is_empty() || sitting.kept + sitting.rejected >= wanted {
                self.post("/api/release", &json!({ "name": sheet }))?;
                return Ok(sitting);
            }
            let touched: Vec<Value> = tiles
                .iter()
                .filter(|tile| !belongs(tile["url"].as_str().unwrap_or_default()))
                .map(|tile| json!({ "sha256": tile["sha256"], "decision": "reject" }))
                .collect();
            let said = json!({ "sheet": sheet, "touched": touched, "visible_ms": null });
            let counts = self.post("/api/confirm", &said)?;
            sitting.kept += count(&counts, "keep")?;
            sitting.rejected += count(&counts, "reject")?;
        }
    }

    /// As the page does: JSON, from the page's own origin.
    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        let origin = self.labeler.origin();
        let sent = self
            .agent
            .post(format!("{origin}{path}"))
            .header("Origin", origin)
            .config()
            .http_status_as_error(false)
            .build()
            .send_json(body);
        let mut response = sent.with_context(|| format!("the labeler did not answer {path}"))?;
        let status = response.status();
        let text = response.body_mut().read_to_string()?;
        ensure!(
            status.is_success(),
            "the labeler answered {status} to {path}: {text}"
        );
        Ok(serde_json::from_str(&text)?)
    }
}

fn count(value: &Value, name: &str) -> Result<u64> {
    value[name]
        .as_u64()
        .with_context(|| format!("the labeler gave no {name}"))
}
