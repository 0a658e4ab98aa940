//! The address, from the socket to Ctrl-C.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use cli::{Exit, Failure, Outcome, Result, Stop, output};
use tokio::net::TcpListener;

use super::guard::Guard;
use super::token::Token;
use super::{Site, router};

/// Where to listen, and what the labeler is called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Where.
    pub listen: SocketAddr,
    /// What it is called beyond this machine; empty when nobody there can reach it.
    pub names: Vec<String>,
}

/// From an address and names as typed; `localhost` is 127.0.0.1.
///
/// # Errors
/// Bad usage: not `HOST:PORT`, a name that is none, or names and address that do not go together.
pub fn address(typed: &str, allowed: &[String]) -> Result<Address> {
    let listen = socket(typed)?;
    let mut names = allowed.to_vec();
    if let Some(wrong) = names.iter().find(|name| !is_name(name)) {
        return Err(Failure::usage(format!(
            "`{wrong}` is no name of a machine\n\
             --allow-host takes a bare name or address, for example cats.lan or 192.168.1.2, without port."
        )));
    }
    let ip = listen.ip();
    if ip.is_loopback() && !names.is_empty() {
        return Err(Failure::usage(format!(
            "{listen} can be reached from this machine only, so --allow-host would let nobody in\n\
             Add --listen 0.0.0.0:{port}, or leave --allow-host out.",
            port = listen.port()
        )));
    }
    if ip.is_unspecified() && names.is_empty() {
        return Err(Failure::usage(format!(
            "{listen} can be reached by other machines, under names that the labeler cannot know\n\
             Say what they call this machine, for example --allow-host 192.168.1.2; or listen on\n\
             127.0.0.1 and reach it from elsewhere through ssh -L."
        )));
    }
    if !ip.is_loopback() && !ip.is_unspecified() {
        names.insert(0, named(ip));
    }
    Ok(Address { listen, names })
}

fn socket(typed: &str) -> Result<SocketAddr> {
    let address = match typed.strip_prefix("localhost:") {
        Some(port) => port
            .parse()
            .map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
            .ok(),
        None => typed.parse::<SocketAddr>().ok(),
    };
    address.ok_or_else(|| {
        Failure::usage(format!(
            "`{typed}` is no address to listen on\nUse HOST:PORT, for example 127.0.0.1:7878; port 0 is any free one."
        ))
    })
}

/// As a browser writes it in `Host`.
fn named(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    }
}

/// Letters, digits, dots and hyphens, or an address of IPv6 in brackets.
fn is_name(text: &str) -> bool {
    let inner = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(inner) = inner {
        return inner.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    !text.is_empty() && text.chars().all(plain)
}

/// Serves until Ctrl-C; prints the page's address as the first line on stdout. When other
/// machines can reach it, the address holds the token, which is never told again.
///
/// # Errors
/// When the address cannot be had, or the system has no randomness to give.
pub async fn run(site: Site, address: Address, stop: Stop) -> Result<Outcome> {
    let listener = TcpListener::bind(address.listen).await.map_err(|error| {
        Failure::failed(format!(
            "cannot listen on {}: {error}\n\
             Another labeler may be running there; --listen 127.0.0.1:0 takes any free port.",
            address.listen
        ))
    })?;
    let bound = listener.local_addr().map_err(Failure::failed)?;
    let mut guard = Guard {
        port: bound.port(),
        names: address.names,
        token: None,
    };
    if let Some(name) = guard.names.first() {
        let (token, text) = Token::new()?;
        output::stdout(&format!("http://{name}:{}/#{text}", guard.port));
        output::stderr(
            "Whoever has this address can decide here, and plain HTTP can be read on its way:\n\
             give it to people you trust, in a network you trust.",
        );
        guard.token = Some(token);
    } else {
        output::stdout(&format!("http://{bound}/"));
    }
    axum::serve(listener, router(site, guard))
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

    fn typed(listen: &str, allowed: &[&str]) -> Result<Address> {
        let allowed: Vec<_> = allowed.iter().map(|&name| name.to_owned()).collect();
        address(listen, &allowed)
    }

    #[test]
    fn loopback_needs_no_names_and_takes_none() {
        for listen in ["127.0.0.1:7878", "127.0.0.1:0", "[::1]:80", "localhost:1"] {
            assert_eq!(typed(listen, &[]).unwrap().names, [""; 0], "{listen}");
            let failure = typed(listen, &["cats.lan"]).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{listen}");
            assert!(failure.message.contains("from this machine only"));
        }
    }

    #[test]
    fn beyond_loopback_the_labeler_knows_what_it_is_called() {
        for listen in ["0.0.0.0:7878", "[::]:7878"] {
            let failure = typed(listen, &[]).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{listen}");
            assert!(failure.message.contains("--allow-host"));
            assert_eq!(typed(listen, &["cats.lan"]).unwrap().names, ["cats.lan"]);
        }
        for (listen, names) in [
            ("192.168.1.2:80", &["192.168.1.2", "cats.lan"]),
            ("[fe80::1]:80", &["[fe80::1]", "cats.lan"]),
        ] {
            assert_eq!(typed(listen, &["cats.lan"]).unwrap().names, *names);
        }
    }

    #[test]
    fn what_is_no_address_and_no_name_is_refused() {
        for listen in ["7878", "", "evil.test:1", "localhost:x"] {
            assert_eq!(
                typed(listen, &[]).unwrap_err().exit,
                Exit::Usage,
                "{listen}"
            );
        }
        for name in [
            "", "*", "a b", "http://a", "a:80", "a/b", "fe80::1", "[x]", "猫",
        ] {
            let failure = typed("0.0.0.0:1", &[name]).unwrap_err();
            assert_eq!(failure.exit, Exit::Usage, "{name}");
            assert!(failure.message.contains("no name"), "{name}");
        }
    }
}
