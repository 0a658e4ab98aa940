//! Chance without a generator: a number is hashed, so facts about video n need no video n-1.

/// SplitMix64's output function (Steele, Lea, Flood 2014), a bijection on 64 bits.
fn scramble(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A hash of a seed, a purpose and a number.
pub fn mix(seed: u64, purpose: &str, n: u64) -> u64 {
    let salt = purpose
        .bytes()
        .fold(seed, |h, b| scramble(h ^ u64::from(b)));
    scramble(scramble(salt ^ n).wrapping_add(salt))
}

/// True for a share of all `n`.
pub fn happens(seed: u64, purpose: &str, n: u64, share: f64) -> bool {
    // 53 bits, as many as a double holds exactly.
    ((mix(seed, purpose, n) >> 11) as f64) < share * (1u64 << 53) as f64
}

/// One of `choices`, which is not empty.
pub fn pick<'a, T: ?Sized>(seed: u64, purpose: &str, n: u64, choices: &[&'a T]) -> &'a T {
    choices[(mix(seed, purpose, n) % choices.len() as u64) as usize]
}

const KEY_DIGITS: usize = 12;

/// Writes `key` (48 bits) as `digits` hexadecimal digits, at least 28, that look random and
/// can be read back.
pub fn seal(seed: u64, key: u64, digits: usize) -> String {
    let tail = format!(
        "{:016x}{:016x}",
        mix(seed, "tail", key),
        mix(seed, "rest", key)
    );
    let tail = &tail[..(digits - KEY_DIGITS).min(28)];
    format!("{:012x}{tail}", (key ^ mask(seed, tail)) & 0xffff_ffff_ffff)
}

/// The key of a sealed name; `None` if this seed never made it.
pub fn unseal(seed: u64, name: &str) -> Option<u64> {
    let (head, tail) = name.split_at_checked(KEY_DIGITS)?;
    let key = (u64::from_str_radix(head, 16).ok()? ^ mask(seed, tail)) & 0xffff_ffff_ffff;
    (seal(seed, key, name.len()) == name).then_some(key)
}

fn mask(seed: u64, tail: &str) -> u64 {
    let digits = tail.get(..16).unwrap_or(tail);
    mix(seed, "mask", u64::from_str_radix(digits, 16).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_sealed_key_is_read_back(seed: u64, key in 0..1u64 << 48, digits in 28usize..=40) {
            let name = seal(seed, key, digits);
            prop_assert_eq!(name.len(), digits);
            prop_assert_eq!(unseal(seed, &name), Some(key));
        }

        #[test]
        fn an_invented_name_has_no_key(name in "[0-9a-f]{40}") {
            prop_assert_eq!(unseal(1, &name), None);
        }
    }

    #[test]
    fn things_happen_as_often_as_asked() {
        for share in [0.0, 0.03, 0.5, 1.0] {
            let n = (0..20_000)
                .filter(|&n| happens(7, "test", n, share))
                .count();
            assert!((n as f64 / 20_000.0 - share).abs() < 0.01, "{share}: {n}");
        }
    }
}
