//! What decoders warn of and every viewer shows whole, and what only looks like it.

use image::{DynamicImage, ImageFormat};

use crate::draw::{chunk, encoded, jpeg, png, progressive_jpeg, waves};
#[cfg(feature = "turbojpeg")]
use crate::draw::{jpeg_with, with_segment};
use crate::{assert_near, class, make, pixel};

/// `bytes` with others put in where a marker stands first.
#[cfg(feature = "turbojpeg")]
fn before(marker: u8, bytes: &[u8], stray: &[u8]) -> Vec<u8> {
    let at = bytes.windows(2).position(|two| two == [0xFF, marker]);
    let at = at.expect("the marker");
    [&bytes[..at], stray, &bytes[at..]].concat()
}

#[cfg(feature = "turbojpeg")]
fn files() -> Vec<Vec<u8>> {
    let image = waves(200, 150);
    let grey = jpeg_with(&image, |codec| {
        codec
            .set_colorspace(turbojpeg::Colorspace::Gray)
            .expect("one component");
    });
    vec![jpeg(&image), progressive_jpeg(&image), grey]
}

#[test]
#[cfg(feature = "turbojpeg")]
fn a_jpeg_that_decoders_only_warn_of_gives_the_cover_of_a_clean_one() {
    const DQT: u8 = 0xDB;
    const SOS: u8 = 0xDA;
    let icc = |number: u8, of: u8| [&b"ICC_PROFILE\0"[..], &[number, of], b"no profile"].concat();
    for clean in files() {
        let end = clean.len() - 2;
        let mut version = clean.clone();
        version[11] = 7;
        let odd = [
            before(DQT, &clean, b"\0\0\0"),
            before(
                SOS,
                &clean,
                b"\x01\x02and a whole sentence that belongs to nothing",
            ),
            before(SOS, &before(DQT, &clean, &[0; 3000]), &[1, 2]),
            version,
            with_segment(&clean, 0xE2, &icc(3, 2)),
            with_segment(&clean, 0xE2, &icc(0, 0)),
            [&clean[..end], &[0; 8], &clean[end..]].concat(),
            [&clean[..end], &[0; 5000], &clean[end..]].concat(),
            [&clean[..end], b"a note of a camera", &clean[end..]].concat(),
            // Without the end marker, whole or half, and something else in its place.
            clean[..end].to_vec(),
            clean[..end + 1].to_vec(),
            [&clean[..end], &[0; 100]].concat(),
        ];
        let want = make(&clean).expect("a picture").image;
        for (n, file) in odd.iter().enumerate() {
            let cover = make(file).map_err(|refusal| format!("{n}: {refusal}"));
            assert!(cover.expect("a cover").image == want, "{n}");
        }
    }
}

#[test]
#[cfg(feature = "turbojpeg")]
fn a_jpeg_that_is_cut_is_truncated_whatever_else_is_odd_about_it() {
    for clean in files() {
        let odd = before(0xDB, &before(0xDA, &clean, b"stray"), b"\0\0");
        for kept in [odd.len() / 3, odd.len() / 2, odd.len() - 100, odd.len() - 4] {
            let cut = make(&odd[..kept]).map(|cover| cover.format);
            assert_eq!(
                cut.map_err(|refusal| refusal.class()),
                Err("truncated"),
                "{kept}"
            );
        }
    }
}

/// Between two scans everything that came is read without a complaint, and the picture is blurred.
#[test]
#[cfg(feature = "turbojpeg")]
fn a_progressive_jpeg_cut_between_two_scans_is_truncated() {
    let file = progressive_jpeg(&waves(200, 150));
    let scans: Vec<_> = (0..file.len() - 1)
        .filter(|&at| file[at..at + 2] == [0xFF, 0xDA])
        .collect();
    assert!(scans.len() > 4);
    for &scan in &scans[1..] {
        // A table may stand before it.
        let table = file[..scan].windows(2).rposition(|two| two == [0xFF, 0xC4]);
        let end = table.filter(|&at| scan - at < 200).unwrap_or(scan);
        assert_eq!(class(&file[..end]), "truncated", "{end} of {}", file.len());
    }
}

#[test]
#[cfg(feature = "turbojpeg")]
fn a_scan_in_whose_middle_something_is_lost_is_corrupt() {
    let file = jpeg(&waves(400, 300));
    let middle = file.len() / 2;
    let without = [&file[..middle], &file[middle + 3000..]].concat();
    assert_eq!(class(&without), "corrupt");
    let noise: Vec<u8> = (0..3000_u32)
        .map(|n| (n.wrapping_mul(n).wrapping_mul(7919) >> 5) as u8 & 0x7F)
        .collect();
    let end = file.len() - 2;
    let with = [&file[..end], &noise, &file[end..]].concat();
    assert_eq!(class(&with), "corrupt", "more than a slip");
}

