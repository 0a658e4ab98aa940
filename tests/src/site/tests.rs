//! The imitations, asked over the wire.

use super::*;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// An answer as it came: status, head, body.
struct Reply {
    status: u16,
    head: String,
    body: Vec<u8>,
    /// Whether the connection broke instead of ending.
    broken: bool,
}

impl Reply {
    fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

fn ask(base: &str, path: &str, extra: &str) -> Reply {
    send(
        base,
        &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{extra}\r\n"),
    )
}

fn get(base: &str, path: &str) -> Reply {
    ask(base, path, "")
}

fn send(base: &str, request: &str) -> Reply {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut all = Vec::new();
    let broken = stream.read_to_end(&mut all).is_err();
    let end = all
        .windows(4)
        .position(|w| w == b"\r\n\r\n")
        .map_or(all.len(), |at| at + 4);
    let head = String::from_utf8_lossy(&all[..end]).into_owned();
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    Reply {
        status,
        head,
        body: all[end..].to_vec(),
        broken,
    }
}

fn site() -> Site {
    start(Config {
        limit: (1000, 10),
        ..Config::default()
    })
    .unwrap()
}

/// The state embedded in a video page: the first JSON value after its name.
fn state(page: &str) -> serde_json::Value {
    let (_, rest) = page.split_once("__INITIAL_STATE__=").unwrap();
    serde_json::Deserializer::from_str(rest)
        .into_iter()
        .next()
        .unwrap()
        .unwrap()
}

#[test]
fn peertube_lists_pages_of_videos_whose_covers_are_pictures() {
    let site = site();
    let base = &site.urls().peertube;
    let page = get(
        base,
        "/api/v1/videos?start=100&count=20&isLocal=true&isLive=false",
    )
    .json();
    assert_eq!(
        (
            page["total"].as_u64(),
            page["data"].as_array().unwrap().len()
        ),
        (Some(20_000), 20)
    );
    let first = &page["data"][0];
    let preview = first["previewPath"].as_str().unwrap();
    let size = |path: &str| {
        let cover = get(base, path);
        assert_eq!(
            (cover.status, cover.header("content-type")),
            (200, Some("image/jpeg"))
        );
        let header = turbojpeg::read_header(&cover.body).unwrap();
        (header.width, header.height)
    };
    assert_eq!(size(preview), (1920, 1080));
    assert_eq!(size(first["thumbnailPath"].as_str().unwrap()), (280, 157));
    for name in ["id", "uuid", "shortUUID"] {
        let name = first[name].to_string().replace('"', "");
        assert_eq!(
            get(base, &format!("/api/v1/videos/{name}")).json()["name"],
            first["name"]
        );
    }
    assert_eq!(
        site.truth(preview),
        Some(
            site.world()
                .cover(Place::Peertube, first["id"].as_u64().unwrap())
                .cat
        )
    );
    let short = first["shortUUID"].as_str().unwrap();
    for page in [first["url"].as_str().unwrap(), &format!("{base}/w/{short}")] {
        assert_eq!(site.truth_of_page(page), site.truth(preview), "{page}");
    }
    assert_eq!(site.truth_of_page(&format!("{base}/w/nothing")), None);
}

#[test]
fn peertube_refuses_what_it_must_as_a_problem_document() {
    let site = site();
    for path in [
        "videos?count=101",
        "videos?start=-1",
        "videos?sort=random",
        "videos?nsfw=perhaps",
        "search/videos?search=",
    ] {
        let reply = get(&site.urls().peertube, &format!("/api/v1/{path}"));
        assert_eq!(reply.status, 400, "{path}");
        let kind = reply.header("content-type").unwrap();
        assert!(kind.starts_with("application/problem+json"));
        assert!(reply.json()["detail"].is_string() && reply.json()["error"].is_null());
    }
}

/// Total and numbers of the first hundred.
fn listed(base: &str, path: &str) -> (Option<u64>, Vec<u64>) {
    let page = get(base, &format!("/api/v1/{path}")).json();
    let data = page["data"].as_array().unwrap().iter();
    let ids = data.map(|video| video["id"].as_u64().unwrap()).collect();
    (page["total"].as_u64(), ids)
}

#[test]
fn peertube_counts_without_listing_and_lists_without_counting() {
    let site = site();
    let base = &site.urls().peertube;
    assert_eq!(
        listed(base, "videos?count=0&isLocal=true&isLive=false"),
        (Some(20_000), vec![])
    );
    let (total, ids) = listed(base, "videos?count=3&skipCount=true");
    assert_eq!((total, ids.len()), (None, 3));
    let far = "videos?start=100000&isLocal=true&isLive=false";
    assert_eq!(listed(base, far), (Some(20_000), vec![]));
}

#[test]
fn a_list_has_remote_videos_lives_and_what_is_not_safe_for_work_unless_they_are_filtered() {
    let site = start(Config {
        videos: 50,
        adult: 4,
        lives: 2,
        limit: (1000, 10),
        ..Config::default()
    })
    .unwrap();
    let base = &site.urls().peertube;
    for (query, total) in [
        ("", 50 + 2 + 10),
        ("&isLocal=true", 52),
        ("&isLocal=true&isLive=false", 50),
        ("&isLocal=true&isLive=false&nsfw=both", 54),
        ("&isLocal=true&nsfw=true", 4),
        ("&isLocal=false", 10),
        ("&isLive=true", 2),
    ] {
        let (got, ids) = listed(base, &format!("videos?count=100{query}"));
        assert_eq!((got, ids.len()), (Some(total), total as usize), "{query}");
    }
    let page = get(base, "/api/v1/videos?isLocal=false&count=100").json();
    let remote = page["data"].as_array().unwrap();
    let url = remote[0]["url"].as_str().unwrap();
    assert!(url.starts_with("https://videos.example.net/"), "{url}");
    let statuses = remote
        .iter()
        .map(|video| get(base, video["previewPath"].as_str().unwrap()).status);
    let statuses: std::collections::BTreeSet<_> = statuses.collect();
    assert_eq!(
        statuses,
        [200, 404].into(),
        "of some the other instance is away"
    );
}

#[test]
fn videos_that_are_equal_in_what_a_list_is_sorted_by_stand_in_order_of_upload() {
    let site = start(Config {
        videos: 80,
        duration: Some(60),
        limit: (1000, 10),
        ..Config::default()
    })
    .unwrap();
    let base = &site.urls().peertube;
    for sort in ["duration", "-duration", "comments", "-comments"] {
        let (_, ids) = listed(
            base,
            &format!("videos?count=100&isLocal=true&isLive=false&sort={sort}"),
        );
        assert_eq!(ids, (0..80).collect::<Vec<_>>(), "{sort}");
    }
    let site = self::site();
    let (_, ids) = listed(
        &site.urls().peertube,
        "videos?count=100&isLocal=true&sort=-duration",
    );
    let durations = ids
        .iter()
        .map(|id| site.world().video(Place::Peertube, *id).unwrap().duration);
    let pairs: Vec<_> = durations.zip(&ids).collect();
    assert!(pairs.is_sorted_by_key(|(duration, id)| (std::cmp::Reverse(*duration), **id)));
}

#[test]
fn a_search_of_the_local_database_has_hits_of_other_instances() {
    let site = site();
    let base = &site.urls().peertube;
    let search = |query: &str| listed(base, &format!("search/videos?count=100{query}"));
    let local = "&search=cat&searchTarget=local";
    let (all, _) = search(local);
    let (own, ids) = search(&format!("{local}&isLocal=true"));
    assert_eq!((own, ids.len()), (Some(5000), 100));
    assert!(all > own, "{all:?}");
    assert!(search("").0 > Some(20_000), "without words, everything");
    assert_eq!(
        search("&search=http://x/").0,
        Some(0),
        "an address is looked up"
    );
}

#[test]
fn a_list_in_any_order_holds_every_video_once() {
    let site = start(Config {
        videos: 60,
        ..Config::default()
    })
    .unwrap();
    for sort in ["-publishedAt", "publishedAt", "name", "-views"] {
        let path = format!("/api/v1/videos?count=100&isLocal=true&isLive=false&sort={sort}");
        let page = get(&site.urls().peertube, &path).json();
        let ids: std::collections::HashSet<_> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|v| v["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids.len(), 60, "{sort}");
    }
}

#[test]
fn newer_peertube_lists_thumbnails_and_no_paths() {
    let site = start(Config {
        thumbnails: Thumbnails::New,
        ..Config::default()
    })
    .unwrap();
    let base = &site.urls().peertube;
    let page = get(base, "/api/v1/search/videos?search=%E7%8C%AB&count=1").json();
    let video = &page["data"][0];
    assert!(video["previewPath"].is_null() && video["thumbnailPath"].is_null());
    let all = video["thumbnails"].as_array().unwrap();
    let large = all.iter().find(|one| one["width"] == 850).unwrap();
    assert_eq!(large["aspectRatio"], "16:9");
    let path = large["fileUrl"]
        .as_str()
        .unwrap()
        .strip_prefix(base.as_str())
        .unwrap();
    assert_eq!(get(base, path).status, 200);
}

#[test]
fn pictures_come_in_five_sizes_under_names_of_their_own_and_the_square_one_is_a_collage() {
    let site = site();
    let base = &site.urls().peertube;
    let page = get(base, "/api/v1/videos?count=20&isLocal=true&isLive=false").json();
    let mut orders = std::collections::HashSet::new();
    for video in page["data"].as_array().unwrap() {
        let all = video["thumbnails"].as_array().unwrap();
        orders.insert(
            all.iter()
                .map(|one| one["width"].as_u64().unwrap())
                .collect::<Vec<_>>(),
        );
        assert!(!all.iter().any(|one| {
            one["fileUrl"]
                .as_str()
                .unwrap()
                .contains(video["uuid"].as_str().unwrap())
        }));
    }
    assert!(orders.len() > 1, "in no order");
    let all = page["data"][0]["thumbnails"].as_array().unwrap();
    let square = all.iter().find(|one| one["aspectRatio"] == "1:1").unwrap();
    let path = square["fileUrl"]
        .as_str()
        .unwrap()
        .strip_prefix(base.as_str())
        .unwrap();
    let picture = get(base, path);
    let pixels = turbojpeg::decompress(&picture.body, turbojpeg::PixelFormat::GRAY).unwrap();
    assert_eq!((pixels.width, pixels.height), (1400, 1400));
    let mean = |rows: std::ops::Range<usize>| {
        let size = rows.len() * pixels.pitch;
        let part = &pixels.pixels[rows.start * pixels.pitch..rows.end * pixels.pitch];
        part.iter().map(|p| u64::from(*p)).sum::<u64>() / size as u64
    };
    assert!(mean(0..200) * 2 < mean(600..800), "dark above the picture");
    assert!(picture.header("etag").unwrap().starts_with("W/"));
    let again = ask(
        base,
        path,
        &format!("If-None-Match: {}\r\n", picture.header("etag").unwrap()),
    );
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[test]
fn the_pictures_of_6_are_two_with_the_videos_name() {
    let site = start(Config {
        thumbnails: Thumbnails::Old,
        ..Config::default()
    })
    .unwrap();
    let base = &site.urls().peertube;
    let video = &get(base, "/api/v1/videos?count=1&isLocal=true&isLive=false").json()["data"][0];
    let uuid = video["uuid"].as_str().unwrap();
    assert!(video["thumbnails"].is_null());
    let preview = format!("/lazy-static/previews/{uuid}.jpg");
    assert_eq!(video["previewPath"], preview);
    let header = turbojpeg::read_header(&get(base, &preview).body).unwrap();
    assert_eq!((header.width, header.height), (850, 480));
    assert!(site.truth(&preview).is_some());
}

#[test]
fn over_its_limit_peertube_says_429_and_when_to_come_back() {
    let site = start(Config {
        limit: (2, 600),
        ..Config::default()
    })
    .unwrap();
    let base = &site.urls().peertube;
    let replies: Vec<_> = (0..3).map(|_| get(base, "/api/v1/config")).collect();
    assert_eq!([200, 200, 429], [0, 1, 2].map(|i: usize| replies[i].status));
    assert_eq!(replies[1].header("x-ratelimit-remaining"), Some("0"));
    let wait: u64 = replies[2].header("retry-after").unwrap().parse().unwrap();
    assert!((1..=600).contains(&wait));
    assert_eq!(
        replies[2].text(),
        "Too many requests, please try again later."
    );
    assert!(
        replies[2]
            .header("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    for (path, status, limit) in [
        ("/robots.txt", 429, Some("2")),
        ("/nodeinfo/2.0.json", 429, Some("2")),
        ("/w/none", 404, Some("500")),
        ("/lazy-static/thumbnails/none.jpg", 404, None),
    ] {
        let reply = get(base, path);
        assert_eq!(
            (reply.status, reply.header("x-ratelimit-limit")),
            (status, limit),
            "{path}"
        );
    }
}

#[test]
fn watch_pages_carry_what_link_previews_read() {
    let site = site();
    let base = &site.urls().peertube;
    let video = &get(base, "/api/v1/videos?count=1").json()["data"][0];
    let short = video["shortUUID"].as_str().unwrap();
    for path in [
        format!("/w/{short}"),
        format!("/videos/watch/{}", video["uuid"].as_str().unwrap()),
    ] {
        let page = get(base, &path);
        let text = page.text();
        assert!(text.contains("og:platform\" content=\"PeerTube\""));
        assert!(text.contains(video["previewPath"].as_str().unwrap()));
        assert!(text.contains(&format!("canonical\" href=\"{base}/w/{short}\"")));
        assert_eq!(
            (page.status, page.header("x-powered-by")),
            (200, Some("PeerTube"))
        );
    }
}

#[test]
fn a_video_page_embeds_its_facts_and_its_neighbours() {
    let site = site();
    let urls = site.urls();
    let page = &urls.cat_pages[0];
    let path = page.strip_prefix(urls.www.as_str()).unwrap();
    let state = state(&get(&urls.www, path).text());
    let video = &state["videoData"];
    assert_eq!(
        video["bvid"],
        path.trim_matches('/').split('/').next_back().unwrap()
    );
    assert!(video["owner"]["mid"].is_u64());
    assert!(!state["tags"].as_array().unwrap().is_empty());
    let related = state["related"].as_array().unwrap();
    assert_eq!(related.len(), 40);
    for item in related {
        let keys: Vec<_> = item.as_object().unwrap().keys().collect();
        let real = "aiParameters aid bvid cid duration enable_vt owner pic redirect_url season_id \
                    season_type stat title";
        assert_eq!(keys, real.split_whitespace().collect::<Vec<_>>());
    }
}

/// The first of the old videos whose page is so.
fn first(site: &Site, mut so: impl FnMut(u64, &Reply) -> bool) -> (u64, Reply) {
    let pages = (2..3000)
        .filter(|&aid| site.world().exists(Place::Bilibili, aid))
        .map(|aid| {
            let path = format!("/video/{}/", bv::encode(aid));
            (aid, get(&site.urls().www, &path))
        });
    pages
        .into_iter()
        .find(|(aid, page)| so(*aid, page))
        .unwrap()
}

#[test]
fn an_episode_of_a_series_is_elsewhere_and_has_no_state() {
    let site = site();
    let (aid, moved) = first(&site, |_, page| page.status == 302);
    let to = format!("/bangumi/play/ep{aid}");
    assert_eq!(moved.header("location"), Some(&*to));
    let page = get(&site.urls().www, &to);
    assert_eq!(page.status, 200);
    assert!(!page.text().contains("__INITIAL_STATE__") && !page.text().contains("_riskdata_"));
}

#[test]
fn a_festivals_page_has_its_cover_and_uploader_among_the_episodes() {
    let site = site();
    let (_, page) = first(&site, |_, page| page.text().contains("\"videoInfo\""));
    let state = state(&page.text());
    let video = &state["videoInfo"];
    assert!(video["pic"].is_null() && video["owner"].is_null() && video["duration"].is_null());
    let episodes = state["sectionEpisodes"].as_array().unwrap();
    let own = episodes
        .iter()
        .find(|e| e["bvid"] == video["bvid"])
        .unwrap();
    assert!(own["cover"].as_str().unwrap().contains("/bfs/archive/"));
    assert_eq!(own["author"]["mid"], video["upMid"]);
}

#[test]
fn the_long_robots_file_has_two_groups_for_all() {
    let site = start(Config {
        long_robots: true,
        ..Config::default()
    })
    .unwrap();
    let text = get(&site.urls().www, "/robots.txt").text();
    assert_eq!(text.matches("User-agent: *\n").count(), 2);
    assert!(text.ends_with("User-agent: *\nDisallow: /\n"));
}

#[test]
fn pages_without_a_final_slash_are_moved_and_av_numbers_work_as_bv_names_do_or_have_no_state() {
    let site = site();
    let www = &site.urls().www;
    let by_number = |aid: u64| get(www, &format!("/video/av{aid}/")).text();
    let (aid, _) = first(&site, |aid, page| {
        page.status == 200 && by_number(aid).contains("__INITIAL_STATE__")
    });
    let (_, whole) = first(&site, |aid, page| {
        page.status == 200 && !by_number(aid).contains("__INITIAL_STATE__")
    });
    assert!(
        whole.text().contains("__INITIAL_STATE__"),
        "by its BV name it has"
    );
    let moved = get(www, &format!("/video/av{aid}"));
    assert_eq!(
        (moved.status, moved.header("location")),
        (301, Some(&*format!("/video/av{aid}/")))
    );
    let by_av = state(&by_number(aid));
    let by_bv = state(&get(www, &format!("/video/{}/", bv::encode(aid))).text());
    assert_eq!(by_av, by_bv);
}

#[test]
fn a_missing_video_is_a_page_with_an_error_in_its_state() {
    let site = site();
    let aid = (2..100)
        .find(|&id| !site.world().exists(Place::Bilibili, id))
        .unwrap();
    let page = get(&site.urls().www, &format!("/video/av{aid}/"));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("视频去哪了呢"));
    assert!(state(&page.text())["error"]["trueCode"].is_i64());
}

#[test]
fn covers_are_the_same_on_both_image_hosts_and_shrink_on_request() {
    let site = site();
    let urls = site.urls();
    let path = urls.cat_pages[0].strip_prefix(urls.www.as_str()).unwrap();
    let page = get(&urls.www, path).text();
    let at = page.find("/bfs/archive/").unwrap();
    let cover = &page[at..at + "/bfs/archive/".len() + 44];
    let (a, b) = (get(&urls.i0, cover), get(&urls.i1, cover));
    assert_eq!((a.status, &a.body), (200, &b.body));
    let small = get(&urls.i0, &format!("{cover}@160w.jpg"));
    assert_eq!(turbojpeg::read_header(&small.body).unwrap().width, 160);
    assert!(
        site.truth(&format!("https://i0.hdslb.com{cover}@160w.jpg"))
            .is_some()
    );
}

#[test]
fn a_foreign_referer_gets_no_picture() {
    let site = site();
    let urls = site.urls();
    let cover = format!("/bfs/archive/{}.jpg", mix::seal(1, CAT_LANE.start, 40));
    let with = |referer: &str| ask(&urls.i0, &cover, &format!("Referer: {referer}\r\n")).status;
    assert_eq!(with("https://example.org/page"), 403);
    assert_eq!(with("https://bilibili.com.example.org/"), 403);
    assert_eq!(with("https://www.bilibili.com/video/BV17x411w7KC/"), 200);
    assert_eq!(with(&urls.cat_pages[0]), 200);
}

#[test]
fn robots_files_say_what_each_host_allows() {
    let site = site();
    let urls = site.urls();
    for (base, line) in [
        (&urls.peertube, "Disallow:\n"),
        (&urls.www, "Disallow: /medialist/detail/\n"),
        (&urls.i0, "Disallow: /bfs/subtitle/\n"),
        (&urls.api, "Disallow: /\n"),
    ] {
        let robots = get(base, "/robots.txt");
        assert!(
            robots
                .header("content-type")
                .unwrap()
                .starts_with("text/plain")
        );
        assert!(robots.text().contains(line), "{base}");
    }
    assert_eq!(get(&urls.api, "/x/web-interface/view?aid=2").status, 412);
}

#[test]
fn every_request_is_noted_with_its_sender() {
    let site = site();
    ask(
        &site.urls().www,
        "/robots.txt",
        "User-Agent: whisker/0.1\r\n",
    );
    get(&site.urls().i1, "/nothing?x=1");
    let log: Vec<Entry> = serde_json::from_slice(&get(&site.urls().control, "/_log").body).unwrap();
    assert_eq!(log, site.log());
    let brief: Vec<_> = log
        .iter()
        .map(|e| (&*e.host, &*e.path, e.status, e.in_hand))
        .collect();
    assert_eq!(
        brief,
        [
            ("www", "/robots.txt", 200, 1),
            ("i1", "/nothing?x=1", 404, 1)
        ]
    );
    assert_eq!(log[0].user_agent, "whisker/0.1");
}

#[test]
fn a_script_is_played_once_and_then_all_is_normal() {
    let site = site();
    let urls = site.urls();
    let rule = r#"{"host":"www","path":"/robots.txt","script":[
        {"do":"status","status":429,"retry_after":{"seconds":7}},
        {"do":"status","status":503,"retry_after":{"date_in":60}},
        {"do":"redirect","to":"/robots.txt"},
        {"do":"body","content_type":"image/jpeg","body":"<html>"},
        {"do":"captcha"}]}"#;
    let request = format!(
        "POST /_behave HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{rule}",
        rule.len()
    );
    assert_eq!(send(&urls.control, &request).status, 200);
    let replies: Vec<_> = (0..6).map(|_| get(&urls.www, "/robots.txt")).collect();
    let statuses: Vec<_> = replies.iter().map(|r| r.status).collect();
    assert_eq!(statuses, [429, 503, 302, 200, 200, 200]);
    assert_eq!(replies[0].header("retry-after"), Some("7"));
    assert!(replies[1].header("retry-after").unwrap().ends_with(" GMT"));
    assert_eq!(replies[3].header("content-type"), Some("image/jpeg"));
    assert!(matches!(replies[4].body.len(), 686 | 1360));
    assert!(replies[5].text().contains("User-agent"));
}

#[test]
fn bodies_can_be_cut_in_every_way() {
    let site = site();
    let base = &site.urls().peertube;
    let path = "/nodeinfo/2.0.json";
    let whole = get(base, path).body;
    site.behave(Rule::new(
        path,
        [
            Behaviour::Short { bytes: 5 },
            Behaviour::ChunkedAbort { bytes: 5 },
            Behaviour::Reset { bytes: 5 },
            Behaviour::Flood {
                content_type: "image/jpeg".into(),
                bytes: 100_000,
            },
        ],
    ));
    let short = get(base, path);
    assert_eq!(
        short.header("content-length"),
        Some(&*whole.len().to_string())
    );
    assert_eq!((short.body.len(), short.broken), (5, false));
    assert_eq!(
        get(base, path).text(),
        format!("5\r\n{}\r\n", String::from_utf8_lossy(&whole[..5]))
    );
    assert!(get(base, path).broken);
    assert_eq!(get(base, path).body.len(), 100_000);
}

#[test]
fn a_host_can_fall_silent_and_the_others_go_on() {
    let site = site();
    site.behave(Rule::new("*", [Behaviour::Hang]).on("i0"));
    let mut silent = TcpStream::connect(site.urls().i0.strip_prefix("http://").unwrap()).unwrap();
    silent.write_all(b"GET /x HTTP/1.1\r\n\r\n").unwrap();
    silent
        .set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    assert_eq!(get(&site.urls().i1, "/robots.txt").status, 200);
    assert!(silent.read(&mut [0]).is_err(), "nothing comes");
    assert!(site.log().iter().any(|e| e.host == "i0" && e.status == 0));
}

#[test]
fn photos_in_a_folder_take_the_place_of_drawings() {
    let folder = tempfile::tempdir().unwrap();
    for (name, subject) in [
        ("cat", crate::draw::Subject::Cat),
        ("other", crate::draw::Subject::Car),
    ] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
        std::fs::write(
            folder.path().join(name).join("a.jpg"),
            crate::draw::draw(1, subject),
        )
        .unwrap();
    }
    let pictures = Pictures::from_folder(folder.path()).unwrap();
    let site = start(Config {
        pictures,
        hidden_cats: 1.0,
        ..Config::default()
    })
    .unwrap();
    let base = &site.urls().peertube;
    let video = &get(base, "/api/v1/videos?count=1&isLocal=true").json()["data"][0];
    let cover = get(base, video["previewPath"].as_str().unwrap());
    assert_eq!(cover.status, 200);
    let truth = get(&site.urls().control, "/_truth").json();
    assert_eq!(
        truth["covers"][video["previewPath"].as_str().unwrap()],
        true
    );
}

#[test]
fn a_folder_without_pictures_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Pictures::from_folder(folder.path()).is_err());
}
