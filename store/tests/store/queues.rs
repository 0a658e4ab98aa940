//! Queues of what is looked at once more, planted cats, sheets whose default flips, audits.

use std::collections::BTreeSet;

use store::audit::NewAudit;
use store::confirm::{Confirm, Confirmed, Planted};
use store::sheet::{NewSheet, Sheet};
use store::{Choice, Pool, Queue, Source};

use crate::support::{Fixture, NEAR, arrival, far, fresh, sha};

async fn with_covers(pool: Pool, numbers: std::ops::Range<u32>) -> Fixture {
    let at = fresh().await;
    add(&at, pool, numbers).await;
    at
}

async fn add(at: &Fixture, pool: Pool, numbers: std::ops::Range<u32>) {
    let covers: Vec<_> = numbers.map(|n| arrival(n, far(n))).collect();
    at.store
        .add(at.topic, pool, NEAR, &covers, 1)
        .await
        .unwrap();
}

async fn sql(at: &Fixture, statements: &[&'static str]) {
    let pool = sqlx::SqlitePool::connect(&at.url).await.unwrap();
    for statement in statements {
        sqlx::query(*statement).execute(&pool).await.unwrap();
    }
}

/// A model that gives cover `n` the probability `n` / 100.
async fn believe(at: &Fixture) {
    let statements = [
        "insert into model values (1, 1, 'm', null, 'lenet', zeroblob(32), '{}', 0, 0)",
        "insert into promotion values (1, 1, 1, 'test', 0)",
        "insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, min((id - 1) / 100.0, 1.0), 0, null from cover",
    ];
    sql(at, &statements).await;
}

async fn open(at: &Fixture, id: &str, pool: Pool, queue: Queue, size: u32, now: i64) -> Sheet {
    let new = NewSheet {
        id,
        annotator: "mia",
        pool,
        queue,
        size,
        plant: true,
        seed: id.bytes().fold(7, |seed, byte| seed * 31 + u64::from(byte)),
    };
    at.store.open_sheet(at.topic, &new, now).await.unwrap()
}

async fn negatives(at: &Fixture, id: &str, queue: Queue, size: u32) -> Sheet {
    open(at, id, Pool::Negative, queue, size, 1).await
}

async fn confirm(at: &Fixture, id: &str, touched: &[([u8; 32], Choice)]) -> Confirmed {
    let confirm = Confirm {
        sheet: id,
        annotator: "mia",
        touched,
        visible_ms: Some(1000),
    };
    at.store.confirm_sheet(at.topic, &confirm, 2).await.unwrap()
}

fn hashes(sheet: &Sheet) -> Vec<[u8; 32]> {
    sheet.tiles.iter().map(|tile| tile.sha256).collect()
}

async fn log(at: &Fixture) -> Vec<store::Event> {
    at.store.events_after(at.topic, 0, 100_000).await.unwrap().0
}

/// A finished run that doubts these covers, the first one most.
async fn doubt(at: &Fixture, covers: &[u32]) {
    sql(
        at,
        &[
            "insert into run (id, topic_id, net, recipe, config, seed, folds, dataset, last_event,
                            code, device, threads, state, created_at)
           values (1, 1, 'lenet', 'modern', '{}', 1, 4, zeroblob(32),
                   (select max(id) from decision), 'x', 'cpu', 1, 'finished', 0)",
        ],
    )
    .await;
    let pool = sqlx::SqlitePool::connect(&at.url).await.unwrap();
    for (place, n) in (1_i64..).zip(covers) {
        sqlx::query("insert into suspect select 1, $1, id, 0, 0.9 from cover where sha256 = $2")
            .bind(place)
            .bind(&sha(*n)[..])
            .execute(&pool)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn uncertain_begins_where_the_model_is_closest_to_not_knowing() {
    let at = with_covers(Pool::Negative, 0..60).await;
    believe(&at).await;
    let shown = negatives(&at, "a", Queue::Uncertain, 5).await;
    assert_eq!(
        hashes(&shown),
        [sha(50), sha(49), sha(51), sha(48), sha(52)]
    );
}

#[tokio::test]
async fn suspects_show_what_stands_worst_first_and_are_gone_once_looked_at_again() {
    let at = with_covers(Pool::Negative, 0..6).await;
    negatives(&at, "a", Queue::Newest, 24).await;
    confirm(&at, "a", &[(sha(3), Choice::Reject)]).await;
    doubt(&at, &[4, 3, 1]).await;
    let shown = negatives(&at, "s", Queue::Suspects, 24).await;
    let marks: Vec<_> = shown
        .tiles
        .iter()
        .map(|tile| (tile.sha256, tile.mark))
        .collect();
    let (keep, reject) = (Some(Choice::Keep), Some(Choice::Reject));
    assert_eq!(marks, [(sha(4), keep), (sha(3), reject), (sha(1), keep)]);
    let before = log(&at).await.len();

    // One answer is changed; the others are said again as they stood.
    let confirmed = confirm(&at, "s", &[(sha(4), Choice::Reject)]).await;
    assert_eq!((confirmed.changed, confirmed.counts.total()), (1, 3));
    let said: Vec<_> = log(&at).await[before..]
        .iter()
        .map(|event| (event.sha256, event.decision, event.source))
        .collect();
    assert_eq!(
        said,
        [
            (sha(4), reject, Source::Explicit),
            (sha(3), reject, Source::Sheet),
            (sha(1), keep, Source::Sheet)
        ]
    );
    assert!(
        negatives(&at, "t", Queue::Suspects, 24)
            .await
            .tiles
            .is_empty()
    );
    let progress = async || {
        let queue = Queue::Suspects;
        at.store
            .queue_progress(at.topic, Pool::Negative, queue, "mia", 0, 3)
            .await
            .unwrap()
    };
    let after = progress().await;
    assert_eq!((after.total, after.done, after.rejected), (3, 3, 1));

    // Taken back, they are doubted again, and what stood stands.
    at.store.undo(at.topic, "mia", "u", 3).await.unwrap();
    let after = progress().await;
    assert_eq!((after.total, after.done, after.rejected), (3, 0, 0));
    let again = at
        .store
        .reopen_sheet(at.topic, "s", "u", "mia", 3)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(again.tiles, shown.tiles);
    // The reopened sheet can be confirmed although an undo stands in the log by now.
    assert_eq!(confirm(&at, "u", &[]).await.counts.total(), 3);
}

#[tokio::test]
async fn an_untouched_suspect_never_overrules_what_somebody_said_meanwhile() {
    let at = with_covers(Pool::Negative, 0..2).await;
    negatives(&at, "a", Queue::Newest, 24).await;
    confirm(&at, "a", &[]).await;
    doubt(&at, &[0, 1]).await;
    negatives(&at, "s", Queue::Suspects, 24).await;
    at.store
        .decide(at.topic, "li", "e", sha(0), Choice::Reject, 2)
        .await
        .unwrap();
    assert_eq!(confirm(&at, "s", &[]).await.counts.total(), 1);
    let tally = at.store.tally(at.topic).await.unwrap();
    assert!(
        tally
            .iter()
            .any(|row| row.decision == "reject" && row.covers == 1)
    );
}

#[tokio::test]
async fn an_audit_counts_what_was_looked_at_and_found_in_its_sample() {
    let at = with_covers(Pool::Negative, 0..50).await;
    negatives(&at, "a", Queue::Newest, 120).await;
    confirm(&at, "a", &[(sha(7), Choice::Reject)]).await;
    let first = negatives(&at, "b", Queue::Audit, 24).await;
    let second = negatives(&at, "c", Queue::Audit, 120).await;
    let all: BTreeSet<_> = [hashes(&first), hashes(&second)]
        .concat()
        .into_iter()
        .collect();
    assert_eq!(
        (first.tiles.len(), all.len()),
        (24, 49),
        "each once, and no rejected one"
    );
    assert!(!all.contains(&sha(7)));
    assert!(
        first.tiles.iter().all(|tile| tile.mark.is_none()),
        "the first answer is not shown"
    );
    assert_ne!(
        hashes(&first),
        (26..50).rev().map(sha).collect::<Vec<_>>(),
        "at random"
    );

    let audit = async || {
        let audit = at.store.newest_audit(at.topic, Pool::Negative, false).await;
        let audit = audit.unwrap().unwrap();
        (audit.frame, audit.sample, audit.checked, audit.found)
    };
    assert_eq!(audit().await, (49, 49, 0, 0));
    let hidden = first.tiles[3].sha256;
    confirm(&at, "b", &[(hidden, Choice::Reject)]).await;
    assert_eq!(audit().await, (49, 49, 24, 1));
    // Who finds a cat by another way has not looked at the rest of what the audit did not come to.
    let other = second.tiles[0].sha256;
    at.store
        .decide(at.topic, "li", "e", other, Choice::Unsure, 3)
        .await
        .unwrap();
    assert_eq!(audit().await, (49, 49, 24, 1));
    // Where the audit did come to, it is found all the same.
    confirm(&at, "c", &[]).await;
    assert_eq!(audit().await, (49, 49, 49, 2));
    for (undo, left) in [("u", (49, 49, 24, 1)), ("v", (49, 49, 0, 0))] {
        at.store.undo(at.topic, "mia", undo, 4).await.unwrap();
        assert_eq!(audit().await, left, "a look that was taken back is none");
    }

    let new = NewAudit {
        id: "d",
        pool: Pool::Negative,
        below: None,
        seed: 3,
    };
    for _ in 0..2 {
        at.store.begin_audit(at.topic, &new, 5).await.unwrap();
    }
    assert_eq!(audit().await, (48, 48, 0, 0));
}

#[tokio::test]
async fn a_second_look_hides_the_first_answer_and_compares_both() {
    let at = with_covers(Pool::Negative, 0..30).await;
    negatives(&at, "a", Queue::Newest, 120).await;
    let cats = [(sha(1), Choice::Reject), (sha(2), Choice::Reject)];
    confirm(&at, "a", &cats).await;
    let shown = negatives(&at, "b", Queue::Second, 120).await;
    assert_eq!(shown.tiles.len(), 30);
    assert!(shown.tiles.iter().all(|tile| tile.mark.is_none()));
    let cats = [(sha(2), Choice::Reject), (sha(9), Choice::Reject)];
    assert_eq!(confirm(&at, "b", &cats).await.changed, 2);
    assert!(
        negatives(&at, "c", Queue::Second, 120)
            .await
            .tiles
            .is_empty(),
        "each once"
    );
    let twice = at.store.looked_twice(at.topic, false).await.unwrap()[0];
    assert_eq!(
        (
            twice.covers,
            twice.first,
            twice.second,
            twice.both,
            twice.alike
        ),
        (30, 2, 2, 1, 28)
    );
    let by_two = at.store.looked_twice(at.topic, true).await.unwrap();
    assert!(by_two.is_empty(), "one person looked both times");
    // The later word counts.
    let standing = at.store.tally(at.topic).await.unwrap();
    assert!(
        standing
            .iter()
            .any(|row| row.decision == "reject" && row.covers == 2)
    );
}

#[tokio::test]
async fn two_people_are_compared_where_the_second_had_said_nothing_before() {
    let at = with_covers(Pool::Negative, 0..10).await;
    at.store
        .decide(at.topic, "li", "e", sha(0), Choice::Keep, 1)
        .await
        .unwrap();
    at.store
        .decide(at.topic, "mia", "f", sha(0), Choice::Reject, 2)
        .await
        .unwrap();
    negatives(&at, "a", Queue::Newest, 24).await;
    confirm(&at, "a", &[(sha(1), Choice::Reject)]).await;
    let shown = negatives(&at, "b", Queue::Second, 24).await;
    assert_eq!(shown.tiles.len(), 10);
    let seen = [
        (sha(1), Choice::Reject),
        (sha(2), Choice::Reject),
        (sha(3), Choice::Unsure),
    ];
    let confirm = Confirm {
        sheet: "b",
        annotator: "li",
        touched: &seen,
        visible_ms: None,
    };
    at.store.confirm_sheet(at.topic, &confirm, 3).await.unwrap();
    let counted = async |by_two| {
        let twice = at.store.looked_twice(at.topic, by_two).await.unwrap()[0];
        (twice.covers, twice.first, twice.second, twice.both)
    };
    // Cover 3 got no yes or no.
    assert_eq!(counted(false).await, (9, 2, 2, 1));
    // Of cover 0 she had spoken herself.
    assert_eq!(counted(true).await, (8, 1, 2, 1));
}

#[tokio::test]
async fn a_changed_answer_reaches_what_it_was_propagated_to_and_no_further() {
    let at = fresh().await;
    let covers: Vec<_> = (0..3).map(|n| arrival(n, u64::from(n))).collect();
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    negatives(&at, "a", Queue::Newest, 24).await;
    confirm(&at, "a", &[]).await;
    // One member gets a word of its own.
    at.store
        .decide(at.topic, "mia", "e", sha(2), Choice::Unsure, 2)
        .await
        .unwrap();
    at.store
        .decide(at.topic, "mia", "f", sha(0), Choice::Reject, 3)
        .await
        .unwrap();
    let tally = at.store.tally(at.topic).await.unwrap();
    let of = |decision: &str| {
        tally
            .iter()
            .find(|row| row.decision == decision)
            .unwrap()
            .covers
    };
    assert_eq!((of("reject"), of("unsure")), (2, 1));
    at.store.undo(at.topic, "mia", "u", 4).await.unwrap();
    let tally = at.store.tally(at.topic).await.unwrap();
    assert_eq!(
        tally
            .iter()
            .find(|row| row.decision == "keep")
            .unwrap()
            .covers,
        2
    );
}

#[tokio::test]
async fn a_sheet_of_likely_cats_rejects_what_nobody_touches() {
    let at = with_covers(Pool::Negative, 60..110).await;
    believe_all(&at, "0.95").await;
    let shown = negatives(&at, "a", Queue::Likely, 24).await;
    assert_eq!(shown.untouched, Choice::Reject);
    let counts = confirm(&at, "a", &[(shown.tiles[0].sha256, Choice::Keep)])
        .await
        .counts;
    assert_eq!((counts.keep, counts.reject), (1, 23));
    let events = log(&at).await;
    assert_eq!(
        (events[0].source, events[1].source),
        (Source::Explicit, Source::Sheet)
    );
    // An undo shows it again the same way round.
    at.store.undo(at.topic, "mia", "u", 3).await.unwrap();
    let again = at
        .store
        .reopen_sheet(at.topic, "a", "u", "mia", 3)
        .await
        .unwrap();
    assert_eq!(again.unwrap().untouched, Choice::Reject);
    // Of searched-for covers the same belief says that they belong.
    add(&at, Pool::Positive, 200..230).await;
    believe_all(&at, "0.95").await;
    let positives = open(&at, "p", Pool::Positive, Queue::Likely, 24, 1).await;
    assert_eq!(positives.untouched, Choice::Keep);
}

async fn believe_all(at: &Fixture, probability: &'static str) {
    let score = match probability {
        "0.95" => {
            "insert or replace into score (model_id, cover_id, probability, scored_at)
             select 1, id, 0.95, 0 from cover"
        }
        _ => {
            "insert or replace into score (model_id, cover_id, probability, scored_at)
             select 1, id, 0.001, 0 from cover"
        }
    };
    let statements = [
        "insert or replace into model values (1, 1, 'm', null, 'lenet', zeroblob(32), '{}', 0, 0)",
        "insert or replace into promotion values (1, 1, 1, 'test', 0)",
        score,
    ];
    sql(at, &statements).await;
}

#[tokio::test]
async fn about_one_sheet_in_three_of_unlikely_covers_has_a_planted_cat_that_is_never_logged() {
    let at = with_covers(Pool::Negative, 0..1500).await;
    add(&at, Pool::Positive, 2000..2020).await;
    open(&at, "cats", Pool::Positive, Queue::Newest, 24, 1).await;
    confirm(&at, "cats", &[]).await;
    believe_all(&at, "0.001").await;
    let known: BTreeSet<_> = (2000..2020).map(sha).collect();
    let before = log(&at).await.len();
    let (mut sheets, mut planted, mut positions, mut seen) = (0, 0_usize, BTreeSet::new(), 0);
    loop {
        let id = format!("s{sheets}");
        let shown = negatives(&at, &id, Queue::Random, 24).await;
        if shown.tiles.iter().all(|tile| known.contains(&tile.sha256)) {
            break;
        }
        assert!(shown.tiles.len() <= 24);
        let cats: Vec<_> = (0..shown.tiles.len())
            .filter(|at| known.contains(&shown.tiles[*at].sha256))
            .collect();
        assert!(cats.len() <= 1);
        let touched: Vec<_> = cats
            .iter()
            .filter(|_| planted % 4 != 0)
            .map(|at| (shown.tiles[*at].sha256, Choice::Reject))
            .collect();
        let confirmed = confirm(&at, &id, &touched).await;
        let told: Vec<_> = cats
            .iter()
            .map(|at| Planted {
                sha256: shown.tiles[*at].sha256,
                seen: !touched.is_empty(),
            })
            .collect();
        assert_eq!(confirmed.planted, told);
        planted += cats.len();
        seen += touched.len();
        positions.extend(cats);
        sheets += 1;
    }
    assert!((12..32).contains(&planted), "{planted} on {sheets} sheets");
    assert!(positions.len() > 6, "{positions:?}");
    let events = log(&at).await;
    assert_eq!(events.len() - before, 1500);
    assert!(
        events[before..]
            .iter()
            .all(|event| !known.contains(&event.sha256))
    );
    let recall = at.store.planted_recall(at.topic).await.unwrap();
    assert_eq!(
        (recall[0].planted, recall[0].seen),
        (planted as u64, seen as u64)
    );
    // After an undo the person has been told, so it is not shown again.
    at.store.undo(at.topic, "mia", "u", 3).await.unwrap();
    let last = format!("s{}", sheets - 1);
    let again = at
        .store
        .reopen_sheet(at.topic, &last, "u", "mia", 3)
        .await
        .unwrap()
        .unwrap();
    assert!(again.tiles.iter().all(|tile| !known.contains(&tile.sha256)));
}

#[tokio::test]
async fn a_sheet_that_is_taken_back_keeps_the_cat_that_was_planted_elsewhere_meanwhile() {
    let at = with_covers(Pool::Negative, 0..600).await;
    believe_all(&at, "0.001").await;
    negatives(&at, "first", Queue::Newest, 60).await;
    confirm(&at, "first", &[(sha(590), Choice::Reject)]).await;
    let mut other = None;
    for n in 0..20 {
        let id = format!("s{n}");
        let shown = negatives(&at, &id, Queue::Random, 24).await;
        if hashes(&shown).contains(&sha(590)) {
            other = Some(id);
            break;
        }
    }
    let other = other.expect("one in three is planted");
    at.store.undo(at.topic, "mia", "u", 3).await.unwrap();
    at.store
        .reopen_sheet(at.topic, "first", "u", "mia", 3)
        .await
        .unwrap()
        .unwrap();
    let again = negatives(&at, "u", Queue::Newest, 60).await;
    assert_eq!(again.tiles.len(), 60);
    assert_eq!(
        confirm(&at, "u", &[(sha(590), Choice::Reject)])
            .await
            .counts
            .total(),
        60
    );
    at.store.undo(at.topic, "mia", "v", 4).await.unwrap();
    assert!(
        confirm(&at, &other, &[]).await.planted.is_empty(),
        "it is known no longer"
    );
}

#[tokio::test]
async fn no_cat_is_planted_for_whom_does_not_want_it() {
    let at = with_covers(Pool::Negative, 0..800).await;
    add(&at, Pool::Positive, 2000..2020).await;
    open(&at, "cats", Pool::Positive, Queue::Newest, 24, 1).await;
    confirm(&at, "cats", &[]).await;
    believe_all(&at, "0.001").await;
    for n in 0..20 {
        let id = format!("s{n}");
        let new = NewSheet {
            id: &id,
            annotator: "mia",
            pool: Pool::Negative,
            queue: Queue::Random,
            size: 24,
            plant: false,
            seed: n,
        };
        at.store.open_sheet(at.topic, &new, 1).await.unwrap();
        assert!(confirm(&at, &id, &[]).await.planted.is_empty());
    }
}

#[tokio::test]
async fn no_cat_is_planted_where_cats_are_to_be_expected_or_none_is_known() {
    let at = with_covers(Pool::Negative, 0..1500).await;
    believe_all(&at, "0.001").await;
    for n in 0..20 {
        let id = format!("s{n}");
        assert_eq!(negatives(&at, &id, Queue::Random, 24).await.tiles.len(), 24);
        assert!(
            confirm(&at, &id, &[]).await.planted.is_empty(),
            "none is known"
        );
    }
    add(&at, Pool::Positive, 2000..2020).await;
    open(&at, "cats", Pool::Positive, Queue::Newest, 24, 1).await;
    confirm(&at, "cats", &[]).await;
    sql(&at, &["update score set probability = 0.05"]).await;
    for n in 20..40 {
        let id = format!("s{n}");
        negatives(&at, &id, Queue::Random, 24).await;
        assert!(
            confirm(&at, &id, &[]).await.planted.is_empty(),
            "1.2 are to be expected"
        );
    }
}

#[tokio::test]
async fn no_cover_is_on_two_open_sheets_of_whatever_queues() {
    let at = with_covers(Pool::Negative, 0..100).await;
    negatives(&at, "first", Queue::Newest, 50).await;
    confirm(&at, "first", &[]).await;
    believe(&at).await;
    doubt(&at, &[60, 70, 80, 90]).await;
    let mut seen = BTreeSet::new();
    for round in 0..3 {
        for queue in Queue::ALL {
            let id = format!("{round}-{}", queue.as_str());
            for hash in hashes(&negatives(&at, &id, queue, 7).await) {
                assert!(seen.insert(hash), "{id}");
            }
        }
    }
    assert!(seen.len() > 70, "{}", seen.len());
}
