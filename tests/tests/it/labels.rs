//! `labeler import`, `export` and `stats`.

use std::path::Path;

use serde_json::json;
use tests::programs::Programs;

use crate::covers::{fill, keep_all};

fn with_covers(folder: &Path) -> Programs {
    let programs = Programs::get();
    let done = programs.run(
        "crawler",
        ["import", folder.to_str().unwrap(), "--pool", "negative"],
    );
    assert_eq!(done.code, 0, "{}", done.stderr);
    programs
}

#[test]
fn decisions_leave_one_database_and_enter_another_as_the_same_events() {
    let shared = tempfile::tempdir().unwrap();
    let files = fill(shared.path(), 6, false);
    let (one, other) = (with_covers(shared.path()), with_covers(shared.path()));
    keep_all(&one.home().join("d.csv"), &files[..4]);
    let changed = format!("file,decision\n{},reject\n", files[1].display());
    std::fs::write(one.home().join("e.csv"), changed).unwrap();
    for (list, added) in [("d.csv", 4), ("d.csv", 0), ("e.csv", 1)] {
        let done = one.run(
            "labeler",
            ["import", list, "--annotator", "mia 喵", "--json"],
        );
        assert_eq!(done.json.unwrap()["added"], added, "{list}");
    }
    for format in ["csv", "jsonl"] {
        let exported = one.run("labeler", ["export", "--format", format]).stdout;
        let file = other.home().join(format!("events.{format}"));
        std::fs::write(&file, &exported).unwrap();
        let done = other.run("labeler", ["import", file.to_str().unwrap(), "--json"]);
        assert_eq!(done.code, 0, "{}", done.stderr);
        assert_eq!(
            other.run("labeler", ["export", "--format", format]).stdout,
            exported
        );
    }
    let stats = other.run("labeler", ["stats", "--json"]).json.unwrap();
    let row = |decision: &str, covers: u32| json!({ "pool": "negative", "decision": decision, "covers": covers });
    assert_eq!(
        stats["covers"],
        json!([row("keep", 3), row("reject", 1), row("undecided", 2)])
    );
}

#[test]
fn rows_that_mean_nothing_are_told_by_line_and_the_rest_is_imported() {
    let shared = tempfile::tempdir().unwrap();
    let files = fill(shared.path(), 1, false);
    let programs = with_covers(shared.path());
    let rows = format!(
        "file,decision\n{},keep\nnowhere.jpg,keep\n{},perhaps\n",
        files[0].display(),
        files[0].display()
    );
    std::fs::write(programs.home().join("d.csv"), rows).unwrap();
    let done = programs.run("labeler", ["import", "d.csv", "--json"]);
    assert_eq!(done.code, 4);
    assert_eq!(
        done.json.unwrap(),
        json!({ "added": 1, "known": 0, "failed": 2 })
    );
    assert!(
        done.stderr.contains("line 3: no such cover"),
        "{}",
        done.stderr
    );
    assert!(
        done.stderr.contains("line 4: `perhaps` is no decision"),
        "{}",
        done.stderr
    );
}

#[test]
fn bad_input_is_a_sentence_with_exit_2() {
    let programs = Programs::get();
    std::fs::write(programs.home().join("d.txt"), "").unwrap();
    for (args, expected) in [
        (["import", "nowhere.csv"], "nowhere.csv cannot be read"),
        (["import", "d.txt"], "ends in neither .csv nor .jsonl"),
    ] {
        let refused = programs.run("labeler", args);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains(expected), "{}", refused.stderr);
    }
}
