//! Untrusted text from sites.

/// Longest text that is kept of a title or a name, in characters.
const LONGEST: usize = 500;

/// The text without what could deceive a reader or break a line: control characters,
/// bidirectional overrides and invisible joiners; white space is single blanks. Markup stays
/// what it is, text: whoever shows it escapes it.
pub fn clean(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|&c| !deceives(c))
        .collect();
    let words: Vec<_> = visible.split_whitespace().collect();
    words.join(" ").chars().take(LONGEST).collect()
}

/// An address for a line of a terminal: its middle is left out where it is long, since its
/// beginning tells the site and its end the page.
pub fn shortened(url: &str) -> String {
    const HEAD: usize = 60;
    const TAIL: usize = 50;
    let url = clean(url);
    let length = url.chars().count();
    if length <= HEAD + TAIL {
        return url;
    }
    let head: String = url.chars().take(HEAD).collect();
    let tail: String = url.chars().skip(length - TAIL).collect();
    format!("{head}…{tail}")
}

/// A number with its thousands apart.
pub fn thousands(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut text = String::from(if n < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Unicode's bidirectional controls, zero-width space and no-break, tags, and private marks of
/// line ends. The zero-width joiner stays: emoji and several scripts need it.
fn deceives(c: char) -> bool {
    matches!(c,
        '\u{061c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_deceives_is_taken_out_and_the_rest_stays() {
        for (raw, clear) in [
            ("我家的猫 😂", "我家的猫 😂"),
            ("a\u{202e}gpj.exe", "agpj.exe"),
            ("one\r\ntwo\0\tthree", "one two three"),
            ("\u{feff}  spaced   out ", "spaced out"),
            ("<b>\"&amp;\"</b>", "<b>\"&amp;\"</b>"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
            ("", ""),
        ] {
            assert_eq!(clean(raw), clear, "{raw:?}");
        }
        assert_eq!(clean(&"猫".repeat(2000)).chars().count(), LONGEST);
    }

    #[test]
    fn a_long_address_keeps_both_ends() {
        let short = "https://site.example/watch/1";
        assert_eq!(shortened(short), short);
        let long = format!("https://site.example/{}/watch/42", "x".repeat(300));
        let shown = shortened(&long);
        assert_eq!(shown.chars().count(), 111);
        assert!(shown.starts_with("https://site.example/xx"));
        assert!(shown.ends_with("xx/watch/42"), "{shown}");
    }

    #[test]
    fn thousands_are_set_apart() {
        for (n, want) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "-1,234,567"),
        ] {
            assert_eq!(thousands(n), want);
        }
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text: String) {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once.clone());
            prop_assert!(!once.chars().any(|c| c.is_control() || deceives(c)));
        }
    }
}
