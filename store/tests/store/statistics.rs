//! What statistics draw, and what the model in use does not know yet.

use store::freshness::Freshness;
use store::training::{NewModel, Score};
use store::{Choice, Pool};

use crate::support::{Fixture, NEAR, arrival, far, fresh, new_model, sha};

const DAY_MS: i64 = 86_400_000;

async fn covers(fixture: &Fixture, range: std::ops::Range<u32>, pool: Pool) -> Vec<i64> {
    let new: Vec<_> = range.map(|n| arrival(n, far(n))).collect();
    let added = fixture.store.add(fixture.topic, pool, NEAR, &new, 1).await;
    added.unwrap().iter().map(|settled| settled.cover).collect()
}

async fn decide(fixture: &Fixture, n: u32, choice: Choice, now: i64) {
    let (store, topic) = (&fixture.store, fixture.topic);
    let event = format!("{n}-{now}");
    store
        .decide(topic, "mia", &event, sha(n), choice, now)
        .await
        .unwrap();
}

#[tokio::test]
async fn days_are_counted_by_what_was_said_from_the_asked_day_on() {
    let fixture = fresh().await;
    covers(&fixture, 0..6, Pool::Negative).await;
    decide(&fixture, 0, Choice::Reject, DAY_MS - 1).await;
    decide(&fixture, 1, Choice::Reject, DAY_MS).await;
    decide(&fixture, 2, Choice::Keep, 2 * DAY_MS - 1).await;
    decide(&fixture, 3, Choice::Unsure, 4 * DAY_MS).await;
    let days = fixture.store.days(fixture.topic, DAY_MS).await.unwrap();
    let told: Vec<_> = days
        .iter()
        .map(|day| {
            (
                day.day,
                day.counts.reject,
                day.counts.keep,
                day.counts.total(),
            )
        })
        .collect();
    assert_eq!(told, [(1, 1, 1, 2), (4, 0, 0, 1)]);
}

#[tokio::test]
async fn the_curve_of_finding_is_the_running_count_of_random_covers_and_ends_at_the_last() {
    let fixture = fresh().await;
    covers(&fixture, 0..9, Pool::Negative).await;
    covers(&fixture, 9..12, Pool::Positive).await;
    for n in 0..12 {
        let choice = if n % 4 == 1 {
            Choice::Reject
        } else {
            Choice::Keep
        };
        decide(&fixture, n, choice, i64::from(n)).await;
    }
    let told = async |points| -> Vec<(i64, i64)> {
        let found = fixture
            .store
            .discovery(fixture.topic, points)
            .await
            .unwrap();
        found.iter().map(|at| (at.n, at.found)).collect()
    };
    let all = [0, 1, 1, 1, 1, 2, 2, 2, 2];
    let all: Vec<_> = (1..).zip(all).collect();
    assert_eq!(told(100).await, all, "positives are no random covers");
    assert_eq!(told(3).await, [(4, 1), (8, 2), (9, 2)]);
    assert_eq!(told(0).await.last(), Some(&(9, 2)));
}

#[tokio::test]
async fn what_the_model_in_use_does_not_know_is_counted_until_another_one_knows_it() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let ids = covers(&fixture, 0..4, Pool::Negative).await;
    assert_eq!(
        store.freshness(topic, 5).await.unwrap(),
        Freshness::default()
    );
    let promote = async |name: &str, scored: &[i64]| {
        let new = NewModel {
            last_event: store.newest_event(topic).await.unwrap(),
            ..new_model(name)
        };
        let model = store.add_model(topic, &new, 1).await.unwrap();
        let score = |cover: &i64| Score {
            cover: *cover,
            logit: None,
            probability: 0.5,
            region: None,
        };
        let scores: Vec<_> = scored.iter().map(score).collect();
        store.put_scores(model, &scores, 0, 1).await.unwrap();
        store.promote(topic, model, "test", 1).await.unwrap();
    };
    promote("first", &ids).await;
    let told = async || {
        let fresh = store.freshness(topic, 5).await.unwrap();
        (fresh.newer, fresh.unscored)
    };
    assert_eq!(told().await, (0, 0));
    decide(&fixture, 0, Choice::Keep, 2).await;
    decide(&fixture, 0, Choice::Reject, 3).await;
    decide(&fixture, 1, Choice::Keep, 3).await;
    let later = covers(&fixture, 4..7, Pool::Negative).await;
    decide(&fixture, 6, Choice::Keep, 4).await;
    assert_eq!(
        told().await,
        (3, 2),
        "covers, not events; what is decided needs no score"
    );
    promote("second", &later).await;
    assert_eq!(told().await, (0, 0));
    promote("third", &[]).await;
    assert_eq!(told().await, (0, 4), "a model that scored nothing yet");
}

#[tokio::test]
async fn a_watch_counts_until_its_claim_runs_out_or_is_given_back() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let watched = async |now| store.freshness(topic, now).await.unwrap().watched;
    assert!(!watched(5).await);
    assert!(
        store
            .claim_watch(topic, ("w", None), (1, 10))
            .await
            .unwrap()
    );
    assert!(watched(9).await && !watched(10).await);
    store.release_watch(topic, "w").await.unwrap();
    assert!(!watched(9).await);
}
