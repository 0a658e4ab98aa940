//! One HTTP request: deadlines, a cap on the body, only public addresses, no redirects, no
//! proxy of the environment, no cookies, no Referer, one honest name.

mod client;
mod resolve;
mod said;

use std::time::Duration;

use reqwest::header::{
    ACCEPT, CACHE_CONTROL, ETAG, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use store::cover::Version;
use url::{Host, Url};

use crate::address::is_public;
use crate::fault::Fault;
use crate::origin::Bases;
use crate::politeness::mood::Quota;

pub use client::Fetcher;

/// For pictures: AVIF is not asked for, because it is not read.
pub const ACCEPT_PICTURE: &str = "image/jpeg,image/png,image/webp;q=0.8";

/// When waiting ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For a connection.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub stall: Duration,
    /// For everything: a server that sends a byte a second never stalls.
    pub total: Duration,
}

impl Deadlines {
    /// For a request of at most this long in all.
    pub fn within(total: Duration) -> Self {
        Self {
            connect: total / 4,
            stall: total / 2,
            total,
        }
    }
}

/// What to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// Checked for address and robots.txt by the caller's site and politeness.
    pub url: &'a Url,
    /// The header.
    pub accept: &'a str,
    /// The largest body, in bytes.
    pub most: usize,
    /// Read this much of a larger one, and be content.
    pub cut: bool,
    /// What is there already: the same version again is a 304 without a body.
    pub have: Option<&'a Version>,
}

/// What came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// 200 to 299, or any other when `status` was asked for by [`Fetcher::get`].
    pub status: u16,
    /// Of the answer.
    pub headers: HeaderMap,
    /// The body; empty unless the status is 200 to 299.
    pub body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: impl reqwest::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `Content-Type` in lower case, or nothing.
    pub fn content_type(&self) -> String {
        let kind = self.header(reqwest::header::CONTENT_TYPE);
        kind.unwrap_or_default().to_ascii_lowercase()
    }

    /// Where a redirect leads, as it is written, but that bytes which are not ASCII are escaped:
    /// many servers send them bare, as UTF-8 or as what their pages are in.
    ///
    /// # Errors
    /// A redirect that does not say where.
    pub fn location(&self) -> Result<Option<String>, Fault> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return Ok(None);
        }
        let bytes = self.headers.get(LOCATION).map(HeaderValue::as_bytes);
        let bytes = bytes.unwrap_or_default().trim_ascii();
        if bytes.is_empty() {
            let words = format!("HTTP {} names no place", self.status);
            return Err(Fault::BadRedirect(words));
        }
        let letters = bytes.iter().map(|b| match b.is_ascii() {
            true => char::from(*b).to_string(),
            false => format!("%{b:02X}"),
        });
        Ok(Some(letters.collect()))
    }

    /// What the status means, when it is neither a success nor a redirect.
    ///
    /// # Errors
    /// That fault.
    pub fn check(&self, now: i64) -> Result<(), Fault> {
        let until = || {
            let all = self.headers.get_all(RETRY_AFTER).into_iter();
            let texts = all.filter_map(|value| value.to_str().ok());
            // Several say several things; the longest wait keeps them all.
            texts.filter_map(|text| said::retry_after(text, now)).max()
        };
        Err(match self.status {
            200..=399 => return Ok(()),
            404 => Fault::NotFound,
            410 => Fault::Gone,
            401 | 403 | 451 => Fault::Forbidden(self.status),
            408 => Fault::Timeout("the site's own"),
            412 => Fault::Risk("HTTP 412".to_owned()),
            429 => Fault::Throttled {
                words: "HTTP 429".to_owned(),
                until: until(),
            },
            503 => Fault::Unavailable { until: until() },
            500..=599 => Fault::Server(self.status),
            other => Fault::Status(other),
        })
    }

    /// What the server calls the version of the body, and until when that is the only one.
    pub fn version(&self, now: i64) -> Version {
        let text = |name| self.header(name).map(str::to_owned);
        let control = self.headers.get_all(CACHE_CONTROL);
        let control: Vec<_> = control.iter().filter_map(|v| v.to_str().ok()).collect();
        Version {
            etag: text(ETAG),
            modified: text(LAST_MODIFIED),
            same_until: said::same_until(&control.join(","), now),
        }
    }

    /// What the rate-limit headers say, if there are all three.
    pub fn quota(&self, now: i64) -> Option<Quota> {
        let number = |name: &str| self.header(name)?.trim().parse::<i64>().ok();
        Some(Quota {
            limit: number("x-ratelimit-limit")?,
            remaining: number("x-ratelimit-remaining")?,
            reset: said::reset(number("x-ratelimit-reset")?, now),
        })
    }

    /// The word by which the site keeps its pictures from training, if it does.
    pub fn opt_out(&self) -> Option<String> {
        let tags = self.headers.get_all("x-robots-tag");
        tags.iter()
            .find_map(|value| said::opt_out(&String::from_utf8_lossy(value.as_bytes())))
    }
}

/// Whether a literal address, or a private place's port, may be asked. Names are checked when
/// they are resolved; a resolver never sees literal addresses.
///
/// # Errors
/// [`Fault::BlockedAddress`].
pub fn check_address(url: &Url, bases: &Bases) -> Result<(), Fault> {
    if bases.position(url).is_some() {
        return Ok(());
    }
    let blocked = |what: &str| {
        Err(Fault::BlockedAddress(format!(
            "{what} is not of the public web"
        )))
    };
    match url.host() {
        Some(Host::Ipv4(v4)) if !is_public(v4.into()) => blocked(&v4.to_string()),
        Some(Host::Ipv6(v6)) if !is_public(v6.into()) => blocked(&v6.to_string()),
        // The resolver lets a base URL's name be private, but only its port is meant.
        Some(Host::Domain(name)) if bases.hosts().any(|base| base == name) => {
            blocked(&format!("{name} at this port"))
        }
        Some(_) => Ok(()),
        None => Err(Fault::BadRedirect("no host".to_owned())),
    }
}

fn headers(ask: &Ask<'_>) -> HeaderMap {
    let version = |part: fn(&Version) -> Option<&String>| ask.have.and_then(part);
    let all = [
        (ACCEPT, Some(ask.accept)),
        (
            IF_NONE_MATCH,
            version(|v| v.etag.as_ref()).map(String::as_str),
        ),
        (
            IF_MODIFIED_SINCE,
            version(|v| v.modified.as_ref()).map(String::as_str),
        ),
    ];
    let texts = all.into_iter();
    texts
        .filter_map(|(name, text)| Some((name, HeaderValue::from_str(text?).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests;
