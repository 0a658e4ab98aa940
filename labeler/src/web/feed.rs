//! Found videos as an Atom feed (RFC 4287), newest first, for any feed reader.

use atom_syndication::{Entry, Feed, FixedDateTime, Generator, Link, Person, Text as Plain};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_TYPE, HOST};
use axum::response::{IntoResponse, Response};
use store::found::{Filter, FoundOrder, FoundVideo};

use super::api::Failure;
use super::found::{ABOVE, site_name};
use super::preference::Preference;
use super::routes::Site;
use super::show;
use super::words::Text;

/// Entries of a feed: readers keep what they have seen.
const ENTRIES: u32 = 50;

/// `GET /feed.atom`.
pub async fn get(
    State(site): State<Site>,
    headers: HeaderMap,
    preference: Preference,
) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    // The guard let it in, so it names us.
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let base = format!("http://{}", host.unwrap_or("localhost"));
    let model = site.store.model_that_finds(site.topic).await?;
    let filter = Filter {
        order: FoundOrder::Newest,
        ..Filter::default()
    };
    let videos = match &model {
        Some(model) => {
            let found = site
                .store
                .found(site.topic, model.id, ABOVE, &filter, ENTRIES);
            found.await?
        }
        None => Vec::new(),
    };
    let promoted_at = model.map_or(0, |model| model.promoted_at);
    let feed = feed(text, &site.home, &base, promoted_at, &videos);
    let kind = [(CONTENT_TYPE, "application/atom+xml; charset=utf-8")];
    Ok((kind, feed.to_string()).into_response())
}

fn feed(text: &Text, home: &str, base: &str, promoted_at: i64, videos: &[FoundVideo]) -> Feed {
    let newest = videos.iter().map(|video| video.seen_at).max();
    let mut link = Link::default();
    link.set_rel("self");
    link.set_href(format!("{base}/feed.atom"));
    let mut page = Link::default();
    page.set_rel("alternate");
    page.set_href(format!("{base}/found"));
    let mut feed = Feed::default();
    feed.set_id(format!("urn:whisker:{}", readable(home)));
    feed.set_title(Plain::plain(readable(&text.feed_title)));
    feed.set_updated(time(newest.unwrap_or(promoted_at)));
    feed.set_links(vec![link, page]);
    feed.set_generator(Generator {
        value: "Whisker".into(),
        ..Generator::default()
    });
    feed.set_entries(
        videos
            .iter()
            .map(|video| entry(text, base, video))
            .collect::<Vec<_>>(),
    );
    feed
}

/// Its id is the cover's, so that a re-upload does not come twice and a new score changes nothing.
fn entry(text: &Text, base: &str, video: &FoundVideo) -> Entry {
    let title = if video.title.is_empty() {
        &text.no_title
    } else {
        &*video.title
    };
    let hash = crate::format::hex(&video.sha256);
    let mut links = Vec::new();
    // Without a page of its own, as of a file, the entry leads to our own.
    let page = show::link(&video.url).map_or_else(|| format!("{base}/found"), readable);
    let mut link = Link::default();
    link.set_rel("alternate");
    link.set_href(page);
    links.push(link);
    let mut picture = Link::default();
    picture.set_rel("enclosure");
    picture.set_mime_type("image/jpeg".to_owned());
    picture.set_href(format!("{base}/preview/{hash}.jpg"));
    links.push(picture);
    let owner = video.owner.as_deref().filter(|owner| !owner.is_empty());
    let author = Person {
        name: readable(owner.unwrap_or(site_name(text, &video.site))),
        ..Person::default()
    };
    let percent = format!("{:.0} %", 100.0 * video.probability);
    let mut entry = Entry::default();
    entry.set_id(format!("urn:sha256:{hash}"));
    entry.set_title(Plain::plain(readable(title)));
    entry.set_updated(time(video.seen_at));
    entry.set_published(video.published_at.map(time));
    entry.set_links(links);
    entry.set_authors(vec![author]);
    entry.set_summary(Plain::plain(format!(
        "{} · {} {percent}",
        readable(site_name(text, &video.site)),
        text.probability
    )));
    entry
}

/// Without what XML 1.0 has no way to write: a title comes from a stranger.
fn readable(text: &str) -> String {
    let is_char = |c: char| {
        matches!(c, '\t' | '\n' | '\r') || (c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
    };
    text.chars().filter(|c| is_char(*c)).collect()
}

fn time(ms: i64) -> FixedDateTime {
    // A calendar of five digits is beyond RFC 3339.
    let ms = ms.clamp(0, 253_402_300_799_000);
    show::timestamp(ms).parse().expect("RFC 3339")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use store::Pool;

    use super::*;
    use crate::web::words::{Lang, Words};

    fn video(title: &str, url: &str) -> FoundVideo {
        FoundVideo {
            url: url.into(),
            title: title.into(),
            owner: Some(title.into()),
            site: "peertube:a.test".into(),
            published_at: Some(1_700_000_000_000),
            seen_at: 1_700_000_100_000,
            visited_at: None,
            uploads: 1,
            sha256: [7; 32],
            width: 480,
            height: 270,
            probability: 0.934,
            region: None,
            pool: Pool::Negative,
        }
    }

    fn parsed(videos: &[FoundVideo]) -> feed_rs::model::Feed {
        let words = Words::new("cat");
        let base = "http://127.0.0.1:7878";
        let feed = feed(words.of(Lang::En), "home", base, 5, videos);
        feed_rs::parser::parse(feed.to_string().as_bytes()).expect("another parser reads it")
    }

    #[test]
    fn another_parser_reads_what_was_found() {
        let feed = parsed(&[video("A <b>cat</b> & co", "https://a.test/v?x=1&y=2")]);
        assert_eq!(feed.title.unwrap().content, "Whisker: videos with a cat");
        assert_eq!(feed.updated.unwrap().timestamp_millis(), 1_700_000_100_000);
        let entry = &feed.entries[0];
        assert_eq!(entry.title.as_ref().unwrap().content, "A <b>cat</b> & co");
        assert_eq!(entry.links[0].href, "https://a.test/v?x=1&y=2");
        assert_eq!(entry.id, format!("urn:sha256:{}", "07".repeat(32)));
        assert!(entry.summary.as_ref().unwrap().content.ends_with("93 %"));
    }

    #[test]
    fn a_file_leads_to_our_page_and_an_empty_feed_is_one() {
        let feed = parsed(&[video("", "/home/me/cat.jpg")]);
        assert_eq!(feed.entries[0].links[0].href, "http://127.0.0.1:7878/found");
        assert!(parsed(&[]).entries.is_empty());
    }

    proptest! {
        #[test]
        fn no_title_breaks_the_feed(title in any::<String>(), at in any::<i64>()) {
            let mut video = video(&title, "https://a.test/v");
            (video.seen_at, video.published_at) = (at, Some(at));
            prop_assert_eq!(parsed(&[video]).entries.len(), 1);
        }
    }
}
