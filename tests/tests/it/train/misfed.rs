//! Bad input, damaged files and nets that learn nothing: a sentence and the right exit code.

use tests::programs::Programs;

use super::support::{object, text, trainer, with_covers};

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
fn a_loss_that_is_no_number_is_tried_again_calmer_and_then_ends_the_run_with_what_helps() {
    let programs = with_covers(6, 6);
    let kfold = [
        "kfold", "--net", "resnet", "--folds", "2", "--epochs", "2", "--lr", "1e30",
    ];
    let failed = trainer(&programs, &kfold);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(
        failed.stderr.contains("learned nothing in 4 attempts")
            && failed.stderr.contains("rate 3.3e29")
            && failed.stderr.contains("--lr auto"),
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

#[test]
fn three_covers_are_too_few_and_four_are_enough() {
    let programs = with_covers(2, 2);
    let kfold = |args: &[&str]| {
        trainer(
            &programs,
            &[&["kfold", "--net", "resnet", "--epochs", "1"], args].concat(),
        )
    };
    let two = kfold(&["--folds", "2"]);
    assert_eq!(two.code, 0, "{}", two.stderr);
    let four = kfold(&[]);
    assert_eq!(four.code, 2);
    assert!(four.stderr.contains("--folds 2 fits"), "{}", four.stderr);
}
