//! People, birds and fish.

use super::canvas::{Canvas, Fill};
use super::colour::{Colour, INK, WHITE, any, hex, vivid};
use super::dice::Dice;
use super::mammal::Spot;
use super::shape::{Point, blob, circle, curve, ellipse, limb, mirrored, polygon, rect, rounded};

/// A person: standing in the scene, or head and shoulders.
pub fn person(c: &mut Canvas, spot: Spot, close: bool, dice: &mut Dice) {
    let skin = hex(dice.pick(&[0xf6d7bf, 0xeec19e, 0xd9a379, 0xb47a52, 0x87563a, 0x5d3a29]));
    let shirt = any(dice);
    let scale = spot.height / if close { 4.0 } else { 7.4 };
    c.placed(spot.feet, 0.0, (scale, scale), |c| {
        let neck = if close { -1.9 } else { -5.2 };
        if !close {
            c.fill(&ellipse(0.0, 0.0, 1.7, 0.25), INK.alpha(0.3));
            legs(c, any(dice).dark(0.3), dice);
        }
        c.placed((0.0, neck), dice.jitter(4.0), (1.0, 1.0), |c| {
            torso(c, shirt, skin, close, dice);
            face(c, skin, dice);
        });
    });
}

fn legs(c: &mut Canvas, cloth: Colour, dice: &mut Dice) {
    for side in [-1.0, 1.0] {
        let foot = side * dice.float(0.35, 0.8);
        c.fill(
            &limb(
                &[(side * 0.4, -2.9), (foot, -1.4), (foot, -0.1)],
                &[0.9, 0.7, 0.5],
            ),
            cloth,
        );
        c.fill(&ellipse(foot + side * 0.12, -0.05, 0.42, 0.2), INK);
    }
}

/// Shoulders downwards from the neck at the origin.
fn torso(c: &mut Canvas, shirt: Colour, skin: Colour, close: bool, dice: &mut Dice) {
    let low = if close { 4.0 } else { 2.6 };
    let lit = Fill::Linear(
        ((0.0, 0.0), shirt.light(0.12)),
        ((0.0, low), shirt.dark(0.2)),
    );
    let half = [
        (0.0, 0.1),
        (0.5, 0.15),
        (1.25, 0.5),
        (1.4, 1.4),
        (1.15, low),
        (0.0, low),
    ];
    for side in [-1.0, 1.0] {
        let hand = match dice.int(0, 2) {
            0 => (side * 2.1, -0.8),
            1 => (side * 1.9, 2.4),
            _ => (side * 0.6, 1.7),
        };
        let elbow = (side * 1.85, 1.3);
        c.fill(
            &limb(&[(side * 1.1, 0.6), elbow, hand], &[0.6, 0.5, 0.36]),
            lit,
        );
        c.fill(&circle(hand.0, hand.1, 0.27), skin);
    }
    c.fill(&blob(&mirrored(&half)), lit);
    c.fill(&rounded(-0.3, -0.5, 0.6, 0.9, 0.25), skin.dark(0.14));
}

/// A head of radius about one above the neck.
fn face(c: &mut Canvas, skin: Colour, dice: &mut Dice) {
    let hair = hex(dice.pick(&[
        0x2b2420, 0x4b3426, 0x7d5535, 0xc79a55, 0x9a9a9e, 0xb0482e, 0x5b4b8a,
    ]));
    let (style, y) = (dice.int(0, 4), -1.3);
    if style == 1 {
        c.fill(
            &blob(&mirrored(&[
                (0.0, y - 1.1),
                (0.95, y - 0.7),
                (1.1, y + 0.5),
                (0.95, 0.5),
                (0.0, 0.2),
            ])),
            hair,
        );
    }
    if style == 2 {
        // Two buns: from far away they stand where ears would.
        for side in [-1.0, 1.0] {
            c.fill(&circle(side * 0.72, y - 0.95, 0.38), hair);
        }
    }
    for side in [-1.0, 1.0] {
        c.fill(&circle(side * 0.86, y + 0.1, 0.18), skin.dark(0.08));
    }
    let head = blob(&mirrored(&[
        (0.0, y - 1.0),
        (0.72, y - 0.7),
        (0.86, y),
        (0.62, y + 0.72),
        (0.0, y + 1.0),
    ]));
    c.fill(
        &head,
        Fill::Radial((-0.2, y - 0.2), 1.6, skin.light(0.1), skin.dark(0.1)),
    );
    let fringe = [
        (-0.9, y + 0.05),
        (-0.85, y - 0.75),
        (0.0, y - 1.12),
        (0.85, y - 0.75),
        (0.9, y + 0.05),
        (0.6, y - 0.45),
        (-0.1, y - 0.5 + dice.jitter(0.15)),
    ];
    if style != 4 {
        c.fill(&blob(&fringe), hair);
    } else {
        let cap = vivid(dice);
        c.fill(
            &blob(&[
                (-0.92, y - 0.4),
                (-0.6, y - 1.05),
                (0.6, y - 1.05),
                (0.92, y - 0.4),
                (0.0, y - 0.5),
            ]),
            cap,
        );
        c.fill(&ellipse(0.5, y - 0.42, 0.85, 0.14), cap.dark(0.2));
    }
    features(c, y, dice);
}

