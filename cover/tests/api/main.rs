//! The crate as its users see it: bytes in, covers or refusals out. Every file is
//! drawn here.

mod bombs;
mod draw;
mod fuzz;
mod odd_inputs;
mod one_path;
mod orientation;
mod profiles;
mod warned;

use cover::{Cover, Limits, Refusal, Rule};

fn make(bytes: &[u8]) -> Result<Cover, Refusal> {
    cover::make(bytes, &Rule::default(), &Limits::default())
}

/// The class of the refusal of `bytes`.
fn class(bytes: &[u8]) -> &'static str {
    make(bytes).expect_err("refused").class()
}

/// RGB of the cover at `x`, `y`.
fn pixel(cover: &Cover, x: usize, y: usize) -> [u8; 3] {
    let rgb = cover::decode_image(&cover.image).expect("a stored cover");
    let start = (y * cover::SIDE as usize + x) * 3;
    [rgb[start], rgb[start + 1], rgb[start + 2]]
}

fn assert_near(found: [u8; 3], expected: [u8; 3], tolerance: u8) {
    let near = found
        .iter()
        .zip(&expected)
        .all(|(a, b)| a.abs_diff(*b) <= tolerance);
    assert!(near, "{found:?} is not {expected:?}");
}
