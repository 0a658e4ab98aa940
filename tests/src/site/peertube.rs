//! A PeerTube instance as 8.2.1 answers, or, with [`Thumbnails::Old`], with the pictures of 6.3:
//! REST API, thumbnails, watch pages.
//!
//! - `list`: lists and search
//! - `thumbnail`: pictures
//! - `name`: names of both

mod list;
pub mod name;
mod thumbnail;

use super::Thumbnails;
use super::http::{Request, Response};
use super::limit::Standing;
use super::server::{Shared, now};
use super::world::{Place, REMOTE, TOPICAL, Video};
use serde_json::{Value, json};

pub use name::{id_of_page, short, uuid};
pub use thumbnail::video_of;

const REMOTE_HOST: &str = "https://videos.example.net";

/// Answers any GET.
pub fn answer(shared: &Shared, request: &Request) -> Response {
    route(shared, request).with("x-powered-by", "PeerTube")
}

fn route(shared: &Shared, request: &Request) -> Response {
    let path = request.path();
    let parts: Vec<_> = path.trim_start_matches('/').split('/').collect();
    match parts[..] {
        ["api", ..] => limited(shared.standing(), || api(shared, request)),
        // It counts against the limit of the API, and can itself be over it.
        ["robots.txt"] => limited(shared.standing(), || {
            Response::text("User-agent: *\nDisallow:\n").with("cache-control", "max-age=7200")
        }),
        ["nodeinfo", "2.0.json"] => limited(shared.standing(), || nodeinfo(shared)),
        [".well-known", "nodeinfo"] => Response::json(&json!({ "links": [{
            "rel": "http://nodeinfo.diaspora.software/ns/schema/2.0",
            "href": format!("{}/nodeinfo/2.0.json", shared.urls.peertube) }] })),
        // No limit, and no headers that tell of one.
        [
            "lazy-static" | "static",
            kind @ ("previews" | "thumbnails"),
            file,
        ] => thumbnail::answer(shared, request, kind, file),
        ["w", name] | ["videos", "watch", name] => {
            limited(shared.standing_of_pages(), || watch(shared, name))
        }
        _ => Response::error(404),
    }
}

fn limited(standing: Standing, answer: impl FnOnce() -> Response) -> Response {
    let response = match standing.over {
        true => Response::html("Too many requests, please try again later.")
            .with_status(429)
            .with("retry-after", &standing.reset.to_string()),
        false => answer(),
    };
    response
        .with("x-ratelimit-limit", &standing.limit.to_string())
        .with("x-ratelimit-remaining", &standing.remaining.to_string())
        .with("x-ratelimit-reset", &(now() + standing.reset).to_string())
}

fn version(shared: &Shared) -> &'static str {
    match shared.config.thumbnails {
        Thumbnails::Old => "6.3.0",
        _ => "8.2.1",
    }
}

fn api(shared: &Shared, request: &Request) -> Response {
    match request.path().strip_prefix("/api/v1/") {
        Some("config") => Response::json(&json!({
            "instance": { "name": "Imitation", "shortDescription": "Nothing here is real",
                "defaultNSFWPolicy": "do_not_list" },
            "serverVersion": version(shared),
        })),
        Some("videos") => list::list(shared, request),
        Some("search/videos") => list::search(shared, request),
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

/// RFC 7807, as PeerTube fills it in.
fn problem(status: u16, detail: &str) -> Response {
    let body = json!({ "type": "about:blank", "title": "Problem", "status": status, "detail": detail,
        "docs": "https://docs.joinpeertube.org/api-rest-reference.html" });
    Response::new("application/problem+json; charset=utf-8", body.to_string()).with_status(status)
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
        "displayName": video.owner.1, "host": host, "avatars": [],
        "url": format!("{base}/accounts/u{}", video.owner.0) });
    let live = shared.world.is_live(video.id);
    let mut summary = json!({
        "id": video.id, "uuid": uuid, "shortUUID": short,
        "url": format!("{base}/videos/watch/{uuid}"),
        "name": video.title, "truncatedDescription": null, "description": null,
        "duration": if live { 0 } else { video.duration },
        "views": video.id % 977, "viewers": 0, "downloads": 0, "comments": 0,
        "likes": video.id % 31, "dislikes": 0,
        "nsfw": shared.world.is_adult(video.id), "nsfwFlags": 0, "nsfwSummary": null,
        "isLive": live, "isLocal": !remote, "aspectRatio": 1.7778,
        "category": { "id": 15, "label": "Other" }, "licence": { "id": null, "label": "Unknown" },
        "language": { "id": null, "label": "Unknown" }, "privacy": { "id": 1, "label": "Public" },
        "publishedAt": date(video.published), "createdAt": date(video.published),
        "updatedAt": date(video.published), "originallyPublishedAt": null,
        "embedPath": format!("/videos/embed/{short}"),
        "account": account.clone(), "channel": account,
    });
    thumbnail::tell(shared, video.id, &mut summary);
    summary
}

/// What only one video's own page tells: its tags.
fn detail(shared: &Shared, video: &Video) -> Value {
    let mut detail = summary(shared, video);
    detail["description"] = json!(format!("{}\n\nImitated.", video.title));
    detail["tags"] = json!(video.tags);
    detail["support"] = Value::Null;
    detail["state"] = json!({ "id": 1, "label": "Published" });
    detail
}

fn watch(shared: &Shared, name: &str) -> Response {
    let Some(video) = find(shared, name) else {
        return Response::error(404);
    };
    let uuid = uuid(shared.config.seed, video.id);
    let short = short(&uuid);
    let url = format!("{}/w/{short}", shared.urls.peertube);
    let title = escaped(&video.title);
    let image = format!(
        "{}{}",
        shared.urls.peertube,
        thumbnail::preview(shared, video.id)
    );
    let facts = json!({ "@context": "http://schema.org", "@type": "VideoObject", "name": video.title,
        "thumbnailUrl": image, "uploadDate": date(video.published),
        "duration": format!("PT{}S", video.duration), "author": { "@type": "Organization", "name": video.owner.1 } });
    let facts = facts.to_string().replace('<', "\\u003c");
    Response::html(format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title} - Imitation</title>\
         <link rel=\"canonical\" href=\"{url}\"><meta property=\"og:platform\" content=\"PeerTube\">\
         <meta property=\"og:type\" content=\"video\"><meta property=\"og:title\" content=\"{title}\">\
         <meta property=\"og:image\" content=\"{image}\"><meta property=\"og:image:width\" content=\"1920\">\
         <meta property=\"og:image:height\" content=\"1080\"><meta property=\"og:url\" content=\"{url}\">\
         <meta name=\"twitter:image\" content=\"{image}\">\
         <script type=\"application/ld+json\">{facts}</script></head><body><my-app></my-app></body></html>"
    ))
}

fn nodeinfo(shared: &Shared) -> Response {
    Response::json(&json!({
        "version": "2.0", "software": { "name": "peertube", "version": version(shared) },
        "protocols": ["activitypub"], "services": { "inbound": [], "outbound": ["atom1.0", "rss2.0"] },
        "openRegistrations": false, "usage": { "users": { "total": 2400 }, "localPosts": shared.config.videos },
        "metadata": { "nodeName": "Imitation" },
    }))
}

/// What follows from other instances.
fn is_remote(id: u64) -> bool {
    (REMOTE..TOPICAL).contains(&id)
}

/// A video by number, UUID or short UUID.
fn find(shared: &Shared, name: &str) -> Option<Video> {
    let number = name.parse().ok();
    let id = number.or_else(|| id_of_page(shared.config.seed, name))?;
    shared.world.video(Place::Peertube, id)
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
