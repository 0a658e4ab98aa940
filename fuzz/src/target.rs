//! The readers of foreign bytes, each with inputs of the kind that it is made for.

use crawler::fault::Fault;
use crawler::fetch::Answer;
use crawler::origin::Bases;
use crawler::robots::Rules;
use crawler::site::{Body, Mode, Place, Profile, Site};
use crawler::{date, robots};
use http::{HeaderMap, HeaderName, HeaderValue};
use labeler::format::{self, Format};
use store::frontier::Kind;
use url::Url;

/// Any time; readers are told the time.
const NOW: i64 = 1_766_000_000_000;

/// A reader of foreign bytes.
#[derive(Debug)]
pub struct Target {
    /// As it is named on the command line.
    pub name: &'static str,
    /// What means something to it.
    pub words: &'static [&'static str],
    /// Inputs that it understands.
    pub inputs: fn() -> Vec<Vec<u8>>,
    /// Reads one input; whether there was anything in it. Its own inputs are understood, or
    /// mutating them would be for nothing.
    pub read: fn(&[u8]) -> bool,
}

/// All of them.
pub const TARGETS: [Target; 10] = [
    Target {
        name: "pictures",
        words: &[
            "Exif\0\0",
            "ICC_PROFILE\0",
            "IHDR",
            "IDAT",
            "eXIf",
            "iCCP",
            "VP8X",
            "EXIF",
            "\u{fffd}",
        ],
        inputs: pictures,
        read: |bytes| {
            let limits = cover::Limits {
                pixels: 1_000_000,
                ..cover::Limits::default()
            };
            let made = cover::make(bytes, &cover::Rule::default(), &limits);
            // A refusal for whoever imports; here it is what is looked for.
            assert!(!matches!(made, Err(cover::Refusal::Panicked { .. })));
            made.is_ok()
        },
    },
    Target {
        name: "robots",
        words: &[
            "User-agent:",
            "Disallow:",
            "Allow:",
            "Crawl-delay:",
            "*",
            "$",
            "%2f",
            "\u{feff}",
            "<",
        ],
        inputs: || {
            texts(&[
                "User-agent: *\nDisallow: /private/*.html$\nAllow: /private/a%2fb\nCrawl-delay: 2.5\n",
                "user-agent: whisker\r\nuser-agent: other\r\ndisallow: /x\r\n\r\n# x\nSitemap: /s.xml",
                "<html><body><pre>User-agent: *\nDisalow /x\n</pre>",
            ])
        },
        read: |bytes| {
            let mut forbids = false;
            for kind in ["text/plain", "text/html"] {
                if let robots::Reading::Rules(text) = robots::read(200, kind, bytes) {
                    let rules = Rules::parse(&text, robots::AGENT);
                    rules.delay();
                    rules.allow(&text);
                    forbids |= !rules.allow("/x") || !rules.allow("/private/a.html");
                }
            }
            forbids
        },
    },
    Target {
        name: "html",
        words: &[
            "<div>",
            "</div>",
            "<meta property=\"og:image\" content=\"",
            "<script type=\"application/ld+json\">",
            "itemprop=\"duration\"",
            "PT1H",
            "<![CDATA[",
            "<!--",
            "&#x110000;",
            "\\ud83d",
            "charset=gbk",
        ],
        inputs: || texts(&[HTML]),
        read: |bytes| {
            read_page(
                &html(),
                &Mode::Random,
                "https://site.example/watch/1",
                bytes,
            )
        },
    },
    Target {
        name: "sitemap",
        words: &[
            "<url>",
            "<loc>",
            "</loc>",
            "<sitemap>",
            "<video:video>",
            "<![CDATA[",
            "&amp;",
            "<?xml",
            "\u{1f}\u{8b}",
        ],
        inputs: || {
            texts(&[
                SITEMAP,
                "https://site.example/watch/1\nhttps://site.example/watch/2\n",
                RSS,
            ])
        },
        read: |bytes| {
            let read = |url| read_page(&html(), &Mode::Random, url, bytes);
            read("https://site.example/sitemap.xml") | read("https://site.example/sitemap.xml.gz")
        },
    },
    Target {
        name: "peertube",
        words: &[
            "null",
            "[]",
            "{}",
            "\"total\":",
            "\"duration\":",
            "\"thumbnails\":",
            "\\ud83d",
            "1e999",
        ],
        inputs: || texts(&[PEERTUBE]),
        read: |bytes| {
            let site =
                Site::parse("peertube:site.example", Bases::default()).expect("it is a site");
            let url = "https://site.example/api/v1/videos?start=0&count=100";
            let searched = read_page(&site, &Mode::Search("cat".into()), url, bytes);
            read_page(&site, &Mode::Random, url, bytes) | searched
        },
    },
    Target {
        name: "bilibili",
        words: &[
            "null",
            "[]",
            "{}",
            "window.__INITIAL_STATE__=",
            "_riskdata_",
            "\"related\":",
            "\\ud83d",
            "</script>",
        ],
        inputs: || texts(&[BILIBILI, FESTIVAL]),
        read: |bytes| {
            let site = Site::parse("bilibili", Bases::default()).expect("it is a site");
            let url = "https://www.bilibili.com/video/BV17x411w7KC/";
            let walked = read_page(&site, &Mode::RelatedTo(vec![url.into()]), url, bytes);
            read_page(&site, &Mode::Random, url, bytes) | walked
        },
    },
    Target {
        name: "lists",
        words: &[
            "file", "url", "\"", ",", ";", "\t", "\r", "\u{feff}", "https://",
        ],
        inputs: || {
            texts(&[
                "file,label\na.jpg,cat\n\"b,c.jpg\",cat\n",
                "{\"file\":\"a.jpg\"}\n{\"url\":\"https://a.example/\"}\n",
            ])
        },
        read: |bytes| {
            let text = tabular::decode(bytes);
            let objects = tabular::objects(&text);
            let rows = tabular::table(&text).is_some_and(|table| !table.rows.is_empty());
            tabular::lines(&text).count() > 0
                && (rows || objects.iter().any(|(_, row)| row.is_ok()))
        },
    },
    Target {
        name: "labels",
        words: &[
            "keep",
            "undo",
            "decided_at",
            "visible_ms",
            "\"",
            ",",
            "\n",
            "\u{feff}",
        ],
        inputs: || {
            texts(&[
                LABELS,
                "{\"file\":\"a.jpg\",\"decision\":\"keep\",\"visible_ms\":12}\n",
            ])
        },
        read: |bytes| {
            let mut understood = false;
            for form in [Format::Csv, Format::Jsonl] {
                let rows = format::read(form, bytes).unwrap_or_default();
                for record in rows.into_iter().flat_map(|(_, row)| row) {
                    let _ = (record.event(), record.pool());
                    understood |= record.decision().is_ok();
                }
            }
            understood
        },
    },
    Target {
        name: "headers",
        words: &[
            "Retry-After: ",
            "X-RateLimit-Remaining: ",
            "X-Robots-Tag: ",
            "noai",
            "unavailable_after: ",
            "GMT",
        ],
        inputs: || {
            texts(&[
                "Retry-After: 120\nX-RateLimit-Limit: 50\nX-RateLimit-Remaining: 3\nX-RateLimit-Reset: 1766000010",
                "Retry-After: Wed, 17 Dec 2025 19:33:30 GMT\nRateLimit: limit=50, remaining=3, reset=10",
                "X-Robots-Tag: otherbot: noindex, whisker: noimageai\nCache-Control: max-age=31536000, immutable",
            ])
        },
        read: |bytes| {
            let mut told = false;
            for status in [200, 304, 429, 503] {
                let answer = Answer {
                    status,
                    headers: headers(bytes),
                    body: Vec::new(),
                };
                told |= match answer.check(NOW) {
                    Err(Fault::Throttled { until, .. }) => until.is_some(),
                    _ => answer.opt_out().is_some(),
                };
                let _ = answer.location();
                if let Some(quota) = answer.quota(NOW) {
                    told = true;
                    let mut host = store::frontier::Host::default();
                    let fine = crawler::politeness::mood::Outcome::Fine(Some(quota));
                    crawler::politeness::mood::observe(&mut host, fine, NOW, 1000);
                }
            }
            told
        },
    },
    Target {
        name: "dates",
        words: &["T", "Z", "+", "-", ":", "W", "."],
        inputs: || {
            texts(&[
                "2025-12-17T19:33:20.000+02:00",
                "2025-12-17",
                "90m",
                "2025-12-17 19:33:20",
            ])
        },
        read: |bytes| {
            let text = String::from_utf8_lossy(bytes);
            date::iso8601(&text).is_some() | date::since(&text, NOW).is_some()
        },
    },
];

