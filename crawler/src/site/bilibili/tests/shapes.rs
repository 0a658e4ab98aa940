//! Pages in the shapes that were met, and odd ones; all contents are invented.

use super::*;

/// As a page recommends: neither tags nor region nor date.
fn recommended(aid: u64, title: &str) -> Value {
    json!({
        "aid": aid, "cid": aid + 1, "bvid": bv::encode(aid), "duration": 61,
        "pic": format!("http://i1.hdslb.com/bfs/archive/{aid:040x}.jpg"), "title": title,
        "owner": { "name": "阿橘", "mid": 7 }, "stat": { "view": 2, "vt": 0 },
        "season_id": 0, "season_type": 0, "redirect_url": "", "enable_vt": 0,
    })
}

fn own(video: &Value) -> Reading {
    read(&Mode::Random, &[], &json!({ "videoData": video })).unwrap()
}

fn class(html: &str) -> Result<Option<String>, &'static str> {
    let reading = read_html(&Mode::Random, &[], html);
    reading.map(|r| r.missing).map_err(|fault| fault.class())
}

#[test]
fn a_page_without_state_is_a_captcha_only_if_it_says_so() {
    let titled = "<meta property=\"og:title\" content=\"x\">";
    let grey = "<!-- release 1 --><script>window._BiliGreyResult = { method: \"direct\" }</script>";
    for html in [
        "<title>验证码_哔哩哔哩</title><script>window._riskdata_={'v_voucher':'x'};</script>"
            .to_owned(),
        format!("<HTML><head>{grey}<SCRIPT>window._riskdata_ = {{ 'v_voucher': 'y' }}</SCRIPT>"),
        format!("{titled}<script>window._riskdata_={{}}</script>"),
        "<script>let a={\"v_voucher\":\"x\"}</script>".to_owned(),
        "<title>\n验证码_哔哩哔哩</title><div></div>".to_owned(),
    ] {
        let fault = read_html(&Mode::Random, &[], &html).unwrap_err();
        assert_eq!(fault, Fault::Captcha, "{html}");
    }
    for html in [
        String::new(),
        "<h1>hello</h1>".to_owned(),
        titled.to_owned(),
        // A video may be called so.
        format!("<title>验证码_哔哩哔哩_bilibili</title>{titled}"),
        format!("<title>v_voucher window._riskdata_</title>{titled}"),
        format!("{grey}<script>let risk = 'risk-captcha'</script>"),
        format!("{titled}<script>window.__INITIAL_STATE__=function(){{}};</script>"),
        format!("{titled}<script>window.__INITIAL_STATE__={{\"videoData\":</script>"),
        "<script>window.__INITIAL_STATE__=[]</script>".to_owned(),
        "<script>if(window.__INITIAL_STATE__=={})</script>".to_owned(),
        "{\"message\":\"no code\"}".to_owned(),
    ] {
        assert_eq!(class(&html), Err("not-understood"), "{html}");
    }
    assert_eq!(
        class("{\"code\":-352,\"data\":{\"v_voucher\":\"x\"}}"),
        Err("refused")
    );
    assert_eq!(class("{\"code\":-404}"), Ok(Some("-404".to_owned())));
}

#[test]
fn a_page_without_state_that_is_gone_or_of_a_series_is_a_miss() {
    let plain = "<html><title>第一话</title><meta property=\"og:title\" content=\"第一话\">";
    let linked = "<link rel=\"canonical\" href=\"//www.bilibili.com/bangumi/play/ep1\">";
    for (path, html) in [
        (
            "video/BV17x411w7KC/",
            "<title>视频去哪了呢？_哔哩哔哩_bilibili</title>".to_owned(),
        ),
        ("bangumi/play/ep1", plain.to_owned()),
        (
            "bangumi/play/ep1?from=x",
            "<div id=\"app\"></div>".to_owned(),
        ),
        ("cheese/play/ss2", String::new()),
        ("video/BV17x411w7KC/", format!("{plain}{linked}")),
    ] {
        let url = format!("https://www.bilibili.com/{path}");
        let reading = read_at(&url, 0, &walk(), &[], &html).unwrap();
        assert!(reading.missing.is_some_and(|why| !why.is_empty()), "{html}");
    }
    let series = read(&Mode::Random, &[], &json!({ "epInfo": {} })).unwrap();
    assert!(series.missing.is_some());
    let empty = json!({ "bvid": "BV17x411w7KC", "videoData": { "stat": {}, "owner": {} } });
    assert!(read(&Mode::Random, &[], &empty).unwrap().missing.is_some());
}

