use super::*;
use proptest::prelude::*;

fn allowed(robots: &str, path: &str) -> bool {
    Rules::parse(robots, AGENT).allow(path)
}

#[test]
fn the_longest_match_decides_and_allowing_wins_a_tie() {
    let all = "User-agent: *\n";
    for (rules, path, want) in [
        ("", "/x", true),
        ("Disallow:", "/x", true),
        ("Disallow: /", "/x", false),
        ("Disallow: /", "/robots.txt", true),
        ("Disallow: /a\nAllow: /a/b", "/a/b/c", true),
        ("Disallow: /a\nAllow: /a/b", "/a/c", false),
        ("Allow: /a\nDisallow: /a/b", "/a/b/c", false),
        ("Disallow: /a\nAllow: /a", "/a", true),
        ("Allow: /a\nDisallow: /a", "/a", true),
        ("Disallow: /a", "/ab", false),
        ("Disallow: /a", "/A", true),
        ("Disallow: /*.gif$", "/x/y.gif", false),
        ("Disallow: /*.gif$", "/x/y.gif?z", true),
        ("Disallow: /*.gif", "/x/y.gif?z", false),
        ("Disallow: /a*b*c", "/a-b-c", false),
        ("Disallow: /a*b*c", "/a-c-b", true),
        ("Disallow: /a*$", "/abc", false),
        ("Disallow: /a$", "/a", false),
        ("Disallow: /a$", "/ab", true),
        ("Disallow: /*?", "/a?b=1", false),
        ("Disallow: /*?", "/a", true),
        ("Disallow: /caf%C3%A9", "/café", false),
        ("Disallow: /café", "/caf%c3%a9/menu", false),
        ("Disallow: /%7ejoe", "/~joe", false),
        ("Disallow: /a%2fb", "/a/b", true),
        ("Disallow: /a%2fb", "/a%2Fb", false),
        ("Disallow: /100%", "/100%", false),
        ("Disallow: /x%2A", "/x*", false),
        ("Disallow: /x%24", "/x$", false),
        ("Disallow: medialist", "/medialist", true),
        ("  disallow :  /a  # why", "/a", false),
        (
            "Disallow: /medialist/detail/\nDisallow: /index.html",
            "/video/BV1xx411c7mD/",
            true,
        ),
        (
            "Disallow: /bfs/subtitle/",
            "/bfs/archive/ab.jpg@480w.jpg",
            true,
        ),
    ] {
        assert_eq!(
            allowed(&format!("{all}{rules}\n"), path),
            want,
            "{rules:?} {path}"
        );
    }
}

#[test]
fn the_groups_that_name_us_are_merged_and_replace_those_for_everyone() {
    for (robots, path, want) in [
        (
            "User-agent: Whisker\nAllow: /\nUser-agent: *\nDisallow: /",
            "/x",
            true,
        ),
        (
            "User-agent: *\nDisallow: /\nUser-agent: WHISKER/2.0\nDisallow: /a",
            "/x",
            true,
        ),
        (
            "User-agent: whisker\nDisallow: /a\nUser-agent: *\nDisallow: /b\nUser-agent: whisker\nDisallow: /c",
            "/c",
            false,
        ),
        (
            "User-agent: whisker\nDisallow: /a\nUser-agent: *\nDisallow: /b\nUser-agent: whisker\nDisallow: /c",
            "/b",
            true,
        ),
        (
            "User-agent: *\nDisallow: /a\n\nUser-agent: *\nDisallow: /b",
            "/a",
            false,
        ),
        (
            "User-agent: googlebot\nUser-agent: whisker\nDisallow: /a",
            "/a",
            false,
        ),
        ("User-agent: whiskerbot\nDisallow: /a", "/a", true),
        ("User-agent: whisker-images\nDisallow: /a", "/a", true),
        ("User-agent: googlebot\nDisallow: /", "/a", true),
        ("Disallow: /a\nUser-agent: *\nDisallow: /b", "/a", true),
        ("\u{feff}User-agent: *\rDisallow: /a\r", "/a", false),
        (
            "User-agent: *\nSitemap: https://x/s.xml\nDisallow: /a",
            "/a",
            false,
        ),
        (
            "User-agent: whisker\nSitemap: x\nUser-agent: other\nDisallow: /a",
            "/a",
            false,
        ),
        (
            "User-agent: whisker\nUser-agent: *\nDisallow: /",
            "/",
            false,
        ),
    ] {
        assert_eq!(allowed(robots, path), want, "{robots:?} {path}");
    }
}

