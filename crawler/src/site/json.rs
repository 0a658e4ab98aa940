//! JSON as sites write it: read as it is, and where that fails, as it was meant.

use serde_json::{Error, Value};

/// The value at the beginning of a text, whatever follows; nothing in a text of blanks.
pub fn first(text: &str) -> Option<Result<Value, Error>> {
    let begin = |text: &str| serde_json::Deserializer::from_str(text).into_iter().next();
    match begin(text) {
        Some(Err(error)) => begin(&mend(text))
            .filter(Result::is_ok)
            .or(Some(Err(error))),
        read => read,
    }
}

/// The values of a text, one behind the other; as many as can be read.
pub fn all(text: &str) -> Vec<Value> {
    if let Ok(value) = serde_json::from_str(text) {
        return vec![value];
    }
    let mended = mend(text);
    let stream = serde_json::Deserializer::from_str(&mended).into_iter();
    stream.map_while(Result::ok).collect()
}

/// Writes a number whose first character was read, and gives what stands behind it; one that no
/// number of ours holds is `null`.
fn number<'a>(first: char, rest: &'a str, out: &mut String) -> &'a str {
    let part = |c: char| !c.is_ascii_digit() && !matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let (digits, after) = rest.split_at(rest.find(part).unwrap_or(rest.len()));
    let number = format!("{first}{digits}");
    match number.parse::<f64>() {
        Ok(value) if value.is_infinite() => out.push_str("null"),
        _ => out.push_str(&number),
    }
    after
}

/// JSON of what only resembles it. Comments, CDATA marks and semicolons between values go, and so
/// do commas that nothing follows; in texts control characters are escaped, unknown escapes and
/// halves of surrogate pairs mended.
fn mend(block: &str) -> String {
    let mut out = String::with_capacity(block.len());
    let mut rest = block;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = skip(rest) {
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '"' => rest = text(rest, &mut out),
            '-' | '0'..='9' => rest = number(c, rest, &mut out),
            '}' | ']' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
            }
            ';' | '\u{feff}' => {}
            c => out.push(c),
        }
    }
    out
}

/// What stands behind a comment or a mark that begins here.
fn skip(text: &str) -> Option<&str> {
    const MARKS: [&str; 4] = ["<![CDATA[", "]]>", "<!--", "-->"];
    if let Some(mark) = MARKS.iter().find(|mark| text.starts_with(**mark)) {
        return Some(&text[mark.len()..]);
    }
    if let Some(comment) = text.strip_prefix("/*") {
        // Around a CDATA mark, too.
        return Some(comment.split_once("*/").map_or("", |(_, after)| after));
    }
    let line = text.strip_prefix("//")?;
    let end = line.find(['\n', '\r']).unwrap_or(line.len());
    Some(&line[end..])
}

/// Writes a text whose opening quote was read, and gives what stands behind its closing one.
fn text<'a>(mut rest: &'a str, out: &mut String) -> &'a str {
    out.push('"');
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '"' => {
                out.push('"');
                return rest;
            }
            '\\' => rest = escape(rest, out),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    rest
}

/// Writes what an escape means whose backslash was read.
fn escape<'a>(rest: &'a str, out: &mut String) -> &'a str {
    const KNOWN: &str = "\"\\/bfnrt";
    let Some(c) = rest.chars().next() else {
        return rest;
    };
    let after = &rest[c.len_utf8()..];
    if c != 'u' {
        if KNOWN.contains(c) {
            out.push('\\');
        }
        // A line end that is escaped is one.
        out.push(if c.is_control() { ' ' } else { c });
        return after;
    }
    let Some(unit) = unit(after) else {
        out.push('u');
        return after;
    };
    let rest = &after[4..];
    let low = rest.strip_prefix("\\u").and_then(self::unit);
    match (unit, low) {
        (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
            out.push_str(&format!("\\u{unit:04x}\\u{low:04x}"));
            &rest[6..]
        }
        (0xD800..=0xDFFF, _) => {
            out.push('\u{fffd}');
            rest
        }
        _ => {
            out.push_str(&format!("\\u{unit:04x}"));
            rest
        }
    }
}

fn unit(text: &str) -> Option<u16> {
    let digits = text.get(..4)?;
    let all = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    all.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn one_odd_text_or_number_costs_itself_alone() {
        for (text, want) in [
            (
                "{\"a\":\"\\ud83d\",\"b\":1}",
                json!({ "a": "\u{fffd}", "b": 1 }),
            ),
            (
                "{\"a\":1e400,\"b\":-1E999}",
                json!({ "a": null, "b": null }),
            ),
            ("\u{feff}{\"a\":-1.5e3}", json!({ "a": -1500.0 })),
            ("{\"a\":1}; (function(){ oops", json!({ "a": 1 })),
        ] {
            let read = first(text).unwrap().unwrap();
            assert_eq!(read, want, "{text}");
        }
        assert!(first(" ").is_none());
        assert!(first("{\"a\":oops}").unwrap().is_err());
    }

    #[test]
    fn a_block_is_read_as_it_was_meant() {
        let cat = json!({ "a": "cat", "b": [1, 2] });
        for block in [
            "{\"a\":\"cat\",\"b\":[1,2]}",
            "{\"a\":\"cat\",\"b\":[1,2]};",
            "{\"a\":\"cat\",\"b\":[1,2,],}",
            "\u{feff} {\"a\":\"cat\", // a comment\n \"b\":[1,/* another */2]}",
            "<!--\n{\"a\":\"cat\",\"b\":[1,2]}\n-->",
            "//<![CDATA[\n{\"a\":\"cat\",\"b\":[1,2]}\n//]]>",
            "/*<![CDATA[*/{\"a\":\"cat\",\"b\":[1,2]}/*]]>*/",
            "<![CDATA[{\"a\":\"cat\",\"b\":[1,2]}]]>",
        ] {
            assert_eq!(all(block), std::slice::from_ref(&cat), "{block}");
        }
        let two = "{\"a\":1}\n{\"b\":2};{\"c\":";
        assert_eq!(all(two), [json!({ "a": 1 }), json!({ "b": 2 })]);
    }

    #[test]
    fn texts_are_read_with_what_may_not_stand_in_them() {
        for (block, want) in [
            ("\"a\nb\tc\u{1}\"", "a\nb\tc\u{1}"),
            ("\"it\\'s \\x\"\u{feff}", "it's x"),
            ("\"a\\\nb\"", "a b"),
            (
                "\"\\ud83d\\ude00 \\uD83D! \\ude00;\"",
                "😀 \u{fffd}! \u{fffd};",
            ),
            (
                "\"http:// /* x */ <!-- ,] \\u00\";",
                "http:// /* x */ <!-- ,] u00",
            ),
            ("\"\\u732b \\\" \\\\\";", "猫 \" \\"),
        ] {
            assert_eq!(all(block), [json!(want)], "{block}");
        }
    }

    proptest! {
        #[test]
        fn what_is_json_stays_what_it_is(text: String, number: i64) {
            let value = json!({ "a": [text, number], "b": { text.clone(): null } });
            prop_assert_eq!(all(&value.to_string()), [value.clone()]);
            prop_assert_eq!(all(&format!("{value};")), [value]);
        }

        #[test]
        fn any_text_is_read(text in "([\"\\\\{}\\[\\],:/*u<!>;a0-9\n-]|ud8|猫){0,80}") {
            let _ = all(&text);
        }
    }
}
