//! Bodies and poses. Heads are one unit in radius at the origin; feet are below.

use super::coat::{Pattern, shaded};
use super::species::{Kind, Tail};
use super::{Figure, Spot};
use crate::draw::canvas::{Canvas, Fill};
use crate::draw::colour::{INK, any, hex};
use crate::draw::dice::Dice;
use crate::draw::shape::{Point, circle, curve, ellipse, limb, mirrored, polygon, rounded, tilted};

/// How an animal holds itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pose {
    Sitting,
    Behind,
    Loaf,
    Lying,
    Standing,
    Curled,
    Boxed,
}

impl Pose {
    pub(super) fn choose(dice: &mut Dice) -> Self {
        dice.weighted(&[
            (4.0, Self::Sitting),
            (0.2, Self::Behind),
            (2.0, Self::Loaf),
            (2.0, Self::Lying),
            (2.5, Self::Standing),
            (1.2, Self::Curled),
            (1.8, Self::Boxed),
        ])
    }

    /// The feet's middle and height above the origin's level, and the height of the whole.
    fn frame(self, leg: f32) -> (Point, f32) {
        match self {
            Self::Sitting | Self::Behind => ((0.0, 3.6), 4.9),
            Self::Loaf => ((0.9, 1.8), 3.4),
            Self::Lying => ((1.6, 1.75), 3.2),
            Self::Standing => ((2.4, 1.7 + 1.7 * leg), 3.2 + 1.7 * leg),
            Self::Curled => ((1.0, 1.75), 2.9),
            Self::Boxed => ((0.0, 2.3), 3.8),
        }
    }
}

impl Figure {
    pub(super) fn pose(&self, canvas: &mut Canvas, pose: Pose, spot: Spot, dice: &mut Dice) {
        let (feet, tall) = pose.frame(self.species.build.0);
        let scale = spot.height / tall;
        let side = dice.sign();
        canvas.placed(spot.feet, 0.0, (side * scale, scale), |c| {
            c.placed((-feet.0, -feet.1), 0.0, (1.0, 1.0), |c| {
                let wide = if matches!(pose, Pose::Standing | Pose::Lying) {
                    2.9
                } else {
                    1.9
                };
                let dim = Fill::Radial((feet.0, feet.1), wide, INK.alpha(0.38), INK.alpha(0.0));
                c.fill(&ellipse(feet.0, feet.1, wide, 0.32), dim);
                match pose {
                    Pose::Sitting => self.sitting(c, true, dice),
                    Pose::Behind => self.sitting(c, false, dice),
                    Pose::Loaf => self.loaf(c, dice),
                    Pose::Lying => self.lying(c, dice),
                    Pose::Standing => self.standing(c, dice),
                    Pose::Curled => self.curled(c, dice),
                    Pose::Boxed => self.boxed(c, dice),
                }
            });
        });
    }

    /// Head and shoulders, for portraits.
    pub(super) fn bust(&self, c: &mut Canvas, dice: &mut Dice) {
        c.layer(|c| {
            let half = [
                (0.0, 0.3),
                (0.75, 0.6),
                (1.35, 1.3),
                (1.6, 2.4),
                (1.6, 4.0),
                (0.0, 4.0),
            ];
            self.trunk(c, &mirrored(&half), [-1.6, 0.3, 1.6, 3.6], false, dice);
        });
        self.head_at(c, (0.0, 0.0), true, dice);
    }

    fn head_at(&self, c: &mut Canvas, at: Point, face: bool, dice: &mut Dice) {
        c.placed(at, self.lean, (self.young, self.young), |c| {
            self.head(c, face, dice)
        });
    }

    fn trunk(
        &self,
        c: &mut Canvas,
        points: &[Point],
        bounds: [f32; 4],
        lying: bool,
        dice: &mut Dice,
    ) {
        let outline = self.rough(points, dice);
        c.fill(&outline, self.coat.lit(bounds[1], bounds[3]));
        c.atop(|c| self.coat.mark_body(c, bounds, lying, dice));
        self.outline(c, &outline);
    }

