//! Mammals: one set of parts, joined as the species says and posed as chance says.

mod body;
mod coat;
mod head;
mod species;

pub use species::Kind;

use super::canvas::Canvas;
use super::colour::INK;
use super::dice::Dice;
use super::shape::{Point, Shape, blob, polygon};
use body::Pose;
use coat::Coat;
use species::Species;

/// One animal: who it is and how it carries itself.
struct Figure {
    species: Species,
    coat: Coat,
    /// Where it looks: right and down, each in -1..=1.
    look: Point,
    /// The pupil's half width against the eye's radius.
    pupil: f32,
    asleep: bool,
    open: bool,
    /// Eyes as dots, in the manner of stickers.
    simple: bool,
    /// Width of an inked outline, if this drawing has one.
    inked: Option<f32>,
    /// The head's size against the body's; young animals have large ones.
    young: f32,
    /// The head's lean in degrees.
    lean: f32,
}

/// Where a figure may stand: the point between its feet, and how tall it should be.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Between its feet.
    pub feet: Point,
    /// From feet to ears.
    pub height: f32,
}

/// Draws one animal of `kind` at `spot`, sometimes with a second.
pub fn mammal(canvas: &mut Canvas, kind: Kind, spot: Spot, dice: &mut Dice) {
    let figure = Figure::new(kind, dice);
    if spot.height < 6.0 && dice.chance(0.12) {
        let beside = (
            spot.feet.0 + spot.height * 0.9 * dice.sign(),
            spot.feet.1 - 0.1,
        );
        let other = Figure::new(kind, dice);
        other.pose(
            canvas,
            Pose::Sitting,
            Spot {
                feet: beside,
                height: spot.height * 0.85,
            },
            dice,
        );
    }
    let pose = Pose::choose(dice);
    figure.pose(canvas, pose, spot, dice);
}

/// Fills a frame of this `height` with the face of one animal, around `x`.
pub fn portrait(canvas: &mut Canvas, kind: Kind, x: f32, height: f32, dice: &mut Dice) {
    let figure = Figure::new(kind, dice);
    let size = height * dice.float(0.3, 0.5);
    let at = (x, height * dice.float(0.48, 0.66));
    canvas.placed(at, 0.0, (size, size), |c| figure.bust(c, dice));
}

impl Figure {
    fn new(kind: Kind, dice: &mut Dice) -> Self {
        let species = Species::new(kind, dice);
        let coat = Coat::new(&species, dice);
        Self {
            species,
            coat,
            look: (dice.jitter(1.0), dice.jitter(0.8)),
            pupil: dice.float(0.1, 0.5),
            asleep: dice.chance(0.06),
            open: dice.chance(0.25),
            simple: dice.chance(0.12),
            inked: dice.chance(0.35).then(|| dice.float(0.04, 0.08)),
            young: dice.float(0.8, 1.12),
            lean: dice.jitter(9.0),
        }
    }

    fn outline(&self, canvas: &mut Canvas, shape: &Shape) {
        if let Some(width) = self.inked {
            canvas.stroke(shape, INK.alpha(0.9), width);
        }
    }

    /// A smooth outline, or a tufted one when the hair is long.
    fn rough(&self, points: &[Point], dice: &mut Dice) -> Shape {
        let amount = self.coat.rough;
        if amount == 0.0 {
            return blob(points);
        }
        let n = points.len() as f32;
        let middle = points
            .iter()
            .fold((0.0, 0.0), |m, p| (m.0 + p.0 / n, m.1 + p.1 / n));
        let tufts = |(i, p): (usize, Point)| {
            let out = if i % 2 == 0 {
                1.0 + amount * dice.float(0.4, 1.3)
            } else {
                1.0 - amount * 0.4
            };
            (
                middle.0 + (p.0 - middle.0) * out,
                middle.1 + (p.1 - middle.1) * out,
            )
        };
        polygon(
            &smooth(points, 7)
                .into_iter()
                .enumerate()
                .map(tufts)
                .collect::<Vec<_>>(),
        )
    }
}

/// `per` points on every piece of the closed Catmull–Rom spline through `points`.
fn smooth(points: &[Point], per: u8) -> Vec<Point> {
    let n = points.len();
    let mut all = Vec::with_capacity(n * usize::from(per));
    for i in 0..n {
        let [p0, p1, p2, p3] = [0, 1, 2, 3].map(|k| points[(i + k) % n]);
        for step in 0..per {
            let t = f32::from(step) / f32::from(per);
            let along = |a: f32, b: f32, c: f32, d: f32| {
                b + 0.5
                    * t
                    * (c - a + t * (2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a)))
            };
            all.push((along(p0.0, p1.0, p2.0, p3.0), along(p0.1, p1.1, p2.1, p3.1)));
        }
    }
    all
}
