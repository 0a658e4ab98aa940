mod walls;

use super::host::DAY_MS;
use super::*;
use crate::Error;
use crate::cover::{Arrival, NewCover, NewVideo, Picture, Version};
use crate::open::tests::fresh;
use serde_json::json;

const NOW: i64 = 1_000_000;
const ALL: Want = Want {
    covers: true,
    pages: true,
    daily: 100,
};

fn turn(now: i64) -> Turn {
    Turn {
        now,
        lease_until: now + 90_000,
        jitter_permille: 1000,
    }
}

fn page(kind: Kind, host: &str, url: &str) -> NewPage {
    NewPage {
        kind,
        url: format!("{host}{url}"),
        host: host.to_owned(),
        floor_ms: 1000,
        rank: 0,
        owner: None,
        context: json!({}),
    }
}

fn request(what: &str, target: u32) -> Request {
    Request {
        site: "test".into(),
        pool: Pool::Negative,
        request: json!({ "what": what }),
        options: json!({}),
        target,
        seed: 1,
    }
}

async fn begun(store: &Store, target: u32, pages: &[NewPage]) -> CrawlId {
    let topic = store.topic("cat", NOW).await.unwrap();
    let crawl = store
        .begin_crawl(topic, &request("a", target), NOW)
        .await
        .unwrap();
    store.plan(crawl, 0, pages, &[], NOW).await.unwrap();
    crawl
}

fn settled(page: &Page, fate: Fate) -> Settlement {
    Settlement {
        crawl: page.crawl,
        page: page.id,
        fate,
        arrival: None,
        known: Vec::new(),
        learned: Vec::new(),
        leads_to: Vec::new(),
        owner_cap: None,
        total: None,
    }
}

fn arrival(n: u8) -> Arrival {
    let cover = NewCover {
        sha256: [n; 32],
        image_sha256: [n; 32],
        phash: u64::from(n) << 40 | u64::from(n) << 8,
        width: 10,
        height: 10,
        bytes: 10,
        format: "jpeg".into(),
        animated: false,
        mean_rgb: [0; 3],
        resize_rule: "r".into(),
        image: vec![n],
        preview: vec![n],
        original: None,
    };
    Arrival {
        video: NewVideo {
            site: "test".into(),
            key: n.to_string(),
            ..NewVideo::default()
        },
        image_url: String::new(),
        picture: Picture::New(Box::new(cover)),
        version: Version::default(),
    }
}

#[tokio::test]
async fn a_host_is_asked_by_one_at_a_time_and_not_before_its_gap() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let pages = [
        page(Kind::Cover, "a", "/1"),
        page(Kind::Cover, "a", "/2"),
        page(Kind::Cover, "b", "/1"),
    ];
    let crawl = begun(&store, 9, &pages).await;
    let claim = async |now| store.claim(crawl, ALL, turn(now)).await.unwrap();
    let (first, mut host) = claim(NOW).await.unwrap();
    assert_eq!((first.url.as_str(), host.name.as_str()), ("a/1", "a"));
    assert_eq!(
        claim(NOW).await.unwrap().0.url,
        "b/1",
        "another host is free"
    );
    assert!(
        claim(NOW + 50_000).await.is_none(),
        "the gap is over, the request is not"
    );
    host.next_at = NOW + 60_000;
    store.release_host(&host).await.unwrap();
    assert!(claim(NOW + 59_999).await.is_none());
    assert_eq!(claim(NOW + 60_000).await.unwrap().0.url, "a/2");
}

#[tokio::test]
async fn covers_go_before_videos_and_these_before_lists_and_smaller_ranks_before_greater() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let late = NewPage {
        rank: 5,
        ..page(Kind::Video, "a", "/late")
    };
    let pages = [
        page(Kind::List, "a", "/list"),
        late,
        page(Kind::Video, "a", "/soon"),
        page(Kind::Cover, "a", "/cover"),
    ];
    let crawl = begun(&store, 9, &pages).await;
    let covers = Want {
        covers: true,
        pages: false,
        daily: 100,
    };
    let mut order = Vec::new();
    for (n, want) in [covers, covers, ALL, ALL, ALL].into_iter().enumerate() {
        let at = NOW + 100_000 * n as i64;
        if let Some((page, host)) = store.claim(crawl, want, turn(at)).await.unwrap() {
            store.release_host(&host).await.unwrap();
            order.push(page.url);
        }
    }
    assert_eq!(order, ["a/cover", "a/soon", "a/late", "a/list"]);
}

