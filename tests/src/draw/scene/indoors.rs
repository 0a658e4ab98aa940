//! Rooms.

use crate::draw::canvas::{Canvas, Fill};
use crate::draw::colour::{Colour, WHITE, any, deep, hex, pastel, vivid, wood};
use crate::draw::dice::Dice;
use crate::draw::shape::{Point, circle, curve, ellipse, polygon, rect, rounded, tilted};

/// A wall with what hangs on it, and a floor.
pub fn room(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    let wall = if dice.chance(0.25) {
        deep(dice)
    } else {
        pastel(dice)
    };
    wallpaper(c, (w, horizon), wall, dice);
    floor(c, (w, h), horizon, dice);
    for _ in 0..dice.int(1, 3) {
        let x = dice.float(0.5, 13.0);
        match dice.int(0, 4) {
            0 => window(c, (x, horizon * 0.14), horizon * 0.55, dice),
            1 => pictures(c, (x, horizon * 0.2), dice),
            2 => shelf(c, (x, horizon * 0.5), dice),
            3 => lamp(c, x + 1.0, horizon, dice),
            _ => plant(c, (x + 1.0, horizon + 0.6), dice.float(1.4, 2.6), dice),
        }
    }
    if dice.chance(0.4) {
        let rug = ellipse(
            dice.float(5.0, 11.0),
            (horizon + h) / 2.0 + 0.4,
            5.0,
            (h - horizon) * 0.34,
        );
        let colour = any(dice);
        c.fill(&rug, colour);
        c.stroke(&rug, colour.light(0.35), 0.12);
    }
}

/// A table top close by, a blurred wall behind.
pub fn table(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    let wall = any(dice).light(0.2);
    c.fill(
        &rect(0.0, 0.0, w, horizon),
        Fill::Linear(
            ((0.0, 0.0), wall.light(0.15)),
            ((0.0, horizon), wall.dark(0.1)),
        ),
    );
    if dice.chance(0.5) {
        let tile = dice.float(0.9, 1.6);
        for i in 0..=(w / tile) as u16 {
            let x = f32::from(i) * tile;
            c.stroke(&curve(&[(x, 0.0), (x, horizon)]), WHITE.alpha(0.25), 0.05);
        }
        for i in 0..=(horizon / tile) as u16 {
            let y = horizon - f32::from(i) * tile;
            c.stroke(&curve(&[(0.0, y), (w, y)]), WHITE.alpha(0.25), 0.05);
        }
    }
    let top = wood(dice);
    c.fill(
        &rect(0.0, horizon, w, h),
        Fill::Linear(
            ((0.0, horizon), top.light(0.12)),
            ((0.0, h), top.dark(0.25)),
        ),
    );
    for _ in 0..9 {
        let (x, y) = (dice.float(-2.0, 14.0), dice.float(horizon, h));
        let grain = curve(&[(x, y), (x + 2.5, y + dice.jitter(0.08)), (x + 5.0, y)]);
        c.stroke(&grain, top.dark(0.3).alpha(0.35), 0.04);
    }
    c.fill(&rect(0.0, horizon, w, 0.14), top.light(0.3));
    if dice.chance(0.5) {
        plant(
            c,
            (dice.pick(&[1.4, 14.4]), horizon + 0.5),
            dice.float(1.6, 3.0),
            dice,
        );
    }
}

