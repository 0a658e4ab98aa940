//! Heads, seen from the front or turned a little.

use super::Figure;
use super::coat::{Pattern, shaded};
use super::species::{Ears, Eyes, Kind, Muzzle};
use crate::draw::canvas::{Canvas, Fill};
use crate::draw::colour::{Colour, INK, WHITE, hex};
use crate::draw::dice::Dice;
use crate::draw::shape::{Point, Shape, blob, circle, curve, ellipse, mirrored, rounded, tilted};

impl Figure {
    /// The head around the origin, about one unit in radius. `face` is false from behind.
    pub(super) fn head(&self, canvas: &mut Canvas, face: bool, dice: &mut Dice) {
        let in_front = matches!(self.species.ears, Ears::Hanging | Ears::Folded);
        canvas.layer(|c| {
            if !in_front {
                self.ears(c, face);
            }
            let outline = self.rough(&mirrored(&self.species.head), dice);
            c.fill(&outline, self.coat.lit(-0.9, 1.1));
            c.atop(|c| {
                if face {
                    self.coat.mark_head(c, dice);
                    self.cheeks(c);
                }
            });
            self.outline(c, &outline);
            if in_front {
                self.ears(c, face);
            }
            if face {
                let turned = (self.look.0 * 0.3, self.look.1 * 0.16);
                c.placed(turned, 0.0, (1.0 - self.look.0.abs() * 0.1, 1.0), |c| {
                    self.muzzle(c);
                    self.eyes(c);
                    if self.species.whiskers {
                        self.whiskers(c, dice);
                    }
                });
            }
        });
    }

    fn ears(&self, c: &mut Canvas, face: bool) {
        for side in [-1.0, 1.0] {
            // The far ear of a turned head is seen narrower.
            let shift = -self.look.0 * 0.1;
            let narrow = 1.0 - 0.2 * (self.look.0 * side).max(0.0);
            c.placed((shift, 0.0), 0.0, (side * narrow, 1.0), |c| {
                self.ear(c, face)
            });
        }
    }

    /// The right ear.
    fn ear(&self, c: &mut Canvas, face: bool) {
        let colour = match self.coat.pattern {
            Pattern::Points => self.coat.marking,
            _ => self.coat.base.dark(0.06),
        };
        let (outer, inner, low) = match self.species.ears {
            Ears::Pointed(apart, tall) => {
                let tip = (apart + 0.2, -0.5 - tall);
                let outer = blob_tip(&[(0.12, -0.7), tip, (0.98, -0.2), (0.5, -0.3)]);
                let inner = blob_tip(&[
                    (0.32, -0.7),
                    (tip.0 - 0.02, tip.1 + 0.28),
                    (0.84, -0.4),
                    (0.5, -0.45),
                ]);
                (outer, Some(inner), 0.0)
            }
            Ears::Folded => {
                let flap = [
                    (0.2, -0.8),
                    (0.62, -1.02),
                    (0.98, -0.62),
                    (1.02, -0.22),
                    (0.72, -0.42),
                ];
                (blob(&flap), None, 0.0)
            }
            Ears::Hanging => {
                let flap = [
                    (0.38, -0.8),
                    (0.8, -0.72),
                    (1.1, -0.2),
                    (1.14, 0.42),
                    (0.94, 0.72),
                    (0.74, 0.36),
                    (0.66, -0.3),
                ];
                (blob(&flap), None, 1.0)
            }
            Ears::Long => (
                tilted(0.36, -1.45, 0.24, 0.86, 0.16),
                Some(tilted(0.37, -1.42, 0.12, 0.66, 0.16)),
                0.0,
            ),
            Ears::Round(r) => (
                circle(0.74, -0.66, r),
                Some(circle(0.74, -0.64, r * 0.6)),
                0.0,
            ),
        };
        c.fill(&outer, shaded(colour, -1.6, low));
        self.outline(c, &outer);
        if let (Some(inner), true) = (inner, face) {
            c.fill(&inner, self.coat.skin.light(0.1).alpha(0.9));
        }
    }

