//! Origins (`scheme://host:port`), and the base URLs that stand in for a site's hosts.

use cli::{Failure, Result};
use url::{Host, Url};

/// `scheme://host:port`, the port always written: what robots.txt and pace are kept for.
pub fn origin(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or(0);
    format!(
        "{}://{}:{port}",
        url.scheme(),
        url.host_str().unwrap_or_default()
    )
}

/// The base URLs of a crawl: usually none, or imitations on loopback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bases(Vec<Url>);

impl Bases {
    /// # Errors
    /// Anything but a scheme, a host and a port.
    pub fn parse(texts: &[String]) -> Result<Self> {
        let bases = texts.iter().map(|text| {
            let url = Url::parse(text).ok().filter(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.path() == "/"
                    && url.query().is_none()
                    && url.username().is_empty()
            });
            url.ok_or_else(|| {
                Failure::usage(format!(
                    "`{text}` is not a base URL\nA base URL is a scheme, a host and a port, for example http://127.0.0.1:8080."
                ))
            })
        });
        Ok(Self(bases.collect::<Result<_>>()?))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether there are some and all of them are on this machine, so that nobody is disturbed.
    pub fn all_loopback(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(is_loopback)
    }

    /// The place among the base URLs of the one with this URL's host and port.
    pub fn position(&self, url: &Url) -> Option<usize> {
        self.0.iter().position(|base| same_place(base, url))
    }

    /// The `n`-th, or the last there is.
    pub fn nth(&self, n: usize) -> Option<&Url> {
        self.0.get(n).or(self.0.last())
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The URL at a base URL's host and port.
    pub fn at(base: &Url, url: &Url) -> Url {
        let mut moved = base.clone();
        moved.set_path(url.path());
        moved.set_query(url.query());
        moved
    }

    /// The URL with the scheme of the base URL at its host and port, if there is one.
    pub fn own(&self, url: &Url) -> Option<Url> {
        self.position(url).map(|n| Self::at(&self.0[n], url))
    }

    /// Hosts that may be private.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(Url::host_str)
    }
}

fn same_place(base: &Url, url: &Url) -> bool {
    base.host_str() == url.host_str() && base.port_or_known_default() == url.port_or_known_default()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(v4)) => v4.is_loopback(),
        Some(Host::Ipv6(v6)) => v6.is_loopback(),
        // RFC 6761: never anything else.
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bases(texts: &[&str]) -> Result<Bases> {
        Bases::parse(&texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_base_url_is_a_scheme_a_host_and_a_port() {
        assert!(bases(&["http://127.0.0.1:8080", "https://example.org/"]).is_ok());
        for bad in [
            "127.0.0.1:8080",
            "ftp://x",
            "http://x/path",
            "http://x?y",
            "http://me@x",
            "",
        ] {
            assert_eq!(bases(&[bad]).unwrap_err().exit, cli::Exit::Usage, "{bad}");
        }
    }

    #[test]
    fn only_loopback_disturbs_nobody() {
        for (texts, want) in [
            (
                &["http://127.0.0.1:1", "http://[::1]:2", "http://localhost:3"][..],
                true,
            ),
            (&["http://127.0.0.1:1", "http://example.org"], false),
            (&["http://192.168.0.1"], false),
            (&["http://localhost.example.org"], false),
            (&[], false),
        ] {
            assert_eq!(bases(texts).unwrap().all_loopback(), want, "{texts:?}");
        }
    }

    #[test]
    fn a_base_url_keeps_its_scheme_and_no_other_port_is_its_own() {
        let bases = bases(&["http://127.0.0.1:8080"]).unwrap();
        let own = |text: &str| bases.own(&Url::parse(text).unwrap()).map(String::from);
        assert_eq!(
            own("https://127.0.0.1:8080/a?b=c").as_deref(),
            Some("http://127.0.0.1:8080/a?b=c")
        );
        assert_eq!(own("http://127.0.0.1:8081/a"), None);
        assert_eq!(own("http://localhost:8080/a"), None);
    }

    #[test]
    fn an_origin_always_has_its_port() {
        for (url, want) in [
            ("https://example.org/a", "https://example.org:443"),
            ("http://example.org:80/", "http://example.org:80"),
            ("http://[::1]:9/x", "http://[::1]:9"),
        ] {
            assert_eq!(origin(&Url::parse(url).unwrap()), want);
        }
    }
}
