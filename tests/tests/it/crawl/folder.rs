//! `export` and `resize`: covers for other tools, and images made again.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tests::programs::Programs;

use crate::covers::{fill, keep_all};

/// Every file with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        for entry in std::fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap();
                found.insert(name.display().to_string(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn rows(folder: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("metadata.jsonl")).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Three cats, all kept, and four others, of which two are kept.
fn labeled(flags: &[&str]) -> Programs {
    let programs = Programs::get();
    for (name, count, cats, pool, kept) in [
        ("cats", 3, true, "positive", 3),
        ("others", 4, false, "negative", 2),
    ] {
        let folder = programs.home().join(name);
        let covers = fill(&folder, count, cats);
        let import = ["import", name, "--pool", pool, "--json"];
        let output = programs.run("crawler", import.iter().chain(flags));
        assert_eq!(output.code, 0, "{}", output.stderr);
        let list = programs.home().join(format!("{name}.csv"));
        keep_all(&list, &covers[..kept]);
        let list = list.to_str().unwrap();
        assert_eq!(programs.run("labeler", ["import", list]).code, 0);
    }
    programs
}

#[test]
fn an_export_is_an_image_folder_with_labels_and_the_same_again() {
    let programs = labeled(&[]);
    let out = programs.home().join("out");
    let export =
        |flags: &[&str]| programs.run("crawler", ["export", "out", "--json"].iter().chain(flags));
    let json = export(&[]).json.unwrap();
    assert_eq!(
        (&json["positive"], &json["negative"]),
        (&json!(3), &json!(2))
    );
    let first = files(&out);
    assert_eq!(first.len(), 5 + 1);
    for row in rows(&out) {
        let name = row["file_name"].as_str().unwrap();
        assert!(first.contains_key(name), "{name}");
        assert_eq!(row["label"] == 1, row["pool"] == "positive");
        assert!(row["url"].as_str().unwrap().starts_with("file:///"));
    }
    // Killed in the middle, the same command writes what is missing.
    let lost = first.keys().next().unwrap();
    std::fs::remove_file(out.join(lost)).unwrap();
    std::fs::write(out.join(format!("{lost}.part")), "half").unwrap();
    assert_eq!(export(&[]).json.unwrap()["written"], 1);
    assert_eq!(files(&out), first);
    // With other labels, and back: nothing is left over.
    assert_eq!(export(&["--all"]).json.unwrap()["unlabeled"], 2);
    assert_eq!(files(&out).len(), 7 + 1);
    assert_eq!(
        export(&["--trust-undecided", "both"]).json.unwrap()["negative"],
        4
    );
    export(&[]);
    assert_eq!(files(&out), first);
}

#[test]
fn originals_are_exported_where_they_were_kept() {
    let programs = labeled(&["--keep-originals"]);
    let output = programs.run(
        "crawler",
        ["export", "out", "--picture", "original", "--json"],
    );
    assert_eq!(output.code, 0, "{}", output.stderr);
    let mut exported: Vec<_> = files(&programs.home().join("out")).into_values().collect();
    let cats = files(&programs.home().join("cats"));
    exported.retain(|bytes| cats.values().any(|cat| cat == bytes));
    assert_eq!(exported.len(), 3, "byte for byte");

    let without = labeled(&[]);
    let output = without.run(
        "crawler",
        ["export", "out", "--picture", "original", "--json"],
    );
    assert_eq!(
        (output.code, &output.json.unwrap()["without_original"]),
        (4, &json!(5))
    );
}

#[test]
fn a_folder_of_something_else_is_left_alone() {
    let programs = labeled(&[]);
    let output = programs.run("crawler", ["export", "cats"]);
    assert_eq!(output.code, 2);
    assert!(
        output.stderr.contains("something else"),
        "{}",
        output.stderr
    );
    assert_eq!(files(&programs.home().join("cats")).len(), 3);
}

#[test]
fn images_are_made_again_by_another_rule_and_back() {
    let programs = labeled(&["--keep-originals"]);
    let images = || {
        programs.run("crawler", ["export", "out", "--all"]);
        files(&programs.home().join("out"))
    };
    let before = images();
    let resize = |rule: &str| programs.run("crawler", ["resize", rule, "--json"]);
    assert_eq!(resize("default").json.unwrap()["remade"], 0);
    let output = resize("article");
    assert_eq!(
        (output.code, &output.json.unwrap()["remade"]),
        (0, &json!(7))
    );
    let after = images();
    assert!(before.keys().eq(after.keys()), "the covers are the same");
    assert!(
        before
            .iter()
            .all(|(name, bytes)| name == "metadata.jsonl" || after[name] != *bytes)
    );
    assert_eq!(programs.run("crawler", ["verify", "--json"]).code, 0);
    let status = programs.run("crawler", ["status", "--json"]).json.unwrap();
    assert_eq!(
        status["resize_rules"],
        json!({ "turbojpeg/plain-bilinear/stretch/q100-420": 7 })
    );
    resize("default");
    assert_eq!(images(), before);
}

#[test]
fn covers_without_their_bytes_keep_their_images() {
    let programs = labeled(&[]);
    let output = programs.run("crawler", ["resize", "article", "--json"]);
    let json = output.json.unwrap();
    assert_eq!(
        (&json["remade"], &json["without_original"]),
        (&json!(0), &json!(7))
    );
    assert!(
        output.stderr.contains("--keep-originals"),
        "{}",
        output.stderr
    );
    assert_eq!(programs.run("crawler", ["resize", "fancy"]).code, 2);
}
