use sqlx::Connection;
use store::decision::{CoverName, Statement};
use store::training::{
    AttemptRow, Begun, EpochRow, Featured, FoldResult, FoldState, NewModel, NewRun, RunCover,
    RunId, RunState, Score, SpokenFor, Suspect,
};
use store::views::Views;
use store::{Choice, Error, Pool};

use crate::support::{Fixture, NEAR, arrival, far, featured, fresh, sha};

/// `count` covers in the negative pool; their ids.
async fn covers(fixture: &Fixture, count: u32) -> Vec<i64> {
    let arrivals: Vec<_> = (0..count).map(|n| arrival(n, far(n))).collect();
    let settled = fixture
        .store
        .add(fixture.topic, Pool::Negative, NEAR, &arrivals, 2)
        .await
        .unwrap();
    settled.into_iter().map(|one| one.cover).collect()
}

/// A run whose covers are labeled in turn and divided in two.
fn new_run(covers: &[i64]) -> NewRun {
    let row = |(place, cover): (usize, &i64)| {
        let place = u32::try_from(place).unwrap();
        RunCover {
            cover: *cover,
            label: place % 2 == 1,
            fold: place / 2 % 2,
            block: Some(place / 2),
        }
    };
    NewRun {
        net: "resnet".into(),
        recipe: "modern".into(),
        config: "{}".into(),
        seed: 1,
        folds: 2,
        dataset: [7; 32],
        last_event: 0,
        code: "test".into(),
        device: "cpu".into(),
        threads: 2,
        covers: covers.iter().enumerate().map(row).collect(),
    }
}

async fn begun(fixture: &Fixture) -> (RunId, Vec<i64>) {
    let covers = covers(fixture, 8).await;
    let new = new_run(&covers);
    let begun = fixture.store.begin_run(fixture.topic, &new, false, 3);
    (begun.await.unwrap().run(), covers)
}

fn result(predictions: Vec<(i64, f64)>) -> FoldResult {
    FoldResult {
        epochs: 5,
        best_epoch: Some(3),
        seconds: 1.5,
        weights: Some("w".into()),
        learning_rate: Some(1e-3),
        micro_batch: None,
        predictions,
    }
}

fn epoch(train_loss: f64) -> EpochRow {
    EpochRow {
        epoch: 1,
        train_loss,
        train_accuracy: 0.5,
        inner_loss: Some(0.75),
        inner_accuracy: None,
        test_loss: 0.7,
        test_accuracy: 0.5,
        learning_rate: 1e-3,
        seconds: 2.0,
    }
}

#[tokio::test]
async fn the_same_question_finds_its_unfinished_run_and_another_does_not() {
    let fixture = fresh().await;
    let (run, covers) = begun(&fixture).await;
    let begin = |new: NewRun| {
        let (store, topic) = (&fixture.store, fixture.topic);
        async move { store.begin_run(topic, &new, false, 4).await.unwrap() }
    };
    let same = new_run(&covers);
    assert_eq!(begin(same.clone()).await, Begun::Unfinished(run));
    let config = r#"{"epochs":3}"#.to_owned();
    let others = [
        NewRun {
            seed: 2,
            ..same.clone()
        },
        NewRun {
            threads: 1,
            ..same.clone()
        },
        NewRun {
            code: "other".into(),
            ..same.clone()
        },
        NewRun {
            dataset: [8; 32],
            ..same.clone()
        },
        NewRun {
            config,
            ..same.clone()
        },
    ];
    for other in others {
        assert!(matches!(begin(other).await, Begun::New(_)));
    }
    let settle = fixture.store.settle_run(run, RunState::Finished, None, 5);
    settle.await.unwrap();
    assert_eq!(begin(same.clone()).await, Begun::Finished(run));
    let afresh = fixture.store.begin_run(fixture.topic, &same, true, 6);
    let Begun::New(another) = afresh.await.unwrap() else {
        panic!("asked afresh");
    };
    assert_eq!(begin(same.clone()).await, Begun::Unfinished(another));
    let settle = fixture
        .store
        .settle_run(another, RunState::Failed, Some("nan"), 7);
    settle.await.unwrap();
    assert_eq!(
        begin(same).await,
        Begun::Finished(run),
        "a failed run is left alone"
    );
}

