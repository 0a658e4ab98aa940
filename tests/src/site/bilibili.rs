//! Bilibili: video pages with their embedded state, image hosts, and the API that says no.

use super::bv;
use super::http::{Request, Response};
use super::mix::{happens, mix, seal, unseal};
use super::peertube::escaped;
use super::server::Shared;
use super::world::{DENSE, Place, Video};
use serde_json::{Value, json};

/// How many neighbours a page recommends.
const RELATED: u64 = 40;
/// The walls' sizes on the real site, by which some recognise them: the older and the newer form.
const WALL_BYTES: [usize; 2] = [686, 1360];
/// Share of old videos that are episodes of a series: their pages are elsewhere.
const SERIES: f64 = 0.03;
/// Share of old videos whose page has no state when it is asked for by its av number.
const STATELESS: f64 = 0.3;
/// What every `robots.txt` of `www` says; some say no more.
const RULES: &str = "User-agent: *\nDisallow: /medialist/detail/\nDisallow: /index.html\n";
/// The rest of the longer form: by RFC 9309 both groups for all agents are one.
const MORE_RULES: &str = "\nUser-agent: Yisouspider\nUser-agent: PetalBot\nAllow: /\n\n\
    User-agent: Twitterbot\nAllow: /tbhx/hero\n\nUser-agent: *\nDisallow: /\n";

/// `www.bilibili.com`.
pub fn page(shared: &Shared, request: &Request) -> Response {
    let path = request.path();
    if path == "/robots.txt" {
        let more = if shared.config.long_robots {
            MORE_RULES
        } else {
            ""
        };
        return Response::text(format!("{RULES}{more}"));
    }
    if let Some(number) = path.strip_prefix("/bangumi/play/ep") {
        return Response::html(stateless(
            "第一话",
            number.ends_with(['1', '3', '5', '7', '9']),
        ));
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
        return captcha(arrival);
    }
    let by_number = bare.strip_prefix("av");
    let aid = match by_number {
        Some(number) => number.parse().ok(),
        None => bv::decode(bare),
    };
    let Some(aid) = aid else {
        return Response::error(404);
    };
    let Some(video) = shared.world.video(Place::Bilibili, aid) else {
        return Response::html(missing(shared, aid));
    };
    if is_episode(shared, aid) {
        return Response::redirect(302, &episode(aid));
    }
    if by_number.is_some() && happens(shared.config.seed, "stateless", aid, STATELESS) {
        return Response::html(stateless(&video.title, true));
    }
    Response::html(watch(shared, &video))
}

fn is_episode(shared: &Shared, aid: u64) -> bool {
    aid < DENSE && happens(shared.config.seed, "series", aid, SERIES)
}

fn episode(aid: u64) -> String {
    format!("/bangumi/play/ep{aid}")
}

/// A page of scripts that fetch what they show: of a series, or of some old video.
fn stateless(title: &str, titled: bool) -> String {
    let title = escaped(title);
    let meta = format!("<meta property=\"og:title\" content=\"{title}_哔哩哔哩_bilibili\">");
    format!(
        "<!DOCTYPE html><html><head><title>{title}</title>{}</head><body><div id=\"app\"></div></body></html>",
        if titled { meta.as_str() } else { "" }
    )
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

/// HTTP 200 and a puzzle instead of a page; the two forms take turns.
pub fn captcha(arrival: u64) -> Response {
    let newer = arrival % 2 == 1;
    let grey = "<!-- imitated release 1 --><script>window._BiliGreyResult = { method: \"direct\", versionId: \"1\", }</script>";
    let start = format!(
        "<!DOCTYPE html><html><head>{}<meta charset=\"utf-8\"><title>验证码_哔哩哔哩</title>\
         <script>window._riskdata_={{'v_voucher':'voucher_00000000-imitated'}};</script></head><body>\
         <div id=\"app\"></div>",
        if newer { grey } else { "" }
    );
    let end = "</body></html>";
    let size = WALL_BYTES[usize::from(newer)];
    let padding = " ".repeat(size - start.len() - end.len());
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

/// What a page says of its own video.
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

/// What a page says of another video: no tags, no region, no date.
fn recommended(shared: &Shared, id: u64) -> Value {
    let video = shared.world.video(Place::Bilibili, id);
    let series = is_episode(shared, id);
    let redirect = format!("https://www.bilibili.com{}", episode(id));
    let (pic, owner) = match &video {
        Some(video) => (
            pic(shared, id),
            json!({ "name": video.owner.1, "mid": video.owner.0 }),
        ),
        // Deleted since the list was made.
        None => (String::new(), json!({})),
    };
    json!({
        "aid": id, "cid": id + 7, "bvid": bv::encode(id),
        "duration": video.as_ref().map_or(0, |video| video.duration), "pic": pic,
        "title": video.map_or_else(String::new, |video| video.title), "owner": owner,
        "stat": { "danmaku": 3, "view": id % 9973, "vt": 0 },
        "season_id": if series { id } else { 0 }, "season_type": u8::from(series),
        "redirect_url": if series { &redirect } else { "" }, "enable_vt": 0,
        "aiParameters": { "goto": "", "trackid": "imitated", "uniq_id": "", "r_id": 0 },
    })
}

/// A page made for a festival tells of its video in other places: the cover and the uploader are
/// in a list of episodes, the length in the list of parts.
fn festival(shared: &Shared, video: &Video, related: &[Value]) -> Value {
    let (bvid, (mid, name)) = (bv::encode(video.id), &video.owner);
    let episode = json!({
        "id": 1, "aid": video.id, "bvid": bvid, "cid": 7, "title": video.title,
        "cover": pic(shared, video.id), "author": { "mid": mid, "name": name, "face": "" },
    });
    let other = json!({ "id": 2, "bvid": "", "title": "预告", "cover": "", "author": {} });
    json!({
        "title": "灯会", "activityKey": "imitated", "toBvid": bvid, "isVideo": true,
        "sectionEpisodes": [other, episode],
        "videoSections": [{ "id": 1, "title": "正片", "episodes": [episode] }],
        "videoInfo": {
            "aid": video.id, "cid": 7, "title": video.title, "bvid": bvid, "desc": "",
            "upMid": mid, "upName": name, "pages": [{ "cid": 7, "duration": video.duration }],
            "viewCount": 5, "pubdate": video.published,
        },
        "recommendList": { "title": "推荐", "relate_item": [], "relate_video": related },
    })
}

fn state(shared: &Shared, video: &Video) -> Value {
    let neighbours = (0..RELATED).map(|slot| shared.world.related(video.id, slot));
    let related: Vec<_> = neighbours.map(|id| recommended(shared, id)).collect();
    if happens(shared.config.seed, "festival", video.id, 0.01) {
        return festival(shared, video, &related);
    }
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
    json!({
        "aid": video.id, "bvid": bv::encode(video.id), "p": 1, "videoData": data, "tags": tags, "related": related,
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
    fn the_walls_have_their_known_sizes() {
        let walls: Vec<_> = (0..4).map(captcha).collect();
        let sizes: Vec<_> = walls.iter().map(|w| (w.status, w.body.len())).collect();
        assert_eq!(sizes, [(200, 686), (200, 1360), (200, 686), (200, 1360)]);
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
