//! `crawler import`: what a folder becomes, what it survives, what it refuses.

use std::path::Path;

use serde_json::json;
use sqlx::Connection;
use tests::programs::{Output, Programs, until};

use crate::covers::{fill, fill_again};

fn import(programs: &Programs, folder: &Path, pool: &str) -> Output {
    let folder = folder.to_str().unwrap();
    programs.run("crawler", ["import", folder, "--pool", pool, "--json"])
}

fn status(programs: &Programs) -> serde_json::Value {
    programs.run("crawler", ["status", "--json"]).json.unwrap()
}

/// Bytes of the database with its log: they grow with every commit.
fn written(programs: &Programs) -> u64 {
    ["whisker.db", "whisker.db-wal"]
        .iter()
        .filter_map(|name| std::fs::metadata(programs.home().join(name)).ok())
        .map(|file| file.len())
        .sum()
}

#[test]
fn an_import_killed_three_times_ends_with_every_cover_whole_and_once() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    fill(&folder, 320, false);
    let mut before = 0;
    for _ in 0..3 {
        let args = ["import", folder.to_str().unwrap(), "--pool", "negative"];
        let running = programs.spawn("crawler", args);
        // A batch is about 5 MB; the last one is always still to come.
        let enough = written(&programs).max(1) + 3_000_000;
        until(|| written(&programs) >= enough || before >= 256);
        running.kill();
        let verified = programs.run("crawler", ["verify", "--json"]);
        assert_eq!(verified.code, 0, "{}", verified.stderr);
        let covers = status(&programs)["covers"].as_u64().unwrap();
        assert!(covers >= before, "{covers} covers after {before}");
        before = covers;
    }
    let last = import(&programs, &folder, "negative");
    assert_eq!(last.code, 0, "{}", last.stderr);
    let summary = last.json.unwrap();
    assert_eq!(summary["new_covers"], 320 - before);
    assert_eq!(summary["duplicates"], before);
    assert_eq!(summary["pages_left"], 0);
    assert_eq!(status(&programs)["negative"], 320);
    assert_eq!(
        programs.run("crawler", ["verify", "--json"]).json.unwrap()["checked"],
        320
    );
}

#[test]
fn a_second_import_of_the_same_folder_adds_nothing() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    fill(&folder, 8, true);
    assert_eq!(
        import(&programs, &folder, "positive").json.unwrap()["new_covers"],
        8
    );
    let again = import(&programs, &folder, "positive").json.unwrap();
    assert_eq!(
        (&again["new_covers"], &again["duplicates"]),
        (&json!(0), &json!(8))
    );
}

#[test]
fn covers_uploaded_again_are_grouped_with_the_first() {
    let programs = Programs::get();
    let (first, again) = (programs.home().join("a"), programs.home().join("b"));
    fill(&first, 30, false);
    fill_again(&again, 30, false);
    import(&programs, &first, "negative");
    import(&programs, &again, "negative");
    let status = status(&programs);
    assert_eq!(status["covers"], 60);
    let grouped = status["near_duplicates"].as_u64().unwrap();
    assert!(
        (28..=32).contains(&grouped),
        "{grouped} of 30 re-uploads were grouped"
    );
}

#[test]
fn a_bad_picture_is_counted_by_class_and_ends_nothing() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    let good = fill(&folder, 3, false);
    std::fs::write(folder.join("letter.jpg"), "Dear cat,").unwrap();
    let whole = std::fs::read(&good[0]).unwrap();
    std::fs::write(folder.join("half.jpg"), &whole[..whole.len() / 2]).unwrap();
    std::fs::write(folder.join("empty.png"), "").unwrap();
    let done = import(&programs, &folder, "negative");
    assert_eq!(done.code, 4, "{}", done.stderr);
    let summary = done.json.unwrap();
    assert_eq!(
        summary["failed"],
        json!({ "not-an-image": 2, "truncated": 1 })
    );
    assert_eq!(summary["new_covers"], 3);
    // The reason is a row: a later `status` still knows.
    assert_eq!(
        status(&programs)["failed"],
        json!({ "not-an-image": 2, "truncated": 1 })
    );
}

