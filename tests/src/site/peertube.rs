//! A PeerTube instance: REST API, thumbnails, watch pages.

use super::Thumbnails;
use super::http::{Request, Response};
use super::mix::{mix, seal, unseal};
use super::server::{Shared, now};
use super::world::{Place, REMOTE, TOPICAL, Video};
use serde_json::{Value, json};

const REMOTE_HOST: &str = "https://videos.example.net";
/// How large PeerTube makes its two thumbnails.
const SMALL: (u32, u32) = (280, 157);
const LARGE: (u32, u32) = (850, 480);
/// One video of another instance for so many of its own in an unfiltered list.
const REMOTE_EVERY: u64 = 6;

/// Answers any GET.
pub fn answer(shared: &Shared, request: &Request) -> Response {
    route(shared, request).with("x-powered-by", "PeerTube")
}

fn route(shared: &Shared, request: &Request) -> Response {
    let path = request.path();
    if path.starts_with("/api/") {
        return limited(shared, request);
    }
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    match parts[..] {
        ["robots.txt"] => Response::text("User-agent: *\nDisallow:\n"),
        [".well-known", "nodeinfo"] => Response::json(&json!({ "links": [{
            "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
            "href": format!("{}/nodeinfo/2.0.json", shared.urls.peertube) }] })),
        ["nodeinfo", "2.0.json"] => nodeinfo(shared),
        [
            "lazy-static" | "static",
            kind @ ("previews" | "thumbnails"),
            file,
        ] => thumbnail(shared, path, kind, file),
        ["w", name] | ["videos", "watch", name] => watch(shared, name),
        _ => Response::error(404),
    }
}

fn limited(shared: &Shared, request: &Request) -> Response {
    let standing = shared.standing();
    let response = if standing.over {
        problem(429, "Too many requests, please try again later.")
            .with("retry-after", &standing.reset.to_string())
    } else {
        api(shared, request)
    };
    response
        .with("x-ratelimit-limit", &standing.limit.to_string())
        .with("x-ratelimit-remaining", &standing.remaining.to_string())
        .with("x-ratelimit-reset", &(now() + standing.reset).to_string())
}

fn api(shared: &Shared, request: &Request) -> Response {
    match request.path().strip_prefix("/api/v1/") {
        Some("config") => Response::json(&json!({
            "instance": { "name": "Imitation", "shortDescription": "Nothing here is real" },
            "serverVersion": if shared.config.thumbnails == Thumbnails::Old { "7.3.0" } else { "8.1.0" },
        })),
        Some("videos") => list(shared, request),
        Some("search/videos") => search(shared, request),
        Some(rest) => match rest
            .strip_prefix("videos/")
            .and_then(|name| find(shared, name))
        {
            Some(video) => Response::json(&detail(shared, &video)),
            None => problem(404, "Video not found"),
        },
        None => problem(404, "Not found"),
    }
}

/// RFC 7807.
fn problem(status: u16, detail: &str) -> Response {
    let body =
        json!({ "type": "about:blank", "status": status, "error": detail, "detail": detail });
    Response::new("application/problem+json; charset=utf-8", body.to_string()).with_status(status)
}

/// `start` and `count`, or what is wrong with them.
fn paging(request: &Request) -> Result<(u64, u64), Response> {
    let number = |name: &str, default: u64| match request.query(name) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|_| problem(400, &format!("Incorrect request parameters: {name}"))),
    };
    let (start, count) = (number("start", 0)?, number("count", 15)?);
    if !(1..=100).contains(&count) {
        return Err(problem(400, "Incorrect request parameters: count"));
    }
    Ok((start, count))
}

fn list(shared: &Shared, request: &Request) -> Response {
    let (start, count) = match paging(request) {
        Ok(paging) => paging,
        Err(wrong) => return wrong,
    };
    let listed = shared.config.videos;
    let local = request.query("isLocal").as_deref() == Some("true");
    let total = if local {
        listed
    } else {
        listed + listed / (REMOTE_EVERY - 1)
    };
    let sort = request
        .query("sort")
        .unwrap_or_else(|| "-publishedAt".into());
    let ids = (start..total.min(start.saturating_add(count))).map(|position| {
        if local {
            return ordered(shared, &sort, position);
        }
        match (position / REMOTE_EVERY, position % REMOTE_EVERY) {
            (row, 0) if row > 0 => REMOTE + row,
            (row, _) => ordered(shared, &sort, (position - row).min(listed - 1)),
        }
    });
    page(shared, total, ids)
}

