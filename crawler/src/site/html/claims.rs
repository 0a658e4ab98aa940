//! Which pages call themselves by which address. A careless site names one canonical address on
//! all of its pages: believed, its videos would be one, and most of their covers never fetched.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Addresses that are remembered; a day has 10,000 requests.
const MOST: usize = 100_000;

/// Each address that was claimed, and the cover of the first page that did.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims(Arc<Mutex<HashMap<String, String>>>);

impl Claims {
    /// Whether a page with this cover is the one at `canonical`: the first that says so is, and
    /// whatever shows the same cover.
    pub fn believe(&self, canonical: &str, cover: &str) -> bool {
        let mut claims = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = claims.get(canonical) {
            return first == cover;
        }
        let room = claims.len() < MOST;
        if room {
            claims.insert(canonical.to_owned(), cover.to_owned());
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_believed_once_and_of_the_same_video_again() {
        let claims = Claims::default();
        for (canonical, cover, believed) in [
            ("/watch/1", "/1.jpg", true),
            ("/watch/2", "/2.jpg", true),
            ("/watch/1", "/1.jpg", true),
            ("/watch/1", "/3.jpg", false),
            ("/watch/1", "/1.jpg", true),
        ] {
            assert_eq!(
                claims.clone().believe(canonical, cover),
                believed,
                "{cover}"
            );
        }
    }
}
