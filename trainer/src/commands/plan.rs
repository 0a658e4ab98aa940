//! `plan`: memory and time before starting, measured on a few steps of the real net on
//! this machine.

use cli::{Outcome, Result};
use serde_json::json;

use crate::bench::{self, BenchPlan, Measured};
use crate::dataset::Dataset;
use crate::device;
use crate::flags::Plan;
use crate::memory;
use crate::session::Session;
use crate::tensors::batch_count;

/// Steps that are timed.
const STEPS: usize = 3;

/// What a k-fold would cost.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Estimate {
    covers: usize,
    steps: u64,
    seconds: f64,
    /// Of the data set's pixels.
    data_bytes: u64,
    /// Of everything, data included.
    peak_bytes: Option<u64>,
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
    device::set_threads(plan.threads);
    let recipe = &plan.config.recipe;
    let measured = tokio::task::block_in_place(|| {
        bench::measure(&BenchPlan {
            net: recipe.net,
            batch_size: recipe.batch_size,
            steps: STEPS,
            kernels: recipe.kernels,
            device: plan.device,
        })
    })?;
    let estimate = estimate(plan, dataset.covers.len(), &measured, memory::peak());
    let available = memory::available();
    tell(session, plan, &estimate, available);
    Ok(Outcome::done(json!({
        "net": recipe.net.to_string(),
        "covers": estimate.covers,
        "folds": plan.config.folds,
        "epochs": recipe.epochs,
        "steps": estimate.steps,
        "train_step_ms": measured.train_step_ms,
        "seconds": estimate.seconds,
        "data_bytes": estimate.data_bytes,
        "peak_bytes": estimate.peak_bytes,
        "available_bytes": available,
    })))
}

fn estimate(plan: &Plan, covers: usize, measured: &Measured, peak: Option<u64>) -> Estimate {
    let recipe = &plan.config.recipe;
    let (folds, epochs) = (plan.config.folds, u64::from(recipe.epochs));
    let trained = covers - covers / folds;
    let steps = batch_count(trained, recipe.batch_size) as u64 * epochs * folds as u64;
    let views = if recipe.mirror { 2.0 } else { 1.0 };
    // Each cover is tested in one fold, once an epoch.
    let tested = covers as f64 * epochs as f64 * views;
    let milliseconds = steps as f64 * measured.train_step_ms + tested * measured.score_ms_per_cover;
    let side = recipe.preprocessing.side as u64;
    let data_bytes = covers as u64 * 3 * side * side;
    Estimate {
        covers,
        steps,
        seconds: milliseconds / 1e3,
        data_bytes,
        // Chunks and their concatenation are held at once while covers are read.
        peak_bytes: peak.map(|peak| peak + 2 * data_bytes),
    }
}

fn tell(session: &Session, plan: &Plan, estimate: &Estimate, available: Option<u64>) {
    let known = |bytes: Option<u64>| bytes.map_or("unknown".into(), memory::text);
    session.printer.table(&[
        ("net", plan.config.net().to_string()),
        ("covers", estimate.covers.to_string()),
        (
            "work",
            format!(
                "{} folds of {} epochs, {} steps of {} covers",
                plan.config.folds,
                plan.config.recipe.epochs,
                estimate.steps,
                plan.config.recipe.batch_size
            ),
        ),
        ("time", format!("about {}", duration(estimate.seconds))),
        ("memory", known(estimate.peak_bytes)),
        ("available", known(available)),
    ]);
    if let (Some(needed), Some(there)) = (estimate.peak_bytes, available)
        && needed > there
    {
        session.printer.warn(
            "this may not fit in memory; a smaller --batch-size or a net with a smaller input does",
        );
    }
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

    #[test]
    fn steps_and_time_are_counted_as_by_hand() {
        let flags = TrainFlags {
            epochs: Some(2),
            batch_size: Some(10),
            ..TrainFlags::default()
        };
        let plan = flags.plan(None, Net::LeNet).expect("a CPU");
        let measured = Measured {
            train_step_ms: 100.0,
            score_ms_per_cover: 1.0,
        };
        let estimate = estimate(&plan, 80, &measured, Some(1_000));
        // 60 covers a fold make 6 steps; 4 folds, 2 epochs; each cover seen twice over.
        assert_eq!(estimate.steps, 6 * 4 * 2);
        assert!((estimate.seconds - (4.8 + 80.0 * 2.0 * 2.0 / 1e3)).abs() < 1e-9);
        assert_eq!(estimate.data_bytes, 80 * 3 * 240 * 240);
        assert_eq!(estimate.peak_bytes, Some(1_000 + 2 * estimate.data_bytes));
    }

    #[test]
    fn durations_are_told_in_the_unit_that_fits() {
        assert_eq!(duration(42.0), "42 s");
        assert_eq!(duration(600.0), "10 min");
        assert_eq!(duration(9_000.0), "2.5 h");
    }
}
