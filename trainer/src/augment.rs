//! Varied copies of training covers: crop, mirror and colour, a batch at a time.
//!
//! The numbers are drawn in Rust, each cover's from its own generator, so that
//! they depend neither on the order of a batch nor on its size; the pixels are
//! then moved by one grid sampler and one matrix product for the whole batch.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::Tensor;

use crate::keyed::{Purpose, generator};

/// How far covers are varied. No vertical mirror and no rotation: covers carry
/// text and have an up and a down.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Augmentation {
    /// Smallest share of the picture's area that a crop keeps.
    pub smallest_area: f64,
    /// Largest change of the crop's proportions; 4/3 means 3/4 to 4/3.
    pub stretch: f64,
    /// Largest change of brightness, contrast and saturation, as a share.
    pub colour: f64,
}

impl Default for Augmentation {
    fn default() -> Augmentation {
        Augmentation {
            smallest_area: 0.6,
            stretch: 4.0 / 3.0,
            colour: 0.2,
        }
    }
}

impl Augmentation {
    /// For a net that otherwise learns its covers by heart.
    pub fn strong() -> Augmentation {
        Augmentation {
            smallest_area: 0.3,
            colour: 0.4,
            ..Augmentation::default()
        }
    }
}

/// Which pass over which data: with a row, the key of one variation.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// The run's seed.
    pub seed: u64,
    /// The fold.
    pub fold: u64,
    /// The epoch, from zero.
    pub epoch: u64,
}

/// What is done to one cover.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Variation {
    /// Rows of the map from output to input coordinates, both −1 … 1.
    crop: [f32; 6],
    /// Rows of the map of red, green and blue.
    colour: [f32; 9],
    /// Added to each, in pixel values.
    shift: [f32; 3],
}

impl Augmentation {
    /// Pixels 0–255 as floats `[b, 3, s, s]` of the covers `rows` → varied pixels
    /// of the same shape, between 0 and 255.
    pub fn apply(&self, pixels: &Tensor, rows: &[i64], occasion: Occasion) -> Tensor {
        let variations: Vec<Variation> = rows
            .iter()
            .map(|row| self.vary(*row as u64, occasion))
            .collect();
        let stack = |part: fn(&Variation) -> &[f32], shape: [i64; 3]| {
            let flat: Vec<f32> = variations.iter().flat_map(part).copied().collect();
            Tensor::from_slice(&flat)
                .view(shape)
                .to_device(pixels.device())
        };
        let crop = stack(|v| &v.crop, [-1, 2, 3]);
        let colour = stack(|v| &v.colour, [-1, 3, 3]);
        let shift = stack(|v| &v.shift, [-1, 3, 1]);
        let size = pixels.size();
        let grid = Tensor::affine_grid_generator(&crop, &size[..], false);
        let moved = pixels.grid_sampler(&grid, BILINEAR, REPEAT_BORDER, false);
        shift
            .baddbmm(&colour, &moved.flatten(2, -1), 1.0, 1.0)
            .clamp_(0.0, 255.0)
            .view(&size[..])
    }

    fn vary(&self, row: u64, occasion: Occasion) -> Variation {
        let Occasion { seed, fold, epoch } = occasion;
        let mut rng = generator(seed, Purpose::Augment, &[fold, epoch, row]);
        let (colour, shift) = self.colour(&mut rng);
        Variation {
            crop: self.crop(&mut rng, mirrored(row, occasion)),
            colour,
            shift,
        }
    }

    /// A crop of `smallest_area`–1 of the picture, stretched, anywhere inside.
    fn crop(&self, rng: &mut ChaCha8Rng, mirrored: bool) -> [f32; 6] {
        let area: f64 = rng.random_range(self.smallest_area..=1.0);
        let limit = self.stretch.ln();
        let ratio = rng.random_range(-limit..=limit).exp();
        let width = (area * ratio).sqrt().min(1.0);
        let height = (area / ratio).sqrt().min(1.0);
        let x = rng.random_range(-1.0..=1.0) * (1.0 - width);
        let y = rng.random_range(-1.0..=1.0) * (1.0 - height);
        let direction = if mirrored { -1.0 } else { 1.0 };
        [direction * width, 0.0, x, 0.0, height, y].map(|number| number as f32)
    }

