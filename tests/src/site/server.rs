//! Connections: read a request, note it, answer it or misbehave.

use super::behave::{self, Behaviour, RetryAfter, Rule};
use super::http::{self, Request, Response};
use super::limit::{Standing, Window};
use super::log::Entry;
use super::world::{Cover, Place, World};
use super::{Config, Urls, bilibili, cat_pages, control, mix, peertube};
use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Requests to PeerTube's pages in so many seconds.
const LIMIT_OF_PAGES: (u32, u64) = (500, 10);

/// The imitated hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    Peertube,
    Www,
    I0,
    I1,
    Api,
    Control,
}

impl Host {
    pub const ALL: [Self; 6] = [
        Self::Peertube,
        Self::Www,
        Self::I0,
        Self::I1,
        Self::Api,
        Self::Control,
    ];

    pub fn name(self) -> &'static str {
        ["peertube", "www", "i0", "i1", "api", "control"][self as usize]
    }
}

/// What all connections share.
pub struct Shared {
    pub config: Config,
    pub world: World,
    pub urls: Urls,
    started: Instant,
    log: Mutex<Vec<Entry>>,
    rules: Mutex<Vec<Rule>>,
    served: Mutex<std::collections::BTreeMap<String, bool>>,
    window: Mutex<Window>,
    window_of_pages: Mutex<Window>,
    orders: Mutex<std::collections::BTreeMap<String, Arc<Vec<u64>>>>,
    in_hand: [AtomicUsize; 6],
    connections: [AtomicUsize; 6],
}

/// Binds a loopback port for every host; `control` may ask for a certain one.
pub fn bind(control: u16) -> Result<Vec<TcpListener>> {
    let listen = |host| {
        let port = if host == Host::Control { control } else { 0 };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on port {port}"))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    Host::ALL.into_iter().map(listen).collect()
}

/// Nothing here leaves half-done work behind, so a poisoned lock is as good as new.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub fn new(config: Config, listeners: &[TcpListener]) -> Result<Self> {
        let url = |host: Host| -> Result<String> {
            Ok(format!("http://{}", listeners[host as usize].local_addr()?))
        };
        let world = World {
            seed: config.seed,
            hidden_cats: config.hidden_cats,
            listed: config.videos,
            adult: config.adult,
            lives: config.lives,
            duration: config.duration,
        };
        let www = url(Host::Www)?;
        let urls = Urls {
            peertube: url(Host::Peertube)?,
            i0: url(Host::I0)?,
            i1: url(Host::I1)?,
            api: url(Host::Api)?,
            control: url(Host::Control)?,
            cat_pages: cat_pages(&world, &www),
            www,
        };
        Ok(Self {
            window: Mutex::new(Window::new(config.limit, Instant::now())),
            window_of_pages: Mutex::new(Window::new(LIMIT_OF_PAGES, Instant::now())),
            orders: Mutex::default(),
            config,
            world,
            urls,
            started: Instant::now(),
            log: Mutex::default(),
            rules: Mutex::default(),
            served: Mutex::default(),
            in_hand: Default::default(),
            connections: Default::default(),
        })
    }

    pub fn entries(&self) -> Vec<Entry> {
        lock(&self.log).clone()
    }

    pub fn add(&self, rule: Rule) {
        lock(&self.rules).push(rule);
    }

    /// Bare path of every cover served so far, and whether it shows a cat.
    pub fn served(&self) -> std::collections::BTreeMap<String, bool> {
        lock(&self.served).clone()
    }

    pub fn standing(&self) -> Standing {
        lock(&self.window).count(Instant::now())
    }

    /// The same for PeerTube's pages, which have a budget of their own.
    pub fn standing_of_pages(&self) -> Standing {
        lock(&self.window_of_pages).count(Instant::now())
    }

    /// A list of PeerTube's in some order, which is found once.
    pub fn order(&self, sort: &str, find: impl FnOnce() -> Vec<u64>) -> Arc<Vec<u64>> {
        let mut orders = lock(&self.orders);
        let order = orders.entry(sort.to_owned());
        order.or_insert_with(|| Arc::new(find())).clone()
    }

    pub fn truth(&self, url: &str) -> Option<bool> {
        let path = bare_path(url);
        let name = path.rsplit('/').next()?.split('.').next()?;
        let (place, id) = match path.starts_with("/bfs/") {
            true => (Place::Bilibili, mix::unseal(self.config.seed, name)?),
            false => (Place::Peertube, peertube::video_of(self.config.seed, name)?),
        };
        self.world
            .exists(place, id)
            .then(|| self.world.cover(place, id).cat)
    }

    /// A video's page: `…/videos/watch/UUID` or `…/w/SHORT` on PeerTube, `…/video/BV…/` on Bilibili.
    pub fn truth_of_page(&self, url: &str) -> Option<bool> {
        let name = url.trim_end_matches('/').rsplit('/').next()?;
        let (place, id) = match name.starts_with("BV") {
            true => (Place::Bilibili, super::bv::decode(name)?),
            false => (
                Place::Peertube,
                peertube::id_of_page(self.config.seed, name)?,
            ),
        };
        self.world
            .exists(place, id)
            .then(|| self.world.cover(place, id).cat)
    }

    /// A picture: the file itself, or no larger than `size`.
    pub fn picture(&self, path: &str, cover: Cover, size: Option<(u32, u32)>) -> Response {
        self.serve(
            path,
            cover,
            match size {
                None => self.config.pictures.file(cover),
                Some((w, h)) => self.config.pictures.smaller(cover, w, h),
            },
        )
    }

    /// A picture of exactly this size.
    pub fn exact_picture(&self, path: &str, cover: Cover, size: (u32, u32)) -> Response {
        self.serve(path, cover, self.config.pictures.exactly(cover, size))
    }

    fn serve(&self, path: &str, cover: Cover, made: Result<Vec<u8>>) -> Response {
        let Ok(bytes) = made else {
            return Response::error(500);
        };
        lock(&self.served).insert(bare_path(path).to_string(), cover.cat);
        let kind = if bytes.starts_with(b"\x89PNG") {
            "image/png"
        } else {
            "image/jpeg"
        };
        Response::new(kind, bytes).with("cache-control", "public, max-age=31536000")
    }

    fn answer(&self, host: Host, request: &Request) -> Response {
        if host != Host::Control && !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Response::error(405).with("allow", "GET, HEAD");
        }
        match host {
            Host::Peertube => peertube::answer(self, request),
            Host::Www => bilibili::page(self, request),
            Host::I0 | Host::I1 => bilibili::image(self, request),
            Host::Api => bilibili::api(request),
            Host::Control => control::answer(self, request),
        }
    }

    fn note(&self, host: Host, request: &Request) -> usize {
        let mut log = lock(&self.log);
        log.push(Entry {
            at_ms: self.started.elapsed().as_millis() as u64,
            host: host.name().into(),
            method: request.method.clone(),
            path: request.target.clone(),
            status: 0,
            user_agent: request.header("user-agent").into(),
            referer: request.header("referer").into(),
            in_hand: self.in_hand[host as usize].load(SeqCst),
            connections: self.connections[host as usize].load(SeqCst),
        });
        log.len() - 1
    }
}

