//! Which way is up, from an EXIF block (a TIFF file without pixels: TIFF 6.0; EXIF 2.32, tag
//! 0x0112).

use image::metadata::Orientation;

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;
const LONG: u16 = 4;

/// What the block says; upright where it says nothing that can be read. JPEG's prefix before the
/// block is meant for JPEG alone, and some writers give it to other formats too.
pub(crate) fn orientation(block: Option<&[u8]>) -> Orientation {
    block
        .map(|block| block.strip_prefix(b"Exif\0\0").unwrap_or(block))
        .and_then(first_directory)
        .and_then(Orientation::from_exif)
        .unwrap_or(Orientation::NoTransforms)
}

fn first_directory(block: &[u8]) -> Option<u8> {
    let order = Order::of(block)?;
    let start = order.long(block.get(4..)?)? as usize;
    let directory = block.get(start..)?;
    let count = usize::from(order.short(directory)?);
    const ENTRY: usize = 12;
    let mut entries = directory[2..].as_chunks::<ENTRY>().0.iter().take(count);
    let entry = entries.find(|entry| order.short(&entry[..]) == Some(ORIENTATION))?;
    let value = match order.short(&entry[2..])? {
        SHORT => u32::from(order.short(&entry[8..])?),
        LONG => order.long(&entry[8..])?,
        _ => return None,
    };
    u8::try_from(value).ok()
}

/// Of bytes.
#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn of(block: &[u8]) -> Option<Self> {
        match block.first_chunk()? {
            b"II*\0" => Some(Self::Little),
            b"MM\0*" => Some(Self::Big),
            _ => None,
        }
    }

    fn short(self, bytes: &[u8]) -> Option<u16> {
        let bytes = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        })
    }

    fn long(self, bytes: &[u8]) -> Option<u32> {
        let bytes = *bytes.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SIX: Orientation = Orientation::Rotate90;

    fn little(kind: u8, value: [u8; 4]) -> Vec<u8> {
        let mut block = b"II*\0\x08\0\0\0\x01\0\x12\x01".to_vec();
        block.extend([kind, 0, 1, 0, 0, 0]);
        block.extend(value);
        block
    }

    fn big(kind: u8, value: [u8; 4]) -> Vec<u8> {
        let mut block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0".to_vec();
        block.extend([kind, 0, 0, 0, 1]);
        block.extend(value);
        block
    }

    #[test]
    fn an_orientation_is_read_in_either_order_as_short_or_long_with_or_without_prefix() {
        let prefixed = [b"Exif\0\0".to_vec(), little(3, [6, 0, 0, 0])].concat();
        let upright = Orientation::NoTransforms;
        for (block, want) in [
            (little(3, [6, 0, 0, 0]), SIX),
            (big(3, [0, 6, 0, 0]), SIX),
            (little(4, [6, 0, 0, 0]), SIX),
            (big(4, [0, 0, 0, 6]), SIX),
            (prefixed, SIX),
            (little(3, [9, 0, 0, 0]), upright),
            (little(4, [6, 1, 0, 0]), upright),
            (little(2, [6, 0, 0, 0]), upright),
            (b"II*\0\xFF\xFF\xFF\xFF".to_vec(), upright),
            (b"TIFF".to_vec(), upright),
            (Vec::new(), upright),
        ] {
            assert_eq!(orientation(Some(&block)), want, "{block:?}");
        }
        assert_eq!(orientation(None), upright);
    }

    const STARTS: [&[u8]; 3] = [b"II*\0", b"MM\0*", b"Exif\0\0"];

    proptest! {
        #[test]
        fn any_block_is_read(start in proptest::sample::select(&STARTS), rest: Vec<u8>) {
            orientation(Some(&[start, &rest].concat()));
        }
    }
}
