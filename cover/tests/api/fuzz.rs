//! Bytes that nobody meant.

use std::sync::LazyLock;

use cover::{Limits, Rule};
use image::ImageFormat;
use proptest::prelude::*;

use crate::draw::{animated_webp, encoded, jpeg, progressive_jpeg, waves};
use crate::make;

/// One small file of each kind.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let image = waves(48, 40);
    let formats = [
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ];
    let mut files: Vec<_> = formats.map(|format| encoded(image.clone(), format)).into();
    files.extend([jpeg(&image), progressive_jpeg(&image)]);
    files.push(animated_webp(&[image.clone(), image]));
    files
});

/// The beginnings by which formats are told.
const MAGIC: [&[u8]; 6] = [
    b"\xFF\xD8\xFF",
    b"\x89PNG\r\n\x1A\n",
    b"RIFF\x40\0\0\0WEBPVP8 ",
    b"GIF89a",
    b"BM\x40\0\0\0\0\0\0\0",
    b"",
];

proptest! {
    #[test]
    fn random_bytes_behind_any_beginning_never_panic(
        magic in proptest::sample::select(&MAGIC),
        rest in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let bytes = [magic, &rest].concat();
        prop_assert!(make(&bytes).is_err());
    }

    #[test]
    fn a_picture_with_some_bytes_changed_is_a_cover_or_a_refusal(
        which in 0..7usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = FILES[which].clone();
        for (index, value) in changes {
            let index = index.index(bytes.len());
            bytes[index] = value;
        }
        let limits = Limits { pixels: 1_000_000, ..Limits::default() };
        for bytes in [&bytes[..], &bytes[..cut.index(bytes.len())]] {
            if let Ok(cover) = cover::make(bytes, &Rule::default(), &limits) {
                prop_assert!(cover::decode_image(&cover.image).is_ok());
                prop_assert!(u64::from(cover.width) * u64::from(cover.height) <= limits.pixels);
            }
        }
    }

    #[test]
    fn limits_are_respected_whatever_they_are(
        which in 0..7usize,
        pixels in 0..4000u64,
        longest in 0..100u32,
        shortest in 0..100u32,
    ) {
        let limits = Limits { pixels, longest, shortest, ..Limits::default() };
        let allowed = pixels >= 48 * 40 && longest >= 48 && shortest <= 40;
        let made = cover::make(&FILES[which], &Rule::default(), &limits);
        prop_assert_eq!(made.is_ok(), allowed);
    }
}
