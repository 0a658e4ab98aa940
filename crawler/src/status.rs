//! `status`: what is there, what is under way, what waits and why.

use std::collections::BTreeMap;

use cli::{Outcome, Printer, Result};
use serde_json::{Value, json};
use store::cover::Overview;
use store::frontier::Host;
use store::frontier::host::DAY_MS;
use store::frontier::overview::Progress;
use store::{Store, TopicId};

use crate::date::clock;
use crate::import::FOLDER;
use crate::summary::{EXAMPLES, Example};
use crate::text::{clean, thousands};

/// Boxes of a crawl's bar.
const BOXES: i64 = 16;

/// All that is told.
struct State {
    now: i64,
    overview: Overview,
    rules: Vec<(String, i64)>,
    crawls: Vec<Progress>,
    failed: Vec<(String, i64)>,
    hosts: Vec<Host>,
}

/// Prints counts of covers, crawls, failures and hosts.
///
/// # Errors
/// What the database says.
pub async fn status(
    store: &Store,
    topic: TopicId,
    by_name: bool,
    printer: &Printer,
) -> Result<Outcome> {
    let now = cli::now();
    let state = State {
        now,
        overview: store.overview(topic).await?,
        rules: store.rules_in_use().await?,
        crawls: store.crawl_progress(topic).await?,
        failed: store.failed_by_class(topic).await?,
        hosts: store.hosts_in_use(now).await?,
    };
    head(store, &state, printer);
    state.print(printer);
    let mut json = state.json();
    if by_name {
        json["failures"] = failures(store, topic, &state, printer).await?;
    }
    Ok(Outcome::done(json))
}

/// Prints every failed page; returns the newest of each class.
async fn failures(
    store: &Store,
    topic: TopicId,
    state: &State,
    printer: &Printer,
) -> Result<Value> {
    let mut examples = BTreeMap::new();
    for (class, _) in &state.failed {
        let most = if printer.json() { EXAMPLES } else { usize::MAX };
        let pages = store.failed_pages(topic, class, most).await?;
        printer.line(format!("\n{class}"));
        for page in &pages {
            printer.line(format!("  {}: {}", clean(&page.url), clean(&page.reason)));
        }
        let newest = pages.into_iter().take(EXAMPLES).map(|page| Example {
            item: page.url,
            reason: page.reason,
        });
        examples.insert(class.clone(), newest.collect::<Vec<_>>());
    }
    Ok(json!(examples))
}

impl State {
    fn print(&self, printer: &Printer) {
        let shown = self.crawls.iter().filter(|crawl| crawl.site != FOLDER);
        let heads = "crawl site pool new_covers left done failed state";
        table(printer, heads, shown.clone().map(crawl));
        let failed = self.failed.iter();
        let failed = failed.map(|(class, count)| {
            let again = format!("crawler retry --class {class}");
            vec![class.clone(), thousands(*count), again]
        });
        table(printer, "failed pages try", failed);
        let hosts = self.hosts.iter().map(|one| host(one, self.now));
        table(printer, "host requests_today waits_until why", hosts);
        if shown.clone().any(|crawl| crawl.state != "finished") {
            printer.line("\n`crawler resume` goes on with what is unfinished.");
        }
        if !self.failed.is_empty() {
            printer.line("\n`crawler status --failed` names each failed page.");
        }
    }

    fn json(&self) -> Value {
        let crawls = self.crawls.iter().map(|c| {
            json!({
                "id": c.id, "site": c.site, "pool": c.pool, "target": c.target,
                "new_covers": c.new_covers, "state": c.state,
                "pages": { "waiting": c.waiting, "leased": c.leased, "done": c.done, "failed": c.failed },
            })
        });
        let waiting = self.hosts.iter().filter(|h| h.cooldown_until > self.now);
        let waiting = waiting.map(|h| {
            json!({ "host": h.name, "until": h.cooldown_until, "reason": h.reason, "refused": h.refused })
        });
        let hosts = self.hosts.iter().map(|h| of_today(h, self.now));
        let counts = |rows: &[(String, i64)]| rows.iter().cloned().collect::<BTreeMap<_, _>>();
        json!({
            "covers": self.overview.covers,
            "near_duplicates": self.overview.near_duplicates,
            "videos": self.overview.videos,
            "negative": self.overview.negatives,
            "positive": self.overview.positives,
            "image_bytes": self.overview.image_bytes,
            "resize_rules": counts(&self.rules),
            "failed": counts(&self.failed),
            "crawls": crawls.collect::<Vec<_>>(),
            "waiting": waiting.collect::<Vec<_>>(),
            "hosts": hosts.collect::<Vec<_>>(),
        })
    }
}

