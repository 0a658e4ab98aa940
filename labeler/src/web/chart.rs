//! Pictures of numbers: shapes as SVG, words as HTML around them, so that the words keep their
//! size however narrow the picture is; and the same numbers as a table. Pure, without script.

use maud::{Markup, html};

/// The side of the square that shapes are drawn in; the page stretches it.
const SIDE: f64 = 100.0;

/// What stands around a picture.
pub struct Frame<'a> {
    /// What is seen, in a sentence.
    pub caption: &'a str,
    /// Values at the top and at the bottom.
    pub upright: (&'a str, &'a str),
    /// Along the lower edge, from left to right: its two ends, or one for each bar.
    pub along: &'a [String],
    /// What the lower edge measures.
    pub axis: &'a str,
}

/// The same numbers in words and rows.
pub struct Table<'a> {
    /// What opens it.
    pub open: &'a str,
    /// Over its columns; the first names the rows.
    pub heads: &'a [&'a str],
    /// Its rows, as long as `heads`.
    pub rows: Vec<Vec<String>>,
}

/// A picture with all that makes it readable.
pub fn figure(frame: &Frame<'_>, legend: &Markup, shapes: &Markup, table: &Table<'_>) -> Markup {
    html! {
        figure.chart {
            figcaption { (frame.caption) }
            (legend)
            div.plot aria-hidden="true" {
                div.upright { span { (frame.upright.0) } span { (frame.upright.1) } }
                svg viewBox="0 0 100 100" preserveAspectRatio="none" { (shapes) }
                div.along.each[frame.along.len() > 2] { @for label in frame.along { span { (label) } } }
                p.axis { (frame.axis) }
            }
            details {
                summary { (table.open) }
                table {
                    thead {
                        tr {
                            @for (at, head) in table.heads.iter().enumerate() {
                                th.number[at > 0] scope="col" { (head) }
                            }
                        }
                    }
                    tbody { @for row in &table.rows { (line(row)) } }
                }
            }
        }
    }
}

fn line(row: &[String]) -> Markup {
    html! {
        tr {
            @for (at, cell) in row.iter().enumerate() {
                @if at == 0 { th scope="row" { (cell) } } @else { td.number { (cell) } }
            }
        }
    }
}

/// What the shapes mean: each class of shape with its word.
pub fn legend(entries: &[(&str, &str)]) -> Markup {
    html! {
        ul.legend {
            @for (class, word) in entries {
                li {
                    svg aria-hidden="true" viewBox="0 0 12 12" { (swatch(class)) }
                    (word)
                }
            }
        }
    }
}

fn swatch(class: &str) -> Markup {
    match class {
        "dot" => dot(6.0, 6.0),
        "ring" => ring(6.0, 6.0),
        _ => html! { rect class=(class) width="12" height="12" {} },
    }
}

/// Stripes that stay apart from plain colours also in grey.
pub fn stripes() -> Markup {
    html! {
        defs {
            pattern #stripes width="3" height="3" patternUnits="userSpaceOnUse" {
                path.stripe d="M0 3L3 0" {}
            }
        }
    }
}

/// Bars beside one another, each a pile of parts from the bottom up; `classes` names the parts.
pub fn bars<const PARTS: usize>(classes: [&str; PARTS], piles: &[[f64; PARTS]]) -> Markup {
    let most = most(piles.iter().map(|pile| pile.iter().sum()));
    let step = SIDE / piles.len().max(1) as f64;
    html! {
        @for (at, pile) in piles.iter().enumerate() {
            @for (class, low, height) in piled(&classes, pile, most) {
                rect class=(class) x=(short(step * (at as f64 + 0.12))) width=(short(step * 0.76))
                    y=(short(SIDE - low - height)) height=(short(height)) {}
            }
        }
    }
}

/// Each part that is there: its class, where it begins above the ground, and its height.
fn piled<'a>(classes: &[&'a str], pile: &[f64], most: f64) -> Vec<(&'a str, f64, f64)> {
    let mut low = 0.0;
    let mut parts = Vec::with_capacity(pile.len());
    for (class, part) in classes.iter().zip(pile) {
        let height = SIDE * part / most;
        if height > 0.0 {
            parts.push((*class, low, height));
        }
        low += height;
    }
    parts
}

