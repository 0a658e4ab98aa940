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
fn a_retry_after_is_seconds_or_a_date() {
    for (text, want) in [
        ("120", Some(NOW + 120_000)),
        (" 0 ", Some(NOW)),
        ("Wed, 17 Dec 2025 19:33:30 GMT", Some(NOW + 10_000)),
        ("Wed, 17 Dec 2025 19:33:10 GMT", Some(NOW - 10_000)),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("99999999999999", None),
    ] {
        assert_eq!(retry_after(text, NOW), want, "{text}");
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
    assert_eq!(three("1766000007").quota(NOW), want(1_766_000_007_000));
    assert_eq!(three("7").quota(NOW), want(NOW + 7000));
    assert_eq!(three("x").quota(NOW), None);
    assert_eq!(answer(200, &[("x-ratelimit-limit", "50")]).quota(NOW), None);
}

#[test]
fn opting_out_of_training_is_understood_when_it_is_meant_for_us() {
    for (tag, want) in [
        ("noai", true),
        ("noindex, noImageAI", true),
        ("whisker: noai", true),
        ("otherbot: noai", false),
        ("noindex", false),
        ("noairplanes", false),
    ] {
        assert_eq!(
            answer(200, &[("x-robots-tag", tag)]).opt_out().is_some(),
            want,
            "{tag}"
        );
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
