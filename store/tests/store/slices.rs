//! Keeping the unlikely at once: what is in a slice, and the one stroke over what is left of it.

use store::audit::{Audit, NewAudit};
use store::confirm::{Confirm, Counts};
use store::history::Origin;
use store::sheet::{NewSheet, Sheet};
use store::slice::KeepSlice;
use store::{Choice, Error, Pool, Queue, Source};

use crate::support::{Fixture, NEAR, arrival, far, fresh, sha};

/// Negatives of these numbers, scored 0.001 each by the model in use.
async fn scored(numbers: std::ops::Range<u32>) -> Fixture {
    let at = fresh().await;
    add(&at, Pool::Negative, numbers).await;
    model(
        &at,
        "insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, 0.001, 0, null from cover",
    )
    .await;
    at
}

async fn add(at: &Fixture, pool: Pool, numbers: std::ops::Range<u32>) {
    let covers: Vec<_> = numbers.map(|n| arrival(n, far(n))).collect();
    let added = at.store.add(at.topic, pool, NEAR, &covers, 1);
    added.await.unwrap();
}

async fn model(at: &Fixture, scores: &'static str) {
    sql(
        at,
        "insert into model values (1, 1, 'm', null, 'lenet', zeroblob(32), '{}', 0, 0)",
    )
    .await;
    sql(at, "insert into promotion values (1, 1, 1, 'test', 0)").await;
    sql(at, scores).await;
}

async fn sql(at: &Fixture, statement: &'static str) {
    let pool = sqlx::SqlitePool::connect(&at.url).await.unwrap();
    sqlx::query(statement).execute(&pool).await.unwrap();
}

async fn begin(at: &Fixture, id: &str, below: f64) -> Audit {
    let new = NewAudit {
        id,
        pool: Pool::Negative,
        below: Some(below),
        seed: 5,
    };
    at.store.begin_audit(at.topic, &new, 1).await.unwrap();
    audit(at).await
}

async fn audit(at: &Fixture) -> Audit {
    let newest = at.store.newest_audit(at.topic, Pool::Negative, true);
    newest.await.unwrap().unwrap()
}

async fn open(at: &Fixture, id: &str) -> Sheet {
    let new = NewSheet {
        id,
        annotator: "mia",
        pool: Pool::Negative,
        queue: Queue::Below,
        size: 120,
        plant: false,
        seed: 3,
    };
    at.store.open_sheet(at.topic, &new, 1).await.unwrap()
}

async fn confirm(at: &Fixture, id: &str, touched: &[([u8; 32], Choice)]) {
    let confirm = Confirm {
        sheet: id,
        annotator: "mia",
        touched,
        visible_ms: Some(1000),
    };
    let confirmed = at.store.confirm_sheet(at.topic, &confirm, 2);
    confirmed.await.unwrap();
}

/// Looks at the whole sample of a slice; keeps all of it.
async fn look(at: &Fixture) {
    for n in 0..3 {
        let id = format!("s{n}");
        open(at, &id).await;
        confirm(at, &id, &[]).await;
    }
}

/// Keeps what is left, in a stroke of that name.
async fn keep(at: &Fixture, audit: &str, stroke: &str) -> Counts {
    let keep = KeepSlice {
        annotator: "mia",
        audit,
        stroke,
    };
    let kept = at.store.keep_slice(at.topic, &keep, |_| Ok::<_, ()>(()), 5);
    kept.await.unwrap().unwrap()
}

async fn left(at: &Fixture, audit: &str) -> u64 {
    at.store.left_of_slice(at.topic, audit).await.unwrap()
}

async fn slice(at: &Fixture, below: f64) -> u64 {
    let slice = at.store.slice(at.topic, Pool::Negative, below);
    slice.await.unwrap().0
}

/// What was kept at once, by cover.
async fn bulk(at: &Fixture) -> Vec<[u8; 32]> {
    let (events, _) = at.store.events_after(at.topic, 0, 10_000).await.unwrap();
    let bulk = events
        .into_iter()
        .filter(|event| event.source == Source::Bulk);
    bulk.map(|event| {
        assert_eq!(event.decision, Some(Choice::Keep));
        event.sha256
    })
    .collect()
}

