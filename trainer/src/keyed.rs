//! Randomness that can be named: every draw belongs to a key, not to a moment.
//!
//! libtorch has one global generator, whose state depends on everything drawn
//! before. Here each use derives its own ChaCha8 stream from the seed, a
//! purpose and a place (fold, epoch, row …), so that a part can be repeated or
//! resumed alone and still draw the same bits.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// What the numbers are for. Two purposes never share a stream,
/// and the numbers stay: stored runs rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// First weights of a net.
    Init = 1,
    /// Order of the covers within an epoch.
    Shuffle = 2,
    /// Which units are dropped in a step.
    Dropout = 3,
    /// Crop, flip and colour of one cover in one epoch.
    Augment = 4,
    /// Assignment of blocks to folds.
    Folds = 5,
    /// Pixels for measuring speed.
    Bench = 6,
    /// Covers held back to choose the epoch by.
    Inner = 7,
    /// Which blocks are drawn again to tell how sure a number is.
    Bootstrap = 8,
    /// Covers that the guard reads.
    Guard = 9,
    /// Seeds of attempts after the first.
    Attempt = 10,
    /// Covers of a range test.
    RangeTest = 11,
    /// Where the search for a projection starts.
    Projection = 12,
}

/// The generator of `purpose` at `place` under `seed`.
///
/// The 32-byte ChaCha seed is the SHA-256 of all three, so places that differ in
/// any number give unrelated streams.
pub fn generator(seed: u64, purpose: Purpose, place: &[u64]) -> ChaCha8Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    hash.update([purpose as u8]);
    for number in place {
        hash.update(number.to_le_bytes());
    }
    ChaCha8Rng::from_seed(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;

    fn draw(seed: u64, purpose: Purpose, place: &[u64]) -> u64 {
        generator(seed, purpose, place).next_u64()
    }

    #[test]
    fn the_same_key_draws_the_same_number() {
        assert_eq!(
            draw(1, Purpose::Init, &[2, 3]),
            draw(1, Purpose::Init, &[2, 3])
        );
    }

    #[test]
    fn seed_purpose_and_place_each_change_the_stream() {
        let here = draw(1, Purpose::Shuffle, &[2, 3]);
        for other in [
            draw(2, Purpose::Shuffle, &[2, 3]),
            draw(1, Purpose::Dropout, &[2, 3]),
            draw(1, Purpose::Shuffle, &[3, 2]),
            draw(1, Purpose::Shuffle, &[2]),
        ] {
            assert_ne!(here, other);
        }
    }

    #[test]
    fn the_stream_is_pinned_because_stored_runs_rely_on_it() {
        assert_eq!(draw(1, Purpose::Init, &[0]), 14_530_167_067_822_291_452);
    }
}
