//! Lists and search: order, filters, pages.

use std::cmp::Reverse;
use std::sync::Arc;

use super::super::mix::mix;
use super::super::world::{Place, REMOTE, Video};
use super::{Request, Response, Shared, problem, summary};
use serde_json::{Value, json};

/// One video of another instance for so many of its own in a list, and in a search.
const REMOTE_EVERY: u64 = 6;
const REMOTE_HITS: u64 = 8;
/// Remote search hits begin here, beside those that are listed.
const REMOTE_HIT: u64 = REMOTE + (1 << 30);
/// As a real instance has it.
const SORTS: [&str; 13] = [
    "name",
    "duration",
    "createdAt",
    "publishedAt",
    "originallyPublishedAt",
    "views",
    "likes",
    "comments",
    "trending",
    "hot",
    "best",
    "localVideoFilesSize",
    "match",
];

fn wrong(name: &str) -> Response {
    problem(400, &format!("Incorrect request parameters: {name}"))
}

/// `start` and `count`, or what is wrong with them.
fn paging(request: &Request) -> Result<(usize, usize), Response> {
    let number = |name: &str, default: usize| match request.query(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| wrong(name)),
    };
    let (start, count) = (number("start", 0)?, number("count", 15)?);
    // No videos at all is a question, too: how many there are.
    if count > 100 {
        return Err(wrong("count"));
    }
    Ok((start, count))
}

/// `isLocal`, `isLive`, `nsfw`: whether a video is listed.
fn filter(shared: &Shared, request: &Request) -> Result<impl Fn(u64) -> bool, Response> {
    let choice = |name: &str| match request.query(name).as_deref() {
        None | Some("both") => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(_) => Err(wrong(name)),
    };
    let (local, live) = (choice("isLocal")?, choice("isLive")?);
    // The default policy, `do_not_list`, hides what is not safe for work.
    let nsfw = match request.query("nsfw") {
        None => Some(false),
        Some(_) => choice("nsfw")?,
    };
    let world = shared.world.clone();
    Ok(move |id| {
        local.is_none_or(|wanted| wanted != super::is_remote(id))
            && live.is_none_or(|wanted| wanted == world.is_live(id))
            && nsfw.is_none_or(|wanted| wanted == world.is_adult(id))
    })
}

/// `/api/v1/videos`.
pub fn list(shared: &Shared, request: &Request) -> Response {
    let sort = request
        .query("sort")
        .unwrap_or_else(|| "-publishedAt".into());
    match (
        paging(request),
        filter(shared, request),
        order(shared, &sort),
    ) {
        (Ok(paging), Ok(wanted), Some(order)) => {
            let ids = order.iter().copied().filter(|id| wanted(*id));
            page(shared, request, ids.collect(), paging)
        }
        (Err(wrong), ..) | (_, Err(wrong), _) => wrong,
        (_, _, None) => wrong("sort"),
    }
}

/// All that could be listed, in this order; those that are equal stand in order of upload.
fn order(shared: &Shared, sort: &str) -> Option<Arc<Vec<u64>>> {
    let (down, column) = match sort.strip_prefix('-') {
        Some(column) => (true, column),
        None => (false, sort),
    };
    if !SORTS.contains(&column) {
        return None;
    }
    Some(shared.order(sort, || {
        let remote = (1..=shared.config.videos / (REMOTE_EVERY - 1)).map(|row| REMOTE + row);
        let ids = (0..shared.world.own()).chain(remote);
        let videos = ids.filter_map(|id| shared.world.video(Place::Peertube, id));
        let mut keyed: Vec<_> = videos
            .map(|video| (key(&video, column), video.id))
            .collect();
        match down {
            true => keyed.sort_by_key(|(key, id)| (Reverse(key.clone()), *id)),
            false => keyed.sort(),
        }
        keyed.into_iter().map(|(_, id)| id).collect()
    }))
}

/// What a column holds: a number, and a text where it is one.
fn key(video: &Video, column: &str) -> (u64, String) {
    let number = match column {
        "name" => return (0, video.title.to_lowercase()),
        "duration" => u64::from(video.duration),
        "createdAt" | "publishedAt" | "originallyPublishedAt" => video.published,
        "likes" => video.id % 31,
        "comments" => 0,
        "localVideoFilesSize" => mix(0, "size", video.id),
        _ => video.id % 977,
    };
    (number, String::new())
}

/// `/api/v1/search/videos`.
pub fn search(shared: &Shared, request: &Request) -> Response {
    let (paging, wanted) = match (paging(request), filter(shared, request)) {
        (Ok(paging), Ok(wanted)) => (paging, wanted),
        (Err(wrong), _) | (_, Err(wrong)) => return wrong,
    };
    let ids = match request.query("search").map(|text| text.to_lowercase()) {
        None => return list(shared, request),
        Some(text) if text.is_empty() => return wrong("search"),
        // Looked up as an address, and perhaps fetched; nothing is there.
        Some(text) if text.starts_with("http://") || text.starts_with("https://") => Vec::new(),
        Some(text) => hits(shared, &text),
    };
    page(
        shared,
        request,
        ids.into_iter().filter(|id| wanted(*id)).collect(),
        paging,
    )
}

/// What is found, some of it of other instances: `searchTarget=local` means this database.
fn hits(shared: &Shared, text: &str) -> Vec<u64> {
    let topical = ["cat", "kitt", "猫", "喵"];
    let topical = topical.iter().any(|word| text.contains(word));
    let own: Vec<u64> = match topical {
        true => (0..shared.config.topical)
            .map(|n| shared.world.topical(n))
            .collect(),
        false => (0..shared.config.videos.min(500))
            .map(|n| mix(shared.config.seed, text, n) % shared.config.videos)
            .collect(),
    };
    let own = own.into_iter().zip(1..);
    own.flat_map(|(id, n)| {
        let remote = n % (REMOTE_HITS - 1) == 0;
        [Some(id), remote.then_some(REMOTE_HIT + n)]
            .into_iter()
            .flatten()
    })
    .collect()
}

fn page(
    shared: &Shared,
    request: &Request,
    ids: Vec<u64>,
    (start, count): (usize, usize),
) -> Response {
    let here = ids.iter().skip(start).take(count);
    let videos = here.filter_map(|id| shared.world.video(Place::Peertube, *id));
    let data: Vec<Value> = videos.map(|video| summary(shared, &video)).collect();
    match request.query("skipCount").as_deref() {
        Some("true") => Response::json(&json!({ "data": data })),
        _ => Response::json(&json!({ "total": ids.len(), "data": data })),
    }
}