#[test]
fn ctrl_c_saves_what_is_in_hand_and_the_same_command_goes_on() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    fill(&folder, 320, false);
    let args = [
        "import",
        folder.to_str().unwrap(),
        "--pool",
        "negative",
        "--json",
    ];
    let running = programs.spawn("crawler", args);
    until(|| written(&programs) >= 1_000_000);
    running.interrupt();
    let stopped = running.wait();
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let summary = stopped.json.unwrap();
    let (new, left) = (
        summary["new_covers"].as_u64().unwrap(),
        summary["pages_left"].as_u64().unwrap(),
    );
    assert_eq!(new + left, 320);
    assert_eq!(status(&programs)["negative"], new);
    assert_eq!(
        import(&programs, &folder, "negative").json.unwrap()["new_covers"],
        left
    );
}

#[test]
fn bad_input_is_a_sentence_with_exit_2() {
    let programs = Programs::get();
    std::fs::create_dir(programs.home().join("empty")).unwrap();
    std::fs::write(programs.home().join("list.csv"), "picture\na.jpg\n").unwrap();
    let cases: [(&[&str], &str); 6] = [
        (
            &["import", "nowhere", "--pool", "negative"],
            "there is no file or folder nowhere",
        ),
        (
            &["import", "empty", "--pool", "negative"],
            "no pictures in empty",
        ),
        (
            &["import", "list.csv", "--pool", "negative"],
            "no column named file",
        ),
        (&["import", "empty"], "--pool"),
        (
            &["status", "--database", "postgres://me:secret@host/db"],
            "PostgreSQL is not built yet",
        ),
        (
            &["status", "--topic", ""],
            "a topic's name has 1 to 64 characters",
        ),
    ];
    for (args, expected) in cases {
        let plain = programs.run("crawler", args);
        assert_eq!(plain.code, 2, "{args:?}: {}", plain.stderr);
        assert!(
            plain.stderr.contains(expected),
            "{args:?}: {}",
            plain.stderr
        );
        assert!(!plain.stderr.contains("panicked") && !plain.stderr.contains("secret"));
        let scripted = programs.run("crawler", args.iter().chain(&["--json"]));
        let error = scripted.json.unwrap()["error"].as_str().unwrap().to_owned();
        assert!(error.contains(expected), "{args:?}: {error}");
    }
}

