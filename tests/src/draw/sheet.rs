//! Contact sheets, to look at many covers at once.

use anyhow::Context;
use image::{RgbImage, imageops};

const TILE: (u32, u32) = (240, 135);
const GAP: u32 = 6;

/// JPEG covers in rows of `columns`, each fitted to a 16:9 tile, as a PNG.
///
/// # Errors
/// If a cover does not decode or the PNG cannot be encoded.
pub fn sheet(covers: &[Vec<u8>], columns: u32) -> anyhow::Result<Vec<u8>> {
    let rows = (covers.len() as u32).div_ceil(columns);
    let (w, h) = (TILE.0 + GAP, TILE.1 + GAP);
    let mut all = RgbImage::from_pixel(
        columns * w + GAP,
        rows * h + GAP,
        image::Rgb([247, 246, 244]),
    );
    for (i, cover) in covers.iter().enumerate() {
        let tile = fitted(&decoded(cover)?);
        let (x, y) = (GAP + i as u32 % columns * w, GAP + i as u32 / columns * h);
        let (x, y) = (
            x + (TILE.0 - tile.width()) / 2,
            y + (TILE.1 - tile.height()) / 2,
        );
        imageops::replace(&mut all, &tile, i64::from(x), i64::from(y));
    }
    let mut png = std::io::Cursor::new(Vec::new());
    all.write_to(&mut png, image::ImageFormat::Png)?;
    Ok(png.into_inner())
}

fn fitted(picture: &RgbImage) -> RgbImage {
    let (w, h) = picture.dimensions();
    let scale = (TILE.0 as f32 / w as f32).min(TILE.1 as f32 / h as f32);
    let size = |side: u32| ((side as f32 * scale).round() as u32).max(1);
    imageops::resize(picture, size(w), size(h), imageops::FilterType::Triangle)
}

fn decoded(jpeg: &[u8]) -> anyhow::Result<RgbImage> {
    let picture = turbojpeg::decompress(jpeg, turbojpeg::PixelFormat::RGB)?;
    RgbImage::from_raw(picture.width as u32, picture.height as u32, picture.pixels)
        .context("the decoder left gaps between rows")
}