fn texts(all: &[&str]) -> Vec<Vec<u8>> {
    all.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// One small picture of each format: a gradient with stripes, so that codecs have work.
fn pictures() -> Vec<Vec<u8>> {
    use image::{ImageFormat, RgbImage};
    let image = RgbImage::from_fn(48, 40, |x, y| {
        let stripe = if (x / 5 + y / 3) % 2 == 0 { 200 } else { 30 };
        image::Rgb([(x * 5) as u8, (y * 6) as u8, stripe])
    });
    let formats = [
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ];
    let mut all: Vec<Vec<u8>> = formats
        .map(|format| {
            let mut bytes = std::io::Cursor::new(Vec::new());
            image
                .write_to(&mut bytes, format)
                .expect("a small picture can be written");
            bytes.into_inner()
        })
        .into();
    for progressive in [false, true] {
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 80);
        encoder.set_progressive(progressive);
        encoder
            .encode(&image, 48, 40, jpeg_encoder::ColorType::Rgb)
            .expect("a small picture can be written");
        all.push(bytes);
    }
    all
}

fn html() -> Site {
    let profile = Profile::parse(PROFILE).expect("the profile is well-formed");
    Site::open("html:kit", Some(&profile), Bases::default()).expect("it is a site")
}

/// Reads a body as each kind of page, and plans what would be next; whether there was
/// anything in it.
fn read_page(site: &Site, mode: &Mode, url: &str, bytes: &[u8]) -> bool {
    let url = Url::parse(url).expect("it is an address");
    let mut understood = false;
    for kind in [Kind::List, Kind::Video] {
        let body = Body {
            url: &url,
            bytes,
            kind,
            depth: 1,
            seed: 1,
        };
        let Ok(reading) = site.read(mode, &["cat".to_owned()], body) else {
            continue;
        };
        understood |= !reading.candidates.is_empty() || !reading.pages.is_empty();
        for candidate in &reading.candidates {
            candidate.video(&site.name());
        }
        let place = Place {
            planned: 1,
            total: reading.total,
            seed: 1,
        };
        let _ = site.plan(mode, place);
    }
    understood
}

