//! Covers that are not pictures of anything: slides and games.

use super::canvas::{Canvas, Fill};
use super::colour::{INK, WHITE, any, deep, hex, pastel, vivid};
use super::dice::Dice;
use super::glyph::text;
use super::shape::{circle, curve, ellipse, polygon, rect, rounded};

/// A slide: heading, lines of text, a chart.
pub fn slide(c: &mut Canvas, (w, h): (f32, f32), dice: &mut Dice) {
    let dark = dice.chance(0.4);
    let (paper, ink) = if dark {
        (deep(dice), WHITE)
    } else {
        (pastel(dice).light(0.6), INK)
    };
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Linear(((0.0, 0.0), paper.light(0.1)), ((w, h), paper.dark(0.08))),
    );
    let accent = vivid(dice);
    c.fill(&rect(0.0, 0.0, w, dice.float(0.2, 0.7)), accent);
    text(
        c,
        (1.0, h * 0.14),
        dice.float(0.9, 1.3),
        dice.int(4, 9),
        ink,
        None,
        dice,
    );
    let chart = dice.chance(0.6);
    for i in 0..dice.int(3, 5) {
        let y = h * (0.36 + 0.12 * i as f32);
        c.fill(&circle(1.2, y + 0.25, 0.12), accent);
        text(
            c,
            (1.6, y),
            0.5,
            if chart {
                dice.int(5, 9)
            } else {
                dice.int(8, 20)
            },
            ink.alpha(0.85),
            None,
            dice,
        );
    }
    if !chart {
        return;
    }
    if dice.chance(0.5) {
        for i in 0..5u8 {
            let tall = dice.float(0.8, h * 0.5);
            c.fill(
                &rect(8.6 + f32::from(i) * 1.3, h * 0.88 - tall, 0.9, tall),
                accent.mix(any(dice), 0.4),
            );
        }
    } else {
        let line: Vec<_> = (0..7u8)
            .map(|i| (8.6 + f32::from(i), h * 0.85 - dice.float(0.2, h * 0.45)))
            .collect();
        c.stroke(&curve(&line), accent, 0.14);
    }
    c.stroke(&curve(&[(8.3, h * 0.88), (15.4, h * 0.88)]), ink, 0.06);
}

/// A game: platforms, coins, a hero made of blocks, bars and a score.
pub fn game(c: &mut Canvas, (w, h): (f32, f32), dice: &mut Dice) {
    let (high, low) = (any(dice), any(dice));
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Linear(((0.0, 0.0), high.light(0.1)), ((0.0, h), low)),
    );
    for _ in 0..5 {
        let (x, r) = (dice.float(0.0, w), dice.float(1.5, 3.5));
        c.fill(
            &polygon(&[(x - r, h), (x, h - r * 1.5), (x + r, h)]),
            low.dark(0.3).alpha(0.6),
        );
    }
    let (soil, grass) = (hex(dice.pick(&[0x8a5a3c, 0x6c6f7a, 0x7a4b68])), vivid(dice));
    for _ in 0..dice.int(3, 6) {
        let (x, y, n) = (
            dice.float(0.0, 13.0),
            dice.float(h * 0.35, h * 0.85),
            dice.int(2, 5),
        );
        for i in 0..n {
            let left = x + i as f32 * 0.9;
            c.fill(&rect(left, y, 0.86, 0.86), soil);
            c.fill(&rect(left, y, 0.86, 0.24), grass);
            if dice.chance(0.4) {
                c.fill(&circle(left + 0.43, y - 0.7, 0.28), hex(0xf8cf3f));
                c.fill(&ellipse(left + 0.43, y - 0.7, 0.1, 0.2), hex(0xd99a20));
            }
        }
    }
    c.fill(&rect(0.0, h - 0.9, w, 0.9), soil.dark(0.2));
    c.fill(&rect(0.0, h - 0.95, w, 0.25), grass);
    hero(c, (dice.float(2.0, 13.0), h - 0.95), dice);
    hud(c, w, dice);
}

/// A figure on a grid of eight by eight, as old games draw them.
fn hero(c: &mut Canvas, feet: (f32, f32), dice: &mut Dice) {
    let size = dice.float(0.2, 0.42);
    let colours = [vivid(dice), any(dice), hex(0xf2c79c)];
    for row in 0..8u8 {
        for column in 0..4u8 {
            if !dice.chance(0.75) {
                continue;
            }
            let part = match row {
                0 | 1 => 0,
                2 | 3 => 2,
                _ => 1,
            };
            let colour = colours[part];
            let y = feet.1 - (8.0 - f32::from(row)) * size;
            for x in [f32::from(column), 7.0 - f32::from(column)] {
                c.fill(&rect(feet.0 + (x - 4.0) * size, y, size, size), colour);
            }
        }
    }
}

/// Health bars and a score.
pub fn hud(c: &mut Canvas, w: f32, dice: &mut Dice) {
    for i in 0..dice.int(1, 2) {
        let y = 0.4 + i as f32 * 0.6;
        c.fill(&rounded(0.4, y, 4.2, 0.42, 0.2), INK.alpha(0.7));
        c.fill(
            &rounded(0.48, y + 0.07, dice.float(0.8, 4.0), 0.28, 0.14),
            vivid(dice),
        );
    }
    text(c, (w - 4.2, 0.35), 0.6, 5, WHITE, Some(INK), dice);
}