#[test]
fn a_delay_is_read_and_never_longer_than_ten_minutes() {
    let delay = |robots: &str| Rules::parse(robots, AGENT).delay().map(|d| d.as_millis());
    assert_eq!(delay("User-agent: *\nCrawl-delay: 2.5"), Some(2500));
    assert_eq!(delay("User-agent: *\nCrawl-delay: 86400"), Some(600_000));
    assert_eq!(delay("User-agent: *\nCrawl-delay: -1"), None);
    assert_eq!(delay("User-agent: *\nCrawl-delay: soon"), None);
    assert_eq!(delay("User-agent: other\nCrawl-delay: 5"), None);
}

#[test]
fn an_answer_is_a_file_no_file_or_no_answer() {
    let rules = "User-agent: *\nDisallow: /\n";
    let wall = "<html><title>验证码_哔哩哔哩</title></html>";
    let file = Some(Reading::Rules(rules.into()));
    let none = Some(Reading::Rules(String::new()));
    for (status, kind, body, want) in [
        (200, "text/plain; charset=utf-8", rules, &file),
        (200, "", rules, &file),
        (200, "text/html; charset=utf-8", rules, &file),
        (200, "application/octet-stream", rules, &file),
        (200, "text/html", "<html>our page</html>", &none),
        (200, "text/html", "<title>Page not found</title>", &none),
        (200, "text/plain", "<!doctype html>", &none),
        (200, "application/json", "{\"error\": \"no route\"}", &none),
        (404, "text/html", "gone", &none),
        (403, "text/html", "no", &none),
        (200, "text/html", wall, &None),
        (200, "text/plain", wall, &None),
        (
            200,
            "application/json",
            "{\"code\":-352,\"data\":{\"v_voucher\":\"x\"}}",
            &None,
        ),
        (
            200,
            "text/html",
            "<TITLE>503 Service Unavailable</TITLE>",
            &None,
        ),
        (200, "text/html", "<title>Just a moment...</title>", &None),
        (412, "text/html", "banned", &None),
        (429, "", "", &None),
        (500, "", rules, &None),
        (503, "", "", &None),
        (302, "", "", &None),
    ] {
        let got = read(status, kind, body.as_bytes());
        match want {
            Some(want) => assert_eq!(got, *want, "{status} {kind} {body}"),
            None => assert!(
                matches!(got, Reading::Unreachable(_)),
                "{status} {kind} {body}"
            ),
        }
    }
}

#[test]
fn rules_that_speak_of_captchas_are_rules_and_no_wall() {
    let rules = "User-agent: *\nDisallow: /captcha/\n";
    assert_eq!(
        read(200, "text/html", rules.as_bytes()),
        Reading::Rules(rules.into())
    );
}

/// Whether a file of these bytes, sent as this, lets us visit the path.
fn lets(kind: &str, bytes: &[u8], path: &str) -> bool {
    match read(200, kind, bytes) {
        Reading::Rules(text) => allowed(&text, path),
        Reading::Unreachable(_) => false,
    }
}

#[test]
fn a_file_counts_in_whatever_form_it_comes() {
    let rules = "User-agent: *\nDisallow: /a\n";
    let wide = |mark: &[u8], be: bool| {
        let units = rules.encode_utf16();
        let bytes = units.flat_map(|unit| {
            if be {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        });
        [mark, &bytes.collect::<Vec<_>>()].concat()
    };
    let text = |text: &str| text.as_bytes().to_vec();
    for (kind, bytes) in [
        ("text/html; charset=utf-8", text(rules)),
        (
            "text/plain",
            text(&format!("<!-- $Id: of a version control $ -->\n{rules}")),
        ),
        (
            "text/html",
            text(&format!("<html><pre>{rules}</pre></html>")),
        ),
        ("text/html", text("<p>User-agent: *<br/>Disallow: /a</p>")),
        ("text/plain", wide(b"\xff\xfe", false)),
        ("text/plain", wide(b"\xfe\xff", true)),
        ("text/plain", wide(b"", false)),
        ("text/plain", wide(b"", true)),
        ("text/plain", text(&format!("\u{feff}\u{feff}{rules}"))),
        ("text/plain", text(&format!("# one file\n\u{feff}{rules}"))),
        ("text/plain", text("User-agent: *\nDisallow: /a\0\n")),
        ("text/plain", text("User-agent: *\0x\nDisallow: /a\0/b\n")),
        (
            "text/plain",
            text("\u{a0}User-agent: *\n\u{3000}Disallow: /a\u{a0}\n"),
        ),
    ] {
        let told = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!lets(kind, &bytes, "/a"), "{kind} {told:?}");
        assert!(lets(kind, &bytes, "/b"), "{kind} {told:?}");
    }
    let latin = b"User-agent: *\nDisallow: /caf\xe9\n";
    assert!(!lets("text/plain", latin, "/caf%E9"));
}

