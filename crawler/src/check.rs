//! `sites` and `verify`: what could be crawled, and whether what is there is whole.

use cli::{Exit, Outcome, Printer, Result, Stop};
use serde_json::json;
use store::Store;
use store::cover::Stored;

use crate::site::{Profile, SITES, profile};

/// Covers a read: small, because a long read starves WAL checkpoints.
const CHUNK: u32 = 128;

/// Prints what can be crawled: what is built in, and the profiles beside the database.
pub fn sites(store: &Store, printer: &Printer) -> Outcome {
    let built_in =
        SITES.map(|(name, what, how)| (name.to_owned(), what.to_owned(), how.to_owned()));
    let mut sites = Vec::from(built_in);
    for read in profile::all(store.folder()) {
        match read {
            Ok(profile) => sites.push(described(&profile)),
            Err(failure) => printer.warn(failure.message),
        }
    }
    for (name, what, how) in &sites {
        printer.line(format!("{name:22}{what}\n{:22}{how}", ""));
    }
    let object = |(name, what, how)| json!({ "name": name, "what": what, "how": how });
    Outcome::done(json!({ "sites": sites.into_iter().map(object).collect::<Vec<_>>() }))
}

fn described(profile: &Profile) -> (String, String, String) {
    let ways = [
        (profile.random.is_some(), "--random"),
        (profile.search.is_some(), "--search"),
        (
            profile.video.related.is_some(),
            "--related-to with --keyword",
        ),
    ];
    let ways: Vec<_> = ways.iter().filter(|way| way.0).map(|way| way.1).collect();
    let seconds = profile.pace_ms as f64 / 1000.0;
    (
        format!("html:{}", profile.name),
        profile.about.clone(),
        format!(
            "{}; {seconds} to {} s a request",
            ways.join(", "),
            seconds * 1.5
        ),
    )
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
    let (Some(image), Some(preview)) = (&cover.image, &cover.preview) else {
        return Some("it has no image");
    };
    if cover::sha256(image)[..] != cover.image_sha256[..] {
        return Some("its image does not match its hash");
    }
    if cover::decode_image(image).is_err() {
        return Some("its image does not decode");
    }
    if cover::scaled_preview(preview, |width, height| (width, height)).is_err() {
        return Some("its preview does not decode");
    }
    let original = cover.original.as_deref()?;
    (cover::sha256(original)[..] != cover.sha256[..])
        .then_some("its original does not match its hash")
}