#[tokio::test]
async fn a_page_is_taken_again_when_its_lease_ends_or_its_program_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(&store, 9, &[page(Kind::Cover, "a", "/1")]).await;
    store.claim(crawl, ALL, turn(NOW)).await.unwrap().unwrap();
    assert_eq!(store.return_expired(NOW + 89_999).await.unwrap(), 0);
    assert_eq!(store.return_expired(NOW + 90_000).await.unwrap(), 1);
    store
        .claim(crawl, ALL, turn(NOW + 90_000))
        .await
        .unwrap()
        .unwrap();
    let presence = store.join_frontier().await.unwrap();
    assert!(
        store
            .claim(crawl, ALL, turn(NOW + 91_001))
            .await
            .unwrap()
            .is_some(),
        "nobody else is there"
    );
    store.join_frontier().await.unwrap();
    assert!(
        store
            .claim(crawl, ALL, turn(NOW + 99_000))
            .await
            .unwrap()
            .is_none(),
        "the first still is"
    );
    drop(presence);
}

#[tokio::test]
async fn a_page_settles_with_its_cover_its_count_and_what_it_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(&store, 2, &[page(Kind::Video, "a", "/1")]).await;
    let (page_1, _) = store.claim(crawl, ALL, turn(NOW)).await.unwrap().unwrap();
    let by = |owner: &str, url: &str| NewPage {
        owner: Some(owner.into()),
        ..page(Kind::Cover, "a", url)
    };
    let settlement = Settlement {
        arrival: Some(arrival(1)),
        leads_to: vec![
            by("x", "/2"),
            by("x", "/3"),
            by("x", "/4"),
            by("y", "/5"),
            by("y", "/5"),
        ],
        owner_cap: Some(2),
        total: Some(77),
        ..settled(&page_1, Fate::Done)
    };
    let brought = store.settle(&[settlement], 0, NOW).await.unwrap();
    assert_eq!((brought[0].new_covers, brought[0].new_pages), (1, 3));
    let now = store.crawl(crawl).await.unwrap();
    assert_eq!(
        (now.new_covers, now.total, now.remaining()),
        (1, Some(77), 1)
    );
    assert_eq!(store.queued(crawl, Kind::Cover, 9).await.unwrap(), 3);
    assert_eq!(store.queued(crawl, Kind::Cover, 2).await.unwrap(), 2);
    let known = store.known_cover("test", "1").await.unwrap().unwrap();
    assert_eq!(store.known_cover("test", "2").await.unwrap(), None);
    let brought = store
        .plan(crawl, 1, &[], &[known.clone(), known], NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!((brought.new_covers, brought.duplicates), (0, 2));
}

#[tokio::test]
async fn known_covers_join_the_pool_only_as_far_as_they_are_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let other = store.topic("dog", NOW).await.unwrap();
    let arrivals: Vec<_> = (1..=4).map(arrival).collect();
    store
        .add(other, Pool::Negative, 0, &arrivals, NOW)
        .await
        .unwrap();
    let crawl = begun(&store, 2, &[]).await;
    let mut known = Vec::new();
    for n in 1..=4 {
        known.extend(store.known_cover("test", &n.to_string()).await.unwrap());
    }
    let brought = store
        .plan(crawl, 1, &[], &known, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(brought.new_covers, 2);
    assert_eq!(
        store.plan(crawl, 1, &[], &known, NOW).await.unwrap(),
        None,
        "planned already"
    );
}

#[tokio::test]
async fn fates_keep_their_reasons_and_a_moved_page_keeps_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(&store, 9, &[page(Kind::Cover, "a", "/1")]).await;
    let take = async |now| store.claim(crawl, ALL, turn(now)).await.unwrap();
    let (first, _) = take(NOW).await.unwrap();
    let moved = Fate::Moved {
        location: "b/1".into(),
        host: "b".into(),
        floor_ms: 1000,
    };
    store
        .settle(&[settled(&first, moved)], 0, NOW)
        .await
        .unwrap();
    let (second, _) = take(NOW).await.unwrap();
    assert_eq!(
        (second.url.as_str(), second.address(), second.hops),
        ("a/1", "b/1", 1)
    );
    let again = Fate::Again {
        not_before: NOW + 500_000,
        counts: true,
        class: "timeout".into(),
        reason: "slow".into(),
    };
    store
        .settle(&[settled(&second, again)], 0, NOW)
        .await
        .unwrap();
    assert!(take(NOW + 499_999).await.is_none());
    let waits = store.waits(crawl, ALL, NOW).await.unwrap();
    assert_eq!(
        (waits[0].name.as_str(), waits[0].until),
        ("b", NOW + 500_000)
    );
    let (third, _) = take(NOW + 500_000).await.unwrap();
    assert_eq!(third.attempts, 1);
    let failed = Fate::Failed {
        class: "gone".into(),
        reason: "410".into(),
    };
    store
        .settle(&[settled(&third, failed)], 0, NOW)
        .await
        .unwrap();
    let topic = store.topic("cat", NOW).await.unwrap();
    assert_eq!(
        store.failed_by_class(topic).await.unwrap(),
        [("gone".to_owned(), 1)]
    );
    assert_eq!(store.pages_left(crawl).await.unwrap(), 0);
}

