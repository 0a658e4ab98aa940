//! Bilibili: video pages with their embedded state, image hosts, and the API that says no.

use super::bv;
use super::http::{Request, Response};
use super::mix::{happens, mix, seal, unseal};
use super::peertube::escaped;
use super::server::Shared;
use super::world::{Place, Video};
use serde_json::{Value, json};

/// How many neighbours a page recommends.
const RELATED: u64 = 20;
/// The wall's size on the real site, by which some recognise it.
const WALL_BYTES: usize = 686;

/// `www.bilibili.com`.
pub fn page(shared: &Shared, request: &Request) -> Response {
    let path = request.path();
    if path == "/robots.txt" {
        return Response::text(
            "User-agent: *\nDisallow: /medialist/detail/\nDisallow: /index.html\n",
        );
    }
    let Some(name) = path.strip_prefix("/video/") else {
        return Response::error(404);
    };
    let Some(bare) = name.strip_suffix('/') else {
        return Response::redirect(301, &format!("/video/{name}/"));
    };
    let arrival = shared.entries().len() as u64;
    if happens(
        shared.config.seed,
        "captcha",
        arrival,
        shared.config.captcha,
    ) {
        return captcha();
    }
    let aid = match bare.strip_prefix("av") {
        Some(number) => number.parse().ok(),
        None => bv::decode(bare),
    };
    let Some(aid) = aid else {
        return Response::error(404);
    };
    match shared.world.video(Place::Bilibili, aid) {
        Some(video) => Response::html(watch(shared, &video)),
        None => Response::html(missing(shared, aid)),
    }
}

/// Image hosts: `/bfs/archive/<40 hex>.jpg`, with or without an `@` suffix.
pub fn image(shared: &Shared, request: &Request) -> Response {
    let path = request.path();
    if path == "/robots.txt" {
        return Response::text(
            "User-agent: *\nDisallow: /bfs/subtitle/\nDisallow: /bfs/ai_subtitle/\n",
        );
    }
    if !welcome(shared, request.header("referer")) {
        return Response::text("denied by Refer ACL").with_status(403);
    }
    let (file, suffix) = path.split_once('@').unwrap_or((path, ""));
    let name = file
        .strip_prefix("/bfs/archive/")
        .and_then(|file| file.strip_suffix(".jpg"));
    let id = name
        .filter(|name| name.len() == 40)
        .and_then(|name| unseal(shared.config.seed, name));
    match id.and_then(|id| shared.world.video(Place::Bilibili, id)) {
        Some(video) => shared.picture(path, video.cover, size(suffix)),
        None => Response::error(404),
    }
}

/// `api.bilibili.com`: forbidden by its robots.txt, and whoever asks all the same is shut out.
pub fn api(request: &Request) -> Response {
    if request.path() == "/robots.txt" {
        return Response::text("User-agent: *\nDisallow: /\n");
    }
    Response::json(&json!({ "code": -412, "message": "request was banned", "ttl": 1 }))
        .with_status(412)
}

/// HTTP 200 and a puzzle instead of a page.
pub fn captcha() -> Response {
    let start = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>验证码_哔哩哔哩</title>\
        <script>window._riskdata_={'v_voucher':'voucher_00000000-imitated'};</script></head><body>\
        <div id=\"app\"></div>";
    let end = "</body></html>";
    let padding = " ".repeat(WALL_BYTES - start.len() - end.len());
    Response::html(format!("{start}{padding}{end}"))
}

/// Whether a Referer may load pictures: none, Bilibili's, or the imitation of it.
fn welcome(shared: &Shared, referer: &str) -> bool {
    let host = referer
        .split("//")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .unwrap_or_default();
    referer.is_empty()
        || host == "bilibili.com"
        || host.ends_with(".bilibili.com")
        || shared.urls.www.ends_with(&format!("//{host}"))
}

/// The box that `480w_270h_1c.webp` and the like ask for. Anything after `@` re-encodes.
fn size(suffix: &str) -> Option<(u32, u32)> {
    if suffix.is_empty() {
        return None;
    }
    let options = suffix.split('.').next().unwrap_or_default();
    let side = |unit: char| {
        let mut values = options
            .split('_')
            .filter_map(|option| option.strip_suffix(unit)?.parse().ok());
        values.next().filter(|&side| side > 0).unwrap_or(u32::MAX)
    };
    Some((side('w'), side('h')))
}

/// Where a cover is, on one of the interchangeable hosts.
fn cover_path(shared: &Shared, aid: u64) -> String {
    let hosts = [&shared.urls.i0, &shared.urls.i1];
    let host = hosts[(mix(shared.config.seed, "host", aid) % 2) as usize];
    format!(
        "{host}/bfs/archive/{}.jpg",
        seal(shared.config.seed, aid, 40)
    )
}

/// The same as pages write it: mostly `http:`, sometimes without a scheme or `https:`.
fn pic(shared: &Shared, aid: u64) -> String {
    let url = cover_path(shared, aid);
    match mix(shared.config.seed, "scheme", aid) % 6 {
        0 | 1 => url.replacen("http:", "", 1),
        2 => url.replacen("http:", "https:", 1),
        _ => url,
    }
}

