use super::read::TAKEN;
use super::*;
use crate::fault::Fault;
use crate::site::{Body, Candidate, Reading};

const PROFILE: &str = include_str!("../../../../docs/sites/example.toml");

fn site() -> Html {
    let profile = Profile::parse(PROFILE).unwrap();
    Html::new(profile, Bases::parse(&[]).unwrap())
}

fn walk() -> Mode {
    Mode::RelatedTo(vec!["/watch/1".into()])
}

fn read(mode: &Mode, kind: Kind, html: &str) -> Result<Reading, Fault> {
    let url = Url::parse("https://kittens.example/watch/7?from=list").unwrap();
    let body = Body {
        url: &url,
        bytes: html.as_bytes(),
        kind,
        depth: 0,
        seed: 1,
    };
    site().read(mode, &[], body)
}

fn cover(html: &str) -> Option<String> {
    let reading = read(&Mode::Random, Kind::Video, html).ok()?;
    Some(reading.candidates.into_iter().next()?.image_url)
}

/// Each of these tells of a picture, and those before it go first.
const TELLERS: [(&str, &str); 7] = [
    (
        "json-ld",
        r#"<script type="application/ld+json">{broken</script><script type="application/ld+json">
           {"@graph":[{"@type":"WebPage"},{"@type":["VideoObject"],"thumbnailUrl":["/json-ld.jpg"]}]}</script>"#,
    ),
    (
        "og-secure",
        "<meta property='og:image:secure_url' content='/og-secure.jpg'>",
    ),
    (
        "og",
        "<meta name='og:image' content='//kittens.example/og.jpg'>",
    ),
    (
        "twitter",
        "<meta name='twitter:image' content='twitter.jpg'>",
    ),
    (
        "microdata",
        "<div itemscope itemtype='https://schema.org/VideoObject'><link itemprop='thumbnailUrl' href='/microdata.jpg'></div>",
    ),
    ("link", "<link rel='image_src' href='/link.jpg'>"),
    ("poster", "<video poster='/poster.jpg'></video>"),
];

#[test]
fn a_cover_is_taken_from_the_first_that_tells_of_one() {
    for first in 0..TELLERS.len() {
        let html: String = TELLERS[first..]
            .iter()
            .rev()
            .map(|teller| teller.1)
            .collect();
        let found = cover(&html).unwrap();
        let want = format!("/{}.jpg", TELLERS[first].0);
        let end = found.rsplit_once('/').map(|(_, end)| format!("/{end}"));
        assert_eq!(end, Some(want), "{html}");
    }
}

#[test]
fn what_can_be_no_cover_is_passed_over() {
    for (html, want) in [
        (
            "<meta property='og:image' content='data:image/png;base64,xx'><meta property='og:image' content='/b.jpg'>",
            Some("https://kittens.example/b.jpg"),
        ),
        (
            "<meta property='og:image' content='/logo.SVG'><meta name='twitter:image' content='/t.png'>",
            Some("https://kittens.example/t.png"),
        ),
        (
            "<base href='https://cdn.example/x/'><meta property='og:image' content='a.jpg'>",
            Some("https://cdn.example/x/a.jpg"),
        ),
        ("<meta property='og:image' content=''>", None),
        ("<h1>Kittens</h1>", None),
        ("", None),
    ] {
        assert_eq!(cover(html).as_deref(), want, "{html}");
    }
    let fault = read(&Mode::Random, Kind::Video, "<h1>Kittens</h1>").unwrap_err();
    assert_eq!(fault.class(), "not-understood");
}

