//! Found videos, and covers that look alike.

use store::found::{Filter, FoundOrder, FoundVideo};
use store::training::{Region, Score};
use store::{Choice, Pool};

use crate::support::{Fixture, NEAR, arrival, far, featured, fresh, new_model, sha};

/// Covers `0..n` met at random, each scored `0.9 - n / 100` by a model.
async fn scored(n: u32, phash: impl Fn(u32) -> u64) -> (Fixture, i64) {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let mut covers = Vec::new();
    for cover in 0..n {
        let mut new = arrival(cover, phash(cover));
        new.video.site = ["one", "two"][cover as usize % 2].into();
        let new = [new];
        let added = store.add(topic, Pool::Negative, NEAR, &new, i64::from(cover));
        covers.push(added.await.unwrap()[0].cover);
    }
    let model = store.add_model(topic, &new_model("m"), 1).await.unwrap();
    let score = |(place, cover): (usize, &i64)| Score {
        cover: *cover,
        logit: None,
        probability: 0.9 - place as f64 / 100.0,
        region: None,
    };
    let scores: Vec<Score> = covers.iter().enumerate().map(score).collect();
    store.put_scores(model, &scores, 0, 1).await.unwrap();
    (fixture, model)
}

async fn found(fixture: &Fixture, model: i64, filter: Filter<'_>) -> Vec<FoundVideo> {
    let found = fixture.store.found(fixture.topic, model, 0.5, &filter, 10);
    found.await.unwrap()
}

fn covers(found: &[FoundVideo]) -> Vec<[u8; 32]> {
    found.iter().map(|video| video.sha256).collect()
}

#[tokio::test]
async fn filters_choose_by_site_date_and_whether_it_was_opened_and_newest_can_come_first() {
    let (fixture, model) = scored(4, far).await;
    let all = Filter::default();
    assert_eq!(
        covers(&found(&fixture, model, all).await),
        [0, 1, 2, 3].map(sha)
    );
    let site = Filter {
        site: Some("two"),
        ..all
    };
    assert_eq!(covers(&found(&fixture, model, site).await), [1, 3].map(sha));
    let since = Filter {
        since: Some(2),
        ..all
    };
    assert_eq!(
        covers(&found(&fixture, model, since).await),
        [2, 3].map(sha)
    );
    let newest = Filter {
        order: FoundOrder::Newest,
        ..all
    };
    assert_eq!(
        covers(&found(&fixture, model, newest).await),
        [3, 2, 1, 0].map(sha)
    );
    fixture
        .store
        .visit(fixture.topic, &sha(1), 77)
        .await
        .unwrap();
    let unvisited = Filter {
        unvisited: true,
        ..all
    };
    assert_eq!(
        covers(&found(&fixture, model, unvisited).await),
        [0, 2, 3].map(sha)
    );
    let opened = found(&fixture, model, all).await[1].visited_at;
    assert_eq!(opened, Some(77));
    assert_eq!(
        fixture.store.found_sites(model, 0.5).await.unwrap(),
        ["one", "two"]
    );
}

#[tokio::test]
async fn where_the_model_looked_is_found_with_the_video_and_asked_for_by_cover() {
    let (fixture, model) = scored(3, far).await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let corner = Region {
        left: 500,
        top: 0,
        width: 500,
        height: 333,
    };
    let middle = Region {
        left: 250,
        top: 334,
        width: 1,
        height: 666,
    };
    let looked = [Some(corner), None, Some(middle)];
    let all = store.scores(topic, model).await.unwrap();
    let scores: Vec<Score> = all
        .iter()
        .zip(looked)
        .map(|((_, score), region)| Score { region, ..*score })
        .collect();
    store.put_scores(model, &scores, 0, 2).await.unwrap();
    let found = found(&fixture, model, Filter::default()).await;
    assert_eq!(
        found.iter().map(|video| video.region).collect::<Vec<_>>(),
        looked
    );
    let asked = async |n| store.region(topic, &sha(n)).await.unwrap();
    assert_eq!(asked(0).await, None, "no model speaks for the topic yet");
    store.promote(topic, model, "test", 3).await.unwrap();
    assert_eq!([asked(0).await, asked(1).await, asked(2).await], looked);
    assert_eq!(asked(9).await, None, "nobody knows this cover");
    // Another model looks at another place, and counts once it is promoted; one topic's model
    // says nothing for another topic.
    let next = store.add_model(topic, &new_model("next"), 4).await.unwrap();
    let score = Score {
        region: Some(middle),
        ..scores[0]
    };
    store.put_scores(next, &[score], 0, 4).await.unwrap();
    assert_eq!(asked(0).await, Some(corner));
    store.promote(topic, next, "test", 5).await.unwrap();
    assert_eq!(asked(0).await, Some(middle));
    assert_eq!(asked(2).await, None, "not scored by this model");
    let dogs = store.topic("dog", 6).await.unwrap();
    assert_eq!(store.region(dogs, &sha(0)).await.unwrap(), None);
}

