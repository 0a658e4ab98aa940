//! Pictures: two sizes before 8.1; then five, each under a name of its own, one of them a square collage.

use super::super::Thumbnails;
use super::super::mix::mix;
use super::super::server::unless_changed;
use super::super::world::Place;
use super::{Request, Response, Shared, is_remote, name};
use serde_json::{Value, json};

/// Width, height, and the ratio as it is told (`thumbnails.sizes`, 8.2). All are made of every
/// picture, scaled up if need be.
pub const SIZES: [(u32, u32, &str); 5] = [
    (280, 157, "16:9"),
    (850, 480, "16:9"),
    (1280, 720, "16:9"),
    (1920, 1080, "16:9"),
    (1400, 1400, "1:1"),
];
const SMALLEST: u64 = 0;
const PREVIEW_OF_6: u64 = 1;
/// The largest that is 16:9.
const LARGEST: u64 = 3;

/// Puts the addresses of a video's pictures into what is told of it.
pub fn tell(shared: &Shared, id: u64, video: &mut Value) {
    let form = shared.config.thumbnails;
    video["thumbnailPath"] = json!(path(shared, id, SMALLEST));
    video["previewPath"] = json!(preview(shared, id));
    if form == Thumbnails::New {
        (video["thumbnailPath"], video["previewPath"]) = (Value::Null, Value::Null);
    }
    if form != Thumbnails::Old {
        let one = |size: u64| {
            let (width, height, ratio) = SIZES[size as usize];
            json!({ "fileUrl": format!("{}{}", shared.urls.peertube, path(shared, id, size)),
                "width": width, "height": height, "aspectRatio": ratio })
        };
        // In no order: it differs from video to video.
        let first = mix(shared.config.seed, "first thumbnail", id);
        let sizes = (0..SIZES.len() as u64).map(|n| (n * 2 + first) % SIZES.len() as u64);
        video["thumbnails"] = sizes.map(one).collect();
    }
}

fn path(shared: &Shared, id: u64, size: u64) -> String {
    let seed = shared.config.seed;
    match (shared.config.thumbnails, size) {
        (Thumbnails::Old, SMALLEST) => {
            format!("/lazy-static/thumbnails/{}.jpg", name::uuid(seed, id))
        }
        (Thumbnails::Old, _) => format!("/lazy-static/previews/{}.jpg", name::uuid(seed, id)),
        _ => format!(
            "/lazy-static/thumbnails/{}.jpg",
            name::picture(seed, id, size)
        ),
    }
}

/// The largest wide picture.
pub fn preview(shared: &Shared, id: u64) -> String {
    path(shared, id, LARGEST)
}

/// The video that a picture's file is of, and which of its sizes.
fn meant(seed: u64, kind: &str, file: &str) -> Option<(u64, u64)> {
    let old = match kind {
        "thumbnails" => SMALLEST,
        _ => PREVIEW_OF_6,
    };
    let of_video = || name::id_of(seed, file).map(|id| (id, old));
    name::picture_of(seed, file).or_else(of_video)
}

/// The video whose picture this is.
pub fn video_of(seed: u64, file: &str) -> Option<u64> {
    meant(seed, "", file).map(|(id, _)| id)
}

/// Answers for a file.
pub fn answer(shared: &Shared, request: &Request, kind: &str, file: &str) -> Response {
    let meant = file
        .strip_suffix(".jpg")
        .and_then(|file| meant(shared.config.seed, kind, file));
    let video = meant.and_then(|(id, _)| shared.world.video(Place::Peertube, id));
    let (Some(video), Some((id, size))) = (video, meant) else {
        return Response::error(404);
    };
    // It is fetched from the other instance when it is first asked for, and that may be away.
    if is_remote(id) && mix(shared.config.seed, "away", id).is_multiple_of(3) {
        return Response::error(404);
    }
    let Some(&(width, height, _)) = SIZES.get(size as usize) else {
        return Response::error(404);
    };
    let picture = shared.exact_picture(request.path(), video.cover, (width, height));
    let tag = format!("W/\"{:x}-{:x}\"", picture.body.len(), video.published);
    let published = std::time::UNIX_EPOCH + std::time::Duration::from_secs(video.published);
    let picture = picture
        .with("etag", &tag)
        .with("last-modified", &httpdate::fmt_http_date(published));
    unless_changed(picture, request)
}
