//! Walking the blocks of a file without decoding it, for what the decoders do
//! not tell: is it whole, does it move, how large is what hides inside.

mod jpeg;

use std::borrow::Cow;

use crate::Format;

pub(crate) use jpeg::*;

/// What the blocks of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Blocks {
    /// Whether the file has its end.
    pub whole: bool,
    /// Whether there is more than one frame.
    pub animated: bool,
}

/// What the blocks of a file of this format say. A JPEG has one frame, and of a
/// JPEG or a bitmap only the decoder knows whether it is whole.
pub(crate) fn blocks(bytes: &[u8], format: Format) -> Blocks {
    match format {
        Format::Png => png(bytes),
        Format::Gif => gif(bytes),
        Format::WebP => webp(bytes),
        Format::Jpeg | Format::Bmp => Blocks {
            whole: true,
            animated: false,
        },
    }
}

/// Width and height of a PNG, from its first chunk.
pub(crate) fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.get(8..)?;
    let (b"IHDR", fields) = header.get(4..)?.split_first_chunk::<4>()? else {
        return None;
    };
    let (width, fields) = fields.split_first_chunk()?;
    let height = fields.first_chunk()?;
    Some((u32::from_be_bytes(*width), u32::from_be_bytes(*height)))
}

/// The chunks of a PNG that are whole, with their contents.
fn png_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    const CHECKSUM: usize = 4;
    let mut rest = bytes.get(8..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let (name, body) = after.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        rest = body.get(length.checked_add(CHECKSUM)?..)?;
        Some((name, &body[..length]))
    })
}

/// Walks the chunks of a PNG to its end chunk.
fn png(bytes: &[u8]) -> Blocks {
    let mut animated = false;
    for (name, contents) in png_chunks(bytes) {
        match name {
            b"acTL" => animated = frame_count(contents).is_some_and(|count| count > 1),
            b"IEND" => {
                return Blocks {
                    whole: true,
                    animated,
                };
            }
            _ => {}
        }
    }
    Blocks {
        whole: false,
        animated,
    }
}

/// The EXIF block of a PNG, before its pixels or behind them.
pub(crate) fn png_exif(bytes: &[u8]) -> Option<&[u8]> {
    png_chunks(bytes).find_map(|(name, contents)| (name == b"eXIf").then_some(contents))
}

/// The number of frames that an animation control chunk announces.
fn frame_count(contents: &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(*contents.first_chunk()?))
}

/// Walks the blocks of a GIF. A file that ends between two blocks counts as
/// whole once it has a frame: many writers leave the trailer out.
fn gif(bytes: &[u8]) -> Blocks {
    let mut frames = 0;
    let whole = gif_frames(bytes, &mut frames).is_some();
    Blocks {
        whole: whole && frames > 0,
        animated: frames > 1,
    }
}

/// Counts frames until the end; `None` if the file stops within a block.
fn gif_frames(bytes: &[u8], frames: &mut u32) -> Option<()> {
    let after_screen = bytes.get(13..)?;
    let mut rest = after_screen.get(colour_table(bytes[10])..)?;
    loop {
        match *rest {
            [] | [0x3B, ..] => return Some(()),
            [0x21, _, ref blocks @ ..] => rest = after_sub_blocks(blocks)?,
            [0x2C, ref descriptor @ ..] => {
                let table = colour_table(*descriptor.get(8)?);
                const DESCRIPTOR_AND_CODE_SIZE: usize = 10;
                let blocks = descriptor.get(DESCRIPTOR_AND_CODE_SIZE + table..)?;
                rest = after_sub_blocks(blocks)?;
                *frames += 1;
            }
            // Neither a block nor the end: the decoder judges what it is.
            _ => return Some(()),
        }
    }
}

/// Bytes of the colour table that the packed field announces.
fn colour_table(packed: u8) -> usize {
    if packed & 0x80 == 0 {
        return 0;
    }
    3 << ((packed & 7) + 1)
}

fn after_sub_blocks(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (&length, after) = rest.split_first()?;
        if length == 0 {
            return Some(after);
        }
        rest = after.get(usize::from(length)..)?;
    }
}

/// A WebP is as long as its RIFF header says, and its extended header (`VP8X`)
/// has a flag for animation.
fn webp(bytes: &[u8]) -> Blocks {
    const ANIMATION: u8 = 0x02;
    let length = bytes.get(4..).and_then(|rest| rest.first_chunk());
    let extended = bytes.get(12..16) == Some(b"VP8X");
    Blocks {
        whole: length.is_some_and(|&length| bytes.len() - 8 >= u32::from_le_bytes(length) as usize),
        animated: extended && bytes.get(20).is_some_and(|flags| flags & ANIMATION != 0),
    }
}

