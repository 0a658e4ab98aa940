//! A site over a fresh database, with covers that need no pixels.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, HOST};
use axum::http::{HeaderMap, Request, StatusCode};
use labeler::web::guard::Guard;
use labeler::web::{Site, router};
use serde_json::Value;
use store::cover::{Picture, Version};
use store::{Arrival, Durability, NewCover, NewVideo, Pool, Store, TopicId};
use tower::ServiceExt;

pub const PORT: u16 = 7878;
pub const OWN: &str = "127.0.0.1:7878";

pub struct Fixture {
    pub router: Router,
    pub store: Store,
    pub topic: TopicId,
    _folder: tempfile::TempDir,
}

/// What came back.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

/// A site with that many negatives, from cover 0 on.
pub async fn site(negatives: u32) -> Fixture {
    guarded(negatives, guard()).await
}

/// Of a labeler that only this machine can reach.
pub fn guard() -> Guard {
    Guard {
        port: PORT,
        ..Guard::default()
    }
}

/// The same behind another guard.
pub async fn guarded(negatives: u32, guard: Guard) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("whisker.db").display());
    let store = Store::open(&url, Durability::Normal).await.unwrap();
    let topic = store.topic("cat", 1).await.unwrap();
    let covers: Vec<_> = (0..negatives).map(arrival).collect();
    store
        .add(topic, Pool::Negative, 3, &covers, 1)
        .await
        .unwrap();
    let site = Site::new(store.clone(), topic, "cat", "mia", 700)
        .await
        .unwrap();
    Fixture {
        router: router(site, guard),
        store,
        topic,
        _folder: folder,
    }
}

/// The hash that stands for cover `n`, as the page writes it.
pub fn sha(n: u32) -> String {
    format!("{n:08x}{}", "0".repeat(56))
}

/// The name that stands for `n`, as the page makes them.
pub fn name(n: u32) -> String {
    format!("{n:08x}-0000-4000-8000-000000000000")
}

fn arrival(n: u32) -> Arrival {
    let mut sha256 = [0; 32];
    sha256[..4].copy_from_slice(&n.to_be_bytes());
    Arrival {
        video: NewVideo {
            site: "test".into(),
            key: n.to_string(),
            url: format!("https://site.example/{n}"),
            title: "<script>alert('猫')</script>".into(),
            ..NewVideo::default()
        },
        image_url: format!("https://img.example/{n}.jpg"),
        picture: Picture::New(Box::new(NewCover {
            sha256,
            image_sha256: sha256,
            // Far from one another.
            phash: u64::from(n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15),
            width: 480,
            height: 270,
            bytes: 1000,
            format: "jpeg".into(),
            animated: false,
            mean_rgb: [1, 2, 3],
            resize_rule: "test".into(),
            image: vec![1],
            preview: b"preview".to_vec(),
            original: None,
        })),
        version: Version::default(),
    }
}

impl Fixture {
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            text: String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = Request::get(path).header(HOST, OWN);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// As a form of the page is sent.
    pub async fn form(&self, path: &str, cookie: &str, body: &str) -> Answer {
        let request = Request::post(path)
            .header(HOST, OWN)
            .header("sec-fetch-site", "same-origin")
            .header(COOKIE, cookie)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }

    /// With what a browser remembers.
    pub async fn get_with(&self, path: &str, cookie: &str) -> Answer {
        let request = Request::get(path).header(HOST, OWN).header(COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// As the page's own script sends it.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_with(path, "", body).await
    }

    /// The same with what a browser remembers.
    pub async fn post_with(&self, path: &str, cookie: &str, body: &Value) -> Answer {
        let request = Request::post(path)
            .header(HOST, OWN)
            .header(COOKIE, cookie)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }
}
