//! Under the sky.

use crate::draw::canvas::{Canvas, Fill};
use crate::draw::colour::{Colour, WHITE, any, hex, hsl, pastel, vivid};
use crate::draw::dice::Dice;
use crate::draw::shape::{Point, blob, circle, curve, ellipse, polygon, rect};

/// Grass, bushes, flowers, sometimes a fence.
pub fn garden(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    sky(c, (w, h), dice);
    let green = season(dice);
    hills(c, w, horizon, green.mix(hex(0x8fb3c8), 0.3), dice);
    if dice.chance(0.45) {
        fence(c, w, horizon, dice);
    }
    for _ in 0..dice.int(2, 6) {
        bush(
            c,
            (dice.float(0.0, w), horizon + 0.1),
            dice.float(0.7, 1.5),
            green.dark(0.2),
            dice,
        );
    }
    let lawn = Fill::Linear(((0.0, horizon), green), ((0.0, h), green.dark(0.25)));
    c.fill(&rect(0.0, horizon, w, h), lawn);
    for _ in 0..46 {
        let (x, y) = (dice.float(0.0, w), dice.float(horizon + 0.1, h));
        let tall = 0.12 + 0.3 * (y - horizon) / (h - horizon);
        c.stroke(
            &curve(&[(x, y), (x + dice.jitter(0.12), y - tall)]),
            green.light(dice.float(0.0, 0.3)),
            0.05,
        );
    }
    let petals = vivid(dice).light(0.2);
    for _ in 0..dice.int(0, 14) {
        let (x, y) = (dice.float(0.0, w), dice.float(horizon + 0.3, h));
        c.fill(&circle(x, y, 0.13), petals);
        c.fill(&circle(x, y, 0.05), hex(0xf6d65a));
    }
}

/// House fronts and a pavement.
pub fn street(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    sky(c, (w, h), dice);
    let mut x = -dice.float(0.0, 1.5);
    while x < w {
        let wide = dice.float(2.0, 3.6);
        front(
            c,
            (x, horizon - dice.float(2.4, horizon * 0.9)),
            wide,
            horizon,
            dice,
        );
        x += wide;
    }
    let stone = hex(0xa8a39c).mix(any(dice), 0.15);
    c.fill(
        &rect(0.0, horizon, w, h),
        Fill::Linear(((0.0, horizon), stone), ((0.0, h), stone.dark(0.3))),
    );
    c.fill(&rect(0.0, horizon + 0.5, w, 0.12), stone.light(0.4));
    for i in 0..6u8 {
        let x = f32::from(i) * 3.1 + 0.4;
        c.fill(
            &polygon(&[
                (x, h - 0.7),
                (x + 1.3, h - 0.7),
                (x + 1.5, h - 0.45),
                (x, h - 0.45),
            ]),
            WHITE.alpha(0.6),
        );
    }
}

/// Sea and sand.
pub fn beach(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    sky(c, (w, h), dice);
    let sea = hsl(dice.float(0.48, 0.58), 0.5, 0.5);
    let line = horizon * 0.75;
    c.fill(
        &rect(0.0, line, w, h),
        Fill::Linear(
            ((0.0, line), sea.dark(0.2)),
            ((0.0, horizon), sea.light(0.3)),
        ),
    );
    for _ in 0..12 {
        let (x, y) = (dice.float(0.0, w), dice.float(line + 0.1, horizon));
        c.stroke(
            &curve(&[(x, y), (x + dice.float(0.4, 1.4), y)]),
            WHITE.alpha(0.5),
            0.04,
        );
    }
    let sand = hex(0xecd5a5).mix(any(dice), 0.1);
    let shore = [
        (-1.0, horizon + 0.1),
        (4.0, horizon - 0.15),
        (9.0, horizon + 0.2),
        (17.0, horizon),
        (17.0, h + 1.0),
        (-1.0, h + 1.0),
    ];
    c.fill(
        &polygon(&shore.map(|(x, y)| (x, y - 0.14))),
        WHITE.alpha(0.8),
    );
    c.fill(
        &polygon(&shore),
        Fill::Linear(((0.0, horizon), sand), ((0.0, h), sand.dark(0.15))),
    );
}

