//! PNG, row by row: a picture of 16 bits a channel with alpha would take eight bytes a pixel at
//! once, and three are kept of it.

use std::io::{Cursor, ErrorKind};

use ::png::{
    BitDepth, Decoder, DecodingError, InterlaceInfo, Reader, Transformations, expand_interlaced_row,
};

use super::{Pixels, over_white};
use crate::raster::Raster;
use crate::{Format, Limits, Refusal, budget};

/// Decodes the picture that stands for the file; of an animation that is one of its own.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Pixels, Refusal> {
    let mut reader = open(bytes, limits).map_err(|error| refusal(&error))?;
    let (width, height) = reader.info().size();
    limits.check_size(width, height)?;
    let icc = reader.info().icc_profile.as_ref().map(|icc| icc.to_vec());
    let share = budget::share(u64::from(width) * u64::from(height) * 3);
    let rgb = rows(&mut reader, width, height).map_err(|error| refusal(&error))?;
    Ok(Pixels {
        raster: Raster { width, height, rgb },
        icc,
        share,
    })
}

fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Reader<Cursor<&'a [u8]>>, DecodingError> {
    let most = ::png::Limits {
        bytes: usize::try_from(limits.allocation()).unwrap_or(usize::MAX),
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), most);
    decoder.set_ignore_text_chunk(true);
    // Palettes to colours, one to four bits to eight; sixteen stay.
    decoder.set_transformations(Transformations::EXPAND);
    decoder.read_info()
}

fn rows(
    reader: &mut Reader<Cursor<&[u8]>>,
    width: u32,
    height: u32,
) -> Result<Vec<u8>, DecodingError> {
    const RGB: usize = 3;
    let (colour, depth) = reader.output_color_type();
    let (channels, wide) = (colour.samples(), depth == BitDepth::Sixteen);
    let stride = width as usize * RGB;
    let mut rgb = vec![0; stride * height as usize];
    let (mut row, mut y) = (Vec::with_capacity(stride), 0);
    while let Some(read) = reader.next_interlaced_row()? {
        row.clear();
        let mut narrow = Vec::new();
        if wide {
            narrow = read
                .data()
                .as_chunks()
                .0
                .iter()
                .map(|&wide| eight_bits(wide))
                .collect();
        }
        let samples = if wide { &narrow } else { read.data() };
        push_rgb(samples, channels, &mut row);
        match read.interlace() {
            InterlaceInfo::Adam7(pass) => {
                expand_interlaced_row(&mut rgb, stride, &row, pass, 8 * RGB as u8);
            }
            InterlaceInfo::Null(_) => {
                let all = rgb.get_mut(y * stride..).unwrap_or_default();
                let length = row.len().min(all.len()).min(stride);
                all[..length].copy_from_slice(&row[..length]);
                y += 1;
            }
        }
    }
    Ok(rgb)
}

/// A sample of 16 bits, big-endian, rounded to 8.
fn eight_bits(sample: [u8; 2]) -> u8 {
    ((u32::from(u16::from_be_bytes(sample)) + 128) / 257) as u8
}

/// Appends pixels of one to four channels as RGB over white.
fn push_rgb(samples: &[u8], channels: usize, row: &mut Vec<u8>) {
    match channels {
        1 => row.extend(samples.iter().flat_map(|&grey| [grey; 3])),
        2 => row.extend(
            (samples.as_chunks::<2>().0.iter())
                .flat_map(|&[grey, alpha]| [over_white(grey, alpha); 3]),
        ),
        3 => row.extend(samples),
        _ => row.extend(
            (samples.as_chunks::<4>().0.iter())
                .flat_map(|&[r, g, b, alpha]| [r, g, b].map(|value| over_white(value, alpha))),
        ),
    }
}

fn refusal(error: &DecodingError) -> Refusal {
    let format = Format::Png;
    match error {
        DecodingError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => {
            Refusal::Truncated { format }
        }
        _ => Refusal::Corrupt {
            format,
            reason: error.to_string(),
        },
    }
}
