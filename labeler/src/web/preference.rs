//! What a person prefers: asked for in the address, then remembered in a cookie, then guessed
//! from the browser. None of it is in the database: it belongs to the person before this
//! browser, and two people who share a labeler each have their own.

use std::convert::Infallible;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use serde::Serialize;
use store::{Pool, Queue};

use super::words::Lang;

/// A year, seconds.
const REMEMBERED: u32 = 365 * 24 * 3600;

/// Light or dark, when the person does not follow the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// For addresses and the page's root element.
    pub fn key(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl FromStr for Theme {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err(()),
        }
    }
}

/// All of them, with the cookies that remember what this address asked for.
#[derive(Debug, Clone)]
pub struct Preference {
    /// The language.
    pub lang: Lang,
    /// `None`: as the system.
    pub theme: Option<Theme>,
    /// The inbox's pool.
    pub pool: Pool,
    /// The inbox's queue; in addresses it is called `order`.
    pub queue: Queue,
    /// What the settings say.
    pub settings: Settings,
    remember: Vec<(&'static str, String)>,
}

/// What is chosen on the settings page beyond language and colours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Tiles of a sheet; `None`: as many as the window shows well.
    pub tiles: Option<u32>,
    /// The least time that a sheet is looked at, milliseconds; `None`: as the labeler was started.
    #[serde(skip)]
    pub dwell_ms: Option<u32>,
    /// Letters alone are keys.
    pub single_keys: bool,
    /// The loupe shows titles.
    pub titles: bool,
    /// A decision in the loupe moves on to the next cover.
    pub advance: bool,
    /// Known covers are planted, to measure what is missed.
    #[serde(skip)]
    pub plant: bool,
    /// In whose name; `None`: as the labeler was started.
    #[serde(skip)]
    pub annotator: Option<String>,
}

/// Fewer tiles are not worth a turn; more are too small to see.
pub const TILES: RangeInclusive<u32> = 24..=120;
/// A longer look is not asked of anybody.
pub const DWELL_MS: RangeInclusive<u32> = 0..=5000;
/// Characters of a name.
pub const NAME_LENGTH: usize = 60;

impl Settings {
    fn read(headers: &HeaderMap) -> Self {
        let number = |name, range: RangeInclusive<u32>| {
            let number = cookie(headers, name)?.parse().ok()?;
            range.contains(&number).then_some(number)
        };
        let on = |name| cookie(headers, name) != Some("off");
        Self {
            tiles: number("whisker_tiles", TILES),
            dwell_ms: number("whisker_dwell", DWELL_MS),
            single_keys: on("whisker_keys"),
            titles: on("whisker_titles"),
            advance: on("whisker_advance"),
            plant: on("whisker_plant"),
            annotator: cookie(headers, "whisker_name")
                .and_then(decoded)
                .and_then(|n| name(&n)),
        }
    }