/// A sofa from the front: the seat is where things stand.
pub fn sofa(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    wallpaper(c, (w, h), pastel(dice), dice);
    let cloth = any(dice);
    let (left, right) = (dice.float(-2.0, 1.0), dice.float(15.0, 18.0));
    let lit = |y: f32| {
        Fill::Linear(
            ((0.0, y), cloth.light(0.12)),
            ((0.0, y + 3.0), cloth.dark(0.2)),
        )
    };
    c.fill(
        &rounded(left, horizon - 2.6, right - left, 5.0, 0.9),
        lit(horizon - 2.6),
    );
    let middle = (left + right) / 2.0;
    for x in [left + 0.3, middle + 0.1] {
        c.fill(
            &rounded(x, horizon - 1.9, (right - left) / 2.0 - 0.4, 3.0, 0.6),
            lit(horizon - 2.2),
        );
    }
    c.fill(
        &rounded(left - 0.6, horizon, right - left + 1.2, h, 0.5),
        cloth.light(0.06),
    );
    c.fill(
        &rect(left - 0.6, horizon + 0.9, right - left + 1.2, 0.08),
        cloth.dark(0.35),
    );
    for _ in 0..dice.int(0, 2) {
        let colour = any(dice);
        let at = (dice.float(1.0, 15.0), horizon - 0.2);
        c.placed(at, dice.jitter(20.0), (1.0, 1.0), |c| {
            c.fill(
                &rounded(-1.1, -1.1, 2.2, 2.0, 0.5),
                Fill::Radial((0.0, 0.0), 1.6, colour.light(0.15), colour.dark(0.1)),
            );
        });
    }
}

/// A pot with leaves, standing at `at`.
pub fn plant(c: &mut Canvas, at: Point, height: f32, dice: &mut Dice) {
    let pot = any(dice);
    let green = hex(dice.pick(&[0x4f8a4c, 0x3c6e50, 0x7aa35a, 0x2f5d46]));
    for _ in 0..9 {
        let (dx, dy) = (dice.jitter(0.42) * height, -height * dice.float(0.5, 1.0));
        let leaf = (at.0 + dx, at.1 + dy);
        c.stroke(
            &curve(&[
                (at.0, at.1 - height * 0.3),
                (at.0 + dx * 0.4, at.1 + dy * 0.7),
                leaf,
            ]),
            green.dark(0.2),
            0.06,
        );
        let turn = dx.atan2(-dy) - 1.57;
        c.fill(
            &tilted(leaf.0, leaf.1, height * 0.2, height * 0.085, turn),
            green.light(dice.float(0.0, 0.25)),
        );
    }
    let (half, tall) = (height * 0.2, height * 0.36);
    let outline = [
        (at.0 - half, at.1 - tall),
        (at.0 + half, at.1 - tall),
        (at.0 + half * 0.75, at.1),
        (at.0 - half * 0.75, at.1),
    ];
    c.fill(
        &polygon(&outline),
        Fill::Linear((outline[0], pot.light(0.2)), (outline[1], pot.dark(0.2))),
    );
}

fn wallpaper(c: &mut Canvas, (w, h): Point, wall: Colour, dice: &mut Dice) {
    c.fill(
        &rect(0.0, 0.0, w, h),
        Fill::Linear(((0.0, 0.0), wall.light(0.1)), ((w, h), wall.dark(0.12))),
    );
    let faint = wall.dark(0.1).alpha(0.5);
    match dice.int(0, 4) {
        0 => {
            for i in 0..16u8 {
                c.fill(&rect(f32::from(i), 0.0, 0.45, h), faint);
            }
        }
        1 => {
            for i in 0..60u8 {
                let (x, y) = (f32::from(i % 12) * 1.4, f32::from(i / 12) * 1.3);
                c.fill(
                    &circle(x + f32::from(i / 12 % 2) * 0.7, y + 0.4, 0.14),
                    faint,
                );
            }
        }
        _ => {}
    }
}

