//! Bitmaps in runs may skip pixels, which no palette entry names. Nothing is drawn there: white
//! shines through, as browsers show it on a page; the decoder makes them black.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{DynamicImage, ImageDecoder, ImageResult};

use crate::Limits;

/// Whitens in `rgb` what the file skips. What is drawn shows itself when the file is decoded with
/// a palette of white only: it is then white, and what is skipped still black.
pub(super) fn whiten_skipped(bytes: &[u8], limits: &Limits, rgb: &mut [u8]) -> ImageResult<()> {
    let Some(palette) = palette_of_runs(bytes) else {
        return Ok(());
    };
    let mut white = bytes.to_vec();
    white[palette].fill(0xFF);
    let mut decoder = BmpDecoder::new(Cursor::new(white))?;
    decoder.set_limits(super::decoder_limits(limits))?;
    let drawn = DynamicImage::from_decoder(decoder)?.into_rgb8().into_raw();
    let pixels = rgb.as_chunks_mut::<3>().0;
    for (pixel, drawn) in pixels.iter_mut().zip(drawn.as_chunks::<3>().0) {
        if *drawn == [0; 3] {
            *pixel = [255; 3];
        }
    }
    Ok(())
}

/// Where the palette of a bitmap in runs stands (BITMAPINFOHEADER: compression 1 or 2).
fn palette_of_runs(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    const FILE_HEADER: usize = 14;
    let long = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let (pixels, header, runs) = (long(10)?, long(14)?, long(30)?);
    let start = FILE_HEADER.checked_add(header as usize)?;
    let palette = start..pixels as usize;
    let there = header >= 40 && matches!(runs, 1 | 2) && bytes.get(palette.clone()).is_some();
    there.then_some(palette)
}
