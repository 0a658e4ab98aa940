//! Colour profiles (ICC.1:2022): what a picture's numbers mean, where they are not sRGB's.
//!
//! Applied to the few pixels that are left of a picture and not to the many that came: a
//! resize weighs numbers and not light anyway, as browsers and OpenCV do.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

use crate::raster::Raster;

/// Of 255 levels: a profile that moves no colour further is sRGB by another writer, and covers
/// keep their bytes.
const UNSEEN: u8 = 4;
/// The darkest channel of white, and the brightest of black, that a profile of pictures can mean.
const WHITE: u8 = 200;
const BLACK: u8 = 60;

/// A way from a picture's numbers to sRGB.
pub(crate) struct Profile(Arc<dyn TransformExecutor<u8> + Send + Sync>, Layout);

impl Profile {
    /// Nothing for sRGB, for a profile that cannot be read, and for one that makes no sense:
    /// white that is not bright, or inks.
    pub fn of(icc: Option<&[u8]>) -> Option<Self> {
        let icc = icc?;
        // A reader of strangers' bytes: a panic is one more way to say that it is broken.
        let read = catch_unwind(AssertUnwindSafe(|| Self::read(icc)));
        read.ok().flatten().filter(Self::matters)
    }

    fn read(icc: &[u8]) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        let layout = match profile.color_space {
            DataColorSpace::Rgb => Layout::Rgb,
            DataColorSpace::Gray => Layout::Gray,
            _ => return None,
        };
        let (srgb, options) = (ColorProfile::new_srgb(), TransformOptions::default());
        let transform = profile.create_transform_8bit(layout, &srgb, Layout::Rgb, options);
        Some(Self(transform.ok()?, layout))
    }

    fn matters(&self) -> bool {
        let probes = probes();
        let mut seen = probes.clone();
        let done = catch_unwind(AssertUnwindSafe(|| self.convert(&mut seen)));
        let (Ok(Some(())), [.., white]) = (done, seen.as_chunks::<3>().0) else {
            return false;
        };
        let sane = white.iter().all(|&level| level >= WHITE)
            && seen[..3].iter().all(|&level| level <= BLACK);
        let moved = |(a, b): (&u8, &u8)| a.abs_diff(*b) > UNSEEN;
        sane && probes.iter().zip(&seen).any(moved)
    }

    /// The picture in sRGB.
    pub fn apply(&self, mut raster: Raster) -> Raster {
        let mut rgb = raster.rgb.clone();
        if self.convert(&mut rgb).is_some() {
            raster.rgb = rgb;
        }
        raster
    }

    fn convert(&self, rgb: &mut [u8]) -> Option<()> {
        let source: Vec<u8> = match self.1 {
            Layout::Gray => rgb
                .as_chunks::<3>()
                .0
                .iter()
                .map(|pixel| pixel[0])
                .collect(),
            _ => rgb.to_vec(),
        };
        self.0.transform(&source, rgb).ok()
    }
}

/// Greys from black to white between colours, black first and white last.
fn probes() -> Vec<u8> {
    const STEPS: [u8; 5] = [0, 64, 128, 191, 255];
    let mut probes = Vec::new();
    for r in STEPS {
        for g in STEPS {
            for b in STEPS {
                probes.extend([r, g, b]);
            }
        }
    }
    probes
}

#[cfg(test)]
mod tests {
    use super::*;
    use moxcms::ToneReprCurve;

    fn grey() -> Raster {
        Raster {
            width: 3,
            height: 1,
            rgb: vec![10, 10, 10, 128, 128, 128, 200, 120, 60],
        }
    }

    fn shown(profile: &ColorProfile) -> Option<Vec<u8>> {
        let icc = profile.encode().unwrap();
        let profile = Profile::of(Some(&icc))?;
        Some(profile.apply(grey()).rgb)
    }

    #[test]
    fn a_wider_gamut_is_converted_and_srgb_is_left_as_it_is() {
        assert_eq!(shown(&ColorProfile::new_srgb()), None);
        let adobe = shown(&ColorProfile::new_adobe_rgb()).unwrap();
        // Red of a wider space is more of sRGB's red; greys stay greys.
        assert!(adobe[6] > 205, "{adobe:?}");
        assert!(adobe[3].abs_diff(adobe[5]) <= 1, "{adobe:?}");
    }

    #[test]
    fn a_grey_profile_changes_how_bright_greys_are() {
        let linear = ColorProfile::new_gray_with_gamma(1.0);
        let shown = shown(&linear).unwrap();
        assert!(shown[3].abs_diff(188) <= 2, "half the light: {shown:?}");
    }

    #[test]
    fn a_broken_or_absurd_profile_is_no_profile() {
        let icc = ColorProfile::new_adobe_rgb().encode().unwrap();
        for broken in [&[][..], b"not a profile", &icc[..200], &icc[1..]] {
            assert!(
                Profile::of(Some(broken)).is_none(),
                "{} bytes",
                broken.len()
            );
        }
        let mut dark = ColorProfile::new_adobe_rgb();
        let black = ToneReprCurve::Lut(vec![0, 600]);
        dark.red_trc = Some(black.clone());
        dark.green_trc = Some(black.clone());
        dark.blue_trc = Some(black);
        assert_eq!(shown(&dark), None, "white would be black");
    }
}