#[tokio::test]
async fn a_request_is_continued_while_unfinished_and_begun_anew_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let first = begun(&store, 5, &[page(Kind::Cover, "a", "/1")]).await;
    let topic = store.topic("cat", NOW).await.unwrap();
    let again = store
        .begin_crawl(topic, &request("a", 8), NOW)
        .await
        .unwrap();
    assert_eq!(
        (again, store.crawl(first).await.unwrap().request.target),
        (first, 8)
    );
    let other = store
        .begin_crawl(topic, &request("b", 5), NOW)
        .await
        .unwrap();
    assert_ne!(other, first);
    store.finish_crawl(first, 0, NOW).await.unwrap();
    assert_eq!(
        store.pages_left(first).await.unwrap(),
        0,
        "unneeded pages are forgotten"
    );
    let anew = store
        .begin_crawl(topic, &request("a", 5), NOW)
        .await
        .unwrap();
    assert!(anew != first && anew != other);
    let unfinished = store.unfinished_crawls().await.unwrap();
    assert_eq!(
        unfinished.iter().map(|c| c.id).collect::<Vec<_>>(),
        [other, anew]
    );
}

async fn fail(store: &Store, crawl: CrawlId, class: &str, at: i64) {
    let (page, host) = store.claim(crawl, ALL, turn(at)).await.unwrap().unwrap();
    store.release_host(&host).await.unwrap();
    let fate = Fate::Failed {
        class: class.into(),
        reason: String::new(),
    };
    store.settle(&[settled(&page, fate)], 0, at).await.unwrap();
}

#[tokio::test]
async fn failures_are_put_back_by_class_and_time_and_reopen_their_crawl() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let pages: Vec<_> = ["/1", "/2", "/3"]
        .map(|url| page(Kind::Cover, "a", url))
        .into();
    let crawl = begun(&store, 9, &pages).await;
    fail(&store, crawl, "timeout", NOW).await;
    fail(&store, crawl, "gone", NOW + 200_000).await;
    fail(&store, crawl, "timeout", NOW + 400_000).await;
    store.finish_crawl(crawl, 0, NOW).await.unwrap();
    assert_eq!(store.put_back(Some("timeout"), NOW + 1).await.unwrap(), 1);
    let reopened = store.crawl(crawl).await.unwrap();
    assert_eq!((reopened.finished, reopened.retrying), (false, false));
    assert_eq!(store.pages_left(crawl).await.unwrap(), 1);
    assert_eq!(store.put_back(None, 0).await.unwrap(), 2);
}

#[tokio::test]
async fn pages_of_a_crawl_that_was_begun_anew_go_to_the_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let old = begun(&store, 1, &[page(Kind::Cover, "a", "/1")]).await;
    fail(&store, old, "timeout", NOW).await;
    store.finish_crawl(old, 1, NOW).await.unwrap();
    let topic = store.topic("cat", NOW).await.unwrap();
    let new = store
        .begin_crawl(topic, &request("a", 1), NOW)
        .await
        .unwrap();
    store.put_back(None, 0).await.unwrap();
    assert_eq!(store.pages_left(old).await.unwrap(), 0);
    assert_eq!(store.pages_left(new).await.unwrap(), 1);
    let unfinished = store.unfinished_crawls().await.unwrap();
    assert_eq!(unfinished.iter().map(|c| c.id).collect::<Vec<_>>(), [new]);
}

#[tokio::test]
async fn robots_are_remembered_by_origin_and_their_delay_by_group() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    store.set_host_floor("group", 1000).await.unwrap();
    assert_eq!(store.robots("http://a:80").await.unwrap(), None);
    for robots in [
        Robots::Rules(String::new()),
        Robots::Rules("User-agent: *".into()),
        Robots::Unreachable,
    ] {
        store
            .put_robots("http://a:80", &robots, ("group", 2500), NOW)
            .await
            .unwrap();
        assert_eq!(
            store.robots("http://a:80").await.unwrap(),
            Some((robots, NOW))
        );
    }
    assert_eq!(store.host("group").await.unwrap().unwrap().gap_ms(), 2500);
    let reserved = store
        .reserve_host("group", 100, turn(NOW))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(reserved.next_at, NOW + 2501);
}

