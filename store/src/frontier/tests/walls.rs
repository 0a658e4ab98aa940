//! Pages at which a host turned us away, and what later pages tell of a video.

use super::*;

fn walled(page: &Page, not_before: i64) -> Settlement {
    let fate = Fate::Walled {
        not_before,
        class: "refused".into(),
        reason: "a captcha".into(),
    };
    settled(page, fate)
}

/// Takes the next page at this time, and its host is free again at once.
async fn next(store: &Store, crawl: CrawlId, at: i64) -> Option<Page> {
    let (page, mut host) = store.claim(crawl, ALL, turn(at)).await.unwrap()?;
    host.next_at = at;
    store.release_host(&host).await.unwrap();
    Some(page)
}

#[tokio::test]
async fn a_page_that_met_three_walls_gives_way_to_all_others_until_it_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let late = NewPage {
        rank: 1 << 31,
        ..page(Kind::Video, "a", "/late")
    };
    let crawl = begun(&store, 9, &[page(Kind::Video, "a", "/wall"), late]).await;
    for n in 0..3 {
        assert!(store.has_untried(crawl).await.unwrap());
        let page = next(&store, crawl, NOW + n).await.unwrap();
        assert_eq!(
            (page.url.as_str(), page.walls, page.attempts),
            ("a/wall", n as u32, 0)
        );
        store.settle(&[walled(&page, 0)], 8, NOW).await.unwrap();
    }
    let other = next(&store, crawl, NOW + 9).await.unwrap();
    assert_eq!(other.url, "a/late");
    store
        .settle(&[settled(&other, Fate::Done)], 8, NOW)
        .await
        .unwrap();
    assert!(
        !store.has_untried(crawl).await.unwrap(),
        "another is to be planned"
    );
    let page = next(&store, crawl, NOW + 10).await.unwrap();
    assert_eq!(
        (page.url.as_str(), page.walls),
        ("a/wall", 3),
        "when nothing else is left"
    );
    let failed = Fate::Failed {
        class: "refused".into(),
        reason: "a captcha, 9 times".into(),
    };
    store
        .settle(&[settled(&page, failed)], 8, NOW)
        .await
        .unwrap();
    assert_eq!(store.put_back(Some("refused"), 0).await.unwrap(), 1);
    let ranks: Vec<(i64, u32)> =
        sqlx::query_as("select rank, walls from page where url = 'a/wall'")
            .fetch_all(store.read())
            .await
            .unwrap();
    assert_eq!(ranks, [(0, 0)], "as if it had met none");
}

#[tokio::test]
async fn after_a_wall_another_page_is_asked_first_if_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let pages = ["/1", "/2"].map(|url| page(Kind::Video, "a", url));
    let crawl = begun(&store, 9, &pages).await;
    let first = next(&store, crawl, NOW).await.unwrap();
    store
        .settle(&[walled(&first, NOW + 600)], 8, NOW)
        .await
        .unwrap();
    let second = next(&store, crawl, NOW + 500).await.unwrap();
    assert_eq!((first.url.as_str(), second.url.as_str()), ("a/1", "a/2"));
    assert!(next(&store, crawl, NOW + 599).await.is_none());
    assert_eq!(next(&store, crawl, NOW + 600).await.unwrap().url, "a/1");
}

#[tokio::test]
async fn what_a_host_has_shown_of_captchas_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    store.set_host_floor("a", 0).await.unwrap();
    let mut host = store
        .reserve_host("a", 9, turn(NOW))
        .await
        .unwrap()
        .unwrap();
    (host.captchas, host.captcha_from, host.captcha_day) = (2, NOW, 7);
    store.release_host(&host).await.unwrap();
    drop(store);
    let store = fresh(folder.path()).await;
    let again = store.host("a").await.unwrap().unwrap();
    assert_eq!(
        (again.captchas, again.captcha_from, again.captcha_day),
        (2, NOW, 7)
    );
    let reserved = store
        .reserve_host("a", 9, turn(NOW + 9))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reserved.captchas, 2);
}

fn learned(key: &str, cover_page: &str) -> Learned {
    Learned {
        video: NewVideo {
            site: "test".into(),
            key: key.into(),
            published_at: Some(77),
            tags: vec!["nap".into()],
            owner: Some("9".into()),
            ..NewVideo::default()
        },
        cover_page: cover_page.into(),
    }
}

#[tokio::test]
async fn a_known_video_learns_what_a_later_page_says_and_forgets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let mut met = arrival(1);
    met.video.title = "cat nap".into();
    let topic = store.topic("cat", NOW).await.unwrap();
    store
        .add(topic, Pool::Negative, 0, &[met], NOW)
        .await
        .unwrap();
    let crawl = begun(&store, 9, &[page(Kind::Video, "a", "/1")]).await;
    let own = next(&store, crawl, NOW).await.unwrap();
    let settlement = Settlement {
        learned: vec![learned("1", "a/cover"), learned("2", "a/new")],
        ..settled(&own, Fate::Done)
    };
    store.settle(&[settlement], 8, NOW).await.unwrap();
    let video = store.video("test", "1").await.unwrap().unwrap();
    assert_eq!(
        (video.published_at, video.tags.len(), video.owner.as_deref()),
        (Some(77), 1, Some("9"))
    );
    assert_eq!(video.title, "cat nap");
    let unmet = store.video("test", "2").await.unwrap();
    assert_eq!(unmet, None, "a video is met with its cover");
}

#[tokio::test]
async fn a_video_whose_cover_is_on_its_way_keeps_what_its_page_says_in_the_meantime() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let pages = [
        page(Kind::Cover, "b", "/cover"),
        page(Kind::Video, "a", "/1"),
    ];
    let crawl = begun(&store, 9, &pages).await;
    let claims = [
        next(&store, crawl, NOW).await,
        next(&store, crawl, NOW).await,
    ];
    let claims = claims.map(Option::unwrap);
    let (cover, own): (Vec<_>, Vec<_>) = claims.iter().partition(|page| page.kind == Kind::Cover);
    let settlement = Settlement {
        learned: vec![learned("1", "b/cover")],
        ..settled(own[0], Fate::Done)
    };
    let poorer = Settlement {
        arrival: Some(arrival(1)),
        ..settled(cover[0], Fate::Done)
    };
    store.settle(&[settlement, poorer], 8, NOW).await.unwrap();
    let video = store.video("test", "1").await.unwrap().unwrap();
    assert_eq!((video.published_at, video.tags.len()), (Some(77), 1));
}
