//! Rounds of the watch.

use store::training::{RoundKind, RoundResult};

use crate::support::{Fixture, fresh};

async fn model(fixture: &Fixture, name: &str) -> i64 {
    let new = crate::support::new_model(name);
    let added = fixture.store.add_model(fixture.topic, &new, 1);
    added.await.unwrap()
}

#[tokio::test]
async fn a_round_is_told_only_once_it_has_ended_and_promotes_in_the_same_breath() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let model = model(&fixture, "m").await;
    let round = store
        .begin_round(topic, RoundKind::Labels, (10, 3), 5)
        .await
        .unwrap();
    store.round_made(round, None, model).await.unwrap();
    assert_eq!(store.newest_round(topic).await.unwrap(), None);
    assert!(store.current_model(topic).await.unwrap().is_none());
    assert_eq!(store.rounds_left_over(topic).await.unwrap().len(), 1);
    let result = RoundResult {
        seconds: 1.5,
        compared: 8,
        accuracy: (Some(0.9), Some(0.95)),
        promoted: true,
        reason: "not worse".into(),
        hidden: Some((2.5, 100)),
        gain: Some(0.001),
        ..RoundResult::default()
    };
    store.finish_round(round, &result, 9).await.unwrap();
    let told = store.newest_round(topic).await.unwrap().unwrap();
    assert_eq!((told.labels, told.topics, told.compared), (10, 3, 8));
    assert_eq!(told.model.as_deref(), Some("m"));
    assert_eq!((told.hidden, told.undecided), (Some(2.5), Some(100)));
    assert!(told.promoted && told.labels_hardly_help());
    assert_eq!(store.current_model(topic).await.unwrap().unwrap().id, model);
    assert!(store.rounds_left_over(topic).await.unwrap().is_empty());
}

#[tokio::test]
async fn rounds_come_newest_first_and_those_of_other_topics_do_not() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let other = store.topic("dog", 1).await.unwrap();
    for (topic, labels) in [(topic, 1), (other, 2), (topic, 3)] {
        let round = store
            .begin_round(topic, RoundKind::Start, (labels, 0), 5)
            .await
            .unwrap();
        store
            .finish_round(round, &RoundResult::default(), 6)
            .await
            .unwrap();
    }
    let labels = |rows: Vec<store::training::RoundRow>| -> Vec<i64> {
        rows.into_iter().map(|row| row.labels).collect()
    };
    assert_eq!(labels(store.rounds(topic, 9).await.unwrap()), [3, 1]);
    assert_eq!(labels(store.rounds(topic, 1).await.unwrap()), [3]);
    assert!(
        !store
            .newest_round(other)
            .await
            .unwrap()
            .unwrap()
            .labels_hardly_help()
    );
}

#[tokio::test]
async fn one_watches_a_topic_until_it_is_dead_or_its_time_is_up() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let claim = |holder, dead, now| store.claim_watch(topic, (holder, dead), (now, now + 10));
    assert!(claim("a", None, 0).await.unwrap());
    assert!(!claim("b", None, 5).await.unwrap());
    assert!(claim("a", None, 5).await.unwrap(), "renewed");
    assert!(
        claim("b", Some("a"), 6).await.unwrap(),
        "taken from the dead"
    );
    assert!(claim("c", None, 17).await.unwrap(), "its time was up");
    store.release_watch(topic, "b").await.unwrap();
    assert_eq!(store.watcher(topic).await.unwrap().as_deref(), Some("c"));
    store.release_watch(topic, "c").await.unwrap();
    assert_eq!(store.watcher(topic).await.unwrap(), None);
}
