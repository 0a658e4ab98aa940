//! Large pictures, drawn, to measure memory with: of each kind COUNT of WIDTH x HEIGHT pixels.
//!
//! `target/debug/examples/large FOLDER COUNT WIDTH HEIGHT`. The kinds are PNG with 16-bit alpha,
//! JPEG in one scan with a quarter of the chroma, progressive JPEG with all of it, lossless WebP,
//! and GIF.

use std::env;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use image::codecs::{gif::GifEncoder, webp::WebPEncoder};
use image::{ExtendedColorType, ImageEncoder};
use turbojpeg::{Compressor, Image, PixelFormat, Subsamp};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Stripes whose colours differ from picture to picture.
#[derive(Clone, Copy)]
struct Drawn {
    number: u32,
    width: u32,
    height: u32,
}

impl Drawn {
    fn pixel(self, x: u32, y: u32) -> [u8; 3] {
        let level = |n: u32| (n % 256) as u8;
        [
            level(x / 37 + self.number * 13),
            level(y / 53),
            level((x + y) / 91),
        ]
    }

    fn rows(self) -> impl Iterator<Item = impl Iterator<Item = [u8; 3]>> {
        (0..self.height).map(move |y| (0..self.width).map(move |x| self.pixel(x, y)))
    }

    fn rgb(self) -> Vec<u8> {
        self.rows().flatten().flatten().collect()
    }

    fn png(self, file: BufWriter<File>) -> Result<()> {
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Sixteen);
        let mut header = encoder.write_header()?;
        let mut rows = header.stream_writer()?;
        for row in self.rows() {
            let wide = row.flat_map(|[r, g, b]| [r, r, g, g, b, b, 255, 255]);
            rows.write_all(&wide.collect::<Vec<_>>())?;
        }
        Ok(rows.finish()?)
    }

    fn jpeg(self, rgb: &[u8], progressive: bool) -> Result<Vec<u8>> {
        let mut codec = Compressor::new()?;
        codec.set_progressive(progressive)?;
        codec.set_subsamp(match progressive {
            true => Subsamp::None,
            false => Subsamp::Sub2x2,
        })?;
        Ok(codec.compress_to_vec(Image {
            pixels: rgb,
            width: self.width as usize,
            pitch: self.width as usize * 3,
            height: self.height as usize,
            format: PixelFormat::RGB,
        })?)
    }

    fn write(self, folder: &Path) -> Result<()> {
        let (
            Self {
                number,
                width,
                height,
            },
            rgb,
        ) = (self, self.rgb());
        let path = |kind: &str| -> PathBuf { folder.join(format!("{number}-{kind}")) };
        let file = |kind| File::create(path(kind)).map(BufWriter::new);
        self.png(file("wide.png")?)?;
        fs::write(path("one-scan.jpg"), self.jpeg(&rgb, false)?)?;
        fs::write(path("progressive.jpg"), self.jpeg(&rgb, true)?)?;
        let webp = WebPEncoder::new_lossless(file("lossless.webp")?);
        webp.write_image(&rgb, width, height, ExtendedColorType::Rgb8)?;
        let mut gif = GifEncoder::new_with_speed(file("still.gif")?, 30);
        Ok(gif.encode(&rgb, width, height, ExtendedColorType::Rgb8)?)
    }
}

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, count, width, height] = &arguments[..] else {
        return Err("usage: large FOLDER COUNT WIDTH HEIGHT".into());
    };
    for number in 0..count.parse()? {
        let drawn = Drawn {
            number,
            width: width.parse()?,
            height: height.parse()?,
        };
        drawn.write(Path::new(folder))?;
    }
    Ok(())
}
