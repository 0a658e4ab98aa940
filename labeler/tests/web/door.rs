//! The way in for other machines.

use axum::body::Body;
use axum::http::header::HOST;
use axum::http::{Request, StatusCode};
use labeler::web::guard::Guard;
use labeler::web::token::Token;

use crate::support::{Fixture, guard, guarded};

async fn behind() -> (Fixture, String) {
    let (token, text) = Token::new().unwrap();
    let guard = Guard {
        names: vec!["cats.lan".into()],
        token: Some(token),
        ..guard()
    };
    (guarded(2, guard).await, text)
}

#[tokio::test]
async fn the_token_is_handed_in_once_and_a_cookie_stands_for_it() {
    let (at, text) = behind().await;
    let answer = at.form("/enter", "", &format!("token={text}")).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/");
    let cookie = answer.header("set-cookie");
    assert!(cookie.ends_with("; Path=/; SameSite=Strict; HttpOnly"));
    let cookie = cookie.split(';').next().unwrap();
    for path in ["/", "/history", "/settings"] {
        assert_eq!(at.get_with(path, cookie).await.status, StatusCode::OK);
        assert_eq!(at.get(path).await.status, StatusCode::UNAUTHORIZED);
    }
    let request = Request::get("/")
        .header(HOST, "cats.lan:7878")
        .header("cookie", cookie);
    let answer = at.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_wrong_token_gets_no_cookie_and_no_second_try_by_itself() {
    let (at, text) = behind().await;
    for wrong in ["", "0", &text[1..], &format!("{text}0")] {
        let answer = at.form("/enter", "", &format!("token={wrong}")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(answer.header("set-cookie"), "");
        assert!(!answer.text.contains("<script"));
    }
}

#[tokio::test]
async fn the_door_shows_nothing_of_what_is_behind_it() {
    let (at, _) = behind().await;
    let answer = at.get("/").await;
    let policy = answer.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'nonce-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"));
    assert!(answer.text.contains("Who is there?") && !answer.text.contains("alert"));
    let other = at.get("/").await;
    assert_ne!(
        policy,
        other.header("content-security-policy"),
        "a nonce is used once"
    );
}