#[tokio::test]
async fn folds_know_their_parts_and_a_claim_is_one_programs_alone() {
    let fixture = fresh().await;
    let (run, _) = begun(&fixture).await;
    let claim = |holder: &'static str, now| {
        let store = &fixture.store;
        async move { store.claim_fold(run, holder, now, now + 100).await.unwrap() }
    };
    let first = claim("a", 10).await.unwrap();
    assert_eq!((first.fold, first.train, first.test), (0, 4, 4));
    assert_eq!(claim("b", 10).await.unwrap().fold, 1);
    assert_eq!(claim("c", 10).await, None);
    assert!(fixture.store.renew_fold(run, 0, "a", 500).await.unwrap());
    // The claim of "b" has run out by now; that of "a" was renewed.
    assert_eq!(claim("c", 110).await.unwrap().fold, 1);
    assert!(!fixture.store.renew_fold(run, 1, "b", 900).await.unwrap());
    let holders = fixture.store.fold_holders(run).await.unwrap();
    assert_eq!(holders, [(0, "a".to_owned()), (1, "c".to_owned())]);
    fixture.store.release_fold(run, 0, "a").await.unwrap();
    assert_eq!(claim("d", 110).await.unwrap().fold, 0);
}

#[tokio::test]
async fn a_fold_is_settled_whole_by_who_holds_it_and_by_nobody_else() {
    let fixture = fresh().await;
    let store = &fixture.store;
    let (run, covers) = begun(&fixture).await;
    store.claim_fold(run, "a", 10, 100).await.unwrap();
    let tested: Vec<(i64, f64)> = [0, 1, 4, 5].map(|at| (covers[at], 0.25)).to_vec();
    let (whole, broken) = (result(tested.clone()), result(vec![tested[0], (999, 1.0)]));
    let stranger = store.finish_fold(run, 0, "b", &whole);
    assert!(!stranger.await.unwrap());
    assert!(store.predictions(run).await.unwrap().is_empty());
    let unknown = store.finish_fold(run, 0, "a", &broken);
    assert!(unknown.await.is_err());
    assert!(
        store.predictions(run).await.unwrap().is_empty(),
        "all or nothing"
    );
    assert!(store.finish_fold(run, 0, "a", &whole).await.unwrap());
    let predictions = store.predictions(run).await.unwrap();
    let told: Vec<_> = predictions
        .iter()
        .map(|p| (p.sha256, p.label, p.fold, p.block))
        .collect();
    let expected = [(0, false, 0), (1, true, 0), (4, false, 2), (5, true, 2)]
        .map(|(n, label, block)| (sha(n), label, 0, Some(block)));
    assert_eq!(told, expected);
    let folds = store.folds(run).await.unwrap();
    let states: Vec<_> = folds.iter().map(|fold| fold.state).collect();
    assert_eq!(states, [FoldState::Done, FoldState::Pending]);
    assert_eq!(folds[0].weights.as_deref(), Some("w"));
    assert_eq!(folds[0].best_epoch, Some(3));
    store.forget_fold_weights(run).await.unwrap();
    assert_eq!(store.folds(run).await.unwrap()[0].weights, None);
}

