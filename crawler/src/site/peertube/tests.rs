use super::*;
use crate::site::{Candidate, Site};
use serde_json::json;

mod spread;

fn site(bases: &[&str]) -> Peertube {
    let bases: Vec<_> = bases.iter().map(|b| (*b).to_owned()).collect();
    Peertube::new("video.example", Bases::parse(&bases).unwrap()).unwrap()
}

fn read(mode: &Mode, url: &str, body: &Value) -> Result<Reading, Fault> {
    let (url, bytes) = (Url::parse(url).unwrap(), body.to_string());
    site(&[]).read(
        mode,
        Body {
            url: &url,
            bytes: bytes.as_bytes(),
            kind: Kind::List,
            depth: 0,
            seed: 1,
        },
    )
}

const LIST: &str = "https://video.example/api/v1/videos?start=20&count=10";

/// A video with an id, a title, a preview and these fields.
fn video(fields: &Value) -> Value {
    let mut video = json!({ "uuid": "u", "name": "n", "previewPath": "/p.jpg" });
    for (key, value) in fields.as_object().unwrap() {
        video[key] = value.clone();
    }
    video
}

fn read_one(fields: &Value) -> Reading {
    let list = json!({ "total": 1, "data": [video(fields)] });
    read(&Mode::Search("cat".into()), LIST, &list).unwrap()
}

fn sized(name: &str, width: u32, height: u32, ratio: &str) -> Value {
    json!({ "fileUrl": format!("/{name}.jpg"), "width": width, "height": height, "aspectRatio": ratio })
}

#[test]
fn the_cover_is_the_smallest_wide_picture_that_is_large_enough_and_a_square_one_only_in_need() {
    let (xs, s, m, l) = (
        sized("xs", 280, 157, "16:9"),
        sized("s", 850, 480, "16:9"),
        sized("m", 1280, 720, "16:9"),
        sized("l", 1920, 1080, "16:9"),
    );
    let square = sized("square", 1400, 1400, "1:1");
    let four_thirds = sized("43", 640, 480, "4:3");
    let bare = |name: &str, ratio: Value| json!({ "fileUrl": format!("/{name}.jpg"), "width": null, "height": null, "aspectRatio": ratio });
    let paths = |preview: Value, small: Value, thumbnails: Value| json!({ "previewPath": preview, "thumbnailPath": small, "thumbnails": thumbnails });
    let listed = |thumbnails: Value| paths(Value::Null, Value::Null, thumbnails);
    for (fields, want) in [
        (listed(json!([square, l, xs, s, m])), Some("s")),
        (listed(json!([m, square, s])), Some("s")),
        (
            paths(json!("/p.jpg"), json!("/t.jpg"), json!([l, square, xs])),
            Some("l"),
        ),
        (
            listed(json!([xs, sized("480", 480, 270, "16:9"), s])),
            Some("480"),
        ),
        // None is large enough: the largest of them.
        (
            paths(json!("/p.jpg"), json!("/t.jpg"), json!([square, xs])),
            Some("p"),
        ),
        (
            listed(json!([square, xs, sized("2xs", 140, 79, "16:9")])),
            Some("xs"),
        ),
        (listed(json!([square, four_thirds])), Some("43")),
        (listed(json!([four_thirds, xs])), Some("xs")),
        (listed(json!([square])), Some("square")),
        (
            paths(json!("/p.jpg"), Value::Null, json!([square])),
            Some("p"),
        ),
        (
            paths(Value::Null, json!("/t.jpg"), json!([square])),
            Some("t"),
        ),
        // Sizes that make no sense are not there; the ratio still is.
        (
            listed(json!([
                bare("square", json!("1:1")),
                bare("wide", json!("16:9"))
            ])),
            Some("wide"),
        ),
        (
            listed(json!([bare("wide", json!(1.7778)), square])),
            Some("wide"),
        ),
        (
            listed(json!([square, bare("unknown", Value::Null)])),
            Some("unknown"),
        ),
        (
            listed(json!([
                json!({ "fileUrl": "/big.jpg", "width": u64::MAX, "height": i64::MAX }),
                s
            ])),
            Some("s"),
        ),
        (
            listed(json!([
                json!({ "fileUrl": "/text.jpg", "width": "850", "height": 480.0 }),
                l
            ])),
            Some("text"),
        ),
        (listed(json!([sized("zero", 0, 0, "0:0")])), Some("zero")),
        (
            listed(json!([json!({ "width": 850, "height": 480 }), 5, null, s])),
            Some("s"),
        ),
        (
            listed(json!([
                json!({ "fileUrl": "data:image/png;base64,AA", "width": 850, "height": 480 }),
                xs
            ])),
            Some("xs"),
        ),
        (listed(json!("none")), None),
        // Before 8.1.
        (
            json!({ "previewPath": "/p.jpg", "thumbnailPath": "/t.jpg" }),
            Some("p"),
        ),
        (
            json!({ "previewPath": null, "thumbnailPath": "/t.jpg" }),
            Some("t"),
        ),
        (
            json!({ "previewPath": 7, "thumbnailPath": "2025-12-17" }),
            None,
        ),
        (
            json!({ "previewPath": 7, "thumbnailPath": "/t.jpg" }),
            Some("t"),
        ),
        (json!({ "previewPath": "", "thumbnailPath": null }), None),
    ] {
        let reading = read_one(&fields);
        let got = reading.candidates.first().map(|c| c.image_url.clone());
        let want = want.map(|name| format!("https://video.example/{name}.jpg"));
        assert_eq!(got, want, "{fields}");
        assert_eq!(reading.skipped, u32::from(want.is_none()), "{fields}");
        assert_eq!(reading.example.is_some(), want.is_none(), "{fields}");
    }
}

