//! Rows of RGB pixels, and turning them upright.

use image::metadata::Orientation;
use image::{DynamicImage, RgbImage};

/// `height` rows of `width` RGB pixels, 8 bits a channel, no padding (HWC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
    /// Row by row, three bytes a pixel.
    pub rgb: Vec<u8>,
}

impl Raster {
    pub(crate) fn white(width: u32, height: u32) -> Self {
        let rgb = vec![255; width as usize * height as usize * 3];
        Self { width, height, rgb }
    }

    pub(crate) fn row(&self, y: u32) -> &[u8] {
        let stride = self.width as usize * 3;
        &self.rgb[y as usize * stride..][..stride]
    }

    /// The picture as a viewer shows it.
    pub(crate) fn upright(self, orientation: Orientation) -> Self {
        if orientation == Orientation::NoTransforms {
            return self;
        }
        let image = RgbImage::from_raw(self.width, self.height, self.rgb)
            .expect("a raster holds three bytes a pixel");
        let mut image = DynamicImage::ImageRgb8(image);
        image.apply_orientation(orientation);
        let (width, height) = (image.width(), image.height());
        let rgb = image.into_rgb8().into_raw();
        Self { width, height, rgb }
    }

    /// `inner` centred on this raster, which must be at least as large.
    pub(crate) fn paste_centred(&mut self, inner: &Self) {
        let left = ((self.width - inner.width) / 2) as usize * 3;
        let top = (self.height - inner.height) / 2;
        let stride = self.width as usize * 3;
        for y in 0..inner.height {
            let start = (top + y) as usize * stride + left;
            let row = inner.row(y);
            self.rgb[start..start + row.len()].copy_from_slice(row);
        }
    }

    /// The mean of each channel, rounded.
    pub(crate) fn mean(&self) -> [u8; 3] {
        let (pixels, _) = self.rgb.as_chunks::<3>();
        let mut sums = [0u64; 3];
        for pixel in pixels {
            for (sum, &value) in sums.iter_mut().zip(pixel) {
                *sum += u64::from(value);
            }
        }
        let count = (pixels.len() as u64).max(1);
        sums.map(|sum| ((sum + count / 2) / count) as u8)
    }
}

/// Pixels of four bytes as pixels of three, in the place where they are: a copy would be the
/// greatest need of memory of a large picture.
pub(crate) fn three_of_four(mut pixels: Vec<u8>, convert: impl Fn([u8; 4]) -> [u8; 3]) -> Vec<u8> {
    let count = pixels.len() / 4;
    for n in 0..count {
        let from = n * 4;
        let four = [
            pixels[from],
            pixels[from + 1],
            pixels[from + 2],
            pixels[from + 3],
        ];
        pixels[n * 3..][..3].copy_from_slice(&convert(four));
    }
    pixels.truncate(count * 3);
    pixels
}

/// Whether the orientation exchanges width and height.
pub(crate) fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(width: u32, height: u32) -> Raster {
        let rgb = (0..width * height).flat_map(|n| [n as u8; 3]).collect();
        Raster { width, height, rgb }
    }

    fn numbers(raster: &Raster) -> Vec<u8> {
        raster.rgb.iter().step_by(3).copied().collect()
    }

    /// Rows as a viewer shows them, from the stored rows `0 1 2 / 3 4 5`: EXIF
    /// 2.32, tag 0x0112, says where the stored first row and column belong.
    #[test]
    fn the_eight_orientations_are_those_of_exif() {
        let table: [(u8, (u32, u32), [u8; 6]); 8] = [
            (1, (3, 2), [0, 1, 2, 3, 4, 5]),
            (2, (3, 2), [2, 1, 0, 5, 4, 3]),
            (3, (3, 2), [5, 4, 3, 2, 1, 0]),
            (4, (3, 2), [3, 4, 5, 0, 1, 2]),
            (5, (2, 3), [0, 3, 1, 4, 2, 5]),
            (6, (2, 3), [3, 0, 4, 1, 5, 2]),
            (7, (2, 3), [5, 2, 4, 1, 3, 0]),
            (8, (2, 3), [2, 5, 1, 4, 0, 3]),
        ];
        for (exif, size, shown) in table {
            let orientation = Orientation::from_exif(exif).expect("1 to 8");
            let upright = numbered(3, 2).upright(orientation);
            assert_eq!((upright.width, upright.height), size, "{exif}");
            assert_eq!(numbers(&upright), shown, "{exif}");
            assert_eq!(swaps_sides(orientation), size == (2, 3), "{exif}");
        }
    }

    #[test]
    fn a_smaller_raster_is_pasted_in_the_middle() {
        let mut ground = Raster::white(4, 3);
        ground.paste_centred(&numbered(2, 1));
        let shown = [255, 255, 255, 255, 255, 0, 1, 255, 255, 255, 255, 255];
        assert_eq!(numbers(&ground), shown);
    }

    #[test]
    fn the_mean_is_taken_for_each_channel_and_rounded() {
        let rgb = vec![0, 10, 255, 1, 20, 255];
        let raster = Raster {
            width: 2,
            height: 1,
            rgb,
        };
        assert_eq!(raster.mean(), [1, 15, 255]);
    }
}
