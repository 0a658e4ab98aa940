//! Which part of a long list is asked for, when videos are to be met at random.
//!
//! A request brings neighbours of the list, and a list is sorted by something: those who share
//! it stand in order of upload (`ORDER BY … id ASC`, PeerTube 6.3 and 8.2), so that ten
//! neighbours of one duration may be ten uploads of one afternoon. A request for each video would be a
//! fair draw, and twice as many requests. So a request asks for a stretch of the list and
//! takes every [`stride`]-th video of it; the others are other draws' videos. These draws divide the
//! list: each video is in exactly one of them, and they come in a random order without
//! repetition, so that each video is as likely as any other.

use crate::sample::nth;

/// The longest answer that an instance gives.
const LONGEST: u64 = 100;
/// Every how many-th video of an answer is taken: from the 20th on two of them have little in
/// common, not even where all durations are the same; more would cost more requests a cover
/// (docs/measurements.md).
const STRIDES: [u64; 5] = [1, 2, 5, 10, 20];
/// Answers for fewer videos are of another time, when all of them were taken.
const SHORTEST: u64 = 40;

/// A part of a list, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    pub start: u64,
    pub count: u64,
}

/// The distance in the list between two videos of one draw, for a list of this length: all of a
/// short list is one answer, in which chance has the whole list to choose from.
fn stride(total: u64) -> u64 {
    let answers = total.div_ceil(LONGEST);
    let fit = STRIDES.into_iter().find(|stride| *stride >= answers);
    fit.unwrap_or(STRIDES[STRIDES.len() - 1])
}

/// The `n`-th draw from a list of `total`; nothing when all were drawn.
pub(super) fn draw(total: u64, seed: u64, n: u64) -> Option<Window> {
    // Stretches of the same length but for one, for a shorter one would be likelier.
    let (stretches, stride) = (total.div_ceil(LONGEST), stride(total));
    let draws = stretches * stride;
    let draw = (n < draws).then(|| nth(seed, draws, n))?;
    let (stretch, offset) = (draw / stride, draw % stride);
    let from = |stretch: u64| stretch * total / stretches;
    let length = from(stretch + 1) - from(stretch);
    let last = length.saturating_sub(offset + 1) / stride * stride;
    Some(Window {
        start: from(stretch) + offset,
        count: if stretches == 1 { LONGEST } else { last + 1 },
    })
}

/// Every how many-th video of an answer is of the draw.
pub(super) fn step(count: u64, total: u64) -> usize {
    let stride = if count < SHORTEST { 1 } else { stride(total) };
    usize::try_from(stride).unwrap_or(1)
}
