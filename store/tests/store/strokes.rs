use std::collections::BTreeMap;

use proptest::prelude::*;
use store::Queue;
use store::confirm::Confirm;
use store::sheet::NewSheet;
use store::{Act, Choice, Pool, Source};

use crate::support::{Fixture, NEAR, arrival, far, fresh, sha};

const CHOICES: [Choice; 4] = [Choice::Keep, Choice::Reject, Choice::Unsure, Choice::Broken];
const COVERS: u32 = 5;

async fn with_covers(n: u32) -> Fixture {
    let at = fresh().await;
    let covers: Vec<_> = (0..n).map(|i| arrival(i, far(i))).collect();
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    at
}

/// What mia says now, by cover: the latest event of each.
async fn said(at: &Fixture) -> BTreeMap<[u8; 32], Choice> {
    let (events, _) = at.store.events_after(at.topic, 0, 100_000).await.unwrap();
    let mut said = BTreeMap::new();
    for event in events.into_iter().filter(|e| e.annotator == "mia") {
        match event.decision {
            Some(decision) => said.insert(event.sha256, decision),
            None => said.remove(&event.sha256),
        };
    }
    said
}

#[derive(Debug, Clone)]
enum Step {
    Decide(u32, usize),
    Undo,
    Redo,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        3 => (0..COVERS, 0_usize..4).prop_map(|(cover, choice)| Step::Decide(cover, choice)),
        2 => Just(Step::Undo),
        2 => Just(Step::Redo),
    ];
    prop::collection::vec(step, 1..24)
}

/// The plain model: two stacks, and what is said folds the first.
#[derive(Default)]
struct Model {
    done: Vec<(u32, Choice)>,
    undone: Vec<(u32, Choice)>,
}

impl Model {
    fn take(&mut self, step: &Step) {
        match step {
            Step::Decide(cover, choice) => {
                self.done.push((*cover, CHOICES[*choice]));
                self.undone.clear();
            }
            Step::Undo => self.undone.extend(self.done.pop()),
            Step::Redo => self.done.extend(self.undone.pop()),
        }
    }

    fn said(&self) -> BTreeMap<[u8; 32], Choice> {
        self.done
            .iter()
            .map(|(cover, choice)| (sha(*cover), *choice))
            .collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_interleaving_of_decide_undo_and_redo_is_two_stacks(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let at = with_covers(COVERS).await;
            let mut model = Model::default();
            // Somebody else's strokes are never touched.
            at.store.decide(at.topic, "li", "li-1", sha(0), Choice::Unsure, 1).await.unwrap();
            for (i, step) in steps.iter().enumerate() {
                let name = format!("e{i}");
                let expected = match step {
                    Step::Decide(..) => None,
                    Step::Undo => Some(model.done.last().copied()),
                    Step::Redo => Some(model.undone.last().copied()),
                };
                let stroke = match step {
                    Step::Decide(cover, choice) => {
                        let choice = CHOICES[*choice];
                        at.store.decide(at.topic, "mia", &name, sha(*cover), choice, 2).await.unwrap();
                        None
                    }
                    Step::Undo => Some(at.store.undo(at.topic, "mia", &name, 2).await.unwrap()),
                    Step::Redo => Some(at.store.redo(at.topic, "mia", &name, 2).await.unwrap()),
                };
                let stroke = stroke.map(|s| s.map(|s| (s.marks[0].sha256, s.marks[0].decision)));
                let expected = expected.map(|s| s.map(|(cover, choice)| (sha(cover), choice)));
                assert_eq!(stroke, expected, "{steps:?} at {i}");
                model.take(step);
                assert_eq!(said(&at).await, model.said(), "{steps:?} after {i}");
            }
        });
    }
}

