use super::*;
use proptest::prelude::*;
use std::io::Write;

const MAP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
        xmlns:video="http://www.google.com/schemas/sitemap-video/1.1">
  <url><loc>https://kittens.example/watch/1?a=1&amp;b=2</loc>
    <video:video><video:thumbnail_loc>https://img.example/1.jpg</video:thumbnail_loc>
      <video:title><![CDATA[A <cat> & more]]></video:title></video:video></url>
  <url><loc> https://kittens.example/about </loc></url>
</urlset>"#;

fn page(page: &str, cover: Option<&str>, title: Option<&str>) -> Entry {
    Entry {
        page: page.to_owned(),
        cover: cover.map(str::to_owned),
        title: title.map(str::to_owned),
    }
}

fn map(bytes: &[u8]) -> Sitemap {
    read(bytes).unwrap().expect("a map")
}

/// The addresses of pages.
fn pages(text: &str) -> Vec<String> {
    let pages = map(text.as_bytes()).pages;
    pages.into_iter().map(|entry| entry.page).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn pages_come_with_what_the_map_says_of_their_videos() {
    let want = [
        page(
            "https://kittens.example/watch/1?a=1&b=2",
            Some("https://img.example/1.jpg"),
            Some("A <cat> & more"),
        ),
        page("https://kittens.example/about", None, None),
    ];
    assert_eq!(map(MAP.as_bytes()).pages, want);
}

#[test]
fn the_first_video_of_a_page_counts_and_goes_before_its_pictures() {
    for (inside, cover, title) in [
        (
            "<v:video><v:thumbnail_loc>/1.jpg</v:thumbnail_loc><v:title>One &#8211; &quot;1&quot;</v:title></v:video>
             <v:video><v:thumbnail_loc>/2.jpg</v:thumbnail_loc><v:title>Two</v:title></v:video>",
            Some("/1.jpg"),
            Some("One – \"1\""),
        ),
        (
            "<i:image><i:loc>/i.jpg</i:loc><i:title>no video's</i:title></i:image>
             <v:video><v:thumbnail_loc>/v.jpg</v:thumbnail_loc></v:video>",
            Some("/v.jpg"),
            None,
        ),
        ("<i:image><i:loc>/i.jpg</i:loc></i:image><i:image><i:loc>/j.jpg</i:loc></i:image>", Some("/i.jpg"), None),
        ("", None, None),
    ] {
        for text in [
            format!("<urlset><url><loc>/p</loc>{inside}</url></urlset>"),
            format!("<s:urlset><s:url>{inside}<s:loc>/p</s:loc></s:url></s:urlset>"),
        ] {
            assert_eq!(map(text.as_bytes()).pages, [page("/p", cover, title)], "{text}");
        }
    }
}

#[test]
fn an_index_names_further_maps() {
    let text = "<x:sitemapindex><x:sitemap><x:loc>/a.xml</x:loc></x:sitemap><x:sitemap><x:loc>/b.xml.gz</x:loc></x:sitemap></x:sitemapindex>";
    for text in [text, &text.replace("x:", "")] {
        assert_eq!(map(text.as_bytes()).maps, ["/a.xml", "/b.xml.gz"]);
    }
}

#[test]
fn a_map_is_unpacked_whatever_it_is_packed_in_and_read_as_far_as_it_came() {
    let whole = map(MAP.as_bytes());
    let (start, end) = MAP.split_at(MAP.find("<url><loc> ").unwrap());
    let members = [gzip(start.as_bytes()), gzip(end.as_bytes())].concat();
    let padded = [gzip(MAP.as_bytes()), vec![0; 40]].concat();
    for packed in [
        gzip(MAP.as_bytes()),
        gzip(&gzip(MAP.as_bytes())),
        members,
        padded,
    ] {
        assert_eq!(map(&packed), whole);
    }
    assert_eq!(map(start.as_bytes()).pages.len(), 1);
    let noise = |n: u32| {
        format!(
            "<url><loc>https://kittens.example/{}</loc></url>",
            n.wrapping_mul(2_654_435_761)
        )
    };
    let long = gzip(
        (0..3000)
            .map(noise)
            .collect::<String>()
            .replacen("<url>", "<urlset><url>", 1)
            .as_bytes(),
    );
    let cut = map(&long[..long.len() / 2]).pages.len();
    assert!((500..3000).contains(&cut), "{cut}");
}

#[test]
fn a_small_file_that_unpacks_to_gigabytes_is_read_to_a_bound() {
    let entry = "<url><loc>https://kittens.example/watch/1</loc></url>".repeat(1000);
    let text = ["<urlset>", &entry.repeat(1500)].concat();
    assert!(text.len() as u64 > LARGEST);
    let bomb = gzip(text.as_bytes());
    assert!(bomb.len() < 2_000_000, "{}", bomb.len());
    assert_eq!(map(&bomb).pages.len(), MOST);
}

#[test]
fn what_is_no_xml_is_read_past() {
    let entry = |n: u32| format!("<url><loc>/{n}</loc></url>");
    let (one, two) = (entry(1), entry(2));
    for odd in [
        "<video:title>a</video:titel>",
        "<url><loc>/x<loc></url>",
        "<url><loc>",
        "</p></div>",
        "a & b &nbsp; &unknown; <",
        "<url lastmod=now changefreq='x><b",
        "<!- no comment -->",
        "< url>",
        "\0\u{b}",
        "<![CDATA[ <url> ]]>",
    ] {
        let found = pages(&format!("<urlset>{one}{odd}{two}</urlset>"));
        let ours: Vec<_> = found.iter().filter(|page| *page != "/x").collect();
        assert_eq!(ours, ["/1", "/2"], "{odd}");
    }
    assert_eq!(
        pages("<urlset><url><loc>/1</loc><url><loc>/2</loc></urlset>"),
        ["/1", "/2"]
    );
    assert_eq!(pages("<urlset><url><loc>/1</loc><a b='"), ["/1"]);
}

/// The rest is looked through for the end of each comment, in vain.
#[test]
fn a_map_of_comments_that_do_not_end_is_read_in_bounded_time() {
    let text = [
        "<urlset><url><loc>/1</loc></url>",
        &"<!--x".repeat(1_000_000),
    ]
    .concat();
    assert_eq!(pages(&text), ["/1"]);
}

#[test]
fn a_map_may_begin_with_a_long_comment_be_in_any_letters_a_list_or_a_feed() {
    let comment = format!(
        "<?xml version='1.0'?>\n<!-- {} -->\n<!DOCTYPE urlset>\n<urlset><url><loc>/1</loc></url></urlset>",
        "-x".repeat(4000)
    );
    assert_eq!(pages(&comment), ["/1"]);
    let wide =
        "\u{feff}<?xml version='1.0' encoding='utf-16'?><urlset><url><loc>/猫</loc></url></urlset>";
    for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = wide.encode_utf16().flat_map(bytes).collect();
        assert_eq!(map(&bytes).pages, [page("/猫", None, None)]);
    }
    let list =
        "\u{feff}\r\nhttps://kittens.example/1\r\n\r\nno address\r\nhttp://kittens.example/2";
    assert_eq!(
        pages(list),
        ["https://kittens.example/1", "http://kittens.example/2"]
    );
    let feed = "<rss><channel><title>all</title><link>/</link><image><url>/logo.png</url><link>/</link></image>
        <item><title>Cat &amp; dog</title><link>/1</link><media:thumbnail url='/1.jpg?a=1&amp;b=2'/></item>
        <item><link>/2</link><guid>/no</guid></item></channel></rss>";
    let want = [
        page("/1", Some("/1.jpg?a=1&b=2"), Some("Cat & dog")),
        page("/2", None, None),
    ];
    assert_eq!(map(feed.as_bytes()).pages, want);
    let atom = "<feed><link href='/'/><entry><link rel='alternate' href='/1'/></entry></feed>";
    assert_eq!(pages(atom), ["/1"]);
}

#[test]
fn what_is_no_map_is_none_and_an_empty_one_is_said_to_be_empty() {
    for text in [
        "<html><body>",
        "<!doctype html><html><svg><url>",
        "",
        "prose with https://a.example/ in it",
    ] {
        assert_eq!(read(text.as_bytes()).unwrap(), None, "{text}");
    }
    for bytes in [
        &b"<urlset></urlset>"[..],
        b"<urlset><url></url>",
        &gzip(b"prose"),
        &[0x1F, 0x8B, 0],
    ] {
        let fault = read(bytes).unwrap_err();
        assert_eq!(fault.class(), "not-understood", "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_to_an_end(text in "(</?(urlset|url|loc|v:video|item|link)( a=['b])?/?>?|<!--|-->|&|<|[a-z猫 ]){0,60}") {
        let _ = read(text.as_bytes());
        let _ = read(["<urlset>", &text].concat().as_bytes());
    }
}
