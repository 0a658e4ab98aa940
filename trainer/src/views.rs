//! How a backbone looks at a cover: squeezed to a square, or whole and in its proportions, window
//! by window. A cover shows the topic if one of its views does.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use store::training::Region;
use store::views::Views;
use tch::{Device, Kind, Tensor};

/// Shorter side that a preview is scaled to, in pixels: at 256 half of the cats that take a
/// quarter of the width were seen by one probe, at 320 two thirds, at 384 three quarters.
const SIDE: u32 = 384;
/// The longer side is at most so many times the shorter one: a strip is squeezed.
const LONGEST: u32 = 2;
/// Pixels to a cell of the backbone's last map.
pub const CELL: u32 = 32;
/// Cells to a side of a window. Windows of 7 see less of what is small (74 instead of 77 %), of 5
/// more (81 %), but more dogs are taken for cats, and more views are to be kept.
const WINDOW: i64 = 6;
/// Windows are at most so many cells apart: one for each two cells found no more.
const STRIDE: i64 = 3;

/// `--views`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ViewMode {
    /// One view: the stored square. What models from before there were views look at.
    #[default]
    Whole,
    /// The preview in its proportions, whole and by overlapping windows.
    Windows,
}

impl ViewMode {
    /// How new models look.
    pub fn default_of_backbones() -> ViewMode {
        ViewMode::Windows
    }

    /// Names what is computed: another way needs another name.
    pub fn key(self) -> &'static str {
        match self {
            ViewMode::Whole => "",
            ViewMode::Windows => " windows-1",
        }
    }
}

impl fmt::Display for ViewMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ViewMode::Whole => "whole",
            ViewMode::Windows => "windows",
        })
    }
}

/// The size that a picture of this size is shown at: its shorter side [`SIDE`], both sides whole
/// cells.
pub fn shown_size(width: u32, height: u32) -> (u32, u32) {
    let factor = f64::from(SIDE) / f64::from(width.min(height).max(1));
    let side = |length: u32| {
        let scaled = (f64::from(length) * factor).min(f64::from(LONGEST * SIDE));
        (scaled / f64::from(CELL)).round() as u32 * CELL
    };
    (side(width), side(height))
}

/// How many times as many pixels the usual cover has, 16 to 9, as a square of this side.
pub fn pixels_against(square: i64) -> f64 {
    let (width, height) = shown_size(16, 9);
    f64::from(width * height) / (square * square) as f64
}

/// A part of a map, in cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    top: i64,
    left: i64,
    height: i64,
    width: i64,
}

/// The views of a map of so many rows and columns, the whole of it first.
pub fn windows(rows: i64, columns: i64) -> Vec<Window> {
    let whole = Window {
        top: 0,
        left: 0,
        height: rows,
        width: columns,
    };
    let (height, width) = (WINDOW.min(rows), WINDOW.min(columns));
    let mut all = vec![whole];
    for top in places(rows, height) {
        for left in places(columns, width) {
            let window = Window {
                top,
                left,
                height,
                width,
            };
            if window != whole {
                all.push(window);
            }
        }
    }
    all
}

/// Where windows begin so that they reach both ends, evenly, at most [`STRIDE`] apart.
fn places(length: i64, window: i64) -> Vec<i64> {
    let room = length - window;
    let steps = (room + STRIDE - 1) / STRIDE;
    (0..=steps)
        .map(|step| match steps {
            0 => 0,
            _ => (2 * step * room + steps) / (2 * steps),
        })
        .collect()
}

/// The mean over each window of a map `[f, rows, columns]`: `[views, f]`.
pub fn pooled(map: &Tensor) -> Tensor {
    let size = map.size();
    let mean = |window: Window| {
        let part = map.narrow(1, window.top, window.height);
        let part = part.narrow(2, window.left, window.width);
        part.mean_dim([1i64, 2].as_slice(), false, Kind::Float)
    };
    let means: Vec<Tensor> = windows(size[1], size[2]).into_iter().map(mean).collect();
    Tensor::stack(&means, 0)
}