    /// Pale cheeks, as a part of the coat.
    fn cheeks(&self, c: &mut Canvas) {
        if self.species.kind == Kind::Fox {
            for side in [-1.0, 1.0] {
                c.fill(
                    &tilted(side * 0.66, 0.52, 0.56, 0.34, side * -0.5),
                    self.coat.pale,
                );
            }
        }
        c.fill(
            &ellipse(0.0, -1.1, 0.9, 0.6),
            Fill::Radial((0.0, -1.0), 0.9, WHITE.alpha(0.16), WHITE.alpha(0.0)),
        );
    }

    fn eyes(&self, c: &mut Canvas) {
        let (apart, size) = self.species.gaze;
        for side in [-1.0, 1.0] {
            c.placed(
                (side * apart, -0.06),
                0.0,
                (side * size, size),
                |c| match self.species.eyes {
                    _ if self.asleep => {
                        c.stroke(&curve(&[(-1.0, 0.0), (0.0, 0.5), (1.0, -0.1)]), INK, 0.26)
                    }
                    _ if self.simple => {
                        c.fill(&ellipse(0.0, 0.0, 0.62, 0.78), INK);
                        c.fill(&circle(side * 0.18 - 0.05, -0.28, 0.24), WHITE);
                    }
                    Eyes::Slit => self.slit_eye(c, side),
                    Eyes::Round => {
                        c.fill(&circle(0.0, 0.05, 1.05), self.coat.base.dark(0.45));
                        c.fill(
                            &circle(0.0, 0.0, 0.9),
                            self.coat.iris.mix(hex(0x4a2c1c), 0.75),
                        );
                        c.fill(&circle(0.0, 0.0, 0.62), INK);
                        c.fill(&circle(side * 0.3, -0.32, 0.26), WHITE);
                    }
                },
            );
        }
    }

    /// A cat's eye in a unit circle, outer corner to the right and raised.
    fn slit_eye(&self, c: &mut Canvas, side: f32) {
        let lid = |grow: f32| {
            let at = |x: f32, y: f32| (x * grow, y * grow);
            blob(&[
                at(-1.05, 0.32),
                at(-0.35, -0.62),
                at(0.55, -0.8),
                at(1.1, -0.36),
                at(0.6, 0.62),
                at(-0.3, 0.72),
            ])
        };
        c.fill(&lid(1.2), self.coat.base.dark(0.65));
        let iris = self.coat.iris;
        c.fill(
            &lid(1.0),
            Fill::Radial((0.0, 0.1), 1.1, iris.light(0.25), iris.dark(0.25)),
        );
        c.fill(
            &ellipse(self.look.0 * side * 0.2, 0.0, self.pupil, 0.7),
            INK,
        );
        c.fill(&circle(side * 0.28, -0.34, 0.22), WHITE);
    }

    fn muzzle(&self, c: &mut Canvas) {
        let ink = INK.alpha(0.85);
        let pale = if self.coat.pattern == Pattern::Points {
            self.coat.marking.light(0.12)
        } else {
            self.coat.pale
        };
        match self.species.muzzle {
            Muzzle::Pads => {
                c.fill(&ellipse(0.0, 0.64, 0.24, 0.18), pale);
                self.pads(c, pale, 0.28);
                if self.open {
                    c.fill(&ellipse(0.0, 0.66, 0.14, 0.17), hex(0x8e3b46));
                }
                self.mouth(c, 0.4, 0.26);
                let half = [(0.0, 0.22), (0.13, 0.21), (0.09, 0.31), (0.0, 0.37)];
                c.fill(&blob(&mirrored(&half)), self.coat.skin);
            }
            Muzzle::Teeth => {
                self.pads(c, pale, 0.2);
                c.fill(&rounded(-0.1, 0.5, 0.2, 0.2, 0.05), WHITE);
                c.stroke(&curve(&[(0.0, 0.5), (0.0, 0.68)]), ink.alpha(0.4), 0.02);
                self.mouth(c, 0.42, 0.18);
                c.fill(&ellipse(0.0, 0.3, 0.1, 0.07), self.coat.skin);
            }
            Muzzle::Snout(width) => self.snout(c, pale, width),
            Muzzle::Disc => {
                let disc = ellipse(0.0, 0.34, 0.42, 0.3);
                c.fill(&disc, shaded(self.coat.skin.light(0.1), 0.0, 0.7));
                self.outline(c, &disc);
                for x in [-0.15, 0.15] {
                    c.fill(&ellipse(x, 0.34, 0.06, 0.1), self.coat.skin.dark(0.6));
                }
                c.stroke(&curve(&[(-0.24, 0.7), (0.0, 0.77), (0.24, 0.7)]), ink, 0.04);
            }
        }
    }

