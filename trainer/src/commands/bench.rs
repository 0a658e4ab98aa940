//! `bench`: how fast a net trains and scores here, on random pixels.

use cli::{Outcome, Printer, Result};
use serde_json::json;

use crate::bench::{BenchPlan, measure};
use crate::device;

/// Measures and prints medians.
///
/// # Errors
/// None in practice: random pixels have a finite loss.
pub fn run(printer: &Printer, plan: &BenchPlan, threads: usize) -> Result<Outcome> {
    device::set_threads(threads);
    let measured = tokio::task::block_in_place(|| measure(plan))?;
    printer.table(&[
        ("net", plan.net.to_string()),
        ("threads", threads.to_string()),
        (
            "training step",
            measured
                .train_step_ms
                .map_or("none: only a probe is fitted".into(), |step| {
                    format!("{step:.1} ms for {} covers", plan.batch_size)
                }),
        ),
        (
            "scoring",
            format!("{:.2} ms a cover", measured.score_ms_per_cover),
        ),
    ]);
    Ok(Outcome::done(json!({
        "net": plan.net.to_string(),
        "threads": threads,
        "batch_size": plan.batch_size,
        "train_step_ms": measured.train_step_ms,
        "score_ms_per_cover": measured.score_ms_per_cover,
    })))
}
