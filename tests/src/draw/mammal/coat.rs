//! Coats: colours and markings that any mammal may wear.

use super::species::{Kind, Species};
use crate::draw::canvas::{Canvas, Fill};
use crate::draw::colour::{Colour, WHITE, hex, hsl};
use crate::draw::dice::Dice;
use crate::draw::shape::{Point, blob, ellipse, limb, mirrored};

/// Markings over the base colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// None.
    Solid,
    /// Stripes on brow, cheeks, back and tail.
    Stripes,
    /// White face, chest and feet.
    White,
    /// Large irregular patches.
    Patches,
    /// Dark face, ears and feet.
    Points,
    /// Many small spots.
    Spots,
}

/// One individual's colours.
#[derive(Clone, Debug)]
pub struct Coat {
    /// Most of it.
    pub base: Colour,
    /// Markings.
    pub marking: Colour,
    /// Muzzle, chest and feet.
    pub pale: Colour,
    /// What the markings are.
    pub pattern: Pattern,
    /// Bare skin: nose and inner ear.
    pub skin: Colour,
    /// Iris.
    pub iris: Colour,
    /// How much longer hair roughens an outline, 0 for short hair.
    pub rough: f32,
}

const NATURAL: [(u32, u32); 13] = [
    (0x34323a, 0x1f1d24),
    (0x55555e, 0x34343b),
    (0x8f9299, 0x5a5c64),
    (0x76828f, 0x4c5763),
    (0xc0c2c6, 0x74767d),
    (0xf4f0e8, 0xcbbfae),
    (0xeedcbc, 0xc19f6d),
    (0xe9a052, 0xb5672a),
    (0xd7833f, 0x9c5422),
    (0x92684a, 0x57392a),
    (0x6b4a3a, 0x3e2a22),
    (0xcfa974, 0x86603a),
    (0xdcc5a1, 0x9b7d59),
];

impl Coat {
    /// A coat as individuals of this species wear it.
    pub fn new(species: &Species, dice: &mut Dice) -> Self {
        let (base, marking) = dice.pick(&NATURAL);
        let mut coat = Self {
            base: hex(base).mix(hsl(dice.float(0.0, 1.0), 0.4, 0.5), 0.07),
            marking: hex(marking),
            pale: hex(base).light(dice.float(0.35, 0.85)),
            pattern: pattern(species.kind, dice),
            skin: dice.pick(&[hex(0xe8a0a0), hex(0xd98a8f), hex(0x4a3338), hex(0x2c2529)]),
            iris: hsl(
                dice.pick(&[0.12, 0.15, 0.22, 0.3, 0.38, 0.55]),
                0.75,
                dice.float(0.48, 0.62),
            ),
            rough: if dice.chance(0.35) {
                dice.float(0.03, 0.07)
            } else {
                0.0
            },
        };
        match (species.kind, coat.pattern) {
            (Kind::Fox, _) if dice.chance(0.7) => {
                (coat.base, coat.marking, coat.pale) =
                    (hex(0xdf7a38), hex(0x3d2a26), hex(0xfaf0e2));
            }
            (Kind::Pig, _) if dice.chance(0.7) => {
                (coat.base, coat.pale, coat.skin) = (hex(0xf0b3ae), hex(0xf7ccc5), hex(0xe08f90));
            }
            (_, Pattern::Points) => {
                (coat.base, coat.marking) = (hex(0xece0cd), hex(marking).dark(0.35))
            }
            (_, Pattern::White) => coat.pale = WHITE.mix(coat.base, 0.04),
            (_, Pattern::Patches) if dice.chance(0.6) => {
                (coat.base, coat.marking) = (hex(0xf5f0e6), hex(base))
            }
            _ => {}
        }
        coat
    }

    /// The base colour lit from above, between two heights.
    pub fn lit(&self, top: f32, bottom: f32) -> Fill {
        shaded(self.base, top, bottom)
    }

    /// The colour of feet.
    pub fn feet(&self) -> Colour {
        match self.pattern {
            Pattern::White => self.pale,
            Pattern::Points => self.marking,
            _ => self.base.light(0.08),
        }
    }

    /// Markings on a head of radius one; call inside `atop`.
    pub fn mark_head(&self, canvas: &mut Canvas, dice: &mut Dice) {
        let dark = self.marking.alpha(0.85);
        match self.pattern {
            Pattern::Solid => {}
            Pattern::Stripes => {
                for (x, low) in [(0.0, -0.3), (-0.24, -0.36), (0.24, -0.36)] {
                    let spine = [(x * 1.5, -1.0), (x, -0.62), (x * 0.8, low)];
                    canvas.fill(&limb(&spine, &[0.15, 0.13, 0.03]), dark);
                }
                for (y, sign) in [(0.12, 1.0), (0.36, 1.0), (0.12, -1.0), (0.36, -1.0)] {
                    let spine = [
                        (sign * 1.1, y - 0.08),
                        (sign * 0.84, y),
                        (sign * 0.6, y + 0.02),
                    ];
                    canvas.fill(&limb(&spine, &[0.13, 0.1, 0.02]), dark);
                }
            }
            Pattern::White => {
                let half = [
                    (0.0, -0.6),
                    (0.13, -0.15),
                    (0.45, 0.2),
                    (0.75, 0.7),
                    (0.4, 1.2),
                    (0.0, 1.2),
                ];
                canvas.fill(&blob(&mirrored(&half)), self.pale);
            }
            Pattern::Patches => {
                let side = dice.sign();
                canvas.fill(&patch((side * 0.55, -0.45), 0.62, dice), self.marking);
                if dice.chance(0.6) {
                    canvas.fill(
                        &patch((-side * 0.7, -0.6), 0.5, dice),
                        self.marking.dark(0.45),
                    );
                }
            }
            Pattern::Points => {
                let fade = Fill::Radial((0.0, 0.25), 0.85, self.marking, self.marking.alpha(0.0));
                canvas.fill(&ellipse(0.0, 0.25, 0.8, 0.85), fade);
            }
            Pattern::Spots => self.spots(canvas, (-1.0, -0.9, 1.0, 0.1), 7, dice),
        }
    }

