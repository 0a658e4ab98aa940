//! Bilibili's two names for a video: av numbers and BV ids.

const ALPHABET: &[u8; 58] = b"FcwAPNKTMug3GV5Lj7EJnHpWsx4tb8haYeviqBz6rkCy12mUSDQX9RdoZf";
const XOR: u64 = 23_442_827_791_579;
const MASK: u64 = (1 << 51) - 1;
const LENGTH: usize = 12;
/// Digits follow `BV1`.
const FIRST: usize = 3;
/// Numbers that have a BV id.
pub const NUMBERS: std::ops::Range<u64> = 1..MASK + 1;

/// The BV id of an av number, which is one of [`NUMBERS`].
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

/// The av number of a BV id; nothing for anything else, nor for an id that the site cannot have
/// given out.
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
    let aid = (value & MASK) ^ XOR;
    // The upper bits are lost: an id that has others is a slip of the pen.
    (NUMBERS.contains(&aid) && encode(aid) == bvid).then_some(aid)
}

/// The av number of an id as people write it: `BV…` or `av…`, the first two letters large or
/// small.
pub fn parse(id: &str) -> Option<u64> {
    let (kind, rest) = id.split_at_checked(2)?;
    if kind.eq_ignore_ascii_case("av") {
        let digits = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
        return rest.parse().ok().filter(|n| digits && NUMBERS.contains(n));
    }
    let bv = kind.eq_ignore_ascii_case("bv");
    decode(&format!("BV{rest}")).filter(|_| bv)
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

    #[test]
    fn an_id_that_would_lead_to_another_video_has_no_number() {
        // The number 0, and one with a bit too many.
        for slip in [&*encode(0), "BV17x41Fw7KC"] {
            assert_eq!(decode(slip), None, "{slip}");
        }
        let good = "BV17x411w7KC";
        let mut refused = 0;
        for place in FIRST..LENGTH {
            for letter in ALPHABET.iter().map(|&b| char::from(b)) {
                let mut slip = good.to_owned();
                slip.replace_range(place..=place, &letter.to_string());
                match decode(&slip) {
                    Some(aid) => assert_eq!(encode(aid), slip),
                    None => refused += 1,
                }
            }
        }
        assert!((40..80).contains(&refused), "of 513 slips: {refused}");
    }

    #[test]
    fn ids_are_read_as_people_write_them() {
        for (text, want) in [
            ("av170001", Some(170_001)),
            ("AV170001", Some(170_001)),
            ("BV17x411w7KC", Some(170_001)),
            ("bv17x411w7KC", Some(170_001)),
            ("bV17x411w7KC", Some(170_001)),
            ("bv17X411W7kc", decode("BV17X411W7kc")),
            ("av", None),
            ("av0", None),
            ("av-1", None),
            ("av+1", None),
            ("av2251799813685247", Some((1 << 51) - 1)),
            ("av2251799813685248", None),
            ("av18446744073709551615", None),
            ("av18446744073709551617", None),
            ("170001", None),
            ("猫av1", None),
            ("", None),
        ] {
            assert_eq!(parse(text), want, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_has_a_number_is_its_id(id in "BV1[1-9A-Za-z]{9}") {
            if let Some(aid) = decode(&id) {
                prop_assert_eq!(encode(aid), id);
            }
        }

        #[test]
        fn no_text_makes_reading_an_id_panic(text: String) {
            let _ = parse(&text);
        }

        #[test]
        fn every_number_leads_back_to_itself(aid in 1u64..1 << 51) {
            prop_assert_eq!(decode(&encode(aid)), Some(aid));
        }
    }
}