#[tokio::test]
async fn an_epoch_told_again_replaces_the_first() {
    let fixture = fresh().await;
    let (run, _) = begun(&fixture).await;
    for loss in [0.9, 0.8] {
        fixture.store.put_epoch(run, 0, &epoch(loss)).await.unwrap();
    }
    assert_eq!(fixture.store.epochs(run, 0).await.unwrap(), [epoch(0.8)]);
    assert!(fixture.store.epochs(run, 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_attempt_given_up_takes_its_epochs_along_and_a_range_test_is_replaced() {
    let fixture = fresh().await;
    let store = &fixture.store;
    let (run, _) = begun(&fixture).await;
    for fold in [0, 1] {
        store.put_epoch(run, fold, &epoch(0.9)).await.unwrap();
    }
    let row = |attempt, step| AttemptRow {
        fold: 0,
        attempt,
        seed: 5,
        learning_rate: 1e-3,
        step,
        diagnosis: "dead".into(),
        readings: "[]".into(),
        ended_at: 9,
    };
    for given_up in [row(1, 150), row(1, 140), row(2, 70)] {
        store.put_attempt(run, &given_up).await.unwrap();
    }
    assert_eq!(
        store.attempts(run).await.unwrap(),
        [row(1, 140), row(2, 70)]
    );
    assert!(store.epochs(run, 0).await.unwrap().is_empty());
    assert_eq!(store.epochs(run, 1).await.unwrap().len(), 1);
    for points in [vec![(1e-3, 0.7), (1e-2, 0.6)], vec![(1e-4, 0.5)]] {
        store.put_range_test(run, 0, &points).await.unwrap();
        assert_eq!(store.range_test(run, 0).await.unwrap(), points);
    }
}

#[tokio::test]
async fn a_fold_is_given_up_with_a_reason_by_who_holds_it() {
    let fixture = fresh().await;
    let store = &fixture.store;
    let (run, _) = begun(&fixture).await;
    store.claim_fold(run, "a", 10, 100).await.unwrap();
    store.fail_fold(run, 0, "b", "other").await.unwrap();
    assert_eq!(store.folds(run).await.unwrap()[0].reason, None);
    store.fail_fold(run, 0, "a", "dead").await.unwrap();
    let fold = &store.folds(run).await.unwrap()[0];
    assert_eq!(
        (fold.state, fold.reason.as_deref()),
        (FoldState::Failed, Some("dead"))
    );
}

#[tokio::test]
async fn an_unknown_run_or_model_is_refused_with_the_command_that_lists_them() {
    let fixture = fresh().await;
    let run = fixture.store.run(RunId::named(9)).await.unwrap_err();
    let model = fixture
        .store
        .model_named(fixture.topic, "x")
        .await
        .unwrap_err();
    for (error, name) in [(run, "run 9"), (model, "model x")] {
        assert!(matches!(error, Error::Missing { .. }));
        let text = error.to_string();
        assert!(
            text.contains(name) && text.contains("trainer runs"),
            "{text}"
        );
    }
}

fn model(name: &str) -> NewModel {
    NewModel {
        last_event: 3,
        ..crate::support::new_model(name)
    }
}

#[tokio::test]
async fn the_newest_promotion_is_current_and_rolling_back_is_promoting_again() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    assert_eq!(store.current_model(topic).await.unwrap(), None);
    let old = store.add_model(topic, &model("old"), 5).await.unwrap();
    let new = store.add_model(topic, &model("new"), 6).await.unwrap();
    assert_eq!(store.add_model(topic, &model("old"), 7).await.unwrap(), old);
    for (id, name) in [(old, "old"), (new, "new"), (old, "old")] {
        store.promote(topic, id, "test", 8).await.unwrap();
        let current = store.current_model(topic).await.unwrap().unwrap();
        assert_eq!(current.name, name);
    }
    let promoted = store.promoted_models(topic).await.unwrap();
    assert_eq!(promoted, [old, new], "each once, by its newest promotion");
    let names: Vec<_> = store
        .models(topic)
        .await
        .unwrap()
        .into_iter()
        .map(|m| m.name)
        .collect();
    assert_eq!(names, ["new", "old"]);
}

fn score(cover: i64, probability: f64) -> Score {
    Score {
        cover,
        logit: Some(0.25),
        probability,
        region: None,
    }
}

#[tokio::test]
async fn what_is_scored_once_is_not_asked_for_again() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let covers = covers(&fixture, 4).await;
    let id = store.add_model(topic, &model("m"), 5).await.unwrap();
    assert_eq!(store.count_unscored(topic, id).await.unwrap(), 4);
    let scored = score(covers[1], 0.5);
    store.put_scores(id, &[scored], 0, 6).await.unwrap();
    assert_eq!(store.count_unscored(topic, id).await.unwrap(), 3);
    let page = store.unscored(topic, id, covers[0], 1).await.unwrap();
    assert_eq!(page[0].cover_id, covers[2]);
    assert_eq!(
        (page[0].pool, &page[0].image[..]),
        (Pool::Negative, &[1][..])
    );
    assert_eq!(
        store.scores(topic, id).await.unwrap(),
        [(Pool::Negative, scored)]
    );
    let moved = Score {
        probability: 0.1,
        ..scored
    };
    store.move_scores(id, &[moved]).await.unwrap();
    let scores = store.scores(topic, id).await.unwrap();
    assert_eq!(scores, [(Pool::Negative, moved)]);
}

#[tokio::test]
async fn a_pool_is_spoken_for_by_those_who_are_sure() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    covers(&fixture, 5).await;
    let none = store.spoken_for(topic, Pool::Negative).await.unwrap();
    assert_eq!(none, SpokenFor::default());
    let said = [Choice::Keep, Choice::Reject, Choice::Keep, Choice::Unsure];
    let said: Vec<Statement> = (0..)
        .zip(said)
        .map(|(n, decision)| Statement {
            event: format!("e{n}"),
            cover: CoverName::Sha256(sha(n)),
            pool: None,
            decision,
            annotator: "mia".into(),
            stroke: "s".into(),
        })
        .collect();
    store.import_statements(topic, &said, 7).await.unwrap();
    let expected = SpokenFor {
        kept: 2,
        rejected: 1,
    };
    let negatives = store.spoken_for(topic, Pool::Negative).await.unwrap();
    assert_eq!(negatives, expected);
    let positives = store.spoken_for(topic, Pool::Positive).await.unwrap();
    assert_eq!(positives, SpokenFor::default());
}