fn features(c: &mut Canvas, y: f32, dice: &mut Dice) {
    let glasses = dice.chance(0.25);
    for side in [-1.0, 1.0] {
        c.fill(&ellipse(side * 0.34, y + 0.05, 0.15, 0.11), WHITE);
        c.fill(&circle(side * 0.34, y + 0.05, 0.085), INK);
        c.stroke(
            &curve(&[(side * 0.2, y - 0.2), (side * 0.5, y - 0.22)]),
            INK.alpha(0.7),
            0.06,
        );
        if glasses {
            c.stroke(&circle(side * 0.34, y + 0.05, 0.25), INK, 0.05);
        }
    }
    c.stroke(
        &curve(&[(0.0, y + 0.12), (0.07, y + 0.35), (-0.03, y + 0.37)]),
        INK.alpha(0.3),
        0.05,
    );
    if dice.chance(0.3) {
        c.fill(&ellipse(0.0, y + 0.62, 0.2, 0.16), hex(0x8a2f3c));
    } else {
        c.stroke(
            &curve(&[(-0.24, y + 0.58), (0.0, y + 0.67), (0.24, y + 0.58)]),
            hex(0x9c4a4a),
            0.07,
        );
    }
}

/// A songbird, an owl or a duck; standing or on a branch.
pub fn bird(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    let scale = spot.height / 4.0;
    let (coat, belly) = (any(dice), any(dice).light(0.5));
    c.placed(
        spot.feet,
        0.0,
        (dice.sign() * scale, scale),
        |c| match dice.int(0, 2) {
            0 => owl(c, coat, belly),
            _ => songbird(c, coat, belly, dice),
        },
    );
}

fn songbird(c: &mut Canvas, coat: Colour, belly: Colour, dice: &mut Dice) {
    let lit = |colour: Colour| {
        Fill::Linear(
            ((0.0, -3.4), colour.light(0.15)),
            ((0.0, 0.0), colour.dark(0.2)),
        )
    };
    if dice.chance(0.5) {
        c.fill(
            &limb(&[(-4.0, 0.2), (0.0, 0.0), (4.0, -0.4)], &[0.5, 0.4, 0.2]),
            hex(0x6b4d38),
        );
    }
    c.fill(
        &polygon(&[(-1.2, -1.2), (-3.4, -0.5), (-3.2, -0.1), (-1.0, -0.6)]),
        coat.dark(0.3),
    );
    for x in [0.0, 0.5] {
        c.stroke(&curve(&[(x, -0.7), (x + 0.1, -0.02)]), hex(0xc98a3c), 0.1);
    }
    let body = [
        (-1.7, -1.0),
        (-0.8, -2.0),
        (0.3, -2.9),
        (1.1, -3.5),
        (1.9, -3.0),
        (1.7, -2.0),
        (1.2, -0.9),
        (0.0, -0.5),
    ];
    c.layer(|c| {
        c.fill(&blob(&body), lit(coat));
        c.atop(|c| c.fill(&ellipse(1.3, -1.2, 1.0, 1.3), belly));
    });
    c.fill(
        &blob(&[
            (-1.6, -1.0),
            (-0.4, -2.2),
            (0.7, -1.9),
            (0.4, -1.1),
            (-0.7, -0.8),
        ]),
        lit(coat.dark(0.25)),
    );
    let beak = dice.float(0.5, 1.0);
    c.fill(
        &polygon(&[(1.8, -3.15), (1.85 + beak, -2.85), (1.8, -2.7)]),
        hex(0xf0a63a),
    );
    c.fill(&circle(1.3, -3.0, 0.16), INK);
    c.fill(&circle(1.35, -3.05, 0.05), WHITE);
}

