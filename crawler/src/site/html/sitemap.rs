//! Sitemaps, as sitemaps.org and the video and image extensions have them: read as far as
//! they came, because large ones are cut.

use std::io::Read;

use flate2::read::GzDecoder;
use quick_xml::Reader;
use quick_xml::events::Event;

use crate::fault::Fault;
use crate::text::clean;

/// Of an unpacked file; the standard allows 50 MB.
const LARGEST: u64 = 50_000_000;

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Sitemap {
    /// Further sitemaps.
    pub maps: Vec<String>,
    /// Pages.
    pub pages: Vec<Entry>,
}

/// One page.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// Its address.
    pub page: String,
    /// Its video's cover, where the map tells of one.
    pub cover: Option<String>,
    /// Its video's title.
    pub title: Option<String>,
}

/// Whether these bytes are a sitemap, packed or not.
pub fn is_one(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(2048)];
    let names: [&[u8]; 2] = [b"<urlset", b"<sitemapindex"];
    packed(bytes)
        || names
            .iter()
            .any(|name| head.windows(name.len()).any(|w| w == *name))
}

fn packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B])
}

/// Reads a sitemap.
///
/// # Errors
/// When nothing of it is understood.
pub fn read(bytes: &[u8]) -> Result<Sitemap, Fault> {
    let mut unpacked = Vec::new();
    let bytes = match packed(bytes) {
        // What was unpacked before an error is used.
        true => {
            let _ = GzDecoder::new(bytes)
                .take(LARGEST)
                .read_to_end(&mut unpacked);
            &unpacked[..]
        }
        false => bytes,
    };
    let map = entries(bytes);
    if map.maps.is_empty() && map.pages.is_empty() {
        return Err(Fault::NotUnderstood(
            "no sitemap, or an empty one".to_owned(),
        ));
    }
    Ok(map)
}

fn entries(bytes: &[u8]) -> Sitemap {
    let said = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&said);
    let (mut map, mut entry, mut text) = (Sitemap::default(), Entry::default(), String::new());
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Eof => break,
            Event::Start(tag) => {
                text.clear();
                if tag.name().as_ref() == "url" {
                    entry = Entry::default();
                }
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(name) => text.push_str(&character(&name)),
            Event::End(tag) => {
                let said = || Some(text.trim().to_owned()).filter(|t| !t.is_empty());
                match tag.name().as_ref() {
                    "loc" => entry.page = said().unwrap_or_default(),
                    "video:thumbnail_loc" => entry.cover = said(),
                    "image:loc" => entry.cover = entry.cover.take().or_else(said),
                    "video:title" => entry.title = said().map(|text| clean(&text)),
                    "sitemap" => map.maps.push(std::mem::take(&mut entry).page),
                    "url" => map.pages.push(std::mem::take(&mut entry)),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    map.maps.retain(|address| !address.is_empty());
    map.pages.retain(|entry| !entry.page.is_empty());
    map
}

/// The character of an entity, `&amp;` or `&#38;`.
fn character(name: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return c.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(name)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn pages_come_with_what_the_map_says_of_their_videos() {
        let map = read(MAP.as_bytes()).unwrap();
        let want = [
            page(
                "https://kittens.example/watch/1?a=1&b=2",
                Some("https://img.example/1.jpg"),
                Some("A <cat> & more"),
            ),
            page("https://kittens.example/about", None, None),
        ];
        assert_eq!(map.pages, want);
    }

    #[test]
    fn an_index_names_further_maps() {
        let text = "<sitemapindex><sitemap><loc>/a.xml</loc></sitemap><sitemap><loc>/b.xml.gz</loc></sitemap></sitemapindex>";
        assert!(is_one(text.as_bytes()));
        assert_eq!(read(text.as_bytes()).unwrap().maps, ["/a.xml", "/b.xml.gz"]);
    }

    #[test]
    fn a_packed_map_is_unpacked_and_a_cut_one_is_read_as_far_as_it_came() {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(MAP.as_bytes()).unwrap();
        let packed = packer.finish().unwrap();
        assert!(is_one(&packed));
        assert_eq!(read(&packed).unwrap(), read(MAP.as_bytes()).unwrap());
        let cut = MAP.split("<url><loc> ").next().unwrap();
        assert_eq!(read(cut.as_bytes()).unwrap().pages.len(), 1);
    }

    #[test]
    fn what_is_no_map_is_said_to_be_none() {
        assert!(!is_one(b"<html><body>"));
        assert!(read(b"<html><body>").is_err());
    }
}
