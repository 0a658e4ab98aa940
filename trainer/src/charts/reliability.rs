//! Whether probabilities mean what they say.

use plotters::prelude::*;

use super::ranking::shares;
use super::{ACCENT, Axes, Chart, QUIET, dashed, draw, legend, solid};
use crate::error::Error;
use crate::metrics::{self, CALIBRATION_BINS};

const SIZE: (u32, u32) = (440, 420);

/// Observed against predicted share in bins of equal mass.
pub fn reliability(labels: &[bool], probabilities: &[f64]) -> Result<Chart, Error> {
    let bins = metrics::reliability(labels, probabilities, CALIBRATION_BINS);
    let error = metrics::expected_calibration_error(labels, probabilities, CALIBRATION_BINS);
    let title = match labels.is_empty() {
        true => "Calibration needs predictions".into(),
        false => format!("Calibration, mean error {error:.3}"),
    };
    let axes = Axes {
        x: "predicted probability",
        y: "observed share of the topic",
        ..shares(&title)
    };
    let points: Vec<(f64, f64)> = bins
        .iter()
        .map(|bin| (bin.predicted, bin.observed))
        .collect();
    draw(SIZE, |area| {
        let mut plane = axes.draw(area)?;
        dashed(
            &mut plane,
            vec![(0.0, 0.0), (1.0, 1.0)],
            QUIET,
            Some("as it should be"),
        )?;
        solid(&mut plane, points.clone(), ACCENT, 2, Some("out of fold"))?;
        let dot = |point| Circle::new(point, 4, ACCENT.filled());
        plane.draw_series(points.into_iter().map(dot))?;
        legend(&mut plane, SeriesLabelPosition::UpperLeft)
    })
}
