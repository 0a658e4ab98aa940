use store::Pool;
use store::cover::Picture;
use store::remake::Remade;
use store::training::Score;

use crate::support::{NEAR, arrival, far, featured, fresh, new_model};

#[tokio::test]
async fn a_cover_made_again_keeps_its_identity_and_loses_what_was_said_of_its_pixels() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let mut arrivals: Vec<_> = (1..=3).map(|n| arrival(n, far(n))).collect();
    for one in &mut arrivals[..2] {
        if let Picture::New(cover) = &mut one.picture {
            cover.original = Some(vec![7]);
        }
    }
    let added = store
        .add(topic, Pool::Negative, NEAR, &arrivals, 1)
        .await
        .unwrap();
    let [first, second, third] = [0, 1, 2].map(|n| added[n].cover);
    // By hashes of the images as they are.
    let of_images = [(first, 1), (second, 2), (third, 3)]
        .map(|(cover, n)| featured(cover, crate::support::sha(n), &[1.0]));
    store.put_features("net", &of_images, 0).await.unwrap();
    let of_preview = featured(first, [77; 32], &[1.0]);
    store.put_features("views", &[of_preview], 0).await.unwrap();

    assert_eq!(store.made_otherwise("new").await.unwrap(), (2, 1));
    let todo = store.to_remake("new", 0, 10).await.unwrap();
    assert_eq!(
        todo.iter().map(|o| o.cover).collect::<Vec<_>>(),
        [first, second]
    );
    let remade = Remade {
        cover: first,
        image: vec![9],
        image_sha256: [9; 32],
    };
    store.remake("new", &[remade]).await.unwrap();

    assert_eq!(store.image(first).await.unwrap(), Some(vec![9]));
    let stored = store.stored_after(0, 1).await.unwrap();
    assert_eq!(stored[0].image_sha256, [9; 32]);
    assert_eq!(stored[0].sha256, crate::support::sha(1));
    assert_eq!(
        store.made_otherwise("new").await.unwrap(),
        (1, 1),
        "it goes on where it was"
    );
    let rules = store.rules_in_use().await.unwrap();
    assert_eq!(rules, [("test".to_owned(), 2), ("new".to_owned(), 1)]);
    let left = store.featured("net").await.unwrap();
    assert_eq!(left, [second, third], "the others keep theirs");
    let left = store.featured("views").await.unwrap();
    assert_eq!(left, [first], "the preview is the same");
}

#[tokio::test]
async fn what_was_computed_of_pixels_that_were_made_again_meanwhile_is_not_stored() {
    let fixture = fresh().await;
    let (store, topic) = (&fixture.store, fixture.topic);
    let arrivals: Vec<_> = (1..=2).map(|n| arrival(n, far(n))).collect();
    let pool = Pool::Negative;
    let added = store.add(topic, pool, NEAR, &arrivals, 1).await.unwrap();
    let [first, second] = [0, 1].map(|n| added[n].cover);
    let model = store.add_model(topic, &new_model("m"), 1).await.unwrap();
    let remake = async |image: u8| {
        let remade = Remade {
            cover: first,
            image: vec![image],
            image_sha256: [image; 32],
        };
        store.remake("new", &[remade]).await.unwrap();
    };
    let score = |cover| Score {
        cover,
        logit: None,
        probability: 0.5,
        region: None,
    };
    let features = [first, second].map(|cover| featured(cover, [1; 32], &[1.0]));
    let scores = [score(first), score(second)];
    for image in 1..=2 {
        let as_of = store.newest_remake().await.unwrap();
        assert_eq!(as_of, i64::from(image) - 1);
        // A trainer reads the pixels here.
        remake(image).await;
        assert_eq!(store.remade_since(as_of).await.unwrap(), [first]);
        let stored = store.put_features("net", &features, as_of).await.unwrap();
        assert_eq!(stored, [second]);
        store.put_scores(model, &scores, as_of, 1).await.unwrap();
        let unscored = store.unscored_members(topic, model, 0, 9).await.unwrap();
        assert_eq!(unscored, [(first, pool)]);
    }
    // Of the new pixels both are.
    let as_of = store.newest_remake().await.unwrap();
    assert_eq!(store.remade_since(as_of).await.unwrap(), [0; 0]);
    let stored = store.put_features("net", &features, as_of).await.unwrap();
    assert_eq!(stored, [first, second]);
    store.put_scores(model, &scores, as_of, 1).await.unwrap();
    assert_eq!(store.count_unscored(topic, model).await.unwrap(), 0);
}
