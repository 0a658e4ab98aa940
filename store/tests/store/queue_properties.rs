//! Whatever two people do, in whatever order and from whatever queue: no cover is on two sheets,
//! a sheet says what was said on it and nothing else, an undo restores what stood, and in the end
//! every cover is decided.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use store::confirm::{Confirm, Confirmed};
use store::sheet::{LEASE_MS, NewSheet, Sheet};
use store::{Choice, Pool, Queue};

use crate::support::{Fixture, NEAR, arrival, far, fresh, sha};

const PEOPLE: [&str; 2] = ["mia", "tom"];
const CHOICES: [Choice; 4] = [Choice::Keep, Choice::Reject, Choice::Unsure, Choice::Broken];
/// Of the slice below a score nothing is shown before an audit of it begins.
const QUEUES: [Queue; 7] = [
    Queue::Likely,
    Queue::Random,
    Queue::Newest,
    Queue::Uncertain,
    Queue::Suspects,
    Queue::Audit,
    Queue::Second,
];

type Standing = BTreeMap<[u8; 32], String>;

#[derive(Debug, Clone)]
enum Deed {
    Open {
        who: usize,
        queue: usize,
        size: u32,
    },
    /// Of an open sheet: positions that the person touches, each with a choice.
    Confirm {
        sheet: usize,
        touched: Vec<(usize, usize)>,
    },
    Release {
        sheet: usize,
    },
    /// Both undo, one redoes.
    UndoAndRedo {
        who: usize,
    },
    Decide {
        who: usize,
        cover: u32,
        choice: usize,
    },
    /// A run ends that doubts these.
    Doubt {
        covers: Vec<u32>,
    },
    /// Longer than a lease.
    Leave,
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        4 => (0..2usize, 0..QUEUES.len(), 1..12u32)
            .prop_map(|(who, queue, size)| Deed::Open { who, queue, size }),
        5 => (any::<usize>(), vec((0..12usize, 0..4usize), 0..4))
            .prop_map(|(sheet, touched)| Deed::Confirm { sheet, touched }),
        1 => any::<usize>().prop_map(|sheet| Deed::Release { sheet }),
        2 => (0..2usize).prop_map(|who| Deed::UndoAndRedo { who }),
        2 => (0..2usize, 0..COVERS, 0..4usize)
            .prop_map(|(who, cover, choice)| Deed::Decide { who, cover, choice }),
        1 => vec(0..COVERS, 1..6).prop_map(|covers| Deed::Doubt { covers }),
        1 => Just(Deed::Leave),
    ]
}

/// Covers of the pool; every fourth is a near-duplicate of the one before it.
const COVERS: u32 = 32;

struct Open {
    sheet: Sheet,
    who: &'static str,
    until: i64,
    planted: BTreeSet<[u8; 32]>,
    /// The events that stood when it was opened.
    stood: BTreeMap<[u8; 32], i64>,
}

struct World {
    at: Fixture,
    sql: sqlx::SqlitePool,
    open: Vec<Open>,
    now: i64,
    names: u64,
}

impl World {
    async fn new() -> Self {
        let at = fresh().await;
        let alike = |n: u32| if n % 4 == 3 { far(n - 1) ^ 1 } else { far(n) };
        let covers: Vec<_> = (0..COVERS).map(|n| arrival(n, alike(n))).collect();
        let added = at.store.add(at.topic, Pool::Negative, NEAR, &covers, 1);
        added.await.unwrap();
        let sql = sqlx::SqlitePool::connect(&at.url).await.unwrap();
        // Low scores: sheets where no cat is to be expected, so that known ones are planted.
        for statement in [
            "insert into model values (1, 1, 'm', null, 'lenet', zeroblob(32), '{}', 0, 0)",
            "insert into promotion values (1, 1, 1, 'test', 0)",
            "insert into score (model_id, cover_id, probability, scored_at, logit) select 1, id, id / 1000.0, 0, null from cover where id % 5 > 0",
        ] {
            sqlx::query(statement).execute(&sql).await.unwrap();
        }
        Self {
            at,
            sql,
            open: Vec::new(),
            now: 1,
            names: 0,
        }
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("name-{}", self.names)
    }

