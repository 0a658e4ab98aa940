//! `weights import`: the published file of a pretrained net, read with care, kept as
//! safetensors.

use std::path::Path;

use cli::{Outcome, Result};
use serde_json::json;

use crate::backbone;
use crate::session::Session;

/// Imports and tells where.
///
/// # Errors
/// Any file but the published one.
pub fn import(session: &Session, file: &Path) -> Result<Outcome> {
    let kept = backbone::import(file, &session.models())?;
    let path = kept.display().to_string();
    session.printer.table(&[
        ("net", "efficientnet-lite0".into()),
        ("weights", path.clone()),
    ]);
    Ok(Outcome::done(json!({
        "net": "efficientnet-lite0",
        "file": path,
        "source_sha256": backbone::SOURCE_SHA256,
    })))
}