#[test]
fn a_field_of_an_odd_type_is_not_there_and_the_video_is_kept() {
    let whole = || Candidate {
        key: "u".into(),
        url: "https://video.example/w/u".into(),
        title: "n".into(),
        image_url: "https://video.example/p.jpg".into(),
        ask: "https://video.example/p.jpg".into(),
        ..Candidate::default()
    };
    let titled = |title: &str| Candidate {
        title: title.into(),
        ..whole()
    };
    let long = |duration_ms| Candidate {
        duration_ms,
        ..whole()
    };
    let on = |published_at| Candidate {
        published_at,
        ..whole()
    };
    let by = |owner: Option<&str>, name: Option<&str>| Candidate {
        owner: owner.map(str::to_owned),
        owner_name: name.map(str::to_owned),
        ..whole()
    };
    let keyed = |key: &str| Candidate {
        key: key.into(),
        url: format!("https://video.example/w/{key}"),
        ..whole()
    };
    for (fields, want) in [
        (json!({ "name": null }), titled("")),
        (json!({ "name": 5 }), titled("5")),
        (json!({ "name": ["n"] }), titled("")),
        (json!({ "duration": 12.5 }), long(Some(12_500))),
        (json!({ "duration": "60" }), long(Some(60_000))),
        (json!({ "duration": i64::MAX }), long(None)),
        (json!({ "duration": u64::MAX }), long(None)),
        (json!({ "duration": 1e300 }), long(None)),
        (json!({ "duration": -1 }), long(None)),
        (json!({ "duration": { "s": 1 } }), long(None)),
        (
            json!({ "publishedAt": 1_766_000_000 }),
            on(Some(1_766_000_000_000)),
        ),
        (
            json!({ "publishedAt": "2025-12-17T19:33:20Z" }),
            on(Some(1_766_000_000_000)),
        ),
        (json!({ "publishedAt": i64::MAX }), on(None)),
        (json!({ "publishedAt": "lately" }), on(None)),
        (json!({ "account": [] }), by(None, None)),
        (json!({ "account": "mira" }), by(None, None)),
        (
            json!({ "account": { "name": 5, "host": "x" } }),
            by(Some("5@x"), None),
        ),
        (
            json!({ "account": { "name": null, "host": "x", "displayName": "M" } }),
            by(None, Some("M")),
        ),
        (
            json!({ "account": { "name": "m", "host": "x", "displayName": 7 } }),
            by(Some("m@x"), Some("7")),
        ),
        (
            json!({ "tags": ["a", null, 3, ["b"]] }),
            Candidate {
                tags: vec!["a".into(), "3".into()],
                ..whole()
            },
        ),
        (json!({ "tags": "a" }), whole()),
        (json!({ "url": 5 }), whole()),
        (json!({ "url": null }), whole()),
        (
            json!({ "isLive": "no", "isLocal": null, "nsfw": null }),
            whole(),
        ),
        (json!({ "uuid": null, "shortUUID": "s" }), keyed("s")),
        (json!({ "uuid": "", "id": 12 }), keyed("12")),
    ] {
        let reading = read_one(&fields);
        assert_eq!(reading.candidates, [want], "{fields}");
        assert_eq!((reading.skipped, reading.example), (0, None), "{fields}");
    }
}

