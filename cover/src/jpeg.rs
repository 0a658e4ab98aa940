//! JPEG: what every viewer shows whole is a cover, whatever it is warned of; what is cut or spoilt
//! is refused. libjpeg-turbo does it unless the crate is built without its feature; then
//! `zune-jpeg` and `jpeg-encoder` do, in Rust alone, slower, without scaled decoding, and more
//! strictly: a JPEG without its end marker is refused.

#[cfg(not(feature = "turbojpeg"))]
mod pure;
#[cfg(feature = "turbojpeg")]
mod turbo;

use image::metadata::Orientation;

#[cfg(not(feature = "turbojpeg"))]
pub(crate) use pure::{decode, encode};
#[cfg(feature = "turbojpeg")]
pub(crate) use turbo::{decode, encode};

use crate::budget::Share;
use crate::raster::{Raster, three_of_four};
use crate::{Limits, Refusal, exif, walk};

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
    /// Its colour profile, as it came.
    pub icc: Option<Vec<u8>>,
    /// Of the memory, for as long as the pixels are there.
    pub share: Share,
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
    exif::orientation(walk::jpeg_exif(bytes))
}

/// Adobe stores inks inverted (255 is none), and so does all that writes CMYK
/// JPEGs in its wake, marked or not; then the light left over is the product.
/// No colour profile is applied.
fn inks_to_rgb(inks: Vec<u8>) -> Vec<u8> {
    let light = |ink: u8, key: u8| ((u16::from(ink) * u16::from(key) + 127) / 255) as u8;
    three_of_four(inks, |[c, m, y, k]| [light(c, k), light(m, k), light(y, k)])
}
