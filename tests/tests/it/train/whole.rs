//! From labels to a report, and what needs none.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::programs::Programs;

use super::support::{SMALL, count_of_files, done, object, text, trainer, with_covers};
use crate::covers::keep_all;

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
fn rollback_makes_the_model_before_current_again_and_scores_what_it_had_not_seen() {
    let programs = with_covers(10, 8);
    let fit = |seed: &str| {
        let model = object(
            &programs,
            &["fit", "--net", "resnet", "--epochs", "1", "--seed", seed],
        );
        model["model"].clone()
    };
    let (first, second) = (fit("1"), fit("2"));
    let find = || {
        let all = ["find", "--threshold", "0", "--all"];
        object(&programs, &all)["model"].clone()
    };
    assert_eq!(find(), second);
    let back = object(&programs, &["rollback"]);
    assert_eq!((&back["model"], &back["scored"]), (&first, &20.into()));
    assert_eq!(find(), first);
    let named = object(&programs, &["rollback", "--to", second.as_str().unwrap()]);
    assert_eq!(named["model"], second);
}
