//! What rounds leave: removed by rule, a little at a time, so that a thousand of them fill
//! neither disk nor database. The rounds themselves stay.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use cli::Result;
use store::training::{ModelRow, RunId};

use crate::error::Error;
use crate::session::Session;

/// Models promoted last that can be gone back to, with their runs.
const KEPT: usize = 3;
/// Scores removed in one transaction.
const PORTION: u32 = 5_000;

/// Removes what a killed round had made: nobody ever used it.
///
/// # Errors
/// What the database and the file system say.
pub async fn remove_leftovers(session: &Session) -> Result<()> {
    let store = &session.store;
    for left in store.rounds_left_over(session.topic).await? {
        store.forget_round(left.id).await?;
        if let Some(model) = left.model_id {
            forget_unused(session, model).await?;
        }
    }
    remove_unfinished(&session.models());
    Ok(())
}

/// What a killed process was writing: it bears its number, see [`crate::atomic`]. What
/// cannot be removed does no harm.
fn remove_unfinished(models: &Path) {
    let tells = fs::exists("/proc/self").unwrap_or(false);
    let entries = fs::read_dir(models).into_iter().flatten().flatten();
    for entry in entries.filter(|_| tells) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name
            .strip_suffix(".unfinished")
            .and_then(|rest| rest.rsplit('.').next()?.parse::<u32>().ok());
        if number.is_some_and(|number| !fs::exists(format!("/proc/{number}")).unwrap_or(true)) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What a probe's round, or a start, had made. A dear net that was trained is left to the next
/// round, and a model that was ever current stays.
async fn forget_unused(session: &Session, id: i64) -> Result<()> {
    let store = &session.store;
    let promoted = store.promoted_models(session.topic).await?;
    let models = store.models(session.topic).await?;
    let unused = models
        .iter()
        .find(|row| row.id == id && !promoted.contains(&id));
    let Some(model) = unused.filter(|row| is_of_watch(row)) else {
        return Ok(());
    };
    while store.forget_scores(id, PORTION).await? > 0 {}
    store.forget_model(id).await?;
    remove_file(session, model)?;
    if let Some(run) = model.run_id {
        store.forget_run(RunId::named(run)).await?;
    }
    Ok(())
}

/// Removes one thing that is no longer needed; whether there was one.
///
/// # Errors
/// What the database and the file system say.
pub async fn portion(session: &Session) -> Result<bool> {
    let store = &session.store;
    for model in store.models_with_stale_scores(session.topic).await? {
        if store.forget_scores(model, PORTION).await? > 0 {
            return Ok(true);
        }
    }
    let models = store.models(session.topic).await?;
    let promoted = store.promoted_models(session.topic).await?;
    let kept: HashSet<i64> = promoted.into_iter().take(KEPT).collect();
    let is_kept = |model: &&ModelRow| kept.contains(&model.id);
    let needed: HashSet<i64> = models
        .iter()
        .filter(is_kept)
        .filter_map(|model| model.run_id)
        .collect();
    let ours: HashSet<i64> = store
        .runs_of_rounds(session.topic)
        .await?
        .into_iter()
        .collect();
    for model in models.iter().filter(|model| !kept.contains(&model.id)) {
        // Of rounds alone: what a person fitted is a person's to prune.
        if model.run_id.is_none_or(|run| ours.contains(&run)) && is_of_watch(model) {
            remove_file(session, model)?;
        }
    }
    for run in store.runs(session.topic, u32::MAX).await? {
        let number = run.id.number();
        if run.recipe == "watch" && ours.contains(&number) && !needed.contains(&number) {
            store.forget_run(run.id).await?;
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_of_watch(model: &ModelRow) -> bool {
    let config: Option<serde_json::Value> = serde_json::from_str(&model.config).ok();
    config.is_some_and(|config| config["watch"].is_object() || config["start"].is_object())
}

fn remove_file(session: &Session, model: &ModelRow) -> Result<(), Error> {
    let path = session.model_file(&model.name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Error::file(&path)(error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_process_was_writing_goes_and_what_a_living_one_writes_stays() {
        let home = tempfile::tempdir().expect("a directory");
        let living = format!("m.safetensors.{}.unfinished", std::process::id());
        // Above the largest number that Linux gives.
        let dead = "m.safetensors.4194999.unfinished";
        for name in [&living, dead, "m.safetensors", "x.unfinished"] {
            fs::create_dir(home.path().join(name)).expect("a writable place");
            fs::write(home.path().join(name).join("whole"), b"").expect("a writable place");
        }
        remove_unfinished(home.path());
        let left = fs::read_dir(home.path()).expect("readable").count();
        assert_eq!(left, 3);
        assert!(!home.path().join(dead).exists());
    }
}
