//! What a file is, told from its first bytes and never from its name.

use std::fmt;

use crate::Refusal;

/// A picture format that is decoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG, baseline or progressive.
    Jpeg,
    /// PNG, also animated (APNG).
    Png,
    /// WebP, lossy, lossless or animated.
    WebP,
    /// GIF.
    Gif,
    /// Windows bitmap.
    Bmp,
}

impl Format {
    /// The stable lower-case name, as stored in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::WebP => "webp",
            Self::Gif => "gif",
            Self::Bmp => "bmp",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The format of `bytes`.
///
/// # Errors
/// [`Refusal::UnsupportedFormat`] for a picture that is not decoded here,
/// [`Refusal::NotAnImage`] for everything else: a web page, nothing at all.
pub fn sniff(bytes: &[u8]) -> Result<Format, Refusal> {
    if let Some(format) = supported(bytes) {
        return Ok(format);
    }
    match unsupported(bytes) {
        Some(name) => Err(Refusal::UnsupportedFormat { name }),
        None => Err(Refusal::NotAnImage),
    }
}

fn supported(bytes: &[u8]) -> Option<Format> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some(Format::Png),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some(Format::WebP),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        [b'B', b'M', ..] if is_bitmap(bytes) => Some(Format::Bmp),
        _ => None,
    }
}

/// "BM" alone also begins prose. Its pixels stand behind both headers, and the second is of one
/// of the sizes that Windows and OS/2 knew; what is reserved between them may hold anything.
fn is_bitmap(bytes: &[u8]) -> bool {
    const FILE_HEADER: u32 = 14;
    let long = |at: usize| {
        let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |&bytes| u32::from_le_bytes(bytes))
    };
    let (pixels, header) = (long(10), long(14));
    let known = matches!(header, 12 | 16 | 40 | 52 | 56 | 64 | 108 | 124);
    known && pixels >= FILE_HEADER + header
}

fn unsupported(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [b'I', b'I', 0x2A, 0x00, ..] | [b'M', b'M', 0x00, 0x2A, ..] => Some("TIFF"),
        [b'8', b'B', b'P', b'S', ..] => Some("Photoshop"),
        [0x00, 0x00, 0x01, 0x00, ..] => Some("icon"),
        [0xFF, 0x0A, ..] | [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] => Some("JPEG XL"),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => Some("JPEG 2000"),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => iso_brand(brand),
        _ if is_svg(bytes) => Some("SVG"),
        _ => None,
    }
}

/// ISO base media files are pictures or videos according to their major brand.
fn iso_brand(brand: &[u8]) -> Option<&'static str> {
    match brand.get(..4)? {
        b"avif" | b"avis" => Some("AVIF"),
        b"heic" | b"heix" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => Some("HEIF"),
        _ => None,
    }
}

/// An SVG names its root element early, after a declaration and comments. HTML
/// with an inline drawing names `html` first.
fn is_svg(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1024)];
    let head = head.to_ascii_lowercase();
    let position = |needle: &[u8]| head.windows(needle.len()).position(|found| found == needle);
    let text = head.iter().find(|byte| !byte.is_ascii_whitespace());
    let starts_as_markup = matches!(text, Some(b'<' | 0xEF));
    starts_as_markup && position(b"<svg").is_some() && position(b"<html").is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(bytes: &[u8]) -> &'static str {
        sniff(bytes).expect_err("refused").class()
    }

    #[test]
    fn a_format_is_told_by_its_first_bytes() {
        let table: [(&[u8], Format); 7] = [
            (b"\xFF\xD8\xFF\xE0", Format::Jpeg),
            (b"\x89PNG\r\n\x1A\n", Format::Png),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Format::WebP),
            (b"GIF87a", Format::Gif),
            (b"GIF89a", Format::Gif),
            (b"BM\x10\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", Format::Bmp),
            (b"BM\x10\0\0\0\x01\0\x02\0\x36\0\0\0\x28\0\0\0", Format::Bmp),
        ];
        for (bytes, format) in table {
            assert_eq!(sniff(bytes).expect("known"), format);
        }
    }

    #[test]
    fn pictures_of_other_formats_are_unsupported_rather_than_broken() {
        let table: [&[u8]; 8] = [
            b"\0\0\0\x20ftypavif\0\0\0\0",
            b"\0\0\0\x18ftypheic\0\0\0\0",
            b"<?xml version=\"1.0\"?>\n<svg xmlns=\"x\"/>",
            b"\xEF\xBB\xBF<svg/>",
            b"II*\0",
            b"8BPS",
            b"\xFF\x0A",
            b"\0\0\x01\0",
        ];
        for bytes in table {
            assert_eq!(class(bytes), "unsupported-format", "{bytes:?}");
        }
    }

    #[test]
    fn what_is_no_picture_is_said_to_be_none() {
        let table: [&[u8]; 9] = [
            b"",
            b"\xFF",
            b"<!doctype html><html><body><svg></svg>",
            b"{\"error\": 404}",
            b"BMW is a car",
            b"BM",
            b"BM says: a page of text that begins so",
            b"\0\0\0\x20ftypisom\0\0\0\0",
            b"RIFF\x10\0\0\0WAVEfmt ",
        ];
        for bytes in table {
            assert_eq!(class(bytes), "not-an-image", "{bytes:?}");
        }
    }
}