/// The outermost chunks of a WebP, with their contents.
fn webp_chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8; 4], &[u8])> {
    let mut rest = bytes.get(12..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, body) = after.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let contents = body.get(..length)?;
        rest = body
            .get(length.checked_next_multiple_of(2)?..)
            .unwrap_or_default();
        Some((name, contents))
    })
}

/// The EXIF block of a WebP, before its pixels or behind them.
pub(crate) fn webp_exif(bytes: &[u8]) -> Option<&[u8]> {
    webp_chunks(bytes).find_map(|(name, contents)| (name == b"EXIF").then_some(contents))
}

/// The colour profile of a WebP.
pub(crate) fn webp_icc(bytes: &[u8]) -> Option<&[u8]> {
    webp_chunks(bytes).find_map(|(name, contents)| (name == b"ICCP").then_some(contents))
}

/// The file without the flags of blocks that it does not have, of which only its pixels' reader
/// would complain: it wants profile, EXIF and XMP where the extended header promises them.
pub(crate) fn webp_without_lies(bytes: &[u8]) -> Cow<'_, [u8]> {
    const FLAGS_AT: usize = 20;
    const PROMISES: [(u8, &[u8; 4]); 3] = [(0x20, b"ICCP"), (0x08, b"EXIF"), (0x04, b"XMP ")];
    let mut bytes = Cow::Borrowed(bytes);
    if bytes.get(12..16) != Some(b"VP8X") || bytes.len() <= FLAGS_AT {
        return bytes;
    }
    for (flag, name) in PROMISES {
        let has = webp_chunks(&bytes).any(|(found, _)| found == name);
        if bytes[FLAGS_AT] & flag != 0 && !has {
            bytes.to_mut()[FLAGS_AT] &= !flag;
        }
    }
    bytes
}

/// The size of the first lossy frame in a WebP. The decoder gives it memory
/// before it compares it with the canvas.
pub(crate) fn webp_lossy_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut rest = bytes.get(12..)?;
    loop {
        let (name, after) = rest.split_first_chunk::<4>()?;
        let (length, body) = after.split_first_chunk()?;
        let length = u32::from_le_bytes(*length) as usize;
        match name {
            b"VP8 " => return vp8_size(body),
            // A frame of an animation: 16 bytes of header, then chunks again.
            b"ANMF" => rest = body.get(16..)?,
            _ => rest = body.get(length.checked_next_multiple_of(2)?..)?,
        }
    }
}

/// A key frame's size (RFC 6386, 9.1): 14 bits a side after the start code.
fn vp8_size(frame: &[u8]) -> Option<(u32, u32)> {
    let [a, b, c, d] = *frame.get(6..)?.first_chunk()?;
    let side = |low, high| u32::from(u16::from_le_bytes([low, high]) & 0x3FFF);
    Some((side(a, b), side(c, d)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_gif_with_two_frames_moves_and_with_one_does_not() {
        let frame = b"\x2C\0\0\0\0\x01\0\x01\0\0\x02\x01\x44\0";
        let mut gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xFF\xFF\xFF".to_vec();
        gif.extend(frame);
        assert_eq!(
            super::gif(&gif),
            Blocks {
                whole: true,
                animated: false
            }
        );
        gif.extend(frame);
        gif.push(0x3B);
        assert_eq!(
            super::gif(&gif),
            Blocks {
                whole: true,
                animated: true
            }
        );
        gif.truncate(gif.len() - 3);
        assert_eq!(
            super::gif(&gif),
            Blocks {
                whole: false,
                animated: false
            }
        );
    }

    #[test]
    fn the_lossy_frame_inside_an_extended_webp_is_found() {
        let mut webp = b"RIFF\0\0\0\0WEBPVP8X\x0A\0\0\0".to_vec();
        webp.extend([0; 10]);
        webp.extend(b"ANMF\x20\0\0\0");
        webp.extend([0; 16]);
        webp.extend(b"VP8 \x0A\0\0\0\0\0\0\x9D\x01\x2A\x40\x01\xF0\x00");
        assert_eq!(webp_lossy_size(&webp), Some((320, 240)));
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = (png(&bytes), gif(&bytes), png_size(&bytes));
            let _ = (webp(&bytes), webp_lossy_size(&bytes));
            let _ = (png_exif(&bytes), webp_exif(&bytes), webp_icc(&bytes));
        }
    }
}