    async fn standing(&self) -> Standing {
        let rows: Vec<(Vec<u8>, String)> = sqlx::query_as(
            "select c.sha256, s.decision from standing s join cover c on c.id = s.cover_id",
        )
        .fetch_all(&self.sql)
        .await
        .unwrap();
        let row = |(sha, decision): (Vec<u8>, String)| (sha.try_into().unwrap(), decision);
        rows.into_iter().map(row).collect()
    }

    async fn standing_events(&self) -> BTreeMap<[u8; 32], i64> {
        let rows: Vec<(Vec<u8>, i64)> = sqlx::query_as(
            "select c.sha256, s.decision_id from standing s join cover c on c.id = s.cover_id",
        )
        .fetch_all(&self.sql)
        .await
        .unwrap();
        let row = |(sha, event): (Vec<u8>, i64)| (sha.try_into().unwrap(), event);
        rows.into_iter().map(row).collect()
    }

    async fn events(&self) -> u64 {
        let count: u32 = sqlx::query_scalar("select count(*) from decision")
            .fetch_one(&self.sql)
            .await
            .unwrap();
        count.into()
    }

    async fn planted(&self, sheet: &str) -> BTreeSet<[u8; 32]> {
        let rows: Vec<Vec<u8>> = sqlx::query_scalar(
            "select c.sha256 from tile t join cover c on c.id = t.cover_id
             where t.sheet = $1 and t.planted = 1",
        )
        .bind(sheet)
        .fetch_all(&self.sql)
        .await
        .unwrap();
        rows.into_iter()
            .map(|sha| sha.try_into().unwrap())
            .collect()
    }

    async fn does(&mut self, deed: &Deed) {
        self.now += 1000;
        match deed {
            Deed::Open { who, queue, size } => {
                self.opens(PEOPLE[*who], QUEUES[*queue], *size).await;
            }
            Deed::Confirm { sheet, touched } => {
                if !self.open.is_empty() {
                    let open = self.open.swap_remove(sheet % self.open.len());
                    self.confirms(open, touched).await;
                }
            }
            Deed::Release { sheet } => {
                if !self.open.is_empty() {
                    let open = self.open.swap_remove(sheet % self.open.len());
                    let released = self.at.store.release_sheet(self.at.topic, &open.sheet.id);
                    released.await.unwrap();
                }
            }
            Deed::UndoAndRedo { who } => self.undoes_and_redoes(PEOPLE[*who]).await,
            Deed::Decide { who, cover, choice } => {
                let name = self.name();
                let (who, choice) = (PEOPLE[*who], CHOICES[*choice]);
                let store = &self.at.store;
                let said = store.decide(self.at.topic, who, &name, sha(*cover), choice, self.now);
                said.await.unwrap();
                let standing = self.standing().await;
                assert_eq!(standing[&sha(*cover)], choice.as_str());
            }
            Deed::Doubt { covers } => self.doubts(covers).await,
            Deed::Leave => self.now += LEASE_MS + 1,
        }
    }

