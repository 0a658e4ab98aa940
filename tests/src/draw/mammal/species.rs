//! What makes a mammal that mammal. Everything else (coat, pose, manner, place) is shared,
//! so that only anatomy tells a cat from the rest.

use crate::draw::dice::Dice;
use crate::draw::shape::Point;

/// Mammals that are drawn from the same parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pricked pointed ears, short muzzle, slit pupils, whiskers, long tail.
    Cat,
    /// Hanging or pricked ears, long muzzle with a large nose.
    Dog,
    /// Long ears, small mouth with teeth, pom tail.
    Rabbit,
    /// Small round ears, broad muzzle.
    Bear,
    /// Pointed ears as a cat's, but a narrow snout, white cheeks and a bush for a tail.
    Fox,
    /// Large round ears, pointed chin, thin tail.
    Mouse,
    /// Drooping triangular ears and a snout with two nostrils.
    Pig,
}

/// How ears are built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ears {
    /// Triangles: how far apart, how tall.
    Pointed(f32, f32),
    /// Triangles whose tips fold forward.
    Folded,
    /// Flaps beside the head.
    Hanging,
    /// Spoons above the head.
    Long,
    /// Discs of this radius.
    Round(f32),
}

/// How the lower face is built.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Muzzle {
    /// Two small pads, a triangular nose and a mouth like a w.
    Pads,
    /// A long snout of this width with a large nose.
    Snout(f32),
    /// Small pads, a nose like a y, two teeth.
    Teeth,
    /// A disc with two nostrils.
    Disc,
}

/// How eyes are built when they are drawn with care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eyes {
    /// Large almonds with a coloured iris and an upright slit.
    Slit,
    /// Round and dark with a highlight.
    Round,
}

/// How tails are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// As long as the back, even in width.
    Long,
    /// Thick in the middle, pale at the tip.
    Bushy,
    /// Short and tapering.
    Wag,
    /// A ball.
    Pom,
    /// A bare string.
    Thin,
}

/// The anatomy of one individual.
#[derive(Clone, Debug)]
pub struct Species {
    /// Which animal.
    pub kind: Kind,
    /// The right half of the head's outline around the origin; radius about one.
    pub head: Vec<Point>,
    /// Its ears.
    pub ears: Ears,
    /// Its lower face.
    pub muzzle: Muzzle,
    /// Its eyes.
    pub eyes: Eyes,
    /// Half the distance between the eyes, and their size.
    pub gaze: (f32, f32),
    /// Whether whiskers are long enough to draw.
    pub whiskers: bool,
    /// Its tail.
    pub tail: Tail,
    /// Leg length and girth against a cat's.
    pub build: (f32, f32),
}

const CAT: [Point; 8] = [
    (0.0, -0.8),
    (0.45, -0.77),
    (0.82, -0.5),
    (1.0, 0.0),
    (0.98, 0.32),
    (0.7, 0.66),
    (0.3, 0.86),
    (0.0, 0.89),
];
const PERSIAN: [Point; 7] = [
    (0.0, -0.78),
    (0.55, -0.72),
    (0.98, -0.32),
    (1.14, 0.2),
    (0.95, 0.62),
    (0.45, 0.86),
    (0.0, 0.9),
];
const SIAMESE: [Point; 7] = [
    (0.0, -0.8),
    (0.45, -0.76),
    (0.8, -0.45),
    (0.84, 0.02),
    (0.56, 0.5),
    (0.26, 0.88),
    (0.0, 0.96),
];
const DOG: [Point; 7] = [
    (0.0, -0.88),
    (0.48, -0.82),
    (0.76, -0.42),
    (0.78, 0.1),
    (0.66, 0.55),
    (0.42, 0.92),
    (0.0, 1.04),
];
const RABBIT: [Point; 7] = [
    (0.0, -0.82),
    (0.42, -0.72),
    (0.7, -0.25),
    (0.82, 0.25),
    (0.66, 0.68),
    (0.3, 0.88),
    (0.0, 0.9),
];
const BEAR: [Point; 6] = [
    (0.0, -0.85),
    (0.58, -0.7),
    (0.95, -0.1),
    (0.94, 0.4),
    (0.55, 0.82),
    (0.0, 0.92),
];
const FOX: [Point; 7] = [
    (0.0, -0.74),
    (0.5, -0.7),
    (0.85, -0.25),
    (1.12, 0.3),
    (0.58, 0.58),
    (0.22, 1.0),
    (0.0, 1.08),
];
const MOUSE: [Point; 6] = [
    (0.0, -0.74),
    (0.52, -0.62),
    (0.82, -0.1),
    (0.72, 0.4),
    (0.3, 0.84),
    (0.0, 0.94),
];
const PIG: [Point; 6] = [
    (0.0, -0.82),
    (0.58, -0.7),
    (0.96, -0.08),
    (0.98, 0.4),
    (0.6, 0.82),
    (0.0, 0.9),
];

