use std::collections::BTreeSet;

use store::Queue;
use store::confirm::{Confirm, Counts};
use store::sheet::{LEASE_MS, NewSheet, Sheet};
use store::{Choice, Pool, Source};

use crate::support::{Fixture, NEAR, arrival, far, fresh, sha};

async fn with_covers(n: u32) -> Fixture {
    let at = fresh().await;
    let covers: Vec<_> = (0..n).map(|i| arrival(i, far(i))).collect();
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    at
}

fn sheet(id: &str, queue: Queue, size: u32) -> NewSheet<'_> {
    NewSheet {
        id,
        annotator: "mia",
        pool: Pool::Negative,
        queue,
        size,
        plant: true,
        // Any spread of bits will do.
        seed: id
            .bytes()
            .fold(7, |seed, byte| (seed << 5) ^ (seed >> 3) ^ u64::from(byte)),
    }
}

async fn open(at: &Fixture, id: &str, queue: Queue, size: u32, now: i64) -> Sheet {
    at.store
        .open_sheet(at.topic, &sheet(id, queue, size), now)
        .await
        .unwrap()
}

async fn confirm(at: &Fixture, id: &str, touched: &[([u8; 32], Choice)], now: i64) -> Counts {
    let confirm = Confirm {
        sheet: id,
        annotator: "mia",
        touched,
        visible_ms: Some(1000),
    };
    at.store
        .confirm_sheet(at.topic, &confirm, now)
        .await
        .unwrap()
        .counts
}

fn hashes(sheet: &Sheet) -> Vec<[u8; 32]> {
    sheet.tiles.iter().map(|tile| tile.sha256).collect()
}

#[tokio::test]
async fn no_cover_is_on_two_open_sheets_whatever_their_order() {
    let at = with_covers(20).await;
    let mut seen = BTreeSet::new();
    for (id, queue) in [
        ("a", Queue::Newest),
        ("b", Queue::Random),
        ("c", Queue::Likely),
    ] {
        for hash in hashes(&open(&at, id, queue, 6, 1).await) {
            assert!(seen.insert(hash), "{id}");
        }
    }
    assert_eq!(seen.len(), 18);
    assert_eq!(open(&at, "d", Queue::Newest, 6, 1).await.tiles.len(), 2);
}

#[tokio::test]
async fn the_same_id_gives_the_same_sheet_and_newest_is_newest() {
    let at = with_covers(5).await;
    let first = open(&at, "a", Queue::Newest, 3, 1).await;
    assert_eq!(hashes(&first), [sha(4), sha(3), sha(2)]);
    assert_eq!(open(&at, "a", Queue::Random, 2, 2).await, first);
}

#[tokio::test]
async fn a_random_sheet_goes_round_the_ring_and_takes_everything_once() {
    let at = with_covers(7).await;
    for id in ["a", "b", "c"] {
        let all: BTreeSet<_> = hashes(&open(&at, id, Queue::Random, 24, 1).await)
            .into_iter()
            .collect();
        assert_eq!(all.len(), 7, "{id}");
        at.store.release_sheet(at.topic, id).await.unwrap();
    }
}

#[tokio::test]
async fn an_expired_lease_can_be_taken_over_and_the_first_sheet_loses_the_cover() {
    let at = with_covers(2).await;
    open(&at, "a", Queue::Newest, 2, 0).await;
    assert!(
        open(&at, "b", Queue::Newest, 2, LEASE_MS - 1)
            .await
            .tiles
            .is_empty()
    );
    let taken = open(&at, "c", Queue::Newest, 1, LEASE_MS).await;
    assert_eq!(hashes(&taken), [sha(1)]);
    let left = open(&at, "a", Queue::Newest, 2, LEASE_MS).await;
    assert_eq!(hashes(&left), [sha(0)]);
}

