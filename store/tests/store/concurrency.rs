use store::{Durability, Pool, Store};

use crate::support::{NEAR, arrival, far};

/// The three programs may start at the same moment on a machine that has no database yet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn three_programs_open_one_new_file_twenty_times_over() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("new/whisker.db").display());
        let programs = (0..3_u32).map(|n| {
            let url = url.clone();
            tokio::spawn(async move {
                let store = Store::open(&url, Durability::Normal).await?;
                let topic = store.topic("cat", 1).await?;
                for i in 0..5 {
                    let id = n * 100 + i;
                    store
                        .add(topic, Pool::Negative, NEAR, &[arrival(id, far(id))], 1)
                        .await?;
                }
                store.overview(topic).await.map(|_| ())
            })
        });
        let programs: Vec<_> = programs.collect();
        for program in programs {
            program.await.unwrap().unwrap();
        }
        let store = Store::open(&url, Durability::Normal).await.unwrap();
        let topic = store.topic("cat", 1).await.unwrap();
        assert_eq!(store.overview(topic).await.unwrap().covers, 15);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn near_duplicates_are_found_across_two_programs() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("whisker.db").display());
    let one = Store::open(&url, Durability::Normal).await.unwrap();
    let other = Store::open(&url, Durability::Normal).await.unwrap();
    let topic = one.topic("cat", 1).await.unwrap();
    one.add(topic, Pool::Negative, NEAR, &[arrival(1, 0)], 1)
        .await
        .unwrap();
    other
        .add(topic, Pool::Negative, NEAR, &[arrival(2, 1)], 1)
        .await
        .unwrap();
    one.add(topic, Pool::Negative, NEAR, &[arrival(3, 3)], 1)
        .await
        .unwrap();
    assert_eq!(one.overview(topic).await.unwrap().near_duplicates, 2);
}

/// A copy of the file was empty when a reader's connection happened to close last.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_of_the_file_alone_holds_all_even_if_another_connection_closes_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whisker.db");
    let url = format!("sqlite:{}", path.display());
    let store = Store::open(&url, Durability::Normal).await.unwrap();
    let later = Store::open(&url, Durability::Normal).await.unwrap();
    let topic = store.topic("cat", 1).await.unwrap();
    store
        .add(topic, Pool::Negative, NEAR, &[arrival(1, far(1))], 1)
        .await
        .unwrap();
    store.close().await;
    let copy = folder.path().join("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    let copy = Store::open(&format!("sqlite:{}", copy.display()), Durability::Normal)
        .await
        .unwrap();
    let topic = copy.topic("cat", 1).await.unwrap();
    assert_eq!(copy.overview(topic).await.unwrap().covers, 1);
    drop(later);
}