#[tokio::test]
async fn finds_are_undecided_sure_first_and_each_video_once() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let covers = covers(&fixture, 4).await;
    // Video 3 changed its cover: it was seen with two.
    let mut changed = arrival(9, far(9));
    changed.video = crate::support::video(3);
    let settled = store
        .add(topic, Pool::Negative, NEAR, &[changed], 3)
        .await
        .unwrap();
    let id = store.add_model(topic, &model("m"), 5).await.unwrap();
    let scores = [
        score(covers[0], 0.6),
        score(covers[1], 0.4),
        score(covers[2], 0.9),
        score(covers[3], 0.7),
        score(settled[0].cover, 0.8),
    ];
    store.put_scores(id, &scores, 0, 6).await.unwrap();
    let decided = Statement {
        event: "e".into(),
        cover: CoverName::Sha256(sha(2)),
        pool: None,
        decision: Choice::Keep,
        annotator: "mia".into(),
        stroke: "import".into(),
    };
    store.import_statements(topic, &[decided], 7).await.unwrap();
    let finds = store.finds(topic, id, 0.5, false, 10).await.unwrap();
    let told: Vec<_> = finds
        .iter()
        .map(|f| (f.url.as_str(), f.probability, f.sha256))
        .collect();
    let expected = [
        ("https://site.example/3", 0.8, sha(9)),
        ("https://site.example/0", 0.6, sha(0)),
    ];
    assert_eq!(told, expected);
    assert_eq!(
        store.finds(topic, id, 0.5, false, 1).await.unwrap().len(),
        1
    );
    assert_eq!(store.finds(topic, id, 0.5, true, 9).await.unwrap().len(), 3);
    // Cover 2 is decided; of the others 0.4 and 0.6 are below.
    let below = store.expected_below(topic, id, 0.65).await.unwrap();
    assert!((below - 1.0).abs() < 1e-12);
    assert_eq!(store.expected_below(topic, id, 0.0).await.unwrap(), 0.0);
}

#[tokio::test]
async fn known_uploaders_are_told_apart_by_site_and_unknown_ones_not_told() {
    let fixture = fresh().await;
    let mut arrivals: Vec<_> = (0..3).map(|n| arrival(n, far(n))).collect();
    for (one, site) in arrivals.iter_mut().zip(["x", "y"]) {
        one.video.site = site.into();
        one.video.owner = Some("5".into());
    }
    let store = &fixture.store;
    let settled = store
        .add(fixture.topic, Pool::Negative, NEAR, &arrivals, 2)
        .await
        .unwrap();
    let owners = store.cover_owners().await.unwrap();
    let expected = [
        (settled[0].cover, "x 5".to_owned()),
        (settled[1].cover, "y 5".to_owned()),
    ];
    assert_eq!(owners, expected);
}

#[tokio::test]
async fn features_are_given_back_bit_for_bit_by_backbone() {
    let fixture = fresh().await;
    let (store, covers) = (&fixture.store, covers(&fixture, 2).await);
    let first = featured(covers[1], [1; 32], &[9.0]);
    store.put_features("a", &[first], 0).await.unwrap();
    let again = featured(covers[1], [2; 32], &[0.1, -0.0, f32::MAX]);
    store
        .put_features("a", std::slice::from_ref(&again), 0)
        .await
        .unwrap();
    let got = store.feature("a", covers[1]).await.unwrap();
    assert_eq!(got, Some(again.views));
    assert_eq!(store.featured("a").await.unwrap(), [covers[1]]);
    assert_eq!(store.feature("b", covers[1]).await.unwrap(), None);
}

/// Pages of the database, free ones too.
async fn pages(fixture: &Fixture) -> i64 {
    let mut wire = sqlx::SqliteConnection::connect(&fixture.url).await.unwrap();
    let count = sqlx::query_scalar("pragma page_count").fetch_one(&mut wire);
    count.await.unwrap()
}