fn of_today(host: &Host, now: i64) -> Value {
    json!({ "host": host.name, "requests_of_day": today(host, now), "gap_ms": host.gap_ms() })
}

fn head(store: &Store, state: &State, printer: &Printer) {
    let overview = &state.overview;
    let size = std::fs::metadata(store.path()).map_or(0, |file| file.len());
    let mut rows = vec![
        (
            "database",
            format!("{}, {:.1} MB", store.path().display(), size as f64 / 1e6),
        ),
        (
            "covers",
            format!(
                "{}, {} of them near-duplicates ({:.1} MB of pictures)",
                thousands(overview.covers),
                thousands(overview.near_duplicates),
                overview.image_bytes as f64 / 1e6
            ),
        ),
        ("videos", thousands(overview.videos)),
        ("negatives", thousands(overview.negatives)),
        ("positives", thousands(overview.positives)),
    ];
    for (rule, count) in &state.rules {
        rows.push(("images made by", format!("{rule}, {}", thousands(*count))));
    }
    printer.table(&rows);
}

fn crawl(crawl: &Progress) -> Vec<String> {
    let done = (crawl.new_covers * BOXES / crawl.target.max(1)).clamp(0, BOXES);
    let bar: String = (0..BOXES)
        .map(|n| if n < done { '█' } else { '░' })
        .collect();
    vec![
        crawl.id.to_string(),
        crawl.site.clone(),
        crawl.pool.clone(),
        format!(
            "{bar} {}/{}",
            thousands(crawl.new_covers),
            thousands(crawl.target)
        ),
        thousands(crawl.waiting + crawl.leased),
        thousands(crawl.done),
        thousands(crawl.failed),
        crawl.state.clone(),
    ]
}

fn host(host: &Host, now: i64) -> Vec<String> {
    let waits = host.cooldown_until > now;
    let reason = host.reason.as_deref().unwrap_or("it asked for a pause");
    let (until, why) = match waits {
        true => (clock(host.cooldown_until, now), reason.to_owned()),
        false => Default::default(),
    };
    vec![
        host.name.clone(),
        thousands(today(host, now).into()),
        until,
        why,
    ]
}

/// Requests of the day in force.
fn today(host: &Host, now: i64) -> u32 {
    match host.day_from + DAY_MS > now {
        true => host.day_asked,
        false => 0,
    }
}

/// Columns under their heads, numbers to the right; nothing without rows.
fn table(printer: &Printer, heads: &str, rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let heads: Vec<String> = heads.split(' ').map(|h| h.replace('_', " ")).collect();
    let width = |n: usize| {
        let column = rows
            .iter()
            .chain([&heads])
            .map(|row| row[n].chars().count());
        column.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let numeric = |n: usize| {
        rows.iter()
            .all(|row| row[n].starts_with(|c: char| c.is_ascii_digit()))
    };
    let numbers: Vec<bool> = (0..heads.len()).map(numeric).collect();
    printer.line("");
    for row in [&heads].into_iter().chain(&rows) {
        let cells = row.iter().zip(&widths).zip(&numbers);
        let padded = cells.map(|((cell, &width), &number)| {
            let pad = " ".repeat(width - cell.chars().count());
            if number {
                format!("{pad}{cell}")
            } else {
                format!("{cell}{pad}")
            }
        });
        printer.line(padded.collect::<Vec<_>>().join("  ").trim_end());
    }
}
