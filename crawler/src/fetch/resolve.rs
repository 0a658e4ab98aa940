//! Names to addresses, of the public web only.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::address::is_public;

/// The system's resolver, without the addresses that a page of the web must not lead to.
#[derive(Debug, Clone)]
pub struct PublicOnly {
    /// Names of base URLs, which may be private.
    pub exempt: HashSet<String>,
}

/// Marks the error, so that it is told apart from a name that does not exist.
pub const BLOCKED: &str = "it has no address of the public web";

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let exempt = self.exempt.contains(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Vec<SocketAddr> = found
                .filter(|address| exempt || is_public(address.ip()))
                .collect();
            if addresses.is_empty() {
                return Err(io::Error::other(BLOCKED).into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
