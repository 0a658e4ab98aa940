//! `resize`: the images of covers made again by another rule, of the bytes that were kept.
//!
//! A batch is one transaction, and what is left is what bears another rule: killed at any
//! moment, the same command goes on.

use std::collections::BTreeMap;

use cli::{Exit, Failure, Outcome, Printer, Result, Stop};
use cover::{Limits, Rule, hex, sha256};
use serde_json::json;
use store::Store;
use store::remake::{Original, Remade};

/// Covers a transaction: originals are large.
const BATCH: u32 = 32;

/// Makes every image again that was made by another rule.
///
/// # Errors
/// What the database says; bytes that make no cover any more are counted.
pub async fn run(store: &Store, rule: Rule, printer: &Printer, stop: &Stop) -> Result<Outcome> {
    let name = rule.to_string();
    let (total, without) = store.made_otherwise(&name).await?;
    let bar = printer.bar("resize", Some(total));
    let (mut after, mut remade, mut failed) = (0, 0, BTreeMap::new());
    while !stop.asked() {
        let batch = store.to_remake(&name, after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after = last.cover;
        let made = tokio::task::spawn_blocking(move || make_all(&batch, &rule)).await;
        let mut good = Vec::new();
        for one in made.map_err(Failure::failed)? {
            match one {
                Ok(one) => good.push(one),
                Err((cover, refusal)) => {
                    bar.println(format!("cover {cover}: {refusal}"));
                    *failed.entry(refusal.class()).or_insert(0_u64) += 1;
                }
            }
        }
        store.remake(&name, &good).await?;
        remade += good.len() as u64;
        bar.inc(good.len() as u64);
    }
    bar.finish();
    let failures: u64 = failed.values().sum();
    let left = total.saturating_sub(remade + failures);
    printer.table(&[
        ("rule", name.clone()),
        ("made again", remade.to_string()),
        ("failed", failures.to_string()),
        ("left", left.to_string()),
    ]);
    if without > 0 {
        printer.warn(format!(
            "{without} covers keep their images: their bytes were not kept\nImport or crawl with --keep-originals to be able to make images again."
        ));
    }
    let exit = match (stop.asked() && left > 0, failures) {
        (true, _) => Exit::Stopped,
        (false, 0) => Exit::Done,
        (false, _) => Exit::SomeFailed,
    };
    Ok(Outcome {
        exit,
        json: Some(json!({
            "rule": name, "remade": remade, "failed": failed, "left": left,
            "without_original": without,
        })),
    })
}

type Made = Result<Remade, (String, cover::Refusal)>;

/// On all cores.
fn make_all(batch: &[Original], rule: &Rule) -> Vec<Made> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let share = batch.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let parts: Vec<_> = batch
            .chunks(share)
            .map(|part| scope.spawn(|| part.iter().map(|one| make(one, rule)).collect::<Vec<_>>()))
            .collect();
        parts
            .into_iter()
            .flat_map(|part| part.join().expect("making a cover does not panic"))
            .collect()
    })
}

fn make(one: &Original, rule: &Rule) -> Made {
    let made = cover::make(&one.original, rule, &Limits::default());
    made.map(|cover| Remade {
        cover: one.cover,
        image: cover.image,
        image_sha256: cover.image_sha256,
    })
    .map_err(|refusal| (hex(&sha256(&one.original)), refusal))
}