    async fn opens(&mut self, who: &'static str, queue: Queue, size: u32) {
        let name = self.name();
        let new = NewSheet {
            id: &name,
            annotator: who,
            pool: Pool::Negative,
            queue,
            size,
            plant: true,
            seed: self.names.wrapping_mul(0x9E37_79B9_7F4A_7C15),
        };
        let sheet = self.at.store.open_sheet(self.at.topic, &new, self.now);
        let sheet = sheet.await.unwrap();
        let stood = self.standing().await;
        let planted = self.planted(&name).await;
        let tiles: BTreeSet<_> = sheet.tiles.iter().map(|tile| tile.sha256).collect();
        assert!(
            sheet.tiles.len() <= size as usize,
            "{queue:?}: no more than asked"
        );
        assert_eq!(tiles.len(), sheet.tiles.len(), "{queue:?}: each once");
        for sha in &tiles {
            let decided = stood.contains_key(sha);
            let wanted = queue.once_more() || planted.contains(sha);
            assert_eq!(
                decided, wanted,
                "{queue:?}: decided or waiting, as the queue says"
            );
        }
        for other in self.open.iter().filter(|other| other.until > self.now) {
            let both = other.sheet.tiles.iter().map(|tile| tile.sha256);
            let mut both = both.filter(|sha| tiles.contains(sha) && !planted.contains(sha));
            assert!(
                both.all(|sha| other.planted.contains(&sha)),
                "{queue:?} and {:?}: one cover on two sheets",
                other.sheet.queue
            );
        }
        let again = self.at.store.open_sheet(self.at.topic, &new, self.now);
        assert_eq!(again.await.unwrap(), sheet, "{queue:?}: asked for twice");
        self.open.push(Open {
            sheet,
            who,
            until: self.now + LEASE_MS,
            planted,
            stood: self.standing_events().await,
        });
    }

    async fn confirm(&self, open: &Open, touched: &[([u8; 32], Choice)]) -> Confirmed {
        let confirm = Confirm {
            sheet: &open.sheet.id,
            annotator: open.who,
            touched,
            visible_ms: Some(1000),
        };
        let confirmed = self
            .at
            .store
            .confirm_sheet(self.at.topic, &confirm, self.now);
        confirmed.await.unwrap()
    }

    async fn confirms(&mut self, open: Open, touched: &[(usize, usize)]) {
        let tiles = &open.sheet.tiles;
        let touched: BTreeMap<_, _> = touched
            .iter()
            .filter_map(|(position, choice)| Some((tiles.get(*position)?.sha256, CHOICES[*choice])))
            .collect();
        let list: Vec<_> = touched
            .iter()
            .map(|(sha, choice)| (*sha, *choice))
            .collect();
        let (before, events) = (self.standing().await, self.events().await);
        let stands = self.standing_events().await;
        let confirmed = self.confirm(&open, &list).await;
        let after = self.standing().await;
        for tile in tiles {
            let (was, is) = (before.get(&tile.sha256), after.get(&tile.sha256));
            if open.planted.contains(&tile.sha256) {
                assert_eq!(was, is, "nothing is logged of a planted cover");
            } else if let Some(choice) = touched.get(&tile.sha256) {
                assert_eq!(is.map(String::as_str), Some(choice.as_str()), "as touched");
            } else if stands.get(&tile.sha256) == open.stood.get(&tile.sha256) {
                let untouched = tile.mark.unwrap_or(open.sheet.untouched).as_str();
                assert_eq!(is.map(String::as_str), Some(untouched), "as the sheet says");
            } else {
                assert_eq!(was, is, "a default never outweighs what was said meanwhile");
            }
        }
        let on_sheet: BTreeSet<_> = tiles.iter().map(|tile| tile.sha256).collect();
        for (sha, decision) in &before {
            if !on_sheet.contains(sha) && !self.is_propagated(*sha, open.who).await {
                assert_eq!(after.get(sha), Some(decision), "somebody's own word stays");
            }
        }
        let added = self.events().await - events;
        assert_eq!(
            u64::from(confirmed.counts.total()),
            added,
            "counted as logged"
        );
        assert_eq!(
            self.confirm(&open, &list).await,
            confirmed,
            "the same answer again"
        );
        assert_eq!(
            self.events().await,
            events + added,
            "and nothing is decided twice"
        );
        self.checks_undo(open.who, &before, &after).await;
    }