#[tokio::test]
async fn a_host_is_asked_so_often_in_a_day_and_the_day_begins_with_a_request() {
    const NOW: i64 = DAY_MS; // long after the day that a new host has
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let pages = ["/1", "/2", "/3", "/4"].map(|url| page(Kind::Cover, "a", url));
    let crawl = begun(&store, 9, &pages).await;
    let want = Want { daily: 2, ..ALL };
    let ask = async |at: i64| {
        let (_, mut host) = store.claim(crawl, want, turn(at)).await.unwrap()?;
        host.next_at = at + 1;
        store.release_host(&host).await.unwrap();
        Some(host.day_asked)
    };
    assert_eq!((ask(NOW).await, ask(NOW + 10).await), (Some(1), Some(2)));
    assert_eq!(ask(NOW + 20).await, None);
    let waits = store.waits(crawl, want, NOW + 20).await.unwrap();
    assert_eq!((waits[0].until, waits[0].refused), (NOW + DAY_MS, false));
    let reason = waits[0].reason.as_deref().unwrap();
    assert_eq!(reason, "its 2 requests of a day are used up");
    assert_eq!(ask(NOW + DAY_MS - 1).await, None);
    assert_eq!(ask(NOW + DAY_MS).await, Some(1), "a new day");
}

#[tokio::test]
async fn a_turn_that_was_let_go_is_no_request_of_the_day() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    store.set_host_floor("a", 0).await.unwrap();
    for n in 0..3 {
        let host = store.reserve_host("a", 1, turn(NOW + n)).await.unwrap();
        assert!(host.is_some(), "{n}");
        store.let_go_of_host("a").await.unwrap();
    }
}

#[tokio::test]
async fn what_a_full_disk_takes_back_is_settled_again_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(&store, 9, &[page(Kind::Cover, "a", "/1")]).await;
    let (claimed, _) = store.claim(crawl, ALL, turn(NOW)).await.unwrap().unwrap();
    let mut large = arrival(1);
    if let Picture::New(cover) = &mut large.picture {
        cover.original = Some(vec![0; 4 << 20]);
    }
    let settlement = Settlement {
        arrival: Some(large),
        ..settled(&claimed, Fate::Done)
    };
    let limit = async |pages: &'static str| {
        sqlx::query(pages).execute(store.write()).await.unwrap();
    };
    limit("pragma max_page_count = 100").await;
    let error = store
        .settle(std::slice::from_ref(&settlement), 8, NOW)
        .await;
    assert!(matches!(error, Err(Error::Full)), "{error:?}");
    let topic = store.topic("cat", NOW).await.unwrap();
    assert_eq!(store.overview(topic).await.unwrap().covers, 0);
    assert_eq!(
        store.pages_left(crawl).await.unwrap(),
        1,
        "it is still claimed"
    );
    limit("pragma max_page_count = 1000000").await;
    let brought = store.settle(&[settlement], 8, NOW).await.unwrap();
    assert_eq!(brought[0].new_covers, 1);
    assert_eq!(store.overview(topic).await.unwrap().near_duplicates, 0);
}

#[tokio::test]
async fn another_programs_transaction_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(&store, 9, &[page(Kind::Cover, "a", "/1")]).await;
    let (claimed, _) = store.claim(crawl, ALL, turn(NOW)).await.unwrap().unwrap();
    let other = fresh(folder.path()).await;
    let theirs = other.begin().await.unwrap();
    let settlement = Settlement {
        arrival: Some(arrival(1)),
        ..settled(&claimed, Fate::Done)
    };
    let settling = async { store.settle(&[settlement], 8, NOW).await };
    let (brought, ()) = tokio::join!(settling, async { theirs.rollback().await.unwrap() });
    assert_eq!(brought.unwrap()[0].new_covers, 1);
}

