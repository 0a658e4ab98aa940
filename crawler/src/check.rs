//! `status`, `sites` and `verify`: what is there, what there could be, and whether it is whole.

use cli::{Exit, Outcome, Printer, Result, Stop};
use serde_json::json;
use store::cover::Stored;
use store::{Store, TopicId};

use crate::date::clock;
use crate::import::FOLDER;
use crate::site::SITES;

/// Covers a read: small, because a long read starves WAL checkpoints.
const CHUNK: u32 = 128;

/// Prints counts of covers, pools and failures.
///
/// # Errors
/// What the database says.
pub async fn status(store: &Store, topic: TopicId, printer: &Printer) -> Result<Outcome> {
    let overview = store.overview(topic).await?;
    let failed = store.failed_by_class(topic).await?;
    let crawls = store.crawl_progress(topic).await?;
    let now = cli::now();
    let hosts = store.hosts_waited_for(now).await?;
    printer.table(&[
        ("database", store.path().display().to_string()),
        (
            "covers",
            format!(
                "{} ({:.1} MB of pictures)",
                overview.covers,
                overview.image_bytes as f64 / 1e6
            ),
        ),
        ("near-duplicates", overview.near_duplicates.to_string()),
        ("videos", overview.videos.to_string()),
        ("negatives", overview.negatives.to_string()),
        ("positives", overview.positives.to_string()),
    ]);
    for (class, count) in &failed {
        printer.line(format!("failed           {count} {class}"));
    }
    for crawl in crawls.iter().filter(|crawl| crawl.site != FOLDER) {
        printer.line(format!(
            "crawl {}          {} {}: {} of {} covers; pages: {} waiting, {} under way, {} done, {} failed; {}",
            crawl.id,
            crawl.site,
            crawl.pool,
            crawl.new_covers,
            crawl.target,
            crawl.waiting,
            crawl.leased,
            crawl.done,
            crawl.failed,
            crawl.state
        ));
    }
    for host in &hosts {
        let reason = host.reason.as_deref().unwrap_or("it asked for a pause");
        printer.line(format!(
            "waiting          {} until {}: {reason}",
            host.name,
            clock(host.cooldown_until, now)
        ));
    }
    Ok(Outcome::done(json!({
        "covers": overview.covers,
        "near_duplicates": overview.near_duplicates,
        "videos": overview.videos,
        "negative": overview.negatives,
        "positive": overview.positives,
        "image_bytes": overview.image_bytes,
        "failed": failed.into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "crawls": crawls.iter().map(|c| json!({
            "id": c.id, "site": c.site, "pool": c.pool, "target": c.target,
            "new_covers": c.new_covers, "state": c.state,
            "pages": { "waiting": c.waiting, "leased": c.leased, "done": c.done, "failed": c.failed },
        })).collect::<Vec<_>>(),
        "waiting": hosts.iter().map(|h| json!({
            "host": h.name, "until": h.cooldown_until, "reason": h.reason, "refused": h.refused,
        })).collect::<Vec<_>>(),
    })))
}

/// Prints what can be crawled.
pub fn sites(printer: &Printer) -> Outcome {
    for (name, what, how) in SITES {
        printer.line(format!("{name:22}{what}\n{:22}{how}", ""));
    }
    Outcome::done(json!({
        "sites": SITES.map(|(name, what, how)| json!({ "name": name, "what": what, "how": how })),
    }))
}

/// Decodes every stored image and compares it with its hash.
///
/// # Errors
/// What the database says. A damaged cover is counted, not an error.
pub async fn verify(store: &Store, printer: &Printer, stop: &Stop) -> Result<Outcome> {
    let bar = printer.bar("verify", None);
    let (mut after, mut checked) = (0, 0_u64);
    let mut damaged = Vec::new();
    while !stop.asked() {
        let chunk = store.stored_after(after, CHUNK).await?;
        let Some(last) = chunk.last() else { break };
        after = last.id;
        checked += chunk.len() as u64;
        for cover in &chunk {
            if let Some(what) = damage(cover) {
                bar.println(format!("cover {}: {what}", cover::hex(&cover.sha256)));
                damaged.push(json!({ "sha256": cover::hex(&cover.sha256), "what": what }));
            }
        }
        bar.inc(chunk.len() as u64);
    }
    bar.finish();
    printer.table(&[
        ("checked", checked.to_string()),
        ("damaged", damaged.len().to_string()),
    ]);
    let exit = match (stop.asked(), damaged.is_empty()) {
        (true, _) => Exit::Stopped,
        (false, true) => Exit::Done,
        (false, false) => Exit::SomeFailed,
    };
    Ok(Outcome {
        exit,
        json: Some(json!({ "checked": checked, "damaged": damaged })),
    })
}

fn damage(cover: &Stored) -> Option<&'static str> {
    let (Some(image), Some(_)) = (&cover.image, &cover.preview) else {
        return Some("it has no image");
    };
    if cover::sha256(image)[..] != cover.image_sha256[..] {
        return Some("its image does not match its hash");
    }
    if cover::decode_image(image).is_err() {
        return Some("its image does not decode");
    }
    let original = cover.original.as_deref()?;
    (cover::sha256(original)[..] != cover.sha256[..])
        .then_some("its original does not match its hash")
}
