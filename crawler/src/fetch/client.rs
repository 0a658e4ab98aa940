//! The client: how it is built, and one request through it.

use std::error::Error as _;
use std::sync::Arc;

use reqwest::{Certificate, Client, Response, redirect};

use super::resolve::{BLOCKED, PublicOnly};
use super::{Answer, Ask, Deadlines, check_address, headers};
use crate::fault::Fault;
use crate::origin::Bases;

/// Asks for things, one request each.
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: Client,
    bases: Bases,
}

impl Fetcher {
    /// A client with this name (`User-Agent`), for the public web and these base URLs.
    ///
    /// # Errors
    /// When TLS cannot be set up, in words.
    pub fn new(agent: &str, deadlines: Deadlines, bases: Bases) -> Result<Self, String> {
        // Fails only when a provider is there already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exempt = bases.hosts().map(str::to_owned).collect();
        let builder = || {
            Client::builder()
                .user_agent(agent)
                .connect_timeout(deadlines.connect)
                .read_timeout(deadlines.stall)
                .timeout(deadlines.total)
                .redirect(redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .no_proxy()
                .pool_max_idle_per_host(1)
                .dns_resolver(Arc::new(PublicOnly {
                    exempt: std::collections::HashSet::clone(&exempt),
                }))
        };
        // A machine without certificates of its own gets Mozilla's.
        let client = builder().build().or_else(|_| {
            let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
            let roots = roots.filter_map(|root| Certificate::from_der(root).ok());
            builder().tls_certs_only(roots).build()
        });
        Ok(Self {
            client: client.map_err(|error| told(&error))?,
            bases,
        })
    }

    /// Asks once. Any status is an answer; only successes have their body read.
    ///
    /// # Errors
    /// No answer, not in time, not whole, too large, or an address that is not asked.
    pub async fn get(&self, ask: Ask<'_>) -> Result<Answer, Fault> {
        check_address(ask.url, &self.bases)?;
        let request = self.client.get(ask.url.clone()).headers(headers(&ask));
        let mut response = request.send().await.map_err(|error| fault(&error))?;
        let status = response.status().as_u16();
        let body = match status {
            200..=299 => body(&mut response, ask).await?,
            _ => Vec::new(),
        };
        Ok(Answer {
            status,
            headers: response.headers().clone(),
            body,
        })
    }
}

/// Piece by piece: what a server says of its length is not believed, and what is packed is
/// counted unpacked.
async fn body(response: &mut Response, ask: Ask<'_>) -> Result<Vec<u8>, Fault> {
    let announced = response.content_length().unwrap_or(0);
    if !ask.cut && announced > ask.most as u64 {
        return Err(Fault::TooLarge { most: ask.most });
    }
    let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(ask.most));
    while let Some(piece) = response.chunk().await.map_err(|error| fault(&error))? {
        let room = ask.most - body.len();
        if piece.len() > room {
            if ask.cut {
                body.extend_from_slice(&piece[..room]);
                return Ok(body);
            }
            return Err(Fault::TooLarge { most: ask.most });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn fault(error: &reqwest::Error) -> Fault {
    let words = told(error);
    if words.contains(BLOCKED) {
        return Fault::BlockedAddress(words);
    }
    if error.is_connect() {
        return Fault::Unreachable(words);
    }
    if error.is_timeout() {
        return Fault::Timeout("a deadline passed");
    }
    Fault::Incomplete(words)
}

/// The last of the causes says most; the first repeats the address.
fn told(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    let mut words = String::new();
    while let Some(inner) = cause {
        words = inner.to_string();
        cause = inner.source();
    }
    if words.is_empty() {
        error.to_string()
    } else {
        words
    }
}
