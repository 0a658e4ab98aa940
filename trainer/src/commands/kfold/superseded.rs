//! Weights of folds that nobody needs any more.

use std::collections::BTreeSet;
use std::fs;

use cli::Result;
use store::training::{RunId, RunState};

use super::checkpoints;
use crate::session::Session;

/// The rule: weights of folds are kept for the newest finished run of a topic only. They
/// are large, and what they predicted is stored.
///
/// # Errors
/// What the database and the file system say.
pub async fn remove(session: &Session, newest: RunId) -> Result<()> {
    for run in session.store.runs(session.topic, u32::MAX).await? {
        if run.id.number() >= newest.number() || run.state == RunState::Unfinished {
            continue;
        }
        let folds = session.store.folds(run.id).await?;
        let names: BTreeSet<String> = folds.into_iter().filter_map(|fold| fold.weights).collect();
        if names.is_empty() {
            continue;
        }
        for name in &names {
            checkpoints::remove(&session.model_file(name))?;
        }
        // Only when it is empty: a user's own file there stays.
        let _ = fs::remove_dir(session.models().join(format!("run-{}", run.id.number())));
        session.store.forget_fold_weights(run.id).await?;
    }
    Ok(())
}
