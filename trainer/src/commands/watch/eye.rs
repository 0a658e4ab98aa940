//! Features of new covers, a portion at a time, and scores of those that have them.

use std::collections::HashSet;

use cli::Result;
use store::Pool;
use store::training::Score;
use tch::Tensor;

use super::{Current, Watch};
use crate::backbone;
use crate::bank::Bank;
use crate::config::Method;
use crate::features::{self, Extractor};
use crate::finder;
use crate::flags::Plan;
use crate::models::Loaded;
use crate::nets::Model;
use crate::preprocessing::Preprocessing;
use crate::scoring;
use crate::session::Session;

/// Covers computed between two looks at the news: a third of a second.
const PORTION: usize = 8;
/// Covers looked at for want of a score.
const LOOKED_AT: u32 = 1000;
/// Covers scored at once: of ImageNet's thousand classes these are sixteen megabytes.
const SCORED_AT_ONCE: i64 = 4096;

/// The backbone at work.
pub struct Eye {
    pub backbone: Model,
    pub key: String,
    pub bank: Bank,
    preprocessing: Preprocessing,
    /// Covers up to this one have features, as far as is known.
    after: i64,
    /// Covers that cannot be read; told once.
    broken: HashSet<i64>,
}

impl Eye {
    /// With all features that are there; `None` without the backbone's weights.
    pub async fn open(session: &Session, plan: &Plan) -> Result<Option<Eye>> {
        if !backbone::file(&session.models()).is_file() {
            return Ok(None);
        }
        let (backbone, key) = features::pretrained(session, plan.device)?;
        let mut bank = Bank::default();
        bank.fill(&session.store, &key).await?;
        let preprocessing = match &plan.config.method {
            Method::Probe { preprocessing, .. } => *preprocessing,
            Method::Steps { .. } => Preprocessing::efficientnet_lite(backbone.net.spec().input),
        };
        Ok(Some(Eye {
            backbone,
            key,
            bank,
            preprocessing,
            after: 0,
            broken: HashSet::new(),
        }))
    }

    /// Looks from the first cover on: one may have joined the topic late, or been made again.
    pub fn look_again(&mut self) {
        self.after = 0;
    }

    /// Log-odds of all covers in the bank, in its order.
    pub fn log_odds(&self, loaded: &Loaded) -> Vec<f64> {
        log_odds(loaded, &self.bank.all())
    }
}

/// Calibrated log-odds of features.
pub fn log_odds(loaded: &Loaded, features: &Tensor) -> Vec<f64> {
    let count = features.size()[0];
    let mut all = Vec::with_capacity(count as usize);
    let mut from = 0;
    while from < count {
        let length = SCORED_AT_ONCE.min(count - from);
        let margins = scoring::margins_of(&loaded.model, &features.narrow(0, from, length));
        let margins = margins.expect("whoever has features has a way from them to a margin");
        all.extend(
            margins
                .into_iter()
                .map(|one| loaded.card.calibration.log_odds(one.into())),
        );
        from += length;
    }
    all
}

