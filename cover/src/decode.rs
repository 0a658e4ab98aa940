//! From bytes to pixels: sniff, limits, strict decode, alpha on white.

use std::io::{Cursor, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError};

use crate::format::sniff;
use crate::raster::{Raster, swaps_sides};
use crate::{Format, Limits, Refusal, Rule, jpeg, walk};

/// The first frame of a picture, not yet upright.
pub(crate) struct Frame {
    pub format: Format,
    pub raster: Raster,
    /// Size of the file's picture before scaling and before it is upright.
    pub full_size: (u32, u32),
    pub orientation: Orientation,
    pub animated: bool,
}

impl Frame {
    /// Width and height as a viewer shows them.
    pub fn shown_size(&self) -> (u32, u32) {
        let (width, height) = self.full_size;
        if swaps_sides(self.orientation) {
            return (height, width);
        }
        (width, height)
    }
}

/// Decodes the first frame of `bytes`.
pub(crate) fn decode(bytes: &[u8], rule: &Rule, limits: &Limits) -> Result<Frame, Refusal> {
    limits.check_bytes(bytes.len())?;
    let format = sniff(bytes)?;
    if format == Format::Jpeg {
        let decoded = jpeg::decode(bytes, rule, limits)?;
        return Ok(Frame {
            format,
            raster: decoded.raster,
            full_size: decoded.full_size,
            orientation: decoded.orientation,
            animated: false,
        });
    }
    // Decoders have panicked on crafted files before. Nothing of ours is shared
    // with them but the bytes, so a panic is one more way to say "corrupt".
    catch_unwind(AssertUnwindSafe(|| other(bytes, format, limits))).unwrap_or_else(|_| {
        Err(Refusal::Corrupt {
            format,
            reason: "the decoder gave up".to_owned(),
        })
    })
}

/// Every format but JPEG.
fn other(bytes: &[u8], format: Format, limits: &Limits) -> Result<Frame, Refusal> {
    check_hidden_sizes(bytes, format, limits)?;
    let blocks = walk::blocks(bytes, format);
    if !blocks.whole {
        return Err(Refusal::Truncated { format });
    }
    let failed = |error| refusal(format, &error);
    let mut decoder = open(bytes, format, limits).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    limits.check_size(width, height)?;
    decoder.set_limits(decoder_limits(limits)).map_err(failed)?;
    // An unreadable EXIF block says nothing about the pixels.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    Ok(Frame {
        format,
        raster: Raster {
            width,
            height,
            rgb: on_white(image),
        },
        full_size: (width, height),
        orientation,
        animated: blocks.animated,
    })
}

/// Sizes that a decoder would act upon before it lets us see them. They may be
/// those of a part, so only being too large counts.
fn check_hidden_sizes(bytes: &[u8], format: Format, limits: &Limits) -> Result<(), Refusal> {
    let upper = Limits {
        shortest: 0,
        ..*limits
    };
    let size = match format {
        Format::Png => walk::png_size(bytes),
        Format::WebP => walk::webp_lossy_size(bytes),
        Format::Jpeg | Format::Gif | Format::Bmp => None,
    };
    size.map_or(Ok(()), |(width, height)| upper.check_size(width, height))
}

/// The decoder's own limits, set although sizes were checked: frames and tables
/// of files have sizes of their own.
fn decoder_limits(limits: &Limits) -> image::Limits {
    let mut own = image::Limits::no_limits();
    own.max_image_width = Some(limits.longest);
    own.max_image_height = Some(limits.longest);
    own.max_alloc = Some(limits.allocation());
    own
}

/// A decoder that has read the header.
fn open<'a>(
    bytes: &'a [u8],
    format: Format,
    limits: &Limits,
) -> Result<Box<dyn ImageDecoder + 'a>, ImageError> {
    let reader = Cursor::new(bytes);
    Ok(match format {
        // It alone makes room as it opens, for text and colour profiles.
        Format::Png => Box::new(PngDecoder::with_limits(reader, decoder_limits(limits))?),
        Format::WebP => Box::new(WebPDecoder::new(reader)?),
        Format::Gif => Box::new(GifDecoder::new(reader)?),
        Format::Bmp => Box::new(BmpDecoder::new(reader)?),
        Format::Jpeg => unreachable!("JPEG is decoded by libjpeg-turbo"),
    })
}

/// RGB bytes; what shines through is white, as on most pages and in OpenCV.
fn on_white(image: DynamicImage) -> Vec<u8> {
    if !image.color().has_alpha() {
        return image.into_rgb8().into_raw();
    }
    let rgba = image.into_rgba8().into_raw();
    let (pixels, _) = rgba.as_chunks::<4>();
    pixels
        .iter()
        .flat_map(|&[r, g, b, alpha]| [r, g, b].map(|value| over_white(value, alpha)))
        .collect()
}

/// `value` at opacity `alpha` over white, rounded.
fn over_white(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u32::from(value), u32::from(alpha));
    ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

fn refusal(format: Format, error: &ImageError) -> Refusal {
    match error {
        ImageError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => {
            Refusal::Truncated { format }
        }
        _ => Refusal::Corrupt {
            format,
            reason: error.to_string(),
        },
    }
}
