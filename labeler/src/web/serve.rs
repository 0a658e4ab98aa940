//! The address, from the socket to Ctrl-C.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cli::{Exit, Failure, Outcome, Result, Stop};
use tokio::net::TcpListener;

use super::{Site, router};

/// Where to listen, from an address as typed; `localhost` is 127.0.0.1.
///
/// # Errors
/// Bad usage: not `HOST:PORT`, or an address that other machines can reach.
pub fn address(typed: &str) -> Result<SocketAddr> {
    let address = match typed.strip_prefix("localhost:") {
        Some(port) => port
            .parse()
            .map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
            .ok(),
        None => typed.parse::<SocketAddr>().ok(),
    };
    let address = address.ok_or_else(|| {
        Failure::usage(format!(
            "`{typed}` is no address to listen on\nUse HOST:PORT, for example 127.0.0.1:7878; port 0 is any free one."
        ))
    })?;
    if !address.ip().is_loopback() {
        return Err(Failure::usage(format!(
            "{address} can be reached by other machines, and the page asks nobody for a password\n\
             Listen on 127.0.0.1, and reach it from elsewhere through ssh -L."
        )));
    }
    Ok(address)
}

/// Serves until Ctrl-C; prints the page's address as the first line on stdout.
///
/// # Errors
/// When the address cannot be had.
pub async fn run(site: Site, address: SocketAddr, stop: Stop) -> Result<Outcome> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::failed(format!(
            "cannot listen on {address}: {error}\n\
             Another labeler may be running there; --listen 127.0.0.1:0 takes any free port."
        ))
    })?;
    let address = listener.local_addr().map_err(Failure::failed)?;
    println!("http://{address}/");
    axum::serve(listener, router(site, address.port()))
        .with_graceful_shutdown(async move { stop.wait().await })
        .await
        .map_err(Failure::failed)?;
    Ok(Outcome {
        exit: Exit::Stopped,
        json: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_listened_on() {
        for typed in ["127.0.0.1:7878", "127.0.0.1:0", "[::1]:80", "localhost:1"] {
            assert!(address(typed).is_ok(), "{typed}");
        }
        for typed in [
            "0.0.0.0:7878",
            "[::]:7878",
            "192.168.1.2:80",
            "7878",
            "",
            "evil.test:1",
            "localhost:x",
        ] {
            let failure = address(typed).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{typed}");
        }
        assert!(
            address("0.0.0.0:1")
                .unwrap_err()
                .message
                .contains("other machines")
        );
    }
}
