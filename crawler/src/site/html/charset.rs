//! What letters the bytes of a page are: a byte-order mark says it, else the answer's header,
//! else the page itself (WHATWG Encoding, and HTML 13.2.3; XML 1.0, appendix F).

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};

/// Where a page may say it, in bytes; browsers look at 1,024.
const HEAD: usize = 4096;

/// A body whose header names its charset, in UTF-8 with the mark that says so: only the answer
/// knows its header. `content_type` is in lower case. What is packed stays as it is.
pub fn as_told<'a>(content_type: &str, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let told = parameter(content_type).and_then(|label| Encoding::for_label(label.as_bytes()));
    match told {
        Some(encoding) if Encoding::for_bom(bytes).is_none() && !super::sitemap::packed(bytes) => {
            let (text, _, _) = encoding.decode(bytes);
            Cow::Owned(["\u{feff}", &text].concat().into_bytes())
        }
        _ => Cow::Borrowed(bytes),
    }
}

/// The text of a page or a map.
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if Encoding::for_bom(bytes).is_none() && said(bytes).is_none() && !is_utf_8(bytes) {
        return Cow::Owned(tabular::decode(bytes));
    }
    // It heeds a mark before what it is called with, and takes the mark away.
    said(bytes).unwrap_or(UTF_8).decode(bytes).0
}

/// A page that was cut may end within a letter.
fn is_utf_8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// What a page says of itself. One that says UTF-16 and could be read to here is not that.
fn said(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(HEAD)];
    match head {
        [b'<', 0, ..] => return Some(UTF_16LE),
        [0, b'<', ..] => return Some(UTF_16BE),
        _ => {}
    }
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let label = in_declaration(&head).or_else(|| in_meta(&head))?;
    match Encoding::for_label(label.as_bytes())? {
        encoding if encoding == UTF_16LE || encoding == UTF_16BE => Some(UTF_8),
        encoding if encoding == X_USER_DEFINED => Some(WINDOWS_1252),
        encoding => Some(encoding),
    }
}

/// `<?xml … encoding="…"?>`.
fn in_declaration(head: &str) -> Option<&str> {
    let declaration = head
        .trim_start()
        .strip_prefix("<?xml")?
        .split("?>")
        .next()?;
    value(declaration.split_once("encoding")?.1)
}

/// `<meta charset=…>` or `<meta … content="…; charset=…">`, the first that has one.
fn in_meta(head: &str) -> Option<&str> {
    head.split("<meta").skip(1).find_map(|meta| {
        let meta = meta.split('>').next()?;
        value(meta.split_once("charset")?.1)
    })
}

/// `…; charset=…` of a header.
fn parameter(content_type: &str) -> Option<&str> {
    value(content_type.split_once("charset")?.1)
}

/// The word behind an equals sign, quoted or not.
fn value(text: &str) -> Option<&str> {
    let text = text.trim_start().strip_prefix('=')?;
    let text = text.trim_start_matches([' ', '\t', '\n', '\r', '"', '\'']);
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ';' | '/' | ',');
    text.split(ends).next().filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{GBK, SHIFT_JIS, WINDOWS_1251};

    fn page(encoding: &'static Encoding, head: &str, title: &str) -> Vec<u8> {
        let text = format!("{head}<title>{title}</title>");
        let mut bytes = encoding.encode(&text).0.into_owned();
        // It has no encoder for UTF-16.
        if encoding == UTF_16LE {
            bytes = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        bytes
    }

    #[test]
    fn a_page_is_read_in_the_letters_that_it_says() {
        let meta = "<META http-equiv='Content-Type' content='text/html; charset=shift_jis'>";
        for (encoding, head, title) in [
            (GBK, "<html><meta charset = \"gb2312\" >", "睡着的猫"),
            (SHIFT_JIS, meta, "眠る猫"),
            (
                WINDOWS_1251,
                "<meta name=a><meta charset=cp1251>",
                "Спящий кот",
            ),
            (
                WINDOWS_1252,
                "<meta charset='iso-8859-1'>",
                "Kätzchen – “jung”",
            ),
            (UTF_8, "<meta charset=utf-16>", "猫"),
            (UTF_8, "", "猫 and naïve"),
            (UTF_16LE, "<?xml version='1.0' encoding='UTF-16'?>", "猫"),
            (GBK, "<?xml version='1.0' encoding='GBK'?>", "睡着的猫"),
            // Unsaid, and no UTF-8: guessed.
            (GBK, "", "我家的猫在睡觉，可爱的小猫在晒太阳"),
        ] {
            let bytes = page(encoding, head, title);
            let text = decode(&bytes);
            assert!(text.contains(&format!("<title>{title}</title>")), "{text}");
        }
    }

    #[test]
    fn a_mark_goes_before_the_header_and_the_header_before_the_page() {
        let lies = page(GBK, "<meta charset=utf-8>", "睡着的猫");
        let told = as_told("text/html; charset=\"gbk\"", &lies);
        assert!(decode(&told).contains("睡着的猫"), "{}", decode(&told));
        let marked = ["\u{feff}", "<meta charset=gbk>猫"].concat();
        let told = as_told("text/html;charset=shift_jis", marked.as_bytes());
        assert_eq!(decode(&told), "<meta charset=gbk>猫");
        for kind in [
            "text/html",
            "text/html; charset=",
            "text/html; charset=klingon",
        ] {
            assert_eq!(&*as_told(kind, &lies), &lies[..], "{kind}");
        }
        let packed = [0x1F, 0x8B, 0xFF];
        assert_eq!(&*as_told("application/xml; charset=gbk", &packed), packed);
    }

    #[test]
    fn a_page_that_is_cut_within_a_letter_is_still_utf_8() {
        let bytes = "eine längere Seite über Kätzchen und 猫".as_bytes();
        let text = decode(&bytes[..bytes.len() - 1]);
        assert!(
            text.starts_with("eine längere Seite über Kätzchen und "),
            "{text}"
        );
    }
}
