//! Judging end to end: intervals, comparison, suspects, thresholds, base rates, pruning.

use std::path::Path;

use serde_json::Value;
use tests::programs::{Output, Programs};

use crate::covers::{fill, keep_all};

/// Enough for rows and files to be there; it learns next to nothing.
const SMALL: [&str; 6] = ["--net", "resnet", "--folds", "2", "--epochs", "1"];

/// Covers of both pools, `labeled` of each decided.
fn with_covers(count: u64, labeled: usize) -> Programs {
    let programs = Programs::get();
    for (pool, cats) in [("negative", false), ("positive", true)] {
        let folder = programs.home().join(pool);
        let files = fill(&folder, count, cats);
        let folder = folder.to_str().unwrap();
        done(programs.run("crawler", ["import", folder, "--pool", pool]));
        let list = programs.home().join(format!("{pool}.csv"));
        keep_all(&list, &files[..labeled]);
        done(programs.run("labeler", ["import", list.to_str().unwrap()]));
    }
    programs
}

fn done(output: Output) -> Output {
    assert_eq!(output.code, 0, "{}{}", output.stdout, output.stderr);
    output
}

/// What a command says, with the object that it prints.
fn told(programs: &Programs, args: &[&str]) -> (Value, String) {
    let output = done(programs.run("trainer", [args, &["--json"]].concat()));
    (output.json.unwrap(), output.stderr)
}

fn kfold(programs: &Programs, seed: &str) -> Value {
    let args = [&["kfold", "--seed", seed][..], &SMALL].concat();
    told(programs, &args).0
}

fn ends(interval: &Value) -> (f64, f64) {
    (interval[0].as_f64().unwrap(), interval[1].as_f64().unwrap())
}

#[test]
fn two_runs_are_judged_compared_and_their_suspects_kept() {
    let programs = with_covers(16, 14);
    let (left, right) = (kfold(&programs, "1"), kfold(&programs, "2"));
    for run in [&left, &right] {
        let out_of_fold = &run["out_of_fold"];
        let accuracy = out_of_fold["accuracy"].as_f64().unwrap();
        let (low, high) = ends(&out_of_fold["block_interval"]);
        assert!(low <= accuracy && accuracy <= high, "{out_of_fold}");
        assert!(ends(&out_of_fold["roc_auc_interval"]).1 <= 1.0);
    }
    let (compared, _) = told(&programs, &["compare", "1", "2"]);
    assert_eq!(
        (&compared["covers"], &compared["left"]),
        (&28.into(), &1.into())
    );
    let difference = compared["accuracy"]["difference"].as_f64().unwrap();
    let only = |side: &str| compared[side].as_f64().unwrap();
    let counted = (only("only_right_right") - only("only_left_right")) / 28.0;
    assert!((difference - counted).abs() < 1e-12, "{compared}");
    let itself = done(programs.run("trainer", ["compare", "1", "1"]));
    assert!(
        itself.stdout.starts_with("No difference can be told"),
        "{}",
        itself.stdout
    );

    let (suspects, _) = told(&programs, &["suspects"]);
    assert_eq!(suspects["run"], 2, "the newest finished run");
    for suspect in suspects["suspects"].as_array().unwrap() {
        let believed = suspect["probability"].as_f64().unwrap() >= 0.5;
        assert_ne!(suspect["label"], u8::from(believed), "{suspect}");
    }
    let (runs, _) = told(&programs, &["runs"]);
    assert_eq!(
        runs["runs"][0]["accuracy"],
        right["out_of_fold"]["accuracy"]
    );
    assert_eq!(runs["runs"][1]["roc_auc"], left["out_of_fold"]["roc_auc"]);
}