    fn sitting(&self, c: &mut Canvas, face: bool, dice: &mut Dice) {
        let girth = self.species.build.1;
        let around = dice.chance(0.4) && self.species.tail == Tail::Long;
        if face && !around {
            self.tail(c, (0.9 * girth, 3.3), dice.chance(0.5));
        }
        c.layer(|c| {
            let half = [
                (0.0, 0.3),
                (0.62, 0.6),
                (0.85, 1.4),
                (1.2, 2.5),
                (1.15, 3.3),
                (0.7, 3.6),
                (0.0, 3.62),
            ];
            let half = half.map(|(x, y)| (x * girth, y));
            let bounds = [-1.2 * girth, 0.6, 1.2 * girth, 3.6];
            self.trunk(c, &mirrored(&half), bounds, false, dice);
        });
        if face {
            for side in [-1.0, 1.0] {
                let haunch = tilted(side * 0.95 * girth, 3.0, 0.42, 0.62, side * 0.25);
                c.fill(&haunch, shaded(self.coat.base.dark(0.05), 2.4, 3.7));
                self.outline(c, &haunch);
                self.leg(c, (side * 0.36, 1.9), 3.5, 0.4);
                self.foot(c, (side * 0.85 * girth, 3.56), 0.34);
            }
        } else {
            self.tail(c, (0.0, 3.3), dice.chance(0.4));
        }
        if face && around {
            let spine = [
                (1.0 * girth, 3.2),
                (1.35 * girth, 3.5),
                (0.8, 3.72),
                (0.0, 3.74),
                (-0.6, 3.62),
            ];
            self.tail_along(c, &spine, &[0.4, 0.42, 0.4, 0.36, 0.2]);
        }
        self.head_at(c, (0.0, 0.0), face, dice);
    }

    fn loaf(&self, c: &mut Canvas, dice: &mut Dice) {
        let girth = self.species.build.1;
        c.layer(|c| {
            let points = [
                (-1.0, 0.9),
                (-0.6, 0.1),
                (0.6, -0.25 * girth),
                (2.0, -0.1 * girth),
                (2.9, 0.7),
                (2.8, 1.6),
                (1.0, 1.8),
                (-0.7, 1.75),
            ];
            self.trunk(c, &points, [-0.6, -0.2, 2.9, 1.8], true, dice);
        });
        self.foot(c, (-0.5, 1.66), 0.36);
        self.foot(c, (0.3, 1.72), 0.36);
        if self.species.tail == Tail::Long {
            self.tail_along(
                c,
                &[(2.8, 1.4), (2.5, 1.78), (1.6, 1.8), (0.9, 1.7)],
                &[0.36, 0.38, 0.34, 0.18],
            );
        } else {
            self.tail(c, (2.75, 1.2), false);
        }
        self.head_at(c, (-0.3, 0.2), true, dice);
    }

    fn lying(&self, c: &mut Canvas, dice: &mut Dice) {
        self.tail(c, (4.3, 1.2), dice.chance(0.4));
        c.layer(|c| {
            let points = [
                (-0.4, 1.0),
                (0.3, 0.25),
                (1.8, 0.35),
                (3.2, 0.1),
                (4.3, 0.5),
                (4.5, 1.4),
                (3.4, 1.78),
                (1.0, 1.74),
                (-0.3, 1.7),
            ];
            self.trunk(c, &points, [0.2, 0.1, 4.5, 1.8], true, dice);
        });
        let haunch = tilted(3.6, 1.05, 0.78, 0.62, 0.3);
        c.fill(&haunch, shaded(self.coat.base.light(0.04), 0.3, 1.8));
        self.outline(c, &haunch);
        for (from, to) in [
            ((0.3, 1.45), (-1.3, 1.62)),
            ((0.5, 1.6), (-0.9, 1.74)),
            ((3.6, 1.6), (2.4, 1.72)),
        ] {
            let arm = limb(
                &[from, ((from.0 + to.0) / 2.0, from.1 + 0.06), to],
                &[0.46, 0.4, 0.34],
            );
            c.fill(&arm, shaded(self.coat.base, 1.2, 1.9));
            self.outline(c, &arm);
            self.foot(c, to, 0.27);
        }
        self.head_at(c, (-0.2, 0.1), true, dice);
    }

