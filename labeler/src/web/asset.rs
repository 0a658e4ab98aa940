//! Script, style and icon, embedded in the program. Their folder's name changes with their
//! contents, so a browser may keep them for ever and never mixes two versions.

use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

/// For what never changes under its name.
pub const FOR_EVER: &str = "public, max-age=31536000, immutable";

macro_rules! files {
    ($($name:literal: $type:literal),+ $(,)?) => {
        &[$(($name, $type, include_bytes!(concat!("../../web/", $name)))),+]
    };
}

const FILES: &[(&str, &str, &[u8])] = files! {
    "alike.js": "text/javascript; charset=utf-8",
    "app.js": "text/javascript; charset=utf-8",
    "attention.js": "text/javascript; charset=utf-8",
    "boot.js": "text/javascript; charset=utf-8",
    "counts.js": "text/javascript; charset=utf-8",
    "desk.js": "text/javascript; charset=utf-8",
    "empty.js": "text/javascript; charset=utf-8",
    "found.js": "text/javascript; charset=utf-8",
    "grid.js": "text/javascript; charset=utf-8",
    "help.js": "text/javascript; charset=utf-8",
    "inbox.js": "text/javascript; charset=utf-8",
    "keys.js": "text/javascript; charset=utf-8",
    "locks.js": "text/javascript; charset=utf-8",
    "loupe.js": "text/javascript; charset=utf-8",
    "marking.js": "text/javascript; charset=utf-8",
    "marks.js": "text/javascript; charset=utf-8",
    "memory.js": "text/javascript; charset=utf-8",
    "news.js": "text/javascript; charset=utf-8",
    "outbox.js": "text/javascript; charset=utf-8",
    "planted.js": "text/javascript; charset=utf-8",
    "press.js": "text/javascript; charset=utf-8",
    "progress.js": "text/javascript; charset=utf-8",
    "server.js": "text/javascript; charset=utf-8",
    "sheet.js": "text/javascript; charset=utf-8",
    "stale.js": "text/javascript; charset=utf-8",
    "slice.js": "text/javascript; charset=utf-8",
    "times.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
};

static VERSION: LazyLock<String> = LazyLock::new(|| {
    // FNV-1a, 64 bits: it need not be hard to forge, only to differ.
    let bytes = FILES.iter().flat_map(|(_, _, bytes)| bytes.iter());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
});

/// Names all files as they are.
pub fn version() -> &'static str {
    &VERSION
}

/// Where a file is asked for.
pub fn path(name: &str) -> String {
    format!("/web/{}/{name}", *VERSION)
}

/// `GET /web/{version}/{name}`.
pub async fn get(Path((version, name)): Path<(String, String)>) -> Response {
    let found = FILES.iter().find(|(file, _, _)| *file == name);
    match found {
        Some((_, kind, bytes)) if version == *VERSION => {
            ([(CONTENT_TYPE, *kind), (CACHE_CONTROL, FOR_EVER)], *bytes).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}
