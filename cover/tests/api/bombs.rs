//! Small files that ask for much.

use std::fs;
use std::io::Write;

use cover::{Limits, Rule};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use image::ImageFormat;

use crate::class;
use crate::draw::{encoded, jpeg, png, png_of, progressive_jpeg, resized_in_header, riff, waves};

/// The most memory that this process has had, in bytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .expect("a peak");
    let kilobytes = line
        .split_whitespace()
        .nth(1)
        .and_then(|word| word.parse::<u64>().ok());
    kilobytes.expect("a number") * 1024
}

/// 40000x40000 pixels of one bit, all black: 1.6 GB once they are bytes.
fn bomb() -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let row = [0; 1 + 40_000 / 8];
    for _ in 0..40_000 {
        packed.write_all(&row).expect("memory");
    }
    png_of(
        (40_000, 40_000),
        [1, 0],
        &[],
        &packed.finish().expect("memory"),
    )
}

#[test]
fn a_png_bomb_is_refused_by_each_limit_before_its_pixels_have_memory() {
    let bomb = bomb();
    assert!(bomb.len() < 200_000, "{} bytes", bomb.len());
    assert_eq!(class(&bomb), "too-large-side");
    let wide = Limits {
        longest: 100_000,
        ..Limits::default()
    };
    let refusal = cover::make(&bomb, &Rule::default(), &wide).expect_err("refused");
    assert_eq!(refusal.class(), "too-many-pixels");
    assert!(peak_memory() < 1_000_000_000, "{} bytes", peak_memory());
}

/// Each of them is within the limits; all at once would not be.
#[test]
fn large_pictures_wait_for_one_another() {
    const ROW: [u8; 1 + 8000 / 8] = [0; 1 + 8000 / 8];
    let file = png((8000, 8000), [1, 0], &[], &ROW.repeat(8000));
    let makes = || crate::make(&file).expect("a picture").width;
    let widths = std::thread::scope(|scope| {
        let threads = [(); 5].map(|()| scope.spawn(makes));
        threads.map(|thread| thread.join().expect("no panic"))
    });
    assert_eq!(widths, [8000; 5]);
    // One takes 192 MB, five 960.
    assert!(peak_memory() < 600_000_000, "{} bytes", peak_memory());
}

#[test]
fn a_jpeg_that_claims_too_much_is_refused_by_its_header() {
    let file = jpeg(&waves(64, 64));
    assert_eq!(
        class(&resized_in_header(&file, 16_385, 64)),
        "too-large-side"
    );
    assert_eq!(
        class(&resized_in_header(&file, 64, 65_000)),
        "too-large-side"
    );
    assert_eq!(
        class(&resized_in_header(&file, 16_000, 16_000)),
        "too-many-pixels"
    );
}

#[test]
fn a_progressive_jpeg_with_endless_scans_is_refused() {
    let file = progressive_jpeg(&waves(256, 256));
    let last_scan = file
        .windows(2)
        .rposition(|marker| marker == [0xFF, 0xDA])
        .expect("a scan");
    let (before, end) = (&file[..last_scan], &file[file.len() - 2..]);
    let scan = &file[last_scan..file.len() - 2];
    let endless = [before, &scan.repeat(2000), end].concat();
    let refusal = crate::make(&endless).expect_err("refused");
    assert_eq!(refusal.class(), "corrupt");
    // In Rust alone the first repeated scan is one too many.
    let told = cfg!(not(feature = "turbojpeg")) || refusal.to_string().contains("scans");
    assert!(told, "{refusal}");
}

#[test]
fn a_gif_frame_far_larger_than_its_screen_is_not_given_memory() {
    let mut gif = encoded(waves(64, 64), ImageFormat::Gif);
    let descriptor = gif
        .windows(10)
        .position(|bytes| bytes[..9] == [0x2C, 0, 0, 0, 0, 64, 0, 64, 0])
        .expect("an image descriptor");
    gif[descriptor + 5..descriptor + 9].fill(0xFF);
    assert_eq!(class(&gif), "corrupt");
    assert!(peak_memory() < 1_000_000_000, "{} bytes", peak_memory());
}

#[test]
fn a_webp_frame_far_larger_than_its_canvas_is_refused() {
    let canvas = riff(b"VP8X", &[0, 0, 0, 0, 63, 0, 0, 63, 0, 0]);
    let frame = riff(
        b"VP8 ",
        b"\0\0\0\x9D\x01\x2A\xFF\x3F\xFF\x3F\0\0\0\0\0\0\0\0",
    );
    let webp = riff(b"RIFF", &[&b"WEBP"[..], &canvas, &frame].concat());
    assert_eq!(class(&webp), "too-many-pixels");
}

#[test]
fn a_file_with_too_many_bytes_is_refused_unread() {
    let limits = Limits {
        bytes: 1000,
        ..Limits::default()
    };
    let refusal = cover::make(&[0xFF; 1001], &Rule::default(), &limits).expect_err("refused");
    assert_eq!(refusal.class(), "too-many-bytes");
}