/// Which part of a cover a view of a map is; `None`: all of it.
fn region((rows, columns): (u8, u8), view: usize) -> Option<Region> {
    let (rows, columns) = (i64::from(rows), i64::from(columns));
    let window = *windows(rows, columns).get(view).filter(|_| view > 0)?;
    let share = |cells: i64, of: i64| ((1000 * cells + of / 2) / of) as u16;
    let (left, top) = (share(window.left, columns), share(window.top, rows));
    Some(Region {
        left,
        top,
        width: share(window.left + window.width, columns) - left,
        height: share(window.top + window.height, rows) - top,
    })
}

/// The views of some covers, one cover after the other.
#[derive(Debug)]
pub struct ViewSet {
    /// `[views, f]`, single precision.
    pub values: Tensor,
    /// Where each cover's views begin, and where the last one's end.
    starts: Vec<usize>,
    /// Rows and columns of each cover's map.
    maps: Vec<(u8, u8)>,
}

/// What decides of a cover: its largest view.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Largest {
    /// Of the view.
    pub margin: f32,
    /// Its row in the set.
    pub row: usize,
}

impl ViewSet {
    /// Of covers in this order.
    ///
    /// # Panics
    /// Vectors of several lengths: they are never of one backbone.
    pub fn new(covers: &[&Views]) -> ViewSet {
        let width = covers.first().map_or(0, |views| views.width);
        let count: usize = covers.iter().map(|views| views.len()).sum();
        let mut flat: Vec<f32> = Vec::with_capacity(count * width);
        let mut starts = vec![0];
        for views in covers {
            assert_eq!(views.width, width, "of one backbone");
            for view in 0..views.len() {
                flat.extend(views.vector(view));
            }
            starts.push(flat.len() / width.max(1));
        }
        ViewSet {
            values: Tensor::from_slice(&flat).view([count as i64, width as i64]),
            starts,
            maps: covers
                .iter()
                .map(|views| (views.rows, views.columns))
                .collect(),
        }
    }

    /// Of vectors `[n, f]`, one view each.
    pub fn single(values: Tensor) -> ViewSet {
        let count = values.size()[0] as usize;
        ViewSet {
            values,
            starts: (0..=count).collect(),
            maps: vec![(1, 1); count],
        }
    }

    /// How many covers there are.
    pub fn covers(&self) -> usize {
        self.maps.len()
    }

    /// Whether each cover has one view only.
    pub fn is_single(&self) -> bool {
        self.starts.last() == Some(&self.covers())
    }

    /// The rows of a cover's views; the first is the whole cover.
    pub fn rows(&self, cover: usize) -> std::ops::Range<usize> {
        self.starts[cover]..self.starts[cover + 1]
    }

    /// Some of the covers.
    pub fn select(&self, covers: &[i64]) -> ViewSet {
        let mut rows: Vec<i64> = Vec::new();
        let mut starts = vec![0];
        for cover in covers {
            rows.extend(self.rows(*cover as usize).map(|row| row as i64));
            starts.push(rows.len());
        }
        let at = Tensor::from_slice(&rows).to_device(self.values.device());
        ViewSet {
            values: self.values.index_select(0, &at),
            starts,
            maps: covers
                .iter()
                .map(|cover| self.maps[*cover as usize])
                .collect(),
        }
    }

    /// These covers and others after them.
    pub fn followed_by(&self, others: &ViewSet) -> ViewSet {
        let mine = self.starts.last().copied().unwrap_or(0);
        let theirs = others.starts[1..].iter().map(|start| start + mine);
        ViewSet {
            values: Tensor::cat(&[&self.values, &others.values], 0),
            starts: self.starts.iter().copied().chain(theirs).collect(),
            maps: self.maps.iter().chain(&others.maps).copied().collect(),
        }
    }

    /// The largest of each cover's views by their margins, one a row.
    pub fn largest(&self, margins: &[f32]) -> Vec<Largest> {
        let largest = |cover: usize| {
            let rows = self.rows(cover);
            let first = Largest {
                margin: margins[rows.start],
                row: rows.start,
            };
            rows.skip(1).fold(first, |best, row| match margins[row] {
                margin if margin > best.margin => Largest { margin, row },
                _ => best,
            })
        };
        (0..self.covers()).map(largest).collect()
    }

    /// The part of a cover that one of its views is; `None`: all of it.
    pub fn region(&self, cover: usize, row: usize) -> Option<Region> {
        region(self.maps[cover], row - self.starts[cover])
    }
}

