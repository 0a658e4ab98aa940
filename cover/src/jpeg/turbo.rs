//! Through libjpeg-turbo.

use turbojpeg::{
    Colorspace, DecompressHeader, Decompressor, Image, PixelFormat, ScalingFactor, Subsamp,
};

use super::{Decoded, MOST_SCANS, check, inks_to_rgb, orientation};
use crate::raster::Raster;
use crate::rule::{Chroma, Decoder, Quality};
use crate::{Format, Limits, Refusal, Rule, resize};

/// Decodes `bytes`, which begin as a JPEG.
pub(crate) fn decode(bytes: &[u8], rule: &Rule, limits: &Limits) -> Result<Decoded, Refusal> {
    let mut codec = decompressor().map_err(|error| refusal(&error))?;
    let header = codec.read_header(bytes).map_err(|error| refusal(&error))?;
    // A JPEG states its sides in 16 bits.
    let full_size = (header.width as u32, header.height as u32);
    check(bytes, full_size, limits)?;
    let factor = factor(&header, rule);
    codec
        .set_scaling_factor(factor)
        .map_err(|error| refusal(&error))?;
    let raster =
        pixels(&mut codec, bytes, &header.scaled(factor)).map_err(|error| refusal(&error))?;
    Ok(Decoded {
        raster,
        full_size,
        orientation: orientation(bytes),
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