#[test]
fn a_damaged_database_is_named_and_left_alone() {
    let programs = Programs::get();
    let text = "not a database at all, but long enough to be read as a page ".repeat(20);
    std::fs::write(programs.home().join("whisker.db"), &text).unwrap();
    let refused = programs.run("crawler", ["status"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(
        refused.stderr.contains("is not a Whisker database"),
        "{}",
        refused.stderr
    );
    assert_eq!(
        std::fs::read_to_string(programs.home().join("whisker.db")).unwrap(),
        text
    );
}

#[test]
fn a_disk_that_takes_no_more_ends_an_import_with_a_sentence_and_what_was_stored_is_whole() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    fill(&folder, 160, false);
    let args = ["import", folder.to_str().unwrap(), "--pool", "negative"];
    // A batch of 64 covers is about 5 MB of log.
    let limited = programs.run_with_files_below(8_000_000, "crawler", args);
    assert_eq!(limited.code, 1, "{}", limited.stderr);
    assert!(limited.stderr.contains("the disk"), "{}", limited.stderr);
    assert!(
        limited.stderr.contains("same command again"),
        "{}",
        limited.stderr
    );
    let verified = programs.run("crawler", ["verify", "--json"]);
    assert_eq!(verified.code, 0, "{}", verified.stderr);
    let stored = status(&programs)["covers"].as_u64().unwrap();
    assert!(stored < 160, "{stored}");
    let rest = import(&programs, &folder, "negative").json.unwrap();
    assert_eq!(rest["new_covers"], 160 - stored);
    assert_eq!(status(&programs)["negative"], 160);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_another_program_keeps_locked_ends_an_import_with_a_sentence_and_loses_nothing()
 {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    fill(&folder, 3, false);
    status(&programs);
    let mut other = sqlx::SqliteConnection::connect(&programs.database())
        .await
        .unwrap();
    sqlx::query("begin immediate")
        .execute(&mut other)
        .await
        .unwrap();
    let locked = tokio::task::block_in_place(|| import(&programs, &folder, "negative"));
    assert_eq!(locked.code, 1, "{}", locked.stderr);
    let said = locked.json.unwrap()["error"].as_str().unwrap().to_owned();
    assert!(said.contains("another program has been writing"), "{said}");
    sqlx::query("commit").execute(&mut other).await.unwrap();
    other.close().await.unwrap();
    let free = import(&programs, &folder, "negative");
    assert_eq!(
        (free.code, &free.json.unwrap()["new_covers"]),
        (0, &json!(3))
    );
}

#[test]
fn a_folder_that_may_not_be_read_costs_itself_alone() {
    use std::os::unix::fs::PermissionsExt;
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    fill(&folder.join("a"), 1, true);
    fill(&folder.join("z"), 2, false);
    let locked = folder.join("lost+found");
    std::fs::create_dir(&locked).unwrap();
    let may = |mode| std::fs::set_permissions(&locked, PermissionsExt::from_mode(mode)).unwrap();
    may(0o000);
    let args = [
        "import",
        folder.to_str().unwrap(),
        "--pool",
        "positive",
        "--json",
    ];
    let output = programs.run_unprivileged("crawler", &args);
    may(0o755);
    assert_eq!(output.code, 4, "{}", output.stderr);
    let summary = output.json.unwrap();
    assert_eq!(summary["new_covers"], 3);
    assert_eq!(summary["failed"], json!({ "unreadable": 1 }));
    let failure = &summary["failures"]["unreadable"][0];
    assert_eq!(failure["item"], locked.to_str().unwrap());
}

#[test]
fn what_is_left_out_of_a_folder_is_told_by_kind() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    let files = fill(&folder, 3, true);
    std::fs::rename(&files[1], folder.join("1.jpg_large")).unwrap();
    std::fs::rename(&files[2], folder.join("IMG_2.HEIC")).unwrap();
    std::fs::write(folder.join("notes.txt"), "cats").unwrap();
    std::fs::write(folder.join("._0000.jpg"), "what a Mac knows of it").unwrap();
    let args = ["import", folder.to_str().unwrap(), "--pool", "positive"];
    let told = programs.run("crawler", args);
    assert_eq!(told.code, 0, "{}", told.stderr);
    assert!(
        told.stdout.contains("1 HEIC, 1 other files"),
        "{}",
        told.stdout
    );
    let summary = import(&programs, &folder, "positive").json.unwrap();
    assert_eq!(summary["duplicates"], 2);
    assert_eq!(summary["left_out"], json!({ "HEIC": 1, "other files": 1 }));
}

#[test]
fn files_whose_names_are_not_utf_8_are_told_apart() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    let files = fill(&folder, 2, true);
    for (file, byte) in files.iter().zip([b"\xfe.jpg", b"\xff.jpg"]) {
        std::fs::rename(file, folder.join(OsStr::from_bytes(byte))).unwrap();
    }
    let summary = import(&programs, &folder, "positive").json.unwrap();
    assert_eq!(summary["new_covers"], 2);
    assert_eq!(status(&programs)["videos"], 2);
    let mut out = OsString::from("out");
    out.push(OsStr::from_bytes(b"\xe9"));
    let flags = ["--all", "--json"].map(OsString::from);
    let args = [OsString::from("export"), out].into_iter().chain(flags);
    let exported = programs.run("crawler", args);
    assert_eq!(exported.code, 0, "{}", exported.stderr);
    assert_eq!(exported.json.unwrap()["unlabeled"], 2);
}

#[test]
fn failures_are_told_by_name_in_every_place() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    std::fs::create_dir(&folder).unwrap();
    for n in 0..30 {
        std::fs::write(folder.join(format!("{n:02}.jpg")), "junk").unwrap();
    }
    let output = import(&programs, &folder, "positive");
    assert_eq!(output.code, 4);
    for n in 0..30 {
        assert!(output.stderr.contains(&format!("/{n:02}.jpg: ")), "{n}");
    }
    let summary = output.json.unwrap();
    assert_eq!(summary["failed"], json!({ "not-an-image": 30 }));
    let named = summary["failures"]["not-an-image"].as_array().unwrap();
    assert_eq!(named.len(), 20, "the first of each class");
    let told = programs.run("crawler", ["status", "--failed"]).stdout;
    assert_eq!(told.matches(".jpg: this is not a picture").count(), 30);
    let args = ["status", "--failed", "--json"];
    let status = programs.run("crawler", args).json.unwrap();
    assert_eq!(status["failed"], json!({ "not-an-image": 30 }));
    let named = status["failures"]["not-an-image"].as_array().unwrap();
    assert_eq!(named.len(), 20);
}
