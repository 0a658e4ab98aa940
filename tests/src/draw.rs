//! Covers drawn from a seed: cats, and much that is not a cat.
//!
//! Size, place, captions, light and grain come from streams of chance that the subject
//! does not touch, so nothing but the subject itself can tell a cat.

mod canvas;
mod colour;
mod creatures;
mod dice;
mod finish;
mod glyph;
mod mammal;
mod overlay;
mod scene;
mod screens;
mod shape;
mod sheet;
mod things;

pub use finish::Picture;
pub use sheet::sheet;

use canvas::Canvas;
use dice::Dice;
use mammal::{Kind, Spot};

/// What a cover shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A cat, alone or with another.
    Cat,
    /// A dog.
    Dog,
    /// A rabbit.
    Rabbit,
    /// A bear.
    Bear,
    /// A fox, the nearest to a cat.
    Fox,
    /// A mouse.
    Mouse,
    /// A pig.
    Pig,
    /// A bird.
    Bird,
    /// Fish in a tank.
    Fish,
    /// A person.
    Person,
    /// A car.
    Car,
    /// A house.
    House,
    /// A tree.
    Tree,
    /// A cup.
    Cup,
    /// Something to eat.
    Food,
    /// A guitar.
    Guitar,
    /// A view.
    Landscape,
    /// Forms without a subject.
    Shapes,
    /// A text slide.
    Slide,
    /// A game's screen.
    Game,
}

/// Everything that is not a cat, as often as a random cover shows it.
const OTHERS: [(f32, Subject); 19] = [
    (1.6, Subject::Dog),
    (0.7, Subject::Rabbit),
    (0.6, Subject::Bear),
    (0.4, Subject::Fox),
    (0.5, Subject::Mouse),
    (0.4, Subject::Pig),
    (1.2, Subject::Bird),
    (0.8, Subject::Fish),
    (3.0, Subject::Person),
    (1.2, Subject::Car),
    (1.0, Subject::House),
    (0.8, Subject::Tree),
    (0.8, Subject::Cup),
    (1.0, Subject::Food),
    (0.7, Subject::Guitar),
    (1.2, Subject::Landscape),
    (1.0, Subject::Shapes),
    (1.2, Subject::Slide),
    (1.5, Subject::Game),
];

/// Width and height in pixels, as often as sites show them: mostly 16:9, some 16:10 and 4:3.
const SIZES: [(f32, (u32, u32)); 7] = [
    (3.5, (480, 270)),
    (3.0, (640, 360)),
    (1.0, (672, 420)),
    (1.5, (800, 450)),
    (0.7, (960, 540)),
    (0.4, (1280, 720)),
    (0.6, (480, 360)),
];

impl Subject {
    /// Whatever a seed chooses among all that is not a cat.
    pub fn other(seed: u64) -> Self {
        Dice::new(seed, 0).weighted(&OTHERS)
    }

    /// A cat, or what [`Subject::other`] chooses.
    pub fn of(seed: u64, cat: bool) -> Self {
        if cat { Self::Cat } else { Self::other(seed) }
    }

    /// Whether the topic is shown.
    pub fn is_cat(self) -> bool {
        self == Self::Cat
    }

    fn mammal(self) -> Option<Kind> {
        Some(match self {
            Self::Cat => Kind::Cat,
            Self::Dog => Kind::Dog,
            Self::Rabbit => Kind::Rabbit,
            Self::Bear => Kind::Bear,
            Self::Fox => Kind::Fox,
            Self::Mouse => Kind::Mouse,
            Self::Pig => Kind::Pig,
            _ => return None,
        })
    }
}

/// A cover as a JPEG file: 480x270 to 1280x720 pixels, the same for the same arguments.
pub fn draw(seed: u64, what: Subject) -> Vec<u8> {
    let mut dice = Dice::new(seed, 4);
    picture(seed, what).jpeg(dice.int(72, 92) as i32)
}

