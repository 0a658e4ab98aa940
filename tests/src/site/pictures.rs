//! Covers as bytes: drawn, or taken from a folder; as they are, or made smaller.

use super::mix::mix;
use super::world::Cover;
use crate::draw::{self, Picture, Subject};
use anyhow::{Context, Result, ensure};
use image::RgbaImage;
use image::imageops::{FilterType, crop_imm, overlay, resize};
use std::path::{Path, PathBuf};

/// Where pictures come from.
#[derive(Clone, Debug)]
pub enum Pictures {
    /// Drawn from the cover's seed.
    Drawn,
    /// Photos, sorted by path: with a cat, and without.
    Photos(Vec<PathBuf>, Vec<PathBuf>),
}

impl Pictures {
    /// The pictures in `folder/cat` and `folder/other`.
    ///
    /// # Errors
    /// If either folder cannot be read or is empty.
    pub fn from_folder(folder: &Path) -> Result<Self> {
        let list = |name: &str| {
            let folder = folder.join(name);
            let entries = std::fs::read_dir(&folder)
                .with_context(|| format!("cannot read {}", folder.display()))?;
            let mut files: Vec<_> = entries
                .filter_map(|entry| Some(entry.ok()?.path()))
                .collect();
            files.retain(|path| path.extension().is_some_and(|e| e != "csv" && e != "txt"));
            files.sort();
            ensure!(!files.is_empty(), "no pictures in {}", folder.display());
            Ok(files)
        };
        Ok(Self::Photos(list("cat")?, list("other")?))
    }

    /// The file that the site serves under the bare address.
    ///
    /// # Errors
    /// If a photo cannot be read.
    pub fn file(&self, cover: Cover) -> Result<Vec<u8>> {
        match self.photo(cover) {
            None if cover.again => Ok(draw::near_duplicate(cover.seed, subject(cover))),
            None => Ok(draw::draw(cover.seed, subject(cover))),
            Some(path) if cover.again => {
                let picture = open(path)?;
                Ok(fitted(&picture, picture.width * 9 / 10, u32::MAX).jpeg(70))
            }
            Some(path) => Ok(std::fs::read(path)?),
        }
    }

    /// A JPEG that fits into `width` by `height` and is no larger than the original.
    ///
    /// # Errors
    /// If a photo cannot be read or decoded.
    pub fn smaller(&self, cover: Cover, width: u32, height: u32) -> Result<Vec<u8>> {
        let picture = match self.photo(cover) {
            None => draw::picture(cover.seed, subject(cover)),
            Some(path) => open(path)?,
        };
        Ok(fitted(&picture, width, height).jpeg(if cover.again { 70 } else { 82 }))
    }

    /// A JPEG of exactly this size, as PeerTube makes them: cut to its shape and scaled, also up; a
    /// square one holds the whole picture before itself, darkened and enlarged.
    ///
    /// # Errors
    /// If a photo cannot be read or decoded.
    pub fn exactly(&self, cover: Cover, (width, height): (u32, u32)) -> Result<Vec<u8>> {
        let picture = pixels(&decoded(&self.file(cover)?)?);
        let mut made = filling(&picture, width, height);
        if width == height {
            for pixel in made.pixels_mut() {
                pixel.0[..3].iter_mut().for_each(|channel| *channel /= 3);
            }
            let high = (picture.height() * width / picture.width()).clamp(1, height);
            let whole = resize(&picture, width, high, FilterType::Triangle);
            overlay(&mut made, &whole, 0, i64::from((height - high) / 2));
        }
        let rgba = made.into_raw();
        let made = Picture {
            width,
            height,
            rgba,
        };
        Ok(made.jpeg(82))
    }

    fn photo(&self, cover: Cover) -> Option<&Path> {
        let Self::Photos(cats, others) = self else {
            return None;
        };
        let files = if cover.cat { cats } else { others };
        let index = mix(0, "photo", cover.seed) % files.len() as u64;
        Some(&files[index as usize])
    }
}

fn subject(cover: Cover) -> Subject {
    Subject::of(cover.seed, cover.cat)
}

fn open(path: &Path) -> Result<Picture> {
    decoded(&std::fs::read(path)?)
}

fn decoded(bytes: &[u8]) -> Result<Picture> {
    if bytes.starts_with(&[0xff, 0xd8]) {
        let decoded = turbojpeg::decompress(bytes, turbojpeg::PixelFormat::RGBA)?;
        let (width, height) = (decoded.width as u32, decoded.height as u32);
        return Ok(Picture {
            width,
            height,
            rgba: decoded.pixels,
        });
    }
    let decoded = image::load_from_memory(bytes)?.into_rgba8();
    let (width, height) = decoded.dimensions();
    Ok(Picture {
        width,
        height,
        rgba: decoded.into_raw(),
    })
}

fn pixels(picture: &Picture) -> RgbaImage {
    RgbaImage::from_raw(picture.width, picture.height, picture.rgba.clone())
        .expect("a picture has four bytes a pixel")
}

/// The middle of the picture in the shape that is wanted, scaled to its size.
fn filling(picture: &RgbaImage, width: u32, height: u32) -> RgbaImage {
    let (w, h) = picture.dimensions();
    let (cut_w, cut_h) = match w * height > h * width {
        true => ((h * width / height).max(1), h),
        false => (w, (w * height / width).max(1)),
    };
    let cut = crop_imm(picture, (w - cut_w) / 2, (h - cut_h) / 2, cut_w, cut_h);
    resize(&*cut, width, height, FilterType::Triangle)
}

fn fitted(picture: &Picture, width: u32, height: u32) -> Picture {
    let (w, h) = (picture.width as f32, picture.height as f32);
    let scale = (width as f32 / w).min(height as f32 / h).min(1.0);
    let side = |side: f32| ((side * scale).round() as u32).max(1);
    let small = resize(&pixels(picture), side(w), side(h), FilterType::Triangle);
    Picture {
        width: side(w),
        height: side(h),
        rgba: small.into_raw(),
    }
}
