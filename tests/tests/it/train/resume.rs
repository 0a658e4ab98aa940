//! Killed, stopped, on a full disk: what was begun goes on and comes to the same.

use super::support::{count_of_files, done, object, text, trainer, with_covers, without_seconds};

#[test]
fn a_killed_run_goes_on_and_ends_with_the_bits_of_one_that_was_not() {
    let programs = with_covers(14, 14);
    let kfold = [
        "kfold",
        "--net",
        "resnet",
        "--folds",
        "3",
        "--epochs",
        "4",
        "--batch-size",
        "4",
        "--checkpoint-every",
        "1",
        "--json",
    ];
    for moment in ["fold 1/3  epoch   1/4", "fold 2/3  epoch   2/4"] {
        let mut running = programs.spawn("trainer", kfold);
        assert!(running.talk_until(moment));
        running.kill();
    }
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
        resumed.stderr.contains("fold 2/3 goes on from step")
            && !resumed.stderr.contains("fold 2/3  epoch   1/4"),
        "a broken one goes on from where it was: {}",
        resumed.stderr
    );

    let afresh = object(&programs, &[&kfold[..9], &["--new"]].concat());
    let (mut left, mut right) = (
        without_seconds(resumed.json.unwrap()),
        without_seconds(afresh),
    );
    assert_eq!(
        (left["run"].take(), right["run"].take()),
        (1.into(), 2.into())
    );
    assert_eq!(left, right);
    let left: Vec<_> = std::fs::read_dir(programs.home().join("checkpoints"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(left.is_empty(), "what is done needs none: {left:?}");
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
    assert_eq!(count_of_files(&programs.home().join("checkpoints")), 1);
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
fn a_full_disk_at_a_checkpoint_is_told_and_costs_nothing() {
    let programs = with_covers(8, 8);
    let kfold = [
        "kfold", "--net", "resnet", "--folds", "2", "--epochs", "2", "--json",
    ];
    let often = [&kfold[..], &["--checkpoint-every", "1"]].concat();
    // A checkpoint of this net takes 20 MB, its weights 5 MB.
    let limited = done(programs.run_with_files_below(10_000_000, "trainer", often));
    assert_eq!(
        limited
            .stderr
            .matches("could not be saved and goes on")
            .count(),
        2,
        "once in each fold: {}",
        limited.stderr
    );
    let free = object(&programs, &[&kfold[..7], &["--new"]].concat());
    let (mut left, mut right) = (
        without_seconds(limited.json.unwrap()),
        without_seconds(free),
    );
    assert_eq!(
        (left["run"].take(), right["run"].take()),
        (1.into(), 2.into())
    );
    assert_eq!(left, right);
}

#[test]
fn a_fit_that_was_stopped_goes_on() {
    let programs = with_covers(8, 8);
    let fit = [
        "fit",
        "--net",
        "resnet",
        "--epochs",
        "40",
        "--batch-size",
        "4",
    ];
    let mut running = programs.spawn("trainer", fit);
    assert!(running.talk_until("fit  epoch   1/40"));
    running.interrupt();
    let stopped = running.wait();
    assert_eq!(stopped.code, 3, "{}", stopped.stderr);
    let resumed = done(trainer(&programs, &fit));
    assert!(
        resumed.stderr.contains("fit goes on from step"),
        "{}",
        resumed.stderr
    );
    assert_eq!(count_of_files(&programs.home().join("checkpoints")), 0);
}