    fn standing(&self, c: &mut Canvas, dice: &mut Dice) {
        let (leg, girth) = self.species.build;
        let ground = 1.7 + 1.7 * leg;
        let stride = dice.jitter(0.35);
        self.tail(c, (4.25, 0.75), dice.chance(0.7));
        for x in [1.35 - stride, 3.7 + stride] {
            c.fill(
                &limb(&[(x, 1.2), (x + 0.06, ground - 0.1)], &[0.5, 0.34]),
                self.coat.base.dark(0.3),
            );
        }
        c.layer(|c| {
            let low = 1.2 + 0.6 * girth;
            let points = [
                (0.0, 0.5),
                (0.9, 0.2),
                (2.5, 0.36),
                (3.9, 0.2),
                (4.5, 0.8),
                (4.3, low),
                (2.6, low + 0.02),
                (0.9, low + 0.1),
                (0.2, 1.2),
            ];
            self.trunk(c, &points, [0.3, 0.2, 4.5, low], true, dice);
        });
        for x in [0.85 + stride, 4.0 - stride] {
            self.leg(c, (x, 1.1), ground - 0.12, 0.48);
        }
        self.head_at(c, (0.1, -0.1), true, dice);
    }

    fn curled(&self, c: &mut Canvas, dice: &mut Dice) {
        let girth = self.species.build.1;
        c.layer(|c| {
            let points = [
                (-1.1, 1.2),
                (-0.5, 0.2),
                (0.9, -0.5 * girth),
                (2.5, 0.0),
                (3.2, 1.0),
                (2.4, 1.75),
                (0.4, 1.82),
            ];
            self.trunk(c, &points, [-1.0, -0.5, 3.2, 1.8], true, dice);
        });
        let haunch = tilted(2.1, 1.05, 0.95, 0.66, 0.5);
        c.fill(&haunch, shaded(self.coat.base.light(0.05), 0.3, 1.9));
        self.outline(c, &haunch);
        if self.species.tail == Tail::Long || self.species.tail == Tail::Bushy {
            self.tail_along(
                c,
                &[
                    (3.0, 1.2),
                    (2.4, 1.72),
                    (1.2, 1.78),
                    (0.2, 1.66),
                    (-0.6, 1.5),
                ],
                &[0.4, 0.46, 0.44, 0.4, 0.2],
            );
        }
        self.head_at(c, (-0.2, 0.72), true, dice);
    }

    /// Looking out of a box, over a ledge or from under a blanket: paws on the rim.
    fn boxed(&self, c: &mut Canvas, dice: &mut Dice) {
        c.layer(|c| {
            let half = [(0.0, 0.3), (0.8, 0.7), (1.0, 1.6), (0.0, 1.7)];
            self.trunk(c, &mirrored(&half), [-1.0, 0.3, 1.0, 1.7], false, dice);
        });
        self.head_at(c, (0.0, 0.0), true, dice);
        let rim = dice.float(0.55, 1.0);
        let colour = if dice.chance(0.5) {
            hex(0xb98a58)
        } else {
            any(dice)
        };
        let (left, right) = (-dice.float(1.4, 1.9), dice.float(1.4, 1.9));
        let front = polygon(&[
            (left, rim),
            (right, rim),
            (right - 0.12, 2.3),
            (left + 0.12, 2.3),
        ]);
        c.fill(&front, shaded(colour, rim, 2.5));
        c.fill(
            &rounded(left - 0.1, rim, right - left + 0.2, 0.26, 0.1),
            shaded(colour.light(0.2), rim, rim + 0.4),
        );
        self.outline(c, &front);
        for x in [-0.62, 0.62] {
            self.foot(c, (x, rim + 0.06), 0.3);
        }
    }

    fn leg(&self, c: &mut Canvas, top: Point, ground: f32, width: f32) {
        let spine = [top, (top.0, (top.1 + ground) / 2.0), (top.0, ground)];
        let leg = limb(&spine, &[width * 1.15, width * 0.95, width * 0.85]);
        c.layer(|c| {
            c.fill(&leg, shaded(self.coat.base, top.1 - 0.8, ground));
            c.atop(|c| {
                if self.coat.pattern == Pattern::Stripes {
                    for i in 1..4u8 {
                        let y = top.1 + (ground - top.1) * (0.3 + 0.17 * f32::from(i));
                        let band =
                            curve(&[(top.0 - width, y), (top.0, y + 0.06), (top.0 + width, y)]);
                        c.stroke(&band, self.coat.marking.alpha(0.7), 0.08);
                    }
                }
            });
        });
        self.foot(c, (top.0, ground), width * 0.72);
    }

