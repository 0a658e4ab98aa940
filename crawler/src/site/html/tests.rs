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
    read_as(
        kind,
        "https://kittens.example/watch/7?from=list",
        mode,
        html,
    )
}

fn read_at(url: &str, mode: &Mode, list: &str) -> Result<Reading, Fault> {
    read_as(Kind::List, url, mode, list)
}

fn read_as(kind: Kind, url: &str, mode: &Mode, html: &str) -> Result<Reading, Fault> {
    let body = Body {
        url: &Url::parse(url).unwrap(),
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
}

#[test]
fn a_list_that_holds_nothing_says_so() {
    let search = Mode::Search("gray cat".into());
    let empty = "<p>no more</p>";
    let later = read(&search, Kind::List, empty).unwrap();
    assert_eq!(
        (later.total, later.missing),
        (Some(0), None),
        "behind the last list"
    );
    let first = read_at(
        "https://kittens.example/search?q=gray+cat&page=1",
        &search,
        empty,
    )
    .unwrap();
    assert_eq!(first.missing.as_deref(), Some("the search finds nothing"));
    let strangers = "<li class=video><a href='/about'></a></li><li class=video></li>";
    let maps = [
        "<urlset></urlset>",
        "<urlset><url><loc>https://other.example/watch/1</loc></url><url><loc>/about</loc></url></urlset>",
        "<sitemapindex><sitemap><loc>https://other.example/a.xml</loc></sitemap></sitemapindex>",
    ];
    let lists = [empty, strangers];
    let all = maps.iter().chain(&lists);
    let all = all.map(|list| (&Mode::Random, *list));
    for (mode, list) in all.chain([(&search, strangers)]) {
        let fault = read(mode, Kind::List, list).unwrap_err();
        assert_eq!(fault.class(), "not-understood", "{list}");
    }
}

#[test]
fn one_canonical_address_on_all_pages_is_believed_once() {
    let site = site();
    let key = |page: u32| {
        let url = Url::parse(&format!("https://kittens.example/watch/{page}#comments")).unwrap();
        let html = format!(
            "<link rel='canonical' href='/watch/1?all#x'><meta property='og:image' content='/{page}.jpg#y'>"
        );
        let body = Body {
            url: &url,
            bytes: html.as_bytes(),
            kind: Kind::Video,
            depth: 0,
            seed: 1,
        };
        let reading = site.read(&Mode::Random, &[], body).unwrap();
        let found = &reading.candidates[0];
        assert_eq!(found.ask, format!("https://kittens.example/{page}.jpg"));
        assert_eq!(found.url, format!("https://kittens.example{}", found.key));
        found.key.clone()
    };
    assert_eq!(
        [5, 6, 7, 5].map(key),
        ["/watch/1?all", "/watch/6", "/watch/7", "/watch/1?all"]
    );
}

#[test]
fn what_a_page_says_in_other_places_is_found_and_what_makes_no_sense_is_counted() {
    let candidate = |html: &str| {
        let mut reading = read(&Mode::Random, Kind::Video, html).unwrap();
        (reading.candidates.remove(0), reading.skipped)
    };
    let microdata = "<div itemscope itemtype='https://schema.org/VideoObject'>
        <meta itemprop='name' content='A cat'><meta itemprop='duration' content='PT2M22S'>
        <time itemprop='uploadDate' datetime='2025-12-17'>then</time>
        <a itemprop='author creator' itemscope href='/mira'><b itemprop='name'> Mira </b></a>
        <div itemprop='publisher' itemscope><i itemprop='name'>The site</i></div>
        <p itemprop='keywords'>cat, nap</p>
        <span itemprop='thumbnail' itemscope><link itemprop='url' href='/t.jpg'></span></div>";
    let graph = "<meta property='og:title article:author' content='A cat'><meta name='OG:Image' content='/t.jpg'>
        <meta property='video:duration' content='142'><meta property='video:release_date' content='2025-12-17'>
        <meta property='video:tag' content='cat'><meta property='VIDEO:TAG' content='nap'>";
    for (html, owner) in [(microdata, "Mira"), (graph, "A cat")] {
        let (found, odd) = candidate(html);
        assert_eq!(
            (found.title.as_str(), found.owner.as_deref(), odd),
            ("A cat", Some(owner), 0)
        );
        assert_eq!(found.published_at, Some(1_765_929_600_000), "{html}");
        assert_eq!(
            (found.duration_ms, found.tags),
            (Some(142_000), vec!["cat".into(), "nap".into()])
        );
        assert!(found.image_url.ends_with("/t.jpg"));
    }
    let json = |fields: &str| {
        candidate(&format!("<script type='Application/LD+JSON; charset=utf-8'>{{\"@graph\":[{{\"@id\":\"#m\",\"name\":\"Mira\"}},
            {{\"@type\":\"VideoObject\",\"thumbnailUrl\":[\"data:,\",\"/t.jpg\"],{fields}}}]}}</script>"))
    };
    let author = |fields: &str| json(fields).0.owner;
    assert_eq!(
        author("\"author\":{\"@id\":\"#m\"}").as_deref(),
        Some("Mira")
    );
    assert_eq!(
        author("\"creator\":[{\"name\":\"Mira\"},\"Joe\"]").as_deref(),
        Some("Mira")
    );
    let odd = "\"name\":5,\"uploadDate\":\"2025-12-17T10:11:12+00:9223372036854775807\",\"duration\":1e300,\"author\":[null],\"keywords\":7";
    let (found, odd) = json(odd);
    assert_eq!(
        (
            found.title.as_str(),
            found.published_at,
            found.duration_ms,
            odd
        ),
        ("", None, None, 5)
    );
    let reading = read(
        &Mode::Random,
        Kind::Video,
        "<meta property=og:image content=/t.jpg><meta property=video:duration content=soon>",
    )
    .unwrap();
    assert_eq!(
        (reading.skipped, reading.example.as_deref()),
        (1, Some("duration: soon"))
    );
    let (nulls, odd) = json("\"name\":null,\"duration\":null,\"uploadDate\":\"\",\"author\":null");
    assert_eq!(
        (nulls.title.as_str(), odd),
        ("", 0),
        "what is not there is not odd"
    );
}

#[test]
fn a_page_is_read_in_its_own_letters() {
    let (gbk, _, _) = encoding_rs::GBK
        .encode("<meta charset=gbk><title>睡着的猫</title><meta property=og:image content=/1.jpg>");
    let url = Url::parse("https://kittens.example/watch/7").unwrap();
    let body = Body {
        url: &url,
        bytes: &gbk,
        kind: Kind::Video,
        depth: 0,
        seed: 1,
    };
    let reading = site()
        .read(&Mode::Random, &["猫".to_owned()], body)
        .unwrap();
    assert_eq!(reading.candidates[0].title, "睡着的猫");
}

#[test]
fn the_title_of_a_drawing_is_not_that_of_the_page() {
    let html = "<svg><title>icon</title></svg><link rel='preload image_src' href='/1.jpg'>";
    let title = |html: &str| {
        read(&Mode::Random, Kind::Video, html)
            .unwrap()
            .candidates
            .remove(0)
            .title
    };
    assert_eq!(title(html), "");
    assert_eq!(
        title(&format!("{html}<title> </title><title>A cat</title>")),
        "A cat"
    );
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

#[test]
fn sitemaps_name_further_ones_two_levels_deep_and_no_deeper() {
    let index =
        "<sitemapindex><sitemap><loc>https://kittens.example/n.xml</loc></sitemap></sitemapindex>";
    for depth in 0..4 {
        let body = Body {
            url: &Url::parse("https://kittens.example/m.xml").unwrap(),
            bytes: index.as_bytes(),
            kind: Kind::List,
            depth,
            seed: 1,
        };
        let read = site().read(&Mode::Random, &[], body);
        let deeper = read.map(|reading| reading.pages[0].depth).ok();
        assert_eq!(deeper, (depth < 2).then_some(depth + 1), "{depth}");
    }
}