/// What `view`, `related` and the page have in common.
fn archive(shared: &Shared, video: &Video) -> Value {
    json!({
        "aid": video.id, "bvid": bv::encode(video.id), "pic": pic(shared, video.id), "title": video.title,
        "tid": video.region.0, "tname": video.region.1, "copyright": 1 + video.id % 2, "videos": 1,
        "pubdate": video.published, "ctime": video.published, "duration": video.duration, "state": 0,
        "owner": { "mid": video.owner.0, "name": video.owner.1, "face": "" },
        "stat": { "aid": video.id, "view": video.id % 9973, "danmaku": 3, "reply": 2, "favorite": 1,
            "coin": 0, "share": 0, "like": 5, "now_rank": 0, "his_rank": 0 },
        "dimension": { "width": 1920, "height": 1080, "rotate": 0 },
    })
}

fn state(shared: &Shared, video: &Video) -> Value {
    let neighbours = (0..RELATED).map(|slot| shared.world.related(video.id, slot));
    let related: Vec<_> = neighbours
        .map(|id| match shared.world.video(Place::Bilibili, id) {
            Some(video) => archive(shared, &video),
            // Deleted since the list was made.
            None => {
                json!({ "aid": id, "bvid": bv::encode(id), "title": "", "pic": "", "owner": {} })
            }
        })
        .collect();
    let tags: Vec<_> = video
        .tags
        .iter()
        .map(|tag| json!({ "tag_id": tag.len(), "tag_name": tag }))
        .collect();
    let mut data = archive(shared, video);
    data["desc"] = json!(format!("{} }};", video.title));
    let seasonal = happens(shared.config.seed, "season", video.id, 0.05);
    if seasonal {
        let episodes: Vec<_> = related
            .iter()
            .take(3)
            .map(|v| json!({ "aid": v["aid"], "bvid": v["bvid"] }))
            .collect();
        data["ugc_season"] = json!({ "title": "合集", "sections": [{ "episodes": episodes }] });
    }
    // Pages made for a festival name their video otherwise.
    let festival = happens(shared.config.seed, "festival", video.id, 0.01);
    let key = if festival { "videoInfo" } else { "videoData" };
    json!({
        "aid": video.id, "bvid": bv::encode(video.id), "p": 1, key: data, "tags": tags, "related": related,
        "upData": { "mid": video.owner.0.to_string(), "name": video.owner.1 }, "error": {},
        "abtest": { "risk-captcha": "off" },
    })
}

/// JSON inside a script: nothing in it may end the script.
fn embedded(state: &Value) -> String {
    let text = state
        .to_string()
        .replace('<', "\\u003c")
        .replace('\u{2028}', "\\u2028");
    format!(
        "<script>window.__INITIAL_STATE__={text};(function(){{var s;(s=document.currentScript||\
         document.scripts[document.scripts.length-1]).parentNode.removeChild(s);}}());</script>"
    )
}

fn watch(shared: &Shared, video: &Video) -> String {
    let (title, bvid) = (escaped(&video.title), bv::encode(video.id));
    let url = format!("{}/video/{bvid}/", shared.urls.www);
    let image = cover_path(shared, video.id).replacen("http:", "", 1);
    let state = embedded(&state(shared, video));
    format!(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>{title}_哔哩哔哩_bilibili</title>\
         <link rel=\"canonical\" href=\"{url}\"><meta property=\"og:type\" content=\"video\">\
         <meta property=\"og:title\" content=\"{title}_哔哩哔哩_bilibili\"><meta property=\"og:url\" content=\"{url}\">\
         <meta property=\"og:image\" content=\"{image}@100w_100h_1c.png\"><meta name=\"keywords\" content=\"{}\">\
         {state}</head><body><div id=\"app\">{title}</div></body></html>",
        video.tags.join(",")
    )
}

fn missing(shared: &Shared, aid: u64) -> String {
    let codes = [-404, -404, -404, -404, -403, 62002, 62012];
    let code = codes[(mix(shared.config.seed, "why missing", aid) % codes.len() as u64) as usize];
    let state = json!({ "aid": -1, "bvid": "", "p": 1, "videoData": {}, "tags": [], "related": [],
        "error": { "code": 404, "trueCode": code, "message": "啥都木有" } });
    format!(
        "<!DOCTYPE html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>视频去哪了呢？_哔哩哔哩_bilibili</title>\
         {}</head><body><div id=\"app\"></div></body></html>",
        embedded(&state)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_has_its_known_size() {
        let wall = captcha();
        assert_eq!((wall.status, wall.body.len()), (200, 686));
    }

    #[test]
    fn suffixes_ask_for_a_box() {
        for (suffix, want) in [
            ("", None),
            ("480w.jpg", Some((480, u32::MAX))),
            ("336w_190h_1c.webp", Some((336, 190))),
            (".webp", Some((u32::MAX, u32::MAX))),
            ("0w.jpg", Some((u32::MAX, u32::MAX))),
        ] {
            assert_eq!(size(suffix), want, "{suffix}");
        }
    }
}