#[test]
fn the_state_is_found_with_blanks_around_its_sign_and_behind_other_uses_of_its_name() {
    let state = json!({ "videoData": archive(2, "a", "") });
    for html in [
        format!("<script>window.__INITIAL_STATE__ = {state};(function(){{}})()</script>"),
        format!("<script type=\"a\">\n window.__INITIAL_STATE__\n=\n{state}\n;</script>"),
        format!("<script>window.__INITIAL_STATE__==1||0;window.__INITIAL_STATE__={state}</script>"),
        format!(
            "<script>x(window.__INITIAL_STATE__)</script><script>window.__INITIAL_STATE__={state}"
        ),
        format!(
            "<script>window.__INITIAL_STATE__=e();</script><SCRIPT>window.__INITIAL_STATE__={state}</SCRIPT>"
        ),
    ] {
        assert_eq!(
            titles(&read_html(&Mode::Random, &[], &html).unwrap()),
            ["a"],
            "{html}"
        );
    }
}

#[test]
fn a_lone_surrogate_costs_one_letter_and_not_the_page() {
    let state =
        json!({ "videoData": archive(2, "猫LONE", ""), "related": [recommended(3, "LONE")] });
    let html = html(&state).replace("LONE", "\\ud83d");
    let reading = read_html(&walk(), &[], &html).unwrap();
    assert_eq!(titles(&reading), ["猫\u{fffd}", "\u{fffd}"]);
}

#[test]
fn no_odd_part_loses_a_video_whose_title_and_cover_are_there() {
    let odd = [
        json!(null),
        json!(5),
        json!(-1),
        json!(0.5),
        json!("x"),
        json!(""),
        json!([]),
        json!({}),
        json!(true),
        json!(i64::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1e300),
        json!("9223372036854775807"),
        json!([{}]),
        json!({ "mid": i64::MIN, "name": 5 }),
    ];
    let parts = [
        "title",
        "tname",
        "bvid",
        "pubdate",
        "duration",
        "owner",
        "pages",
        "stat",
        "redirect_url",
    ];
    for part in parts {
        for value in &odd {
            let mut video = archive(170_001, "a", "");
            video[part] = value.clone();
            let reading = own(&video);
            assert_eq!(reading.candidates.len(), 1, "{part}: {value}");
            assert_eq!(reading.candidates[0].key, "BV17x411w7KC", "{part}: {value}");
            let state = json!({ "videoData": archive(2, "b", ""), "related": [video] });
            assert_eq!(
                read(&walk(), &[], &state).unwrap().candidates.len(),
                2,
                "{part}: {value}"
            );
        }
    }
    for part in [
        "tags",
        "related",
        "error",
        "upData",
        "sectionEpisodes",
        "videoSections",
        "recommendList",
    ] {
        for value in odd.iter().filter(|v| part != "error" || !v.is_object()) {
            let state = json!({ "videoData": archive(2, "b", ""), part: value });
            let reading = read(&walk(), &[], &state).unwrap();
            assert_eq!(reading.candidates.len(), 1, "{part}: {value}");
        }
    }
}

#[test]
fn numbers_that_make_no_sense_are_not_there_and_others_may_be_texts() {
    let facts = |part: &str, value: Value| {
        let mut video = archive(2, "a", "");
        video[part] = value;
        let first = own(&video).candidates.remove(0);
        (first.published_at, first.duration_ms)
    };
    let day = Some(1_253_000_000_000);
    for (value, want) in [
        (json!("1253000000"), day),
        (json!(1_253_000_000.9), day),
        (json!(0), None),
        (json!(-5), None),
        (json!(1_253_000_000_000_i64), None),
        (json!(i64::MAX), None),
        (json!("soon"), None),
    ] {
        assert_eq!(
            facts("pubdate", value.clone()),
            (want, Some(61_000)),
            "{value}"
        );
    }
    for (value, want) in [
        (json!(60.5), Some(60_000)),
        (json!("60"), Some(60_000)),
        (json!(0), None),
        (json!(i64::MAX), None),
        (json!(9_223_372_036_854_776_i64), None),
    ] {
        assert_eq!(facts("duration", value.clone()), (day, want), "{value}");
    }
}