#[test]
fn finds_allow_for_how_common_the_topic_is_and_thresholds_serve_an_aim() {
    let programs = with_covers(16, 10);
    kfold(&programs, "1");
    let fit = [&["fit", "--threshold", "precision=0.6"][..], &SMALL].concat();
    let (_, said) = told(&programs, &fit);
    assert!(
        said.contains("of those called are expected to be right"),
        "{said}"
    );
    let find = |prior: &str| {
        let args = ["find", "--all", "--threshold", "0", "--prior", prior];
        told(&programs, &args).0
    };
    let (off, auto, again) = (find("off"), find("auto"), find("off"));
    assert_eq!(off["videos"], again["videos"], "moved there and back");
    // Ten kept and none rejected in each pool, by Laplace's rule.
    let rates = &auto["base_rates"];
    for (pool, expected) in [
        ("labels", 0.5),
        ("negative", 1.0 / 12.0),
        ("positive", 11.0 / 12.0),
    ] {
        assert!(
            (rates[pool].as_f64().unwrap() - expected).abs() < 1e-12,
            "{rates}"
        );
    }
    let probability = |list: &Value, url: &Value| {
        let videos = list["videos"].as_array().unwrap();
        let video = videos.iter().find(|video| video["url"] == *url);
        video.unwrap()["probability"].as_f64().unwrap()
    };
    for video in off["videos"].as_array().unwrap() {
        let url = &video["url"];
        let (plain, corrected) = (probability(&off, url), probability(&auto, url));
        let is_random = url.as_str().unwrap().contains("/negative/");
        assert_eq!(corrected < plain, is_random, "{url}: {plain} {corrected}");
    }
    let (by_aim, said) = told(&programs, &["find", "--threshold", "best-f1"]);
    assert!(said.contains("for best-f1"), "{said}");
    assert!(by_aim["threshold"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_threshold_without_predictions_to_choose_on_is_refused_with_what_to_do() {
    let programs = with_covers(8, 8);
    let fit = [&["fit", "--threshold", "best-f1"][..], &SMALL].concat();
    let refused = programs.run("trainer", fit);
    assert_eq!(refused.code, 2);
    assert!(
        refused.stderr.contains("Run trainer kfold"),
        "{}",
        refused.stderr
    );
    let nonsense = programs.run("trainer", ["find", "--threshold", "precise"]);
    assert_eq!(nonsense.code, 2);
    assert!(
        nonsense.stderr.contains("precision=0.95"),
        "{}",
        nonsense.stderr
    );
    let nothing_in_common = programs.run("trainer", ["compare", "1", "2"]);
    assert_eq!(nothing_in_common.code, 2);
    let no_run = programs.run("trainer", ["suspects"]);
    assert_eq!(no_run.code, 2);
    assert!(no_run.stderr.contains("trainer kfold makes one"));
}

#[test]
fn pruning_removes_what_no_model_in_use_needs_and_the_rows_stay() {
    let programs = with_covers(8, 8);
    let home = programs.home().to_owned();
    let file = |path: &str| home.join(path);
    for seed in ["1", "2", "3"] {
        kfold(&programs, seed);
    }
    let fit = |run| {
        let args = [&["fit", "--from-run", run][..], &SMALL].concat();
        told(&programs, &args).0["model"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (old, current) = (fit("3"), fit("1"));
    for run in ["1", "2", "3"] {
        told(&programs, &["report", run]);
    }
    assert!(file("reports/1/threshold.png").is_file());
    let (dry, _) = told(&programs, &["prune", "--keep", "1", "--dry-run"]);
    assert!(file("reports/2").is_dir() && model(&home, &old).is_file());
    let (removed, _) = told(&programs, &["prune", "--keep", "1"]);
    assert_eq!(
        (&dry["removed"], &dry["bytes"]),
        (&removed["removed"], &removed["bytes"])
    );
    // Run 3 is the newest, run 1 the current model's.
    assert!(file("reports/1").is_dir() && file("reports/3").is_dir());
    assert!(!file("reports/2").exists() && !model(&home, &old).exists());
    assert!(model(&home, &current).is_file());
    let (runs, _) = told(&programs, &["runs"]);
    assert_eq!(runs["runs"].as_array().unwrap().len(), 3);
    told(&programs, &["report", "2"]);
    let (nothing_left, _) = told(&programs, &["prune", "--keep", "3"]);
    assert_eq!(nothing_left["removed"], Value::Array(Vec::new()));
}

fn model(home: &Path, name: &str) -> std::path::PathBuf {
    home.join(format!("models/{name}.safetensors"))
}