#[tokio::test]
async fn re_uploads_are_found_as_one_and_dismissed_together_until_that_is_taken_back() {
    // Covers 1 and 2 are near-duplicates.
    let (fixture, model) = scored(4, |n| if n == 2 { far(1) ^ 1 } else { far(n) }).await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let all = Filter::default();
    let first = found(&fixture, model, all).await;
    assert_eq!(covers(&first), [0, 1, 3].map(sha));
    assert_eq!(
        first.iter().map(|video| video.uploads).collect::<Vec<_>>(),
        [1, 2, 1]
    );
    store.dismiss(topic, &sha(2), "me", true, 5).await.unwrap();
    store.dismiss(topic, &sha(2), "me", true, 6).await.unwrap();
    assert_eq!(covers(&found(&fixture, model, all).await), [0, 3].map(sha));
    store.dismiss(topic, &sha(1), "me", false, 7).await.unwrap();
    assert_eq!(
        covers(&found(&fixture, model, all).await),
        [0, 1, 3].map(sha)
    );
}

#[tokio::test]
async fn the_nearest_come_first_decided_ones_apart_and_one_word_reaches_many_and_is_undone_at_once()
{
    let (fixture, _) = scored(5, far).await;
    let (store, topic) = (&fixture.store, fixture.topic);
    assert_eq!(
        store.neighbourhood(topic, &sha(0), (3, 3)).await.unwrap(),
        None
    );
    // At angles of 0, 10, 20 … degrees.
    let vector = |n: usize| {
        let angle = (n as f32 * 10.0).to_radians();
        vec![angle.cos(), angle.sin(), 0.0]
    };
    let all: Vec<_> = (1..=5)
        .map(|id| featured(id, [1; 32], &vector(id as usize - 1)))
        .collect();
    store.put_features("b", &all, 0).await.unwrap();
    store
        .decide(topic, "me", "e", sha(3), Choice::Reject, 5)
        .await
        .unwrap();
    let near = store
        .neighbourhood(topic, &sha(0), (3, 2))
        .await
        .unwrap()
        .unwrap();
    let names =
        |side: &[store::alike::Neighbour]| side.iter().map(|n| n.sha256).collect::<Vec<_>>();
    assert_eq!(names(&near.undecided), [1, 2].map(sha));
    assert_eq!(names(&near.decided), [sha(3)]);
    assert_eq!(near.decided[0].shows(), Some(true));
    assert!((near.decided[0].likeness - 30f64.to_radians().cos()).abs() < 0.01);

    let counts = store
        .judge(topic, "me", "j", &[sha(1), sha(2)], true, 6)
        .await
        .unwrap();
    assert_eq!((counts.reject, counts.total()), (2, 2));
    let again = store
        .judge(topic, "me", "j", &[sha(1), sha(2)], true, 7)
        .await
        .unwrap();
    assert_eq!(again, counts);
    let undone = store.undo(topic, "me", "u", 8).await.unwrap().unwrap();
    assert_eq!(undone.marks.len(), 2);
    let near = store
        .neighbourhood(topic, &sha(0), (3, 9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(names(&near.undecided), [1, 2, 4].map(sha));
    assert!(
        store
            .judge(topic, "me", "k", &[sha(1), sha(99)], false, 9)
            .await
            .is_err()
    );
    let near = store
        .neighbourhood(topic, &sha(0), (3, 9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(names(&near.undecided), [1, 2, 4].map(sha), "all or nothing");
}
