//! From bytes to pixels: sniff, limits, strict decode, alpha on white.

mod bmp;
mod png;

use std::borrow::Cow;
use std::io::{Cursor, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::codecs::{bmp::BmpDecoder, gif::GifDecoder, webp::WebPDecoder};
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError};

use crate::budget::{self, Share};
use crate::colour::Profile;
use crate::format::sniff;
use crate::raster::{Raster, swaps_sides};
use crate::{Format, Limits, Refusal, Rule, exif, jpeg, walk};

/// The first frame of a picture, not yet upright.
pub(crate) struct Frame {
    pub format: Format,
    pub raster: Raster,
    /// Size of the file's picture before scaling and before it is upright.
    pub full_size: (u32, u32),
    pub orientation: Orientation,
    pub animated: bool,
    /// What its numbers mean, if they are not sRGB's.
    pub profile: Option<Profile>,
    /// Of the memory, for as long as the pixels are there.
    _share: Share,
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
            profile: Profile::of(decoded.icc.as_deref()),
            _share: decoded.share,
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

/// Pixels as they stand in a file.
struct Pixels {
    raster: Raster,
    icc: Option<Vec<u8>>,
    share: Share,
}

/// Every format but JPEG.
fn other(bytes: &[u8], format: Format, limits: &Limits) -> Result<Frame, Refusal> {
    check_hidden_sizes(bytes, format, limits)?;
    let blocks = walk::blocks(bytes, format);
    if !blocks.whole {
        return Err(Refusal::Truncated { format });
    }
    let pixels = match format {
        Format::Png => png::decode(bytes, limits)?,
        _ => by_image(bytes, format, limits)?,
    };
    // An unreadable EXIF block says nothing about the pixels.
    let exif = match format {
        Format::Png => walk::png_exif(bytes),
        Format::WebP => walk::webp_exif(bytes),
        Format::Jpeg | Format::Gif | Format::Bmp => None,
    };
    Ok(Frame {
        format,
        full_size: (pixels.raster.width, pixels.raster.height),
        raster: pixels.raster,
        orientation: exif::orientation(exif),
        animated: blocks.animated,
        profile: Profile::of(pixels.icc.as_deref()),
        _share: pixels.share,
    })
}

/// By the decoders of `image`.
fn by_image(bytes: &[u8], format: Format, limits: &Limits) -> Result<Pixels, Refusal> {
    let failed = |error| refusal(format, &error);
    let fit = match format {
        Format::WebP => walk::webp_without_lies(bytes),
        _ => Cow::Borrowed(bytes),
    };
    let mut decoder = open(&fit, format).map_err(failed)?;
    let (width, height) = decoder.dimensions();
    limits.check_size(width, height)?;
    decoder.set_limits(decoder_limits(limits)).map_err(failed)?;
    let share = budget::share(u64::from(width) * u64::from(height) * bytes_a_pixel(format));
    let image = DynamicImage::from_decoder(decoder).map_err(failed)?;
    let mut rgb = on_white(image);
    if format == Format::Bmp {
        bmp::whiten_skipped(bytes, limits, &mut rgb).map_err(failed)?;
    }
    Ok(Pixels {
        raster: Raster { width, height, rgb },
        icc: match format {
            Format::WebP => walk::webp_icc(bytes).map(<[u8]>::to_vec),
            _ => None,
        },
        share,
    })
}

/// The most that a decoder of `image` and the pixels that it gives take at once, measured.
fn bytes_a_pixel(format: Format) -> u64 {
    match format {
        // Four for what is drawn, four for a frame that does not fill its screen.
        Format::Gif => 8,
        // Four for what is drawn, four for what is made of it.
        Format::WebP => 8,
        // Those in runs are decoded twice.
        Format::Bmp => 6,
        Format::Jpeg | Format::Png => 3,
    }
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
fn open<'a>(bytes: &'a [u8], format: Format) -> Result<Box<dyn ImageDecoder + 'a>, ImageError> {
    let reader = Cursor::new(bytes);
    Ok(match format {
        Format::WebP => Box::new(WebPDecoder::new(reader)?),
        Format::Gif => Box::new(GifDecoder::new(reader)?),
        Format::Bmp => Box::new(BmpDecoder::new(reader)?),
        Format::Jpeg | Format::Png => unreachable!("decoded without `image`"),
    })
}

/// RGB bytes; what shines through is white, as on most pages and in OpenCV.
fn on_white(image: DynamicImage) -> Vec<u8> {
    if !image.color().has_alpha() {
        return image.into_rgb8().into_raw();
    }
    let rgba = image.into_rgba8().into_raw();
    crate::raster::three_of_four(rgba, |[r, g, b, alpha]| {
        [r, g, b].map(|value| over_white(value, alpha))
    })
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