impl Species {
    /// An individual of `kind`.
    pub fn new(kind: Kind, dice: &mut Dice) -> Self {
        let plain = |head: &[Point], ears, muzzle, tail| Self {
            kind,
            head: head.to_vec(),
            ears,
            muzzle,
            eyes: Eyes::Round,
            gaze: (0.4, 0.17),
            whiskers: false,
            tail,
            build: (1.0, 1.0),
        };
        let mut species = match kind {
            Kind::Cat => cat(dice, plain),
            Kind::Dog => dog(dice, plain),
            Kind::Rabbit => Self {
                gaze: (0.5, 0.15),
                whiskers: dice.chance(0.4),
                build: (0.7, 1.05),
                ..plain(&RABBIT, Ears::Long, Muzzle::Teeth, Tail::Pom)
            },
            Kind::Bear => Self {
                gaze: (0.36, 0.12),
                build: (0.95, 1.3),
                ..plain(&BEAR, Ears::Round(0.36), Muzzle::Snout(0.42), Tail::Pom)
            },
            Kind::Fox => Self {
                gaze: (0.42, 0.14),
                whiskers: dice.chance(0.25),
                build: (1.05, 0.85),
                ..plain(
                    &FOX,
                    Ears::Pointed(0.62, 1.12),
                    Muzzle::Snout(0.26),
                    Tail::Bushy,
                )
            },
            Kind::Mouse => Self {
                gaze: (0.38, 0.13),
                whiskers: dice.chance(0.6),
                build: (0.65, 1.0),
                ..plain(&MOUSE, Ears::Round(0.55), Muzzle::Teeth, Tail::Thin)
            },
            Kind::Pig => Self {
                gaze: (0.42, 0.12),
                build: (0.75, 1.3),
                ..plain(&PIG, Ears::Folded, Muzzle::Disc, Tail::Wag)
            },
        };
        let (wide, tall) = (1.0 + dice.jitter(0.06), 1.0 + dice.jitter(0.06));
        species
            .head
            .iter_mut()
            .for_each(|p| *p = (p.0 * wide, p.1 * tall));
        species
    }
}

fn cat(dice: &mut Dice, plain: impl Fn(&[Point], Ears, Muzzle, Tail) -> Species) -> Species {
    let pointed = Ears::Pointed(0.58 + dice.jitter(0.06), 1.0 + dice.jitter(0.14));
    let (head, ears, girth): (&[Point], _, _) = dice.weighted(&[
        (6.0, (&CAT[..], pointed, 1.0)),
        (2.0, (&PERSIAN[..], Ears::Pointed(0.66, 0.82), 1.15)),
        (1.5, (&SIAMESE[..], Ears::Pointed(0.66, 1.2), 0.85)),
        (0.5, (&PERSIAN[..], Ears::Folded, 1.1)),
    ]);
    Species {
        eyes: Eyes::Slit,
        gaze: (0.43 + dice.jitter(0.03), 0.28 + dice.jitter(0.03)),
        whiskers: true,
        build: (1.0 + dice.jitter(0.1), girth),
        ..plain(head, ears, Muzzle::Pads, Tail::Long)
    }
}

fn dog(dice: &mut Dice, plain: impl Fn(&[Point], Ears, Muzzle, Tail) -> Species) -> Species {
    let pricked = Ears::Pointed(0.55, 0.95);
    let (ears, tail) = dice.weighted(&[
        (6.0, (Ears::Hanging, Tail::Wag)),
        (2.0, (Ears::Folded, Tail::Wag)),
        (2.0, (pricked, Tail::Bushy)),
    ]);
    Species {
        gaze: (0.36, 0.16),
        build: (1.15 + dice.jitter(0.2), 1.0 + dice.jitter(0.15)),
        ..plain(&DOG, ears, Muzzle::Snout(0.5 + dice.jitter(0.06)), tail)
    }
}
