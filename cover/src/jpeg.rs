//! JPEG, strictly: what the decoder warns of is refused. libjpeg-turbo does it unless the
//! crate is built without its feature; then `zune-jpeg` and `jpeg-encoder` do, in Rust alone,
//! slower and without scaled decoding.

#[cfg(not(feature = "turbojpeg"))]
mod pure;
#[cfg(feature = "turbojpeg")]
mod turbo;

use image::metadata::Orientation;

#[cfg(not(feature = "turbojpeg"))]
pub(crate) use pure::{decode, encode};
#[cfg(feature = "turbojpeg")]
pub(crate) use turbo::{decode, encode};

use crate::raster::Raster;
use crate::{Limits, Refusal, walk};

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

/// What the header must be before pixels are given memory.
fn check(bytes: &[u8], size: (u32, u32), limits: &Limits) -> Result<(), Refusal> {
    limits.check_size(size.0, size.1)?;
    check_precision(bytes)
}

fn check_precision(bytes: &[u8]) -> Result<(), Refusal> {
    if walk::jpeg_precision(bytes).is_some_and(|bits| bits != 8) {
        return Err(Refusal::UnsupportedFormat {
            name: "JPEG with more than 8 bits a sample",
        });
    }
    Ok(())
}

fn orientation(bytes: &[u8]) -> Orientation {
    walk::jpeg_exif(bytes)
        .and_then(Orientation::from_exif_chunk)
        .unwrap_or(Orientation::NoTransforms)
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
