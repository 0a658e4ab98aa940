use super::*;
use crate::site::Site;
use serde_json::json;

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

#[test]
fn the_best_cover_is_the_largest_thumbnail_then_the_preview_then_the_small_one() {
    let thumbnails = json!([
        { "fileUrl": "https://cdn.example/s.jpg", "width": 280, "height": 157 },
        { "fileUrl": "https://cdn.example/l.jpg", "width": 850, "height": 480 },
        { "width": 9000, "height": 9000 },
    ]);
    for (fields, want) in [
        (
            json!({ "thumbnails": thumbnails, "previewPath": "/p.jpg" }),
            Some("https://cdn.example/l.jpg"),
        ),
        (
            json!({ "thumbnails": [], "previewPath": "/p.jpg", "thumbnailPath": "/t.jpg" }),
            Some("https://video.example/p.jpg"),
        ),
        (
            json!({ "previewPath": null, "thumbnailPath": "/t.jpg" }),
            Some("https://video.example/t.jpg"),
        ),
        (json!({ "previewPath": "", "thumbnailPath": null }), None),
    ] {
        let mut video = json!({ "uuid": "u", "name": "n" });
        for (key, value) in fields.as_object().unwrap() {
            video[key] = value.clone();
        }
        let reading = read(&Mode::Random, LIST, &json!({ "total": 1, "data": [video] })).unwrap();
        let got = reading.candidates.first().map(|c| c.image_url.as_str());
        assert_eq!((got, reading.skipped), (want, u32::from(want.is_none())));
    }
}

#[test]
fn a_video_is_read_whole_and_its_texts_are_cleaned() {
    let video = json!({
        "uuid": "6050732a", "url": "https://far.example/videos/watch/6050732a",
        "name": "a\u{202e}b\n<c>", "duration": 61, "publishedAt": "2025-12-17T19:33:20.000Z",
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
    for body in [json!({}), json!({ "error": "no" }), json!([]), json!("x")] {
        let fault = read(&Mode::Random, LIST, &body).unwrap_err();
        assert_eq!(fault.class(), "not-understood", "{body}");
    }
}

#[test]
fn random_windows_cover_the_whole_instance_and_come_once() {
    let mut place = Place::default();
    let plan = |place: Place| site(&[]).plan(&Mode::Random, place);
    let first = plan(place).unwrap();
    assert!(
        first[0].url.as_str().contains("start=0&count=1&"),
        "{}",
        first[0].url
    );
    place.planned = 1;
    assert_eq!(
        plan(place),
        None,
        "nothing to draw from before the total is known"
    );
    place.total = Some(95);
    let mut starts = Vec::new();
    while let Some(leads) = plan(place) {
        let mut pairs = leads[0].url.query_pairs();
        starts.push(
            pairs
                .find(|(name, _)| name == "start")
                .unwrap()
                .1
                .parse::<u64>()
                .unwrap(),
        );
        assert!(leads[0].url.as_str().contains("isLocal=true"));
        place.planned += 1;
    }
    starts.sort_unstable();
    assert_eq!(starts, (0..10).map(|n| n * 10).collect::<Vec<_>>());
}

#[test]
fn the_request_for_the_total_brings_no_video() {
    let video = json!({ "uuid": "u", "previewPath": "/p.jpg" });
    let url = "https://video.example/api/v1/videos?start=0&count=1&isLocal=true";
    let body = json!({ "total": 9, "data": [video] });
    let reading = read(&Mode::Random, url, &body).unwrap();
    assert_eq!((reading.candidates.len(), reading.total), (0, Some(9)));
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