#[test]
fn what_is_reserved_in_a_bitmap_may_hold_anything() {
    let clean = encoded(waves(64, 48), ImageFormat::Bmp);
    let mut odd = clean.clone();
    odd[6..10].copy_from_slice(&[1, 0, 2, 0]);
    let cover = |bytes: &[u8]| make(bytes).expect("a picture").image;
    assert_eq!(cover(&odd), cover(&clean));
}

#[test]
fn pixels_that_a_bitmap_in_runs_skips_are_white() {
    let mut file = b"BM\0\0\0\0\0\0\0\0\x3E\0\0\0".to_vec();
    file.extend([
        40, 0, 0, 0, 64, 0, 0, 0, 64, 0, 0, 0, 1, 0, 8, 0, 1, 0, 0, 0,
    ]);
    file.extend([0; 12]);
    file.extend([2, 0, 0, 0, 0, 0, 0, 0]);
    // Black, and BGR of red.
    file.extend([0, 0, 0, 0, 0, 0, 200, 0]);
    // From below: 16 rows of red, 16 of black, then half a row of red and the end.
    for colour in [1, 0] {
        for _ in 0..16 {
            file.extend([64, colour, 0, 0]);
        }
    }
    file.extend([32, 1, 0, 1]);
    let cover = make(&file).expect("a picture");
    assert_near(pixel(&cover, 120, 210), [200, 0, 0], 3);
    assert_near(pixel(&cover, 120, 150), [0; 3], 3);
    assert_near(pixel(&cover, 120, 60), [255; 3], 3);
}

/// The seven passes of Adam7: first column and row, and steps (PNG, 8.2).
const PASSES: [[usize; 4]; 7] = [
    [0, 0, 8, 8],
    [4, 0, 8, 8],
    [0, 4, 4, 8],
    [2, 0, 4, 4],
    [0, 2, 2, 4],
    [1, 0, 2, 2],
    [0, 1, 1, 2],
];

/// A PNG in passes of the pixels of one in rows, of whole bytes a pixel.
fn interlaced(size: (u32, u32), depth_and_kind: [u8; 2], bytes: usize, rows: &[u8]) -> Vec<u8> {
    let (width, height) = (size.0 as usize, size.1 as usize);
    let mut passes = Vec::new();
    for [left, top, across, down] in PASSES {
        for y in (top..height).step_by(down) {
            if left < width {
                passes.push(0);
            }
            for x in (left..width).step_by(across) {
                passes.extend(&rows[y * (1 + width * bytes) + 1 + x * bytes..][..bytes]);
            }
        }
    }
    let file = png(size, depth_and_kind, &[], &passes);
    let mut header = file[16..29].to_vec();
    header[12] = 1;
    [&file[..8], &chunk(b"IHDR", &header), &file[33..]].concat()
}

/// A large picture is never decoded whole, and no cover may change for it.
#[test]
fn a_png_of_any_kind_gives_the_cover_that_decoding_it_whole_gives() {
    let size = (71, 53);
    for (depth_and_kind, bytes) in [
        ([8, 0], 1),
        ([16, 0], 2),
        ([8, 4], 2),
        ([16, 4], 4),
        ([8, 2], 3),
        ([16, 2], 6),
        ([8, 6], 4),
        ([16, 6], 8),
    ] {
        let row = |y: usize| {
            let sample = move |x: usize| (x * x * 3 + y * 11 + x * y % 7) as u8;
            std::iter::once(0).chain((0..71 * bytes).map(sample))
        };
        let rows: Vec<u8> = (0..53).flat_map(row).collect();
        let file = png(size, depth_and_kind, &[], &rows);
        let whole = image::load_from_memory(&file).expect("a picture");
        let flat = DynamicImage::from(over_white(whole));
        let want = make(&encoded(flat, ImageFormat::Png))
            .expect("a picture")
            .image;
        for file in [file, interlaced(size, depth_and_kind, bytes, &rows)] {
            let cover = make(&file).expect("a picture");
            assert!(cover.image == want, "{depth_and_kind:?}");
        }
    }
}

fn over_white(image: DynamicImage) -> image::RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let rgba = image.into_rgba8();
    image::RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, alpha] = rgba.get_pixel(x, y).0.map(u32::from);
        image::Rgb([r, g, b].map(|v| ((v * alpha + 255 * (255 - alpha) + 127) / 255) as u8))
    })
}
