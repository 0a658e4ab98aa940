//! How often claims hold.

use labeler::interval;
use serde::Serialize;

use crate::round::{CLAIMS, Told};

/// A claim over all runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tally {
    pub claim: &'static str,
    pub runs: u64,
    pub held: u64,
    /// Mean of what was true.
    pub truth: f64,
    /// Means of both ends, of the runs that said a finite one.
    pub low: f64,
    pub high: f64,
    pub bounded: u64,
    /// The share of runs in which it held lies between these, at 95 %.
    pub interval: (f64, f64),
}

/// One for each claim.
pub fn tallies(told: &[Told]) -> Vec<Tally> {
    CLAIMS.into_iter().map(|claim| tally(claim, told)).collect()
}

fn tally(claim: &'static str, told: &[Told]) -> Tally {
    let of: Vec<_> = told.iter().filter(|told| told.claim == claim).collect();
    let holds = |told: &&&Told| (told.low..=told.high).contains(&told.truth);
    let held = of.iter().filter(holds).count() as u64;
    let runs = of.len() as u64;
    let mean = |all: &[f64]| all.iter().sum::<f64>() / all.len().max(1) as f64;
    let each = |value: fn(&Told) -> f64| -> Vec<f64> { of.iter().map(|t| value(t)).collect() };
    let mut highs = each(|told| told.high);
    highs.retain(|high| high.is_finite());
    Tally {
        claim,
        runs,
        held,
        truth: mean(&each(|told| told.truth)),
        low: mean(&each(|told| told.low)),
        high: mean(&highs),
        bounded: highs.len() as u64,
        interval: interval::share(held, runs),
    }
}
