//! JPEG through libjpeg-turbo, strictly: what it warns of is refused.

use image::metadata::Orientation;
use turbojpeg::{
    Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp,
};

use crate::raster::Raster;
use crate::rule::{Chroma, Decoder, Quality};
use crate::{Format, Limits, Refusal, Rule, resize, walk};

/// Scans of a progressive file. Encoders write about ten; each scan costs a pass
/// over the whole picture, so a small file with thousands is an attack.
const MOST_SCANS: u32 = 100;

/// A decoded JPEG, not yet upright.
pub(crate) struct Decoded {
    /// Pixels, reduced if the rule's decoder is scaled.
    pub raster: Raster,
    /// Size of the file's picture, not yet upright.
    pub full_size: (u32, u32),
    /// What its EXIF block says.
    pub orientation: Orientation,
}

/// Decodes `bytes`, which begin as a JPEG.
pub(crate) fn decode(bytes: &[u8], rule: &Rule, limits: &Limits) -> Result<Decoded, Refusal> {
    let mut codec = decompressor().map_err(|error| refusal(&error))?;
    let header = codec.read_header(bytes).map_err(|error| refusal(&error))?;
    // A JPEG states its sides in 16 bits.
    let full_size = (header.width as u32, header.height as u32);
    limits.check_size(full_size.0, full_size.1)?;
    if walk::jpeg_precision(bytes).is_some_and(|bits| bits != 8) {
        return Err(Refusal::UnsupportedFormat {
            name: "JPEG with more than 8 bits a sample",
        });
    }
    let orientation = walk::jpeg_exif(bytes)
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms);
    let factor = factor(&header, rule);
    codec
        .set_scaling_factor(factor)
        .map_err(|error| refusal(&error))?;
    let raster =
        pixels(&mut codec, bytes, &header.scaled(factor)).map_err(|error| refusal(&error))?;
    Ok(Decoded {
        raster,
        full_size,
        orientation,
    })
}

fn decompressor() -> turbojpeg::Result<Decompressor> {
    let mut codec = Decompressor::new()?;
    codec.set_scan_limit(MOST_SCANS)?;
    Ok(codec)
}

/// The smallest factor whose pixels still cover all that is made from them. Only
/// these have vectorised transforms: 3/8 is slower than 1/2.
fn factor(header: &DecompressHeader, rule: &Rule) -> ScalingFactor {
    if rule.decoder == Decoder::Full || header.is_lossless {
        return ScalingFactor::ONE;
    }
    let size = (header.width as u32, header.height as u32);
    let (width, height) = resize::needed(size, rule.fit);
    let covers = |factor: &ScalingFactor| {
        let scaled = header.scaled(*factor);
        scaled.width >= width as usize && scaled.height >= height as usize
    };
    [
        ScalingFactor::ONE_EIGHTH,
        ScalingFactor::ONE_QUARTER,
        ScalingFactor::ONE_HALF,
    ]
    .into_iter()
    .find(covers)
    .unwrap_or(ScalingFactor::ONE)
}

fn pixels(
    codec: &mut Decompressor,
    bytes: &[u8],
    header: &DecompressHeader,
) -> turbojpeg::Result<Raster> {
    let inks = matches!(header.colorspace, Colorspace::CMYK | Colorspace::YCCK);
    let format = if inks {
        PixelFormat::CMYK
    } else {
        PixelFormat::RGB
    };
    let pitch = header.width * format.size();
    let mut image = Image {
        pixels: vec![0; pitch * header.height],
        width: header.width,
        pitch,
        height: header.height,
        format,
    };
    codec.decompress(bytes, image.as_deref_mut())?;
    let rgb = if inks {
        inks_to_rgb(&image.pixels)
    } else {
        image.pixels
    };
    Ok(Raster {
        width: header.width as u32,
        height: header.height as u32,
        rgb,
    })
}

/// Adobe stores inks inverted (255 is none), and so does all that writes CMYK
/// JPEGs in its wake, marked or not; then the light left over is the product.
/// No colour profile is applied.
fn inks_to_rgb(inks: &[u8]) -> Vec<u8> {
    let light = |ink: u8, key: u8| ((u16::from(ink) * u16::from(key) + 127) / 255) as u8;
    let (pixels, _) = inks.as_chunks::<4>();
    pixels
        .iter()
        .flat_map(|&[c, m, y, k]| [light(c, k), light(m, k), light(y, k)])
        .collect()
}

/// Encodes a raster within the limits.
pub(crate) fn encode(raster: &Raster, quality: Quality, chroma: Chroma) -> Vec<u8> {
    let image = Image {
        pixels: raster.rgb.as_slice(),
        width: raster.width as usize,
        pitch: raster.width as usize * 3,
        height: raster.height as usize,
        format: PixelFormat::RGB,
    };
    let subsamp = match chroma {
        Chroma::Full => Subsamp::None,
        Chroma::Quarter => Subsamp::Sub2x2,
    };
    turbojpeg::compress(image, quality.get().into(), subsamp)
        .expect("a raster within the limits has a legal JPEG size")
        .to_vec()
}

/// libjpeg's first complaint decides: a source that ran dry is a truncated file.
fn refusal(error: &turbojpeg::Error) -> Refusal {
    let reason = error.to_string();
    if reason.contains("Premature end") {
        return Refusal::Truncated {
            format: Format::Jpeg,
        };
    }
    Refusal::Corrupt {
        format: Format::Jpeg,
        reason,
    }
}
