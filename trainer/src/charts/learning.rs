//! Whether more labels helped, and would help: accuracy against covers labeled.

use plotters::prelude::*;

use super::{ACCENT, Axes, Chart, QUIET, draw, percent, solid};
use crate::error::Error;
use crate::metrics::Interval;

const SIZE: (u32, u32) = (440, 420);

/// A run among others that learned in the same way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Covers labeled.
    pub covers: usize,
    /// Out of fold.
    pub accuracy: f64,
    /// Its 95 % interval.
    pub interval: Interval,
}

/// Accuracy against covers, with its intervals.
pub fn learning(sizes: &[Size]) -> Result<Chart, Error> {
    let most = sizes.iter().map(|size| size.covers).max().unwrap_or(1);
    let least = sizes.iter().map(|size| size.interval.0).fold(1.0, f64::min);
    let axes = Axes {
        title: "Accuracy with ever more labels",
        x: "covers labeled",
        y: "predicted rightly, out of fold",
        x_range: 0.0..most as f64 * 1.05,
        // Down to the next tenth, so that differences are to be seen.
        y_range: ((least * 10.0 - 0.2).floor() / 10.0).max(0.0)..1.005,
        number: percent,
        x_number: whole,
    };
    let points: Vec<(f64, f64)> = sizes
        .iter()
        .map(|size| (size.covers as f64, size.accuracy))
        .collect();
    draw(SIZE, |area| {
        let mut plane = axes.draw(area)?;
        for size in sizes {
            let x = size.covers as f64;
            let (low, high) = size.interval;
            solid(&mut plane, vec![(x, low), (x, high)], QUIET, 2, None)?;
        }
        solid(&mut plane, points.clone(), ACCENT, 2, None)?;
        let dot = |point| Circle::new(point, 4, ACCENT.filled());
        plane.draw_series(points.into_iter().map(dot))?;
        Ok(())
    })
}

fn whole(covers: &f64) -> String {
    format!("{covers:.0}")
}
