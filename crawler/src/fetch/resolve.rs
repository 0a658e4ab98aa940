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

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolved(exempt: &[&str]) -> Result<Vec<SocketAddr>, String> {
        let exempt = exempt.iter().map(|name| (*name).to_owned()).collect();
        let found = PublicOnly { exempt }.resolve("localhost".parse().unwrap());
        found
            .await
            .map(Iterator::collect)
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_name_that_leads_to_this_machine_leads_nowhere_unless_it_is_a_base_url() {
        assert_eq!(resolved(&[]).await, Err(BLOCKED.to_owned()));
        assert_eq!(resolved(&["example.org"]).await, Err(BLOCKED.to_owned()));
        let here = resolved(&["localhost"]).await.unwrap();
        assert!(!here.is_empty() && here.iter().all(|address| address.ip().is_loopback()));
    }
}
