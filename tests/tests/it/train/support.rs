//! What the trainer's tests share.

use std::path::Path;

use serde_json::Value;
use tests::programs::{Output, Programs};

use crate::covers::{fill, keep_all};

/// A small net, two short folds: enough for every row and file to be there.
pub const SMALL: [&str; 6] = ["--net", "resnet", "--folds", "2", "--epochs", "2"];

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Covers of both pools, `labeled` of each decided.
pub fn with_covers(count: u64, labeled: usize) -> Programs {
    let programs = Programs::get();
    for (pool, cats) in [("negative", false), ("positive", true)] {
        let folder = programs.home().join(pool);
        let files = fill(&folder, count, cats);
        done(programs.run("crawler", ["import", text(&folder), "--pool", pool]));
        let list = programs.home().join(format!("{pool}.csv"));
        keep_all(&list, &files[..labeled]);
        done(programs.run("labeler", ["import", text(&list)]));
    }
    programs
}

pub fn done(output: Output) -> Output {
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    output
}

pub fn trainer(programs: &Programs, args: &[&str]) -> Output {
    programs.run("trainer", args)
}

/// The object that a command prints.
pub fn object(programs: &Programs, args: &[&str]) -> Value {
    done(trainer(programs, &[args, &["--json"]].concat()))
        .json
        .unwrap()
}

/// What does not depend on the clock: everything but seconds.
pub fn without_seconds(mut result: Value) -> Value {
    let object = result.as_object_mut().unwrap();
    object.remove("seconds");
    for fold in object["folds"].as_array_mut().unwrap() {
        fold.as_object_mut().unwrap().remove("seconds");
    }
    result
}

pub fn count_of_files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}