/// The features of one picture's views, rounded to be stored.
pub fn rounded(map: (u8, u8), features: &Tensor) -> Views {
    let width = features.size()[1] as usize;
    let flat = features.to_device(Device::Cpu).flatten(0, -1);
    let flat: Vec<f32> = Vec::try_from(flat).expect("floats");
    Views::rounded(map, width, &flat)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_shown_with_whole_cells_and_strips_are_squeezed() {
        let table = [
            ((480, 270), (672, 384)),
            ((270, 480), (384, 672)),
            ((360, 270), (512, 384)),
            ((480, 480), (384, 384)),
            ((480, 9), (768, 384)),
            ((1, 1), (384, 384)),
        ];
        for ((width, height), shown) in table {
            assert_eq!(shown_size(width, height), shown, "{width} {height}");
        }
    }

    #[test]
    fn windows_reach_every_edge_evenly_and_are_at_most_half_a_window_apart() {
        assert_eq!(places(12, 6), [0, 3, 6]);
        assert_eq!(places(21, 6), [0, 3, 6, 9, 12, 15]);
        assert_eq!(places(16, 6), [0, 3, 5, 8, 10]);
        assert_eq!(places(6, 6), [0]);
        for length in 6..40 {
            let places = places(length, 6);
            assert_eq!((places[0], *places.last().unwrap()), (0, length - 6));
            assert!(
                places
                    .windows(2)
                    .all(|two| (1..=STRIDE).contains(&(two[1] - two[0])))
            );
        }
        assert_eq!(windows(12, 21).len(), 1 + 3 * 6);
        assert_eq!(windows(12, 24).len(), 1 + 3 * 7, "the most there are");
        assert_eq!(windows(1, 1).len(), 1);
        assert_eq!(windows(6, 6).len(), 1, "no window twice");
    }

    #[test]
    fn a_window_is_the_mean_over_its_cells_and_says_where_it_is() {
        let map = Tensor::arange(2 * 12 * 21, (Kind::Float, Device::Cpu)).view([2, 12, 21]);
        let pooled = pooled(&map);
        assert_eq!(pooled.size(), [19, 2]);
        assert_eq!(pooled.double_value(&[0, 0]), (12.0 * 21.0 - 1.0) / 2.0);
        // The second window: rows 0 to 5, columns 3 to 8.
        assert_eq!(pooled.double_value(&[2, 0]), 2.5 * 21.0 + 5.5);
        assert_eq!(region((12, 21), 0), None);
        let second = region((12, 21), 2).unwrap();
        assert_eq!((second.left, second.top), (143, 0));
        assert_eq!((second.width, second.height), (286, 500));
        let last = region((12, 21), 18).unwrap();
        assert_eq!(
            (last.left + last.width, last.top + last.height),
            (1000, 1000)
        );
        assert_eq!(region((12, 21), 19), None, "no such view");
    }

    fn views(map: (u8, u8), vectors: &[f32]) -> Views {
        Views::rounded(map, 1, vectors)
    }

    #[test]
    fn the_largest_view_decides_the_first_of_equals_and_covers_stay_apart() {
        let (one, three) = (views((1, 1), &[5.0]), views((12, 12), &[1.0, 9.0, 9.0]));
        let set = ViewSet::new(&[&three, &one]);
        assert_eq!((set.covers(), set.is_single()), (2, false));
        let largest = set.largest(&[1.0, 9.0, 9.0, 5.0]);
        assert_eq!(
            largest[0],
            Largest {
                margin: 9.0,
                row: 1
            }
        );
        assert_eq!(
            largest[1],
            Largest {
                margin: 5.0,
                row: 3
            }
        );
        assert_eq!(set.region(1, 3), None);
        assert!(set.region(0, 1).is_some());
        let turned = set.select(&[1, 0, 1]);
        assert_eq!((turned.covers(), turned.rows(1)), (3, 1..4));
        assert_eq!(turned.values.double_value(&[4, 0]), 5.0);
        let both = set.followed_by(&ViewSet::single(Tensor::from_slice(&[7.0f32]).view([1, 1])));
        assert_eq!((both.covers(), both.rows(2)), (3, 4..5));
        assert!(both.select(&[1, 2]).is_single());
    }

    #[test]
    fn the_words_are_read_back() {
        for mode in ViewMode::value_variants() {
            assert_eq!(ViewMode::from_str(&mode.to_string(), false), Ok(*mode));
        }
    }
}