#[tokio::test]
async fn a_slice_is_kept_at_once_as_far_as_it_was_sampled_and_one_undo_takes_it_back() {
    let at = scored(0..500).await;
    let drawn = begin(&at, "x", 0.1).await;
    assert_eq!((drawn.frame, drawn.sample), (500, 300));
    assert_eq!((drawn.checked, drawn.waiting), (0, 300));
    for n in 0..3 {
        let id = format!("s{n}");
        let first = open(&at, &id).await.tiles.first().map(|tile| tile.sha256);
        let cat = first.filter(|_| n == 0).map(|cat| (cat, Choice::Reject));
        confirm(&at, &id, &cat.into_iter().collect::<Vec<_>>()).await;
    }
    assert!(open(&at, "s3").await.tiles.is_empty());
    // Beginning it again changes nothing.
    let again = begin(&at, "x", 0.1).await;
    assert_eq!((again.checked, again.found, again.waiting), (300, 1, 0));
    // What was scored after the sample was drawn is not in the slice.
    add(&at, Pool::Negative, 600..610).await;
    sql(
        &at,
        "insert or ignore into score (model_id, cover_id, probability, scored_at)
         select 1, id, 0.001, 9 from cover",
    )
    .await;
    assert_eq!((left(&at, "x").await, slice(&at, 0.1).await), (200, 210));
    for _ in 0..2 {
        let counts = keep(&at, "x", "bulk").await;
        assert_eq!((counts.keep, counts.total()), (200, 200));
        assert_eq!(bulk(&at).await.len(), 200);
    }
    let undone = at.store.undo(at.topic, "mia", "u", 6).await.unwrap();
    assert_eq!(undone.unwrap().marks.len(), 200);
    assert_eq!(left(&at, "x").await, 200);
    at.store.redo(at.topic, "mia", "r", 7).await.unwrap();
    assert_eq!(left(&at, "x").await, 0);

    let origin = Some(Origin::Bulk);
    let told = at.store.strokes(at.topic, origin, i64::MAX, 9).await;
    let told = &told.unwrap()[..];
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].counts.keep, told[0].below), (200, Some(0.1)));
    assert!(told[0].in_effect);
}

#[tokio::test]
async fn what_is_refused_changes_nothing_and_says_why() {
    let at = scored(0..400).await;
    begin(&at, "x", 0.1).await;
    let asked = |audit| KeepSlice {
        annotator: "mia",
        audit,
        stroke: "bulk",
    };
    let mut seen = None;
    let judge = |audit: &Audit| {
        seen = Some(audit.waiting);
        Err("not yet")
    };
    let kept = at.store.keep_slice(at.topic, &asked("x"), judge, 5).await;
    assert_eq!((kept.unwrap(), seen), (Err("not yet"), Some(300)));
    assert!(bulk(&at).await.is_empty());
    let yes = |_: &Audit| Ok::<_, ()>(());
    let unknown = at.store.keep_slice(at.topic, &asked("y"), yes, 5).await;
    assert!(matches!(unknown, Err(Error::Missing { what: "audit", .. })));
}

#[tokio::test]
async fn a_persons_own_decision_is_never_overruled() {
    let at = scored(0..400).await;
    begin(&at, "x", 0.1).await;
    look(&at).await;
    let (events, _) = at.store.events_after(at.topic, 0, 999).await.unwrap();
    let looked = |n: u32| events.iter().any(|event| event.sha256 == sha(n));
    let cat = (0..400).find(|n| !looked(*n)).unwrap();
    let rejects = at
        .store
        .decide(at.topic, "li", "e", sha(cat), Choice::Reject, 3);
    rejects.await.unwrap();
    assert_eq!(keep(&at, "x", "bulk").await.keep, 99);
    assert!(!bulk(&at).await.contains(&sha(cat)));
}

#[tokio::test]
async fn what_a_newer_model_believes_likelier_is_left_to_a_person() {
    let at = scored(0..400).await;
    begin(&at, "x", 0.1).await;
    look(&at).await;
    assert_eq!(left(&at, "x").await, 100);
    sql(
        &at,
        "insert into model values (2, 1, 'n', null, 'lenet', zeroblob(32), '{}', 0, 0)",
    )
    .await;
    sql(&at, "insert into promotion values (2, 1, 2, 'test', 0)").await;
    assert_eq!(left(&at, "x").await, 0, "it has said nothing yet");
    sql(
        &at,
        "insert into score (model_id, cover_id, probability, scored_at, logit)
         select 2, c.id,
                case when c.id = (select max(cover_id) from audit_cover where place > 300)
                     then 0.1 else 0.09 end, 0, null from cover c",
    )
    .await;
    assert!(!audit(&at).await.current);
    assert_eq!(left(&at, "x").await, 99);
    assert_eq!(keep(&at, "x", "bulk").await.keep, 99);
}

