//! What a person prefers: asked for in the address, then remembered in a cookie, then guessed
//! from the browser. None of it is in the database.

use std::convert::Infallible;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use store::Pool;
use store::sheet::Order;

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
    /// The inbox's order.
    pub order: Order,
    remember: Vec<(&'static str, String)>,
}

impl Preference {
    /// From an address's query and a request's headers.
    pub fn read(query: &str, headers: &HeaderMap) -> Self {
        let mut remember = Vec::new();
        let lang = choose("lang", query, headers, &mut remember)
            .unwrap_or_else(|| accepted(headers).unwrap_or(Lang::En));
        let theme = choose("theme", query, headers, &mut remember);
        let pool = choose("pool", query, headers, &mut remember).unwrap_or(Pool::Negative);
        let order = choose("order", query, headers, &mut remember).unwrap_or(Order::Likely);
        Self {
            lang,
            theme,
            pool,
            order,
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
            let cookie = format!(
                "whisker_{name}={value}; Path=/; Max-Age={REMEMBERED}; SameSite=Strict; HttpOnly"
            );
            let cookie = HeaderValue::from_str(&cookie).expect("a known key is plain ASCII");
            parts.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(parts)
    }
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
    let cookie = format!("whisker_{name}");
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .find_map(|header| {
            value(header.split(';').map(str::trim), &cookie)?
                .parse()
                .ok()
        })
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
            (all.theme, all.pool, all.order),
            (Some(Theme::Dark), Pool::Positive, Order::Likely)
        );
        assert_eq!(
            all.remember,
            [("lang", "zh".to_owned()), ("pool", "positive".to_owned())]
        );
    }
}