    /// The cookies that say it; `None` forgets.
    pub fn cookies(&self) -> [(&'static str, Option<String>); 7] {
        let off = |on: bool| (!on).then(|| "off".to_owned());
        [
            ("tiles", self.tiles.map(|n| n.to_string())),
            ("dwell", self.dwell_ms.map(|n| n.to_string())),
            ("keys", off(self.single_keys)),
            ("titles", off(self.titles)),
            ("advance", off(self.advance)),
            ("plant", off(self.plant)),
            ("name", self.annotator.as_deref().map(encoded)),
        ]
    }
}

/// A name as the history may show it: something to read, and nothing else.
pub fn name(typed: &str) -> Option<String> {
    let typed = typed.trim();
    let readable = !typed.is_empty() && !typed.chars().any(char::is_control);
    (readable && typed.chars().count() <= NAME_LENGTH).then(|| typed.to_owned())
}

impl Preference {
    /// From an address's query and a request's headers.
    pub fn read(query: &str, headers: &HeaderMap) -> Self {
        let mut remember = Vec::new();
        let lang = choose("lang", query, headers, &mut remember)
            .unwrap_or_else(|| accepted(headers).unwrap_or(Lang::En));
        let theme = choose("theme", query, headers, &mut remember);
        let pool = choose("pool", query, headers, &mut remember).unwrap_or(Pool::Negative);
        let queue = choose("order", query, headers, &mut remember).unwrap_or(Queue::Likely);
        if queue.once_more() || queue.audits() {
            // A visit: the inbox is for what waits.
            remember.retain(|(name, _)| *name != "order");
        }
        Self {
            lang,
            theme,
            pool,
            queue,
            settings: Settings::read(headers),
            remember,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Preference {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(
            parts.uri.query().unwrap_or_default(),
            &parts.headers,
        ))
    }
}

impl IntoResponseParts for Preference {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        for (name, value) in self.remember {
            parts
                .headers_mut()
                .append(SET_COOKIE, set(name, Some(&value)));
        }
        Ok(parts)
    }
}

/// A header that remembers a preference for a year, or forgets it. The script may read it: it
/// turns the titles on and off, too.
pub fn set(name: &str, value: Option<&str>) -> HeaderValue {
    let (value, age) = value.map_or(("", 0), |value| (value, REMEMBERED));
    let cookie = format!("whisker_{name}={value}; Path=/; Max-Age={age}; SameSite=Strict");
    HeaderValue::from_str(&cookie).expect("values are known keys, numbers or encoded")
}

impl IntoResponse for Preference {
    fn into_response(self) -> Response {
        (self, ()).into_response()
    }
}

/// The first that is understood; one in the address is also to be remembered.
fn choose<T: FromStr>(
    name: &'static str,
    query: &str,
    headers: &HeaderMap,
    remember: &mut Vec<(&'static str, String)>,
) -> Option<T> {
    let asked = value(query.split('&'), name);
    if let Some((text, Ok(asked))) = asked.map(|text| (text, text.parse())) {
        remember.push((name, text.to_owned()));
        return Some(asked);
    }
    cookie(headers, &format!("whisker_{name}"))?.parse().ok()
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let sent = headers.get_all(COOKIE).iter();
    sent.filter_map(|header| header.to_str().ok())
        .find_map(|header| value(header.split(';').map(str::trim), name))
}

/// Bytes that a cookie may hold: every other as `%E7`.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn value<'a>(mut pairs: impl Iterator<Item = &'a str>, name: &str) -> Option<&'a str> {
    pairs.find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// The first language of the browser that is ours; browsers list them by preference.
fn accepted(headers: &HeaderMap) -> Option<Lang> {
    let listed = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    listed.split(',').find_map(|entry| {
        let tag = entry.split([';', '-']).next()?.trim();
        tag.to_ascii_lowercase().parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn the_address_beats_the_cookie_and_the_cookie_the_browser() {
        let browser = ("accept-language", "fr-FR, zh-CN;q=0.9, en;q=0.8");
        let cookie = ("cookie", "other=1; whisker_lang=en; whisker_theme=dark");
        for (query, sent, lang) in [
            ("", vec![], Lang::En),
            ("", vec![browser], Lang::Zh),
            ("", vec![browser, cookie], Lang::En),
            ("a=b&lang=zh", vec![cookie], Lang::Zh),
            ("lang=klingon", vec![cookie], Lang::En),
        ] {
            assert_eq!(
                Preference::read(query, &headers(&sent)).lang,
                lang,
                "{query} {sent:?}"
            );
        }
    }

    #[test]
    fn only_what_the_address_asked_for_is_remembered() {
        let all = Preference::read(
            "lang=zh&pool=positive&order=bogus",
            &headers(&[("cookie", "whisker_theme=dark")]),
        );
        assert_eq!(
            (all.theme, all.pool, all.queue),
            (Some(Theme::Dark), Pool::Positive, Queue::Likely)
        );
        assert_eq!(
            all.remember,
            [("lang", "zh".to_owned()), ("pool", "positive".to_owned())]
        );
    }

    #[test]
    fn settings_come_back_from_their_cookies_whatever_the_name() {
        for typed in ["mia", "米娅 🐈", "a;b=c%", "O'Hara, \"x\""] {
            let settings = Settings {
                tiles: Some(48),
                dwell_ms: Some(0),
                single_keys: false,
                titles: true,
                advance: false,
                plant: false,
                annotator: Some(typed.into()),
            };
            let sent: Vec<_> = settings
                .cookies()
                .into_iter()
                .filter_map(|(name, value)| Some(format!("whisker_{name}={}", value?)))
                .collect();
            let mut headers = HeaderMap::new();
            headers.insert(COOKIE, sent.join("; ").parse().unwrap());
            assert_eq!(Settings::read(&headers), settings);
        }
    }

    #[test]
    fn a_setting_that_nobody_could_choose_is_no_setting() {
        let headers = headers(&[(
            "cookie",
            "whisker_tiles=23; whisker_dwell=5001; whisker_name=%0A; whisker_keys=maybe",
        )]);
        let settings = Settings::read(&headers);
        assert_eq!((settings.tiles, settings.dwell_ms), (None, None));
        assert_eq!((settings.annotator, settings.single_keys), (None, true));
        for text in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decoded(text), None, "{text}");
        }
        assert_eq!(name(&"x".repeat(NAME_LENGTH + 1)), None);
    }
}