#[tokio::test]
async fn the_features_of_a_cover_take_no_more_than_eight_kilobytes() {
    let fixture = fresh().await;
    let (store, covers) = (&fixture.store, covers(&fixture, 60).await);
    // As wide as the trainer's, of a picture twice as wide as high.
    let vectors: Vec<f32> = (0..22 * 272).map(|n| (n % 97) as f32).collect();
    let all: Vec<_> = covers
        .iter()
        .map(|cover| Featured {
            views: Views::rounded((12, 24), 272, &vectors),
            ..featured(*cover, [1; 32], &[])
        })
        .collect();
    let backbone = "efficientnet-lite0 0123456789abcdef views 1";
    let before = pages(&fixture).await;
    store.put_features(backbone, &all, 0).await.unwrap();
    let taken = pages(&fixture).await - before;
    let bytes = taken * 16384;
    // A table and two indexes leave at most a page each not full.
    let most = 60 * 8192 + 3 * 16384;
    assert!((60 * 5000..=most).contains(&bytes), "{bytes}");
}

#[tokio::test]
async fn runs_are_tallied_and_news_counted() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let (run, covers) = begun(&fixture).await;
    let accuracy = |tallies: Vec<store::training::RunTally>| tallies[0].accuracy;
    let tallies = store.run_tallies(topic).await.unwrap();
    assert_eq!((tallies[0].run, tallies[0].covers), (run.number(), 8));
    assert_eq!(accuracy(tallies), None);
    store.claim_fold(run, "a", 10, 100).await.unwrap();
    // Labels in turn other, topic, other, topic: the last is wrong.
    let tested = [(0, -1.0), (1, 0.0), (4, -0.5), (5, -2.0)].map(|(at, z)| (covers[at], z));
    store
        .finish_fold(run, 0, "a", &result(tested.to_vec()))
        .await
        .unwrap();
    assert_eq!(
        accuracy(store.run_tallies(topic).await.unwrap()),
        Some(0.75)
    );
    let said = Statement {
        event: "e".into(),
        cover: CoverName::Sha256(sha(1)),
        pool: None,
        decision: Choice::Keep,
        annotator: "mia".into(),
        stroke: "s".into(),
    };
    store.import_statements(topic, &[said], 7).await.unwrap();
    let newest = store.newest_event(topic).await.unwrap();
    assert_eq!(store.count_events_after(topic, 0).await.unwrap(), 1);
    assert_eq!(store.count_events_after(topic, newest).await.unwrap(), 0);
    let (_, url) = store.seen_on(covers[0]).await.unwrap().unwrap();
    assert_eq!(url, "https://site.example/0");
    let rules = store.resize_rules(topic).await.unwrap();
    assert_eq!(rules[0], (covers[0], "test".to_owned()));
}

#[tokio::test]
async fn suspects_are_given_back_in_their_order_without_those_decided_since() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let (run, covers) = begun(&fixture).await;
    assert_eq!(store.suspect_run(topic).await.unwrap(), None);
    let suspect = |at: usize, label, probability| Suspect {
        cover: covers[at],
        label,
        probability,
    };
    let first = [suspect(1, true, 0.01), suspect(2, false, 0.9)];
    store.put_suspects(run, &first).await.unwrap();
    let again = [suspect(5, true, 0.1), suspect(0, false, 0.8), first[0]];
    store.put_suspects(run, &again).await.unwrap();
    let settle = store.settle_run(run, RunState::Finished, None, 5);
    settle.await.unwrap();
    assert_eq!(store.suspect_run(topic).await.unwrap(), Some(run));
    let told = store.suspects(run, 9).await.unwrap();
    let suspects: Vec<Suspect> = told.iter().map(|row| row.suspect).collect();
    assert_eq!(suspects, again, "the newer list replaces the older");
    assert_eq!((told[1].sha256, told[1].decided_since), (sha(0), false));
    let looked_at = Statement {
        event: "e".into(),
        cover: CoverName::Sha256(sha(0)),
        pool: None,
        decision: Choice::Keep,
        annotator: "mia".into(),
        stroke: "s".into(),
    };
    store
        .import_statements(topic, &[looked_at], 7)
        .await
        .unwrap();
    let told = store.suspects(run, 9).await.unwrap();
    let since: Vec<bool> = told.iter().map(|row| row.decided_since).collect();
    assert_eq!(since, [false, true, false]);
    assert_eq!(store.suspects(run, 1).await.unwrap().len(), 1);
}
