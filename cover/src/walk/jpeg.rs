//! The marker segments of a JPEG (ITU-T T.81, annex B).

const START_OF_SCAN: u8 = 0xDA;
const END: u8 = 0xD9;
/// Of a colour profile; real ones have up to 2 MB.
const LARGEST_PROFILE: usize = 4 << 20;

/// The marker segments of a JPEG, with their contents, to its end. What belongs to nothing
/// between two of them is skipped, as decoders do, and so is what a scan draws.
fn all_segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        let (marker, after) = next_marker(rest)?;
        let (length, body) = after.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length)).checked_sub(2)?;
        let segment = body.get(..length)?;
        rest = &body[length..];
        Some((marker, segment))
    })
}

/// The next marker that has a segment, and what stands behind it; nothing at the end.
fn next_marker(mut rest: &[u8]) -> Option<(u8, &[u8])> {
    loop {
        let at = rest.iter().position(|&byte| byte == 0xFF)?;
        rest = &rest[at + 1..];
        match *rest {
            // A marker may be preceded by any number of fill bytes (T.81, B.1.1.2).
            [0xFF, ..] => {}
            // A stuffed byte of a scan, and markers that stand alone.
            [0x00 | 0x01 | 0xD0..=0xD8, ref after @ ..] => rest = after,
            [END, ..] => return None,
            [marker, ref after @ ..] => return Some((marker, after)),
            [] => return None,
        }
    }
}

/// The segments before the first scan.
fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    all_segments(bytes).take_while(|&(marker, _)| marker != START_OF_SCAN)
}

/// The TIFF block of the first EXIF segment of a JPEG.
pub(crate) fn jpeg_exif(bytes: &[u8]) -> Option<&[u8]> {
    const APP1: u8 = 0xE1;
    segments(bytes)
        .filter(|&(marker, _)| marker == APP1)
        .find_map(|(_, segment)| segment.strip_prefix(b"Exif\0\0"))
}

/// The colour profile of a JPEG, put together from its parts; nothing unless all are there.
pub(crate) fn jpeg_icc(bytes: &[u8]) -> Option<Vec<u8>> {
    const APP2: u8 = 0xE2;
    let mut parts: Vec<_> = segments(bytes)
        .filter(|&(marker, _)| marker == APP2)
        .filter_map(|(_, segment)| segment.strip_prefix(b"ICC_PROFILE\0"))
        .filter_map(|part| part.split_first_chunk::<2>())
        .collect();
    parts.sort_by_key(|(numbers, _)| numbers[0]);
    let count = parts.len();
    let numbered = |(n, ([number, of], _)): (usize, &(&[u8; 2], &[u8]))| {
        usize::from(*number) == n + 1 && usize::from(*of) == count
    };
    let size: usize = parts.iter().map(|(_, part)| part.len()).sum();
    let whole = count > 0 && size <= LARGEST_PROFILE && parts.iter().enumerate().all(numbered);
    whole.then(|| {
        parts
            .into_iter()
            .flat_map(|(_, part)| part.to_vec())
            .collect()
    })
}

/// What the frame header says.
struct Frame {
    marker: u8,
    precision: u8,
    components: Vec<Component>,
}

struct Component {
    id: u8,
    /// Samples across and down for each block of the picture, 1 to 4.
    sampling: (u8, u8),
}

impl Frame {
    fn is_progressive(&self) -> bool {
        matches!(self.marker, 0xC2 | 0xC6 | 0xCA | 0xCE)
    }
}

fn frame(bytes: &[u8]) -> Option<Frame> {
    // SOF0 to SOF15 without DHT, JPG and DAC, which lie among them.
    let is_frame = |marker| matches!(marker, 0xC0..=0xCF) && !matches!(marker, 0xC4 | 0xC8 | 0xCC);
    let (marker, segment) = segments(bytes).find(|&(marker, _)| is_frame(marker))?;
    const PRECISION_SIZE_AND_COUNT: usize = 6;
    let components = segment.get(PRECISION_SIZE_AND_COUNT..).unwrap_or_default();
    let component = |&[id, sampling, _]: &[u8; 3]| Component {
        id,
        sampling: ((sampling >> 4).clamp(1, 4), (sampling & 15).clamp(1, 4)),
    };
    Some(Frame {
        marker,
        precision: *segment.first()?,
        components: components
            .as_chunks::<3>()
            .0
            .iter()
            .map(component)
            .collect(),
    })
}

