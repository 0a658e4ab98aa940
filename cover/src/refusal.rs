//! Why bytes did not become a cover.

use thiserror::Error;

use crate::Format;

/// Why bytes did not become a cover: a fact about the bytes, never about the
/// machine, so the same bytes are refused again.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The file is larger than [`Limits::bytes`](crate::Limits::bytes).
    #[error("the file has {bytes} bytes; at most {most} are read")]
    TooManyBytes {
        /// Size of the file.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// A side is longer than [`Limits::longest`](crate::Limits::longest).
    #[error("the picture is {width}x{height}; a side may have at most {most} pixels")]
    TooLargeSide {
        /// Width in pixels, as the header states it.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit.
        most: u32,
    },
    /// The area is larger than [`Limits::pixels`](crate::Limits::pixels).
    #[error("the picture is {width}x{height}; at most {most} pixels are decoded")]
    TooManyPixels {
        /// Width in pixels, as the header states it.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit.
        most: u64,
    },
    /// A side is shorter than [`Limits::shortest`](crate::Limits::shortest).
    #[error("the picture is {width}x{height}; a cover has at least {least} pixels a side")]
    TooSmall {
        /// Width in pixels, as the header states it.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The limit.
        least: u32,
    },
    /// The bytes are no picture: a web page, text, nothing.
    #[error("this is not a picture")]
    NotAnImage,
    /// A picture of a kind that is not decoded here.
    #[error("pictures of the kind {name} are not read; JPEG, PNG, WebP, GIF and BMP are")]
    UnsupportedFormat {
        /// What the picture seems to be.
        name: &'static str,
    },
    /// The file ends before the picture does: worth another download.
    #[error("the {format} file ends before its picture does")]
    Truncated {
        /// Format of the file.
        format: Format,
    },
    /// The file is complete, but the decoder objects to what it says.
    #[error("the {format} file is corrupt: {reason}")]
    Corrupt {
        /// Format of the file.
        format: Format,
        /// The decoder's words.
        reason: String,
    },
    /// A decoder met what it says cannot be.
    #[error("the decoder has a fault that this picture has found: {reason}")]
    Panicked {
        /// What it said.
        reason: String,
    },
}

impl Refusal {
    /// The stable name of the class, under which failures are stored and counted.
    pub fn class(&self) -> &'static str {
        match self {
            Self::TooManyBytes { .. } => "too-many-bytes",
            Self::TooLargeSide { .. } => "too-large-side",
            Self::TooManyPixels { .. } => "too-many-pixels",
            Self::TooSmall { .. } => "too-small",
            Self::NotAnImage => "not-an-image",
            Self::UnsupportedFormat { .. } => "unsupported-format",
            Self::Truncated { .. } => "truncated",
            Self::Corrupt { .. } => "corrupt",
            Self::Panicked { .. } => "panicked",
        }
    }
}
