//! Bilibili's two names for one video.
//!
//! Constants and the construction are those published in bilibili-API-collect
//! (`docs/misc/bvid_desc.md`): base 58 of the masked number, two pairs of places swapped.

const ALPHABET: &[u8; 58] = b"FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf";
const XOR: u64 = 23_442_827_791_579;
const FLAG: u64 = 1 << 51;

/// `BV…` of an av number below 2^51.
pub fn encode(aid: u64) -> String {
    let mut name = *b"BV1000000000";
    let mut rest = (FLAG | aid) ^ XOR;
    for place in (3..12).rev() {
        name[place] = ALPHABET[(rest % 58) as usize];
        rest /= 58;
    }
    swap(&mut name);
    name.iter().map(|&b| char::from(b)).collect()
}

/// The av number of a `BV…` name; `None` if it is not one.
pub fn decode(name: &str) -> Option<u64> {
    let mut name: [u8; 12] = name.as_bytes().try_into().ok()?;
    if !name.starts_with(b"BV1") {
        return None;
    }
    swap(&mut name);
    let value = name[3..].iter().try_fold(0u64, |value, letter| {
        let digit = ALPHABET.iter().position(|a| a == letter)?;
        Some(value * 58 + digit as u64)
    })?;
    let aid = (value & (FLAG - 1)) ^ XOR;
    (value >> 51 == 1).then_some(aid)
}

fn swap(name: &mut [u8; 12]) {
    name.swap(3, 9);
    name.swap(4, 7);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_pairs_convert_both_ways() {
        for (aid, name) in [
            (2, "BV1xx411c7mD"),
            (170_001, "BV17x411w7KC"),
            (1_054_803_170, "BV1mH4y1u7UA"),
            (111_298_867_365_120, "BV1L9Uoa9EUx"),
        ] {
            assert_eq!(encode(aid), name);
            assert_eq!(decode(name), Some(aid));
        }
    }

    #[test]
    fn what_is_no_name_has_no_number() {
        for name in [
            "",
            "BV1",
            "AV17x411w7KC",
            "BV17x411w7K0",
            "BV17x411w7KCC",
            "bv17x411w7KC",
        ] {
            assert_eq!(decode(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn every_number_comes_back(aid in 0..FLAG) {
            prop_assert_eq!(decode(&encode(aid)), Some(aid));
        }
    }
}
