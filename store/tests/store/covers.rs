use store::cover::Picture;
use store::decision::{CoverName, Statement};
use store::{Choice, Pool};

use crate::support::{NEAR, arrival, far, fresh, sha, video};

#[tokio::test]
async fn a_cover_met_twice_is_one_row_with_two_sightings() {
    let at = fresh().await;
    let first = at
        .store
        .add(at.topic, Pool::Negative, NEAR, &[arrival(1, far(1))], 1)
        .await
        .unwrap();
    let mut again = arrival(1, far(1));
    again.video = video(2);
    let second = at
        .store
        .add(at.topic, Pool::Negative, NEAR, &[again], 2)
        .await
        .unwrap();
    assert!(first[0].new_cover && first[0].new_in_pool);
    assert!(!second[0].new_cover && !second[0].new_in_pool);
    let overview = at.store.overview(at.topic).await.unwrap();
    assert_eq!(
        (overview.covers, overview.videos, overview.negatives),
        (1, 2, 1)
    );
}

#[tokio::test]
async fn a_search_hit_moves_a_negative_only_while_nobody_has_decided() {
    let at = fresh().await;
    let covers = [arrival(1, far(1)), arrival(2, far(2))];
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    let statement = Statement {
        event: "e".into(),
        cover: CoverName::Sha256(sha(1)),
        pool: None,
        decision: Choice::Keep,
        annotator: "mia".into(),
        stroke: "import".into(),
    };
    at.store
        .import_statements(at.topic, &[statement], 2)
        .await
        .unwrap();
    let hits = at
        .store
        .add(at.topic, Pool::Positive, NEAR, &covers, 3)
        .await
        .unwrap();
    assert_eq!(hits.map_new(), [false, true]);
    let back = at
        .store
        .add(at.topic, Pool::Negative, NEAR, &covers, 4)
        .await
        .unwrap();
    assert_eq!(
        back.map_new(),
        [false, false],
        "a random meeting moves nothing"
    );
    let overview = at.store.overview(at.topic).await.unwrap();
    assert_eq!((overview.negatives, overview.positives), (1, 1));
}

trait MapNew {
    fn map_new(&self) -> Vec<bool>;
}

impl MapNew for Vec<store::Settled> {
    fn map_new(&self) -> Vec<bool> {
        self.iter().map(|s| s.new_in_pool).collect()
    }
}

#[tokio::test]
async fn topics_share_covers_but_not_pools() {
    let at = fresh().await;
    let dogs = at.store.topic("dog", 1).await.unwrap();
    at.store
        .add(at.topic, Pool::Positive, NEAR, &[arrival(1, far(1))], 1)
        .await
        .unwrap();
    let known = at.store.cover_of_hash(&sha(1)).await.unwrap().unwrap();
    let mut again = arrival(1, far(1));
    again.picture = Picture::Known(known);
    let settled = at
        .store
        .add(dogs, Pool::Negative, NEAR, &[again], 2)
        .await
        .unwrap();
    assert_eq!(
        settled[0],
        store::Settled {
            cover: known,
            new_cover: false,
            new_in_pool: true
        }
    );
    assert_eq!(at.store.overview(dogs).await.unwrap().negatives, 1);
    assert_eq!(at.store.overview(at.topic).await.unwrap().positives, 1);
}

#[tokio::test]
async fn near_duplicates_join_the_representative_and_chains_do_not() {
    let at = fresh().await;
    let chain = [
        arrival(1, 0),
        arrival(2, 0b11),
        arrival(3, 0b1111),
        arrival(4, far(4)),
    ];
    at.store
        .add(at.topic, Pool::Negative, NEAR, &chain, 1)
        .await
        .unwrap();
    // 2 joins 1. 3 is near 2 but not near 1: a group of its own, in the same block.
    let overview = at.store.overview(at.topic).await.unwrap();
    assert_eq!(overview.near_duplicates, 1);
    let pairs = at.store.near_pairs().await.unwrap();
    assert_eq!(pairs, [(1, 2), (2, 3)]);
}

#[tokio::test]
async fn a_thousand_equal_hashes_are_a_thousand_pairs_not_half_a_million() {
    let at = fresh().await;
    let black: Vec<_> = (0..1000).map(|n| arrival(n, 0)).collect();
    at.store
        .add(at.topic, Pool::Negative, NEAR, &black, 1)
        .await
        .unwrap();
    assert_eq!(at.store.near_pairs().await.unwrap().len(), 999);
}

#[tokio::test]
async fn a_failed_batch_leaves_nothing_behind() {
    let at = fresh().await;
    let mut broken = arrival(2, far(2));
    if let Picture::New(cover) = &mut broken.picture {
        cover.width = 0; // the schema refuses it
    }
    let failed = at
        .store
        .add(at.topic, Pool::Negative, NEAR, &[arrival(1, 7), broken], 1)
        .await;
    assert!(failed.is_err());
    assert_eq!(at.store.overview(at.topic).await.unwrap().covers, 0);
    // The hash of the rolled-back cover must be forgotten too.
    at.store
        .add(at.topic, Pool::Negative, NEAR, &[arrival(3, 7)], 2)
        .await
        .unwrap();
    assert_eq!(
        at.store.overview(at.topic).await.unwrap().near_duplicates,
        0
    );
    assert!(at.store.near_pairs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_later_sighting_adds_to_what_is_known_of_a_video() {
    let at = fresh().await;
    let mut known = arrival(1, far(1));
    known.video.title = "猫 <b>".into();
    known.video.owner = Some("7".into());
    at.store
        .add(
            at.topic,
            Pool::Negative,
            NEAR,
            &[known, arrival(1, far(1))],
            1,
        )
        .await
        .unwrap();
    let (title, owner) = at
        .store
        .video("test", "1")
        .await
        .unwrap()
        .map(|v| (v.title, v.owner))
        .unwrap();
    assert_eq!((title.as_str(), owner.as_deref()), ("猫 <b>", Some("7")));
}

#[cfg(unix)]
#[test]
fn names_that_are_not_utf_8_are_told_apart_and_others_are_themselves() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;
    let key = |bytes: &[u8]| store::file_key(Path::new(OsStr::from_bytes(bytes)));
    assert_eq!(key("/a/猫 %FF.jpg".as_bytes()), "/a/猫 %FF.jpg");
    assert_eq!(key(b"/a/\xff%\xfe.jpg"), "file:///a/%FF%25%FE.jpg");
    assert_ne!(key(b"/a/\xff.jpg"), key(b"/a/\xfe.jpg"));
}