/// The path of a URL without scheme, host, query and Bilibili's `@` suffix.
fn bare_path(url: &str) -> &str {
    let after_host = |rest: &str| rest.find('/').unwrap_or(rest.len());
    let path = match url.split_once("//") {
        Some((scheme, rest)) if scheme.is_empty() || scheme.ends_with(':') => {
            &rest[after_host(rest)..]
        }
        _ => url,
    };
    path.split(['?', '@', '#']).next().unwrap_or(path)
}

/// Counts while it lives.
struct Held<'a>(&'a AtomicUsize);

impl<'a> Held<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, SeqCst);
        Self(count)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// Accepts until the runtime ends.
pub async fn listen(shared: Arc<Shared>, host: Host, listener: TcpListener) {
    let listener = tokio::net::TcpListener::from_std(listener)
        .expect("the listener is non-blocking and this is a runtime");
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        tokio::spawn(async move {
            let _open = Held::new(&shared.connections[host as usize]);
            // A connection that breaks is the other side's affair.
            let _ = converse(&shared, host, stream).await;
        });
    }
}

async fn converse(shared: &Shared, host: Host, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(request) = http::read(&mut stream, &mut buffer).await {
        let _held = Held::new(&shared.in_hand[host as usize]);
        let behaviour = match host {
            Host::Control => Behaviour::Normal,
            _ => behave::next(&mut lock(&shared.rules), host.name(), &request.target),
        };
        let entry = (host != Host::Control).then(|| shared.note(host, &request));
        // Drawing takes tens of milliseconds: other connections must not wait for it.
        let response = tokio::task::block_in_place(|| respond(shared, host, &request, &behaviour));
        let kept = deliver(&mut stream, &request, response.as_ref(), &behaviour).await?;
        if let (Some(entry), Some(response)) = (entry, &response) {
            lock(&shared.log)[entry].status = response.status;
        }
        if !kept || request.header("connection").eq_ignore_ascii_case("close") {
            break;
        }
    }
    stream.shutdown().await
}

/// What is said, before how; `None` if nothing ever is.
fn respond(
    shared: &Shared,
    host: Host,
    request: &Request,
    behaviour: &Behaviour,
) -> Option<Response> {
    Some(match behaviour {
        Behaviour::Hang => return None,
        Behaviour::Status {
            status,
            retry_after,
        } => {
            let error = Response::error(*status);
            match retry_after {
                None => error,
                Some(RetryAfter::Seconds(s)) => error.with("retry-after", &s.to_string()),
                Some(RetryAfter::DateIn(s)) => {
                    let then = SystemTime::now() + Duration::from_secs(*s);
                    error.with("retry-after", &httpdate::fmt_http_date(then))
                }
            }
        }
        Behaviour::Redirect { status, to } => Response::redirect(*status, to),
        Behaviour::Body { content_type, body } => Response::new(content_type, bytes(body)),
        Behaviour::Flood { content_type, .. } => Response::new(content_type, ""),
        Behaviour::Captcha => bilibili::captcha(shared.entries().len() as u64),
        Behaviour::With { name, value, then } => {
            let mut response = respond(shared, host, request, then)?;
            response
                .headers
                .retain(|(own, _)| !own.eq_ignore_ascii_case(name));
            unless_changed(response.with(name, value), request)
        }
        _ => shared.answer(host, request),
    })
}

