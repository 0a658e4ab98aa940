//! Bytes to text.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// The text of a file, with `\n` at the end of each line.
///
/// The encoding is what a byte-order mark says; else UTF-16 when every other byte of the
/// beginning is zero (PowerShell writes it without a mark); else UTF-8 when the file is that;
/// else what Firefox would guess (`chardetng`), such as GBK. Line ends may be LF, CR LF, or
/// the CR of old Macs. No input is an error: what no encoding explains becomes U+FFFD.
pub fn decode(bytes: &[u8]) -> String {
    // `decode` heeds a byte-order mark before the encoding that it is called with.
    let (text, _, _) = encoding(bytes).decode(bytes);
    match text.contains('\r') {
        true => text.replace("\r\n", "\n").replace('\r', "\n"),
        false => text.into_owned(),
    }
}

fn encoding(bytes: &[u8]) -> &'static Encoding {
    if let Some(wide) = utf_16(bytes) {
        return wide;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    detector.guess(None, chardetng::Utf8Detection::Allow)
}

/// Plain text in UTF-16 without a mark: the zero halves of its first letters, blanks and
/// line ends are all on one side.
fn utf_16(bytes: &[u8]) -> Option<&'static Encoding> {
    const LOOKED_AT: usize = 64;
    let head = &bytes[..bytes.len().min(LOOKED_AT)];
    let (pairs, _) = head.as_chunks::<2>();
    let zeros = |half: usize| pairs.iter().filter(|pair| pair[half] == 0).count();
    let (high_first, low_first) = (zeros(0), zeros(1));
    // Half of the letters may be Chinese, whose halves are both filled.
    let most = |ones: usize, others: usize| others == 0 && ones > 0 && 2 * ones >= pairs.len();
    if most(low_first, high_first) {
        return Some(UTF_16LE);
    }
    most(high_first, low_first).then_some(UTF_16BE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf_16_of(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn every_encoding_that_programs_write_is_read() {
        let text = "file\n猫.jpg\n";
        let (gbk, _, _) = encoding_rs::GBK.encode("file,label\n我家的猫在睡觉.jpg,可爱的小猫\n");
        assert_eq!(decode(&gbk), "file,label\n我家的猫在睡觉.jpg,可爱的小猫\n");
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            utf_16_of(text, u16::to_le_bytes),
            utf_16_of(text, u16::to_be_bytes),
            utf_16_of(&format!("\u{feff}{text}"), u16::to_le_bytes),
            utf_16_of(&format!("\u{feff}{text}"), u16::to_be_bytes),
        ] {
            assert_eq!(decode(&bytes), text, "{bytes:?}");
        }
    }

    #[test]
    fn every_line_end_is_one() {
        assert_eq!(decode(b"a\r\nb\rc\nd"), "a\nb\nc\nd");
    }

    #[test]
    fn no_bytes_are_an_error() {
        assert_eq!(decode(b""), "");
        assert_eq!(decode(b"\0"), "\0");
        assert!(decode(b"a\xffb").starts_with('a'));
    }
}
