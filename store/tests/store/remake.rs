use store::Pool;
use store::cover::Picture;
use store::remake::Remade;

use crate::support::{NEAR, arrival, far, fresh};

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
    let features: Vec<_> = [first, second, third]
        .map(|cover| (cover, vec![1.0_f32]))
        .into();
    store.put_features("net", &features).await.unwrap();

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
}
