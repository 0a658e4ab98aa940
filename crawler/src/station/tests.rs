use store::frontier::NewPage;
use store::{Durability, Pool, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::fetch::{Deadlines, Fetcher};
use crate::make::{self, Maker};
use crate::origin::Bases;
use crate::site::{Site, web};

/// A site on loopback that answers every request with the same words.
async fn server(body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
                );
                let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
            }
        }
    });
    format!("http://{address}")
}

/// A list of addresses of one host, as `import` plans it, and what its requests need.
async fn planned(store: &Store, base: &str, paths: &[&str]) -> (Crawl, Arc<Worker>) {
    let topic = store.topic("cat", 0).await.unwrap();
    let request = Request {
        site: "web".into(),
        pool: Pool::Negative,
        request: serde_json::json!({ "paths": paths }),
        options: serde_json::json!({}),
        target: paths.len() as u32,
        seed: 0,
    };
    let id = store.begin_crawl(topic, &request, now()).await.unwrap();
    let bases = Bases::parse(&[base.to_owned()]).unwrap();
    let politeness = Politeness::new(store.clone(), 30_000);
    let limits = Deadlines::within(Duration::from_secs(10));
    let worker = Worker {
        store: store.clone(),
        politeness,
        fetcher: Fetcher::new("Whisker/test (+loopback)", limits, bases.clone()).unwrap(),
        maker: Maker::new(
            store.clone(),
            cover::Rule::default(),
            false,
            make::Pool::default(),
        ),
        site: Site::parse("web", bases).unwrap(),
        mode: Mode::List,
        keywords: Vec::new(),
        target: request.target,
        pace_ms: Some(1),
        daily: 1000,
        recheck: false,
        seed: 0,
    };
    let pages: Vec<NewPage> = paths
        .iter()
        .map(|path| {
            let url = url::Url::parse(&format!("{base}{path}")).unwrap();
            let candidate = web::candidate(&url);
            NewPage {
                kind: Kind::Cover,
                host: worker.group(&url).name,
                url: candidate.ask.clone(),
                floor_ms: 1,
                rank: 0,
                owner: None,
                context: serde_json::to_value(&candidate).unwrap(),
            }
        })
        .collect();
    store.plan(id, 0, &pages, &[], now()).await.unwrap();
    (store.crawl(id).await.unwrap(), Arc::new(worker))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_panics_fails_alone_and_is_not_met_again() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("w.db").display());
    let store = Store::open(&url, Durability::Normal).await.unwrap();
    let topic = store.topic("cat", 0).await.unwrap();
    // No pictures come; that they were asked for and refused as such is what counts here.
    let base = server("User-agent: *\nAllow: /\n").await;
    let (crawl, worker) = planned(&store, &base, &["/a", "/panics", "/b"]).await;
    let (printer, stop) = (Printer::new(true, true, false), Stop::default());
    let politeness = worker.politeness.clone();
    let station = Station::new(&store, politeness, &printer, &stop, vec![(crawl, worker)]);
    let summary = station.run().await.unwrap();
    let failed = [("not-an-image".to_owned(), 2), ("panicked".to_owned(), 1)];
    assert_eq!(summary.failed, BTreeMap::from(failed));
    let example = &summary.examples["panicked"][0];
    assert!(example.item.ends_with("/panics"), "{example:?}");
    assert!(example.reason.contains("injected"), "{example:?}");
    // It has a row with its class, and no later run begins with it.
    let rows = store.failed_pages(topic, "panicked", 9).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert!(store.unfinished_crawls().await.unwrap().is_empty());
    store.close().await;
}