    async fn is_propagated(&self, sha: [u8; 32], by: &str) -> bool {
        let found: Option<(String, String)> = sqlx::query_as(
            "select d.source, d.annotator from standing s
             join cover c on c.id = s.cover_id join decision d on d.id = s.decision_id
             where c.sha256 = $1",
        )
        .bind(&sha[..])
        .fetch_optional(&self.sql)
        .await
        .unwrap();
        found.is_some_and(|(source, annotator)| source == "propagated" && annotator == by)
    }

    /// A confirm that is taken back leaves what stood before where the person had not spoken
    /// before; said again, it leaves what it left.
    async fn checks_undo(&mut self, who: &str, before: &Standing, after: &Standing) {
        if before == after {
            return;
        }
        let (undo, redo) = (self.name(), self.name());
        let undone = self.at.store.undo(self.at.topic, who, &undo, self.now);
        let undone = undone.await.unwrap().expect("there is a stroke");
        let now = self.standing().await;
        for mark in &undone.marks {
            if !before.contains_key(&mark.sha256) {
                assert_eq!(now.get(&mark.sha256), None, "undecided, as before");
            }
        }
        let untouched = |standing: &Standing| -> Standing {
            let of_stroke: BTreeSet<_> = undone.marks.iter().map(|mark| mark.sha256).collect();
            let others = standing.iter().filter(|(sha, _)| !of_stroke.contains(*sha));
            others.map(|(sha, said)| (*sha, said.clone())).collect()
        };
        assert_eq!(
            untouched(&now),
            untouched(before),
            "an undo is of its stroke only"
        );
        let redone = self.at.store.redo(self.at.topic, who, &redo, self.now);
        redone.await.unwrap().expect("there is an undo");
        assert_eq!(&self.standing().await, after, "as it was");
    }

    async fn undoes_and_redoes(&mut self, who: &str) {
        let before = self.standing().await;
        let (undo, redo) = (self.name(), self.name());
        let undone = self.at.store.undo(self.at.topic, who, &undo, self.now);
        if undone.await.unwrap().is_some() {
            let redone = self.at.store.redo(self.at.topic, who, &redo, self.now);
            redone.await.unwrap().expect("there is an undo");
            let now = self.standing().await;
            let gone = before.keys().filter(|sha| !now.contains_key(*sha));
            assert_eq!(
                gone.count(),
                0,
                "undone and redone: nothing is left undecided"
            );
        }
    }

    async fn doubts(&mut self, covers: &[u32]) {
        let run: i64 = sqlx::query_scalar(
            "insert into run (topic_id, net, recipe, config, seed, folds, dataset, last_event,
                              code, device, threads, state, created_at)
             values (1, 'lenet', 'modern', '{}', 1, 4, randomblob(32),
                     coalesce((select max(id) from decision), 0), 'x', 'cpu', 1, 'finished', 0)
             returning id",
        )
        .fetch_one(&self.sql)
        .await
        .unwrap();
        let covers: BTreeSet<_> = covers.iter().collect();
        for (place, n) in (1_i64..).zip(covers) {
            sqlx::query(
                "insert into suspect select $3, $1, id, 0, 0.9 from cover where sha256 = $2",
            )
            .bind(place)
            .bind(&sha(*n)[..])
            .bind(run)
            .execute(&self.sql)
            .await
            .unwrap();
        }
    }

    /// Sheets until none comes: then nothing waits.
    async fn finishes(&mut self, queue: Queue) {
        self.now += LEASE_MS + 1;
        for round in 0..=COVERS {
            self.opens("mia", queue, 24).await;
            let open = self.open.pop().expect("just opened");
            if open.sheet.tiles.is_empty() {
                break;
            }
            assert!(round < COVERS, "every sheet decides something");
            self.confirms(open, &[]).await;
        }
        assert_eq!(
            self.standing().await.len(),
            COVERS as usize,
            "{queue:?}: all decided"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_two_people_do_sheets_are_disjoint_and_say_what_was_said(
        deeds in vec(deed(), 1..24),
        last in 0..4usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for deed in &deeds {
                world.does(deed).await;
            }
            world.finishes(QUEUES[last]).await;
        });
    }
}
