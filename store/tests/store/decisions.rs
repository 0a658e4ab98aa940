use proptest::prelude::*;
use store::decision::{CoverName, Imported, Statement};
use store::{Act, Choice, Event, LabelRule, Pool, Role, Source};

use crate::support::{Fixture, NEAR, arrival, far, fresh, sha};

const CHOICES: [Choice; 4] = [Choice::Keep, Choice::Reject, Choice::Unsure, Choice::Broken];

fn event(name: &str, cover: u32, decision: Option<Choice>, annotator: &str) -> Event {
    Event {
        event: name.into(),
        sha256: sha(cover),
        pool: Pool::Negative,
        decision,
        annotator: annotator.into(),
        role: if annotator == "reviewer" {
            Role::Reviewer
        } else {
            Role::Annotator
        },
        source: Source::Explicit,
        act: Act::Decide,
        stroke: name.into(),
        undoes: None,
        decided_at: 5,
        visible_ms: Some(900),
    }
}

fn statement(name: &str, cover: CoverName, pool: Option<Pool>, decision: Choice) -> Statement {
    Statement {
        event: name.into(),
        cover,
        pool,
        decision,
        annotator: "mia".into(),
        stroke: "import".into(),
    }
}

async fn with_covers(n: u32) -> Fixture {
    let at = fresh().await;
    let covers: Vec<_> = (0..n).map(|i| arrival(i, far(i))).collect();
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    at
}

async fn labels(at: &Fixture) -> Vec<bool> {
    let labeled = at
        .store
        .labeled(at.topic, &LabelRule::default())
        .await
        .unwrap();
    labeled.into_iter().map(|l| l.label).collect()
}

#[tokio::test]
async fn a_cover_is_found_by_hash_picture_page_or_file() {
    let at = with_covers(2).await;
    let mut on_disk = arrival(9, far(9));
    on_disk.video.site = "folder".into();
    on_disk.video.key = "/cats/9.jpg".into();
    at.store
        .add(at.topic, Pool::Positive, NEAR, &[on_disk], 1)
        .await
        .unwrap();
    let names = [
        CoverName::Sha256(sha(0)),
        CoverName::Url("https://img.example/0.jpg".into()),
        CoverName::Url("https://site.example/1".into()),
        CoverName::File("/cats/9.jpg".into()),
        CoverName::File("/cats/8.jpg".into()),
    ];
    let said: Vec<_> = names
        .into_iter()
        .enumerate()
        .map(|(i, name)| statement(&format!("e{i}"), name, None, Choice::Keep))
        .collect();
    let done = at
        .store
        .import_statements(at.topic, &said, 2)
        .await
        .unwrap();
    use Imported::{Added, Known, UnknownCover};
    assert_eq!(done, [Added, Known, Added, Added, UnknownCover]);
    assert_eq!(labels(&at).await, [false, false, true]);
}

#[tokio::test]
async fn saying_the_same_again_adds_nothing_and_changing_ones_mind_does() {
    let at = with_covers(1).await;
    for (i, (choice, expected)) in [
        (Choice::Keep, Imported::Added),
        (Choice::Keep, Imported::Known),
        (Choice::Reject, Imported::Added),
        (Choice::Keep, Imported::Added),
    ]
    .into_iter()
    .enumerate()
    {
        let said = statement(&format!("e{i}"), CoverName::Sha256(sha(0)), None, choice);
        let done = at
            .store
            .import_statements(at.topic, &[said], 2)
            .await
            .unwrap();
        assert_eq!(done, [expected], "{i}");
    }
}

#[tokio::test]
async fn a_cover_in_no_pool_needs_one_named() {
    let at = with_covers(1).await;
    let dogs = at.store.topic("dog", 1).await.unwrap();
    let bare = statement("a", CoverName::Sha256(sha(0)), None, Choice::Keep);
    let named = statement(
        "b",
        CoverName::Sha256(sha(0)),
        Some(Pool::Positive),
        Choice::Keep,
    );
    let done = at
        .store
        .import_statements(dogs, &[bare, named], 2)
        .await
        .unwrap();
    assert_eq!(done, [Imported::NoPool, Imported::Added]);
}

#[tokio::test]
async fn the_log_refuses_changes_and_deletions() {
    let at = with_covers(1).await;
    at.store
        .import_events(at.topic, &[event("e", 0, Some(Choice::Keep), "mia")])
        .await
        .unwrap();
    let pool = sqlx::SqlitePool::connect(&at.url).await.unwrap();
    for sql in [
        "update decision set decision = 'reject'",
        "delete from decision",
    ] {
        let error = sqlx::query(sql)
            .execute(&pool)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("is an event and is never"), "{error}");
    }
}

