//! JSON-LD as pages have it: JSON, or what was meant to be.
//!
//! Template engines put raw line ends into texts, wrap blocks in comments and CDATA, leave commas
//! before brackets and semicolons behind; a strict reader loses the cover for a stray byte.

use serde_json::Value;

/// Depth of what is searched.
const DEEPEST: u32 = 16;
/// Where a page's own video is nested; a list of other videos is not searched.
const PLACES: [&str; 7] = [
    "@graph",
    "video",
    "subjectOf",
    "mainEntity",
    "mainEntityOfPage",
    "associatedMedia",
    "hasPart",
];

/// The values of a block, one behind the other; as many as can be read.
pub fn values(block: &str) -> Vec<Value> {
    if let Ok(value) = serde_json::from_str(block) {
        return vec![value];
    }
    let mended = mend(block);
    let stream = serde_json::Deserializer::from_str(&mended).into_iter();
    stream.map_while(Result::ok).collect()
}

/// The first description of a video.
pub fn video(value: &Value) -> Option<&Value> {
    video_within(value, DEEPEST)
}

fn video_within(value: &Value, depth: u32) -> Option<&Value> {
    let depth = depth.checked_sub(1)?;
    if let Some(list) = value.as_array() {
        return list.iter().find_map(|value| video_within(value, depth));
    }
    let is_video = |kind: &Value| kind.as_str().is_some_and(|k| k.contains("VideoObject"));
    let kind = &value["@type"];
    let kinds = kind.as_array();
    if is_video(kind) || kinds.is_some_and(|kinds| kinds.iter().any(is_video)) {
        return Some(value);
    }
    PLACES
        .iter()
        .find_map(|name| video_within(value.get(name)?, depth))
}

/// The object with this `@id`, of all that the values hold in graphs and lists.
pub fn by_id<'a>(values: &'a [Value], id: &str) -> Option<&'a Value> {
    fn search<'a>(value: &'a Value, id: &str, depth: u32) -> Option<&'a Value> {
        let depth = depth.checked_sub(1)?;
        match value {
            Value::Array(list) => list.iter().find_map(|value| search(value, id, depth)),
            // A reference is an object with nothing but the id.
            Value::Object(map) if map.len() > 1 && value["@id"] == *id => Some(value),
            Value::Object(map) => map.values().find_map(|value| search(value, id, depth)),
            _ => None,
        }
    }
    values.iter().find_map(|value| search(value, id, DEEPEST))
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
            assert_eq!(values(block), std::slice::from_ref(&cat), "{block}");
        }
        let two = "{\"a\":1}\n{\"b\":2};{\"c\":";
        assert_eq!(values(two), [json!({ "a": 1 }), json!({ "b": 2 })]);
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
            assert_eq!(values(block), [json!(want)], "{block}");
        }
    }

    #[test]
    fn a_video_is_found_where_a_page_nests_its_own() {
        let video = json!({ "@type": "VideoObject", "name": "x" });
        for (value, found) in [
            (video.clone(), true),
            (json!([{ "@type": "Page" }, video]), true),
            (json!({ "@graph": [{ "mainEntity": video }] }), true),
            (json!({ "associatedMedia": [video] }), true),
            (json!({ "@type": "https://schema.org/VideoObject" }), true),
            (json!({ "@type": ["Thing", "VideoObject"] }), true),
            (
                json!({ "@type": "ItemList", "itemListElement": [video] }),
                false,
            ),
            (json!("VideoObject"), false),
        ] {
            assert_eq!(super::video(&value).is_some(), found, "{value}");
        }
        let deep = (0..100_000).fold(String::new(), |all, _| all + "[");
        assert!(values(&deep).is_empty());
    }

    #[test]
    fn an_object_is_found_by_its_id_but_not_a_reference_to_it() {
        let values =
            [json!({ "@graph": [{ "author": { "@id": "#m" } }, { "@id": "#m", "name": "Mira" }] })];
        assert_eq!(by_id(&values, "#m").unwrap()["name"], "Mira");
        assert_eq!(by_id(&values, "#x"), None);
    }

    proptest! {
        #[test]
        fn what_is_json_stays_what_it_is(text: String, number: i64) {
            let value = json!({ "a": [text, number], "b": { text.clone(): null } });
            prop_assert_eq!(values(&value.to_string()), [value.clone()]);
            prop_assert_eq!(values(&format!("{value};")), [value]);
        }

        #[test]
        fn any_text_is_read(text in "([\"\\\\{}\\[\\],:/*u<!>;a0-9\n-]|ud8|猫){0,80}") {
            let _ = values(&text);
        }
    }
}
