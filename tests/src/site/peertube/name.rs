//! Names of videos and of their pictures: random by their looks, and yet they lead back.

use super::super::mix::{seal, unseal};

/// Numbers of videos have fewer bits; above them is which of a video's pictures is meant.
const VIDEO_BITS: u32 = 44;

/// The UUID (version 4 by its looks) in which a video's number is sealed.
pub fn uuid(seed: u64, id: u64) -> String {
    let hex = seal(seed, id, 30);
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..15],
        &hex[15..18],
        &hex[18..]
    )
}

/// The number in a UUID that [`uuid`] made.
pub fn id_of(seed: u64, uuid: &str) -> Option<u64> {
    let hex: String = uuid.chars().filter(|&c| c != '-').collect();
    if hex.len() != 32 || !hex.is_ascii() {
        return None;
    }
    unseal(
        seed,
        &format!("{}{}{}", &hex[..12], &hex[13..16], &hex[17..]),
    )
}

/// The video that a watch page's address ends with: its UUID, long or short.
pub fn id_of_page(seed: u64, name: &str) -> Option<u64> {
    id_of(seed, name).or_else(|| id_of(seed, &long(name)?))
}

/// Flickr's base 58, in which PeerTube shortens UUIDs.
const BASE58: &[u8; 58] = b"123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
const SHORT_LENGTH: usize = 22;

pub fn short(uuid: &str) -> String {
    let mut rest =
        u128::from_str_radix(&uuid.replace('-', ""), 16).expect("a UUID is 32 hexadecimal digits");
    let mut short = vec![b'1'; SHORT_LENGTH];
    for letter in short.iter_mut().rev() {
        *letter = BASE58[(rest % 58) as usize];
        rest /= 58;
    }
    short.into_iter().map(char::from).collect()
}

fn long(short: &str) -> Option<String> {
    if short.len() != SHORT_LENGTH {
        return None;
    }
    let value = short.bytes().try_fold(0u128, |value, letter| {
        let digit = BASE58.iter().position(|&b| b == letter)?;
        value.checked_mul(58)?.checked_add(digit as u128)
    })?;
    Some(format!("{value:032x}"))
}

/// The file name of a video's picture, which is not the video's and differs from size to size.
pub fn picture(seed: u64, id: u64, size: u64) -> String {
    uuid(seed, id | (size + 1) << VIDEO_BITS)
}

/// The video and the size of a file that [`picture`] named.
pub fn picture_of(seed: u64, name: &str) -> Option<(u64, u64)> {
    let key = id_of(seed, name)?;
    let size = (key >> VIDEO_BITS).checked_sub(1)?;
    Some((key & ((1 << VIDEO_BITS) - 1), size))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_name_of_a_video_leads_back_to_its_number(seed: u64, id in 0..1u64 << 42) {
            let uuid = uuid(seed, id);
            prop_assert_eq!(id_of(seed, &uuid), Some(id));
            prop_assert_eq!(picture_of(seed, &uuid), None);
            let short = short(&uuid);
            prop_assert_eq!(short.len(), 22);
            prop_assert_eq!(long(&short).and_then(|long| id_of(seed, &long)), Some(id));
        }

        #[test]
        fn every_picture_has_a_name_of_its_own(seed: u64, id in 0..1u64 << 42, size in 0u64..5) {
            prop_assert_eq!(picture_of(seed, &picture(seed, id, size)), Some((id, size)));
        }
    }
}
