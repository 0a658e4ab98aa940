//! In Rust alone.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{Decoded, MOST_SCANS, check, check_precision, inks_to_rgb, orientation};
use crate::raster::Raster;
use crate::rule::{Chroma, Quality};
use crate::{Format, Limits, Refusal, Rule, budget, walk};

/// Decodes `bytes`, which begin as a JPEG.
pub(crate) fn decode(bytes: &[u8], _rule: &Rule, limits: &Limits) -> Result<Decoded, Refusal> {
    // Sizes are checked by our limits, which have words for them.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .jpeg_set_max_scans(MOST_SCANS as usize)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut codec = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    check_precision(bytes)?;
    codec.decode_headers().map_err(|error| refusal(&error))?;
    let (width, height) = codec
        .info()
        .map_or((0, 0), |info| (info.width, info.height));
    let full_size = (u32::from(width), u32::from(height));
    check(bytes, full_size, limits)?;
    // The decoder makes up the rows that are missing, or calls them corrupt.
    if !walk::jpeg_ends(bytes) {
        let format = Format::Jpeg;
        return Err(Refusal::Truncated { format });
    }
    let pixels = u64::from(width) * u64::from(height);
    let share = budget::share(pixels * 4 + walk::jpeg_coefficients(bytes, full_size));
    let inks = codec
        .input_colorspace()
        .filter(|space| matches!(space, ColorSpace::CMYK | ColorSpace::YCCK));
    codec.set_options(options.jpeg_set_out_colorspace(inks.unwrap_or(ColorSpace::RGB)));
    let pixels = codec.decode().map_err(|error| refusal(&error))?;
    let rgb = match inks {
        None => pixels,
        Some(ColorSpace::YCCK) => inks_to_rgb(inks_of_ycck(&pixels)),
        Some(_) => inks_to_rgb(pixels),
    };
    let (width, height) = full_size;
    Ok(Decoded {
        raster: Raster { width, height, rgb },
        full_size,
        orientation: orientation(bytes),
        icc: inks.is_none().then(|| walk::jpeg_icc(bytes)).flatten(),
        share,
    })
}

/// Undoes the transform of the first three inks, whose complements it took for light
/// (ITU-T T.872, 6.5.3).
fn inks_of_ycck(pixels: &[u8]) -> Vec<u8> {
    let (pixels, _) = pixels.as_chunks::<4>();
    pixels
        .iter()
        .flat_map(|&[y, cb, cr, key]| {
            let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
            let ink = |light: f32| 255 - light.round().clamp(0.0, 255.0) as u8;
            [
                ink(y + 1.402 * cr),
                ink(y - 0.344_136 * cb - 0.714_136 * cr),
                ink(y + 1.772 * cb),
                key,
            ]
        })
        .collect()
}

/// Encodes a raster within the limits.
pub(crate) fn encode(raster: &Raster, quality: Quality, chroma: Chroma) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut codec = Encoder::new(&mut bytes, quality.get());
    codec.set_sampling_factor(match chroma {
        Chroma::Full => SamplingFactor::R_4_4_4,
        Chroma::Quarter => SamplingFactor::R_4_2_0,
    });
    let side = |length: u32| u16::try_from(length).unwrap_or(u16::MAX);
    codec
        .encode(
            &raster.rgb,
            side(raster.width),
            side(raster.height),
            ColorType::Rgb,
        )
        .expect("a raster within the limits has a legal JPEG size");
    bytes
}

fn refusal(error: &DecodeErrors) -> Refusal {
    let format = Format::Jpeg;
    match error {
        DecodeErrors::ExhaustedData | DecodeErrors::IoErrors(_) => Refusal::Truncated { format },
        _ => Refusal::Corrupt {
            format,
            reason: error.to_string(),
        },
    }
}
