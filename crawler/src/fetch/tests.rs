use super::*;

const NOW: i64 = 1_766_000_000_000;

fn answer(status: u16, headers: &[(&'static str, &str)]) -> Answer {
    let headers = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    Answer {
        status,
        headers,
        body: Vec::new(),
    }
}

#[test]
fn each_status_is_one_fault() {
    for (status, class) in [
        (200, None),
        (301, None),
        (400, Some("status")),
        (401, Some("forbidden")),
        (403, Some("forbidden")),
        (404, Some("not-found")),
        (408, Some("timeout")),
        (410, Some("gone")),
        (412, Some("refused")),
        (418, Some("status")),
        (429, Some("throttled")),
        (451, Some("forbidden")),
        (500, Some("server-error")),
        (502, Some("server-error")),
        (503, Some("unavailable")),
        (504, Some("server-error")),
    ] {
        let fault = answer(status, &[]).check(NOW).err();
        assert_eq!(fault.map(|f| f.class()), class, "{status}");
    }
}

#[test]
fn a_retry_after_is_seconds_or_a_date_in_any_form_that_servers_send() {
    let ten = Some(NOW + 10_000);
    for (text, want) in [
        ("120", Some(NOW + 120_000)),
        (" 0 ", Some(NOW)),
        ("1.5", Some(NOW + 1500)),
        ("0.0625", Some(NOW + 62)),
        ("Wed, 17 Dec 2025 19:33:30 GMT", ten),
        ("Wed, 17 Dec 2025 19:33:10 GMT", Some(NOW - 10_000)),
        ("Wednesday, 17-Dec-25 19:33:30 GMT", ten),
        ("Wed Dec 17 19:33:30 2025", ten),
        ("Wed, 17 Dec 2025 19:33:30 gmt", ten),
        ("Mon, 17 Dec 2025 19:33:30 GMT", ten),
        ("Wed, 17 dec 2025 19:33:30 UTC", ten),
        ("17 Dec 2025 19:33:30 GMT", ten),
        ("Wed, 17 Dec 2025 21:33:30 +0200", ten),
        ("Wed, 17 Dec 2025 14:03:30 -0530", ten),
        ("Wed, 17 Dec 2025 11:33:30 PST", ten),
        ("2025-12-17T19:33:30Z", ten),
        ("2025-12-17T21:33:30.000+02:00", ten),
        ("4294967296", Some(NOW + 4_294_967_296_000)),
        ("99999999999999999999", None),
        ("9223372036854775807", None),
        ("9223372036854775807.5", None),
        ("30, 120", Some(NOW + 120_000)),
        ("30, soon", None),
        ("-5", None),
        ("+5", None),
        (".", None),
        (".5", None),
        ("1e3", None),
        ("soon", None),
        ("", None),
        ("Wed, 17 Nil 2025 19:33:30 GMT", None),
    ] {
        assert_eq!(said::retry_after(text, NOW), want, "{text}");
        let fault = answer(429, &[("retry-after", text)])
            .check(NOW)
            .unwrap_err();
        assert!(
            matches!(fault, Fault::Throttled { until, .. } if until == want),
            "{text}"
        );
    }
}

#[test]
fn rate_headers_count_when_all_three_are_there() {
    let three = |reset: &'static str| {
        answer(
            200,
            &[
                ("x-ratelimit-limit", "50"),
                ("x-ratelimit-remaining", "3"),
                ("x-ratelimit-reset", reset),
            ],
        )
    };
    let want = |reset| {
        Some(Quota {
            limit: 50,
            remaining: 3,
            reset,
        })
    };
    for (reset, moment) in [
        ("1766000007", 1_766_000_007_000),
        ("1766000007000", 1_766_000_007_000),
        ("7", NOW + 7000),
        ("-7", NOW - 7000),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", NOW.saturating_add(i64::MIN)),
    ] {
        assert_eq!(three(reset).quota(NOW), want(moment), "{reset}");
    }
    for none in ["x", "", "9223372036854775808"] {
        assert_eq!(three(none).quota(NOW), None, "{none}");
    }
    assert_eq!(answer(200, &[("x-ratelimit-limit", "50")]).quota(NOW), None);
}

#[test]
fn opting_out_of_training_is_understood_when_it_is_meant_for_us() {
    for (tag, want) in [
        ("noai", true),
        ("noindex, noImageAI", true),
        ("max-snippet:-1, noai", true),
        ("max-image-preview: large, noimageai", true),
        ("unavailable_after: 25 Jun 2030 15:00:00 PST, noai", true),
        (
            "unavailable_after: Tue, 25 Jun 2030 15:00:00 GMT, noai",
            true,
        ),
        ("unavailable_after: 2030-06-25T15:00:00+00:00, noai", true),
        ("whisker: noai", true),
        ("Whisker/1.0: noindex, noai", true),
        ("*: noai", true),
        ("otherbot: noindex, whisker: noai", true),
        ("otherbot, whisker: noai", true),
        ("noai, otherbot: noindex", true),
        ("noindex; noai", true),
        ("otherbot: noai", false),
        ("otherbot: noindex, noai", false),
        ("whisker: noindex, otherbot: noai", false),
        ("otherbot: max-snippet: 5, noai", false),
        ("whiskerbot: noai", false),
        ("noindex", false),
        ("noairplanes", false),
        ("", false),
    ] {
        let got = answer(200, &[("x-robots-tag", tag)]).opt_out();
        assert_eq!(got.is_some(), want, "{tag}");
    }
    let mut two = answer(200, &[("x-robots-tag", "otherbot: noindex")]);
    two.headers.append("x-robots-tag", "noai".parse().unwrap());
    assert_eq!(two.opt_out().as_deref(), Some("noai"));
    let bytes = HeaderValue::from_bytes(b"caf\xe9, noai").unwrap();
    let mut odd = answer(200, &[]);
    odd.headers.insert("x-robots-tag", bytes);
    assert_eq!(odd.opt_out().as_deref(), Some("noai"));
}

#[test]
fn a_redirect_names_its_place_in_bytes_and_without_one_is_none() {
    let place = |bytes: &[u8]| {
        let mut answer = answer(302, &[]);
        let value = HeaderValue::from_bytes(bytes).unwrap();
        answer.headers.insert(LOCATION, value);
        answer.location()
    };
    for (bytes, want) in [
        (&b"/a%20b"[..], "/a%20b"),
        (" /猫 ".as_bytes(), "/%E7%8C%AB"),
        (b"/caf\xe9", "/caf%E9"),
    ] {
        assert_eq!(place(bytes), Ok(Some(want.to_owned())));
    }
    assert_eq!(answer(200, &[("location", "/x")]).location(), Ok(None));
    for none in [answer(301, &[]).location(), place(b" ")] {
        assert_eq!(none.map_err(|fault| fault.class()), Err("bad-redirect"));
    }
}

#[test]
fn what_is_declared_the_same_for_long_is_known_until_when() {
    const DAY: i64 = 86_400_000;
    for (control, days) in [
        ("public, max-age=31536000", Some(365)),
        ("max-age=\"31536000\"", Some(365)),
        ("immutable", Some(365)),
        ("Max-Age=2592000, IMMUTABLE", Some(30)),
        ("max-age=9223372036854775807", Some(365)),
        ("max-age=7200", None),
        ("max-age=60, immutable", None),
        ("max-age=31536000, no-cache", None),
        ("no-store, immutable", None),
        ("max-age=-1", None),
        ("max-age=99999999999999999999", None),
        ("s-maxage=31536000", None),
        ("", None),
    ] {
        let version = answer(200, &[("cache-control", control)]).version(NOW);
        let want = days.map(|days| NOW + days * DAY);
        assert_eq!(version.same_until, want, "{control}");
    }
}

#[test]
fn only_public_places_and_the_ports_of_base_urls_are_asked() {
    let bases = Bases::parse(&[
        "http://127.0.0.1:8080".into(),
        "http://pictures.internal:81".into(),
    ])
    .unwrap();
    for (url, allowed) in [
        ("https://1.1.1.1/a", true),
        ("https://example.org/a", true),
        ("http://127.0.0.1:8080/a", true),
        ("http://pictures.internal:81/a", true),
        ("http://127.0.0.1:8081/a", false),
        ("http://pictures.internal/a", false),
        ("http://0x7f.1/a", false),
        ("http://2130706433/a", false),
        ("http://[::1]/a", false),
        ("http://[::ffff:10.0.0.1]/a", false),
        ("http://169.254.169.254/latest/meta-data/", false),
    ] {
        let fault = check_address(&Url::parse(url).unwrap(), &bases).err();
        assert_eq!(fault.is_none(), allowed, "{url}");
        assert!(
            fault.is_none_or(|f| f.class() == "blocked-address"),
            "{url}"
        );
    }
}