#[test]
fn what_a_videos_own_object_leaves_out_is_taken_from_beside_it() {
    let pic = "http://i0.hdslb.com/bfs/archive/a.jpg";
    for (state, owner) in [
        (
            json!({ "aid": "170001", "videoData": { "pic": pic } }),
            None,
        ),
        (
            json!({ "bvid": "BV17x411w7KC", "videoData": { "title": "a", "pic": pic, "bvid": null } }),
            None,
        ),
        (json!({ "videoData": { "title": "a", "pic": pic } }), None),
        (
            json!({ "upData": { "mid": "12", "name": "小满" }, "videoData": { "aid": 170_001, "pic": pic } }),
            Some("12"),
        ),
    ] {
        let reading = read(&Mode::Random, &[], &state).unwrap();
        let first = &reading.candidates[0];
        assert_eq!(
            (first.key.as_str(), first.owner.as_deref()),
            ("BV17x411w7KC", owner),
            "{state}"
        );
    }
}

#[test]
fn a_video_of_before_bv_ids_is_read() {
    let mut video = archive(170_001, "a", "音乐");
    video.as_object_mut().unwrap().remove("bvid");
    video["stat"] = json!({ "view": "--" });
    let state = json!({ "aid": "170001", "videoData": video, "related": [], "tags": [
        { "tag_id": 1, "tag_name": "合唱", "cover": "//static.hdslb.com/transparent.gif" } ], "error": {} });
    let reading = read(&walk(), &[], &state).unwrap();
    assert_eq!(reading.candidates[0].key, "BV17x411w7KC");
    assert_eq!(
        (reading.candidates[0].tags[0].as_str(), reading.skipped),
        ("合唱", 0)
    );
}

#[test]
fn a_festivals_page_tells_of_its_video_in_several_places() {
    let cover = |n: u32| format!("http://i0.hdslb.com/bfs/archive/fe{n}.jpg");
    let episode = |aid: u64, n: u32, who: &str| {
        json!({ "aid": aid, "bvid": bv::encode(aid), "title": "e", "cover": cover(n),
            "author": { "mid": 90 + n, "name": who, "face": "" } })
    };
    let mut state = json!({
        "title": "灯会", "activityKey": "lanterns",
        "sectionEpisodes": [episode(11, 1, "别人"), episode(9, 2, "小满")],
        "videoSections": [{ "episodes": [episode(9, 3, "小满")] }],
        "videoInfo": { "aid": 9, "title": "灯", "bvid": bv::encode(9), "upMid": 92, "upName": "小满",
            "pages": [{ "duration": 90 }, { "duration": 31 }], "pubdate": 1_600_000_000, "viewCount": 5 },
        "recommendList": { "relate_video": [
            { "arc": { "pubdate": 1_500_000_000, "author": { "mid": 5, "name": "丁" } },
              "aid": 12, "title": "灯下", "pic": cover(4), "duration": 33 } ] },
    });
    let reading = read(&walk(), &[], &state).unwrap();
    let (first, second) = (&reading.candidates[0], &reading.candidates[1]);
    assert_eq!(
        (first.title.as_str(), first.owner.as_deref()),
        ("灯", Some("92"))
    );
    assert_eq!(first.image_url, "https://i0.hdslb.com/bfs/archive/fe2.jpg");
    assert_eq!(
        (
            first.published_at,
            first.duration_ms,
            first.owner_name.as_deref()
        ),
        (Some(1_600_000_000_000), Some(121_000), Some("小满"))
    );
    assert_eq!(
        (
            second.key.as_str(),
            second.owner.as_deref(),
            second.published_at
        ),
        (bv::encode(12).as_str(), Some("5"), Some(1_500_000_000_000))
    );
    assert_eq!(
        (
            reading.candidates.len(),
            reading.pages.len(),
            reading.skipped
        ),
        (2, 1, 0)
    );
    state["videoInfo"]["pages"] = json!([{ "duration": i64::MAX }, { "duration": i64::MAX }]);
    state["videoInfo"]["upName"] = json!(7);
    let first = read(&Mode::Random, &[], &state)
        .unwrap()
        .candidates
        .remove(0);
    assert_eq!(
        (first.duration_ms, first.owner_name.as_deref()),
        (None, Some("小满"))
    );
}

