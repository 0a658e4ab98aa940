//! Which way is up.

use image::ImageFormat;

use crate::draw::{
    BLUE, GREEN, GREY, RED, chunk, encoded, exif, jpeg, png_with_exif, quarters, riff, webp_of,
    webp_with_exif, with_exif,
};
use crate::{assert_near, make, pixel};

/// EXIF value, and the quarters that a viewer shows: top left, top right, bottom
/// left, bottom right.
const SHOWN: [(u8, [[u8; 3]; 4]); 8] = [
    (1, [RED, GREEN, BLUE, GREY]),
    (2, [GREEN, RED, GREY, BLUE]),
    (3, [GREY, BLUE, GREEN, RED]),
    (4, [BLUE, GREY, RED, GREEN]),
    (5, [RED, BLUE, GREEN, GREY]),
    (6, [BLUE, RED, GREY, GREEN]),
    (7, [GREY, GREEN, BLUE, RED]),
    (8, [GREEN, GREY, RED, BLUE]),
];

#[test]
fn a_cover_is_upright_whichever_of_the_eight_ways_the_camera_was_held() {
    let image = quarters(160, 96);
    for (orientation, shown) in SHOWN {
        let files = [
            with_exif(&jpeg(&image), orientation),
            png_with_exif(&image, orientation),
            webp_with_exif(&image, orientation),
        ];
        for file in files {
            let cover = make(&file).expect("a picture");
            let places = [(60, 60), (180, 60), (60, 180), (180, 180)];
            for ((x, y), colour) in places.into_iter().zip(shown) {
                assert_near(pixel(&cover, x, y), colour, 4);
            }
            let size = if orientation < 5 {
                (160, 96)
            } else {
                (96, 160)
            };
            assert_eq!(
                (cover.width, cover.height),
                size,
                "{} {orientation}",
                cover.format
            );
        }
    }
}

#[test]
fn the_preview_is_upright_too() {
    let cover = make(&with_exif(&jpeg(&quarters(160, 96)), 6)).expect("a picture");
    let preview =
        turbojpeg::decompress(&cover.preview, turbojpeg::PixelFormat::RGB).expect("a JPEG");
    assert_eq!((preview.width, preview.height), (96, 160));
    let first = [preview.pixels[0], preview.pixels[1], preview.pixels[2]];
    assert_near(first, BLUE, 6);
}

#[test]
fn an_orientation_that_does_not_exist_is_no_orientation() {
    for orientation in [0, 9, 255] {
        let cover = make(&with_exif(&jpeg(&quarters(160, 96)), orientation)).expect("a picture");
        assert_near(pixel(&cover, 60, 60), RED, 4);
    }
}

#[test]
fn an_exif_block_is_found_before_the_pixels_and_behind_them_with_jpegs_prefix_or_without() {
    let image = quarters(160, 96);
    let plain = exif(6);
    let prefixed = [&b"Exif\0\0"[..], &plain].concat();
    let png = encoded(image.clone(), ImageFormat::Png);
    let still = encoded(image, ImageFormat::WebP);
    let pixels = &still[12..];
    let mut files = Vec::new();
    for block in [&plain, &prefixed] {
        let (in_png, in_webp) = (chunk(b"eXIf", block), riff(b"EXIF", block));
        for at in [8 + 25, png.len() - 12] {
            files.push([&png[..at], &in_png, &png[at..]].concat());
        }
        files.push(webp_of((160, 96), 0x08, &[&in_webp, pixels]));
        files.push(webp_of((160, 96), 0x08, &[pixels, &in_webp]));
        // The extended header does not tell of it.
        files.push(webp_of((160, 96), 0, &[pixels, &in_webp]));
    }
    for (n, file) in files.iter().enumerate() {
        let cover = make(file).expect("a picture");
        assert_eq!((cover.width, cover.height), (96, 160), "{n}");
        assert_near(pixel(&cover, 60, 60), BLUE, 4);
    }
    // It tells of one that is not there.
    let lies = webp_of((160, 96), 0x2C, &[pixels]);
    assert_eq!(make(&lies).expect("a picture").width, 160);
}