/// Bits a sample of a JPEG, from its frame header.
pub(crate) fn jpeg_precision(bytes: &[u8]) -> Option<u8> {
    Some(frame(bytes)?.precision)
}

/// Whether it is one of those that lose nothing, which cannot be reduced as they are decoded.
#[cfg(feature = "turbojpeg")]
pub(crate) fn jpeg_is_lossless(bytes: &[u8]) -> bool {
    frame(bytes).is_some_and(|frame| matches!(frame.marker, 0xC3 | 0xC7 | 0xCB | 0xCF))
}

/// The bytes of coefficients that are kept until the last scan of a JPEG with several; 0 for
/// those with one, which are decoded as they are read.
pub(crate) fn jpeg_coefficients(bytes: &[u8], (width, height): (u32, u32)) -> u64 {
    const COEFFICIENT: u64 = 2;
    let Some(frame) = frame(bytes) else { return 0 };
    let first_scan = all_segments(bytes).find(|&(marker, _)| marker == START_OF_SCAN);
    let first_holds = first_scan.and_then(|(_, scan)| scan.first().copied());
    let one = first_holds.is_some_and(|count| usize::from(count) >= frame.components.len());
    if one && !frame.is_progressive() {
        return 0;
    }
    let samples =
        |component: &Component| u64::from(component.sampling.0) * u64::from(component.sampling.1);
    let most = frame.components.iter().map(samples).max().unwrap_or(1);
    let all: u64 = frame.components.iter().map(samples).sum();
    let pixels = u64::from(width) * u64::from(height);
    pixels.saturating_mul(all * COEFFICIENT) / most
}

/// Whether the scans of a JPEG, cut or not, tell of each coefficient of each component to the
/// last bit. A file cut between two scans of a progressive picture is a blurred one.
#[cfg(feature = "turbojpeg")]
pub(crate) fn jpeg_scans_are_all_there(bytes: &[u8]) -> bool {
    const UNTOLD: u8 = 0xFF;
    let Some(frame) = frame(bytes) else {
        return false;
    };
    let last = if frame.is_progressive() { 63 } else { 0 };
    // The lowest bit of each coefficient that a scan has told.
    let mut bits = vec![[UNTOLD; 64]; frame.components.len()];
    for scan in all_segments(bytes).filter(|&(marker, _)| marker == START_OF_SCAN) {
        let Some((ids, band)) = scan_header(scan.1) else {
            continue;
        };
        let [first, end, precision] = if last == 0 { [0; 3] } else { band };
        let ids = ids.as_chunks::<2>().0;
        for (component, bits) in frame.components.iter().zip(&mut bits) {
            if ids.iter().any(|[id, _]| *id == component.id) {
                let band = bits.get_mut(usize::from(first)..=usize::from(end));
                band.unwrap_or_default().fill(precision & 15);
            }
        }
    }
    !bits.is_empty()
        && bits
            .iter()
            .all(|bits| bits[..=last].iter().all(|&bit| bit == 0))
}

/// A scan's components with their tables, and its band: first and last coefficient, precision.
#[cfg(feature = "turbojpeg")]
fn scan_header(scan: &[u8]) -> Option<(&[u8], [u8; 3])> {
    let (count, rest) = scan.split_first()?;
    let (ids, band) = rest.split_at_checked(usize::from(*count) * 2)?;
    Some((ids, *band.first_chunk()?))
}

