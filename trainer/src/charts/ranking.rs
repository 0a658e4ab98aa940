//! What a threshold trades: ROC and precision against recall.

use plotters::prelude::*;

use super::{ACCENT, Axes, Chart, QUIET, dashed, draw, legend, percent, solid};
use crate::error::Error;
use crate::metrics::{average_precision, precision_recall_curve, roc_auc, roc_curve};

const SIZE: (u32, u32) = (440, 420);

/// Share found against share of false alarms, with the area under it.
pub fn roc(labels: &[bool], probabilities: &[f64]) -> Result<Chart, Error> {
    let curve = roc_curve(labels, probabilities).unwrap_or_default();
    let title = match roc_auc(labels, probabilities) {
        Some(area) => format!("ROC, area {area:.3}"),
        None => "ROC needs both classes".into(),
    };
    let axes = Axes {
        x: "false alarms among others",
        y: "found among the topic",
        ..shares(&title)
    };
    draw(SIZE, |area| {
        let mut plane = axes.draw(area)?;
        dashed(
            &mut plane,
            vec![(0.0, 0.0), (1.0, 1.0)],
            QUIET,
            Some("chance"),
        )?;
        solid(&mut plane, curve, ACCENT, 2, Some("out of fold"))?;
        legend(&mut plane, SeriesLabelPosition::LowerRight)
    })
}

/// Share that is right among what is called the topic, against share found.
pub fn precision_recall(labels: &[bool], probabilities: &[f64]) -> Result<Chart, Error> {
    let mut curve = precision_recall_curve(labels, probabilities).unwrap_or_default();
    if let Some((_, first)) = curve.first().copied() {
        curve.insert(0, (0.0, first));
    }
    let title = match average_precision(labels, probabilities) {
        Some(mean) => format!("Precision and recall, average {mean:.3}"),
        None => "Precision needs a cover of the topic".into(),
    };
    let topics = labels.iter().filter(|label| **label).count();
    let share = topics as f64 / labels.len().max(1) as f64;
    let axes = Axes {
        x: "found among the topic (recall)",
        y: "right among the called (precision)",
        ..shares(&title)
    };
    draw(SIZE, |area| {
        let mut plane = axes.draw(area)?;
        dashed(
            &mut plane,
            vec![(0.0, share), (1.0, share)],
            QUIET,
            Some("chance"),
        )?;
        solid(&mut plane, curve, ACCENT, 2, Some("out of fold"))?;
        legend(&mut plane, SeriesLabelPosition::LowerLeft)
    })
}

/// Both axes from 0 to 100 %.
pub(super) fn shares(title: &str) -> Axes<'_> {
    Axes {
        title,
        x: "",
        y: "",
        x_range: 0.0..1.0,
        y_range: 0.0..1.02,
        number: percent,
        x_number: percent,
    }
}
