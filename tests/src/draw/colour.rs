//! Colours, and the small algebra that shading needs.

use super::dice::Dice;

/// sRGB in 0..=1 with opacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Colour {
    /// Red, green, blue.
    pub rgb: [f32; 3],
    /// Opacity.
    pub alpha: f32,
}

/// White.
pub const WHITE: Colour = hex(0xffffff);
/// The darkest tone used: real blacks look like holes.
pub const INK: Colour = hex(0x221f26);

/// A colour from its usual notation, `0xrrggbb`.
pub const fn hex(code: u32) -> Colour {
    let [_, r, g, b] = code.to_be_bytes();
    Colour {
        rgb: [r as f32 / 255.0, g as f32 / 255.0, b as f32 / 255.0],
        alpha: 1.0,
    }
}

/// Hue in turns, saturation and lightness in 0..=1 (CSS Color 4, section 7.1).
pub fn hsl(hue: f32, saturation: f32, lightness: f32) -> Colour {
    let span = saturation * lightness.min(1.0 - lightness);
    let channel = |n: f32| {
        let k = (n + hue.rem_euclid(1.0) * 12.0) % 12.0;
        lightness - span * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    };
    Colour {
        rgb: [channel(0.0), channel(8.0), channel(4.0)],
        alpha: 1.0,
    }
}

impl Colour {
    /// A part `t` of the way towards `other`.
    pub fn mix(self, other: Self, t: f32) -> Self {
        let blend = |a: f32, b: f32| a + (b - a) * t;
        let mut rgb = self.rgb;
        for (mine, theirs) in rgb.iter_mut().zip(other.rgb) {
            *mine = blend(*mine, theirs);
        }
        Self {
            rgb,
            alpha: blend(self.alpha, other.alpha),
        }
    }

    /// Towards white.
    pub fn light(self, t: f32) -> Self {
        self.mix(WHITE.alpha(self.alpha), t)
    }

    /// Towards a deep violet: shadows that go to grey look dirty.
    pub fn dark(self, t: f32) -> Self {
        self.mix(hex(0x1c1430).alpha(self.alpha), t)
    }

    /// The same colour with another opacity.
    pub fn alpha(self, alpha: f32) -> Self {
        Self { alpha, ..self }
    }

    /// Perceived brightness in 0..=1 (Rec. 601 luma).
    pub fn luma(self) -> f32 {
        let [r, g, b] = self.rgb;
        0.299 * r + 0.587 * g + 0.114 * b
    }

    pub(super) fn skia(self) -> tiny_skia::Color {
        let [r, g, b] = self.rgb.map(|c| c.clamp(0.0, 1.0));
        tiny_skia::Color::from_rgba(r, g, b, self.alpha.clamp(0.0, 1.0))
            .expect("every channel is clamped to 0..=1")
    }
}

/// A wall, a cloth, a shirt: any hue, never garish.
pub fn pastel(dice: &mut Dice) -> Colour {
    hsl(
        dice.float(0.0, 1.0),
        dice.float(0.15, 0.55),
        dice.float(0.62, 0.88),
    )
}

/// A deep, quiet tone.
pub fn deep(dice: &mut Dice) -> Colour {
    hsl(
        dice.float(0.0, 1.0),
        dice.float(0.2, 0.5),
        dice.float(0.18, 0.36),
    )
}

/// A toy, a car, a caption.
pub fn vivid(dice: &mut Dice) -> Colour {
    hsl(
        dice.float(0.0, 1.0),
        dice.float(0.6, 0.9),
        dice.float(0.45, 0.62),
    )
}

/// Wood from birch to walnut.
pub fn wood(dice: &mut Dice) -> Colour {
    hsl(
        dice.float(0.05, 0.1),
        dice.float(0.25, 0.5),
        dice.float(0.3, 0.68),
    )
}

/// A cover's own mood: any of the above, seldom a loud one.
pub fn any(dice: &mut Dice) -> Colour {
    match dice.int(0, 6) {
        0 | 1 => pastel(dice),
        2 | 3 => deep(dice),
        4 => vivid(dice).mix(pastel(dice), 0.35),
        5 => hsl(dice.float(0.0, 1.0), 0.3, 0.5),
        _ => wood(dice),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hues_are_where_css_puts_them() {
        for (turn, code) in [
            (0.0, 0xff0000),
            (1.0 / 3.0, 0x00ff00),
            (2.0 / 3.0, 0x0000ff),
        ] {
            let (got, want) = (hsl(turn, 1.0, 0.5), hex(code));
            for (a, b) in got.rgb.iter().zip(want.rgb) {
                assert!((a - b).abs() < 1e-4, "{turn}: {got:?} is not {want:?}");
            }
        }
    }
}