#[tokio::test]
async fn what_moved_to_another_pool_is_neither_looked_at_nor_kept() {
    let at = scored(0..400).await;
    begin(&at, "x", 0.1).await;
    // Two of the sample and one of the rest were met by a search.
    sql(
        &at,
        "update pool set pool = 'positive' where cover_id in (
             select cover_id from audit_cover where place in (1, 2, 301))",
    )
    .await;
    look(&at).await;
    let seen = audit(&at).await;
    assert_eq!((seen.checked, seen.waiting, seen.found), (298, 0, 0));
    assert_eq!(keep(&at, "x", "bulk").await.keep, 99);
}

#[tokio::test]
async fn a_group_is_in_a_slice_whole_or_not_at_all() {
    let at = fresh().await;
    // Groups of two: both below, one above, one unscored, one a known cat, one kept.
    let covers: Vec<_> = (0..10)
        .map(|n| arrival(n, far(n / 2) ^ u64::from(n % 2)))
        .collect();
    let added = at.store.add(at.topic, Pool::Negative, NEAR, &covers, 1);
    added.await.unwrap();
    model(
        &at,
        "insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, case when id = 4 then 0.5 else 0.001 end, 0, null
         from cover where id <> 6",
    )
    .await;
    // Said of one alone: by import, which reaches no near-duplicates.
    for (n, decision) in [(7, Choice::Reject), (9, Choice::Keep)] {
        let event = format!("e{n}");
        let statement = [store::decision::Statement {
            event: event.clone(),
            cover: store::decision::CoverName::Sha256(sha(n)),
            pool: None,
            decision,
            annotator: "li".into(),
            stroke: event,
        }];
        let said = at.store.import_statements(at.topic, &statement, 2);
        said.await.unwrap();
    }
    assert_eq!(slice(&at, 0.1).await, 3);
    let drawn = begin(&at, "x", 0.1).await;
    assert_eq!((drawn.frame, drawn.sample), (3, 3));
    keep(&at, "x", "bulk").await;
    let mut kept = bulk(&at).await;
    kept.sort_unstable();
    assert_eq!(kept, [sha(0), sha(1), sha(8)]);
}

#[tokio::test]
async fn what_has_a_near_duplicate_that_nobody_knows_is_not_kept() {
    let at = scored(0..400).await;
    begin(&at, "x", 0.1).await;
    look(&at).await;
    assert_eq!(left(&at, "x").await, 100);
    // One that arrives is a near-duplicate of what is left, and nobody knows what it shows.
    let rest =
        "select min(c.id) from audit_cover a join cover c on c.id = a.cover_id where place > 300";
    let pool = sqlx::SqlitePool::connect(&at.url).await.unwrap();
    let of: u32 = sqlx::query_scalar(rest).fetch_one(&pool).await.unwrap();
    let twin = [arrival(900, far(of - 1) ^ 1)];
    let added = at.store.add(at.topic, Pool::Negative, NEAR, &twin, 3);
    added.await.unwrap();
    assert_eq!(left(&at, "x").await, 99);
}

#[tokio::test]
async fn the_steps_of_probability_add_up_to_the_slices() {
    let at = fresh().await;
    add(&at, Pool::Negative, 0..300).await;
    model(
        &at,
        "insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, (id * 7919 % 1000) / 2000.0 + 0.00003, 0, null from cover",
    )
    .await;
    let steps = at
        .store
        .slice_steps(at.topic, Pool::Negative, 0.5)
        .await
        .unwrap();
    assert!(steps.is_sorted_by(|a, b| a.below < b.below));
    for below in [1_u32, 50, 777, 2500, 5000] {
        let of = steps.iter().filter(|step| step.below <= below);
        let (covers, expected) = of.fold((0, 0.0), |(covers, expected), step| {
            (covers + step.covers, expected + step.expected)
        });
        let exact = at
            .store
            .slice(at.topic, Pool::Negative, f64::from(below) / 10_000.0);
        let exact = exact.await.unwrap();
        assert_eq!(covers, exact.0, "{below}");
        assert!((expected - exact.1).abs() < 1e-9, "{below}");
    }
}
