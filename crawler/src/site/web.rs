//! Pictures anywhere, by URL.

use percent_encoding::percent_decode_str;
use url::Url;

use super::Candidate;
use crate::origin::Bases;
use crate::text::clean;

/// Between two requests to one host, milliseconds.
pub const FLOOR_MS: i64 = 1000;

/// No site in particular.
#[derive(Debug, Clone)]
pub struct Web {
    bases: Bases,
}

impl Web {
    /// Reached by these base URLs, where they are.
    pub fn new(bases: Bases) -> Self {
        Self { bases }
    }

    pub(super) fn bases(&self) -> &Bases {
        &self.bases
    }
}

/// A picture that a list names; its file name is all that is known of it.
pub fn candidate(url: &Url) -> Candidate {
    let mut url = url.clone();
    // No part of what is asked for.
    url.set_fragment(None);
    let file = url.path_segments().and_then(|mut parts| parts.next_back());
    let file = percent_decode_str(file.unwrap_or_default()).decode_utf8_lossy();
    Candidate {
        key: url.to_string(),
        url: url.to_string(),
        title: clean(&file),
        image_url: url.to_string(),
        ask: url.to_string(),
        ..Candidate::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_named_by_its_file_and_asked_for_without_a_fragment() {
        for (text, title, ask) in [
            (
                "https://a.example/b/cat.jpg",
                "cat.jpg",
                "https://a.example/b/cat.jpg",
            ),
            (
                "https://a.example/%E7%8C%AB%20one.jpg?x=%20#top",
                "猫 one.jpg",
                "https://a.example/%E7%8C%AB%20one.jpg?x=%20",
            ),
            (
                "https://a.example/100%.jpg",
                "100%.jpg",
                "https://a.example/100%.jpg",
            ),
            (
                "https://a.example/a%0Ab%E2%80%AE.jpg",
                "a b.jpg",
                "https://a.example/a%0Ab%E2%80%AE.jpg",
            ),
            ("https://a.example", "", "https://a.example/"),
        ] {
            let found = candidate(&Url::parse(text).unwrap());
            assert_eq!(
                (found.title.as_str(), found.ask.as_str()),
                (title, ask),
                "{text}"
            );
            assert_eq!((&found.key, &found.image_url), (&found.ask, &found.ask));
        }
    }
}
