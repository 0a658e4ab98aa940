//! Models by name: the current one, one of the database, or a file.

use std::path::{Path, PathBuf};

use cli::{Failure, Result};
use store::training::{ModelRow, Region};
use tch::Device;

use crate::metrics::sigmoid;
use crate::nets::Model;
use crate::scoring;
use crate::session::Session;
use crate::tensors::Covers;
use crate::views::{Largest, ViewSet};
use crate::weights::{self, Card};

/// A model that can score.
#[derive(Debug)]
pub struct Loaded {
    /// Its name, or its file's.
    pub name: String,
    /// What its file says of it.
    pub card: Card,
    /// The net.
    pub model: Model,
}

/// What a model says of a cover, and where it saw it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judged {
    /// Calibrated.
    pub log_odds: f64,
    /// The view that decided; `None`: the whole cover.
    pub region: Option<Region>,
}

impl Judged {
    /// Of a model that has one view.
    pub fn whole(log_odds: f64) -> Judged {
        Judged {
            log_odds,
            region: None,
        }
    }
}

impl Loaded {
    /// What is said of covers by their views, in their order; `None` of a model without a probe.
    pub fn judge(&self, views: &ViewSet) -> Option<Vec<Judged>> {
        let largest = scoring::largest_of(&self.model, views)?;
        let calibration = self.card.calibration;
        let judged = |(cover, largest): (usize, Largest)| Judged {
            log_odds: calibration.log_odds(largest.margin.into()),
            region: views.region(cover, largest.row),
        };
        Some(largest.into_iter().enumerate().map(judged).collect())
    }

    /// Calibrated log-odds of covers at the side that the model takes, in their order.
    pub fn log_odds(&self, covers: &Covers) -> Vec<f64> {
        let rows: Vec<i64> = (0..covers.len() as i64).collect();
        let card = &self.card;
        let margins =
            scoring::margins(&self.model, covers, &rows, &card.preprocessing, card.mirror);
        let log_odds = |margin: f32| card.calibration.log_odds(margin.into());
        margins.into_iter().map(log_odds).collect()
    }

    /// Their probabilities at the base rate of the labels.
    pub fn probabilities(&self, covers: &Covers) -> Vec<f64> {
        self.log_odds(covers).into_iter().map(sigmoid).collect()
    }
}

/// The row of `--model NAME`, or of the current model.
///
/// # Errors
/// Bad input when there is none.
pub async fn row(session: &Session, name: Option<&str>) -> Result<ModelRow> {
    if let Some(name) = name {
        return Ok(session.store.model_named(session.topic, name).await?);
    }
    let current = session.store.current_model(session.topic).await?;
    current.ok_or_else(|| {
        Failure::usage(format!(
            "there is no model of \"{}\" yet\nRun trainer fit; it needs some labeled covers.",
            session.topic_name
        ))
    })
}

/// Loads the weights of a row.
///
/// # Errors
/// A file that is missing, damaged, or of another net.
pub fn load(session: &Session, row: &ModelRow, device: Device) -> Result<Loaded> {
    from_file(&session.model_file(&row.name), row.name.clone(), device)
}

/// Loads `--model`: a name, a path to a file, or by default the current model.
///
/// # Errors
/// As [`row`] and [`load`].
pub async fn named_or_file(
    session: &Session,
    name: Option<&str>,
    device: Device,
) -> Result<Loaded> {
    match name.filter(|name| Path::new(name).is_file()) {
        Some(path) => from_file(&PathBuf::from(path), path.into(), device),
        None => load(session, &row(session, name).await?, device),
    }
}

fn from_file(path: &Path, name: String, device: Device) -> Result<Loaded> {
    let (card, model) = weights::load(path, device).map_err(|error| {
        Failure::usage(format!(
            "the model {name} cannot be used: {error}\n\
             trainer fit makes a new one; trainer runs lists the others."
        ))
    })?;
    Ok(Loaded { name, card, model })
}
