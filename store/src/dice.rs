//! Chance from a seed, so that the same request draws the same.

/// A small generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
/// 2014; the constants of `SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `n`, which is not 0: the high bits of a product, so that no number is preferred
    /// by more than one part in 2^64 / n.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        let wide = u128::from(self.roll()) * n as u128;
        usize::try_from(wide >> 64).expect("less than n")
    }

    /// Puts all in random order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for last in (1..all.len()).rev() {
            all.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_keeps_everything_and_every_place_is_as_likely() {
        let mut first = [0_u32; 5];
        for seed in 0..10_000 {
            let mut all = [0, 1, 2, 3, 4];
            Dice::new(seed).shuffle(&mut all);
            first[all[0]] += 1;
            all.sort_unstable();
            assert_eq!(all, [0, 1, 2, 3, 4]);
        }
        // Expected 2,000 each, standard deviation 40.
        assert!(first.iter().all(|n| (1800..2200).contains(n)), "{first:?}");
    }
}
