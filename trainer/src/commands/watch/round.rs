//! The cheap round: a cross-validated, calibrated probe at once.

use std::time::Instant;

use cli::Result;
use serde_json::json;
use store::training::{NewModel, NewRun, RoundKind, RunCover, RunId};

use super::candidate::Candidate;
use super::eye::Eye;
use super::{Current, Watch};
use crate::atomic;
use crate::calibration::{self, Predicted};
use crate::commands::threshold::Choice;
use crate::commands::{fit, suspects};
use crate::cross_fit::{CrossFit, cross_fit};
use crate::dataset::Dataset;
use crate::error::Error;
use crate::folds::{Folds, check_classes};
use crate::models::Loaded;
use crate::nets::{Model, Net};
use crate::probe::Examples;
use crate::rates::{self, Prior, Rates};
use crate::threshold::Aim;
use crate::weights::{self, Calibration, Card};

/// With few labels a class may not fill as many folds as are usual.
const LEAST_FOLDS: usize = 2;

/// A data set, divided.
struct Material {
    dataset: Dataset,
    blocks: Vec<usize>,
    folds: Folds,
}

impl Watch<'_> {
    /// Trains, compares, promotes, scores.
    pub(super) async fn cheap_round(&mut self) -> Result<()> {
        let began = Instant::now();
        let Some(eye) = &mut self.eye else {
            let mode = self.plan.config.preprocessing().views;
            let (_, _) = crate::features::pretrained(self.session, mode, self.plan.device)?;
            return Ok(());
        };
        let mut stages = Stages::new();
        let material = read(self.session, self.plan, eye).await?;
        stages.end("read");
        let labels = material.dataset.labels();
        let topics = labels.iter().filter(|label| **label).count() as i64;
        let counts = (labels.len() as i64, topics);
        let (store, topic) = (&self.session.store, self.session.topic);
        let round = store
            .begin_round(topic, RoundKind::Labels, counts, cli::now())
            .await?;
        let fitted = tokio::task::block_in_place(|| {
            let views = eye.bank.of(&material.dataset.ids())?;
            let examples = Examples {
                views: &views,
                labels: &labels,
                blocks: &material.blocks,
            };
            Ok::<_, cli::Failure>(cross_fit(&examples, &material.folds))
        })?;
        stages.end("fit");
        let run = self.store_run(&material, &fitted, began).await?;
        let new = self.save(&material, &fitted, run).await?;
        store.round_made(round, Some(run), new.row.id).await?;
        stages.end("save");
        let candidate = Candidate {
            round,
            run,
            new,
            gain: fitted.gain,
            began,
        };
        self.conclude(candidate).await?;
        stages.end("compare and score");
        self.session.printer.note(stages.told());
        Ok(())
    }

    /// All of it in one transaction: there is no unfinished run of a round.
    async fn store_run(
        &self,
        material: &Material,
        fitted: &CrossFit,
        began: Instant,
    ) -> Result<RunId> {
        let session = self.session;
        let Material {
            dataset,
            blocks,
            folds,
        } = material;
        let mut config = self.plan.config.clone();
        config.folds = folds.count();
        let row = |(cover, (fold, block)): (&store::label::Labeled, (&usize, &usize))| RunCover {
            cover: cover.cover,
            label: cover.label,
            fold: *fold as u32,
            block: Some(*block as u32),
        };
        let covers = dataset.covers.iter().zip(folds.of().iter().zip(blocks));
        let new = NewRun {
            net: config.net().to_string(),
            recipe: "watch".into(),
            // Not what kfold would store: its choice of the strength is nested.
            config: json!({ "watch": config }).to_string(),
            seed: self.plan.seed as i64,
            folds: folds.count() as u32,
            dataset: dataset.fingerprint(Some(folds)),
            last_event: dataset.last_event,
            code: env!("WHISKER_CODE").into(),
            device: self.plan.device_name(),
            threads: self.plan.threads as u32,
            covers: covers.map(row).collect(),
        };
        let took = (began.elapsed().as_secs_f64(), cli::now());
        let added = session
            .store
            .add_finished_run(session.topic, &new, &fitted.margins, took);
        let run = added.await?;
        suspects::store(session, run).await?;
        Ok(run)
    }

    /// The file first, then the row that names it.
    async fn save(&self, material: &Material, fitted: &CrossFit, run: RunId) -> Result<Current> {
        let session = self.session;
        let eye = self.eye.as_ref().expect("a cheap round has a backbone");
        let dataset = &material.dataset;
        let calibration = calibrate(material, fitted);
        let aim = self.aim();
        let choice = Choice {
            aim,
            run: Some(run),
            calibration,
            rate: rates::of_pools(session).await?.0,
        };
        let card = Card {
            net: Net::EfficientNetLite0.to_string(),
            topic: session.topic_name.clone(),
            run: run.number().to_string(),
            resize_rule: dataset.resize_rule.clone(),
            preprocessing: self.plan.config.preprocessing(),
            mirror: false,
            backbone: Some(eye.key.clone()),
            calibration,
            base_rate: Some(dataset.base_rate()),
            aim: Some(aim.to_string()),
            threshold: choice.make(session).await?,
        };
        let mode = card.preprocessing.views;
        let model = Model::looking(Net::EfficientNetLite0, mode, self.plan.device);
        model.params.copy_from(&eye.backbone.params);
        model.params.put(&fitted.probe.tensors());
        let bytes = weights::to_bytes(&model.params, &card);
        let sha256 = cover::sha256(&bytes);
        let name = fit::name(&session.topic_name, &card.net, &sha256);
        atomic::write(&session.model_file(&name), &bytes)?;
        let new = NewModel {
            name: name.clone(),
            run: Some(run),
            net: card.net.clone(),
            sha256,
            config: json!({
                "watch": self.plan.config,
                "run": run.number(),
                "strength": fitted.probe.strength,
            })
            .to_string(),
            last_event: dataset.last_event,
        };
        session
            .store
            .add_model(session.topic, &new, cli::now())
            .await?;
        let row = session.store.model_named(session.topic, &name).await?;
        let rates = Rates::read(session, &row, &card, Prior::Auto).await?;
        let loaded = Loaded { name, card, model };
        Ok(Current { row, loaded, rates })
    }

    /// What the threshold of the model in use is for stays so in the next one.
    pub(super) fn aim(&self) -> Aim {
        let card = self.current.as_ref().map(|current| &current.loaded.card);
        let aim = card.and_then(|card| card.aim.as_ref()?.parse().ok());
        aim.unwrap_or_default()
    }
}

