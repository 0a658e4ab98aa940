//! A fresh database, and covers that need no pixels.

use store::cover::{Picture, Version};
use store::training::{Featured, NewModel};
use store::views::Views;
use store::{Arrival, Durability, NewCover, NewVideo, Store, TopicId};

/// Greatest distance of near-duplicates in these tests.
pub const NEAR: u32 = 3;

pub struct Fixture {
    // Dropped last: the files must outlive the store.
    pub store: Store,
    pub topic: TopicId,
    pub url: String,
    _folder: tempfile::TempDir,
}

pub async fn fresh() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("whisker.db").display());
    let store = Store::open(&url, Durability::Full).await.unwrap();
    let topic = store.topic("cat", 1).await.unwrap();
    Fixture {
        store,
        topic,
        url,
        _folder: folder,
    }
}

/// The hash that stands for cover `n`.
pub fn sha(n: u32) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes
}

/// Cover `n` with that perceptual hash, on a video of its own.
pub fn arrival(n: u32, phash: u64) -> Arrival {
    let cover = NewCover {
        sha256: sha(n),
        image_sha256: sha(n),
        phash,
        width: 480,
        height: 270,
        bytes: 1000,
        format: "jpeg".into(),
        animated: false,
        mean_rgb: [1, 2, 3],
        resize_rule: "test".into(),
        image: vec![1],
        preview: vec![2],
        original: None,
    };
    Arrival {
        video: video(n),
        image_url: format!("https://img.example/{n}.jpg"),
        picture: Picture::New(Box::new(cover)),
        version: Version::default(),
    }
}

/// Hashes that are far from one another: 32 bits of `n`, mixed.
pub fn far(n: u32) -> u64 {
    u64::from(n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// A model that has learned from no decision.
pub fn new_model(name: &str) -> NewModel {
    NewModel {
        name: name.into(),
        run: None,
        net: "resnet".into(),
        sha256: [1; 32],
        config: "{}".into(),
        last_event: 0,
    }
}

/// Features of one view, read from pixels of this hash.
pub fn featured(cover: i64, pixels: [u8; 32], vector: &[f32]) -> Featured {
    let width = vector.len().max(1);
    Featured {
        cover,
        pixels,
        views: Views::rounded((1, 1), width, vector),
    }
}

pub fn video(n: u32) -> NewVideo {
    NewVideo {
        site: "test".into(),
        key: n.to_string(),
        url: format!("https://site.example/{n}"),
        ..NewVideo::default()
    }
}