/// Which video is at `position` of the local list.
fn ordered(shared: &Shared, sort: &str, position: u64) -> u64 {
    let listed = shared.config.videos;
    match sort {
        "publishedAt" | "createdAt" => position,
        "-publishedAt" | "-createdAt" => listed - 1 - position,
        // Any other order is a shuffle: a step that shares no divisor with the length.
        other => {
            let mut step = 1 + mix(shared.config.seed, other, 0) % listed;
            while gcd(step, listed) > 1 {
                step += 1;
            }
            (position * step + 7) % listed
        }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn search(shared: &Shared, request: &Request) -> Response {
    let (start, count) = match paging(request) {
        Ok(paging) => paging,
        Err(wrong) => return wrong,
    };
    let Some(text) = request.query("search").filter(|text| !text.is_empty()) else {
        return problem(400, "Incorrect request parameters: search");
    };
    if text.contains("://") {
        // A real instance might import what the address names.
        return problem(400, "This instance does not follow addresses");
    }
    let text = text.to_lowercase();
    let topical = ["cat", "kitt", "猫", "喵"]
        .iter()
        .any(|word| text.contains(word));
    let total = if topical {
        shared.config.topical
    } else {
        shared.config.videos.min(500)
    };
    let ids = (start..total.min(start.saturating_add(count))).map(|n| match topical {
        true => shared.world.topical(n),
        false => mix(shared.config.seed, &text, n) % shared.config.videos,
    });
    page(shared, total, ids)
}

fn page(shared: &Shared, total: u64, ids: impl Iterator<Item = u64>) -> Response {
    let videos = ids.filter_map(|id| shared.world.video(Place::Peertube, id));
    let data: Vec<_> = videos.map(|video| summary(shared, &video)).collect();
    Response::json(&json!({ "total": total, "data": data }))
}

fn summary(shared: &Shared, video: &Video) -> Value {
    let uuid = uuid(shared.config.seed, video.id);
    let short = short(&uuid);
    let remote = is_remote(video.id);
    let (base, host) = match remote {
        true => (REMOTE_HOST, &REMOTE_HOST["https://".len()..]),
        false => (
            shared.urls.peertube.as_str(),
            &shared.urls.peertube["http://".len()..],
        ),
    };
    let account = json!({ "id": video.owner.0, "name": format!("u{}", video.owner.0),
        "displayName": video.owner.1, "host": host,
        "url": format!("{base}/accounts/u{}", video.owner.0) });
    let mut summary = json!({
        "id": video.id, "uuid": uuid, "shortUUID": short,
        "url": format!("{base}/videos/watch/{uuid}"),
        "name": video.title, "truncatedDescription": null, "duration": video.duration,
        "views": video.id % 977, "likes": video.id % 31, "dislikes": 0, "nsfw": false,
        "isLive": false, "isLocal": !remote, "aspectRatio": 1.7778,
        "category": { "id": 15, "label": "Other" }, "licence": { "id": null, "label": "Unknown" },
        "language": { "id": null, "label": "Unknown" }, "privacy": { "id": 1, "label": "Public" },
        "publishedAt": date(video.published), "createdAt": date(video.published),
        "updatedAt": date(video.published), "originallyPublishedAt": null,
        "embedPath": format!("/videos/embed/{short}"),
        "account": account.clone(), "channel": account,
    });
    thumbnails(shared, &uuid, &mut summary);
    summary
}

fn thumbnails(shared: &Shared, uuid: &str, video: &mut Value) {
    let form = shared.config.thumbnails;
    let path = |kind: &str| match form {
        Thumbnails::New => Value::Null,
        _ => json!(format!("/lazy-static/{kind}/{uuid}.jpg")),
    };
    video["previewPath"] = path("previews");
    video["thumbnailPath"] = path("thumbnails");
    if form != Thumbnails::Old {
        let one = |kind: &str, (width, height): (u32, u32)| {
            json!({ "fileUrl": format!("{}/lazy-static/{kind}/{uuid}.jpg", shared.urls.peertube),
                "width": width, "height": height, "aspectRatio": 1.7778 })
        };
        video["thumbnails"] = json!([one("thumbnails", SMALL), one("previews", LARGE)]);
    }
}

fn detail(shared: &Shared, video: &Video) -> Value {
    let mut detail = summary(shared, video);
    detail["description"] = json!(format!("{}\n\nImitated.", video.title));
    detail["tags"] = json!(video.tags);
    detail["support"] = Value::Null;
    detail
}

fn thumbnail(shared: &Shared, path: &str, kind: &str, file: &str) -> Response {
    let name = file.strip_suffix(".jpg");
    let id = name.and_then(|name| id_of(shared.config.seed, name));
    let Some(video) = id.and_then(|id| shared.world.video(Place::Peertube, id)) else {
        return Response::error(404);
    };
    let size = (kind == "thumbnails").then_some(SMALL);
    shared.picture(path, video.cover, size)
}

fn watch(shared: &Shared, name: &str) -> Response {
    let Some(video) = find(shared, name) else {
        return Response::error(404);
    };
    let uuid = uuid(shared.config.seed, video.id);
    let short = short(&uuid);
    let url = format!("{}/w/{short}", shared.urls.peertube);
    if name != short {
        return Response::redirect(302, &format!("/w/{short}"));
    }
    let title = escaped(&video.title);
    let image = format!("{}/lazy-static/previews/{uuid}.jpg", shared.urls.peertube);
    let facts = json!({ "@context": "http://schema.org", "@type": "VideoObject", "name": video.title,
        "thumbnailUrl": image, "uploadDate": date(video.published),
        "duration": format!("PT{}S", video.duration), "author": { "@type": "Person", "name": video.owner.1 } });
    let facts = facts.to_string().replace('<', "\\u003c");
    Response::html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - Imitation</title>\
         <link rel=\"canonical\" href=\"{url}\"><meta property=\"og:platform\" content=\"PeerTube\">\
         <meta property=\"og:type\" content=\"video\"><meta property=\"og:title\" content=\"{title}\">\
         <meta property=\"og:image\" content=\"{image}\"><meta property=\"og:image:width\" content=\"850\">\
         <meta property=\"og:image:height\" content=\"480\"><meta property=\"og:url\" content=\"{url}\">\
         <meta name=\"twitter:image\" content=\"{image}\">\
         <script type=\"application/ld+json\">{facts}</script></head><body><my-app></my-app></body></html>"
    ))
}

