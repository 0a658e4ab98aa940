//! What becomes of a program whose output nobody takes, or that is asked to stop.

use std::path::Path;

use tests::programs::{Into, Programs, until};

use crate::covers::{fill, keep_all};

/// A device that takes nothing, as a full disk does.
const FULL: &str = "/dev/full";

#[test]
fn what_cannot_be_written_is_a_failure_and_a_failed_command_stays_failed() {
    let programs = Programs::get();
    let into = Into::Stdout(Path::new(FULL));
    for (program, args, code) in [
        ("crawler", &["status", "--json"][..], 1),
        ("crawler", &["status"], 1),
        ("labeler", &["stats"], 1),
        ("trainer", &["nets"], 1),
        ("trainer", &["--help"], 1),
        (
            "crawler",
            &["import", "/nowhere", "--pool", "positive", "--json"],
            2,
        ),
        ("crawler", &["paint", "--json"], 2),
    ] {
        let output = programs.run_into(into, program, args);
        assert_eq!(output.code, code, "{program} {args:?}: {}", output.stderr);
        assert!(output.stderr.contains("No space left"), "{}", output.stderr);
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    }
}

#[test]
fn a_reader_who_has_left_changes_neither_the_work_nor_the_exit_code() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    fill(&folder, 4, true);
    for junk in 0..50 {
        std::fs::write(folder.join(format!("{junk}.jpg")), "junk").unwrap();
    }
    let folder = folder.to_str().unwrap();
    let import = ["import", folder, "--pool", "positive", "-v"];
    for into in [
        Into::ClosedStderr,
        Into::Stderr(Path::new(FULL)),
        Into::ClosedStdout,
    ] {
        assert_eq!(
            programs.run_into(into, "crawler", &import).code,
            4,
            "{into:?}"
        );
    }
    let status = programs.run("crawler", ["status", "--json"]).json.unwrap();
    assert_eq!(status["positive"], 4);
    let into = Into::ClosedStdout;
    for (args, code) in [
        (&["status", "--json"][..], 0),
        (&["import", "/nowhere", "--pool", "positive"], 2),
        (&["import", "/nowhere", "--pool", "positive", "--json"], 2),
    ] {
        assert_eq!(
            programs.run_into(into, "crawler", args).code,
            code,
            "{args:?}"
        );
    }
}

#[test]
fn names_of_files_do_not_command_the_terminal() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("\u{1b}]0;owned\u{7}.jpg"), "junk").unwrap();
    let args = ["import", folder.to_str().unwrap(), "--pool", "positive"];
    let said = programs.run("crawler", args).stderr;
    assert!(said.contains("\\u{1b}]0;owned\\u{7}.jpg"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn an_import_of_labels_stops_when_it_is_asked_and_goes_on_where_it_was() {
    let programs = Programs::get();
    let folder = programs.home().join("covers");
    let files = fill(&folder, 2, true);
    let args = ["import", folder.to_str().unwrap(), "--pool", "positive"];
    assert_eq!(programs.run("crawler", args).code, 0);
    // Two covers, decided in turn so that each row is news.
    let row = |n: usize| {
        format!(
            "{},{}\n",
            files[n % 2].display(),
            ["keep", "reject"][n / 2 % 2]
        )
    };
    let rows: String = (0..60_000).map(row).collect();
    std::fs::write(
        programs.home().join("l.csv"),
        format!("file,decision\n{rows}"),
    )
    .unwrap();
    let log = programs.home().join("whisker.db-wal");
    let written = || std::fs::metadata(&log).map_or(0, |file| file.len());
    let running = programs.spawn("labeler", ["import", "l.csv", "--json"]);
    until(|| written() >= 1_000_000);
    running.interrupt();
    let stopped = running.wait();
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let (summary, total) = (stopped.json.unwrap(), 60_000);
    let left = summary["left"].as_u64().unwrap();
    assert!((1..total).contains(&left), "{summary}");
    assert_eq!(summary["added"].as_u64().unwrap() + left, total);

    keep_all(&programs.home().join("k.csv"), &files);
    let done = programs.run("labeler", ["import", "k.csv", "--json"]);
    assert_eq!(done.code, 0, "{}", done.stderr);
}

#[test]
fn a_benchmark_stops_when_it_is_asked_and_refuses_what_memory_cannot_hold() {
    let programs = Programs::get();
    let bench = ["bench", "--net", "resnet", "--json", "-v"];
    let endless = bench.iter().chain(&["--steps", "1000000"]);
    let running = programs.spawn("trainer", endless);
    wait_until_it_listens(running.id());
    running.interrupt();
    let stopped = running.wait();
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let huge = programs.run(
        "trainer",
        bench.iter().chain(&["--batch-size", "100000000"]),
    );
    let error = huge.json.unwrap()["error"].as_str().unwrap().to_owned();
    assert_eq!(huge.code, 2, "{error}");
    assert!(error.contains("smaller --batch-size"), "{error}");
    let many = programs.run("trainer", bench.iter().chain(&["--threads", "100000"]));
    assert_eq!(many.code, 2, "{}", many.stderr);
}

/// Until a process catches Ctrl-C: before that it would only end (`SigCgt` of proc(5)).
fn wait_until_it_listens(process: u32) {
    const SIGINT_BIT: u64 = 1 << (libc::SIGINT - 1);
    let status = format!("/proc/{process}/status");
    until(|| {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & SIGINT_BIT != 0)
    });
}

#[test]
fn on_a_full_disk_the_trainer_still_frees_it() {
    let programs = Programs::get();
    assert_eq!(programs.run("crawler", ["status"]).code, 0);
    // Less than the index beside a write-ahead log.
    let full = programs.run_with_files_below(16_384, "trainer", ["runs"]);
    assert_eq!(full.code, 1, "{}", full.stderr);
    assert!(full.stderr.contains("is full"), "{}", full.stderr);
    let pruned = programs.run_with_files_below(16_384, "trainer", ["prune", "--json"]);
    assert_eq!(pruned.code, 0, "{}", pruned.stderr);
}
