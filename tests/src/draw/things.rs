//! Things that stand in a scene.

use super::canvas::{Canvas, Fill};
use super::colour::{Colour, INK, WHITE, any, hex, pastel, vivid, wood};
use super::dice::Dice;
use super::mammal::Spot;
use super::shape::{Point, blob, circle, curve, ellipse, limb, mirrored, polygon, rect, rounded};

/// Lit from above between two heights.
fn lit(colour: Colour, top: f32, bottom: f32) -> Fill {
    Fill::Linear(
        ((0.0, top), colour.light(0.2)),
        ((0.0, bottom), colour.dark(0.2)),
    )
}

fn standing(
    c: &mut Canvas,
    spot: Spot,
    tall: f32,
    wide: f32,
    dice: &mut Dice,
    draw: impl FnOnce(&mut Canvas, &mut Dice),
) {
    let scale = spot.height / tall;
    c.placed(spot.feet, 0.0, (dice.sign() * scale, scale), |c| {
        c.fill(
            &ellipse(0.0, 0.0, wide, wide * 0.09),
            Fill::Radial((0.0, 0.0), wide, INK.alpha(0.4), INK.alpha(0.0)),
        );
        draw(c, dice);
    });
}

/// A car, a van or a bus from the side.
pub fn car(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    standing(c, spot, 3.6, 4.2, dice, |c, dice| {
        let (paint, glass) = (any(dice), hex(0x9cc3d6));
        let cabin = match dice.int(0, 2) {
            0 => vec![(-1.9, -1.8), (-1.2, -3.1), (1.1, -3.1), (2.1, -1.8)],
            1 => vec![(-3.4, -1.8), (-3.3, -3.5), (2.2, -3.5), (3.1, -1.8)],
            _ => vec![(-3.0, -1.8), (-2.5, -3.2), (1.0, -3.2), (2.0, -1.8)],
        };
        c.fill(&polygon(&cabin), lit(paint.dark(0.05), -3.5, -1.5));
        let inset: Vec<Point> = cabin
            .iter()
            .map(|&(x, y)| (x * 0.86, -1.85 + (y + 1.8) * 0.8))
            .collect();
        c.fill(&polygon(&inset), lit(glass, -3.4, -1.6));
        c.fill(&rect(-0.2, -3.2, 0.2, 1.5), paint.dark(0.05));
        c.fill(&rounded(-3.8, -1.9, 7.6, 1.5, 0.55), lit(paint, -2.0, -0.3));
        c.fill(&rect(-3.6, -1.1, 7.2, 0.08), paint.dark(0.4));
        c.fill(&ellipse(3.6, -1.35, 0.2, 0.28), hex(0xfff0b0));
        c.fill(&rounded(-3.85, -1.55, 0.25, 0.4, 0.1), hex(0xd2413a));
        for x in [-2.2, 2.2] {
            c.fill(&circle(x, -0.55, 0.72), INK);
            c.fill(&circle(x, -0.55, 0.36), hex(0xc8ccd2));
        }
    });
}

/// A house with a roof, windows and a door.
pub fn house(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    standing(c, spot, 5.6, 3.6, dice, |c, dice| {
        let (wall, roof) = (pastel(dice), any(dice).dark(0.2));
        c.fill(&rect(1.2, -5.2, 0.6, 1.5), roof.dark(0.2));
        c.fill(&rect(-2.6, -3.4, 5.2, 3.4), lit(wall, -3.4, 0.0));
        let twin = dice.chance(0.3);
        if twin {
            // Two gables: pointed things in pairs are not always ears.
            for x in [-1.5, 1.5] {
                c.fill(
                    &polygon(&[(x - 1.5, -3.2), (x, -5.4), (x + 1.5, -3.2)]),
                    lit(roof, -5.4, -3.0),
                );
            }
        } else {
            c.fill(
                &polygon(&[(-3.1, -3.2), (-1.6, -5.3), (1.6, -5.3), (3.1, -3.2)]),
                lit(roof, -5.4, -3.0),
            );
        }
        for x in [-1.9, 0.9] {
            c.fill(&rect(x, -2.6, 1.1, 1.1), WHITE);
            c.fill(
                &rect(x + 0.08, -2.52, 0.94, 0.94),
                if dice.chance(0.3) {
                    hex(0xf7d98b)
                } else {
                    hex(0x86b4cf)
                },
            );
            c.fill(&rect(x + 0.51, -2.6, 0.08, 1.1), WHITE);
        }
        c.fill(&rounded(-0.45, -1.8, 0.9, 1.8, 0.3), vivid(dice).dark(0.1));
        c.fill(&circle(0.26, -0.9, 0.07), hex(0xf0d070));
    });
}

