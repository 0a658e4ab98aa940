//! Features of new covers, a portion at a time, and scores of those that have them.

use std::collections::HashSet;

use cli::Result;
use store::Pool;

use super::{Current, Watch};
use crate::backbone;
use crate::bank::Bank;
use crate::config::Method;
use crate::features::{self, Extractor};
use crate::finder;
use crate::flags::Plan;
use crate::models::{Judged, Loaded};
use crate::nets::Model;
use crate::preprocessing::Preprocessing;
use crate::session::Session;
use crate::views::ViewMode;

/// Covers computed between two looks at the news: half a second.
const PORTION: usize = 8;
/// Covers looked at for want of a score.
const LOOKED_AT: u32 = 1000;
/// Covers scored at once: with all their views and ImageNet's thousand classes, some sixty
/// megabytes.
const SCORED_AT_ONCE: usize = 256;

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
        let preprocessing = match &plan.config.method {
            Method::Probe { preprocessing, .. } => *preprocessing,
            Method::Steps { .. } => Preprocessing::backbone(ViewMode::default_of_backbones()),
        };
        let (backbone, key) = features::pretrained(session, preprocessing.views, plan.device)?;
        let mut bank = Bank::new(preprocessing.views);
        bank.fill(&session.store, &key).await?;
        Ok(Some(Eye {
            backbone,
            key,
            bank,
            preprocessing,
            after: 0,
            broken: HashSet::new(),
        }))
    }

    /// In which views covers are looked at.
    pub fn mode(&self) -> ViewMode {
        self.preprocessing.views
    }

    /// Looks from the first cover on: one may have joined the topic late, or been made again.
    pub fn look_again(&mut self) {
        self.after = 0;
    }

    /// What a model says of covers in the bank, in their order.
    ///
    /// # Errors
    /// A cover that the bank does not know.
    pub fn judge(&self, loaded: &Loaded, covers: &[i64]) -> Result<Vec<Judged>> {
        let mut all = Vec::with_capacity(covers.len());
        for few in covers.chunks(SCORED_AT_ONCE) {
            let judged = loaded.judge(&self.bank.of(few)?);
            all.extend(judged.expect("whoever has features has a way from them to a margin"));
        }
        Ok(all)
    }
}

impl Watch<'_> {
    /// Scores what is unscored, a few covers' features computed first where they are missing;
    /// whether there was anything.
    pub(super) async fn features(&mut self) -> Result<bool> {
        let Some(eye) = &mut self.eye else {
            return self.score_without_bank().await;
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
            return self.score_without_bank().await;
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
            let judged = eye.judge(&current.loaded, &covers)?;
            let scores = finder::scores(&due, judged, &current.rates);
            store
                .put_scores(current.row.id, &scores, eye.bank.as_of(), cli::now())
                .await?;
        }
        Ok(true)
    }

    /// Scores by a current model that looks at pixels, or at other views than the eye does:
    /// it is the one in use until labels make another.
    async fn score_without_bank(&self) -> Result<bool> {
        let Some(current) = &self.current else {
            return Ok(false);
        };
        let eye = self.eye.as_ref().map(|eye| &eye.key);
        let looks = &current.loaded.card.backbone;
        if looks.is_some() && looks.as_ref() == eye {
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
        let known: Vec<(i64, Pool)> = members
            .iter()
            .filter(|one| eye.bank.has(one.cover))
            .map(|one| (one.cover, one.pool))
            .collect();
        let covers: Vec<i64> = known.iter().map(|(cover, _)| *cover).collect();
        let judged = tokio::task::block_in_place(|| eye.judge(&current.loaded, &covers))?;
        let scores = finder::scores(&known, judged, &current.rates);
        let put =
            self.session
                .store
                .put_scores(current.row.id, &scores, eye.bank.as_of(), cli::now());
        put.await?;
        Ok(scores.len() as u64)
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
        eye.bank.put(rows);
        return Ok(());
    }
    for cover in whole {
        match extractor.compute(&session.store, &[cover]).await {
            Ok(rows) => eye.bank.put(rows),
            Err(failure) => {
                eye.broken.insert(cover);
                let skipped = format!("cover {cover} is left out: {failure}");
                session.printer.warn(skipped);
            }
        }
    }
    Ok(())
}