#[test]
fn a_walk_takes_what_is_recommended_and_goes_on_there() {
    let gone = json!({ "aid": 5, "bvid": bv::encode(5), "title": "", "pic": "", "owner": {} });
    let related =
        json!([recommended(3, "cat nap"), recommended(4, "lathe"), gone, 7, { "title": "no id" }]);
    let state = json!({ "videoData": archive(2, "my CAT", ""), "related": related, "tags": [] });
    let all = read(&walk(), &[], &state).unwrap();
    assert_eq!(titles(&all), ["my CAT", "cat nap", "lathe"]);
    assert_eq!(
        (all.pages.len(), all.skipped),
        (3, 3),
        "a page of its own may tell more"
    );
    assert!(all.example.unwrap().contains("no cover"));
    let random = read(&Mode::Random, &[], &state).unwrap();
    assert_eq!((titles(&random), random.pages.len()), (vec!["my CAT"], 0));
    let odd = json!({ "videoData": archive(2, "a", ""), "related": { "list": [] } });
    assert_eq!(read(&walk(), &[], &odd).unwrap().skipped, 1);
}

#[test]
fn a_recommended_series_is_taken_and_not_stepped_to() {
    let mut series = recommended(3, "第一话");
    series["season_type"] = json!(1);
    series["redirect_url"] = json!("https://www.bilibili.com/bangumi/play/ep1");
    let state =
        json!({ "videoData": archive(2, "a", ""), "related": [series, recommended(4, "b")] });
    let reading = read(&walk(), &[], &state).unwrap();
    assert_eq!((reading.candidates.len(), reading.pages.len()), (3, 1));
}

#[test]
fn words_are_looked_for_in_titles_and_elsewhere_on_the_videos_own_page() {
    let related = json!([recommended(3, "cat nap"), recommended(4, "午睡")]);
    let state = |region: &str, tag: &str| {
        json!({ "videoData": archive(2, "nap", region), "tags": [{ "tag_name": tag }, { "tag_name": 3 }, 5],
            "related": related })
    };
    let at = |depth: u32, state: &Value| {
        let keywords = ["cat".to_owned(), "猫".to_owned(), "喵".to_owned()];
        read_at(URL, depth, &walk(), &keywords, &html(state)).unwrap()
    };
    for (state, takes) in [
        (state("喵星人", "日常"), true),
        (state("", "流浪猫"), true),
        (state("", ""), false),
    ] {
        let reading = at(1, &state);
        let want = if takes {
            vec!["nap", "cat nap"]
        } else {
            vec!["cat nap"]
        };
        assert_eq!(titles(&reading), want);
        let keys: Vec<_> = reading
            .pages
            .iter()
            .map(|lead| lead.key.as_deref().unwrap())
            .collect();
        let (told, untold) = (bv::encode(3), bv::encode(4));
        match takes {
            // Only its own page can tell, and it comes after all whose titles do.
            true => {
                assert_eq!(keys, [told, untold]);
                assert!(reading.pages[1].rank - reading.pages[0].rank > UNTOLD_RANK / 2);
            }
            false => assert_eq!(keys, [told], "the walk would lose its subject"),
        }
        assert_eq!(at(0, &state).pages.len(), 2, "a walk begins in any case");
    }
}

proptest! {
    #[test]
    fn no_state_makes_reading_panic(part in "[a-zA-Z]{1,12}", number: i64, float: f64, depth: u32) {
        let odd = json!([number, float, number.to_string(), { &part: number }, [part.clone()]]);
        let names = ["aid", "bvid", "pic", "title", "pubdate", "duration", "owner", "pages", "tname"];
        let object = |n: usize| -> Value {
            names.iter().enumerate().map(|(at, name)| ((*name).to_owned(), odd[(n + at) % 5].clone()))
                .collect::<serde_json::Map<_, _>>().into()
        };
        for n in 0..5 {
            let state = json!({ "videoData": object(n), "related": [object(n + 1), odd[n]],
                "error": { "code": odd[n] }, "tags": odd, "recommendList": { "relate_video": odd } });
            let _ = read_at(URL, depth, &walk(), &["x".to_owned()], &html(&state));
        }
    }
}
