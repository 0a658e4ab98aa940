//! What arrived, when, and from whom: how manners are tested from the other side.

use serde::{Deserialize, Serialize};

/// One request.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Entry {
    /// Milliseconds since the sites started.
    pub at_ms: u64,
    /// Which imitated host: `peertube`, `www`, `i0`, `i1`, `api`.
    pub host: String,
    /// Method.
    pub method: String,
    /// Path and query as sent.
    pub path: String,
    /// Status that was answered; 0 while there is none, and after a reset.
    pub status: u16,
    /// The header, or nothing.
    pub user_agent: String,
    /// The header, or nothing.
    pub referer: String,
    /// Requests to this host in hand when this one arrived, itself included.
    pub in_hand: usize,
    /// Connections to this host that were open then.
    pub connections: usize,
}
