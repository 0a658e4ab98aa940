//! Seeded choices without repetition, over ranges too long to shuffle.

/// The `n`-th element of a pseudo-random permutation of `0..size`: a sample without
/// replacement that needs no memory, and can be continued from any place.
///
/// A Feistel network over the next even number of bits, walked along its cycle until it is
/// inside the range (Black and Rogaway, "Ciphers with Arbitrary Finite Domains", 2002).
///
/// # Panics
/// When `n` is not below `size`.
pub fn nth(seed: u64, size: u64, n: u64) -> u64 {
    assert!(n < size, "a permutation of {size} has no element {n}");
    let bits = u64::BITS - (size - 1).leading_zeros();
    let half = bits.div_ceil(2).max(1);
    let mut value = n;
    loop {
        value = feistel(seed, half, value);
        if value < size {
            return value;
        }
    }
}

const ROUNDS: u64 = 6;

fn feistel(seed: u64, half: u32, value: u64) -> u64 {
    let mask = (1 << half) - 1;
    let (mut left, mut right) = (value >> half, value & mask);
    for round in 0..ROUNDS {
        let mixed = mix(seed ^ (round << 56) ^ right) & mask;
        (left, right) = (right, left ^ mixed);
    }
    (left << half) | right
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
pub fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_element_comes_once(seed: u64, size in 1u64..2000) {
            let mut seen: Vec<_> = (0..size).map(|n| nth(seed, size, n)).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..size).collect::<Vec<_>>());
        }

        #[test]
        fn another_seed_is_another_order(seed: u64) {
            let first = |seed| (0..20).map(|n| nth(seed, 100_000, n)).collect::<Vec<_>>();
            prop_assert_ne!(first(seed), first(seed ^ 1));
        }
    }

    /// Chi-square over ten classes with 9 degrees of freedom: 27.9 is the 0.1 % point.
    #[test]
    fn the_first_elements_are_spread_evenly() {
        for seed in 0..20 {
            let mut classes = [0.0; 10];
            for n in 0..1000 {
                classes[(nth(seed, 1_000_000, n) / 100_000) as usize] += 1.0;
            }
            let chi: f64 = classes
                .iter()
                .map(|c: &f64| (c - 100.0).powi(2) / 100.0)
                .sum();
            assert!(chi < 33.7, "seed {seed}: {chi}");
        }
    }
}
