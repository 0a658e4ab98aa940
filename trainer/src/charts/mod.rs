//! Charts as SVG, and the same SVG as PNG.
//!
//! Neutral, with one accent for what counts, and told apart by dashes as well as
//! by colour, so that a print in grey reads the same.

mod confusion;
mod curves;
mod learning;
mod range;
mod ranking;
mod raster;
mod reliability;
mod threshold;

pub use confusion::confusion;
pub use curves::{fold_curves, mean_curves};
pub use learning::{Size, learning};
pub use range::range_test;
pub use ranking::{precision_recall, roc};
pub use reliability::reliability;
pub use threshold::threshold;

use std::io;

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::error::Error;

/// A drawn chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chart {
    /// A complete SVG element.
    pub svg: String,
}

impl Chart {
    /// The same picture as PNG, twice the size for sharp screens; its font comes
    /// with the program.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        raster::png(&self.svg)
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Painted = Result<(), DrawingAreaErrorKind<io::Error>>;

/// Near-black: text and the diagonal of chance.
const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
/// What is beside the point: training, single folds.
const QUIET: RGBColor = RGBColor(0x8a, 0x8a, 0x8a);
/// Grid lines.
const FAINT: RGBColor = RGBColor(0xe4, 0xe4, 0xe4);
/// What counts: what was not trained on.
const ACCENT: RGBColor = RGBColor(0xb4, 0x5f, 0x06);

const TITLE: u32 = 16;
const LABEL: u32 = 13;

fn font(size: u32) -> TextStyle<'static> {
    ("sans-serif", size).into_font().color(&INK)
}

/// A chart of this size in pixels, painted by `paint` on white.
fn draw(size: (u32, u32), paint: impl FnOnce(&Area) -> Painted) -> Result<Chart, Error> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        let painted = area
            .fill(&WHITE)
            .and_then(|()| paint(&area))
            .and_then(|()| area.present());
        painted.map_err(|error| Error::Chart(error.to_string()))?;
    }
    Ok(Chart { svg })
}

/// Axes with a title, described in words.
struct Axes<'a> {
    title: &'a str,
    x: &'a str,
    y: &'a str,
    x_range: std::ops::Range<f64>,
    y_range: std::ops::Range<f64>,
    /// How the numbers are written.
    number: fn(&f64) -> String,
    x_number: fn(&f64) -> String,
}

type Plane<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

impl Axes<'_> {
    fn draw<'a, 'b>(
        &self,
        area: &'a Area<'b>,
    ) -> Result<Plane<'a, 'b>, DrawingAreaErrorKind<io::Error>> {
        let mut plane = ChartBuilder::on(area)
            .caption(self.title, font(TITLE))
            .margin(10)
            .margin_right(18)
            .x_label_area_size(40)
            .y_label_area_size(54)
            .build_cartesian_2d(self.x_range.clone(), self.y_range.clone())?;
        plane
            .configure_mesh()
            .x_desc(self.x)
            .y_desc(self.y)
            .x_labels(7)
            .y_labels(7)
            .x_label_formatter(&self.x_number)
            .y_label_formatter(&self.number)
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .axis_style(QUIET)
            .label_style(font(LABEL))
            .axis_desc_style(font(LABEL))
            .draw()?;
        Ok(plane)
    }
}

/// Explains the lines in a corner.
fn legend<'a, 'b: 'a>(plane: &mut Plane<'a, 'b>, position: SeriesLabelPosition) -> Painted {
    plane
        .configure_series_labels()
        .position(position)
        .background_style(TRANSPARENT)
        .border_style(TRANSPARENT)
        .label_font(font(LABEL))
        .legend_area_size(34)
        .draw()
}

/// A solid line and its sample in the legend.
fn solid<'a, 'b: 'a>(
    plane: &mut Plane<'a, 'b>,
    points: Vec<(f64, f64)>,
    colour: RGBColor,
    width: u32,
    label: Option<&str>,
) -> Painted {
    let style = ShapeStyle::from(&colour).stroke_width(width);
    let series = plane.draw_series(LineSeries::new(points, style))?;
    if let Some(label) = label {
        let sample = move |(x, y): (i32, i32)| PathElement::new([(x, y), (x + 26, y)], style);
        series.label(label).legend(sample);
    }
    Ok(())
}

/// A dashed line and its sample in the legend.
fn dashed<'a, 'b: 'a>(
    plane: &mut Plane<'a, 'b>,
    points: Vec<(f64, f64)>,
    colour: RGBColor,
    label: Option<&str>,
) -> Painted {
    let style = ShapeStyle::from(&colour).stroke_width(2);
    let line = DashedLineSeries::new(points, 6, 4, style);
    let series = plane.draw_series(line)?;
    if let Some(label) = label {
        // A sample is one element: two dashes with a gap that is not drawn over.
        let sample = move |(x, y): (i32, i32)| {
            EmptyElement::at((x, y))
                + PathElement::new([(0, 0), (10, 0)], style)
                + PathElement::new([(16, 0), (26, 0)], style)
        };
        series.label(label).legend(sample);
    }
    Ok(())
}

fn percent(share: &f64) -> String {
    format!("{:.0} %", share * 100.0)
}

#[cfg(test)]
mod tests;
