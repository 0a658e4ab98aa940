//! Sitemaps, as sitemaps.org and the video and image extensions have them, whatever their prefixes
//! are; the lists of addresses and the feeds that may stand in their place. Read as far as they
//! came, because large ones are cut, and past what is no XML.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::charset;
use crate::fault::Fault;
use crate::text::clean;

/// Of an unpacked file; the standard allows 50 MB.
const LARGEST: u64 = 50_000_000;
/// How often a file may be packed.
const LAYERS: usize = 3;
/// Pages and maps that are read; the standard allows 50,000.
const MOST: usize = 100_000;
/// How often a file may be looked through: a comment that does not end is looked for to the end of
/// the file, and behind its beginning the rest may be a map.
const PASSES: u64 = 8;

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
    /// The cover of its first video, where the map tells of one; else its first picture.
    pub cover: Option<String>,
    /// Its first video's title.
    pub title: Option<String>,
}

/// Whether these bytes are packed.
pub fn packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1F, 0x8B])
}

/// Reads a sitemap; nothing if it is none.
///
/// # Errors
/// When it holds nothing.
pub fn read(bytes: &[u8]) -> Result<Option<Sitemap>, Fault> {
    let unpacked = unpack(bytes);
    let text = charset::decode(&unpacked);
    let map = match root(&text) {
        Some("urlset" | "sitemapindex" | "rss" | "RDF" | "feed") => elements(&text),
        None if is_address(first_line(&text)) => lines(&text),
        _ if packed(bytes) => Sitemap::default(),
        _ => return Ok(None),
    };
    if map.maps.is_empty() && map.pages.is_empty() {
        return Err(Fault::NotUnderstood("the sitemap is empty".to_owned()));
    }
    Ok(Some(map))
}

/// What was unpacked before an error is used: a file may be cut, and zeros may follow it.
fn unpack(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut bytes = Cow::Borrowed(bytes);
    for _ in 0..LAYERS {
        if !packed(&bytes) {
            break;
        }
        let mut unpacked = Vec::new();
        let _ = MultiGzDecoder::new(&bytes[..])
            .take(LARGEST)
            .read_to_end(&mut unpacked);
        bytes = Cow::Owned(unpacked);
    }
    bytes
}

/// The name of the first element, without its prefix, behind declaration, comments and doctype.
fn root(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    while let Some(open) = ["<?", "<!--", "<!"]
        .into_iter()
        .find(|open| rest.starts_with(open))
    {
        let close = match open {
            "<?" => "?>",
            "<!--" => "-->",
            _ => ">",
        };
        rest = rest.split_once(close)?.1.trim_start();
    }
    let name = rest.strip_prefix('<')?;
    let name = name
        .split(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))
        .next()?;
    Some(name.rsplit(':').next().unwrap_or(name))
}

fn first_line(text: &str) -> &str {
    text.trim_start().lines().next().unwrap_or_default()
}

fn is_address(line: &str) -> bool {
    let line = line.trim();
    let web = line.starts_with("http://") || line.starts_with("https://");
    web && !line.contains(|c: char| c.is_whitespace() || c == '<')
}

/// One address a line.
fn lines(text: &str) -> Sitemap {
    let addresses = text.lines().map(str::trim).filter(|line| is_address(line));
    let entry = |page: &str| Entry {
        page: page.to_owned(),
        ..Entry::default()
    };
    Sitemap {
        maps: Vec::new(),
        pages: addresses.take(MOST).map(entry).collect(),
    }
}

/// XML and what nearly is: behind a fault it goes on with the next element.
fn elements(mut rest: &str) -> Sitemap {
    let mut builder = Builder::default();
    let mut left = PASSES.saturating_mul(rest.len() as u64);
    loop {
        let mut reader = Reader::from_str(rest);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_unmatched_ends = true;
        config.allow_dangling_amp = true;
        if builder.read(&mut reader) {
            break;
        }
        left = left.saturating_sub(reader.buffer_position());
        let fault = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
        let behind = rest.ceil_char_boundary(fault.saturating_add(1).min(rest.len()));
        match rest[behind..].find('<') {
            Some(next) if left > 0 => rest = &rest[behind + next..],
            _ => break,
        }
    }
    builder.finish()
}

