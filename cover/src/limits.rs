//! How large a picture may be, asked before its pixels are given memory.

use std::io::{self, Read};

use thiserror::Error;

use crate::Refusal;

/// What is refused before a pixel is decoded.
///
/// The peak memory of a decode is 3 bytes a pixel for a PNG and a baseline JPEG, and up to 9 for
/// a progressive JPEG, a WebP and a GIF, so the default of 64 megapixels bounds it at 0.6 GB.
/// Several decodes at once share less than that (`budget`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Largest file, in bytes.
    pub bytes: usize,
    /// Largest area, in pixels.
    pub pixels: u64,
    /// Longest side, in pixels.
    pub longest: u32,
    /// Shortest side, in pixels: below it is a tracking pixel or a spacer.
    pub shortest: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 20_000_000,
            pixels: 64_000_000,
            longest: 16_384,
            shortest: 32,
        }
    }
}

impl Limits {
    pub(crate) fn check_bytes(&self, bytes: usize) -> Result<(), Refusal> {
        if bytes > self.bytes {
            return Err(Refusal::TooManyBytes {
                bytes,
                most: self.bytes,
            });
        }
        Ok(())
    }

    pub(crate) fn check_size(&self, width: u32, height: u32) -> Result<(), Refusal> {
        if width.max(height) > self.longest {
            return Err(Refusal::TooLargeSide {
                width,
                height,
                most: self.longest,
            });
        }
        if u64::from(width) * u64::from(height) > self.pixels {
            return Err(Refusal::TooManyPixels {
                width,
                height,
                most: self.pixels,
            });
        }
        if width.min(height) < self.shortest.max(1) {
            return Err(Refusal::TooSmall {
                width,
                height,
                least: self.shortest.max(1),
            });
        }
        Ok(())
    }

    /// The most that a decoder may allocate: 16-bit RGBA, and room for its tables.
    pub(crate) fn allocation(&self) -> u64 {
        const TABLES: u64 = 1 << 20;
        self.pixels.saturating_mul(8).saturating_add(TABLES)
    }
}

/// Why a file's bytes are not there.
#[derive(Debug, Error)]
pub enum Unread {
    /// It is larger than a picture may be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Disk or network say so.
    #[error("the file cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// The bytes of a file that has `stated` of them, as its metadata says. One that is too large is
/// refused before it is read, and one that says nothing (a pipe) or grows meanwhile is read to
/// one byte beyond the limit: a film named .jpg does not fill the memory.
///
/// # Errors
/// [`Refusal::TooManyBytes`], and what the reader says.
pub fn read(source: impl Read, stated: u64, limits: &Limits) -> Result<Vec<u8>, Unread> {
    limits.check_bytes(usize::try_from(stated).unwrap_or(usize::MAX))?;
    let mut bytes = Vec::with_capacity(stated as usize);
    source
        .take(limits.bytes as u64 + 1)
        .read_to_end(&mut bytes)?;
    limits.check_bytes(bytes.len())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_is_itself_allowed_and_the_next_value_is_not() {
        let limits = Limits::default();
        let table = [
            (16_384, 3_906, None),
            (16_385, 100, Some("too-large-side")),
            (100, 16_385, Some("too-large-side")),
            (8_000, 8_000, None),
            (8_000, 8_001, Some("too-many-pixels")),
            (32, 32, None),
            (31, 500, Some("too-small")),
            (0, 0, Some("too-small")),
        ];
        for (width, height, class) in table {
            let found = limits.check_size(width, height).err();
            assert_eq!(
                found.map(|refusal| refusal.class()),
                class,
                "{width}x{height}"
            );
        }
        assert!(limits.check_bytes(20_000_000).is_ok());
        assert!(limits.check_bytes(20_000_001).is_err());
    }

    #[test]
    fn an_empty_picture_is_too_small_even_without_a_lower_limit() {
        let limits = Limits {
            shortest: 0,
            ..Limits::default()
        };
        assert_eq!(
            limits.check_size(0, 9).map_err(|r| r.class()),
            Err("too-small")
        );
    }

    /// Counts what is taken of it.
    struct Endless(usize);

    impl Read for Endless {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            buffer.fill(0xFF);
            self.0 += buffer.len();
            Ok(buffer.len())
        }
    }

    #[test]
    fn a_file_that_is_too_large_is_refused_unread_and_a_pipe_at_the_limit() {
        let limits = Limits {
            bytes: 1000,
            ..Limits::default()
        };
        for (stated, taken) in [(1001, 0), (u64::MAX, 0), (0, 1001), (1000, 1001)] {
            let mut source = Endless(0);
            let unread = read(&mut source, stated, &limits).unwrap_err();
            assert!(matches!(unread, Unread::Refused(_)), "{unread}");
            assert_eq!(source.0, taken, "{stated}");
        }
        let whole = read(&[7; 1000][..], 1000, &limits).unwrap();
        assert_eq!(whole, [7; 1000]);
    }
}