    /// Brightness, then contrast about mid-grey, then saturation, as one map.
    fn colour(&self, rng: &mut ChaCha8Rng) -> ([f32; 9], [f32; 3]) {
        let mut factor = || 1.0 + rng.random_range(-self.colour..=self.colour);
        let (brightness, contrast, saturation) = (factor(), factor(), factor());
        let gain = brightness * contrast;
        let mut map = [0.0; 9];
        for (index, entry) in map.iter_mut().enumerate() {
            let (from, to) = (index % 3, index / 3);
            let own = if from == to { saturation } else { 0.0 };
            *entry = (gain * (own + (1.0 - saturation) * LUMA[from])) as f32;
        }
        // Saturation leaves greys alone, so the shift passes through it.
        let shift = (MID_GREY * (1.0 - contrast)) as f32;
        (map, [shift; 3])
    }
}

/// Each cover is seen once each way in any two epochs, which a coin would only
/// do on average.
fn mirrored(row: u64, occasion: Occasion) -> bool {
    let Occasion { seed, fold, epoch } = occasion;
    let first: bool = generator(seed, Purpose::Augment, &[fold, row]).random();
    first ^ (epoch % 2 == 1)
}

/// Weights of red, green and blue in brightness (ITU-R BT.601).
const LUMA: [f64; 3] = [0.299, 0.587, 0.114];
const MID_GREY: f64 = 127.5;
/// libtorch's numbers for the ways of its grid sampler.
const BILINEAR: i64 = 0;
const REPEAT_BORDER: i64 = 1;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::uniform;
    use tch::{Device, Kind};

    const OCCASION: Occasion = Occasion {
        seed: 1,
        fold: 0,
        epoch: 0,
    };

    fn pixels(covers: i64) -> Tensor {
        let mut rng = generator(1, Purpose::Bench, &[]);
        uniform(&[covers, 3, 16, 16], 127.0, &mut rng, Device::Cpu) + 127.5
    }

    /// No crop and no colour change: mirror only.
    const STILL: Augmentation = Augmentation {
        smallest_area: 1.0,
        stretch: 1.0,
        colour: 0.0,
    };

    fn difference(left: &Tensor, right: &Tensor) -> f64 {
        (left - right).abs().max().double_value(&[])
    }

    #[test]
    fn two_epochs_show_a_cover_once_each_way() {
        let pixels = pixels(1);
        for row in 0..8 {
            let epoch = |epoch| STILL.apply(&pixels, &[row], Occasion { epoch, ..OCCASION });
            let (one, two) = (epoch(0), epoch(1));
            let plain = [&one, &two].map(|seen| difference(seen, &pixels) < 1e-2);
            assert_eq!(plain.iter().filter(|same| **same).count(), 1);
            assert!(difference(&one, &two.flip([3])) < 1e-2);
        }
    }

    #[test]
    fn a_covers_variation_does_not_depend_on_its_batch() {
        let pixels = pixels(3);
        let augmentation = Augmentation::default();
        let batch = augmentation.apply(&pixels, &[4, 5, 6], OCCASION);
        let alone = augmentation.apply(&pixels.narrow(0, 1, 1), &[5], OCCASION);
        assert!(difference(&batch.narrow(0, 1, 1), &alone) < 1e-3);
    }

    #[test]
    fn crops_stay_inside_the_picture_and_keep_their_share() {
        let augmentation = Augmentation::default();
        for row in 0..500 {
            let [width, _, x, _, height, y] = augmentation.vary(row, OCCASION).crop;
            let (width, height) = (width.abs(), height.abs());
            assert!(x.abs() + width <= 1.0 + 1e-6 && y.abs() + height <= 1.0 + 1e-6);
            assert!(width * height > 0.44, "{width} × {height}");
            assert!(width * height <= 1.0);
        }
    }

    #[test]
    fn colours_change_but_grey_stays_grey_and_pixels_stay_pixels() {
        let augmentation = Augmentation::default();
        let grey = Tensor::full([4, 3, 8, 8], 90.0, (Kind::Float, Device::Cpu));
        let varied = augmentation.apply(&grey, &[1, 2, 3, 4], OCCASION);
        let channels = varied.std_dim([1i64].as_slice(), false, false);
        assert!(channels.max().double_value(&[]) < 1e-2);
        assert!(difference(&varied, &grey) > 1.0);
        let bright = Tensor::full([4, 3, 8, 8], 255.0, (Kind::Float, Device::Cpu));
        let varied = augmentation.apply(&bright, &[1, 2, 3, 4], OCCASION);
        assert!(varied.max().double_value(&[]) <= 255.0);
    }
}