/// What the element at hand belongs to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Within {
    #[default]
    Nothing,
    Page,
    Map,
    Video,
    Image,
}

#[derive(Default)]
struct Builder {
    map: Sitemap,
    entry: Entry,
    /// Of the page; a video's cover goes before it.
    picture: Option<String>,
    within: Within,
    text: String,
}

impl Builder {
    /// Whether it came to the end, or has enough; otherwise to a fault.
    fn read(&mut self, reader: &mut Reader<&[u8]>) -> bool {
        while let Ok(event) = reader.read_event() {
            if event == Event::Eof || self.is_full() {
                return true;
            }
            self.take(event);
        }
        false
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.open(&tag),
            Event::Empty(tag) => {
                self.open(&tag);
                self.close(tag.local_name().as_ref());
            }
            Event::Text(part) => self.text.push_str(&part),
            Event::CData(part) => self.text.push_str(&part),
            Event::GeneralRef(name) => self.text.push_str(&character(&name)),
            Event::End(tag) => self.close(tag.local_name().as_ref()),
            _ => {}
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) {
        self.text.clear();
        match tag.local_name().as_ref() {
            "url" | "item" | "entry" => self.begin(Within::Page),
            "sitemap" => self.begin(Within::Map),
            // Its page's tag was not read.
            "loc" if self.within == Within::Nothing => self.within = Within::Page,
            "video" if self.within == Within::Page => self.within = Within::Video,
            "image" if self.within == Within::Page => self.within = Within::Image,
            // Atom's, and Media RSS's.
            "link" if self.within == Within::Page && self.entry.page.is_empty() => {
                self.entry.page = attribute(tag, "href").unwrap_or_default();
            }
            "thumbnail" if self.within != Within::Nothing => {
                self.entry.cover = self.entry.cover.take().or_else(|| attribute(tag, "url"));
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        let text = std::mem::take(&mut self.text);
        let said = Some(text.trim()).filter(|text| !text.is_empty());
        match (name, self.within) {
            ("loc" | "link", Within::Page | Within::Map) => {
                let empty = self.entry.page.is_empty();
                self.entry.page = match said {
                    Some(said) if empty => said.to_owned(),
                    _ => std::mem::take(&mut self.entry.page),
                };
            }
            ("loc", Within::Image) => {
                self.picture = self.picture.take().or(said.map(str::to_owned))
            }
            ("thumbnail_loc", _) => {
                self.entry.cover = self.entry.cover.take().or(said.map(str::to_owned));
            }
            ("title", Within::Video | Within::Page) => {
                self.entry.title = self.entry.title.take().or(said.map(clean));
            }
            ("video" | "image", Within::Video | Within::Image) => self.within = Within::Page,
            ("url" | "item" | "entry" | "sitemap", _) => self.begin(Within::Nothing),
            _ => {}
        }
    }

    /// Ends what was at hand: its own end may be missing.
    fn begin(&mut self, next: Within) {
        let mut entry = std::mem::take(&mut self.entry);
        entry.cover = entry.cover.or(self.picture.take());
        let within = std::mem::replace(&mut self.within, next);
        match within {
            _ if entry.page.is_empty() => {}
            Within::Map => self.map.maps.push(entry.page),
            Within::Nothing => {}
            Within::Page | Within::Video | Within::Image => self.map.pages.push(entry),
        }
    }

    fn is_full(&self) -> bool {
        self.map.maps.len() + self.map.pages.len() >= MOST
    }

    fn finish(mut self) -> Sitemap {
        self.begin(Within::Nothing);
        self.map
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = tag.attributes();
    let mut told = attributes.with_checks(false).flatten();
    let value = told.find(|one| one.key.local_name().as_ref() == name)?;
    // A bare `&` of an address is one.
    let said = value.normalized_value(XmlVersion::Implicit1_0);
    let text = said.unwrap_or_else(|_| value.value.clone());
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The character of an entity, `&amp;` or `&#38;`.
fn character(name: &BytesRef<'_>) -> String {
    if let Ok(Some(c)) = name.resolve_char_ref() {
        return c.to_string();
    }
    quick_xml::escape::resolve_predefined_entity(name)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests;
