//! What a video site's covers carry over the picture. None of it knows the subject.

use super::canvas::{Canvas, Fill};
use super::colour::{Colour, INK, WHITE, hex, vivid};
use super::dice::Dice;
use super::glyph::{digits, text};
use super::screens::hud;
use super::shape::{Point, circle, curve, polygon, rect, rounded};

/// Lays captions, badges and frames over a canvas of `w` by `h`; a panel keeps to the side
/// away from `x`, where things stand, or nobody could tell what they are.
pub fn overlay(c: &mut Canvas, (w, h): Point, x: f32, dice: &mut Dice) {
    if dice.chance(0.28) {
        caption(c, (w, h), dice);
    }
    if dice.chance(0.06) {
        panel(c, (w, h), x < w / 2.0, dice);
    }
    if dice.chance(0.05) {
        ring(c, (w, h), dice);
    }
    if dice.chance(0.05) {
        hud(c, w, dice);
    }
    if dice.chance(0.25) {
        badge(c, (w, h), dice);
    }
    if dice.chance(0.08) {
        play(c, (w / 2.0, h / 2.0));
    }
    match dice.int(0, 19) {
        0 | 1 => c.stroke(&rect(0.0, 0.0, w, h), vivid(dice), 0.7),
        2 => {
            c.fill(&rect(0.0, 0.0, w, h * 0.1), INK);
            c.fill(&rect(0.0, h * 0.9, w, h * 0.1), INK);
        }
        _ => {}
    }
}

fn caption(c: &mut Canvas, (w, h): Point, dice: &mut Dice) {
    let size = dice.float(1.0, 1.9);
    let count = dice.int(3, (w * 0.85 / size / 1.08) as u32);
    let left = dice.pick(&[
        0.6,
        (w - count as f32 * size * 1.08) / 2.0,
        w - 0.6 - count as f32 * size * 1.08,
    ]);
    let top = dice.weighted(&[(3.0, h - size - 0.5), (1.5, 0.5), (0.5, h * 0.45)]);
    let (ink, edge) = dice.pick(&[
        (WHITE, INK),
        (hex(0xffe14d), INK),
        (hex(0xe8343e), WHITE),
        (WHITE, hex(0xd8453f)),
        (hex(0x3a2b20), hex(0xfff4d2)),
    ]);
    c.placed((left, top), dice.jitter(4.0), (1.0, 1.0), |c| {
        text(c, (0.0, 0.0), size, count, ink, Some(edge), dice);
    });
}

/// A coloured side with lines of text.
fn panel(c: &mut Canvas, (w, h): Point, right: bool, dice: &mut Dice) {
    let wide = w * dice.float(0.2, 0.3);
    let left = if right { w - wide } else { 0.0 };
    c.fill(
        &rect(left, 0.0, wide, h),
        vivid(dice).mix(INK, 0.25).alpha(0.88),
    );
    for i in 0..dice.int(2, 4) {
        let size = dice.float(0.6, 1.0);
        let count = ((wide - 0.8) / size / 1.08) as u32;
        text(
            c,
            (left + 0.4, h * 0.16 + i as f32 * h * 0.2),
            size,
            count,
            WHITE,
            None,
            dice,
        );
    }
}

/// "Look here".
fn ring(c: &mut Canvas, (w, h): Point, dice: &mut Dice) {
    let (x, y, r) = (
        dice.float(3.0, w - 3.0),
        dice.float(2.0, h - 2.0),
        dice.float(0.8, 1.8),
    );
    let red = hex(0xe5302b);
    c.stroke(&circle(x, y, r), red, 0.22);
    let angle = dice.float(0.0, std::f32::consts::TAU);
    c.placed((x, y), angle.to_degrees(), (1.0, 1.0), |c| {
        c.stroke(&curve(&[(r + 2.4, 0.0), (r + 0.9, 0.0)]), red, 0.3);
        c.fill(
            &polygon(&[(r + 0.3, 0.0), (r + 1.2, -0.6), (r + 1.2, 0.6)]),
            red,
        );
    });
}

fn badge(c: &mut Canvas, (w, h): Point, dice: &mut Dice) {
    let length = format!("{:02}:{:02}", dice.int(0, 59), dice.int(0, 59));
    c.fill(
        &rounded(w - 2.7, h - 1.05, 2.4, 0.75, 0.18),
        INK.alpha(0.75),
    );
    digits(c, (w - 2.45, h - 0.87), 0.4, &length, WHITE);
}

fn play(c: &mut Canvas, (x, y): Point) {
    c.fill(&circle(x, y, 0.9), INK.alpha(0.5));
    c.fill(
        &polygon(&[(x - 0.3, y - 0.48), (x + 0.55, y), (x - 0.3, y + 0.48)]),
        WHITE.alpha(0.95),
    );
}

/// Thins out what lies behind, as a lens does that looks at what stands in front.
pub fn haze(c: &mut Canvas, (w, h): Point, dice: &mut Dice) {
    let air = hex(dice.pick(&[0xf4efe6, 0xdfe7ee, 0xe9dfe6, 0x3a3746]));
    c.fill(&rect(0.0, 0.0, w, h), air.alpha(dice.float(0.15, 0.5)));
}

/// A vignette, sometimes a leak of sun.
pub fn light(c: &mut Canvas, (w, h): Point, dice: &mut Dice) {
    if dice.chance(0.3) {
        edge(c, (w, h), dice.float(0.2, 0.5));
    }
    if dice.chance(0.15) {
        let at = (dice.pick(&[0.0, w]), 0.0);
        let sun = hex(0xfff0c8);
        let glow = Fill::Radial(at, 11.0, sun.alpha(0.5), sun.alpha(0.0));
        c.fill(&rect(0.0, 0.0, w, h), glow);
    }
}

/// The light's colour, as a veil over everything.
pub fn veil(dice: &mut Dice) -> Colour {
    let tint = [0xffb066, 0x5f8fd8, 0xf0d8a8, 0x7a5aa8];
    match dice.int(0, 9) {
        0..=4 => WHITE.alpha(0.0),
        5..=8 => hex(dice.pick(&tint)).alpha(dice.float(0.04, 0.16)),
        _ => hex(0x101830).alpha(dice.float(0.15, 0.4)),
    }
}

/// Darker corners.
fn edge(c: &mut Canvas, (w, h): Point, strength: f32) {
    c.placed((w / 2.0, h / 2.0), 0.0, (w, h), |c| {
        let fade = Fill::Radial((0.0, 0.0), 0.72, INK.alpha(0.0), INK.alpha(strength));
        c.fill(&rect(-0.5, -0.5, 1.0, 1.0), fade);
    });
}
