//! Right and wrong by class, as a table whose grey is the share of its row.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::{Area, Chart, INK, LABEL, Painted, TITLE, draw, font};
use crate::error::Error;
use crate::metrics::Confusion;

const SIZE: (u32, u32) = (440, 420);
const LEFT: i32 = 110;
const TOP: i32 = 90;
const CELL: (i32, i32) = (155, 140);

/// Rows are what covers are, columns what they are called.
pub fn confusion(counts: &Confusion, topic: &str) -> Result<Chart, Error> {
    let rows = [
        (
            topic.to_string(),
            [counts.true_positive, counts.false_negative],
        ),
        (
            format!("not {topic}"),
            [counts.false_positive, counts.true_negative],
        ),
    ];
    draw(SIZE, |area| {
        centred(
            area,
            "What it is, and what it is called",
            (220, 22),
            TITLE,
            &INK,
        )?;
        for (column, (name, _)) in rows.iter().enumerate() {
            let x = LEFT + column as i32 * CELL.0 + CELL.0 / 2;
            centred(area, &format!("called {name}"), (x, TOP - 16), LABEL, &INK)?;
        }
        for (row, (name, cells)) in rows.iter().enumerate() {
            let y = TOP + row as i32 * CELL.1;
            centred(area, name, (LEFT / 2, y + CELL.1 / 2), LABEL, &INK)?;
            draw_row(area, y, *cells)?;
        }
        Ok(())
    })
}

fn draw_row(area: &Area, y: i32, cells: [usize; 2]) -> Painted {
    let all = (cells[0] + cells[1]).max(1) as f64;
    for (column, count) in cells.into_iter().enumerate() {
        let share = count as f64 / all;
        let x = LEFT + column as i32 * CELL.0;
        let corners = [(x + 2, y + 2), (x + CELL.0 - 2, y + CELL.1 - 2)];
        area.draw(&Rectangle::new(corners, shade(share).filled()))?;
        let text = if share > 0.55 { &WHITE } else { &INK };
        let centre = (x + CELL.0 / 2, y + CELL.1 / 2);
        centred(
            area,
            &count.to_string(),
            (centre.0, centre.1 - 12),
            26,
            text,
        )?;
        let percent = format!("{:.1} % of the row", share * 100.0);
        centred(area, &percent, (centre.0, centre.1 + 18), LABEL - 1, text)?;
    }
    Ok(())
}

/// From nearly white to nearly black.
fn shade(share: f64) -> RGBColor {
    let level = (240.0 - share * 190.0) as u8;
    RGBColor(level, level, level)
}

fn centred(area: &Area, text: &str, at: (i32, i32), size: u32, colour: &RGBColor) -> Painted {
    let style = font(size)
        .color(colour)
        .pos(Pos::new(HPos::Center, VPos::Center));
    area.draw_text(text, &style, at)
}
