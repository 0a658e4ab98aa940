//! What a threshold gives: how many of those called are right, and how many are found.

use plotters::prelude::*;

use super::ranking::shares;
use super::{ACCENT, Axes, Chart, INK, dashed, draw, legend, solid};
use crate::error::Error;
use crate::threshold::{Aim, Chosen, Evidence, choose, cuts};

const SIZE: (u32, u32) = (440, 420);

/// Precision and recall over all thresholds, with the one of the best F1 marked; at the base
/// rate of the labels.
pub fn threshold(labels: &[bool], log_odds: &[f64]) -> Result<Chart, Error> {
    let topics = labels.iter().filter(|label| **label).count();
    let evidence = Evidence {
        labels,
        log_odds,
        rate: topics as f64 / labels.len().max(1) as f64,
    };
    let cuts = cuts(&evidence).unwrap_or_default();
    let best = choose(Aim::BestF1, &evidence);
    let title = match &best {
        Some(best) => format!("Threshold, best F1 at {:.2}", best.threshold),
        None => "A threshold needs both classes".into(),
    };
    let axes = Axes {
        x: "called the topic from this probability on",
        y: "share",
        ..shares(&title)
    };
    let line = |value: fn(&Chosen) -> f64| -> Vec<(f64, f64)> {
        cuts.iter().map(|cut| (cut.threshold, value(cut))).collect()
    };
    draw(SIZE, |area| {
        let mut plane = axes.draw(area)?;
        let (precision, recall) = (line(|cut| cut.precision), line(|cut| cut.recall));
        solid(
            &mut plane,
            precision,
            ACCENT,
            2,
            Some("right among the called"),
        )?;
        dashed(&mut plane, recall, INK, Some("found among the topic"))?;
        if let Some(best) = best {
            let shares = [best.precision, best.recall];
            let dot = |share| Circle::new((best.threshold, share), 4, INK.filled());
            let sample = |(x, y): (i32, i32)| Circle::new((x + 13, y), 4, INK.filled());
            let dots = plane.draw_series(shares.map(dot))?;
            dots.label("best F1").legend(sample);
        }
        legend(&mut plane, SeriesLabelPosition::LowerMiddle)
    })
}