/// A line through points between (0, 0) and (1, 1), with its ground filled.
pub fn curve(points: &[(f64, f64)]) -> Markup {
    let Some((first, last)) = points.first().zip(points.last()) else {
        return html! {};
    };
    let line = path(points);
    let ground = format!(
        "{line}L{} {SIDE}L{} {SIDE}Z",
        short(last.0 * SIDE),
        short(first.0 * SIDE)
    );
    html! {
        path.ground d=(ground) {}
        path.line d=(line) {}
    }
}

/// A line through points between (0, 0) and (1, 1).
pub fn thread(points: &[(f64, f64)]) -> Markup {
    html! { @if points.len() > 1 { path.thread d=(path(points)) {} } }
}

/// Dots at points between (0, 0) and (1, 1): full ones, and rings for those that do not count.
pub fn dots(points: &[(f64, f64, bool)]) -> Markup {
    html! {
        @for (x, y, full) in points {
            @if *full { (dot(x * SIDE, SIDE - y * SIDE)) } @else { (ring(x * SIDE, SIDE - y * SIDE)) }
        }
    }
}

/// A line without length: its round ends stay round however the picture is stretched.
fn dot(x: f64, y: f64) -> Markup {
    html! { path.dot d=(format!("M{} {}h0", short(x), short(y))) {} }
}

fn ring(x: f64, y: f64) -> Markup {
    html! {
        (dot(x, y))
        path.hole d=(format!("M{} {}h0", short(x), short(y))) {}
    }
}

fn path(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (at, (x, y)) in points.iter().enumerate() {
        let step = if at == 0 { 'M' } else { 'L' };
        path.push_str(&format!(
            "{step}{} {}",
            short(x * SIDE),
            short(SIDE - y * SIDE)
        ));
    }
    path
}

fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The greatest, and never nought.
pub fn most(values: impl Iterator<Item = f64>) -> f64 {
    let most = values.fold(0.0, f64::max);
    if most > 0.0 { most } else { 1.0 }
}

/// The next round number that is not below: what the top of a picture says.
pub fn round_up(value: f64) -> f64 {
    if value <= 1.0 {
        return 1.0;
    }
    let unit = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| step * unit >= value - 1e-9);
    step.unwrap_or(10.0) * unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_pile_fills_the_height_and_parts_lie_on_one_another() {
        let parts = piled(&["a", "b", "c"], &[1.0, 0.0, 3.0], 4.0);
        assert_eq!(parts, [("a", 0.0, 25.0), ("c", 25.0, 75.0)]);
        let drawn = bars(["a", "b"], &[[1.0, 1.0], [0.0, 0.0]]).into_string();
        assert_eq!(drawn.matches("<rect").count(), 2);
        assert!(drawn.contains(r#"y="50" height="50""#), "{drawn}");
        assert!(
            bars(["a"], &[[0.0]]).into_string().is_empty(),
            "nothing is drawn of nothing"
        );
    }

    #[test]
    fn a_curve_goes_from_its_first_point_to_its_last_with_the_ground_beneath() {
        let drawn = curve(&[(0.0, 0.0), (0.5, 1.0), (1.0, 1.0)]).into_string();
        assert!(drawn.contains(r#"d="M0 100L50 0L100 0""#), "{drawn}");
        assert!(
            drawn.contains("M0 100L50 0L100 0L100 100L0 100Z"),
            "{drawn}"
        );
        assert!(curve(&[]).into_string().is_empty());
    }

    #[test]
    fn the_top_of_a_picture_is_a_round_number_not_below_what_is_drawn() {
        for (value, top) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (7.0, 8.0),
            (10.0, 10.0),
            (11.0, 15.0),
            (61.0, 80.0),
            (1240.0, 1500.0),
            (9999.0, 10_000.0),
        ] {
            assert!(
                (round_up(value) - top).abs() < 1e-9,
                "{value}: {}",
                round_up(value)
            );
        }
    }

    #[test]
    fn a_table_says_what_the_picture_shows_and_names_its_rows_and_columns() {
        let table = Table {
            open: "As a table",
            heads: &["Day", "Decisions"],
            rows: vec![vec!["<b>".into(), "7".into()]],
        };
        let frame = Frame {
            caption: "Seven.",
            upright: ("7", "0"),
            along: &[],
            axis: "day",
        };
        let drawn = figure(&frame, &html! {}, &html! {}, &table).into_string();
        for part in [
            r#"<th scope="row">&lt;b&gt;</th><td class="number">7</td>"#,
            r#"<th class="number" scope="col">Decisions</th>"#,
            "<summary>As a table</summary>",
        ] {
            assert!(drawn.contains(part), "{part}: {drawn}");
        }
    }
}