/// 304 without a body when the other side has this version already; of a tag and a date the tag
/// decides (RFC 9110, 13.2.2).
pub fn unless_changed(response: Response, request: &Request) -> Response {
    let has = |name: &str, asked: &str| {
        let mut own = response.headers.iter();
        !asked.is_empty()
            && own.any(|(own, value)| own.eq_ignore_ascii_case(name) && value == asked)
    };
    let same = match request.header("if-none-match") {
        "" => has("last-modified", request.header("if-modified-since")),
        tag => has("etag", tag),
    };
    if response.status == 200 && same {
        return Response {
            body: Vec::new(),
            ..response
        }
        .with_status(304);
    }
    response
}

/// The bytes of a text, or of `hex:…`.
fn bytes(body: &str) -> Vec<u8> {
    let Some(hex) = body.strip_prefix("hex:") else {
        return body.as_bytes().to_vec();
    };
    let digits: Vec<u8> = hex
        .chars()
        .filter_map(|c| Some(c.to_digit(16)? as u8))
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

/// Sends the response as the behaviour has it; says whether the connection may go on.
async fn deliver(
    stream: &mut TcpStream,
    request: &Request,
    response: Option<&Response>,
    behaviour: &Behaviour,
) -> std::io::Result<bool> {
    let Some(response) = response else {
        // Silence until the other side gives up.
        while stream.read(&mut [0; 1024]).await? > 0 {}
        return Ok(false);
    };
    let mut behaviour = behaviour;
    while let Behaviour::With { then, .. } = behaviour {
        behaviour = then;
    }
    let length = match behaviour {
        Behaviour::Flood { bytes, .. } => *bytes,
        _ => response.body.len(),
    };
    let part = |bytes: usize| &response.body[..bytes.min(response.body.len())];
    match behaviour {
        Behaviour::ChunkedAbort { .. } => {
            stream
                .write_all(&response.head("transfer-encoding: chunked"))
                .await?;
        }
        _ => {
            stream
                .write_all(&response.head(&format!("content-length: {length}")))
                .await?
        }
    }
    if request.method == "HEAD" {
        return Ok(true);
    }
    match behaviour {
        Behaviour::Reset { bytes } => {
            stream.write_all(part(*bytes)).await?;
            stream.flush().await?;
            stream.set_zero_linger()?;
            // An error skips the orderly shutdown, so that closing resets.
            Err(ErrorKind::ConnectionReset.into())
        }
        Behaviour::Short { bytes } => stream.write_all(part(*bytes)).await.map(|()| false),
        Behaviour::ChunkedAbort { bytes } => {
            let part = part(*bytes);
            stream
                .write_all(format!("{:x}\r\n", part.len()).as_bytes())
                .await?;
            stream.write_all(part).await?;
            stream.write_all(b"\r\n").await.map(|()| false)
        }
        Behaviour::Drip { bytes_per_second } => drip(stream, &response.body, *bytes_per_second)
            .await
            .map(|()| true),
        Behaviour::Flood { .. } => flood(stream, length).await.map(|()| true),
        _ => stream.write_all(&response.body).await.map(|()| true),
    }
}

async fn drip(stream: &mut TcpStream, body: &[u8], a_second: usize) -> std::io::Result<()> {
    let mut beat = tokio::time::interval(Duration::from_secs(1));
    for part in body.chunks(a_second.max(1)) {
        beat.tick().await;
        stream.write_all(part).await?;
    }
    Ok(())
}

async fn flood(stream: &mut TcpStream, mut left: usize) -> std::io::Result<()> {
    let zeros = [0; 16 << 10];
    while left > 0 {
        let now = left.min(zeros.len());
        stream.write_all(&zeros[..now]).await?;
        left -= now;
    }
    Ok(())
}

/// Unix seconds, for headers that count in them.
pub fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |d| d.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cover_has_one_bare_path_however_it_is_written() {
        for url in [
            "/bfs/archive/ab.jpg",
            "/bfs/archive/ab.jpg@480w.jpg",
            "//127.0.0.1:80/bfs/archive/ab.jpg",
            "https://i0.hdslb.com/bfs/archive/ab.jpg@1q.webp?x=1",
        ] {
            assert_eq!(bare_path(url), "/bfs/archive/ab.jpg", "{url}");
        }
    }

    #[test]
    fn bodies_may_be_written_in_hex() {
        assert_eq!(bytes("hex:00fF 1"), [0, 255]);
        assert_eq!(bytes("<html>"), b"<html>");
    }
}
