//! Places. Any subject may be in any of them.

mod indoors;
mod outdoors;
mod studio;

use super::canvas::Canvas;
use super::dice::Dice;
use super::shape::Point;

/// Width of every scene in its own units; the height follows from the aspect.
pub const WIDTH: f32 = 16.0;

/// Covers the canvas, `WIDTH` by `height`, and says how high up things stand.
pub fn scene(c: &mut Canvas, height: f32, dice: &mut Dice) -> f32 {
    let size = (WIDTH, height);
    type Painter = fn(&mut Canvas, Point, f32, &mut Dice);
    let paint = dice.weighted::<Painter>(&[
        (3.0, indoors::room),
        (1.5, indoors::table),
        (1.0, indoors::sofa),
        (2.0, outdoors::garden),
        (1.0, outdoors::street),
        (1.0, outdoors::beach),
        (1.0, outdoors::night),
        (1.5, studio::gradient),
        (1.0, studio::rays),
        (1.0, studio::pattern),
        (1.0, studio::bokeh),
        (0.7, studio::confetti),
    ]);
    let horizon = height * dice.float(0.52, 0.72);
    paint(c, size, horizon, dice);
    horizon + (height - horizon) * dice.float(0.45, 0.8)
}

/// Only a wide view: hills, water or a town, with nothing in front.
pub fn view(c: &mut Canvas, height: f32, dice: &mut Dice) {
    let horizon = height * dice.float(0.5, 0.75);
    outdoors::landscape(c, (WIDTH, height), horizon, dice);
}

/// Only shapes and colours.
pub fn shapes(c: &mut Canvas, height: f32, dice: &mut Dice) {
    studio::shapes(c, (WIDTH, height), dice);
}
