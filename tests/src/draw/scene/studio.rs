//! Backdrops as they are made for covers.

use crate::draw::canvas::{Canvas, Fill};
use crate::draw::colour::{WHITE, any, deep, pastel, vivid};
use crate::draw::dice::Dice;
use crate::draw::shape::{Point, blob, circle, curve, ellipse, polygon, rect};
use std::f32::consts::TAU;

/// Two colours and a pool of light on the ground.
pub fn gradient(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    let (a, b) = (any(dice), any(dice));
    let from = dice.pick(&[(0.0, 0.0), (w, 0.0), (w / 2.0, 0.0)]);
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Linear((from, a.light(0.15)), ((w - from.0, h), a.mix(b, 0.6))),
    );
    let pool = (w / 2.0, horizon + (h - horizon) * 0.6);
    c.placed(pool, 0.0, (1.0, 0.24), |c| {
        c.fill(
            &circle(0.0, 0.0, 7.0),
            Fill::Radial((0.0, 0.0), 7.0, WHITE.alpha(0.4), WHITE.alpha(0.0)),
        );
    });
}

/// Rays from behind the subject.
pub fn rays(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    let colour = if dice.chance(0.6) {
        vivid(dice)
    } else {
        pastel(dice)
    };
    c.fill(&rect(0.0, 0.0, w, h), colour);
    let centre = (w * dice.float(0.35, 0.65), horizon * dice.float(0.7, 1.0));
    let count = dice.int(9, 16);
    for i in 0..count {
        let at = |k: f32| {
            let (y, x) = ((i as f32 + k) / count as f32 * TAU).sin_cos();
            (centre.0 + x * 20.0, centre.1 + y * 20.0)
        };
        c.fill(&polygon(&[centre, at(0.0), at(0.5)]), colour.light(0.3));
    }
    c.fill(
        &circle(centre.0, centre.1, 9.0),
        Fill::Radial(centre, 9.0, WHITE.alpha(0.55), WHITE.alpha(0.0)),
    );
}

/// Dots, stripes or squares.
pub fn pattern(c: &mut Canvas, (w, h): Point, _: f32, dice: &mut Dice) {
    let colour = any(dice);
    let mark = if dice.chance(0.5) {
        colour.light(0.3)
    } else {
        colour.dark(0.2)
    };
    c.fill(&rect(0.0, 0.0, w, h), colour);
    let step = dice.float(0.9, 2.0);
    let kind = dice.int(0, 2);
    for row in 0..=(h / step) as u16 + 1 {
        for column in 0..=(w / step) as u16 + 1 {
            let odd = (row + column) % 2 == 1;
            let (x, y) = (f32::from(column) * step, f32::from(row) * step);
            match kind {
                0 => c.fill(
                    &circle(x + f32::from(row % 2) * step / 2.0, y, step * 0.22),
                    mark,
                ),
                1 if odd => c.fill(&rect(x, y, step, step), mark),
                _ => {}
            }
        }
    }
    if kind == 2 {
        for i in 0..30u8 {
            let x = f32::from(i) * step - h;
            c.stroke(&curve(&[(x, h + 1.0), (x + h, -1.0)]), mark, step * 0.35);
        }
    }
}

/// Lights out of focus.
pub fn bokeh(c: &mut Canvas, (w, h): Point, _: f32, dice: &mut Dice) {
    let (a, b) = (deep(dice), any(dice).dark(0.4));
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Linear(((0.0, 0.0), a), ((w, h), b)),
    );
    let warm = vivid(dice).light(0.4);
    for _ in 0..26 {
        let (x, y, r) = (dice.float(0.0, w), dice.float(0.0, h), dice.float(0.2, 1.1));
        let colour = if dice.chance(0.5) {
            warm
        } else {
            any(dice).light(0.3)
        };
        let strength = dice.float(0.1, 0.4);
        c.fill(
            &circle(x, y, r),
            Fill::Radial(
                (x, y),
                r * 1.3,
                colour.alpha(strength * 0.7),
                colour.alpha(strength),
            ),
        );
    }
}

/// Scraps of paper over one colour.
pub fn confetti(c: &mut Canvas, (w, h): Point, _: f32, dice: &mut Dice) {
    let colour = any(dice);
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Radial(
            (w / 2.0, h / 2.0),
            10.0,
            colour.light(0.25),
            colour.dark(0.1),
        ),
    );
    for _ in 0..40 {
        let at = (dice.float(0.0, w), dice.float(0.0, h));
        let (size, scrap) = (dice.float(0.12, 0.34), vivid(dice).light(0.15));
        c.placed(at, dice.float(0.0, 360.0), (1.0, 1.0), |c| {
            match (size * 100.0) as u8 % 3 {
                0 => c.fill(&rect(-size, -size * 0.4, size * 2.0, size * 0.8), scrap),
                1 => c.fill(&circle(0.0, 0.0, size), scrap),
                _ => c.fill(
                    &polygon(&[(-size, size), (size, size), (0.0, -size)]),
                    scrap,
                ),
            }
        });
    }
}

/// Large forms with nothing to recognise in them. Triangles in pairs, slits and stripes
/// occur here as well, so that no single mark stands for a cat.
pub fn shapes(c: &mut Canvas, (w, h): Point, dice: &mut Dice) {
    let (a, b) = (any(dice), any(dice));
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Linear(((0.0, 0.0), a), ((w, h), b)),
    );
    for _ in 0..dice.int(5, 12) {
        let at = (dice.float(0.0, w), dice.float(0.0, h));
        let (size, colour) = (dice.float(0.6, 3.2), any(dice).alpha(dice.float(0.5, 1.0)));
        let kind = dice.int(0, 6);
        let corners: Vec<Point> = (0..6)
            .map(|_| (dice.jitter(size), dice.jitter(size)))
            .collect();
        c.placed(at, dice.float(0.0, 360.0), (1.0, 1.0), |c| match kind {
            0 => c.fill(
                &circle(0.0, 0.0, size),
                Fill::Radial((0.0, 0.0), size, colour.light(0.3), colour),
            ),
            1 => c.fill(&rect(-size, -size / 2.0, size * 2.0, size), colour),
            2 => c.fill(
                &polygon(&[(-size, size), (size, size), (0.0, -size)]),
                colour,
            ),
            3 => c.fill(&blob(&corners), colour),
            4 => c.stroke(&circle(0.0, 0.0, size), colour, size * 0.25),
            5 => c.fill(&ellipse(0.0, 0.0, size * 0.3, size), colour),
            _ => {
                for i in 0..6u8 {
                    let y = f32::from(i) * 0.4 - 1.2;
                    c.stroke(
                        &curve(&[(-size, y), (0.0, y + 0.3), (size, y)]),
                        colour,
                        0.14,
                    );
                }
            }
        });
    }
}