#[tokio::test]
async fn taking_a_page_sorts_nothing_whatever_the_statistics_say() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let pages: Vec<_> = (0..3000)
        .map(|n| page(Kind::Cover, ["a", "b"][n % 2], &format!("/{n}")))
        .collect();
    begun(&store, 9, &pages).await;
    sqlx::query("analyze").execute(store.write()).await.unwrap();
    let claim = page::STATEMENTS.iter().find(|(name, _)| *name == "CLAIM");
    let explain = format!("explain query plan {}", claim.unwrap().1);
    let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(sqlx::AssertSqlSafe(explain))
        .fetch_all(store.read())
        .await
        .unwrap();
    let steps: Vec<_> = plan.into_iter().map(|step| step.3).collect();
    assert!(
        steps.iter().any(|step| step.contains("page_to_claim")),
        "{steps:#?}"
    );
    assert!(
        !steps.iter().any(|step| step.contains("B-TREE")),
        "{steps:#?}"
    );
}

#[tokio::test]
async fn a_host_that_is_being_asked_is_waited_for_by_its_gap_and_not_by_its_lease() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(
        &store,
        9,
        &["/1", "/2"].map(|url| page(Kind::Cover, "a", url)),
    )
    .await;
    let waits = async |at| store.waits(crawl, ALL, at).await.unwrap().remove(0);
    assert!(!waits(NOW).await.busy);
    store.claim(crawl, ALL, turn(NOW)).await.unwrap().unwrap();
    let wait = waits(NOW + 5000).await;
    assert_eq!((wait.busy, wait.until), (true, NOW + 1001));
    assert!(
        !waits(NOW + 90_000).await.busy,
        "its program is dead by now"
    );
}

#[tokio::test]
async fn times_of_a_wrong_clock_are_brought_back_to_the_longest_honest_wait() {
    const HOUR: i64 = 3_600_000;
    const LONGEST: i64 = HOUR / 4;
    const NOW: i64 = 20 * DAY_MS;
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let set = async |name: &str, floor: i64, next_at: i64, cooldown_until: i64| {
        store.set_host_floor(name, floor).await.unwrap();
        let mut host = store.host(name).await.unwrap().unwrap();
        (host.next_at, host.cooldown_until) = (next_at, cooldown_until);
        store.release_host(&host).await.unwrap();
    };
    set("gap", 1000, NOW + 5 * HOUR, 0).await;
    set("cool-down", 1000, 0, NOW + 30 * DAY_MS).await;
    set("honest", 1000, NOW + LONGEST, NOW + DAY_MS).await;
    set("slow", 2 * HOUR, NOW + 3 * HOUR, 0).await;
    let ahead = |name: &str, was, until| Ahead {
        name: name.into(),
        was,
        until,
    };
    assert_eq!(
        store.mend_clocks(LONGEST, NOW).await.unwrap(),
        [
            ahead("cool-down", NOW + 30 * DAY_MS, NOW + DAY_MS),
            ahead("gap", NOW + 5 * HOUR, NOW + 1501),
        ]
    );
    assert_eq!(store.mend_clocks(LONGEST, NOW).await.unwrap(), []);
    let slow = store.host("slow").await.unwrap().unwrap();
    assert_eq!(slow.next_at, NOW + 3 * HOUR, "that is its gap, stretched");
}

#[tokio::test]
async fn a_claim_of_a_wrong_clock_holds_neither_its_page_nor_its_host_nor_its_day() {
    const NOW: i64 = 20 * DAY_MS;
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(&store, 9, &[page(Kind::Cover, "a", "/1")]).await;
    let want = Want { daily: 1, ..ALL };
    let late = NOW + 9 * DAY_MS;
    store.claim(crawl, want, turn(late)).await.unwrap().unwrap();
    assert_eq!(store.return_expired(NOW).await.unwrap(), 1);
    assert_eq!(store.mend_clocks(1000, NOW).await.unwrap().len(), 1);
    let soon = NOW + DAY_MS;
    assert!(
        store
            .claim(crawl, want, turn(soon))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn no_page_waits_for_longer_than_a_day() {
    let folder = tempfile::tempdir().unwrap();
    let store = fresh(folder.path()).await;
    let crawl = begun(&store, 9, &[page(Kind::Cover, "a", "/1")]).await;
    let (taken, host) = store.claim(crawl, ALL, turn(NOW)).await.unwrap().unwrap();
    let again = Fate::Again {
        not_before: NOW + 40 * DAY_MS,
        counts: true,
        class: "timeout".into(),
        reason: "slow".into(),
    };
    store
        .settle(&[settled(&taken, again)], 0, NOW)
        .await
        .unwrap();
    store.release_host(&host).await.unwrap();
    assert_eq!(store.mend_page_clocks(NOW).await.unwrap(), 1);
    let turn = turn(NOW + DAY_MS);
    assert!(store.claim(crawl, ALL, turn).await.unwrap().is_some());
}