/// A tree: round, pointed or bare.
pub fn tree(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    standing(c, spot, 6.0, 2.0, dice, |c, dice| {
        let green = hex(dice.pick(&[0x5c9a4e, 0x3f7d55, 0x8fb24f, 0xd0893a, 0xe3a6b8]));
        c.fill(
            &limb(&[(0.0, 0.1), (0.1, -1.5), (0.0, -3.4)], &[0.9, 0.5, 0.3]),
            hex(0x755139),
        );
        if dice.chance(0.35) {
            for i in 0..4u8 {
                let (y, half) = (-1.3 - f32::from(i) * 1.05, 2.0 - f32::from(i) * 0.42);
                c.fill(
                    &polygon(&[(-half, y), (0.0, y - 1.7), (half, y)]),
                    lit(green, y - 1.7, y + 0.3),
                );
            }
            return;
        }
        for side in [-1.0, 1.0] {
            c.fill(
                &limb(
                    &[(0.0, -2.0), (side * 0.7, -3.0), (side * 1.3, -3.6)],
                    &[0.3, 0.22, 0.1],
                ),
                hex(0x755139),
            );
        }
        for _ in 0..16 {
            let (x, y, r) = (
                dice.jitter(1.6),
                -4.1 + dice.jitter(1.2),
                dice.float(0.5, 1.0),
            );
            c.fill(
                &circle(x, y, r),
                Fill::Radial(
                    (x - 0.2, y - 0.3),
                    r * 1.2,
                    green.light(0.25),
                    green.dark(0.1),
                ),
            );
        }
    });
}

/// A mug, a glass or a pot.
pub fn cup(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    standing(c, spot, 3.6, 2.2, dice, |c, dice| {
        let colour = any(dice);
        let (top, low) = (dice.float(1.1, 1.5), dice.float(0.8, 1.4));
        c.stroke(&circle(top + 0.25, -1.5, 0.65), colour.dark(0.15), 0.32);
        let side = [(-top, -2.7), (top, -2.7), (low, -0.1), (-low, -0.1)];
        c.fill(
            &polygon(&side),
            Fill::Linear(
                ((-top, 0.0), colour.light(0.25)),
                ((top, 0.0), colour.dark(0.25)),
            ),
        );
        c.fill(&ellipse(0.0, -0.12, low, 0.2), colour.dark(0.2));
        c.fill(&ellipse(0.0, -2.7, top, 0.3), colour.light(0.35));
        c.fill(&ellipse(0.0, -2.66, top * 0.86, 0.22), hex(0x6a4129));
        if dice.chance(0.5) {
            c.fill(&circle(0.0, -1.4, 0.4), vivid(dice));
        }
        for x in [-0.5, 0.1, 0.6] {
            let steam = [
                (x, -3.0),
                (x + 0.16, -3.3),
                (x - 0.1, -3.6),
                (x + 0.1, -3.9),
            ];
            c.stroke(&curve(&steam), WHITE.alpha(0.5), 0.12);
        }
    });
}