impl Watch<'_> {
    /// Scores what is unscored, a few covers' features computed first where they are missing;
    /// whether there was anything.
    pub(super) async fn features(&mut self) -> Result<bool> {
        let Some(eye) = &mut self.eye else {
            return self.pixels().await;
        };
        let (store, topic) = (&self.session.store, self.session.topic);
        let current = self.current.as_ref();
        let current = current.filter(|one| one.loaded.card.backbone.as_deref() == Some(&eye.key));
        let mut due = match current {
            Some(current) => {
                let unscored = store.unscored_members(topic, current.row.id, eye.after, LOOKED_AT);
                unscored.await?
            }
            None => {
                store
                    .unfeatured(topic, &eye.key, eye.after, PORTION as u32)
                    .await?
            }
        };
        if due.is_empty() {
            return self.pixels().await;
        }
        let ids: Vec<i64> = due.iter().map(|(cover, _)| *cover).collect();
        eye.bank.fetch(store, &eye.key, &ids).await?;
        let missing: Vec<i64> = ids
            .into_iter()
            .filter(|cover| !eye.bank.has(*cover))
            .collect();
        if let Some(beyond) = missing.get(PORTION) {
            due.retain(|(cover, _)| cover < beyond);
        }
        eye.after = due.last().map_or(eye.after, |(cover, _)| *cover);
        let few: Vec<i64> = missing.into_iter().take(PORTION).collect();
        compute(self.session, eye, &few).await?;
        due.retain(|(cover, _)| eye.bank.has(*cover));
        if let Some(current) = current {
            let covers: Vec<i64> = due.iter().map(|(cover, _)| *cover).collect();
            let odds = log_odds(&current.loaded, &eye.bank.of(&covers)?);
            let scores: Vec<Score> = due
                .iter()
                .zip(odds)
                .map(|((cover, pool), odds)| score(current, *cover, *pool, odds))
                .collect();
            store
                .put_scores(current.row.id, &scores, eye.bank.as_of(), cli::now())
                .await?;
        }
        Ok(true)
    }

    async fn pixels(&self) -> Result<bool> {
        let Some(current) = &self.current else {
            return Ok(false);
        };
        if current.loaded.card.backbone.is_some() {
            return Ok(false);
        }
        let (row, loaded, rates) = (&current.row, &current.loaded, &current.rates);
        let (scored, _) =
            finder::score_all(self.session, row, loaded, rates, self.plan.device).await?;
        Ok(scored > 0)
    }

    /// Scores every candidate that can be scored by this model.
    pub(super) async fn rescore(&self, current: &Current) -> Result<u64> {
        let eye = self.eye.as_ref();
        let Some(eye) = eye.filter(|eye| current.loaded.card.backbone.as_deref() == Some(&eye.key))
        else {
            let (row, loaded, rates) = (&current.row, &current.loaded, &current.rates);
            let all = finder::score_all(self.session, row, loaded, rates, self.plan.device);
            return Ok(all.await?.0);
        };
        let members = self.session.store.members(self.session.topic).await?;
        let odds = tokio::task::block_in_place(|| eye.log_odds(&current.loaded));
        let odds: std::collections::HashMap<i64, f64> =
            eye.bank.covers().iter().copied().zip(odds).collect();
        let scores: Vec<Score> = members
            .iter()
            .filter_map(|one| Some(score(current, one.cover, one.pool, *odds.get(&one.cover)?)))
            .collect();
        let put =
            self.session
                .store
                .put_scores(current.row.id, &scores, eye.bank.as_of(), cli::now());
        put.await?;
        Ok(scores.len() as u64)
    }
}

pub fn score(current: &Current, cover: i64, pool: Pool, log_odds: f64) -> Score {
    Score {
        cover,
        logit: Some(log_odds),
        probability: current.rates.probability(pool, log_odds),
    }
}

/// One cover that cannot be read keeps the others from nothing.
async fn compute(session: &Session, eye: &mut Eye, covers: &[i64]) -> Result<()> {
    let device = eye
        .backbone
        .params
        .iter()
        .next()
        .map(|param| param.tensor.device());
    let extractor = Extractor {
        model: &eye.backbone,
        key: &eye.key,
        preprocessing: eye.preprocessing,
        device: device.unwrap_or(tch::Device::Cpu),
    };
    let whole: Vec<i64> = covers
        .iter()
        .copied()
        .filter(|cover| !eye.broken.contains(cover))
        .collect();
    if whole.is_empty() {
        return Ok(());
    }
    if let Ok(rows) = extractor.compute(&session.store, &whole).await {
        return eye.bank.put(&rows);
    }
    for cover in whole {
        match extractor.compute(&session.store, &[cover]).await {
            Ok(rows) => eye.bank.put(&rows)?,
            Err(failure) => {
                eye.broken.insert(cover);
                let skipped = format!("cover {cover} is left out: {failure}");
                session.printer.warn(skipped);
            }
        }
    }
    Ok(())
}