/// The labels whose covers have features; the others follow as soon as they have.
async fn read(
    session: &crate::session::Session,
    plan: &crate::flags::Plan,
    eye: &mut Eye,
) -> Result<Material> {
    let mut dataset = Dataset::read(session, &plan.config.labels).await?;
    let ids = dataset.ids();
    eye.bank.fetch(&session.store, &eye.key, &ids).await?;
    dataset.covers.retain(|cover| eye.bank.has(cover.cover));
    check_classes(&dataset.labels()).map_err(Error::from)?;
    let blocks = dataset.blocks(session, plan.config.folds).await?.of;
    let labels = dataset.labels();
    let mut count = plan.config.folds;
    loop {
        match Folds::stratified(&labels, &blocks, count, plan.seed) {
            Ok(folds) => {
                return Ok(Material {
                    dataset,
                    blocks,
                    folds,
                });
            }
            Err(_) if count > LEAST_FOLDS => count -= 1,
            Err(error) => return Err(Error::from(error).into()),
        }
    }
}

fn calibrate(material: &Material, fitted: &CrossFit) -> Calibration {
    let rows = material.dataset.covers.iter().zip(&fitted.margins);
    let predicted: Vec<Predicted> = rows
        .zip(material.folds.of())
        .map(|((cover, margin), fold)| Predicted {
            label: cover.label,
            margin: *margin,
            fold: *fold,
        })
        .collect();
    calibration::if_it_helps(&predicted)
}

/// What a round spends its time on.
struct Stages {
    last: Instant,
    told: Vec<String>,
}

impl Stages {
    fn new() -> Stages {
        Stages {
            last: Instant::now(),
            told: Vec::new(),
        }
    }

    fn end(&mut self, stage: &str) {
        self.told.push(format!(
            "{stage} {:.2} s",
            self.last.elapsed().as_secs_f64()
        ));
        self.last = Instant::now();
    }

    fn told(&self) -> String {
        self.told.join(", ")
    }
}
