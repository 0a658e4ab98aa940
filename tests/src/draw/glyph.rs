//! Writing that is no writing: strokes in a square, as Chinese characters look from afar.

use super::canvas::Canvas;
use super::colour::Colour;
use super::dice::Dice;
use super::shape::{Point, curve};

/// Sets `count` characters of `size` from `at` (left, top) to the right, with an optional
/// outline colour; says how wide the line is.
pub fn text(
    c: &mut Canvas,
    at: Point,
    size: f32,
    count: u32,
    colour: Colour,
    outline: Option<Colour>,
    dice: &mut Dice,
) -> f32 {
    let advance = size * 1.08;
    let characters: Vec<Vec<[Point; 2]>> = (0..count).map(|_| character(dice)).collect();
    for (width, colour) in [(0.3, outline), (0.12, Some(colour))] {
        let Some(colour) = colour else { continue };
        for (i, strokes) in characters.iter().enumerate() {
            let left = at.0 + i as f32 * advance;
            for stroke in strokes {
                let line = stroke.map(|(x, y)| (left + x * size, at.1 + y * size));
                c.stroke(&curve(&line), colour, size * width);
            }
        }
    }
    count as f32 * advance
}

/// Strokes of one character in the unit square.
fn character(dice: &mut Dice) -> Vec<[Point; 2]> {
    let mut strokes = Vec::new();
    let split = dice.chance(0.6);
    let left = if split { 0.42 } else { 0.08 };
    if split {
        let x = dice.float(0.14, 0.26);
        strokes.push([(x, 0.1), (x, 0.92)]);
        let y = dice.float(0.2, 0.5);
        strokes.push([(0.05, y), (0.36, y)]);
    }
    for i in 0..dice.int(2, 3) {
        let y = 0.16 + 0.3 * i as f32;
        strokes.push([(left, y), (0.94, y)]);
    }
    let middle = (left + 0.94) / 2.0;
    match dice.int(0, 3) {
        0 => strokes.extend([[(left, 0.16), (left, 0.84)], [(0.94, 0.16), (0.94, 0.84)]]),
        1 => strokes.extend([
            [(middle, 0.08), (left, 0.92)],
            [(middle, 0.46), (0.94, 0.92)],
        ]),
        2 => strokes.push([(middle, 0.06), (middle, 0.94)]),
        _ => strokes.extend([[(middle, 0.06), (middle, 0.5)], [(left, 0.9), (0.94, 0.9)]]),
    }
    strokes
}

/// Digits as on a clock, for the length of a video.
pub fn digits(c: &mut Canvas, at: Point, size: f32, text: &str, colour: Colour) {
    // Segments from the top clockwise, then the middle one.
    const LIT: [u8; 10] = [
        0b0111111, 0b0000110, 0b1011011, 0b1001111, 0b1100110, 0b1101101, 0b1111101, 0b0000111,
        0b1111111, 0b1101111,
    ];
    const ENDS: [[Point; 2]; 7] = [
        [(0.0, 0.0), (0.5, 0.0)],
        [(0.5, 0.0), (0.5, 0.5)],
        [(0.5, 0.5), (0.5, 1.0)],
        [(0.0, 1.0), (0.5, 1.0)],
        [(0.0, 0.5), (0.0, 1.0)],
        [(0.0, 0.0), (0.0, 0.5)],
        [(0.0, 0.5), (0.5, 0.5)],
    ];
    let mut left = at.0;
    for letter in text.chars() {
        let Some(digit) = letter.to_digit(10) else {
            for y in [0.25, 0.75] {
                let dot = [(left, at.1 + y * size), (left, at.1 + (y + 0.02) * size)];
                c.stroke(&curve(&dot), colour, size * 0.2);
            }
            left += size * 0.3;
            continue;
        };
        for (i, ends) in ENDS.iter().enumerate() {
            if LIT[digit as usize] >> i & 1 == 1 {
                let line = ends.map(|(x, y)| (left + x * size, at.1 + y * size));
                c.stroke(&curve(&line), colour, size * 0.14);
            }
        }
        left += size * 0.8;
    }
}