#[test]
fn json_ld_tells_all_of_a_video_and_titles_are_cleaned() {
    let html = "<link rel='canonical' href='/watch/7'><script type='application/ld+json'>
        {\"@type\":\"Page\",\"mainEntity\":{\"@type\":\"VideoObject\",\"name\":\"A \\u202ecat\",
        \"thumbnail\":{\"url\":\"/t.jpg\"},\"uploadDate\":\"2025-12-17\",\"duration\":\"PT1M2.5S\",
        \"author\":{\"name\":\"Mira\"},\"keywords\":\"cat, nap\"}}</script>";
    let found = read(&Mode::Random, Kind::Video, html)
        .unwrap()
        .candidates
        .remove(0);
    let want = Candidate {
        key: "/watch/7".into(),
        url: "https://kittens.example/watch/7".into(),
        title: "A cat".into(),
        owner: Some("Mira".into()),
        owner_name: Some("Mira".into()),
        published_at: Some(1_765_929_600_000),
        duration_ms: Some(62_500),
        tags: vec!["cat".into(), "nap".into()],
        image_url: "https://kittens.example/t.jpg".into(),
        ask: "https://kittens.example/t.jpg".into(),
    };
    assert_eq!(found, want);
}

#[test]
fn a_page_that_keeps_its_pictures_from_training_is_an_opt_out() {
    let html = "<meta name='Robots' content='index, noimageai'><meta property='og:image' content='/a.jpg'>";
    let fault = read(&Mode::Random, Kind::Video, html).unwrap_err();
    assert_eq!(fault.class(), "opt-out");
}

#[test]
fn a_list_brings_covers_where_it_shows_them_and_pages_where_it_does_not() {
    let html = "<li class=video><a href='/watch/1#t=1'><img data-src='//img.kittens.example/1.jpg' src='data:,x'>
            <b class=title> One  cat </b></a></li>
        <li class=video><a href='/watch/2'></a></li>
        <li class=video><a href='https://elsewhere.example/watch/3'></a></li>
        <li class=video><a href='/about'></a></li><li class=advert></li>";
    let reading = read(&Mode::Search("x".into()), Kind::List, html).unwrap();
    let [one] = &reading.candidates[..] else {
        panic!("{:?}", reading.candidates)
    };
    assert_eq!(
        (one.key.as_str(), one.title.as_str(), one.ask.as_str()),
        ("/watch/1", "One cat", "https://img.kittens.example/1.jpg")
    );
    let pages: Vec<_> = reading.pages.iter().map(|lead| lead.url.path()).collect();
    assert_eq!((pages, reading.skipped), (vec!["/watch/2"], 2));
    let empty = read(&Mode::Random, Kind::List, "<p>no more</p>").unwrap();
    assert_eq!(empty.total, Some(0), "behind the last list");
}

#[test]
fn a_walk_follows_recommendations_to_pages_of_videos_only() {
    let html = "<meta property='og:image' content='/7.jpg'>
        <aside><a href='/watch/8'></a><a href='/login'></a><a href='https://other.example/watch/9'></a></aside>";
    let reading = read(&walk(), Kind::Video, html).unwrap();
    let pages: Vec<_> = reading
        .pages
        .iter()
        .map(|l| (l.url.path(), l.depth))
        .collect();
    assert_eq!(
        (pages, reading.candidates.len()),
        (vec![("/watch/8", 1)], 1)
    );
    let other = read(&Mode::Random, Kind::Video, html).unwrap();
    assert!(other.pages.is_empty(), "only a walk walks");
}

#[test]
fn a_sitemap_is_taken_in_an_order_that_the_seed_chooses() {
    let entry = |n: u32| format!("<url><loc>https://kittens.example/watch/{n}</loc></url>");
    let all: String = (0..1500).map(entry).collect();
    let map = format!("<urlset>{all}<url><loc>https://other.example/watch/1</loc></url></urlset>");
    let reading = read(&Mode::Random, Kind::List, &map).unwrap();
    assert_eq!(reading.pages.len(), TAKEN);
    assert!(reading.pages.is_sorted_by_key(|lead| lead.rank));
    assert_ne!(reading.pages[0].url.path(), "/watch/0");
    assert!(
        reading
            .pages
            .iter()
            .all(|lead| lead.url.host_str() == Some("kittens.example"))
    );
}

#[test]
fn lists_are_planned_as_the_profile_tells() {
    let plan = |site: &Html, mode: &Mode, planned, total| {
        let place = Place {
            planned,
            total,
            seed: 3,
        };
        let leads = site.plan(mode, place)?;
        Some(
            leads
                .into_iter()
                .map(|lead| lead.url.to_string())
                .collect::<Vec<_>>(),
        )
    };
    let search = Mode::Search("böse Katze & co".into());
    let site = site();
    let first = "https://kittens.example/search?q=b%C3%B6se+Katze+%26+co&page=1";
    assert_eq!(plan(&site, &search, 0, None).unwrap(), [first]);
    assert!(plan(&site, &search, 1, None).unwrap()[0].ends_with("page=2"));
    assert_eq!(plan(&site, &search, 2, Some(0)), None, "nothing was found");
    let map = plan(&site, &Mode::Random, 0, None).unwrap();
    assert_eq!(map, ["https://kittens.example/sitemap.xml"]);
    assert_eq!(plan(&site, &Mode::Random, 1, None), None);

    let text = PROFILE
        .replace("sitemap = \"/sitemap.xml\"\n# list ", "list ")
        .replace("# pages = 400", "pages = 400");
    let listed = Html::new(Profile::parse(&text).unwrap(), Bases::parse(&[]).unwrap());
    let mut lists: Vec<_> = (0..400)
        .flat_map(|n| plan(&listed, &Mode::Random, n, None).unwrap())
        .collect();
    assert_eq!(plan(&listed, &Mode::Random, 400, None), None);
    assert_ne!(lists[0], "https://kittens.example/videos?page=1");
    lists.sort();
    lists.dedup();
    assert_eq!(lists.len(), 400, "each once");
}

#[test]
fn a_walk_begins_at_pages_of_videos_of_the_site() {
    let site = site();
    assert!(site.check(&walk()).is_ok());
    let elsewhere = Mode::RelatedTo(vec!["https://other.example/watch/1".into()]);
    assert!(
        site.check(&elsewhere)
            .unwrap_err()
            .message
            .contains("/watch/")
    );
    assert!(site.check(&Mode::List).is_err());
}

#[test]
fn image_hosts_share_one_pace() {
    let site = site();
    let group = |text: &str| site.group(&Url::parse(text).unwrap());
    assert_eq!(
        group("https://img.kittens.example/a"),
        ("html:kittens images".into(), 2000)
    );
    assert_eq!(
        group("https://kittens.example/a"),
        ("https://kittens.example:443".into(), 2000)
    );
    assert_eq!(
        group("https://cdn.example/a"),
        ("https://cdn.example:443".into(), FLOOR_MS)
    );
}