#[test]
fn what_is_dropped_is_counted_with_an_example() {
    let odd = json!([video(&json!({ "uuid": null })), 3, null, video(&json!({}))]);
    let list = json!({ "total": 4, "data": odd });
    let reading = read(&Mode::Search("cat".into()), LIST, &list).unwrap();
    assert_eq!((reading.candidates.len(), reading.skipped), (1, 3));
    let example = reading.example.unwrap();
    assert!(example.starts_with("a video without an id: {"), "{example}");
}

#[test]
fn what_an_instance_lists_against_our_wish_is_left_out() {
    let all = json!({ "total": 5, "data": [
        video(&json!({ "uuid": "own", "isLocal": true, "isLive": false, "nsfw": false })),
        video(&json!({ "uuid": "far", "isLocal": false })),
        video(&json!({ "uuid": "live", "isLive": true })),
        video(&json!({ "uuid": "adult", "nsfw": true })),
        video(&json!({ "uuid": "unsaid" })),
    ] });
    for (nsfw, param, want) in [
        (Nsfw::Exclude, "nsfw=false", vec!["own", "unsaid"]),
        (Nsfw::Include, "nsfw=both", vec!["own", "adult", "unsaid"]),
        (Nsfw::Only, "nsfw=true", vec!["adult", "unsaid"]),
    ] {
        let site = site(&[]).with_nsfw(nsfw);
        for mode in [Mode::Random, Mode::Search("cat".into())] {
            let url = site.plan(&mode, Place::default()).unwrap().remove(0).url;
            for part in ["isLocal=true", "isLive=false", param] {
                assert!(url.as_str().contains(part), "{url}");
            }
        }
        let url = Url::parse(LIST).unwrap();
        let bytes = all.to_string();
        let body = Body {
            url: &url,
            bytes: bytes.as_bytes(),
            kind: Kind::List,
            depth: 0,
            seed: 1,
        };
        let reading = site.read(&Mode::Search("cat".into()), body).unwrap();
        let keys: Vec<_> = reading.candidates.iter().map(|c| c.key.as_str()).collect();
        assert_eq!(keys, want);
        assert_eq!(reading.skipped as usize, 5 - want.len());
    }
}

#[test]
fn words_are_searched_for_and_nothing_else() {
    let peertube = Site::Peertube(site(&[]));
    for (text, fits) in [
        ("cat", true),
        ("cat http://x", true),
        ("httpcat", true),
        ("猫", true),
        ("", false),
        (" \t", false),
        ("http://far.example/w/x", false),
        (" HTTPS://far.example/w/x", false),
    ] {
        let checked = peertube.supports(&Mode::Search(text.into()));
        assert_eq!(checked.is_ok(), fits, "{text:?}");
        if let Err(failure) = checked {
            assert_eq!(failure.exit, cli::Exit::Usage);
        }
    }
}

#[test]
fn a_choice_of_peertubes_is_none_for_other_sites() {
    let bilibili = || Site::parse("bilibili", Bases::default()).unwrap();
    assert!(bilibili().with_nsfw(Nsfw::Exclude).is_ok());
    for nsfw in [Nsfw::Include, Nsfw::Only] {
        let failure = bilibili().with_nsfw(nsfw).unwrap_err();
        assert_eq!(failure.exit, cli::Exit::Usage);
        assert!(Site::Peertube(site(&[])).with_nsfw(nsfw).is_ok());
    }
}

