//! From a decoded picture to the cover and its preview.

use std::cell::RefCell;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::metadata::Orientation;

use crate::raster::Raster;
use crate::rule::{Filter, Fit, Kernel};
use crate::{PREVIEW, Rule, SIDE};

thread_local! {
    /// Keeps its scratch memory from one picture to the next.
    static RESIZER: RefCell<Resizer> = RefCell::new(Resizer::new());
}

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

/// The size that a decoder must deliver at least, so that neither result is
/// enlarged unless the full picture would have been.
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
    let view = ImageRef::new(source.width, source.height, &source.rgb, PixelType::U8x3)
        .expect("a raster holds three bytes a pixel");
    let mut scaled = Image::new(size.0, size.1, PixelType::U8x3);
    RESIZER
        .with_borrow_mut(|resizer| resizer.resize(&view, &mut scaled, &options))
        .expect("both images have the same kind of pixel");
    Raster {
        width: size.0,
        height: size.1,
        rgb: scaled.into_vec(),
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
