//! Pages at which a host turned us away, and what later pages tell of a video.

use super::*;

fn walled(page: &Page) -> Settlement {
    let fate = Fate::Walled {
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
async fn a_page_that_met_walls_gives_way_to_all_that_met_fewer_until_it_is_put_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let late = NewPage {
        rank: 1 << 42,
        ..page(Kind::Video, "a", "/late")
    };
    let crawl = begun(&store, 9, &[page(Kind::Video, "a", "/wall"), late]).await;
    let want = [
        ("a/wall", 0),
        ("a/late", 0),
        ("a/wall", 1),
        ("a/late", 1),
        ("a/wall", 2),
    ];
    for (n, want) in (0..).zip(want) {
        let untried = store.has_untried(crawl).await.unwrap();
        assert_eq!(untried, n < 2, "then another is to be planned");
        let page = next(&store, crawl, NOW + n).await.unwrap();
        assert_eq!((page.url.as_str(), page.walls), want);
        assert_eq!(page.attempts, 0);
        store.settle(&[walled(&page)], 8, NOW).await.unwrap();
    }
    let other = next(&store, crawl, NOW + 9).await.unwrap();
    assert_eq!(other.url, "a/late");
    let done = settled(&other, Fate::Done);
    store.settle(&[done], 8, NOW).await.unwrap();
    let page = next(&store, crawl, NOW + 10).await.unwrap();
    let last = (page.url.as_str(), page.walls);
    assert_eq!(last, ("a/wall", 3), "when nothing else is left");
    let failed = Fate::Failed {
        class: "refused".into(),
        reason: "a captcha, 9 times".into(),
    };
    let failed = settled(&page, failed);
    store.settle(&[failed], 8, NOW).await.unwrap();
    assert_eq!(store.put_back(Some("refused"), 0).await.unwrap(), 1);
    let ranks: Vec<(i64, u32)> =
        sqlx::query_as("select rank, walls from page where url = 'a/wall'")
            .fetch_all(store.read())
            .await
            .unwrap();
    assert_eq!(ranks, [(0, 0)], "as if it had met none");
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