    fn pads(&self, c: &mut Canvas, pale: Colour, wide: f32) {
        for side in [-1.0, 1.0] {
            c.fill(
                &ellipse(side * wide * 0.72, 0.45, wide, wide * 0.76),
                shaded(pale, 0.1, 0.95),
            );
        }
    }

    /// A w: from the nose down, then a bow to either side.
    fn mouth(&self, c: &mut Canvas, y: f32, wide: f32) {
        c.stroke(
            &curve(&[(0.0, y - 0.08), (0.0, y + 0.06)]),
            INK.alpha(0.85),
            0.035,
        );
        for side in [-1.0, 1.0] {
            let bow = [
                (0.0, y + 0.06),
                (side * wide * 0.5, y + 0.15),
                (side * wide, y + 0.07),
            ];
            c.stroke(&curve(&bow), INK.alpha(0.85), 0.035);
        }
    }

    fn snout(&self, c: &mut Canvas, pale: Colour, width: f32) {
        if self.open {
            c.fill(
                &rounded(-width * 0.42, 0.62, width * 0.84, 0.46, width * 0.4),
                hex(0xe06a78),
            );
        }
        let snout = blob(&mirrored(&[
            (0.0, 0.0),
            (width * 0.75, 0.18),
            (width, 0.55),
            (width * 0.6, 0.84),
            (0.0, 0.88),
        ]));
        c.fill(&snout, shaded(pale, -0.1, 1.0));
        c.stroke(&curve(&[(0.0, 0.3), (0.0, 0.62)]), INK.alpha(0.7), 0.04);
        c.stroke(
            &curve(&[(-width * 0.6, 0.66), (0.0, 0.72), (width * 0.6, 0.66)]),
            INK.alpha(0.7),
            0.04,
        );
        let nose = 0.1 + width * 0.24;
        c.fill(&ellipse(0.0, 0.18, nose, nose * 0.7), INK);
        c.fill(
            &ellipse(-nose * 0.25, 0.13, nose * 0.3, nose * 0.16),
            WHITE.alpha(0.6),
        );
    }

    fn whiskers(&self, c: &mut Canvas, dice: &mut Dice) {
        let dark = self.coat.base.luma() > 0.72 || self.simple;
        let colour = if dark {
            INK.alpha(0.6)
        } else {
            WHITE.alpha(0.9)
        };
        let droop = dice.jitter(0.12);
        for side in [-1.0, 1.0] {
            for (i, lift) in [(0u8, -0.2), (1, 0.02), (2, 0.22)] {
                let y = 0.4 + f32::from(i) * 0.07;
                let far = (side * dice.float(1.2, 1.45), y + lift + droop);
                let whisker = curve(&[(side * 0.3, y), (side * 0.8, y + lift * 0.35 - 0.04), far]);
                c.stroke(&whisker, colour, 0.024);
            }
        }
    }
}

/// A triangle whose second point stays sharp while its sides bulge.
fn blob_tip(points: &[Point; 4]) -> Shape {
    let [inner, tip, outer, low] = *points;
    let bulge =
        |a: Point, b: Point, by: f32| ((a.0 + b.0) / 2.0 + by, (a.1 + b.1) / 2.0 - by.abs() * 0.4);
    let near = |a: Point| (tip.0 + (a.0 - tip.0) * 0.06, tip.1 + (a.1 - tip.1) * 0.06);
    blob(&[
        inner,
        bulge(inner, tip, -0.05),
        near(inner),
        near(outer),
        bulge(outer, tip, 0.05),
        outer,
        low,
    ])
}
