//! Pixels, pure: from the bytes of a picture to a stored cover.
//!
//! One code path for the crawler, which stores covers ([`make`]), and for the
//! trainer, which scores files ([`pixels`]) and reads stored covers back
//! ([`decode_image`]). Nothing here knows of a database, a clock or a network;
//! the same bytes and the same [`Rule`] give the same cover.
//!
//! In reading order: [`Limits`] and [`sniff`] refuse what should not be decoded, and [`read`] what
//! should not even be read; `walk` looks at a file's blocks, `decode` and `jpeg` make pixels for
//! which `budget` has room, `resize` makes them small and upright (`exif`) as the [`Rule`] says,
//! `colour` means them in sRGB, [`phash`] and [`sha256`] tell covers apart, and a [`Refusal`] says
//! why there is none.

#[cfg(not(any(feature = "turbojpeg", feature = "pure")))]
compile_error!("a JPEG codec is missing: build with the feature `turbojpeg` or `pure`");

mod budget;
mod colour;
mod decode;
mod digest;
mod exif;
mod format;
mod jpeg;
mod limits;
mod phash;
mod raster;
mod refusal;
mod resize;
mod rule;
mod walk;

pub use digest::{hex, sha256};
pub use format::{Format, sniff};
pub use limits::{Limits, Unread, read};
pub use phash::{NEAR, hamming, phash};
pub use raster::Raster;
pub use refusal::Refusal;
pub use rule::{Chroma, Decoder, Filter, Fit, Kernel, Quality, Rule, UnknownRule};

/// Width and height of a stored cover, in pixels.
pub const SIDE: u32 = 240;

/// Longest side of a preview, in pixels.
pub const PREVIEW: u32 = 480;

/// A picture made ready to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cover {
    /// SHA-256 of the bytes as they came: the cover's identity.
    pub sha256: [u8; 32],
    /// The cover as a JPEG of [`SIDE`] x [`SIDE`] pixels.
    pub image: Vec<u8>,
    /// SHA-256 of `image`.
    pub image_sha256: [u8; 32],
    /// The picture in true proportions as a JPEG, its longest side at most
    /// [`PREVIEW`] pixels.
    pub preview: Vec<u8>,
    /// Perceptual hash of the cover's pixels, see [`phash`].
    pub phash: u64,
    /// Width of the picture as a viewer shows it, in pixels.
    pub width: u32,
    /// Height of the picture as a viewer shows it, in pixels.
    pub height: u32,
    /// Format of the bytes as they came.
    pub format: Format,
    /// Whether they hold more than one frame; the cover is the first.
    pub animated: bool,
    /// Mean colour of the picture.
    pub mean_rgb: [u8; 3],
}

/// Makes a cover of the bytes of a picture.
///
/// # Errors
/// A [`Refusal`], always the same for the same arguments.
pub fn make(bytes: &[u8], rule: &Rule, limits: &Limits) -> Result<Cover, Refusal> {
    caught(|| made(bytes, rule, limits))
}

fn made(bytes: &[u8], rule: &Rule, limits: &Limits) -> Result<Cover, Refusal> {
    let frame = decode::decode(bytes, rule, limits)?;
    let small = frame.cover(rule);
    let preview = frame.preview();
    let image = jpeg::encode(&small, rule.quality, rule.chroma);
    let (width, height) = frame.shown_size();
    Ok(Cover {
        sha256: sha256(bytes),
        image_sha256: sha256(&image),
        image,
        phash: frame.phash(&small, rule),
        mean_rgb: preview.mean(),
        preview: jpeg::encode(&preview, Quality::PREVIEW, Chroma::Quarter),
        width,
        height,
        format: frame.format,
        animated: frame.animated,
    })
}

/// A panic of a decoder, which some stranger's bytes have found, is a refusal of these bytes:
/// whoever makes covers goes on with the others.
fn caught<T>(make: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    // Nothing outlives the closure but what it returns, so nothing is left half-changed.
    let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(make));
    made.unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<&str>().map(ToString::to_string);
        let reason = text.or_else(|| payload.downcast_ref::<String>().cloned());
        Err(Refusal::Panicked {
            reason: reason.unwrap_or_default(),
        })
    })
}

/// The RGB bytes (240 x 240 x 3, HWC) of a stored cover.
///
/// # Errors
/// A [`Refusal`] if `jpeg` is not a JPEG of [`SIDE`] x [`SIDE`] pixels.
pub fn decode_image(jpeg: &[u8]) -> Result<Vec<u8>, Refusal> {
    let exactly = Limits {
        longest: SIDE,
        shortest: SIDE,
        ..Limits::default()
    };
    if sniff(jpeg)? != Format::Jpeg {
        return Err(Refusal::NotAnImage);
    }
    let decoded = jpeg::decode(jpeg, &Rule::default(), &exactly)?;
    Ok(decoded.raster.rgb)
}

/// The stored preview of a picture in true proportions, read and scaled to the size that `size`
/// makes of its own (width, height): what a net looks at that sees more than the square.
///
/// # Errors
/// A [`Refusal`] if `jpeg` is not a JPEG of at most [`PREVIEW`] pixels a side.
pub fn scaled_preview(
    jpeg: &[u8],
    size: impl FnOnce(u32, u32) -> (u32, u32),
) -> Result<Raster, Refusal> {
    let small = Limits {
        longest: PREVIEW,
        shortest: 1,
        ..Limits::default()
    };
    if sniff(jpeg)? != Format::Jpeg {
        return Err(Refusal::NotAnImage);
    }
    let preview = jpeg::decode(jpeg, &Rule::default(), &small)?.raster;
    let size = size(preview.width, preview.height);
    Ok(resize::view(&preview, size))
}

impl decode::Frame {
    fn cover(&self, rule: &Rule) -> Raster {
        let small = resize::cover(&self.raster, self.full_size, self.orientation, rule);
        self.in_srgb(small)
    }

    fn preview(&self) -> Raster {
        let small = resize::preview(&self.raster, self.full_size, self.orientation);
        self.in_srgb(small)
    }

    fn in_srgb(&self, small: Raster) -> Raster {
        match &self.profile {
            Some(profile) => profile.apply(small),
            None => small,
        }
    }

    /// Of the whole picture, stretched, whatever the rule makes of it: covers of several
    /// rules are compared with one another.
    fn phash(&self, small: &Raster, rule: &Rule) -> u64 {
        if rule.fit == Fit::Stretch {
            return phash(&small.rgb);
        }
        let stretched = Rule {
            fit: Fit::Stretch,
            ..*rule
        };
        phash(&self.cover(&stretched).rgb)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_a_refusal_with_its_words() {
        let made: Result<(), _> = caught(|| panic!("row {} of 3", 4));
        let refusal = made.expect_err("it panicked");
        assert_eq!(refusal.class(), "panicked");
        assert!(refusal.to_string().ends_with("row 4 of 3"), "{refusal}");
    }
}
