//! `bench`: how fast a net trains and scores here, on random pixels.

use cli::{Exit, Failure, Outcome, Printer, Result, Stop};
use serde_json::json;

use crate::bench::{BenchPlan, measure};
use crate::device;
use crate::footprint::Footprint;
use crate::memory;

/// Measures and prints medians.
///
/// # Errors
/// Bad input: a batch that does not fit into the memory of this machine.
pub fn run(printer: &Printer, plan: &BenchPlan, threads: usize, stop: &Stop) -> Result<Outcome> {
    check_memory(plan)?;
    device::set_threads(threads);
    let stopped = || stop.asked();
    let Some(measured) = tokio::task::block_in_place(|| measure(plan, &stopped))? else {
        return Ok(Outcome {
            exit: Exit::Stopped,
            json: Some(json!({ "net": plan.net.to_string(), "stopped": true })),
        });
    };
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

/// Said before it is tried: a machine without memory stops answering.
fn check_memory(plan: &BenchPlan) -> Result<()> {
    let needed = Footprint::of_bench(plan.net, plan.batch_size).total();
    match memory::available() {
        Some(available) if plan.device == tch::Device::Cpu && needed > available => {
            Err(Failure::usage(format!(
                "a step of {} covers needs about {}, and {} are free\nGive a smaller --batch-size.",
                plan.batch_size,
                memory::text(needed),
                memory::text(available)
            )))
        }
        _ => Ok(()),
    }
}