fn floor(c: &mut Canvas, (w, h): Point, horizon: f32, dice: &mut Dice) {
    let boards = dice.chance(0.65);
    let colour = if boards {
        wood(dice)
    } else {
        pastel(dice).dark(0.15)
    };
    let fill = Fill::Linear(
        ((0.0, horizon), colour.dark(0.12)),
        ((0.0, h), colour.light(0.1)),
    );
    c.fill(&rect(0.0, horizon, w, h - horizon), fill);
    if boards {
        for i in 0..14u8 {
            let x = w * (f32::from(i) - 6.5) / 6.0;
            let seam = curve(&[(w / 2.0 + x * 0.5, horizon), (w / 2.0 + x * 1.4, h)]);
            c.stroke(&seam, colour.dark(0.35).alpha(0.6), 0.05);
        }
    }
    c.fill(&rect(0.0, horizon - 0.3, w, 0.3), WHITE.mix(colour, 0.2));
    c.fill(&rect(0.0, horizon, w, 0.1), colour.dark(0.4).alpha(0.6));
}

fn window(c: &mut Canvas, (x, y): Point, tall: f32, dice: &mut Dice) {
    let wide = tall * dice.float(0.7, 1.2);
    let night = dice.chance(0.25);
    let (high, low) = if night {
        (hex(0x1d2448), hex(0x51507e))
    } else {
        (hex(0x8cc6ee), hex(0xe6f3f5))
    };
    c.fill(
        &rect(x - 0.15, y - 0.15, wide + 0.3, tall + 0.3),
        WHITE.mix(hex(0xd8cbb8), 0.4),
    );
    c.fill(
        &rect(x, y, wide, tall),
        Fill::Linear(((x, y), high), ((x, y + tall), low)),
    );
    if !night {
        c.fill(
            &ellipse(x + wide * 0.3, y + tall * 0.9, wide * 0.3, tall * 0.1),
            hex(0x9cc48a).alpha(0.8),
        );
    }
    c.fill(
        &rect(x + wide / 2.0 - 0.06, y, 0.12, tall),
        WHITE.mix(hex(0xd8cbb8), 0.4),
    );
    let cloth = any(dice);
    for side in [x - 0.5, x + wide - 0.2] {
        c.fill(
            &rounded(side, y - 0.3, 0.75, tall + 0.9, 0.2),
            Fill::Linear(
                ((side, y), cloth.light(0.2)),
                ((side + 0.75, y), cloth.dark(0.2)),
            ),
        );
    }
}

fn pictures(c: &mut Canvas, (x, y): Point, dice: &mut Dice) {
    for i in 0..dice.int(1, 3) {
        let (w, h) = (dice.float(0.9, 1.7), dice.float(0.8, 1.5));
        let left = x + i as f32 * 1.9;
        c.fill(&rect(left, y, w, h), wood(dice).dark(0.3));
        c.fill(&rect(left + 0.1, y + 0.1, w - 0.2, h - 0.2), pastel(dice));
        c.fill(&circle(left + w / 2.0, y + h / 2.0, h * 0.2), vivid(dice));
    }
}

fn shelf(c: &mut Canvas, (x, y): Point, dice: &mut Dice) {
    let wide = dice.float(2.4, 4.0);
    let mut left = x + 0.1;
    while left < x + wide - 0.4 {
        let (w, h) = (dice.float(0.14, 0.34), dice.float(0.6, 1.15));
        c.fill(&rect(left, y - h, w, h), any(dice));
        left += w + 0.03;
    }
    c.fill(&rect(x, y, wide, 0.16), wood(dice).dark(0.1));
}

fn lamp(c: &mut Canvas, x: f32, horizon: f32, dice: &mut Dice) {
    let top = horizon * 0.3;
    c.fill(
        &circle(x, top + 0.4, 3.2),
        Fill::Radial(
            (x, top + 0.4),
            3.2,
            hex(0xfff0c0).alpha(0.55),
            hex(0xfff0c0).alpha(0.0),
        ),
    );
    c.fill(
        &rect(x - 0.06, top, 0.12, horizon - top + 0.5),
        hex(0x4a4044),
    );
    let shade = [
        (x - 0.45, top),
        (x + 0.45, top),
        (x + 0.85, top + 1.0),
        (x - 0.85, top + 1.0),
    ];
    c.fill(&polygon(&shade), pastel(dice).light(0.3));
}
