use axum::body::Body;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HOST};
use axum::http::{Request, StatusCode};

use crate::support::{OWN, sha, site};

const SCREENS: [&str; 7] = [
    "/",
    "/suspects",
    "/below",
    "/found",
    "/history",
    "/statistics",
    "/settings",
];

#[tokio::test]
async fn every_answer_bears_the_policy_also_refusals_and_errors() {
    let at = site(1).await;
    let foreign = Request::get("/").header(HOST, "evil.test");
    let mut answers = vec![at.send(foreign.body(Body::empty()).unwrap()).await];
    let paths = ["/", "/found", "/nowhere", "/preview/0.jpg", "/web/0/app.js"];
    for path in paths {
        answers.push(at.get(path).await);
    }
    for answer in answers {
        let policy = answer.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(answer.header("access-control-allow-origin"), "");
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn every_screen_is_there_in_both_languages() {
    let at = site(2).await;
    for path in SCREENS {
        for (query, tag) in [("lang=en", "en"), ("lang=zh", "zh-CN")] {
            let answer = at.get(&format!("{path}?{query}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}");
            assert!(answer.text.contains(&format!("<html lang=\"{tag}\"")));
            assert_eq!(answer.text.matches("<h1>").count(), 1, "{path}");
            assert!(answer.header("set-cookie").contains("SameSite=Strict"));
        }
    }
    assert_eq!(at.get("/nowhere").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_language_is_the_cookies_then_the_browsers() {
    let at = site(1).await;
    let ask = |cookie: &'static str| {
        let request = Request::get("/")
            .header(HOST, OWN)
            .header(ACCEPT_LANGUAGE, "zh-CN,zh;q=0.9")
            .header(COOKIE, cookie);
        at.send(request.body(Body::empty()).unwrap())
    };
    assert!(ask("a=b").await.text.contains("哪些封面里有猫"));
    assert!(
        ask("whisker_lang=en")
            .await
            .text
            .contains("Which of these show a cat?")
    );
}

#[tokio::test]
async fn no_text_can_leave_the_data_block_or_become_markup() {
    let at = site(1).await;
    // Statistics shows annotators, history titles: both come from outside.
    at.store
        .decide(
            at.topic,
            "</script><b>",
            "e",
            [0; 32],
            store::Choice::Reject,
            2,
        )
        .await
        .unwrap();
    for path in SCREENS {
        let text = at.get(path).await.text;
        assert!(
            !text.contains("</script><b>") && !text.contains("<script>alert"),
            "{path}"
        );
        assert_eq!(
            text.matches("<script").count(),
            2,
            "{path}: data block and module"
        );
        assert!(
            !text.contains(" style=") && !text.contains(" onclick"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn previews_are_kept_for_ever_and_only_known_by_hash() {
    let at = site(1).await;
    let answer = at.get(&format!("/preview/{}.jpg", sha(0))).await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "preview"));
    assert_eq!(answer.header("content-type"), "image/jpeg");
    assert!(answer.header("cache-control").contains("immutable"));
    for path in [
        format!("/preview/{}.jpg", sha(9)),
        format!("/preview/{}", sha(0)),
        "/preview/..%2f..%2fetc%2fpasswd".to_owned(),
        "/preview/%00.jpg".to_owned(),
    ] {
        assert_eq!(at.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_script_and_its_modules_are_served_under_a_name_of_their_contents() {
    let at = site(1).await;
    let page = at.get("/").await.text;
    let start = page.find("/web/").unwrap();
    let folder = &page[start..start + "/web/0123456789abcdef/".len()];
    let app = at.get(&format!("{folder}app.js")).await;
    assert_eq!(app.header("content-type"), "text/javascript; charset=utf-8");
    assert!(app.header("cache-control").contains("immutable"));
    let mut modules = app.text.split("from \"./").skip(1).peekable();
    assert!(modules.peek().is_some(), "the entry imports the others");
    for module in modules {
        let name = module.split('"').next().unwrap();
        assert_eq!(
            at.get(&format!("{folder}{name}")).await.status,
            StatusCode::OK,
            "{name}"
        );
    }
    assert_eq!(at.get("/web/0/app.js").await.status, StatusCode::NOT_FOUND);
}
