//! Pictures anywhere, by URL.

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
    let file = url.path_segments().and_then(|mut parts| parts.next_back());
    Candidate {
        key: url.to_string(),
        url: url.to_string(),
        title: clean(file.unwrap_or_default()),
        image_url: url.to_string(),
        ask: url.to_string(),
        ..Candidate::default()
    }
}
