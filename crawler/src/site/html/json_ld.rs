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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::json;
    use serde_json::json;

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
        assert!(json::all(&deep).is_empty());
    }

    #[test]
    fn an_object_is_found_by_its_id_but_not_a_reference_to_it() {
        let values =
            [json!({ "@graph": [{ "author": { "@id": "#m" } }, { "@id": "#m", "name": "Mira" }] })];
        assert_eq!(by_id(&values, "#m").unwrap()["name"], "Mira");
        assert_eq!(by_id(&values, "#x"), None);
    }
}
