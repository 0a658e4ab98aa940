//! The range test of `--lr auto`: loss against rate, and what was chosen.

use plotters::prelude::*;

use super::{ACCENT, Axes, Chart, QUIET, draw, legend, solid};
use crate::error::Error;
use crate::rate_range::smooth;

const SIZE: (u32, u32) = (440, 340);

/// Loss of every step of a range test and its running mean, with the rate that was taken.
pub fn range_test(title: &str, points: &[(f64, f64)], taken: f64) -> Result<Chart, Error> {
    let smoothed = smooth(points);
    let exponents: Vec<f64> = points.iter().map(|(rate, _)| rate.log10()).collect();
    let (first, last) = ends(&exponents);
    let most = smoothed.first().copied().unwrap_or(1.0) * 2.0;
    let along = |losses: Vec<f64>| -> Vec<(f64, f64)> {
        let shown = exponents.iter().copied().zip(losses);
        shown.map(|(rate, loss)| (rate, loss.min(most))).collect()
    };
    draw(SIZE, |area| {
        let mut plane = Axes {
            title,
            x: "learning rate",
            y: "loss (nats)",
            x_range: first..last,
            y_range: 0.0..most,
            number: |loss| format!("{loss:.1}"),
            x_number: |exponent| format!("1e{exponent:.0}"),
        }
        .draw(area)?;
        let raw = points.iter().map(|(_, loss)| *loss).collect();
        solid(&mut plane, along(raw), QUIET, 1, Some("each step"))?;
        solid(
            &mut plane,
            along(smoothed.clone()),
            ACCENT,
            2,
            Some("running mean"),
        )?;
        let at = vec![(taken.log10(), 0.0), (taken.log10(), most)];
        solid(&mut plane, at, super::INK, 1, Some("taken"))?;
        legend(&mut plane, SeriesLabelPosition::LowerLeft)
    })
}

/// The axis: at least a decade.
fn ends(exponents: &[f64]) -> (f64, f64) {
    let first = exponents.first().copied().unwrap_or(-7.0);
    let last = exponents.last().copied().unwrap_or(0.0);
    (first, last.max(first + 1.0))
}
