//! Files of every format, drawn from formulas.

use std::io::{Cursor, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage};
use turbojpeg::{Colorspace, Compressor, Image, PixelFormat, Subsamp};

pub const RED: [u8; 3] = [200, 40, 30];
pub const GREEN: [u8; 3] = [30, 160, 60];
pub const BLUE: [u8; 3] = [40, 60, 190];
pub const GREY: [u8; 3] = [128, 128, 128];

/// Four quarters, RED and GREEN above BLUE and GREY.
pub fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => GREY,
        })
    })
}

/// Waves in all channels: no two places alike, and much to encode.
pub fn waves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let wave = |a: f32, b: f32| (127.0 + 100.0 * (x as f32 / a + y as f32 / b).sin()) as u8;
        Rgb([wave(3.0, 5.0), wave(11.0, -4.0), wave(-6.0, 17.0)])
    })
}

pub fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image
        .into()
        .write_to(&mut bytes, format)
        .expect("encodable");
    bytes.into_inner()
}

pub fn jpeg(image: &RgbImage) -> Vec<u8> {
    jpeg_with(image, |_| {})
}

pub fn jpeg_with(image: &RgbImage, set: impl FnOnce(&mut Compressor)) -> Vec<u8> {
    compress(image.as_raw(), image.dimensions(), PixelFormat::RGB, set)
}

pub fn progressive_jpeg(image: &RgbImage) -> Vec<u8> {
    jpeg_with(image, |codec| {
        codec.set_progressive(true).expect("progressive")
    })
}

/// A four-component JPEG as Adobe writes them: inks inverted, 255 is none.
pub fn ink_jpeg(image: &RgbImage, space: Colorspace) -> Vec<u8> {
    let inks: Vec<u8> = image
        .pixels()
        .flat_map(|&Rgb([r, g, b])| {
            let key = r.max(g).max(b).max(1);
            let ink = |light: u8| (u16::from(light) * 255 / u16::from(key)) as u8;
            [ink(r), ink(g), ink(b), key]
        })
        .collect();
    compress(&inks, image.dimensions(), PixelFormat::CMYK, |codec| {
        codec.set_colorspace(space).expect("four components");
    })
}

fn compress(
    pixels: &[u8],
    (width, height): (u32, u32),
    format: PixelFormat,
    set: impl FnOnce(&mut Compressor),
) -> Vec<u8> {
    let mut codec = Compressor::new().expect("a compressor");
    codec.set_quality(92).expect("quality");
    codec.set_subsamp(Subsamp::None).expect("chroma");
    set(&mut codec);
    let image = Image {
        pixels,
        width: width as usize,
        pitch: width as usize * format.size(),
        height: height as usize,
        format,
    };
    codec.compress_to_vec(image).expect("encodable")
}

/// A TIFF block that holds the orientation and nothing else.
pub fn exif(orientation: u8) -> Vec<u8> {
    let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    block.extend([orientation, 0, 0, 0, 0, 0, 0]);
    block
}

/// `jpeg` with an APP1 segment behind its first marker.
pub fn with_exif(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let payload = [b"Exif\0\0".to_vec(), exif(orientation)].concat();
    with_segment(jpeg, 0xE1, &payload)
}

pub fn png_with_exif(image: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = PngEncoder::new(&mut bytes);
    encoder
        .set_exif_metadata(exif(orientation))
        .expect("PNG has EXIF");
    let (width, height) = image.dimensions();
    encoder
        .write_image(image, width, height, image::ExtendedColorType::Rgb8)
        .expect("encodable");
    bytes
}

pub fn webp_with_exif(image: &RgbImage, orientation: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = WebPEncoder::new_lossless(&mut bytes);
    encoder
        .set_exif_metadata(exif(orientation))
        .expect("WebP has EXIF");
    let (width, height) = image.dimensions();
    encoder
        .write_image(image, width, height, image::ExtendedColorType::Rgb8)
        .expect("encodable");
    bytes
}

/// `jpeg` with a segment behind its first marker.
pub fn with_segment(jpeg: &[u8], marker: u8, contents: &[u8]) -> Vec<u8> {
    let length = (contents.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, contents, &jpeg[2..]].concat()
}

/// Sets width and height in the frame header of a JPEG.
pub fn resized_in_header(jpeg: &[u8], width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg.to_vec();
    let frame = frame_header(&bytes);
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// Where the marker of the frame header stands.
pub fn frame_header(jpeg: &[u8]) -> usize {
    jpeg.windows(2)
        .position(|marker| matches!(marker, [0xFF, 0xC0..=0xC2]))
        .expect("a frame header")
}

/// One chunk of a PNG with its checksum.
pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut checksum = Crc::new();
    checksum.update(name);
    checksum.update(data);
    let length = (data.len() as u32).to_be_bytes();
    [&length[..], name, data, &checksum.sum().to_be_bytes()].concat()
}

/// A PNG of `rows` bytes that are already filtered, with chunks between its
/// header and its pixels.
pub fn png(size: (u32, u32), depth_and_kind: [u8; 2], between: &[u8], rows: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(rows).expect("memory");
    png_of(
        size,
        depth_and_kind,
        between,
        &packed.finish().expect("memory"),
    )
}

/// As [`png`], of pixels that are already packed.
pub fn png_of(size: (u32, u32), depth_and_kind: [u8; 2], between: &[u8], packed: &[u8]) -> Vec<u8> {
    let mut header = [size.0.to_be_bytes(), size.1.to_be_bytes()].concat();
    header.extend(depth_and_kind);
    header.extend([0, 0, 0]);
    [
        b"\x89PNG\r\n\x1A\n",
        &chunk(b"IHDR", &header)[..],
        between,
        &chunk(b"IDAT", packed),
        &chunk(b"IEND", &[]),
    ]
    .concat()
}

/// A WebP with an extended header of these flags, and chunks behind it.
pub fn webp_of((width, height): (u32, u32), flags: u8, chunks: &[&[u8]]) -> Vec<u8> {
    let side = |length: u32| (length - 1).to_le_bytes()[..3].to_vec();
    let header = [vec![flags, 0, 0, 0], side(width), side(height)].concat();
    let body = [b"WEBP".to_vec(), riff(b"VP8X", &header), chunks.concat()].concat();
    riff(b"RIFF", &body)
}

/// An animated WebP, each frame lossless and as large as the canvas.
pub fn animated_webp(frames: &[RgbImage]) -> Vec<u8> {
    let (width, height) = frames[0].dimensions();
    let side = |length: u32| (length - 1).to_le_bytes()[..3].to_vec();
    let canvas = [side(width), side(height)].concat();
    let mut body = [
        b"WEBP".to_vec(),
        riff(b"VP8X", &[&[2, 0, 0, 0][..], &canvas].concat()),
    ];
    let mut body = body
        .iter_mut()
        .flat_map(std::mem::take)
        .collect::<Vec<u8>>();
    body.extend(riff(b"ANIM", &[0; 6]));
    for frame in frames {
        let still = encoded(frame.clone(), ImageFormat::WebP);
        let place_and_time = [&[0; 6][..], &canvas, &[100, 0, 0, 0]].concat();
        body.extend(riff(b"ANMF", &[&place_and_time, &still[12..]].concat()));
    }
    riff(b"RIFF", &body)
}

pub fn riff(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u32).to_le_bytes();
    let padding = &[0][..data.len() % 2];
    [name, &length[..], data, padding].concat()
}
