mod shapes;

use super::*;
use crate::site::Site;
use proptest::prelude::*;
use serde_json::{Value, json};

const URL: &str = "https://www.bilibili.com/video/BV17x411w7KC/";

fn site() -> Bilibili {
    Bilibili::new(Bases::default())
}

fn archive(aid: u64, title: &str, region: &str) -> Value {
    json!({
        "aid": aid, "bvid": bv::encode(aid), "pic": format!("http://i2.hdslb.com/bfs/archive/{aid:040x}.jpg"),
        "title": title, "tname": region, "pubdate": 1_253_000_000, "duration": 61,
        "owner": { "mid": 7, "name": "阿橘" },
    })
}

fn html(state: &Value) -> String {
    let state = state.to_string().replace('<', "\\u003c");
    format!(
        "<!DOCTYPE html><meta property=\"og:title\" content=\"x\"><script>var a=1;</script>\
         <script>window.__INITIAL_STATE__={state};(function(){{var s;}}());</script>"
    )
}

fn read_html(mode: &Mode, keywords: &[&str], html: &str) -> Result<Reading, Fault> {
    let keywords: Vec<_> = keywords.iter().map(|k| (*k).to_owned()).collect();
    read_at(URL, 0, mode, &keywords, html)
}

fn read_at(
    url: &str,
    depth: u32,
    mode: &Mode,
    keywords: &[String],
    html: &str,
) -> Result<Reading, Fault> {
    let body = Body {
        url: &Url::parse(url).unwrap(),
        bytes: html.as_bytes(),
        kind: Kind::Video,
        depth,
        seed: 1,
    };
    site().read(mode, keywords, body)
}

fn read(mode: &Mode, keywords: &[&str], state: &Value) -> Result<Reading, Fault> {
    read_html(mode, keywords, &html(state))
}

fn walk() -> Mode {
    Mode::RelatedTo(vec![URL.to_owned()])
}

fn titles(reading: &Reading) -> Vec<&str> {
    reading
        .candidates
        .iter()
        .map(|c| c.title.as_str())
        .collect()
}

#[test]
fn a_page_gives_its_video_its_tags_and_a_smaller_cover() {
    let state = json!({
        "videoData": archive(170_001, "猫 };(function(){ </script>\u{202e}", "喵星人"),
        "tags": [{ "tag_name": "萌宠" }, { "tag_name": 3 }, 5], "related": [], "error": {},
    });
    let reading = read(&Mode::Random, &[], &state).unwrap();
    let image = format!("https://i2.hdslb.com/bfs/archive/{:040x}.jpg", 170_001);
    let want = Candidate {
        key: "BV17x411w7KC".into(),
        url: URL.into(),
        title: "猫 };(function(){ </script>".into(),
        owner: Some("7".into()),
        owner_name: Some("阿橘".into()),
        published_at: Some(1_253_000_000_000),
        duration_ms: Some(61_000),
        tags: vec!["萌宠".into()],
        ask: format!("{image}@480w.jpg"),
        image_url: image,
    };
    assert_eq!(
        reading,
        Reading {
            candidates: vec![want],
            ..Reading::default()
        }
    );
}

#[test]
fn addresses_of_covers_become_the_original_over_https() {
    let at = |pic: &str| {
        let mut video = archive(2, "t", "");
        video["pic"] = json!(pic);
        let reading = read(&Mode::Random, &[], &json!({ "videoData": video })).unwrap();
        reading.candidates.first().map(|c| c.image_url.clone())
    };
    let plain = Some("https://i0.hdslb.com/bfs/archive/ab.jpg".to_owned());
    for pic in [
        "http://i0.hdslb.com/bfs/archive/ab.jpg",
        "//i0.hdslb.com/bfs/archive/ab.jpg",
        "https://i0.hdslb.com/bfs/archive/ab.jpg@336w_190h_1c.webp",
        "http://i0.hdslb.com/bfs/archive/ab.jpg?x=1",
    ] {
        assert_eq!(at(pic), plain, "{pic}");
    }
    for none in [
        "",
        "https://static.hdslb.com/images/error/x.png",
        "data:image/png;base64,AA",
    ] {
        assert_eq!(at(none), None, "{none}");
    }
}

