//! The flags of everything that asks the web: who we are, how fast, and where the web is.

use std::time::Duration;

use cli::{Failure, Result};

use crate::fetch::Deadlines;
use crate::site::Site;

/// The contact that an imitation on this machine is given when there is none.
const NOBODY: &str = "loopback";
/// Pages that are under way when the program dies are free again after this much more than
/// the longest request.
const MARGIN: Duration = Duration::from_secs(30);

/// Requests to a host in a day. Over a day they are one in nine seconds, a few people's worth:
/// enough for five thousand covers at two requests each, and no site notices them.
pub const DAILY: u32 = 10_000;

/// As typed.
#[derive(Debug, Clone, clap::Args)]
pub struct Manners {
    /// An address or web page by which a site's people can reach you; sent with every request
    #[arg(long, env = "WHISKER_CONTACT", value_name = "MAIL|URL")]
    pub contact: Option<String>,
    /// Milliseconds between two requests to a host; never below the site's own, except on loopback
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u32).range(1..=3_600_000))]
    pub pace: Option<u32>,
    /// Requests to a host in a day; never above the default, except on loopback [default: 10000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub daily_cap: Option<u32>,
    /// Stands in for the site's hosts, in order: an imitation; may be given several times
    #[arg(long = "base-url", value_name = "URL")]
    pub base_urls: Vec<String>,
    /// Seconds after which a request is given up
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub timeout: u32,
}

impl Manners {
    /// When requests are given up.
    pub fn deadlines(&self) -> Deadlines {
        Deadlines::within(Duration::from_secs(u64::from(self.timeout)))
    }

    /// How long a claim lasts, milliseconds: longer than any request.
    pub fn lease_ms(&self) -> i64 {
        i64::from(self.timeout) * 1000 + MARGIN.as_millis() as i64
    }
}

/// The name that is sent with every request.
///
/// # Errors
/// No contact, or none that can be sent, for a site that is not on this machine.
pub fn agent(site: &Site, contact: Option<&str>) -> Result<String> {
    let contact = match contact.map(str::trim).filter(|text| !text.is_empty()) {
        Some(contact) => contact,
        None if site.bases().all_loopback() => NOBODY,
        None => {
            return Err(Failure::usage(format!(
                "{} is asked for nothing without a contact\nIts people must be able to reach whoever runs this.\nGive --contact or set WHISKER_CONTACT to a mail address or web page of yours.",
                site.name()
            )));
        }
    };
    let sendable = contact.len() <= 200
        && contact
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '(' | ')' | '\\'));
    if !sendable {
        return Err(Failure::usage(format!(
            "the contact `{}` cannot be sent\nUse a mail address or a web page, without spaces and brackets.",
            crate::text::clean(contact)
        )));
    }
    Ok(format!(
        "Whisker/{} (+{contact})",
        env!("CARGO_PKG_VERSION")
    ))
}

/// The pace in force, if it may be.
///
/// # Errors
/// Faster than the site's floor, and not on loopback only.
pub fn pace(site: &Site, pace: Option<u32>) -> Result<Option<i64>> {
    let Some(pace) = pace.map(i64::from) else {
        return Ok(None);
    };
    if pace < site.floor_ms() && !site.bases().all_loopback() {
        return Err(Failure::usage(format!(
            "--pace {pace} is faster than {} is asked at most, one request in {} ms\nA faster pace is for imitations on loopback, with --base-url.",
            site.name(),
            site.floor_ms()
        )));
    }
    Ok(Some(pace))
}

/// The daily cap in force, if it may be.
///
/// # Errors
/// Above the default, and not on loopback only.
pub fn daily(site: &Site, cap: Option<u32>) -> Result<u32> {
    let cap = cap.unwrap_or(DAILY);
    if cap > DAILY && !site.bases().all_loopback() {
        return Err(Failure::usage(format!(
            "--daily-cap {cap} is more than a host is asked in a day, {DAILY} requests\nMore is for imitations on loopback, with --base-url."
        )));
    }
    Ok(cap)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Bases;

    fn site(name: &str, bases: &[&str]) -> Site {
        let bases: Vec<_> = bases.iter().map(|b| (*b).to_owned()).collect();
        Site::parse(name, Bases::parse(&bases).unwrap()).unwrap()
    }

    #[test]
    fn real_sites_are_told_who_asks_and_loopback_need_not() {
        let (real, played) = (
            site("bilibili", &[]),
            site("bilibili", &["http://127.0.0.1:9"]),
        );
        let error = agent(&real, None).unwrap_err();
        assert_eq!(error.exit, cli::Exit::Usage);
        assert!(error.message.contains("WHISKER_CONTACT"), "{error}");
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            agent(&played, Some(" ")).unwrap(),
            format!("Whisker/{version} (+loopback)")
        );
        let named = agent(&real, Some("me@example.org")).unwrap();
        assert_eq!(named, format!("Whisker/{version} (+me@example.org)"));
        for bad in ["me\r\nX-Evil: 1", "猫", "a b", "a)b", &"x".repeat(300)] {
            assert!(agent(&real, Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pace_below_the_floor_is_for_loopback_only() {
        let (loopback, other) = (
            ["http://127.0.0.1:9"],
            ["http://127.0.0.1:9", "http://192.168.0.1"],
        );
        for (name, bases, ms, allowed) in [
            ("bilibili", &[][..], 3999, false),
            ("bilibili", &[], 4000, true),
            ("peertube:video.example", &[], 999, false),
            ("peertube:video.example", &[], 1000, true),
            ("peertube:video.example", &loopback, 1, true),
            ("peertube:video.example", &other, 1, false),
        ] {
            let got = pace(&site(name, bases), Some(ms));
            assert_eq!(got.is_ok(), allowed, "{name} {ms}");
        }
        assert_eq!(pace(&site("bilibili", &[]), None).unwrap(), None);
    }

    #[test]
    fn more_requests_a_day_than_usual_are_for_loopback_only() {
        let (real, played) = (
            site("bilibili", &[]),
            site("bilibili", &["http://127.0.0.1:9"]),
        );
        assert_eq!(daily(&real, None).unwrap(), DAILY);
        assert_eq!(daily(&real, Some(7)).unwrap(), 7);
        assert_eq!(daily(&played, Some(DAILY + 1)).unwrap(), DAILY + 1);
        let error = daily(&real, Some(DAILY + 1)).unwrap_err();
        assert_eq!(error.exit, cli::Exit::Usage);
    }
}