/// Ear tufts and round eyes: the bird most like a cat.
fn owl(c: &mut Canvas, coat: Colour, belly: Colour) {
    for side in [-1.0, 1.0] {
        c.fill(
            &polygon(&[(side * 0.5, -3.5), (side * 1.15, -4.1), (side * 1.2, -3.0)]),
            coat.dark(0.2),
        );
    }
    let half = [
        (0.0, -3.8),
        (0.9, -3.6),
        (1.3, -2.8),
        (1.35, -1.2),
        (0.8, -0.2),
        (0.0, 0.0),
    ];
    c.fill(
        &blob(&mirrored(&half)),
        Fill::Linear(
            ((0.0, -4.0), coat.light(0.1)),
            ((0.0, 0.0), coat.dark(0.25)),
        ),
    );
    c.fill(&ellipse(0.0, -1.2, 0.85, 1.1), belly);
    for i in 0..9u8 {
        let (x, y) = (f32::from(i % 3) * 0.5 - 0.5, -1.7 + f32::from(i / 3) * 0.5);
        c.stroke(
            &curve(&[(x - 0.15, y), (x, y + 0.14), (x + 0.15, y)]),
            coat.alpha(0.7),
            0.07,
        );
    }
    for side in [-1.0, 1.0] {
        c.fill(&circle(side * 0.52, -2.85, 0.55), belly.light(0.3));
        c.fill(&circle(side * 0.5, -2.85, 0.36), hex(0xf2b134));
        c.fill(&circle(side * 0.5, -2.85, 0.2), INK);
        c.fill(
            &blob(&[
                (side * 1.0, -2.2),
                (side * 1.5, -1.2),
                (side * 1.1, -0.4),
                (side * 0.85, -1.2),
            ]),
            coat.dark(0.3),
        );
    }
    c.fill(
        &polygon(&[(-0.16, -2.7), (0.16, -2.7), (0.0, -2.3)]),
        hex(0xe09a3e),
    );
}

/// A fish in a tank, so that it may be in any room.
pub fn fish(c: &mut Canvas, spot: Spot, dice: &mut Dice) {
    let scale = spot.height / 5.0;
    c.placed(spot.feet, 0.0, (scale, scale), |c| {
        let half = dice.float(3.4, 5.0);
        c.fill(&ellipse(0.0, 0.0, half, 0.3), INK.alpha(0.3));
        c.layer(|c| {
            c.fill(
                &rounded(-half, -5.0, half * 2.0, 5.0, 0.5),
                Fill::Linear(((0.0, -5.0), hex(0x9fdcf0)), ((0.0, 0.0), hex(0x2f7fae))),
            );
            c.atop(|c| {
                c.fill(&rect(-half, -0.6, half * 2.0, 0.6), hex(0xdcc48f));
                for _ in 0..5 {
                    let x = dice.jitter(half * 0.9);
                    let weed = [(x, -0.3), (x + 0.3, -1.2), (x - 0.2, -2.0), (x + 0.1, -2.8)];
                    c.fill(&limb(&weed, &[0.3, 0.26, 0.2, 0.05]), hex(0x3f8a55));
                }
                for _ in 0..dice.int(1, 4) {
                    swimmer(c, (dice.jitter(half * 0.6), dice.float(-4.0, -1.4)), dice);
                }
                for _ in 0..8 {
                    let bubble = circle(
                        dice.jitter(half),
                        dice.float(-4.8, -0.6),
                        dice.float(0.05, 0.16),
                    );
                    c.stroke(&bubble, WHITE.alpha(0.8), 0.04);
                }
            });
        });
        c.stroke(
            &rounded(-half, -5.0, half * 2.0, 5.0, 0.5),
            WHITE.alpha(0.7),
            0.12,
        );
        c.fill(
            &polygon(&[
                (-half + 0.5, -4.6),
                (-half + 1.2, -4.6),
                (-half + 0.8, -1.0),
                (-half + 0.5, -1.0),
            ]),
            WHITE.alpha(0.25),
        );
    });
}

fn swimmer(c: &mut Canvas, at: Point, dice: &mut Dice) {
    let (colour, band, size) = (vivid(dice), vivid(dice), dice.float(0.5, 1.1));
    c.placed(at, dice.jitter(12.0), (dice.sign() * size, size), |c| {
        c.fill(
            &blob(&[(-1.2, 0.0), (-2.2, -0.8), (-1.9, 0.0), (-2.2, 0.8)]),
            colour.dark(0.1),
        );
        c.fill(
            &blob(&[(-0.5, -0.6), (0.2, -1.1), (0.7, -0.5)]),
            colour.dark(0.2),
        );
        c.fill(
            &ellipse(0.0, 0.0, 1.4, 0.75),
            Fill::Linear(
                ((0.0, -0.8), colour.light(0.3)),
                ((0.0, 0.8), colour.dark(0.1)),
            ),
        );
        for x in [-0.5, 0.2] {
            c.stroke(
                &curve(&[(x, -0.55), (x + 0.15, 0.0), (x, 0.55)]),
                band.light(0.4),
                0.2,
            );
        }
        c.fill(&circle(0.85, -0.15, 0.2), WHITE);
        c.fill(&circle(0.9, -0.15, 0.11), INK);
    });
}
