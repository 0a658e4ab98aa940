//! The URLs of lists go through the frontier, like the pages of any site.

use std::collections::HashSet;

use cli::{Printer, Result, Stop};
use store::cover::Seen;
use store::frontier::{Kind, KnownCover, NewPage};
use store::{Store, TopicId};
use url::Url;

use super::{Import, names};
use crate::manners;
use crate::origin::Bases;
use crate::run::{Asked, Begin, Options};
use crate::site::{Candidate, Mode, Nsfw, Site, web};
use crate::summary::Summary;

/// Fetches the pictures that lists name.
///
/// # Errors
/// Bad input, or what the database says.
pub(super) async fn import(
    store: &Store,
    topic: TopicId,
    import: &Import,
    urls: Vec<Url>,
    printer: &Printer,
    stop: &Stop,
) -> Result<Summary> {
    // Two addresses may differ in a fragment, which is no part of what is asked for.
    let mut seen = HashSet::new();
    let candidates = urls.iter().map(web::candidate);
    let candidates: Vec<_> = candidates
        .filter(|one| seen.insert(one.key.clone()))
        .collect();
    let begin = Begin {
        site: "web".to_owned(),
        pool: import.pool,
        asked: Asked {
            mode: Mode::List,
            keywords: Vec::new(),
            base_urls: import.manners.base_urls.clone(),
            lists: names(import),
            profile: None,
            nsfw: Nsfw::default(),
        },
        options: Options {
            contact: import.manners.contact.clone(),
            pace_ms: import.manners.pace,
            resize: import.rule.to_string(),
            keep_originals: import.keep_originals,
            daily_cap: import.manners.daily_cap,
            recheck: import.recheck,
        },
        target: u32::try_from(candidates.len()).unwrap_or(u32::MAX),
        seed: 0,
    };
    let id = begin.crawl(store, topic).await?;
    let site = Site::parse(&begin.site, Bases::parse(&begin.asked.base_urls)?)?;
    let pace = manners::pace(&site, import.manners.pace)?;
    let (mut pages, mut known) = (Vec::new(), Vec::new());
    for candidate in candidates {
        let seen = store.last_seen(&begin.site, &candidate.key).await?;
        let stays = |seen: &Seen| !import.recheck || seen.stays(&candidate.image_url, cli::now());
        match seen.filter(stays) {
            Some(seen) => known.push(KnownCover { cover: seen.cover }),
            None => pages.extend(listed(&site, pace, &candidate)),
        }
    }
    let mut summary = Summary::default();
    // A list that was planned before is not planned again: the crawl goes on.
    if let Some(brought) = store.plan(id, 0, &pages, &known, cli::now()).await? {
        summary.new_covers += u64::from(brought.new_covers);
        summary.duplicates += u64::from(brought.duplicates);
    }
    let crawl = store.crawl(id).await?;
    summary.merge(crate::run::work(store, vec![crawl], &import.manners, printer, stop).await?);
    Ok(summary)
}

fn listed(site: &Site, pace: Option<i64>, candidate: &Candidate) -> Option<NewPage> {
    let group = site.group(&Url::parse(&candidate.ask).ok()?);
    Some(NewPage {
        kind: Kind::Cover,
        url: candidate.ask.clone(),
        host: group.name,
        floor_ms: pace.unwrap_or(group.floor_ms),
        rank: 0,
        owner: None,
        context: serde_json::to_value(candidate).unwrap_or_default(),
    })
}
