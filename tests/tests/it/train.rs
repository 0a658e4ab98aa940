//! The trainer end to end: k-fold, fit, find, score, report; killed in mid-run; misfed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use tests::programs::{Output, Programs};

use crate::covers::{fill, keep_all};

/// A small net, two short folds: enough for every row and file to be there.
const SMALL: [&str; 6] = ["--net", "resnet", "--folds", "2", "--epochs", "2"];

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Covers of both pools, `labeled` of each decided.
fn with_covers(count: u64, labeled: usize) -> Programs {
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

fn done(output: Output) -> Output {
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    output
}

fn trainer(programs: &Programs, args: &[&str]) -> Output {
    programs.run("trainer", args)
}

/// The object that a command prints.
fn object(programs: &Programs, args: &[&str]) -> Value {
    done(trainer(programs, &[args, &["--json"]].concat()))
        .json
        .unwrap()
}

/// What does not depend on the clock: everything but seconds.
fn without_seconds(mut result: Value) -> Value {
    let object = result.as_object_mut().unwrap();
    object.remove("seconds");
    for fold in object["folds"].as_array_mut().unwrap() {
        fold.as_object_mut().unwrap().remove("seconds");
    }
    result
}

fn count_of_files(folder: &Path) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

#[test]
fn a_run_is_judged_out_of_fold_fitted_found_with_scored_with_and_reported() {
    let programs = with_covers(20, 14);
    let result = object(&programs, &[&["kfold"][..], &SMALL].concat());
    let out_of_fold = &result["out_of_fold"];
    assert_eq!(
        out_of_fold["n"], 28,
        "every labeled cover is predicted once"
    );
    assert_eq!(out_of_fold["majority"], 0.5);
    let folds = result["folds"].as_array().unwrap();
    assert_eq!(folds.len(), 2);
    for fold in folds {
        assert_eq!(
            (&fold["train"], &fold["test"], &fold["epochs"]),
            (&14.into(), &14.into(), &2.into())
        );
    }
    let run = result["run"].to_string();
    let home = programs.home().to_owned();
    assert_eq!(count_of_files(&home.join(format!("models/run-{run}"))), 2);

    let again = trainer(&programs, &[&["kfold", "--json"][..], &SMALL].concat());
    assert_eq!(
        again.json.as_ref(),
        Some(&result),
        "the stored result, at once"
    );
    assert!(
        again.stderr.contains("--new trains again"),
        "{}",
        again.stderr
    );

    let model = object(
        &programs,
        &[&["fit", "--from-run", &run][..], &SMALL].concat(),
    );
    assert_eq!(
        (&model["covers"], &model["promoted"]),
        (&28.into(), &true.into())
    );
    let refit = object(
        &programs,
        &[&["fit", "--from-run", &run][..], &SMALL].concat(),
    );
    assert_eq!(
        (&refit["model"], &refit["new"]),
        (&model["model"], &false.into())
    );

    let all = object(
        &programs,
        &["find", "--threshold", "0", "--all", "--prior", "off"],
    );
    let videos = all["videos"].as_array().unwrap();
    assert_eq!((videos.len(), &all["model"]), (40, &model["model"]));
    let found = object(&programs, &["find", "--threshold", "0"]);
    assert_eq!(
        found["videos"].as_array().unwrap().len(),
        12,
        "the undecided"
    );
    let probability = |video: &Value| video["probability"].as_f64().unwrap();
    assert!(videos.is_sorted_by(|left, right| probability(left) >= probability(right)));

    a_file_scores_as_its_stored_cover(&programs, videos);
    every_format_tells_the_same_videos(&programs);
    reported(&programs, &run);
}

fn a_file_scores_as_its_stored_cover(programs: &Programs, videos: &[Value]) {
    let stored: BTreeMap<&str, f64> = videos
        .iter()
        .map(|video| {
            (
                video["url"].as_str().unwrap(),
                video["probability"].as_f64().unwrap(),
            )
        })
        .collect();
    let folder = programs.home().join("positive");
    let scores = object(programs, &["score", text(&folder)]);
    let scores = scores["scores"].as_array().unwrap();
    assert_eq!(scores.len(), 20);
    assert!(scores.is_sorted_by_key(|score| score["input"].to_string()));
    for score in scores {
        let url = format!("file://{}", score["input"].as_str().unwrap());
        let off = (score["probability"].as_f64().unwrap() - stored[url.as_str()]).abs();
        assert!(off < 1e-5, "{url}: {off}");
    }
}

fn every_format_tells_the_same_videos(programs: &Programs) {
    let find = |format| {
        let args = [
            "find",
            "--threshold",
            "0",
            "--limit",
            "3",
            "--format",
            format,
        ];
        done(trainer(programs, &args)).stdout
    };
    let json: Value = serde_json::from_str(&find("json")).unwrap();
    let urls: Vec<&str> = json["videos"]
        .as_array()
        .unwrap()
        .iter()
        .map(|video| video["url"].as_str().unwrap())
        .collect();
    assert_eq!(urls.len(), 3);
    let csv = find("csv");
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let rows: Vec<String> = reader
        .records()
        .map(|row| row.unwrap()[1].to_string())
        .collect();
    assert_eq!(rows, urls);
    let (table, page) = (find("table"), find("html"));
    assert!(urls.iter().all(|url| table.contains(url)));
    assert_eq!(page.matches("data:image/jpeg;base64,").count(), 3);
}

fn reported(programs: &Programs, run: &str) {
    let report = object(programs, &["report", run]);
    let page = std::fs::read_to_string(report["report"].as_str().unwrap()).unwrap();
    for part in ["kfold --net resnet", "<svg", "28 covers"] {
        assert!(page.contains(part), "{part}");
    }
    let folder = programs.home().join("reports").join(run);
    for picture in [
        "fold-1",
        "fold-2",
        "mean",
        "confusion",
        "roc",
        "reliability",
    ] {
        assert!(folder.join(format!("{picture}.png")).is_file(), "{picture}");
    }
    let runs = object(programs, &["runs"]);
    assert_eq!(runs["runs"][0]["state"], "finished");
    assert_eq!(runs["models"][0]["current"], true);
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_bits_of_one_that_was_not() {
    let programs = with_covers(14, 14);
    let kfold = [
        "kfold", "--net", "resnet", "--folds", "3", "--epochs", "4", "--json",
    ];
    let mut running = programs.spawn("trainer", kfold);
    assert!(running.talk_until("fold 2/3  epoch   2/4"));
    running.kill();
    let resumed = trainer(&programs, &kfold);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert!(
        resumed.stderr.contains("run 1 goes on"),
        "{}",
        resumed.stderr
    );
    assert!(
        !resumed.stderr.contains("fold 1/3"),
        "a finished fold is not repeated"
    );
    assert!(
        resumed.stderr.contains("fold 2/3  epoch   1/4"),
        "a broken one is"
    );

    let afresh = object(&programs, &[&kfold[..7], &["--new"]].concat());
    let (mut left, mut right) = (
        without_seconds(resumed.json.unwrap()),
        without_seconds(afresh),
    );
    assert_eq!(
        (left["run"].take(), right["run"].take()),
        (1.into(), 2.into())
    );
    assert_eq!(left, right);
    let models = programs.home().join("models");
    assert!(
        !models.join("run-1").exists(),
        "superseded weights are removed"
    );
    assert!(models.join("run-2").exists());
}

#[test]
fn a_stopped_run_says_how_far_it_came_and_labels_may_change_meanwhile() {
    let programs = with_covers(10, 8);
    let kfold = [
        "kfold", "--net", "resnet", "--folds", "2", "--epochs", "6", "--json",
    ];
    let mut running = programs.spawn("trainer", kfold);
    assert!(running.talk_until("fold 1/2  epoch   1/6"));
    let list = programs.home().join("positive.csv");
    let changed = std::fs::read_to_string(&list)
        .unwrap()
        .replacen("keep", "reject", 1);
    std::fs::write(&list, changed).unwrap();
    done(programs.run("labeler", ["import", text(&list)]));
    running.interrupt();
    let stopped = running.wait();
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let told = stopped.json.unwrap();
    assert_eq!(
        (&told["state"], &told["run"]),
        (&"unfinished".into(), &1.into())
    );
    assert!(
        stopped.stderr.contains("of 2 folds done"),
        "{}",
        stopped.stderr
    );
    // The question is another one now: its covers are no longer the same.
    let other = object(
        &programs,
        &["kfold", "--net", "resnet", "--folds", "2", "--epochs", "1"],
    );
    assert_eq!(
        (&other["run"], &other["out_of_fold"]["n"]),
        (&2.into(), &15.into())
    );
}

#[test]
fn bad_input_is_a_sentence_with_exit_2() {
    let empty = Programs::get();
    let few = with_covers(6, 0);
    let folder = few.home().join("negative");
    let table: [(&Programs, &[&str], &str); 12] = [
        (&empty, &["kfold"], "there are no labels yet"),
        (&empty, &["find"], "there is no model of \"cat\" yet"),
        (&empty, &["report", "7"], "there is no run 7"),
        (&empty, &["fit", "--from-run", "7"], "there is no run 7"),
        (
            &empty,
            &["find", "--model", "none"],
            "there is no model none",
        ),
        (
            &empty,
            &["kfold", "--net", "vgg"],
            "there is no net \"vgg\"; there are lenet",
        ),
        (&empty, &["kfold", "--batch-size", "0"], "--batch-size"),
        (
            &empty,
            &["kfold", "--device", "cuda:7"],
            "device \"cuda:7\" cannot be used",
        ),
        (
            &empty,
            &[
                "kfold",
                "--net",
                "efficientnet-lite0",
                "--recipe",
                "article",
            ],
            "pretrained",
        ),
        (
            &few,
            &["kfold", "--trust-undecided", "negative"],
            "all 6 labels say \"other\"",
        ),
        (
            &few,
            &["kfold", "--trust-undecided", "both", "--folds", "9"],
            "--folds 6 fits",
        ),
        (
            &few,
            &["score", text(&folder)],
            "there is no model of \"cat\" yet",
        ),
    ];
    for (programs, args, expected) in table {
        for form in [&[][..], &["--json"]] {
            let refused = trainer(programs, &[args, form].concat());
            assert_eq!(refused.code, 2, "{args:?}: {}", refused.stderr);
            let told = match form {
                [] => refused.stderr,
                _ => refused.json.unwrap()["error"].as_str().unwrap().to_string(),
            };
            assert!(told.contains(expected), "{args:?}: {told}");
        }
    }
}

#[test]
fn models_that_are_damaged_or_missing_and_unreadable_pictures_are_told() {
    let programs = with_covers(4, 4);
    let fit = object(&programs, &["fit", "--net", "resnet", "--epochs", "1"]);
    let resnet = programs.home().join(fit["file"].as_str().unwrap());
    let scored = trainer(
        &programs,
        &[
            "score",
            "positive/0000.jpg",
            "positive.csv",
            "no.jpg",
            "--json",
        ],
    );
    assert_eq!(scored.code, 4);
    let scores = scored.json.unwrap()["scores"].clone();
    assert!(scores[0]["probability"].is_f64());
    assert!(
        scores[1]["error"]
            .as_str()
            .unwrap()
            .contains("not a picture")
    );
    assert!(
        scores[2]["error"]
            .as_str()
            .unwrap()
            .contains("cannot be read")
    );

    let half = std::fs::read(&resnet).unwrap();
    std::fs::write(&resnet, &half[..half.len() / 2]).unwrap();
    for (args, expected) in [
        (
            &["score", "--model", "positive.csv", "positive"][..],
            "not a complete safetensors file",
        ),
        (&["find"], "not a complete safetensors file"),
        (
            &["weights", "import", "positive.csv"],
            "not the published file",
        ),
        (
            &["kfold", "--net", "efficientnet-lite0", "--folds", "2"],
            "scripts/backbone",
        ),
    ] {
        let refused = trainer(&programs, args);
        assert_eq!(
            refused.code, 2,
            "{args:?}: {}{}",
            refused.stdout, refused.stderr
        );
        assert!(
            refused.stderr.contains(expected),
            "{args:?}: {}",
            refused.stderr
        );
    }
    std::fs::remove_file(&resnet).unwrap();
    assert_eq!(trainer(&programs, &["find"]).code, 2);
}

#[test]
fn what_needs_no_database_tells_its_object() {
    let programs = Programs::get();
    let nets = object(&programs, &["nets"]);
    assert_eq!(nets["nets"][0]["net"], "lenet");
    let bench = object(
        &programs,
        &["bench", "--net", "resnet", "--steps", "2", "--threads", "1"],
    );
    assert!(bench["train_step_ms"].as_f64().unwrap() > 0.0);
    assert!(bench["score_ms_per_cover"].as_f64().unwrap() > 0.0);
    let doctor = object(&programs, &["doctor"]);
    assert_eq!(doctor["complaints"], serde_json::json!([]));
    assert_eq!(count_of_files(programs.home()), 0, "nothing was made");
}

#[test]
fn watching_trains_when_labels_arrive_and_ends_when_asked() {
    let programs = with_covers(12, 6);
    let mut watch = programs.spawn(
        "trainer",
        [
            "watch",
            "--min-new",
            "3",
            "--net",
            "resnet",
            "--folds",
            "2",
            "--epochs",
            "1",
            "--json",
        ],
    );
    let round = |line: Option<String>| serde_json::from_str::<Value>(&line.unwrap()).unwrap();
    let first = round(watch.line());
    assert_eq!(
        (&first["promoted"], &first["compared"]),
        (&true.into(), &0.into())
    );
    let list = programs.home().join("more.csv");
    let files: Vec<_> = (6..12)
        .map(|i| programs.home().join(format!("positive/{i:04}.jpg")))
        .collect();
    keep_all(&list, &files);
    done(programs.run("labeler", ["import", text(&list)]));
    let second = round(watch.line());
    assert_eq!(
        (&second["run"], &second["compared"]),
        (&2.into(), &12.into())
    );
    assert!(watch.talk_until("24 covers scored"));
    watch.interrupt();
    assert_eq!(watch.wait().code, 3);
}

#[test]
fn a_loss_that_is_no_number_ends_the_run_with_what_helps() {
    let programs = with_covers(6, 6);
    let kfold = [
        "kfold", "--net", "resnet", "--folds", "2", "--epochs", "2", "--lr", "1e30",
    ];
    let failed = trainer(&programs, &kfold);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(
        failed.stderr.contains("try a third of the learning rate"),
        "{}",
        failed.stderr
    );
    let runs = object(&programs, &["runs"]);
    assert_eq!(runs["runs"][0]["state"], "failed");
    assert_eq!(trainer(&programs, &["report", "1"]).code, 2);
    // Chosen by a range test instead, it trains.
    let auto = [
        "kfold", "--net", "resnet", "--folds", "2", "--epochs", "1", "--lr", "auto",
    ];
    assert_eq!(object(&programs, &auto)["run"], 2);
}
