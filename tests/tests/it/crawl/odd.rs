//! Pictures that are odd, and answers that are more than they seem: made here, served by the
//! site, seen in the database. What becomes of each pixel is tested in `cover`.

use std::io::Write;

use flate2::write::{GzEncoder, ZlibEncoder};
use flate2::{Compression, Crc};
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageFormat, Rgba, RgbaImage};
use tests::site::{Behaviour, Rule};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

use super::support::Trial;

/// What every run of the crawler stays below.
const MOST_MEMORY: u64 = 150_000_000;

fn picture(width: u32, height: u32) -> RgbaImage {
    RgbaImage::from_fn(width, height, |x, y| {
        let wave = |a: u32, b: u32| ((x * a + y * b) % 251) as u8;
        Rgba([wave(3, 1), wave(2, 5), wave(7, 2), wave(1, 1)])
    })
}

fn encoded(picture: &RgbaImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = DynamicImage::from(picture.clone());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn jpeg(format: PixelFormat) -> Vec<u8> {
    let picture = picture(320, 180);
    let mut codec = Compressor::new().unwrap();
    codec.set_subsamp(Subsamp::None).unwrap();
    // Four channels are as good inks as they are colours.
    let image = Image {
        pixels: &picture.as_raw()[..],
        width: 320,
        pitch: 320 * 4,
        height: 180,
        format,
    };
    codec.compress_to_vec(image).unwrap()
}

/// Sideways, with the orientation 6 in an EXIF block behind the first marker.
fn rotated() -> Vec<u8> {
    let block = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = (block.len() as u16 + 2).to_be_bytes();
    let jpeg = jpeg(PixelFormat::RGBX);
    [&jpeg[..2], &[0xFF, 0xE1], &length, block, &jpeg[2..]].concat()
}

fn spoilt() -> Vec<u8> {
    let mut jpeg = jpeg(PixelFormat::RGBX);
    let middle = jpeg.len() / 2;
    jpeg[middle..middle + 400].fill(0x55);
    jpeg
}

fn animated() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for _ in 0..2 {
        encoder.encode_frame(Frame::new(picture(64, 48))).unwrap();
    }
    drop(encoder);
    bytes
}

/// Says of itself that it has 16000 pixels a side.
fn vast_jpeg() -> Vec<u8> {
    let mut jpeg = jpeg(PixelFormat::RGBX);
    let frame = jpeg.windows(2).position(|m| m == [0xFF, 0xC0]).unwrap();
    for at in [frame + 5, frame + 7] {
        jpeg[at..at + 2].copy_from_slice(&16_000_u16.to_be_bytes());
    }
    jpeg
}

/// 40000 by 40000 pixels of one bit in under 200 KB.
fn vast_png() -> Vec<u8> {
    let chunk = |name: &[u8; 4], data: &[u8]| {
        let mut sum = Crc::new();
        sum.update(name);
        sum.update(data);
        let length = (data.len() as u32).to_be_bytes();
        [&length[..], name, data, &sum.sum().to_be_bytes()].concat()
    };
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    for _ in 0..40_000 {
        packed.write_all(&[0; 1 + 40_000 / 8]).unwrap();
    }
    let side = 40_000_u32.to_be_bytes();
    let header = [&side[..], &side, &[1, 0, 0, 0, 0]].concat();
    let pixels = chunk(b"IDAT", &packed.finish().unwrap());
    [
        b"\x89PNG\r\n\x1A\n",
        &chunk(b"IHDR", &header)[..],
        &pixels,
        &chunk(b"IEND", &[]),
    ]
    .concat()
}

/// 100 MB of zeros in 100 KB.
fn gzip_bomb() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..100 {
        packed.write_all(&[0; 1_000_000]).unwrap();
    }
    packed.finish().unwrap()
}

fn served(bytes: &[u8]) -> Behaviour {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Behaviour::Body {
        content_type: "image/jpeg".into(),
        body: format!("hex:{hex}"),
    }
}

#[test]
fn odd_pictures_become_covers_or_rows_and_memory_stays_bounded() {
    let jpeg = jpeg(PixelFormat::RGBX);
    let tiny = encoded(&picture(1, 1), ImageFormat::Png);
    let zipped = served(&gzip_bomb()).with("content-encoding", "gzip");
    let cases = [
        ("cmyk", served(&self::jpeg(PixelFormat::CMYK)), None),
        ("rotated", served(&rotated()), None),
        (
            "transparent",
            served(&encoded(&picture(90, 50), ImageFormat::Png)),
            None,
        ),
        ("animated", served(&animated()), None),
        (
            "truncated",
            served(&jpeg[..jpeg.len() / 2]),
            Some("truncated"),
        ),
        ("spoilt", served(&spoilt()), Some("corrupt")),
        ("1x1", served(&tiny), Some("too-small")),
        (
            "svg",
            served(b"<svg xmlns='x'/>"),
            Some("unsupported-format"),
        ),
        (
            "avif",
            served(b"\0\0\0\x20ftypavif\0\0\0\0"),
            Some("unsupported-format"),
        ),
        ("vast png", served(&vast_png()), Some("too-large-side")),
        ("vast jpeg", served(&vast_jpeg()), Some("too-many-pixels")),
        ("gzip bomb", zipped, Some("too-many-bytes")),
    ];
    let trial = Trial::new();
    let paths: Vec<_> = (0..cases.len()).map(|n| format!("/odd/{n}.jpg")).collect();
    let mut want = std::collections::BTreeMap::new();
    for ((_, behaviour, class), path) in cases.iter().zip(&paths) {
        trial
            .site
            .behave(Rule::new(path, [behaviour.clone()]).forever());
        if let Some(class) = class {
            *want.entry(*class).or_insert(0) += 1;
        }
    }
    let output = trial.import(&trial.list(&paths), &[]);
    assert_eq!(output.code, 4, "{}", output.stderr);
    assert!(output.peak < MOST_MEMORY, "{} bytes", output.peak);
    let status = trial.status();
    assert_eq!(
        status["failed"],
        serde_json::json!(want),
        "{}",
        output.stderr
    );
    assert_eq!(status["covers"], 4);
    assert!(trial.verifies());
    let upright = trial.exported().into_iter().find(|row| {
        let url = row["url"].as_str().unwrap();
        url.ends_with("/odd/1.jpg")
    });
    let upright = upright.unwrap();
    assert_eq!(
        (&upright["width"], &upright["height"]),
        (&180.into(), &320.into())
    );
}

#[test]
fn a_page_whose_state_is_no_json_is_a_row_and_the_crawl_goes_on() {
    let trial = Trial::new();
    let broken = super::support::text(
        "text/html",
        "<meta property='og:title' content='x'><script>window.__INITIAL_STATE__={\"bvid\":oops};(function(){})()</script>",
    );
    trial.site.behave(Rule::new("/video/*", [broken]).on("www"));
    let output = trial.run(&trial.bilibili(), &["--random", "4"]);
    assert_eq!(output.code, 4, "{}", output.stderr);
    let json = output.json.unwrap();
    assert_eq!(json["failed"], serde_json::json!({ "not-understood": 1 }));
    assert_eq!(json["new_covers"], 4);
}
