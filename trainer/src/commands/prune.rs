//! `prune`: frees the disk of weights and reports that nobody needs. Rows stay: what a run
//! predicted can be told again, and a model made again.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use cli::{Outcome, Result};
use serde_json::json;
use store::training::{ModelRow, RunId, RunRow, RunState};

use crate::error::Error;
use crate::session::Session;

/// Removes, or with `dry` only tells, what the rule gives up.
///
/// # Errors
/// What the database and the file system say.
pub async fn run(session: &Session, keep: usize, dry: bool) -> Result<Outcome> {
    let store = &session.store;
    let models = store.models(session.topic).await?;
    let promoted = store.promoted_models(session.topic).await?;
    let runs = store.runs(session.topic, u32::MAX).await?;
    let given_up = GivenUp::by_rule(&models, &promoted, &runs, keep);
    let mut freed = Freed::default();
    for name in &given_up.models {
        freed.file(&session.model_file(name), dry)?;
    }
    for run in &given_up.runs {
        let weights = session.models().join(format!("run-{}", run.number()));
        freed.folder(&weights, dry)?;
        freed.folder(&session.report_folder(run.number()), dry)?;
        if !dry {
            store.forget_fold_weights(*run).await?;
        }
    }
    session.printer.table(&freed.rows(dry));
    let removed: Vec<_> = freed
        .paths
        .iter()
        .map(|path| path.to_string_lossy())
        .collect();
    Ok(Outcome::done(json!({
        "dry_run": dry,
        "removed": removed,
        "bytes": freed.bytes,
    })))
}

/// What is no longer needed.
#[derive(Debug, PartialEq, Eq)]
struct GivenUp {
    /// Models whose file goes.
    models: Vec<String>,
    /// Runs whose weights and reports go.
    runs: Vec<RunId>,
}

impl GivenUp {
    /// The rule: the models promoted last stay, `keep` of them, with the runs they follow;
    /// so do the newest runs, `keep` of them, and those that can be gone on with.
    fn by_rule(models: &[ModelRow], promoted: &[i64], runs: &[RunRow], keep: usize) -> GivenUp {
        let stays = |model: &&ModelRow| promoted.iter().take(keep).any(|id| *id == model.id);
        let needed: BTreeSet<i64> = models
            .iter()
            .filter(stays)
            .filter_map(|model| model.run_id)
            .collect();
        let is_needed =
            |run: &RunRow| run.state == RunState::Unfinished || needed.contains(&run.id.number());
        let old = runs.iter().skip(keep).filter(|run| !is_needed(run));
        GivenUp {
            models: models
                .iter()
                .filter(|model| !stays(model))
                .map(|model| model.name.clone())
                .collect(),
            runs: old.map(|run| run.id).collect(),
        }
    }
}

/// What was removed, or would be.
#[derive(Debug, Default)]
struct Freed {
    paths: Vec<PathBuf>,
    bytes: u64,
}

impl Freed {
    fn file(&mut self, path: &Path, dry: bool) -> Result<(), Error> {
        let size = match fs::metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(Error::file(path))?.len(),
        };
        self.add(path, size);
        match dry {
            true => Ok(()),
            false => fs::remove_file(path).map_err(Error::file(path)),
        }
    }

    fn folder(&mut self, path: &Path, dry: bool) -> Result<(), Error> {
        if !path.is_dir() {
            return Ok(());
        }
        let size = size_of(path).map_err(Error::file(path))?;
        self.add(path, size);
        match dry {
            true => Ok(()),
            false => fs::remove_dir_all(path).map_err(Error::file(path)),
        }
    }

    fn add(&mut self, path: &Path, size: u64) {
        self.paths.push(path.to_path_buf());
        self.bytes += size;
    }

    fn rows(&self, dry: bool) -> Vec<(&'static str, String)> {
        let verb = if dry { "would go" } else { "removed" };
        let mut rows: Vec<(&str, String)> = self
            .paths
            .iter()
            .map(|path| (verb, path.display().to_string()))
            .collect();
        rows.push(("freed", format!("{:.1} MB", self.bytes as f64 / 1e6)));
        rows
    }
}

fn size_of(folder: &Path) -> std::io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.file_type()?.is_dir() {
            true => size_of(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(id: i64, run: i64) -> ModelRow {
        ModelRow {
            id,
            name: format!("m{id}"),
            run_id: Some(run),
            net: "lenet".into(),
            config: "{}".into(),
            last_event: 0,
            created_at: 0,
        }
    }

    fn trained(number: i64, state: RunState) -> RunRow {
        RunRow {
            id: RunId::named(number),
            net: "lenet".into(),
            recipe: "modern".into(),
            config: "{}".into(),
            seed: 1,
            folds: 4,
            last_event: 0,
            code: String::new(),
            device: "cpu".into(),
            threads: 1,
            state,
            reason: None,
            created_at: 0,
            finished_at: None,
        }
    }

    #[test]
    fn the_models_promoted_last_stay_with_their_runs_and_so_do_the_newest_and_unfinished() {
        let models = [model(4, 9), model(3, 7), model(2, 5), model(1, 5)];
        let runs = [
            trained(9, RunState::Finished),
            trained(8, RunState::Failed),
            trained(7, RunState::Finished),
            trained(6, RunState::Unfinished),
            trained(5, RunState::Finished),
        ];
        // 2 is current, after 4; 3 and 1 were current once, or never.
        let given_up = GivenUp::by_rule(&models, &[2, 4, 3], &runs, 2);
        assert_eq!(given_up.models, ["m3", "m1"]);
        assert_eq!(given_up.runs, [RunId::named(7)]);
        let all = GivenUp::by_rule(&models, &[2, 4, 3], &runs, 9);
        assert_eq!(all.models, ["m1"]);
        assert!(all.runs.is_empty());
    }

    #[test]
    fn a_dry_run_counts_what_a_real_one_removes() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("run-3");
        fs::create_dir_all(folder.join("in")).expect("writable");
        for (name, size) in [("a", 10), ("in/b", 5)] {
            fs::write(folder.join(name), vec![0; size]).expect("writable");
        }
        let missing = home.path().join("missing");
        for dry in [true, false] {
            let mut freed = Freed::default();
            freed.folder(&folder, dry).expect("readable");
            freed.file(&missing, dry).expect("nothing to do");
            assert_eq!((freed.bytes, freed.paths.len()), (15, 1));
            assert_eq!(folder.exists(), dry);
        }
    }
}