/// Lines `Name: value`.
fn headers(bytes: &[u8]) -> HeaderMap {
    let lines = bytes.split(|&byte| byte == b'\n');
    let parsed = lines.filter_map(|line| {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?;
        Some((name, value))
    });
    parsed.collect()
}

const PROFILE: &str = r#"
name = "kit"
home = "https://site.example/"
[random]
sitemap = "/sitemap.xml"
[search]
list = "/search?q={query}&page={page}"
[list]
item = "li"
link = "a@href"
[video]
path = "/watch/"
related = "a@href"
"#;

const HTML: &str = r#"<!doctype html><html><head><meta charset="utf-8"><title>A cat &amp; a dog</title>
<link rel="canonical" href="/watch/1"><meta property="og:title" content="A cat"><meta property="og:image" content="/i/1.jpg?w=480">
<meta property="og:video:duration" content="63"><meta property="video:release_date" content="2025-12-17T19:33:20Z">
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":["VideoObject"],"name":"A cat","duration":"PT1H2M3.5S",
"thumbnailUrl":["/i/1.jpg"],"uploadDate":"2025-12-17","author":[{"@type":"Person","name":"Mia","url":"/@mia"}],"keywords":"cat, nap"}]}</script></head>
<body><div itemscope itemtype="https://schema.org/VideoObject"><span itemprop="name">A cat</span><meta itemprop="duration" content="T1M33S">
<ul><li><a href="/watch/2">two</a><img src="/i/2.jpg"></li><li><a href="//site.example/watch/3#t=5">three</a></li></ul></body></html>"#;