fn nodeinfo(shared: &Shared) -> Response {
    Response::json(&json!({
        "version": "2.0", "software": { "name": "peertube", "version": "7.3.0" },
        "protocols": ["activitypub"], "services": { "inbound": [], "outbound": ["atom1.0", "rss2.0"] },
        "openRegistrations": false, "usage": { "users": { "total": 2400 }, "localPosts": shared.config.videos },
        "metadata": { "nodeName": "Imitation" },
    }))
}

/// What follows from other instances is remote, and one search hit in five.
fn is_remote(id: u64) -> bool {
    (REMOTE..TOPICAL).contains(&id) || id >= TOPICAL && mix(0, "remote", id).is_multiple_of(5)
}

/// A video by number, UUID or short UUID.
fn find(shared: &Shared, name: &str) -> Option<Video> {
    let number = name.parse().ok();
    let id = number.or_else(|| id_of_page(shared.config.seed, name))?;
    shared.world.video(Place::Peertube, id)
}

/// The UUID (version 4 by its looks) in which a video's number is sealed.
fn uuid(seed: u64, id: u64) -> String {
    let hex = seal(seed, id, 30);
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..15],
        &hex[15..18],
        &hex[18..]
    )
}

/// The number in a UUID that [`uuid`] made.
pub fn id_of(seed: u64, uuid: &str) -> Option<u64> {
    let hex: String = uuid.chars().filter(|&c| c != '-').collect();
    if hex.len() != 32 || !hex.is_ascii() {
        return None;
    }
    unseal(
        seed,
        &format!("{}{}{}", &hex[..12], &hex[13..16], &hex[17..]),
    )
}

/// The video that a watch page's address ends with: its UUID, long or short.
pub fn id_of_page(seed: u64, name: &str) -> Option<u64> {
    id_of(seed, name).or_else(|| id_of(seed, &long(name)?))
}

/// Flickr's base 58, in which PeerTube shortens UUIDs.
const BASE58: &[u8; 58] = b"123456789abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
const SHORT_LENGTH: usize = 22;

fn short(uuid: &str) -> String {
    let mut rest =
        u128::from_str_radix(&uuid.replace('-', ""), 16).expect("a UUID is 32 hexadecimal digits");
    let mut short = vec![b'1'; SHORT_LENGTH];
    for letter in short.iter_mut().rev() {
        *letter = BASE58[(rest % 58) as usize];
        rest /= 58;
    }
    short.into_iter().map(char::from).collect()
}

fn long(short: &str) -> Option<String> {
    if short.len() != SHORT_LENGTH {
        return None;
    }
    let value = short.bytes().try_fold(0u128, |value, letter| {
        let digit = BASE58.iter().position(|&b| b == letter)?;
        value.checked_mul(58)?.checked_add(digit as u128)
    })?;
    Some(format!("{value:032x}"))
}

/// ISO 8601 in UTC, by Hinnant's `civil_from_days`.
pub fn date(unix: u64) -> String {
    let (days, second) = (unix / 86_400 + 719_468, unix % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.000Z")
}

/// Text inside HTML, attributes included.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_name_of_a_video_leads_back_to_its_number(seed: u64, id in 0..1u64 << 42) {
            let uuid = uuid(seed, id);
            prop_assert_eq!(id_of(seed, &uuid), Some(id));
            let short = short(&uuid);
            prop_assert_eq!(short.len(), 22);
            prop_assert_eq!(long(&short).and_then(|long| id_of(seed, &long)), Some(id));
        }
    }

    #[test]
    fn dates_are_iso_8601() {
        for (unix, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400, "2000-02-29T00:00:00.000Z"),
            (1_766_000_000, "2025-12-17T19:33:20.000Z"),
        ] {
            assert_eq!(date(unix), text);
        }
    }
}