/// Whether a JPEG's end marker stands anywhere behind its tables: within pixels the two bytes
/// never stand together.
#[cfg(not(feature = "turbojpeg"))]
pub(crate) fn jpeg_ends(bytes: &[u8]) -> bool {
    const MARKER_AND_LENGTH: usize = 4;
    let tables = segments(bytes).map(|(_, segment)| segment.len() + MARKER_AND_LENGTH);
    let pixels = bytes.get(2 + tables.sum::<usize>()..).unwrap_or_default();
    pixels.windows(2).any(|marker| marker == [0xFF, END])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exif_is_found_behind_other_segments_fill_bytes_and_stray_ones() {
        let mut jpeg = b"\xFF\xD8\xFF\xE0\x00\x04ab\x00\x07\xFF\xFF\xFF".to_vec();
        jpeg.extend(b"\xE1\x00\x0CExif\0\0tiff\xFF\xDA\x00\x02");
        assert_eq!(jpeg_exif(&jpeg), Some(&b"tiff"[..]));
    }

    #[test]
    fn segments_end_at_the_first_scan() {
        let jpeg = b"\xFF\xD8\xFF\xDA\x00\x02\xFF\xE1\x00\x0CExif\0\0tiff";
        assert_eq!(jpeg_exif(jpeg), None);
    }

    #[test]
    fn the_precision_is_read_from_the_frame_header() {
        let jpeg = b"\xFF\xD8\xFF\xC4\x00\x03\x11\xFF\xC1\x00\x03\x0C";
        assert_eq!(jpeg_precision(jpeg), Some(12));
    }

    fn icc_part(number: u8, of: u8, text: &[u8]) -> Vec<u8> {
        let length = (2 + 14 + text.len()) as u8;
        [
            b"\xFF\xE2\0",
            &[length][..],
            b"ICC_PROFILE\0",
            &[number, of],
            text,
        ]
        .concat()
    }

    #[test]
    fn a_profile_is_put_together_if_all_its_parts_are_there() {
        let (one, two) = (icc_part(1, 2, b"pro"), icc_part(2, 2, b"file"));
        let file = |parts: &[&[u8]]| [b"\xFF\xD8", &parts.concat()[..], b"\xFF\xDA\0\x02"].concat();
        for (parts, want) in [
            (&[&one[..], &two][..], Some(&b"profile"[..])),
            (&[&two, &one], Some(b"profile")),
            (&[&one], None),
            (&[&one, &one, &two], None),
            (&[&icc_part(0, 0, b"x")], None),
            (&[], None),
        ] {
            assert_eq!(jpeg_icc(&file(parts)).as_deref(), want, "{parts:?}");
        }
    }

    /// A frame of two components, the first with four times the samples, and scans of it.
    #[cfg(feature = "turbojpeg")]
    fn scans(marker: u8, scans: &[&[u8]]) -> Vec<u8> {
        let mut file = b"\xFF\xD8\xFF".to_vec();
        file.push(marker);
        file.extend(b"\0\x0E\x08\0\x10\0\x10\x02\x01\x22\0\x02\x11\0");
        for scan in scans {
            file.extend([0xFF, START_OF_SCAN, 0, 2 + scan.len() as u8]);
            file.extend(*scan);
            file.extend(b"pixels\xFF\0\xFF\xD0more");
        }
        file
    }

    #[test]
    #[cfg(feature = "turbojpeg")]
    fn a_picture_is_whole_once_its_scans_tell_all_of_each_component() {
        let both = b"\x02\x01\0\x02\0\0\x3F\0";
        let (one, other) = (b"\x01\x01\0\0\x3F\0", b"\x01\x02\0\0\x3F\0");
        let dc = b"\x02\x01\0\x02\0\0\0\0";
        let ac = |id, precision| [1, id, 0, 1, 63, precision];
        for (marker, parts, whole) in [
            (0xC0, vec![&both[..]], true),
            (0xC0, vec![one, other], true),
            (0xC0, vec![one], false),
            (0xC0, vec![], false),
            (0xC2, vec![dc], false),
            (0xC2, vec![dc, &ac(1, 0), &ac(2, 0)], true),
            (0xC2, vec![dc, &ac(1, 0), &ac(2, 1)], false),
            (0xC2, vec![dc, &ac(1, 0), &ac(2, 1), &ac(2, 0x10)], true),
        ] {
            let file = scans(marker, &parts);
            assert_eq!(
                jpeg_scans_are_all_there(&file),
                whole,
                "{marker:x} {parts:?}"
            );
        }
    }

    #[test]
    #[cfg(feature = "turbojpeg")]
    fn coefficients_are_kept_of_pictures_in_several_scans() {
        let (both, one) = (b"\x02\x01\0\x02\0\0\x3F\0", b"\x01\x01\0\0\x3F\0");
        // Sixteen pixels: as many samples, and a quarter of them, two bytes each.
        assert_eq!(jpeg_coefficients(&scans(0xC0, &[both]), (4, 4)), 0);
        assert_eq!(jpeg_coefficients(&scans(0xC0, &[one]), (4, 4)), 40);
        assert_eq!(jpeg_coefficients(&scans(0xC2, &[both]), (4, 4)), 40);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = (jpeg_exif(&bytes), jpeg_precision(&bytes), jpeg_icc(&bytes));
            let _ = jpeg_coefficients(&bytes, (u32::MAX, u32::MAX));
            prop_assert!(all_segments(&bytes).count() <= bytes.len());
        }
    }
}