#[test]
fn what_a_url_escapes_matches_whether_the_pattern_has_it_escaped_or_not() {
    for c in [
        '{', '}', '|', '`', '"', '<', '>', '^', '\\', ' ', '猫', '~', '\'', '%',
    ] {
        let escaped: String = c.to_string().bytes().map(|b| format!("%{b:02x}")).collect();
        for rule in [format!("/a{c}b"), format!("/a{escaped}b")] {
            for path in [format!("/a{c}b/x"), format!("/a{escaped}b/x")] {
                let robots = format!("User-agent: *\nDisallow: {rule}\n");
                assert!(!allowed(&robots, &path), "{rule} {path}");
            }
        }
    }
    for c in "/?#[]@!&()+,;=:".chars().filter(|c| *c != '#') {
        let robots = format!("User-agent: *\nDisallow: /a%{:02X}b\n", c as u32);
        assert!(allowed(&robots, &format!("/a{c}b")), "{c} is reserved");
    }
}

#[test]
fn the_url_that_is_asked_matches_a_pattern_that_was_written_by_hand() {
    for (pattern, url) in [
        ("/{id}/", "https://x/{id}/"),
        ("/a|b", "https://x/a|b"),
        ("/my file", "https://x/my file.jpg"),
        ("/my%20file", "https://x/my file.jpg"),
        ("/*?q='", "https://x/s?q='cat'"),
        ("/猫", "https://x/猫/1"),
        ("/*$revert", "https://x/page$revert"),
    ] {
        let url = url::Url::parse(url).unwrap();
        let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let robots = format!("User-agent: *\nDisallow: {pattern}\n");
        assert!(!allowed(&robots, path), "{pattern} {path}");
    }
}

#[test]
fn a_dollar_is_an_end_only_at_the_end() {
    for (pattern, path, want) in [
        ("/*$revert", "/page$revert", false),
        ("/*$revert", "/page", true),
        ("/cgi/$state", "/cgi/$state/x", false),
        ("/a$b*c", "/a$b-c", false),
        ("/a$$", "/a$", false),
        ("/a$$", "/a$b", true),
        ("/a%24", "/a$b", false),
        ("/a$b$", "/a$b", false),
        ("/a$b$", "/a$bc", true),
    ] {
        let robots = format!("User-agent: *\nDisallow: {pattern}\n");
        assert_eq!(allowed(&robots, path), want, "{pattern} {path}");
    }
}

#[test]
fn an_escape_has_two_hexadecimal_digits_and_no_sign() {
    for (pattern, path, want) in [
        ("/%+f", "/%0F", true),
        ("/%0F", "/%+f", true),
        ("/%-1/x", "/%FF/x", true),
        ("/% f", "/%0F", true),
        ("/%+f", "/%+f", false),
        ("/%4", "/%4", false),
        ("/100%", "/100%25", false),
        ("/%e7%8c%ab", "/%E7%8C%AB", false),
    ] {
        let robots = format!("User-agent: *\nDisallow: {pattern}\n");
        assert_eq!(allowed(&robots, path), want, "{pattern} {path}");
    }
}

#[test]
fn everybody_is_a_star_and_nothing_around_it() {
    for (name, want) in [
        ("*", false),
        ("* # all", false),
        ("* and others", false),
        ("*, otherbot", false),
        ("otherbot, *", false),
        ("*MLBot*", true),
        ("*bot", true),
        ("*-images", true),
        ("bot*", true),
        ("", true),
        ("Otherbot, Whisker", false),
        ("Mozilla/5.0 (compatible; Whisker/1.0)", false),
        ("*whisker*", false),
    ] {
        let robots = format!("User-agent: {name}\nDisallow: /\n");
        assert_eq!(allowed(&robots, "/x"), want, "{name}");
    }
}

