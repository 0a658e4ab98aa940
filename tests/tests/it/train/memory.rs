//! What a training needs is told beforehand, kept below a budget, and near the truth.

use super::support::{done, object, trainer, with_covers, without_seconds};

#[test]
fn the_estimate_is_near_the_peak_of_real_steps() {
    let programs = with_covers(4, 4);
    for (net, batch) in [("resnet", "32"), ("lenet", "16"), ("alexnet", "10")] {
        let plan = object(
            &programs,
            &["plan", "--net", net, "--folds", "2", "--batch-size", batch],
        );
        let bytes = |name: &str| plan["measured_steps"][name].as_f64().unwrap();
        let ratio = bytes("estimated_bytes") / bytes("peak_bytes");
        assert!((0.75..1.25).contains(&ratio), "{net}: {ratio}");
    }
}

#[test]
fn a_start_says_what_it_needs_and_a_budget_makes_steps_smaller_or_refuses() {
    let programs = with_covers(12, 12);
    let kfold = [
        "kfold", "--net", "resnet", "--folds", "2", "--epochs", "2", "--json",
    ];
    let with = |budget| [&kfold[..], &["--memory-budget", budget]].concat();
    let roomy = done(trainer(&programs, &kfold));
    assert!(
        roomy.stderr.contains("memory: ") && roomy.stderr.contains(" free"),
        "{}",
        roomy.stderr
    );
    let tight = done(trainer(&programs, &with("260MB")));
    assert!(
        tight.stderr.contains("their gradients are summed"),
        "{}",
        tight.stderr
    );
    let (roomy, tight) = (roomy.json.unwrap(), tight.json.unwrap());
    assert_eq!((&roomy["run"], &tight["run"]), (&1.into(), &2.into()));
    let (mut roomy, mut tight) = (without_seconds(roomy), without_seconds(tight));
    assert_ne!(
        roomy["out_of_fold"].take(),
        tight["out_of_fold"].take(),
        "its batch normalisation saw fewer covers at a time"
    );
    let refused = trainer(&programs, &with("1MB"));
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    let told = refused.json.unwrap()["error"].to_string();
    assert!(told.contains("does not fit into --memory-budget"), "{told}");
}