/// A town or hills by night.
pub fn night(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    let deep = hsl(dice.float(0.58, 0.78), 0.45, 0.14);
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Linear(
            ((0.0, 0.0), deep),
            ((0.0, horizon), deep.mix(hex(0x8a5f8c), 0.5)),
        ),
    );
    for _ in 0..40 {
        let star = circle(
            dice.float(0.0, w),
            dice.float(0.0, horizon),
            dice.float(0.015, 0.05),
        );
        c.fill(&star, WHITE.alpha(dice.float(0.4, 0.95)));
    }
    let moon = (dice.float(1.5, 14.5), dice.float(1.0, 2.6));
    c.fill(
        &circle(moon.0, moon.1, 2.2),
        Fill::Radial(
            moon,
            2.2,
            hex(0xfff2c4).alpha(0.4),
            hex(0xfff2c4).alpha(0.0),
        ),
    );
    c.fill(&circle(moon.0, moon.1, 0.7), hex(0xfdf3cf));
    let mut x = 0.0;
    while x < w {
        let (wide, tall) = (dice.float(0.9, 2.0), dice.float(0.6, 2.6));
        c.fill(&rect(x, horizon - tall, wide, tall + 0.1), deep.light(0.07));
        for i in 0..(tall / 0.5) as u8 {
            if dice.chance(0.6) {
                c.fill(
                    &rect(
                        x + 0.25,
                        horizon - tall + 0.2 + f32::from(i) * 0.5,
                        0.24,
                        0.2,
                    ),
                    hex(0xf6cf72).alpha(0.85),
                );
            }
        }
        x += wide;
    }
    let ground = deep.light(dice.float(0.12, 0.3));
    c.fill(
        &rect(0.0, horizon, w, h),
        Fill::Linear(((0.0, horizon), ground), ((0.0, h), ground.dark(0.3))),
    );
}

/// Mountains, water, trees: a view without a subject.
pub fn landscape(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    sky(c, (w, h), dice);
    let stone = hsl(dice.float(0.55, 0.8), 0.2, 0.5);
    for layer in 0..3u8 {
        let near = f32::from(layer) / 2.0;
        let colour = stone
            .light(0.35 - 0.35 * near)
            .mix(season(dice), near * 0.6);
        let mut ridge = vec![(-1.0, h), (-1.0, horizon)];
        for i in 0..=8u8 {
            let peak = dice.float(0.2, 3.6) * (1.0 - 0.55 * near);
            ridge.push((f32::from(i) * 2.0 + dice.jitter(0.5), horizon - peak + near));
        }
        ridge.extend([(w + 1.0, horizon), (w + 1.0, h)]);
        let shape = if layer == 0 {
            polygon(&ridge)
        } else {
            blob(&ridge)
        };
        c.fill(
            &shape,
            Fill::Linear(
                ((0.0, horizon - 3.0), colour.light(0.1)),
                ((0.0, h), colour.dark(0.2)),
            ),
        );
    }
    if dice.chance(0.5) {
        let water = hsl(dice.float(0.5, 0.6), 0.45, 0.55);
        c.fill(
            &rect(0.0, horizon + 1.0, w, h),
            Fill::Linear(
                ((0.0, horizon + 1.0), water.light(0.3)),
                ((0.0, h), water.dark(0.3)),
            ),
        );
        for _ in 0..16 {
            let (x, y) = (dice.float(0.0, w), dice.float(horizon + 1.1, h));
            c.stroke(
                &curve(&[(x, y), (x + dice.float(0.5, 2.0), y)]),
                WHITE.alpha(0.35),
                0.05,
            );
        }
    }
}

/// A round mass of leaves.
pub fn bush(c: &mut Canvas, at: Point, size: f32, green: Colour, dice: &mut Dice) {
    for _ in 0..5 {
        let (x, y) = (at.0 + dice.jitter(size), at.1 - dice.float(0.0, size * 0.7));
        let r = size * dice.float(0.4, 0.75);
        c.fill(
            &circle(x, y, r),
            Fill::Radial(
                (x - r * 0.3, y - r * 0.4),
                r * 1.3,
                green.light(0.22),
                green,
            ),
        );
    }
}

fn season(dice: &mut Dice) -> Colour {
    hex(dice.weighted(&[
        (3.0, 0x79b356),
        (2.0, 0x5c9a5b),
        (1.0, 0xc79b4a),
        (1.0, 0xe8eef2),
        (1.0, 0x9fbf63),
    ]))
}