#[test]
fn of_typos_what_either_reading_forbids_is_forbidden() {
    let star = "User-agent: *\n";
    for line in [
        "Dissalow: /a",
        "Disalow: /a",
        "Dissallow: /a",
        "Diasllow: /a",
        "Disallows: /a",
        "Dis-allow: /a",
        "Dis allow: /a",
        "disallow /a",
        "Disallow\t/a",
        "Disallow:: /a",
        "Disallow= /a",
        "Disallow：/a",
        "Disallow; /a",
    ] {
        let robots = format!("{star}{line}\n");
        assert!(!allowed(&robots, "/a"), "{line}");
        assert!(allowed(&robots, "/b"), "{line}");
    }
    for line in [
        "User-agent *",
        "Useragent: *",
        "User agent: *",
        "User agent *",
        "User_agent: *",
        "User-agents: *",
        "Usr-agent: *",
        "User-agent:: *",
        "User-agent = *",
        "User–agent：*",
    ] {
        let robots = format!("{line}\nDisallow: /a\n");
        assert!(!allowed(&robots, "/a"), "{line}");
    }
    for robots in [
        // Read as meant, the second group is another's; by the letter it is everyone's.
        "User-agent: *\nDisallow: /b\nUseragent: otherbot\nDisallow: /a",
        // By the letter there is no rule for everyone; as meant there is.
        "User-agent: otherbot\nDisallow: /b\nUseragent: *\nDisallow: /a",
        "User-agent *\nDissalow /a",
    ] {
        assert!(!allowed(robots, "/a"), "{robots}");
    }
    let delay = |robots: &str| Rules::parse(robots, AGENT).delay().map(|d| d.as_secs());
    assert_eq!(delay("User-agent: *\nCrawl delay: 5"), Some(5));
}

#[test]
fn a_misspelt_allow_grants_nothing_and_prose_forbids_nothing() {
    for line in [
        "Alow: /a",
        "Allows: /a",
        "Allow /a",
        "Allow= /a",
        "Allow:: /a",
        "Allowed: /a",
    ] {
        let robots = format!("User-agent: *\nDisallow: /\n{line}\n");
        assert!(!allowed(&robots, "/a"), "{line}");
    }
    for line in [
        "Disallowed by our terms: scraping",
        "Sitemap: https://x/disallow",
        "Noindex: /a",
    ] {
        let robots = format!("User-agent: *\n{line}\n");
        assert!(allowed(&robots, "/a"), "{line}");
    }
}

#[test]
fn a_delay_between_two_agents_ends_the_group_and_no_group_of_ours_is_only_a_delay() {
    let split = "User-agent: *\nCrawl-delay: 3\nUser-agent: otherbot\nDisallow: /\n";
    assert!(allowed(split, "/a"), "as its author means it");
    let ours = "User-agent: whisker\nCrawl-delay: 5\nUser-agent: *\nDisallow: /a\nCrawl-delay: 2\n";
    assert!(!allowed(ours, "/a"));
    let delay = Rules::parse(ours, AGENT).delay();
    assert_eq!(delay, Some(Duration::from_secs(5)));
    let free = "User-agent: whisker\nCrawl-delay: 5\nDisallow:\nUser-agent: *\nDisallow: /\n";
    assert!(allowed(free, "/a"));
}

#[test]
fn only_the_first_500_kilobytes_are_read() {
    let long = format!(
        "User-agent: *\nDisallow: /a\n{}Disallow: /b\n",
        "#\n".repeat(LARGEST / 2)
    );
    let Reading::Rules(text) = read(200, "text/plain", long.as_bytes()) else {
        panic!()
    };
    assert!(!allowed(&text, "/a"));
    assert!(allowed(&text, "/b"));
}

proptest! {
    #[test]
    fn no_file_makes_parsing_fail_and_an_allowed_root_allows_all(text: String, path in "/[ -~]{0,40}") {
        Rules::parse(&text, AGENT).allow(&path);
        let open = format!("User-agent: whisker\nAllow: /\n\nUser-agent: *\n{text}");
        let ours = open.to_ascii_lowercase().matches("whisker").count() > 1;
        prop_assume!(!ours);
        prop_assert!(allowed(&open, &path));
    }

    #[test]
    fn a_plain_pattern_matches_exactly_its_prefixes(pattern in "/[a-z/]{0,8}", path in "/[a-z/]{0,12}") {
        let robots = format!("User-agent: *\nDisallow: {pattern}\n");
        prop_assert_eq!(!allowed(&robots, &path), path.starts_with(&pattern));
    }
}