    /// Markings on a body that fills `bounds` (left, top, right, bottom) and whose back
    /// lies along x (`lying`) or along y; call inside `atop`.
    pub fn mark_body(&self, canvas: &mut Canvas, bounds: [f32; 4], lying: bool, dice: &mut Dice) {
        let [left, top, right, bottom] = bounds;
        let (w, h) = (right - left, bottom - top);
        match self.pattern {
            Pattern::Solid | Pattern::Points => {}
            Pattern::White if lying => {
                canvas.fill(
                    &ellipse(left + w * 0.5, bottom, w * 0.62, h * 0.3),
                    self.pale,
                );
            }
            Pattern::White => {
                canvas.fill(
                    &ellipse(left + w * 0.5, top + h * 0.3, w * 0.26, h * 0.42),
                    self.pale,
                );
            }
            Pattern::Stripes => self.bands(canvas, bounds, lying, dice),
            Pattern::Patches => {
                for _ in 0..4 {
                    let at = (
                        left + w * dice.float(0.05, 0.95),
                        top + h * dice.float(0.0, 0.8),
                    );
                    let colour = if dice.chance(0.3) {
                        self.marking.dark(0.5)
                    } else {
                        self.marking
                    };
                    canvas.fill(&patch(at, h * dice.float(0.16, 0.34), dice), colour);
                }
            }
            Pattern::Spots => self.spots(canvas, (left, top, right, bottom), 22, dice),
        }
    }

    fn bands(
        &self,
        canvas: &mut Canvas,
        [left, top, right, bottom]: [f32; 4],
        lying: bool,
        dice: &mut Dice,
    ) {
        let (w, h) = (right - left, bottom - top);
        let dark = self.marking.alpha(0.8);
        let count = dice.int(6, 9);
        for i in 0..count {
            let t = (i as f32 + 0.6) / count as f32;
            let bend = dice.jitter(0.06);
            if lying {
                let x = left + w * t;
                let reach = h * dice.float(0.45, 0.7);
                let spine = [
                    (x, top - 0.2),
                    (x + w * bend, top + reach * 0.5),
                    (x - 0.12, top + reach),
                ];
                canvas.fill(&limb(&spine, &[0.26, 0.2, 0.04]), dark);
            } else {
                let y = top + h * (0.12 + 0.8 * t);
                for (edge, inward) in [(left, 1.0), (right, -1.0)] {
                    let reach = inward * w * dice.float(0.24, 0.36);
                    let spine = [
                        (edge - inward * 0.2, y),
                        (edge + reach * 0.5, y + bend),
                        (edge + reach, y - 0.08),
                    ];
                    canvas.fill(&limb(&spine, &[0.24, 0.18, 0.03]), dark);
                }
            }
        }
    }

    fn spots(&self, canvas: &mut Canvas, area: (f32, f32, f32, f32), count: u32, dice: &mut Dice) {
        for _ in 0..count {
            let at = (dice.float(area.0, area.2), dice.float(area.1, area.3));
            canvas.fill(
                &patch(at, dice.float(0.06, 0.17), dice),
                self.marking.alpha(0.85),
            );
        }
    }
}

/// `colour` lit from above, between two heights.
pub fn shaded(colour: Colour, top: f32, bottom: f32) -> Fill {
    Fill::Linear(
        ((0.0, top), colour.light(0.12)),
        ((0.0, bottom), colour.dark(0.2)),
    )
}

fn pattern(kind: Kind, dice: &mut Dice) -> Pattern {
    // Stripes and points are a cat's commonest coats; others wear them too, so that
    // a coat alone proves nothing.
    let (stripes, points) = if kind == Kind::Cat {
        (4.5, 1.2)
    } else {
        (1.0, 0.5)
    };
    dice.weighted(&[
        (2.5, Pattern::Solid),
        (stripes, Pattern::Stripes),
        (2.0, Pattern::White),
        (1.5, Pattern::Patches),
        (points, Pattern::Points),
        (0.8, Pattern::Spots),
    ])
}

fn patch(at: Point, radius: f32, dice: &mut Dice) -> crate::draw::shape::Shape {
    let corner = |i: u16, r: f32| {
        let (y, x) = (f32::from(i) * std::f32::consts::TAU / 7.0).sin_cos();
        (at.0 + x * r, at.1 + y * r)
    };
    blob(
        &(0..7)
            .map(|i| corner(i, radius * dice.float(0.7, 1.25)))
            .collect::<Vec<_>>(),
    )
}