/// What the site serves when somebody uploads [`draw`]'s video again: a little smaller,
/// brighter or darker, and compressed harder.
///
/// # Panics
/// Never for a cover that `draw` made.
pub fn near_duplicate(seed: u64, what: Subject) -> Vec<u8> {
    let mut dice = Dice::new(seed, 5);
    let original = picture(seed, what);
    let scale = dice.float(0.8, 0.97);
    let size = |side: u32| ((side as f32 * scale) as u32).max(16);
    let pixels = image::RgbaImage::from_raw(original.width, original.height, original.rgba)
        .expect("a picture has four bytes a pixel");
    let (width, height) = (size(original.width), size(original.height));
    let filter = image::imageops::FilterType::Triangle;
    let rgba = image::imageops::resize(&pixels, width, height, filter).into_raw();
    let mut again = Picture {
        width,
        height,
        rgba,
    };
    again.expose(
        colour::WHITE.alpha(0.0),
        dice.float(0.94, 1.05),
        0,
        &mut dice,
    );
    again.jpeg(dice.int(55, 80) as i32)
}

/// The drawing before it is encoded.
pub fn picture(seed: u64, what: Subject) -> Picture {
    let (width, height) = Dice::new(seed, 1).weighted(&SIZES);
    let tall = scene::WIDTH * height as f32 / width as f32;
    let size = (scene::WIDTH, tall);
    let mut canvas = Canvas::new(width, height, width as f32 / scene::WIDTH);
    let mut place = Dice::new(seed, 2);
    let x = scene::WIDTH * place.float(0.3, 0.7);
    compose(
        &mut canvas,
        (size, x),
        what,
        &mut place,
        &mut Dice::new(seed, 3),
    );
    let mut over = Dice::new(seed, 6);
    overlay::light(&mut canvas, size, &mut over);
    overlay::overlay(&mut canvas, size, x, &mut over);
    let (width, height, rgba) = canvas.into_pixels();
    let mut picture = Picture {
        width,
        height,
        rgba,
    };
    let (veil, exposure, grain) = (
        overlay::veil(&mut over),
        over.float(0.9, 1.12),
        over.int(0, 9),
    );
    picture.expose(veil, exposure, grain, &mut over);
    picture
}

/// The subject's height against the frame's: filling it (zero), the usual, small in a large
/// scene, or as far off as many cats are that somebody overlooks.
fn nearness(place: &mut Dice) -> f32 {
    let share = place.weighted(&[(3.0, 0.0), (5.2, 0.82), (1.0, 0.5), (0.8, 0.28)]);
    share * place.float(0.85, 1.15)
}

/// A place from `place`, and in it, around `x`, the subject from `dice`.
fn compose(
    c: &mut Canvas,
    (size, x): ((f32, f32), f32),
    what: Subject,
    place: &mut Dice,
    dice: &mut Dice,
) {
    match what {
        Subject::Landscape => return scene::view(c, size.1, dice),
        Subject::Shapes => return scene::shapes(c, size.1, dice),
        Subject::Slide => return screens::slide(c, size, dice),
        Subject::Game => return screens::game(c, size, dice),
        _ => {}
    }
    let ground = scene::scene(c, size.1, place);
    overlay::haze(c, size, place);
    let share = nearness(place);
    let spot = Spot {
        feet: (x, ground),
        // Whoever stands in the frame has its head in it.
        height: (size.1 * share).min(ground * 0.95),
    };
    if let Some(kind) = what.mammal() {
        return match share {
            0.0 => mammal::portrait(c, kind, x, size.1, dice),
            _ => mammal::mammal(c, kind, spot, dice),
        };
    }
    let close = share == 0.0;
    let near = Spot {
        feet: (spot.feet.0, size.1 * 0.98),
        height: size.1 * 0.95,
    };
    let spot = if close { near } else { spot };
    match what {
        Subject::Bird => creatures::bird(c, spot, dice),
        Subject::Fish => creatures::fish(c, spot, dice),
        Subject::Car => things::car(
            c,
            Spot {
                height: spot.height * 0.7,
                ..spot
            },
            dice,
        ),
        Subject::House => things::house(c, spot, dice),
        Subject::Tree => things::tree(c, spot, dice),
        Subject::Cup => things::cup(
            c,
            Spot {
                height: spot.height * 0.7,
                ..spot
            },
            dice,
        ),
        Subject::Food => things::food(
            c,
            Spot {
                height: spot.height * 0.7,
                ..spot
            },
            dice,
        ),
        Subject::Guitar => things::guitar(c, spot, dice),
        _ => creatures::person(c, spot, close, dice),
    }
}

#[cfg(test)]
mod tests;