/// A cake, a burger or a bowl of noodles.
pub fn food(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    standing(c, spot, 3.4, 3.0, dice, |c, dice| {
        c.fill(&ellipse(0.0, -0.1, 2.8, 0.35), WHITE.dark(0.06));
        match dice.int(0, 2) {
            0 => {
                let (cake, cream) = (pastel(dice), vivid(dice).light(0.5));
                c.fill(&rounded(-1.8, -2.0, 3.6, 1.9, 0.2), lit(cake, -2.0, 0.0));
                c.fill(&rect(-1.8, -1.2, 3.6, 0.25), cream);
                for i in 0..6u8 {
                    c.fill(&circle(-1.5 + f32::from(i) * 0.6, -2.0, 0.34), cream);
                }
                c.fill(&circle(0.0, -2.5, 0.3), hex(0xd8383f));
            }
            1 => {
                c.fill(&rounded(-1.8, -0.9, 3.6, 0.7, 0.3), hex(0xc98a45));
                c.fill(&rounded(-1.9, -1.3, 3.8, 0.5, 0.25), hex(0x5a3826));
                c.fill(
                    &polygon(&[
                        (-1.9, -1.5),
                        (1.9, -1.5),
                        (1.2, -1.0),
                        (0.4, -1.4),
                        (-0.5, -0.95),
                    ]),
                    hex(0xf4c542),
                );
                c.fill(&rounded(-2.0, -1.75, 4.0, 0.35, 0.17), hex(0x6fae4a));
                c.fill(
                    &blob(&mirrored(&[
                        (0.0, -3.1),
                        (1.3, -2.8),
                        (1.85, -1.8),
                        (0.0, -1.7),
                    ])),
                    lit(hex(0xd9984f), -3.1, -1.7),
                );
            }
            _ => {
                let bowl = any(dice);
                c.fill(&ellipse(0.0, -1.9, 2.3, 0.5), hex(0xe9c078));
                for i in 0..7u8 {
                    let x = -1.6 + f32::from(i) * 0.5;
                    c.stroke(
                        &curve(&[(x, -1.9), (x + 0.3, -2.2), (x + 0.6, -1.8)]),
                        hex(0xf6dfa6),
                        0.12,
                    );
                }
                c.fill(&circle(-0.8, -2.1, 0.45), WHITE);
                c.fill(&circle(-0.8, -2.1, 0.22), hex(0xf0a030));
                c.fill(
                    &blob(&[
                        (-2.4, -1.9),
                        (0.0, -1.55),
                        (2.4, -1.9),
                        (1.4, -0.2),
                        (-1.4, -0.2),
                    ]),
                    lit(bowl, -1.9, 0.0),
                );
            }
        }
    });
}

/// A guitar, leaning.
pub fn guitar(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    standing(c, spot, 6.4, 1.8, dice, |c, dice| {
        let body = if dice.chance(0.5) {
            wood(dice)
        } else {
            vivid(dice)
        };
        c.placed((0.0, -1.6), dice.jitter(16.0), (1.0, 1.0), |c| {
            let half = [
                (0.0, -1.5),
                (0.8, -1.4),
                (0.75, -0.6),
                (1.25, 0.5),
                (0.9, 1.5),
                (0.0, 1.6),
            ];
            c.fill(&blob(&mirrored(&half)), lit(body, -1.6, 1.6));
            c.fill(&circle(0.0, -0.2, 0.42), INK);
            c.fill(&rect(-0.18, -4.3, 0.36, 4.0), hex(0x4a3428));
            c.fill(&rounded(-0.3, -4.9, 0.6, 0.8, 0.15), body.dark(0.3));
            c.fill(&rect(-0.5, 0.7, 1.0, 0.16), INK);
            for x in [-0.1, 0.0, 0.1] {
                c.stroke(&curve(&[(x, -4.3), (x, 0.75)]), WHITE.alpha(0.7), 0.02);
            }
        });
    });
}
