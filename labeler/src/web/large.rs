//! A cover as large as it was kept, for the loupe. The bytes of an original come from a
//! stranger: they are shown only when they begin as a JPEG, PNG or WebP does, and as nothing else.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use super::api::Failure;
use super::routes::Site;
use crate::format::unhex;

/// An hour: a crawl may yet bring the original of a cover that had none.
const FOR_NOW: &str = "private, max-age=3600";

/// `GET /large/{sha256}`: the original if it was kept, else the preview.
pub async fn get(State(site): State<Site>, Path(name): Path<String>) -> Result<Response, Failure> {
    let Ok(sha256) = unhex(&name) else {
        return Ok(StatusCode::NOT_FOUND.into_response());
    };
    let original = site.store.original_of_hash(&sha256).await?;
    let shown = original.and_then(|bytes| kind(&bytes).map(|kind| (kind, bytes)));
    let shown = match shown {
        Some(shown) => Some(shown),
        None => {
            let preview = site.store.preview_of_hash(&sha256).await?;
            preview.map(|bytes| ("image/jpeg", bytes))
        }
    };
    Ok(match shown {
        Some((kind, bytes)) => {
            ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_NOW)], bytes).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    })
}

/// By the first bytes; `None` for whatever a browser might take for more than a picture.
fn kind(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_three_kinds_of_picture_are_known() {
        for (bytes, expected) in [
            (&b"\xFF\xD8\xFF\xE0rest"[..], Some("image/jpeg")),
            (b"\x89PNG\r\n\x1a\nrest", Some("image/png")),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x10\0\0\0WAVEfmt ", None),
            (b"GIF89a", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
            (b"<html>", None),
            (b"\xFF\xD8", None),
            (b"", None),
        ] {
            assert_eq!(kind(bytes), expected, "{bytes:?}");
        }
    }
}
