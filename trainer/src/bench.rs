//! How fast a net trains and scores on this machine, on random pixels.

use std::ops::ControlFlow;
use std::time::Instant;

use rand::Rng;
use tch::Device;

use crate::error::Error;
use crate::keyed::{Purpose, generator};
use crate::layers::Kernels;
use crate::nets::{Model, Net};
use crate::preprocessing::Preprocessing;
use crate::recipe::{Recipe, RecipeName};
use crate::scoring;
use crate::tensors::Covers;
use crate::training::{Event, Task, train};

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct BenchPlan {
    /// The net.
    pub net: Net,
    /// Covers in a step.
    pub batch_size: usize,
    /// Steps that are timed; a few more warm up.
    pub steps: usize,
    /// How convolutions are carried out.
    pub kernels: Kernels,
    /// Where to compute.
    pub device: Device,
}

/// Medians.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// One step of a batch: forward, backward and the optimizer, in milliseconds; `None`
    /// of a net that is not trained by steps.
    pub train_step_ms: Option<f64>,
    /// One cover of a batch, scored without its mirror image, in milliseconds.
    pub score_ms_per_cover: f64,
}

/// Steps before the clock counts: first calls allocate and choose kernels.
const WARM_UP: usize = 2;

/// Trains by the article's recipe, which augments nothing, and scores. `None` once `stopped`
/// says so, which is asked between two steps.
///
/// # Errors
/// None in practice: random pixels have a finite loss.
pub fn measure(plan: &BenchPlan, stopped: &dyn Fn() -> bool) -> Result<Option<Measured>, Error> {
    let spec = plan.net.spec();
    let covers = random_covers(spec.input, plan);
    let rows: Vec<i64> = (0..plan.batch_size as i64).collect();
    let (model, train_step_ms) = match spec.steps {
        Some(_) => {
            let Some((model, step)) = measure_steps(plan, &covers, &rows, stopped)? else {
                return Ok(None);
            };
            (model, Some(step))
        }
        // Zeros multiply as fast as any other weights.
        None => (Model::blank(plan.net, plan.device), None),
    };
    let preprocessing = Preprocessing::article(spec.input);
    let mut scored = Vec::new();
    for _ in 0..plan.steps + WARM_UP {
        if stopped() {
            return Ok(None);
        }
        let started = Instant::now();
        scoring::margins(&model, &covers, &rows, &preprocessing, false);
        scored.push(milliseconds(started, Instant::now()) / rows.len() as f64);
    }
    Ok(Some(Measured {
        train_step_ms,
        score_ms_per_cover: median(scored.split_off(WARM_UP)),
    }))
}

/// The net after some steps, and the median of a step.
fn measure_steps(
    plan: &BenchPlan,
    covers: &Covers,
    rows: &[i64],
    stopped: &dyn Fn() -> bool,
) -> Result<Option<(Model, f64)>, Error> {
    let mut recipe = Recipe::new(RecipeName::Article, plan.net);
    recipe.batch_size = plan.batch_size;
    recipe.kernels = plan.kernels;
    recipe.epochs = u32::try_from(plan.steps + WARM_UP).unwrap_or(u32::MAX);
    let task = Task::new(covers, rows, &recipe, plan.device);
    let mut marks = vec![Instant::now()];
    let trained = train(&task, &mut |event| {
        if matches!(event, Event::Step(_)) {
            marks.push(Instant::now());
        }
        match stopped() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    let Some(trained) = trained else {
        return Ok(None);
    };
    let steps = marks.windows(2).map(|pair| milliseconds(pair[0], pair[1]));
    Ok(Some((trained.model, median(steps.skip(WARM_UP).collect()))))
}

fn random_covers(side: i64, plan: &BenchPlan) -> Covers {
    let mut rng = generator(1, Purpose::Bench, &[]);
    let pictures: Vec<Vec<u8>> = (0..plan.batch_size)
        .map(|_| {
            let mut picture = vec![0; (side * side * 3) as usize];
            rng.fill_bytes(&mut picture);
            picture
        })
        .collect();
    let labels: Vec<i64> = (0..plan.batch_size as i64).map(|row| row % 2).collect();
    Covers::from_rgb(side, &pictures, &labels, plan.device)
}

fn milliseconds(from: Instant, to: Instant) -> f64 {
    (to - from).as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_net_is_measured_in_positive_milliseconds() {
        let plan = BenchPlan {
            net: Net::ResNet,
            batch_size: 2,
            steps: 1,
            kernels: Kernels::Auto,
            device: Device::Cpu,
        };
        let measured = measure(&plan, &|| false).expect("random pixels train");
        let measured = measured.expect("nobody stops it");
        assert!(measured.train_step_ms.is_some_and(|step| step > 0.0));
        assert!(measured.score_ms_per_cover > 0.0);
    }

    #[test]
    fn whoever_stops_it_waits_for_one_step_at_most() {
        let asked = std::cell::Cell::new(0);
        let plan = BenchPlan {
            net: Net::ResNet,
            batch_size: 2,
            steps: 1_000_000,
            kernels: Kernels::Auto,
            device: Device::Cpu,
        };
        let stopped = || asked.replace(asked.get() + 1) >= 2;
        let measured = measure(&plan, &stopped).expect("random pixels train");
        assert_eq!((measured, asked.get()), (None, 3));
    }

    #[test]
    fn the_median_is_the_middle_and_one_outlier_does_not_move_it() {
        assert_eq!(median(vec![3.0, 1000.0, 1.0]), 3.0);
    }
}