#[tokio::test]
async fn undo_takes_a_whole_sheet_with_what_it_propagated_and_redo_brings_it_back() {
    let at = fresh().await;
    // Two near-duplicates and one cover of its own.
    let covers = [arrival(0, 0), arrival(1, 1), arrival(2, far(2))];
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    let new = NewSheet {
        id: "s1",
        annotator: "mia",
        pool: Pool::Negative,
        queue: Queue::Newest,
        size: 60,
        plant: true,
        seed: 0,
    };
    at.store.open_sheet(at.topic, &new, 1).await.unwrap();
    let confirm = Confirm {
        sheet: "s1",
        annotator: "mia",
        touched: &[(sha(0), Choice::Reject)],
        visible_ms: Some(900),
    };
    at.store.confirm_sheet(at.topic, &confirm, 2).await.unwrap();
    let after = said(&at).await;
    assert_eq!(
        after,
        BTreeMap::from([
            (sha(0), Choice::Reject),
            (sha(1), Choice::Reject),
            (sha(2), Choice::Keep)
        ])
    );
    let undone = at
        .store
        .undo(at.topic, "mia", "u1", 3)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((undone.stroke.as_str(), undone.marks.len()), ("s1", 3));
    assert!(said(&at).await.is_empty());
    assert!(
        at.store
            .undo(at.topic, "mia", "u2", 3)
            .await
            .unwrap()
            .is_none()
    );
    at.store
        .redo(at.topic, "mia", "r1", 4)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(said(&at).await, after);
}

#[tokio::test]
async fn an_undo_whose_answer_was_lost_is_asked_again_and_takes_nothing_more() {
    let at = with_covers(2).await;
    for n in 0..2 {
        at.store
            .decide(at.topic, "mia", &format!("e{n}"), sha(n), Choice::Reject, 1)
            .await
            .unwrap();
    }
    for _ in 0..2 {
        let undone = at
            .store
            .undo(at.topic, "mia", "u", 2)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(undone.stroke, "e1");
    }
    assert_eq!(said(&at).await, BTreeMap::from([(sha(0), Choice::Reject)]));
}

#[tokio::test]
async fn a_decision_after_an_undo_ends_redoing() {
    let at = with_covers(1).await;
    let decide = async |name: &str, choice| {
        at.store
            .decide(at.topic, "mia", name, sha(0), choice, 1)
            .await
            .unwrap()
    };
    decide("e1", Choice::Reject).await;
    at.store
        .undo(at.topic, "mia", "u1", 2)
        .await
        .unwrap()
        .unwrap();
    decide("e2", Choice::Keep).await;
    assert!(
        at.store
            .redo(at.topic, "mia", "r1", 3)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn two_words_of_a_stroke_on_one_group_reach_each_of_its_others_once() {
    let at = fresh().await;
    // One group of four, around the first.
    let covers: Vec<_> = (0..4).map(|n| arrival(n, 7)).collect();
    at.store
        .add(at.topic, Pool::Negative, NEAR, &covers, 1)
        .await
        .unwrap();
    let said = [sha(1), sha(2)];
    let counts = at
        .store
        .judge(at.topic, "mia", "stroke", &said, true, 2)
        .await
        .unwrap();
    assert_eq!((counts.reject, counts.total()), (4, 4));
    let (events, _) = at.store.events_after(at.topic, 0, 100).await.unwrap();
    let mut of: Vec<_> = events.iter().map(|e| (e.sha256, e.source)).collect();
    of.sort_by_key(|(sha256, _)| *sha256);
    let (own, reached) = (Source::Explicit, Source::Propagated);
    assert_eq!(
        of,
        [
            (sha(0), reached),
            (sha(1), own),
            (sha(2), own),
            (sha(3), reached)
        ]
    );
    // What was answered and asked again, also after it was taken back, is said no second time.
    at.store.undo(at.topic, "mia", "undo", 3).await.unwrap();
    at.store
        .judge(at.topic, "mia", "stroke", &said, true, 4)
        .await
        .unwrap();
    let (events, _) = at.store.events_after(at.topic, 0, 100).await.unwrap();
    assert_eq!(events.iter().filter(|e| e.act == Act::Decide).count(), 4);
}