#[test]
fn a_video_is_read_whole_and_its_texts_are_cleaned() {
    let video = json!({
        "uuid": "6050732a", "url": "https://far.example/videos/watch/6050732a",
        "name": "a\u{202e}b\n<c>", "duration": 61, "isLocal": true, "publishedAt": "2025-12-17T19:33:20.000Z",
        "account": { "name": "mira", "displayName": "Mira\u{0}", "host": "far.example" },
        "tags": ["cat\u{200b}"], "previewPath": "/lazy-static/previews/x.jpg",
    });
    let reading = read(
        &Mode::Search("cat".into()),
        LIST,
        &json!({ "total": 7, "data": [video, 3] }),
    )
    .unwrap();
    let want = Candidate {
        key: "6050732a".into(),
        url: "https://far.example/videos/watch/6050732a".into(),
        title: "ab <c>".into(),
        owner: Some("mira@far.example".into()),
        owner_name: Some("Mira".into()),
        published_at: Some(1_766_000_000_000),
        duration_ms: Some(61_000),
        tags: vec!["cat".into()],
        image_url: "https://video.example/lazy-static/previews/x.jpg".into(),
        ask: "https://video.example/lazy-static/previews/x.jpg".into(),
    };
    assert_eq!(
        (reading.candidates, reading.total, reading.skipped),
        (vec![want], Some(7), 1)
    );
}

#[test]
fn an_address_of_a_page_that_is_none_is_replaced() {
    let video = json!({ "uuid": "u1", "url": "javascript:alert(1)", "previewPath": "/p.jpg" });
    let reading = read(&Mode::Random, LIST, &json!({ "total": 1, "data": [video] })).unwrap();
    assert_eq!(reading.candidates[0].url, "https://video.example/w/u1");
}

#[test]
fn what_is_no_list_is_not_understood() {
    for body in [
        json!({}),
        json!({ "error": "no" }),
        json!({ "data": {} }),
        json!([]),
        json!("x"),
    ] {
        let fault = read(&Mode::Random, LIST, &body).unwrap_err();
        assert_eq!(fault.class(), "not-understood", "{body}");
    }
}

#[test]
fn a_random_crawl_asks_for_the_total_and_then_draws() {
    let mut place = Place::default();
    let plan = |place: Place| site(&[]).plan(&Mode::Random, place);
    let first = plan(place).unwrap();
    let url = first[0].url.as_str();
    assert!(url.contains("start=0&count=1&sort=-duration&"), "{url}");
    place.planned = 1;
    assert_eq!(plan(place), None, "nothing to draw from without a total");
    place.total = Some(95);
    let all = plan(place).unwrap();
    let url = all[0].url.as_str();
    assert!(url.contains("start=0&count=100&"), "{url}");
    place.planned = 2;
    assert_eq!(plan(place), None, "that was all");
}

#[test]
fn the_request_for_the_total_brings_no_video() {
    let url = "https://video.example/api/v1/videos?start=0&count=1&isLocal=true";
    let body = json!({ "total": 9, "data": [video(&json!({}))] });
    let reading = read(&Mode::Random, url, &body).unwrap();
    assert_eq!((reading.candidates.len(), reading.total), (0, Some(9)));
}

#[test]
fn a_total_of_an_odd_type_is_still_one() {
    let url = "https://video.example/api/v1/videos?start=0&count=1&isLocal=true";
    for total in [json!(9), json!(9.0), json!("9")] {
        let body = json!({ "total": total, "data": [] });
        let reading = read(&Mode::Random, url, &body).unwrap();
        assert_eq!(reading.total, Some(9), "{total}");
    }
}

