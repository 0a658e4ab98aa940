//! Bilibili's two names for a video: av numbers and BV ids.

const ALPHABET: &[u8; 58] = b"FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf";
const XOR: u64 = 23_442_827_791_579;
const MASK: u64 = (1 << 51) - 1;
const LENGTH: usize = 12;
/// Digits follow `BV1`.
const FIRST: usize = 3;

/// The BV id of an av number below 2^51.
pub fn encode(aid: u64) -> String {
    let mut rest = (aid & MASK | 1 << 51) ^ XOR;
    let mut id = *b"BV1000000000";
    for place in id[FIRST..].iter_mut().rev() {
        *place = ALPHABET[(rest % 58) as usize];
        rest /= 58;
    }
    swap(&mut id);
    id.into_iter().map(char::from).collect()
}

/// The av number of a BV id; nothing for anything else.
pub fn decode(bvid: &str) -> Option<u64> {
    let mut id: [u8; LENGTH] = bvid.as_bytes().try_into().ok()?;
    if !bvid.starts_with("BV1") {
        return None;
    }
    swap(&mut id);
    let value = id[FIRST..].iter().try_fold(0u64, |value, letter| {
        let digit = ALPHABET.iter().position(|b| b == letter)?;
        Some(value * 58 + digit as u64)
    })?;
    Some((value & MASK) ^ XOR)
}

fn swap(id: &mut [u8; LENGTH]) {
    id.swap(3, 9);
    id.swap(4, 7);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_pairs_agree() {
        for (aid, bvid) in [
            (2, "BV1xx411c7mD"),
            (170_001, "BV17x411w7KC"),
            (1_054_803_170, "BV1mH4y1u7UA"),
            (111_298_867_365_120, "BV1L9Uoa9EUx"),
        ] {
            assert_eq!(encode(aid), bvid);
            assert_eq!(decode(bvid), Some(aid));
        }
    }

    #[test]
    fn what_is_no_bv_id_has_no_number() {
        for text in [
            "",
            "BV1",
            "av2",
            "BV1xx411c7m",
            "BV1xx411c7mDD",
            "BV1xx411c7m0",
            "CV1xx411c7mD",
            "猫猫猫猫",
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_number_leads_back_to_itself(aid in 1u64..1 << 51) {
            prop_assert_eq!(decode(&encode(aid)), Some(aid));
        }
    }
}
