//! Which way is up.

use crate::draw::{
    BLUE, GREEN, GREY, RED, jpeg, png_with_exif, quarters, webp_with_exif, with_exif,
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