#[test]
fn a_total_that_makes_no_sense_is_not_there() {
    let url = "https://video.example/api/v1/videos?start=0&count=1&isLocal=true";
    let search = "https://video.example/api/v1/search/videos?search=cat&start=200&count=100";
    let mode = Mode::Search("cat".into());
    for total in [
        json!(u64::MAX),
        json!(i64::MAX),
        json!(-1),
        json!(1e30),
        json!("many"),
        Value::Null,
    ] {
        let body = |n: usize| json!({ "total": total, "data": vec![video(&json!({})); n] });
        let fault = read(&Mode::Random, url, &body(1)).unwrap_err();
        assert_eq!(
            fault.class(),
            "not-understood",
            "nothing can be drawn: {total}"
        );
        // A search goes on for as long as its answers are full.
        for (came, reached) in [(100, 301), (36, 236), (0, 200)] {
            let reading = read(&mode, search, &body(came)).unwrap();
            assert_eq!(reading.total, Some(reached), "{total} {came}");
            assert_eq!(reading.candidates.len(), came);
        }
    }
    let empty = json!({ "total": 5000, "data": [] });
    let reading = read(&mode, search, &empty).unwrap();
    assert_eq!(
        reading.total,
        Some(200),
        "behind the last hit there is none"
    );
}

#[test]
fn a_part_of_a_list_that_is_gone_is_a_miss() {
    let url = "https://video.example/api/v1/videos?start=900&count=81&isLocal=true";
    let reading = read(&Mode::Random, url, &json!({ "total": 850, "data": [] })).unwrap();
    assert!(reading.missing.is_some());
    assert_eq!(reading.total, Some(850));
}

#[test]
fn a_search_goes_on_page_by_page_to_its_end() {
    let mut place = Place::default();
    let mode = Mode::Search("cat & kitten".into());
    let mut urls = Vec::new();
    place.total = Some(250);
    while let Some(leads) = site(&[]).plan(&mode, place) {
        urls.push(leads[0].url.to_string());
        place.planned += 1;
    }
    assert_eq!(urls.len(), 3);
    assert!(
        urls[2].contains("search=cat+%26+kitten&start=200&count=100&searchTarget=local"),
        "{}",
        urls[2]
    );
}

#[test]
fn a_base_url_stands_in_for_the_instance() {
    let lead = |bases: &[&str], host: &str| {
        let bases: Vec<_> = bases.iter().map(|b| (*b).to_owned()).collect();
        let site = Peertube::new(host, Bases::parse(&bases).unwrap()).unwrap();
        crate::origin::origin(&site.probe())
    };
    assert_eq!(lead(&[], "video.example"), "https://video.example:443");
    assert_eq!(
        lead(&["http://127.0.0.1:9"], "video.example"),
        "http://127.0.0.1:9"
    );
    let two = ["http://127.0.0.1:9", "http://127.0.0.1:10"];
    assert_eq!(lead(&two, "127.0.0.1:10"), "http://127.0.0.1:10");
    for bad in ["", "a/b", "a?b", "me@a", "a b"] {
        assert!(Peertube::new(bad, Bases::default()).is_err(), "{bad}");
    }
}

#[test]
fn addresses_stay_within_an_imitation_and_become_https_outside_of_one() {
    let resolve = |bases: &[&str], text: &str| {
        let page = Url::parse("http://127.0.0.1:9/api").unwrap();
        let resolved = Site::Peertube(site(bases)).resolve(text, Some(&page));
        resolved.map(String::from).map_err(|fault| fault.class())
    };
    let imitation = ["http://127.0.0.1:9"];
    for (text, want) in [
        ("/p.jpg", Ok("http://127.0.0.1:9/p.jpg")),
        ("https://127.0.0.1:9/p.jpg", Ok("http://127.0.0.1:9/p.jpg")),
        (
            "https://video.example/p.jpg",
            Ok("http://127.0.0.1:9/p.jpg"),
        ),
        ("https://cdn.example/p.jpg", Err("blocked-address")),
        ("http://127.0.0.1:10/p.jpg", Err("blocked-address")),
        ("file:///etc/passwd", Err("bad-redirect")),
        ("http://", Err("bad-redirect")),
    ] {
        assert_eq!(resolve(&imitation, text), want.map(str::to_owned), "{text}");
    }
    assert_eq!(
        resolve(&[], "http://cdn.example/p.jpg"),
        Ok("https://cdn.example/p.jpg".to_owned())
    );
}
