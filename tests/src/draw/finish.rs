//! From pixels to a file: exposure, grain, JPEG.

use super::colour::Colour;
use super::dice::Dice;
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

/// RGBA rows; the fourth byte is ignored.
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `4 * width * height` bytes.
    pub rgba: Vec<u8>,
}

impl Picture {
    /// Lays `veil` over the picture, multiplies brightness, then adds grain of up to
    /// `grain` grey levels.
    pub fn expose(&mut self, veil: Colour, exposure: f32, grain: u32, dice: &mut Dice) {
        let curves = veil.rgb.map(|tint| curve(tint, veil.alpha, exposure));
        let mut state = dice.bits() | 1;
        let span = 2 * grain + 1;
        for pixel in self.rgba.chunks_exact_mut(4) {
            // xorshift32 (Marsaglia 2003): grain needs speed, not quality.
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            let noise = (((state >> 16) * span) >> 16) as i16 - grain as i16;
            for (channel, curve) in pixel.iter_mut().zip(&curves) {
                let value = i16::from(curve[usize::from(*channel)]) + noise;
                *channel = value.clamp(0, 255) as u8;
            }
        }
    }

    /// A baseline JPEG with halved chroma, as sites serve covers.
    ///
    /// # Panics
    /// Only if libjpeg-turbo cannot be set up, which no input causes.
    pub fn jpeg(&self, quality: i32) -> Vec<u8> {
        let width = self.width as usize;
        let image = Image {
            pixels: self.rgba.as_slice(),
            width,
            pitch: width * 4,
            height: self.height as usize,
            format: PixelFormat::RGBX,
        };
        let encode = || {
            let mut compressor = Compressor::new()?;
            compressor.set_quality(quality)?;
            compressor.set_subsamp(Subsamp::Sub2x2)?;
            compressor.compress_to_vec(image)
        };
        encode().expect("a picture with its own dimensions encodes")
    }
}

/// What becomes of each of the 256 levels of a channel.
fn curve(tint: f32, alpha: f32, exposure: f32) -> [u8; 256] {
    std::array::from_fn(|level| {
        let veiled = level as f32 * (1.0 - alpha) + 255.0 * tint * alpha;
        (veiled * exposure).min(255.0) as u8
    })
}
