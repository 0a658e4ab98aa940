//! Loss and accuracy over the epochs, side by side, as articles draw them.

use plotters::prelude::*;

use super::{
    ACCENT, Area, Axes, Chart, INK, Painted, Plane, QUIET, dashed, draw, legend, percent, solid,
};
use crate::error::Error;
use crate::training::EpochStats;

const SIZE: (u32, u32) = (900, 340);
/// Single folds behind their mean.
const SINGLE: RGBColor = RGBColor(0xc8, 0xc8, 0xc8);

/// The curves of one fold, with the accuracy of always saying the commoner class.
pub fn fold_curves(title: &str, epochs: &[EpochStats], majority: f64) -> Result<Chart, Error> {
    mean_curves(title, &[epochs.to_vec()], majority)
}

/// The mean over folds, each fold faint behind it. Epochs that not every fold
/// has reached are left out of the mean.
pub fn mean_curves(title: &str, folds: &[Vec<EpochStats>], majority: f64) -> Result<Chart, Error> {
    draw(SIZE, |area| {
        let panels = area.split_evenly((1, 2));
        LOSS.draw(&panels[0], title, folds, None)?;
        ACCURACY.draw(&panels[1], title, folds, Some(majority))
    })
}

/// One of the two panels.
struct Panel {
    name: &'static str,
    y: &'static str,
    number: fn(&f64) -> String,
    train: fn(&EpochStats) -> Option<f64>,
    inner: fn(&EpochStats) -> Option<f64>,
    test: fn(&EpochStats) -> Option<f64>,
    range: fn(&[f64]) -> std::ops::Range<f64>,
    legend: SeriesLabelPosition,
}

const LOSS: Panel = Panel {
    name: "loss",
    y: "cross-entropy (nats)",
    number: |loss| format!("{loss:.2}"),
    train: |epoch| Some(epoch.train_loss),
    inner: |epoch| epoch.inner_loss,
    test: |epoch| epoch.test_loss,
    range: loss_range,
    legend: SeriesLabelPosition::UpperRight,
};

const ACCURACY: Panel = Panel {
    name: "accuracy",
    y: "predicted rightly",
    number: percent,
    train: |epoch| Some(epoch.train_accuracy),
    inner: |epoch| epoch.inner_accuracy,
    test: |epoch| epoch.test_accuracy,
    range: accuracy_range,
    legend: SeriesLabelPosition::LowerRight,
};

impl Panel {
    fn draw(
        &self,
        area: &Area,
        title: &str,
        folds: &[Vec<EpochStats>],
        majority: Option<f64>,
    ) -> Painted {
        let values: Vec<f64> = folds
            .iter()
            .flatten()
            .flat_map(|epoch| [(self.train)(epoch), (self.inner)(epoch), (self.test)(epoch)])
            .flatten()
            .chain(majority)
            .collect();
        let last = folds.iter().map(Vec::len).max().unwrap_or(0).max(2) as f64;
        let mut plane = Axes {
            title: &format!("{title}: {}", self.name),
            x: "epoch",
            y: self.y,
            x_range: 1.0..last,
            y_range: (self.range)(&values),
            number: self.number,
            x_number: whole_epoch,
        }
        .draw(area)?;
        if let Some(majority) = majority {
            let line = vec![(1.0, majority), (last, majority)];
            solid(&mut plane, line, INK, 1, Some("always the commoner class"))?;
        }
        self.draw_lines(&mut plane, folds)?;
        legend(&mut plane, self.legend.clone())
    }

    fn draw_lines<'a, 'b: 'a>(
        &self,
        plane: &mut Plane<'a, 'b>,
        folds: &[Vec<EpochStats>],
    ) -> Painted {
        if folds.len() > 1 {
            for fold in folds {
                solid(plane, line(fold, self.test), SINGLE, 1, None)?;
            }
        }
        let of = |part: &str| match folds.len() {
            0 | 1 => part.to_string(),
            _ => format!("{part}, mean"),
        };
        let line = |value| mean_line(folds, value);
        dashed(plane, line(self.train), QUIET, Some(&of("training")))?;
        let inner = line(self.inner);
        if !inner.is_empty() {
            solid(plane, inner, INK, 1, Some(&of("held back")))?;
        }
        solid(plane, line(self.test), ACCENT, 2, Some(&of("test")))?;
        match folds {
            [fold] => self.mark_best(plane, fold),
            _ => Ok(()),
        }
    }

    /// A dot where the fold's weights come from, if its epoch was chosen.
    fn mark_best<'a, 'b: 'a>(&self, plane: &mut Plane<'a, 'b>, fold: &[EpochStats]) -> Painted {
        let loss = |epoch: &&EpochStats| epoch.inner_loss.unwrap_or(f64::INFINITY);
        let best = fold
            .iter()
            .min_by(|left, right| loss(left).total_cmp(&loss(right)));
        let chosen = best.filter(|epoch| epoch.inner_loss.is_some());
        let Some((epoch, value)) = chosen.and_then(|best| Some((best.epoch, (self.test)(best)?)))
        else {
            return Ok(());
        };
        let dot = Circle::new((f64::from(epoch), value), 5, ACCENT.filled());
        let series = plane.draw_series([dot])?;
        let sample = |(x, y): (i32, i32)| Circle::new((x + 13, y), 5, ACCENT.filled());
        series.label("chosen epoch").legend(sample);
        Ok(())
    }
}

fn line(epochs: &[EpochStats], value: fn(&EpochStats) -> Option<f64>) -> Vec<(f64, f64)> {
    epochs
        .iter()
        .filter_map(|epoch| Some((f64::from(epoch.epoch), value(epoch)?)))
        .collect()
}

fn mean_line(folds: &[Vec<EpochStats>], value: fn(&EpochStats) -> Option<f64>) -> Vec<(f64, f64)> {
    let common = folds.iter().map(Vec::len).min().unwrap_or(0);
    let mean = |epoch: usize| {
        let values: Option<Vec<f64>> = folds.iter().map(|fold| value(&fold[epoch])).collect();
        let values = values?;
        Some((
            epoch as f64 + 1.0,
            values.iter().sum::<f64>() / values.len() as f64,
        ))
    };
    (0..common).filter_map(mean).collect()
}

/// From zero; a single spike does not press all else to the floor.
fn loss_range(values: &[f64]) -> std::ops::Range<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let usual = sorted.get(sorted.len() * 95 / 100).copied().unwrap_or(1.0);
    let top = sorted.last().copied().unwrap_or(1.0).min(usual * 1.5);
    0.0..(top * 1.05).max(0.1)
}

/// From a tenth below the least, at most from one half, to one.
fn accuracy_range(values: &[f64]) -> std::ops::Range<f64> {
    let least = values.iter().copied().fold(0.5, f64::min);
    (least * 10.0 - 0.5).floor().max(0.0) / 10.0..1.0
}

/// Epochs are whole; a tick between two has no number.
fn whole_epoch(epoch: &f64) -> String {
    match epoch.fract() == 0.0 {
        true => format!("{epoch:.0}"),
        false => String::new(),
    }
}