    fn foot(&self, c: &mut Canvas, at: Point, size: f32) {
        let foot = ellipse(at.0, at.1, size, size * 0.62);
        c.fill(&foot, shaded(self.coat.feet(), at.1 - size, at.1 + size));
        self.outline(c, &foot);
        for x in [-0.3, 0.3] {
            let toe = curve(&[
                (at.0 + x * size, at.1 + size * 0.1),
                (at.0 + x * size, at.1 + size * 0.5),
            ]);
            c.stroke(&toe, self.coat.feet().dark(0.45), size * 0.07);
        }
    }

    /// The tail from its root, to the right; held up or along the ground.
    fn tail(&self, c: &mut Canvas, root: Point, up: bool) {
        let from = |points: &[Point]| -> Vec<Point> {
            points
                .iter()
                .map(|p| (root.0 + p.0, root.1 + p.1))
                .collect()
        };
        match (self.species.tail, up) {
            (Tail::Long, true) => {
                let spine = from(&[
                    (-0.3, 0.0),
                    (0.5, -0.1),
                    (0.85, -0.8),
                    (0.8, -1.6),
                    (1.15, -2.1),
                    (1.4, -1.95),
                ]);
                self.tail_along(c, &spine, &[0.36, 0.36, 0.34, 0.33, 0.3, 0.16]);
            }
            (Tail::Long, false) => {
                let spine = from(&[
                    (-0.3, 0.1),
                    (0.5, 0.28),
                    (1.2, 0.3),
                    (1.8, 0.05),
                    (2.1, -0.4),
                    (1.95, -0.6),
                ]);
                self.tail_along(c, &spine, &[0.36, 0.36, 0.34, 0.32, 0.28, 0.16]);
            }
            (Tail::Bushy, true) => {
                let spine = from(&[
                    (-0.2, 0.1),
                    (0.5, 0.0),
                    (1.1, -0.7),
                    (1.2, -1.5),
                    (1.0, -2.0),
                ]);
                self.tail_along(c, &spine, &[0.3, 0.6, 0.85, 0.7, 0.1]);
            }
            (Tail::Bushy, false) => {
                let spine = from(&[
                    (-0.2, 0.0),
                    (0.6, 0.2),
                    (1.4, 0.2),
                    (2.1, 0.05),
                    (2.6, -0.1),
                ]);
                self.tail_along(c, &spine, &[0.3, 0.6, 0.8, 0.65, 0.1]);
            }
            (Tail::Wag, _) => {
                let spine = from(&[(-0.2, 0.1), (0.3, -0.1), (0.7, -0.5), (0.85, -0.95)]);
                self.tail_along(c, &spine, &[0.36, 0.32, 0.24, 0.1]);
            }
            (Tail::Pom, _) => {
                let ball = circle(root.0 + 0.15, root.1, 0.36);
                c.fill(&ball, shaded(self.coat.pale, root.1 - 0.5, root.1 + 0.5));
                self.outline(c, &ball);
            }
            (Tail::Thin, _) => {
                let spine = from(&[(-0.2, 0.1), (0.6, 0.3), (1.2, 0.0), (1.7, 0.2), (2.3, -0.3)]);
                c.stroke(&curve(&spine), self.coat.skin.mix(self.coat.base, 0.3), 0.1);
            }
        }
    }

    fn tail_along(&self, c: &mut Canvas, spine: &[Point], widths: &[f32]) {
        let outline = limb(spine, widths);
        let tip = spine[spine.len() - 1];
        c.layer(|c| {
            let points = self.coat.pattern == Pattern::Points;
            let colour = if points {
                self.coat.marking
            } else {
                self.coat.base.dark(0.08)
            };
            c.fill(&outline, colour);
            c.atop(|c| match self.coat.pattern {
                _ if self.species.kind == Kind::Fox => {
                    c.fill(&circle(tip.0, tip.1, 0.5), self.coat.pale)
                }
                Pattern::Stripes => {
                    for pair in spine.windows(2) {
                        let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
                        let (dx, dy) = ((bx - ax) * 0.6, (by - ay) * 0.6);
                        let (mx, my) = ((ax + bx) / 2.0, (ay + by) / 2.0);
                        let ring = curve(&[(mx - dy, my + dx), (mx + dy, my - dx)]);
                        c.stroke(&ring, self.coat.marking.alpha(0.85), 0.14);
                    }
                }
                Pattern::White => c.fill(&circle(tip.0, tip.1, 0.3), self.coat.pale),
                _ => {}
            });
            self.outline(c, &outline);
        });
    }
}
