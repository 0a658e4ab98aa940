//! From a decoded picture to the cover and its preview.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;

use crate::raster::Raster;
use crate::rule::{Filter, Fit, Kernel};
use crate::{PREVIEW, Rule, SIDE};

/// The upright cover, [`SIDE`] x [`SIDE`], of a picture that had `full_size`
/// before a scaled decoder reduced it to `source`.
///
/// Orientation is applied to the few pixels that are left and not to the many
/// that came: kernels are symmetric, so the order matters only for the rounding
/// between the two passes.
pub(crate) fn cover(
    source: &Raster,
    full_size: (u32, u32),
    orientation: Orientation,
    rule: &Rule,
) -> Raster {
    let algorithm = algorithm(rule.kernel, rule.filter);
    let size = cover_size(full_size, rule.fit);
    let inner = scale(source, size, algorithm, rule.fit == Fit::Crop).upright(orientation);
    if size == (SIDE, SIDE) {
        return inner;
    }
    let mut ground = Raster::white(SIDE, SIDE);
    ground.paste_centred(&inner);
    ground
}

/// The upright preview in true proportions. It is for people, so Hamming: it
/// looks like a cubic and costs as little as a triangle.
pub(crate) fn preview(source: &Raster, full_size: (u32, u32), orientation: Orientation) -> Raster {
    let algorithm = ResizeAlg::Convolution(FilterType::Hamming);
    scale(source, preview_size(full_size), algorithm, false).upright(orientation)
}

/// A picture for a net, enlarged where it must be.
pub(crate) fn view(source: &Raster, size: (u32, u32)) -> Raster {
    let algorithm = ResizeAlg::Convolution(FilterType::CatmullRom);
    scale(source, size, algorithm, false)
}

/// The size that a decoder must deliver at least, so that neither result is
/// enlarged unless the full picture would have been.
#[cfg(any(feature = "turbojpeg", test))]
pub(crate) fn needed(full_size: (u32, u32), fit: Fit) -> (u32, u32) {
    let (preview, cover) = (preview_size(full_size), cover_size(full_size, fit));
    (preview.0.max(cover.0), preview.1.max(cover.1))
}

/// Never larger than the picture.
fn preview_size(full_size: (u32, u32)) -> (u32, u32) {
    within(full_size, full_size.0.max(full_size.1).min(PREVIEW))
}

/// What the picture takes of the cover.
fn cover_size(full_size: (u32, u32), fit: Fit) -> (u32, u32) {
    match fit {
        Fit::Stretch | Fit::Crop => (SIDE, SIDE),
        Fit::Border => within(full_size, SIDE),
    }
}

/// `size` scaled so that its longest side is `longest`, in true proportions.
fn within((width, height): (u32, u32), longest: u32) -> (u32, u32) {
    let side = u64::from(width.max(height)).max(1);
    let scaled = |length: u32| {
        let exact = u64::from(length) * u64::from(longest);
        ((exact + side / 2) / side).max(1) as u32
    };
    (scaled(width), scaled(height))
}

fn scale(source: &Raster, size: (u32, u32), algorithm: ResizeAlg, crop: bool) -> Raster {
    let mut options = ResizeOptions::new().resize_alg(algorithm);
    if crop {
        options = options.fit_into_destination(None);
    }
    // Typed, so that the compiler makes the code for one kind of pixel and not for all
    // fourteen: minutes of every build.
    let view = TypedImageRef::<U8x3>::from_buffer(source.width, source.height, &source.rgb)
        .expect("a raster holds three bytes a pixel");
    let mut rgb = vec![0; size.0 as usize * size.1 as usize * 3];
    let mut scaled = TypedImage::<U8x3>::from_buffer(size.0, size.1, &mut rgb)
        .expect("three bytes a pixel were just given");
    Resizer::new()
        .resize_typed(&view, &mut scaled, &options)
        .expect("the crop lies within the source");
    Raster {
        width: size.0,
        height: size.1,
        rgb,
    }
}