#[test]
fn a_missing_id_is_worked_out_from_the_number() {
    let mut video = archive(170_001, "t", "");
    video["bvid"] = json!("");
    video["aid"] = json!("170001");
    let reading = read(&Mode::Random, &[], &json!({ "videoData": video })).unwrap();
    assert_eq!(reading.candidates[0].key, "BV17x411w7KC");
}

#[test]
fn codes_are_misses_refusals_or_the_sites_own_trouble() {
    for (error, want) in [
        (
            json!({ "code": 404, "trueCode": -404, "message": "啥都木有" }),
            Ok("-404 啥都木有"),
        ),
        (
            json!({ "code": 404, "trueCode": 62002, "message": "" }),
            Ok("62002"),
        ),
        (json!({ "trueCode": 62012 }), Ok("62012")),
        (json!({ "code": -403 }), Ok("-403")),
        (json!({ "code": -352 }), Err("refused")),
        (json!({ "code": -412, "message": "banned" }), Err("refused")),
        (json!({ "code": -799 }), Err("throttled")),
        (json!({ "code": -509 }), Err("throttled")),
        (json!({ "code": -503 }), Err("server-error")),
        (json!({ "code": "-352" }), Err("refused")),
        (json!({ "code": 404, "trueCode": 0 }), Ok("404")),
        (
            json!({ "code": 404, "trueCode": -200, "forward": "/video/av2" }),
            Ok("-200"),
        ),
    ] {
        let got = read(
            &Mode::Random,
            &[],
            &json!({ "videoData": {}, "error": error }),
        );
        let got = got.map(|r| r.missing.unwrap()).map_err(|f| f.class());
        assert_eq!(got, want.map(str::to_owned), "{error}");
    }
}

#[test]
fn walks_turn_back_to_their_beginning_and_end() {
    let state = json!({ "videoData": archive(2, "a", ""), "related": [archive(3, "b", "")] });
    let html = html(&state);
    let step = |depth: u32| {
        let reading = read_at(URL, depth, &walk(), &[], &html).unwrap();
        reading.pages.first().map(|lead| (lead.depth, lead.rank))
    };
    let (first, second) = (step(0).unwrap(), step(1).unwrap());
    assert_eq!((first.0, second.0, second.1 - first.1), (1, 2, STEP_RANK));
    assert_eq!((step(DEEPEST), step(u32::MAX)), (None, None));
}

#[test]
fn random_pages_are_old_upload_numbers_each_once() {
    let mut place = Place::default();
    let mut seen = std::collections::HashSet::new();
    for planned in 0..50 {
        place.planned = planned;
        for lead in site().plan(&Mode::Random, place).unwrap() {
            let aid = bv::decode(lead.key.as_deref().unwrap()).unwrap();
            assert!((1..=DENSE).contains(&aid));
            let path = format!("/video/{}/", bv::encode(aid));
            assert_eq!(lead.url.path(), path, "by its number it may have no state");
            assert!(seen.insert(aid));
        }
    }
}

