//! `plan`: memory and time before starting, measured on a few steps of the real net on
//! this machine.

use std::collections::HashSet;

use cli::{Exit, Outcome, Result};
use serde_json::json;

use crate::bench::{self, BenchPlan, Measured};
use crate::config::{Config, Method};
use crate::dataset::Dataset;
use crate::device;
use crate::features;
use crate::flags::Plan;
use crate::footprint::Footprint;
use crate::layers::Kernels;
use crate::memory;
use crate::session::Session;
use crate::views::{self, ViewMode};

/// Steps that are timed.
const STEPS: usize = 3;
/// Covers in a timed batch of a net that is not trained by steps.
const BATCH: usize = 16;
/// Measured: choosing and fitting the probe of one fold, per cover of the data set.
const PROBE_SECONDS_PER_COVER: f64 = 1e-3;

/// What a k-fold would cost.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Estimate {
    covers: usize,
    steps: u64,
    seconds: f64,
    /// What a new cover costs, in milliseconds.
    cover_ms: f64,
    footprint: Footprint,
}

/// Measures and tells.
///
/// # Errors
/// Bad input as of `kfold`, and what the database says.
pub async fn run(session: &Session, plan: &Plan) -> Result<Outcome> {
    let dataset = Dataset::read(session, &plan.config.labels).await?;
    dataset
        .divide(session, plan.config.folds, plan.seed)
        .await?;
    let missing = missing_features(session, &plan.config, &dataset).await?;
    device::set_threads(plan.threads);
    let before = memory::resident();
    let stopped = || session.stop.asked();
    let measured = tokio::task::block_in_place(|| bench::measure(&bench_plan(plan), &stopped))?;
    let Some(mut measured) = measured else {
        return Ok(Outcome {
            exit: Exit::Stopped,
            json: Some(json!({ "stopped": true })),
        });
    };
    // Squares were timed; time goes with the pixels.
    let preprocessing = plan.config.preprocessing();
    if preprocessing.views == ViewMode::Windows {
        measured.score_ms_per_cover *= views::pixels_against(preprocessing.side);
    }
    let steps_peak = memory::peak()
        .zip(before)
        .map(|(peak, held)| peak.saturating_sub(held));
    let counts = (dataset.covers.len(), missing);
    let estimate = estimate(&plan.config, counts, &measured);
    let available = memory::available();
    tell(session, &plan.config, &estimate, available);
    Ok(Outcome::done(json!({
        "net": plan.config.net().to_string(),
        "covers": estimate.covers,
        "folds": plan.config.folds,
        "epochs": plan.config.epochs(),
        "steps": estimate.steps,
        "train_step_ms": measured.train_step_ms,
        "score_ms_per_cover": measured.score_ms_per_cover,
        "seconds": estimate.seconds,
        "data_bytes": estimate.footprint.data,
        "peak_bytes": estimate.footprint.total() + before.unwrap_or(0),
        "available_bytes": available,
        "measured_steps": {
            "peak_bytes": steps_peak,
            "estimated_bytes": Footprint::of_steps(&plan.config).total(),
        },
    })))
}

fn bench_plan(plan: &Plan) -> BenchPlan {
    let (batch_size, kernels) = match &plan.config.method {
        Method::Steps { recipe, .. } => (recipe.batch_size, recipe.kernels),
        Method::Probe { .. } => (BATCH, Kernels::Auto),
    };
    BenchPlan {
        net: plan.config.net(),
        batch_size,
        steps: STEPS,
        kernels,
        device: plan.device,
    }
}

/// Covers whose features are still to be computed.
async fn missing_features(session: &Session, config: &Config, dataset: &Dataset) -> Result<usize> {
    let Method::Probe {
        backbone,
        preprocessing,
        ..
    } = &config.method
    else {
        return Ok(0);
    };
    let key = features::key(backbone, preprocessing.views);
    let known = session.store.featured(&key).await?;
    let known: HashSet<i64> = known.into_iter().collect();
    let is_missing = |cover: &&i64| !known.contains(*cover);
    Ok(dataset.ids().iter().filter(is_missing).count())
}

/// `missing`: covers of which features are to be computed.
fn estimate(config: &Config, (covers, missing): (usize, usize), measured: &Measured) -> Estimate {
    let (folds, epochs) = (config.folds, f64::from(config.epochs()));
    let steps = config.steps(covers - covers / folds) * folds as u64;
    let looks = if config.mirror() { 2.0 } else { 1.0 };
    let seconds = match measured.train_step_ms {
        // Each cover is tested in one fold, once an epoch.
        Some(step) => {
            let tested = covers as f64 * epochs * looks;
            let milliseconds = steps as f64 * step + tested * measured.score_ms_per_cover;
            milliseconds / 1e3
        }
        None => {
            let looked = missing as f64 * looks * measured.score_ms_per_cover / 1e3;
            let probes = PROBE_SECONDS_PER_COVER * covers as f64 * folds as f64;
            looked + probes
        }
    };
    Estimate {
        covers,
        steps,
        seconds,
        cover_ms: looks * measured.score_ms_per_cover,
        footprint: Footprint::of(config, covers),
    }
}

fn tell(session: &Session, config: &Config, estimate: &Estimate, available: Option<u64>) {
    let work = match &config.method {
        Method::Steps { recipe, .. } => format!(
            "{} folds of {} epochs, {} steps of {} covers",
            config.folds, recipe.epochs, estimate.steps, recipe.batch_size
        ),
        Method::Probe { preprocessing, .. } => format!(
            "features of {}, {:.0} ms a cover; then {} probes",
            match preprocessing.views {
                ViewMode::Whole => "whole covers",
                ViewMode::Windows => "windows",
            },
            estimate.cover_ms,
            config.folds
        ),
    };
    session.printer.table(&[
        ("net", config.net().to_string()),
        ("covers", estimate.covers.to_string()),
        ("work", work),
        ("time", format!("about {}", duration(estimate.seconds))),
        ("memory", memory::text(estimate.footprint.total())),
        (
            "available",
            available.map_or("unknown".into(), memory::text),
        ),
    ]);
}

/// `50 s`, `12 min` or `2.5 h`.
fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::TrainFlags;
    use crate::nets::Net;

    const MEASURED: Measured = Measured {
        train_step_ms: Some(100.0),
        score_ms_per_cover: 1.0,
    };

    #[test]
    fn steps_and_time_are_counted_as_by_hand() {
        let flags = TrainFlags {
            epochs: Some(2),
            batch_size: Some(10),
            ..TrainFlags::default()
        };
        let config = flags.plan(None, Net::LeNet).expect("a CPU").config;
        let estimate = estimate(&config, (80, 0), &MEASURED);
        // 60 covers a fold make 6 steps; 4 folds, 2 epochs; each cover seen twice over.
        assert_eq!(estimate.steps, 6 * 4 * 2);
        assert!((estimate.seconds - (4.8 + 80.0 * 2.0 * 2.0 / 1e3)).abs() < 1e-9);
    }

    #[test]
    fn features_that_are_there_cost_nothing() {
        let plan = TrainFlags::default().plan(None, Net::EfficientNetLite0);
        let config = plan.expect("a CPU").config;
        let measured = Measured {
            train_step_ms: None,
            ..MEASURED
        };
        let of = |missing| estimate(&config, (1000, missing), &measured).seconds;
        assert!((of(1000) - of(0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        assert_eq!(duration(42.0), "42 s");
        assert_eq!(duration(600.0), "10 min");
        assert_eq!(duration(9_000.0), "2.5 h");
    }
}