fn algorithm(kernel: Kernel, filter: Filter) -> ResizeAlg {
    let filter = match filter {
        Filter::Box => FilterType::Box,
        Filter::Bilinear => FilterType::Bilinear,
        Filter::CatmullRom => FilterType::CatmullRom,
        Filter::Lanczos3 => FilterType::Lanczos3,
    };
    match kernel {
        Kernel::Antialias => ResizeAlg::Convolution(filter),
        Kernel::Plain => ResizeAlg::Interpolation(filter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const UPRIGHT: Orientation = Orientation::NoTransforms;

    /// Waves of a few periods with an edge, so that no axis is like another.
    fn drawn(width: u32, height: u32) -> Raster {
        let rgb = (0..height)
            .flat_map(|y| (0..width).flat_map(move |x| colour(x as f64, y as f64)))
            .collect();
        Raster { width, height, rgb }
    }

    fn colour(x: f64, y: f64) -> [u8; 3] {
        let wave = |a: f64, b: f64| (120.0 + 90.0 * (x / a + y / b).sin()) as u8;
        let edge = if x > y { 230 } else { 15 };
        [wave(7.0, 11.0), wave(23.0, -5.0), edge]
    }

    fn made(source: &Raster, rule: &Rule) -> Raster {
        cover(source, (source.width, source.height), UPRIGHT, rule)
    }

    /// One axis of OpenCV's `INTER_LINEAR`: pixel centres lie at half pixels, and
    /// beyond the edge the edge pixel is repeated.
    fn opencv_taps(from: u32, to: u32, i: u32) -> [(u32, f64); 2] {
        let at = (f64::from(i) + 0.5) * f64::from(from) / f64::from(to) - 0.5;
        let first = at.floor();
        let share = at - first;
        let inside = |n: f64| n.clamp(0.0, f64::from(from - 1)) as u32;
        [(inside(first), 1.0 - share), (inside(first + 1.0), share)]
    }

    /// One axis of antialiased Catmull-Rom: Keys' kernel stretched by the scale,
    /// weights normalised within the picture.
    fn cubic_taps(from: u32, to: u32, i: u32) -> Vec<(u32, f64)> {
        let scale = f64::from(from) / f64::from(to);
        let stretch = scale.max(1.0);
        let centre = (f64::from(i) + 0.5) * scale;
        let keys = |t: f64| match t.abs() {
            t if t < 1.0 => 1.5 * t.powi(3) - 2.5 * t.powi(2) + 1.0,
            t if t < 2.0 => -0.5 * t.powi(3) + 2.5 * t.powi(2) - 4.0 * t + 2.0,
            _ => 0.0,
        };
        let weight = |x: u32| keys((f64::from(x) + 0.5 - centre) / stretch);
        let total: f64 = (0..from).map(weight).sum();
        (0..from)
            .map(|x| (x, weight(x) / total))
            .filter(|tap| tap.1 != 0.0)
            .collect()
    }

    /// Compares with the sum over both axes, within the rounding of two passes.
    fn assert_made_of<T: AsRef<[(u32, f64)]>>(
        source: &Raster,
        small: &Raster,
        taps: impl Fn(u32, u32, u32) -> T,
    ) {
        let columns: Vec<T> = (0..SIDE).map(|i| taps(source.width, SIDE, i)).collect();
        for y in 0..SIDE {
            let rows = taps(source.height, SIDE, y);
            for x in 0..SIDE {
                for channel in 0..3 {
                    let mut exact = 0.0;
                    for &(from_y, row_weight) in rows.as_ref() {
                        for &(from_x, weight) in columns[x as usize].as_ref() {
                            let value = source.row(from_y)[from_x as usize * 3 + channel];
                            exact += row_weight * weight * f64::from(value);
                        }
                    }
                    let found = f64::from(small.row(y)[x as usize * 3 + channel]);
                    let exact = exact.clamp(0.0, 255.0);
                    assert!(
                        (found - exact).abs() <= 1.5,
                        "{x},{y},{channel}: {found}, {exact}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_article_rule_is_the_bilinear_formula_of_opencv() {
        for (width, height) in [(640, 360), (320, 180), (97, 401), (240, 500)] {
            let source = drawn(width, height);
            assert_made_of(&source, &made(&source, &Rule::article()), opencv_taps);
        }
    }

    #[test]
    fn the_default_rule_is_antialiased_catmull_rom() {
        for (width, height) in [(640, 360), (100, 300)] {
            let source = drawn(width, height);
            assert_made_of(&source, &made(&source, &Rule::default()), cubic_taps);
        }
    }

    #[test]
    fn an_antialiased_kernel_sees_lines_that_a_plain_one_skips() {
        // White with a black line in every sixth row, reduced six times.
        let mut source = Raster::white(SIDE, SIDE * 6);
        for row in source.rgb.chunks_exact_mut(SIDE as usize * 3).step_by(6) {
            row.fill(0);
        }
        assert_eq!(made(&source, &Rule::article()).mean(), [255; 3]);
        let [grey, ..] = made(&source, &Rule::default()).mean();
        assert!(
            (211..=214).contains(&grey),
            "{grey} is not five sixths of white"
        );
    }

    #[test]
    fn a_picture_of_the_right_size_is_left_as_it_is() {
        let source = drawn(SIDE, SIDE);
        for rule in [Rule::default(), Rule::article()] {
            assert_eq!(made(&source, &rule), source);
        }
    }

    #[test]
    fn a_border_is_white_and_keeps_proportions() {
        let black = Raster {
            width: 480,
            height: 240,
            rgb: vec![0; 480 * 240 * 3],
        };
        let small = made(
            &black,
            &Rule {
                fit: Fit::Border,
                ..Rule::default()
            },
        );
        for y in 0..SIDE {
            let expected = if (60..180).contains(&y) { 0 } else { 255 };
            assert!(
                small.row(y).iter().all(|&value| value == expected),
                "row {y}"
            );
        }
    }

    #[test]
    fn a_crop_keeps_the_middle() {
        let mut wide = Raster::white(720, 240);
        for y in 0..240 {
            wide.rgb[(y * 720 + 240) * 3..][..240 * 3].fill(0);
        }
        let small = made(
            &wide,
            &Rule {
                fit: Fit::Crop,
                ..Rule::default()
            },
        );
        assert_eq!(small.mean(), [0; 3]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_size_becomes_a_cover_and_a_preview(
            width in 1u32..900,
            height in 1u32..900,
            exif in 1u8..=8,
            fit in proptest::sample::select(&[Fit::Stretch, Fit::Border, Fit::Crop]),
        ) {
            let source = Raster::white(width, height);
            let orientation = Orientation::from_exif(exif).expect("1 to 8");
            let rule = Rule { fit, ..Rule::default() };
            let small = cover(&source, (width, height), orientation, &rule);
            prop_assert_eq!((small.width, small.height, small.mean()), (SIDE, SIDE, [255; 3]));

            let preview = preview(&source, (width, height), orientation);
            let longest = preview.width.max(preview.height);
            prop_assert_eq!(longest, width.max(height).min(PREVIEW));
            let swapped = crate::raster::swaps_sides(orientation);
            let (shown_width, shown_height) = if swapped { (height, width) } else { (width, height) };
            // True proportions, to within half a pixel.
            let exact = f64::from(longest) / f64::from(width.max(height));
            prop_assert!((f64::from(preview.width) - f64::from(shown_width) * exact).abs() <= 1.0);
            prop_assert!((f64::from(preview.height) - f64::from(shown_height) * exact).abs() <= 1.0);
        }

        #[test]
        fn what_a_decoder_must_deliver_is_never_more_than_the_picture_unless_it_is_small(
            width in 1u32..4000, height in 1u32..4000,
        ) {
            for fit in [Fit::Stretch, Fit::Border, Fit::Crop] {
                let (needed_width, needed_height) = needed((width, height), fit);
                prop_assert!(needed_width <= width.max(SIDE) && needed_height <= height.max(SIDE));
                prop_assert!(needed_width <= PREVIEW && needed_height <= PREVIEW);
            }
        }
    }
}