#[test]
fn seeds_are_urls_or_ids_of_videos() {
    let site = Bilibili::new(Bases::parse(&["http://127.0.0.1:9".to_owned()]).unwrap());
    let want = Some("http://127.0.0.1:9/video/BV17x411w7KC/");
    for (text, want) in [
        ("https://www.bilibili.com/video/BV17x411w7KC", want),
        (
            "https://www.bilibili.com/video/BV17x411w7KC/?p=2&spm=x",
            want,
        ),
        ("http://127.0.0.1:9/video/BV17x411w7KC/", want),
        ("BV17x411w7KC", want),
        ("av170001", want),
        ("AV170001", want),
        ("bv17x411w7KC", want),
        (" BV17x411w7KC\n", want),
        ("BV17x411w7KC/", want),
        ("BV17x411w7KC?p=2", want),
        ("av170001#reply1", want),
        ("www.bilibili.com/video/BV17x411w7KC", want),
        ("//m.bilibili.com/video/BV17x411w7KC", want),
        ("Bilibili.com/video/av170001", want),
        ("www.bilibili.com:443/video/av170001", want),
        ("https://www.bilibili.com/video/AV170001/", want),
        ("https://www.bilibili.com/video/av170001/index_2.html", want),
        ("https://www.bilibili.com/s/video/BV17x411w7KC", want),
        (
            "https://www.bilibili.com/festival/x?a=b&bvid=BV17x411w7KC",
            want,
        ),
        (
            "https://www.bilibili.com/list/watchlater?bvid=BV17x411w7KC&oid=170001",
            want,
        ),
        ("https://player.bilibili.com/player.html?aid=170001", want),
        ("https://b23.tv/BV17x411w7KC", want),
        ("b23.tv/av170001?share=1", want),
        ("av0", None),
        ("av18446744073709551615", None),
        ("BV17x41Fw7KC", None),
        ("https://www.bilibili.com/video/BV17x41Fw7KC/", None),
        ("https://b23.tv/a1B2c3D", None),
        ("https://b23.tv/", None),
        ("https://www.bilibili.com/bangumi/play/ep1", None),
        ("https://space.bilibili.com/170001", None),
        (
            "https://www.bilibili.com.example.org/video/BV17x411w7KC",
            None,
        ),
        ("https://example.org/?bvid=BV17x411w7KC", None),
        ("", None),
        ("ftp://www.bilibili.com/video/BV17x411w7KC", None),
        ("https://www.bilibili.com/", None),
        ("https://api.bilibili.com/video/BV17x411w7KC", None),
        ("http://127.0.0.1:10/video/BV17x411w7KC/", None),
        ("cats", None),
    ] {
        let page = site.video_page(text).map(|(url, _)| url.to_string());
        assert_eq!(page.as_deref(), want, "{text}");
        assert_eq!(site.check(&[text.to_owned()]).is_ok(), want.is_some());
    }
}

#[test]
fn image_hosts_share_one_pace_and_base_urls_stand_in_for_them() {
    let group = |site: &Bilibili, url: &str| site.group(&Url::parse(url).unwrap());
    for host in [
        "i0.hdslb.com",
        "i1.hdslb.com",
        "i2.hdslb.com",
        "archive.biliimg.com",
    ] {
        let (name, floor) = group(&site(), &format!("https://{host}/bfs/archive/a.jpg"));
        assert_eq!(
            (name.as_str(), floor),
            ("hdslb.com", IMAGE_FLOOR_MS),
            "{host}"
        );
    }
    for other in ["www.bilibili.com", "evilhdslb.com", "static.hdslb.com"] {
        let (name, floor) = group(&site(), &format!("https://{other}/"));
        assert_eq!(
            (name, floor),
            (format!("https://{other}:443"), PAGE_FLOOR_MS)
        );
    }
    let bases: Vec<_> = (1..=3).map(|n| format!("http://127.0.0.1:{n}")).collect();
    let played = Bilibili::new(Bases::parse(&bases).unwrap());
    let images = group(&played, "http://127.0.0.1:2/a").0;
    assert_eq!(group(&played, "http://127.0.0.1:3/a").0, images);
    assert_eq!(
        group(&played, "http://127.0.0.1:1/a").0,
        "http://127.0.0.1:1"
    );
    let resolve = |text: &str| {
        Site::Bilibili(played.clone())
            .resolve(text, None)
            .map(String::from)
            .map_err(|f| f.class())
    };
    assert_eq!(
        resolve("https://i0.hdslb.com/a"),
        Ok("http://127.0.0.1:2/a".to_owned())
    );
    assert_eq!(
        resolve("https://i1.hdslb.com/a"),
        Ok("http://127.0.0.1:3/a".to_owned())
    );
    assert_eq!(
        resolve("https://www.bilibili.com/a"),
        Ok("http://127.0.0.1:1/a".to_owned())
    );
    assert_eq!(
        resolve("https://api.bilibili.com/a"),
        Err("blocked-address")
    );
}

proptest! {
    #[test]
    fn no_page_makes_reading_panic(html: String, state: String) {
        let _ = read_html(&walk(), &["猫"], &html);
        let page = format!("<script>window.__INITIAL_STATE__={state}</script>");
        let _ = read_html(&walk(), &[], &page);
    }
}