/// Down to below any horizon: every pixel painted twice costs.
fn sky(c: &mut Canvas, (w, h): Point, dice: &mut Dice) {
    let (high, low) = dice.weighted(&[
        (4.0, (0x66aee6, 0xdff0f7)),
        (2.0, (0x9db4c8, 0xe4e6e6)),
        (1.5, (0x6b6fb0, 0xf7b98c)),
        (1.0, (0xf3a683, 0xfbe3b9)),
    ]);
    c.fill(
        &rect(0.0, 0.0, w, h * 0.8),
        Fill::Linear(((0.0, 0.0), hex(high)), ((0.0, h * 0.7), hex(low))),
    );
    if dice.chance(0.4) {
        let sun = (dice.float(1.0, w - 1.0), dice.float(0.8, 2.8));
        c.fill(
            &circle(sun.0, sun.1, 2.6),
            Fill::Radial(sun, 2.6, hex(0xfff6d0).alpha(0.7), hex(0xfff6d0).alpha(0.0)),
        );
        c.fill(&circle(sun.0, sun.1, 0.6), hex(0xfff3c8));
    }
    for _ in 0..dice.int(0, 4) {
        let (x, y, s) = (
            dice.float(0.0, w),
            dice.float(0.5, h * 0.35),
            dice.float(0.5, 1.1),
        );
        for (dx, r) in [(-0.9, 0.45), (-0.2, 0.7), (0.6, 0.55), (1.2, 0.35)] {
            c.fill(
                &ellipse(x + dx * s, y - r * s * 0.4, r * s * 1.1, r * s * 0.8),
                WHITE.alpha(0.75),
            );
        }
    }
}

fn hills(c: &mut Canvas, w: f32, horizon: f32, green: Colour, dice: &mut Dice) {
    for i in 0..3u8 {
        let hill = ellipse(
            dice.float(0.0, w),
            horizon + 1.4,
            dice.float(4.0, 8.0),
            dice.float(1.6, 3.2),
        );
        c.fill(&hill, green.light(0.3 - 0.12 * f32::from(i)));
    }
}

fn fence(c: &mut Canvas, w: f32, horizon: f32, dice: &mut Dice) {
    let colour = if dice.chance(0.5) {
        WHITE.dark(0.06)
    } else {
        hex(0xa67c52)
    };
    for y in [horizon - 1.2, horizon - 0.5] {
        c.fill(&rect(0.0, y, w, 0.2), colour.dark(0.15));
    }
    for i in 0..20u8 {
        let x = f32::from(i) * 0.85;
        let board = [
            (x, horizon),
            (x, horizon - 1.5),
            (x + 0.22, horizon - 1.75),
            (x + 0.44, horizon - 1.5),
            (x + 0.44, horizon),
        ];
        c.fill(&polygon(&board), colour);
    }
}

fn front(c: &mut Canvas, (x, top): Point, wide: f32, horizon: f32, dice: &mut Dice) {
    let wall = pastel(dice).dark(0.1);
    c.fill(
        &rect(x, top, wide, horizon - top),
        Fill::Linear(
            ((x, top), wall.light(0.1)),
            ((x + wide, top), wall.dark(0.12)),
        ),
    );
    c.fill(
        &rect(x - 0.06, top - 0.14, wide + 0.12, 0.26),
        wall.dark(0.35),
    );
    let mut y = top + 0.4;
    while y < horizon - 1.3 {
        for k in 0..2u8 {
            let left = x + wide * (0.18 + 0.42 * f32::from(k));
            let glass = if dice.chance(0.2) {
                hex(0xf5d98a)
            } else {
                hex(0x8fa9bd)
            };
            c.fill(&rect(left, y, wide * 0.22, 0.6), WHITE.alpha(0.8));
            c.fill(&rect(left + 0.05, y + 0.05, wide * 0.22 - 0.1, 0.5), glass);
        }
        y += 1.05;
    }
    c.fill(
        &rect(x + wide * 0.15, horizon - 0.9, wide * 0.7, 0.9),
        wall.dark(0.55),
    );
    c.fill(
        &rect(x + wide * 0.1, horizon - 1.05, wide * 0.8, 0.22),
        vivid(dice),
    );
}
