//! Pictures whose numbers are not sRGB's.

use image::{DynamicImage, ImageFormat};
use moxcms::ColorProfile;

use crate::draw::{chunk, encoded, jpeg, quarters, riff, webp_of, with_segment};
use crate::{assert_near, make, pixel};

/// The same picture in each format that has profiles, with this one.
fn with_profile(icc: &[u8]) -> Vec<Vec<u8>> {
    let image = quarters(160, 96);
    let segment = [&b"ICC_PROFILE\0\x01\x01"[..], icc].concat();
    let png = encoded(image.clone(), ImageFormat::Png);
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, icc).expect("memory");
    let packed = packed.finish().expect("memory");
    let named = chunk(b"iCCP", &[&b"a name\0\0"[..], &packed].concat());
    let webp = encoded(DynamicImage::from(image.clone()), ImageFormat::WebP);
    vec![
        with_segment(&jpeg(&image), 0xE2, &segment),
        [&png[..33], &named, &png[33..]].concat(),
        webp_of((160, 96), 0x20, &[&riff(b"ICCP", icc), &webp[12..]]),
    ]
}

#[test]
fn a_profile_of_a_wider_gamut_is_converted_in_cover_and_preview() {
    let icc = ColorProfile::new_display_p3().encode().expect("a profile");
    for file in with_profile(&icc) {
        let cover = make(&file).expect("a picture");
        // (200, 40, 30) of Display P3, by the CSS Color 4 matrices.
        assert_near(pixel(&cover, 60, 60), [218, 0, 0], 6);
        assert_near(pixel(&cover, 180, 180), [128; 3], 3);
        let preview = turbojpeg::decompress(&cover.preview, turbojpeg::PixelFormat::RGB);
        let preview = preview.expect("a JPEG");
        let first = [preview.pixels[0], preview.pixels[1], preview.pixels[2]];
        assert_near(first, [218, 0, 0], 8);
    }
}

#[test]
fn a_profile_of_srgb_or_a_broken_one_changes_nothing() {
    let srgb = ColorProfile::new_srgb().encode().expect("a profile");
    let want: Vec<_> = with_profile(b"no profile")
        .iter()
        .map(|file| make(file).expect("a picture").image)
        .collect();
    for icc in [&srgb[..], &srgb[..srgb.len() / 2], b""] {
        let found: Vec<_> = with_profile(icc)
            .iter()
            .map(|file| make(file).expect("a picture").image)
            .collect();
        assert!(found == want, "{} bytes", icc.len());
    }
}