#[tokio::test]
async fn events_round_trip_to_another_database() {
    let (from, to) = (with_covers(3).await, with_covers(3).await);
    let mut undo = event("e2", 0, None, "mia");
    (undo.act, undo.undoes) = (Act::Undo, Some("e1".into()));
    let mut sheet = event("e3", 1, Some(Choice::Reject), "reviewer");
    sheet.stroke = "s".into();
    let all = [
        event("e1", 0, Some(Choice::Broken), "mia"),
        undo,
        sheet,
        event("e4", 2, Some(Choice::Unsure), "li"),
    ];
    from.store.import_events(from.topic, &all).await.unwrap();
    let (exported, _) = from.store.events_after(from.topic, 0, 100).await.unwrap();
    assert_eq!(exported, all);
    for expected in [Imported::Added, Imported::Known] {
        let done = to.store.import_events(to.topic, &exported).await.unwrap();
        assert!(done.iter().all(|d| *d == expected), "{done:?}");
    }
    assert_eq!(
        to.store.events_after(to.topic, 0, 100).await.unwrap().0,
        all
    );
    assert_eq!(
        to.store.tally(to.topic).await.unwrap(),
        from.store.tally(from.topic).await.unwrap()
    );
}

/// The rule of the contract, in plain Rust: each person's latest word, a reviewer's first, then the newest.
fn expected(events: &[(usize, Option<Choice>)]) -> Option<Choice> {
    let latest = |who: usize| events.iter().enumerate().rev().find(|(_, e)| e.0 == who);
    let word = |who: usize| latest(who).and_then(|(at, e)| e.1.map(|c| (at, c)));
    word(2)
        .or_else(|| {
            [0, 1]
                .into_iter()
                .filter_map(word)
                .max_by_key(|(at, _)| *at)
        })
        .map(|(_, c)| c)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_standing_decision_is_the_contracts_rule(
        words in prop::collection::vec((0_usize..3, prop::option::of(0_usize..4)), 1..12)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let at = with_covers(1).await;
            let words: Vec<_> = words.into_iter().map(|(who, c)| (who, c.map(|c| CHOICES[c]))).collect();
            for (i, (who, choice)) in words.iter().enumerate() {
                let mut said = event(&format!("e{i}"), 0, *choice, ["mia", "li", "reviewer"][*who]);
                // An undo must name an event; the first word of all has none to name.
                if choice.is_none() && i > 0 {
                    (said.act, said.undoes) = (Act::Undo, Some("e0".to_owned()));
                }
                said.decision = choice.or((i == 0).then_some(Choice::Keep));
                at.store.import_events(at.topic, &[said]).await.unwrap();
            }
            let mut words = words;
            words[0].1 = words[0].1.or(Some(Choice::Keep));
            let tally = at.store.tally(at.topic).await.unwrap();
            let standing = expected(&words).map_or("undecided", Choice::as_str);
            assert_eq!(tally[0].decision, standing, "{words:?}");
        });
    }
}

#[tokio::test]
async fn a_row_that_the_log_does_not_take_is_refused_by_itself() {
    let at = with_covers(1).await;
    let good = event("good", 0, Some(Choice::Keep), "ann");
    let spoiled = |name: &str, spoil: &dyn Fn(&mut Event)| {
        let mut event = event(name, 0, Some(Choice::Keep), "ann");
        spoil(&mut event);
        event
    };
    let undo = |undoes: &str| {
        spoiled(undoes, &|event| {
            event.event = format!("undo of {undoes}");
            event.act = Act::Undo;
            event.undoes = Some(undoes.into());
        })
    };
    let rows = [
        spoiled("a", &|event| event.annotator = "x".repeat(65)),
        spoiled("b", &|event| event.annotator = " ".into()),
        spoiled("c", &|event| event.visible_ms = Some(-5)),
        spoiled("d", &|event| event.visible_ms = Some(i64::MAX)),
        spoiled("e", &|event| event.decided_at = i64::MIN),
        spoiled("f", &|event| event.stroke = String::new()),
        spoiled("g", &|event| event.undoes = Some("good".into())),
        spoiled("h", &|event| event.decision = None),
        undo("nothing that is here"),
        good.clone(),
        undo("good"),
    ];
    let done = at.store.import_events(at.topic, &rows).await.unwrap();
    let refused = done
        .iter()
        .filter(|one| matches!(one, Imported::Refused(_)));
    assert_eq!(refused.count(), 9, "{done:?}");
    assert_eq!(done[9..], [Imported::Added, Imported::Added]);
    // A name of 64 letters, whatever their bytes, is one.
    let long = spoiled("long", &|event| event.annotator = "猫".repeat(64));
    let done = at.store.import_events(at.topic, &[long]).await.unwrap();
    assert_eq!(done, [Imported::Added]);

    let mut stated = statement("s", CoverName::Sha256(sha(0)), None, Choice::Keep);
    stated.annotator = String::new();
    let done = at.store.import_statements(at.topic, &[stated], 9).await;
    assert!(matches!(done.unwrap()[..], [Imported::Refused(_)]));
}