#[tokio::test]
async fn a_confirm_is_one_stroke_and_a_second_one_changes_nothing() {
    let at = with_covers(3).await;
    open(&at, "a", Queue::Newest, 60, 1).await;
    let touched = [(sha(1), Choice::Reject), (sha(2), Choice::Unsure)];
    let counts = confirm(&at, "a", &touched, 2).await;
    let expected = Counts {
        keep: 1,
        reject: 1,
        unsure: 1,
        broken: 0,
    };
    assert_eq!(counts, expected);
    assert_eq!(
        confirm(&at, "a", &[(sha(1), Choice::Broken)], 3).await,
        expected
    );
    let (events, _) = at.store.events_after(at.topic, 0, 100).await.unwrap();
    let seen: Vec<_> = events
        .iter()
        .map(|e| {
            (
                e.sha256,
                e.decision,
                e.source,
                e.stroke.as_str(),
                e.visible_ms,
            )
        })
        .collect();
    let ms = Some(1000);
    assert_eq!(
        seen,
        [
            (sha(2), Some(Choice::Unsure), Source::Explicit, "a", ms),
            (sha(1), Some(Choice::Reject), Source::Explicit, "a", ms),
            (sha(0), Some(Choice::Keep), Source::Sheet, "a", ms),
        ]
    );
    assert!(open(&at, "a", Queue::Newest, 60, 4).await.confirmed);
    let progress = at
        .store
        .queue_progress(at.topic, Pool::Negative, Queue::Newest, "mia", 0, 5)
        .await
        .unwrap();
    assert_eq!(
        (progress.total, progress.done, progress.rejected),
        (3, 3, 1)
    );
    assert_eq!(
        (progress.paced, progress.paced_ms, progress.leased),
        (3, 1000, 0)
    );
}

#[tokio::test]
async fn a_group_is_one_tile_and_a_default_never_overrules_a_persons_decision() {
    let at = fresh().await;
    let covers = [
        arrival(0, 0),
        arrival(1, 1),
        arrival(2, 2),
        arrival(3, far(3)),
    ];
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    let shown = open(&at, "a", Queue::Newest, 60, 1).await;
    let tiles: Vec<_> = shown.tiles.iter().map(|t| (t.sha256, t.covers)).collect();
    assert_eq!(tiles, [(sha(3), 1), (sha(0), 3)]);
    // Meanwhile others speak of a member and of a tile.
    for (event, n) in [("e1", 1), ("e2", 3)] {
        at.store
            .decide(at.topic, "li", event, sha(n), Choice::Broken, 2)
            .await
            .unwrap();
    }
    // li's word on a member reached the group, so nothing is left for the defaults.
    assert_eq!(confirm(&at, "a", &[], 3).await, Counts::default());
    let (events, _) = at.store.events_after(at.topic, 0, 100).await.unwrap();
    let propagated = events.iter().filter(|e| e.source == Source::Propagated);
    assert_eq!(propagated.count(), 2);
}

#[tokio::test]
async fn likely_follows_the_current_model_and_fills_up_at_random() {
    let at = with_covers(4).await;
    let pool = sqlx::SqlitePool::connect(&at.url).await.unwrap();
    for sql in [
        "insert into model values (1, 1, 'm', null, 'lenet', zeroblob(32), '{}', 0, 0)",
        "insert into promotion values (1, 1, 1, 'test', 0)",
        "insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, 0.2 * id, 0, null from cover where id <> 4",
    ] {
        sqlx::query(sql).execute(&pool).await.unwrap();
    }
    let shown = open(&at, "a", Queue::Likely, 60, 1).await;
    assert_eq!(hashes(&shown), [sha(2), sha(1), sha(0), sha(3)]);
}

#[tokio::test]
async fn an_undone_sheet_is_shown_again_under_a_new_id() {
    let at = with_covers(3).await;
    let first = open(&at, "a", Queue::Newest, 60, 1).await;
    confirm(&at, "a", &[(sha(2), Choice::Reject)], 2).await;
    at.store.undo(at.topic, "mia", "b", 3).await.unwrap();
    let again = at
        .store
        .reopen_sheet(at.topic, "a", "b", "mia", 3)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(hashes(&again), hashes(&first));
    assert!(open(&at, "c", Queue::Newest, 60, 4).await.tiles.is_empty());
    assert_eq!(confirm(&at, "b", &[], 5).await.keep, 3);
    let none = at
        .store
        .reopen_sheet(at.topic, "zz", "d", "mia", 6)
        .await
        .unwrap();
    assert!(none.is_none());
}

#[tokio::test]
async fn a_released_sheet_gives_its_covers_back_at_once() {
    let at = with_covers(3).await;
    let first = open(&at, "a", Queue::Newest, 60, 1).await;
    at.store.release_sheet(at.topic, "a").await.unwrap();
    assert_eq!(
        hashes(&open(&at, "b", Queue::Newest, 60, 1).await),
        hashes(&first)
    );
}

#[tokio::test]
async fn a_sheet_that_nobody_opened_cannot_be_confirmed() {
    let at = with_covers(1).await;
    let confirm = Confirm {
        sheet: "none",
        annotator: "mia",
        touched: &[],
        visible_ms: None,
    };
    let error = at
        .store
        .confirm_sheet(at.topic, &confirm, 1)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("no sheet none"), "{error}");
}