const SITEMAP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
<url><loc>https://site.example/watch/1?a=1&amp;b=2</loc><lastmod>2025-12-17</lastmod><video:video><video:title><![CDATA[A cat]]></video:title>
<video:thumbnail_loc>https://site.example/i/1.jpg</video:thumbnail_loc><video:duration>63</video:duration><video:publication_date>2025-12-17T19:33:20+02:00</video:publication_date>
<video:uploader info="https://site.example/@mia">Mia</video:uploader><video:tag>cat</video:tag></video:video></url></urlset>"#;

const RSS: &str = "<rss version=\"2.0\"><channel><item><title>A cat</title><link>https://site.example/watch/1</link></item></channel></rss>";

const PEERTUBE: &str = r#"{"total":144,"data":[{"id":5,"uuid":"b51279eb-0000-4000-8000-000000000001","shortUUID":"omRz","url":"https://site.example/videos/watch/b5",
"name":"A cat","category":{"id":15,"label":"Animals"},"duration":63,"aspectRatio":1.7778,"isLive":false,"nsfw":false,"publishedAt":"2025-12-17T19:33:20.000Z",
"thumbnailPath":"/lazy-static/thumbnails/a.jpg","previewPath":"/lazy-static/thumbnails/b.jpg","tags":["cat",null],
"thumbnails":[{"height":157,"width":280,"aspectRatio":"16:9","fileUrl":"https://site.example/lazy-static/thumbnails/a.jpg"},
{"height":480,"width":850,"aspectRatio":"16:9","fileUrl":"https://site.example/lazy-static/thumbnails/c.jpg"},
{"height":1400,"width":1400,"aspectRatio":"1:1","fileUrl":"https://site.example/lazy-static/thumbnails/d.jpg"}],
"account":{"id":2,"name":"mia","displayName":"Mia","host":"site.example","url":"https://site.example/accounts/mia"},
"channel":{"id":1,"name":"mia_channel","displayName":"Mia","host":"site.example"}}]}"#;

const BILIBILI: &str = r#"<html><head><title>一只猫_哔哩哔哩_bilibili</title><meta property="og:title" content="一只猫"></head><body><script>window.__INITIAL_STATE__={"aid":170001,"bvid":"BV17x411w7KC",
"videoData":{"bvid":"BV17x411w7KC","aid":170001,"tname":"cat","pic":"http:\u002F\u002Fi0.hdslb.com\u002Fbfs\u002Farchive\u002F1.jpg","title":"一只猫","pubdate":1700000000,"duration":63,"owner":{"mid":7,"name":"喵"},"pages":[{"cid":1,"duration":63}]},
"tags":[{"tag_id":1,"tag_name":"猫"}],"related":[{"aid":2,"bvid":"","pic":"//i1.hdslb.com/bfs/archive/2.jpg@672w.webp","title":"又一只","duration":12,"owner":{"mid":8,"name":"汪"},"redirect_url":""}],"error":{}};(function(){var s;})();</script></body></html>"#;

const FESTIVAL: &str = r#"<html><head><title>节日</title></head><body><script>window.__INITIAL_STATE__ = {"videoInfo":{"aid":3,"cid":4,"title":"cat 的节日","bvid":"BV1Ys411P7ze","upMid":9,"upName":"节","pages":[{"duration":30},{"duration":33}],"pubdate":1700000000},
"sectionEpisodes":[{"bvid":"BV1Ys411P7ze","cover":"//i0.hdslb.com/bfs/archive/3.jpg","author":{"mid":9,"name":"节"}}],"recommendList":{"relate_video":[{"aid":5,"title":"三","pic":"//i0.hdslb.com/bfs/archive/5.jpg","duration":9}]}};</script></body></html>"#;

const LABELS: &str = "event,sha256,pool,decision,annotator,role,source,act,stroke,undoes,decided_at,visible_ms\n\
e1,00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff,positive,keep,mia,annotator,explicit,decide,s1,,1700000000000,900\n\
e2,00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff,positive,,mia,annotator,explicit,undo,s1,e1,1700000000001,\n";
