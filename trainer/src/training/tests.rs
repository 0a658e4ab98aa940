use super::*;
use crate::keyed::{Purpose, generator};
use crate::nets::Net;
use crate::recipe::RecipeName;
use rand::RngExt;
use std::ops::ControlFlow;

mod collapse;
mod resume;

/// Covers that a net can tell apart: topics are brighter on the left.
fn covers(count: usize, side: i64) -> Covers {
    covers_but(count, side, 0..0)
}

/// The same with the labels of the rows `turned` over.
fn covers_but(count: usize, side: i64, turned: std::ops::Range<i64>) -> Covers {
    let mut rng = generator(9, Purpose::Bench, &[]);
    let labels: Vec<i64> = (0..count as i64).map(|row| row % 2).collect();
    let told: Vec<i64> = (0..)
        .zip(&labels)
        .map(|(row, label)| label ^ i64::from(turned.contains(&row)))
        .collect();
    let pictures: Vec<Vec<u8>> = labels
        .iter()
        .map(|label| {
            (0..side * side * 3)
                .map(|index| {
                    let left = (index / 3) % side < side / 2;
                    let bright = if left == (*label == 1) { 120 } else { 0 };
                    bright + rng.random_range(0..100u8)
                })
                .collect()
        })
        .collect();
    Covers::from_rgb(side, &pictures, &told, Device::Cpu)
}

/// A residual net on pictures small enough for a test; without mirror images,
/// which would make left and right the same.
fn recipe(epochs: u32) -> Recipe {
    let mut recipe = Recipe::new(RecipeName::Modern, Net::ResNet);
    recipe.preprocessing.side = 32;
    recipe.epochs = epochs;
    recipe.batch_size = 8;
    recipe.mirror = false;
    recipe.augmentation = None;
    recipe
}

fn go_on(_: Event) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn rows(range: std::ops::Range<i64>) -> Vec<i64> {
    range.collect()
}

/// Trains on the first covers, tests on the last ten.
fn run(recipe: &Recipe, seed: u64, fold: u64) -> Trained {
    let covers = covers(42, recipe.preprocessing.side);
    let (train_rows, test_rows) = (rows(0..32), rows(32..42));
    let task = Task {
        test: &test_rows,
        seed,
        fold,
        ..Task::new(&covers, &train_rows, recipe, Device::Cpu)
    };
    let trained = train(&task, &mut go_on).expect("finite losses");
    trained.expect("nobody broke off")
}

#[test]
fn what_can_be_told_apart_is_learned() {
    let trained = run(&recipe(12), 1, 0);
    let last = trained.epochs.last().expect("epochs");
    assert_eq!(last.test_accuracy, Some(1.0));
    assert_eq!(trained.margins.len(), 10);
    for (row, margin) in trained.margins.iter().enumerate() {
        assert_eq!(*margin > 0.0, row % 2 == 1);
    }
    assert!(last.train_loss < trained.epochs[0].train_loss);
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_or_fold_others() {
    let mut varied = recipe(2);
    varied.augmentation = Some(Default::default());
    let bits = |seed, fold| -> Vec<u32> {
        let margins = run(&varied, seed, fold).margins;
        margins.into_iter().map(f32::to_bits).collect()
    };
    let first = bits(1, 0);
    assert_eq!(first, bits(1, 0));
    assert_ne!(first, bits(2, 0));
    assert_ne!(first, bits(1, 1));
}

#[test]
fn alexnets_dropout_repeats_with_the_seed() {
    let mut recipe = Recipe::new(RecipeName::Article, Net::AlexNet);
    recipe.epochs = 1;
    let covers = covers(4, 240);
    let rows = rows(0..4);
    let task = Task {
        test: &rows,
        ..Task::new(&covers, &rows, &recipe, Device::Cpu)
    };
    let margins = || {
        let trained = train(&task, &mut go_on).expect("finite losses");
        trained.expect("nobody broke off").margins
    };
    assert_eq!(margins(), margins());
}

#[test]
fn every_step_and_epoch_is_told_and_either_can_break_off() {
    let recipe = recipe(2);
    let covers = covers(20, 32);
    let rows = rows(0..20);
    let task = Task::new(&covers, &rows, &recipe, Device::Cpu);
    let mut told = Vec::new();
    train(&task, &mut |event| {
        told.push(event);
        ControlFlow::Continue(())
    })
    .expect("finite losses");
    // Twenty rows in batches of at most eight: three steps an epoch.
    let is_epoch: Vec<bool> = told.iter().map(|e| matches!(e, Event::Epoch(_))).collect();
    assert_eq!(
        is_epoch,
        [false, false, false, true, false, false, false, true]
    );
    for stop_at in [1, 3] {
        let mut left = stop_at;
        let stopped = train(&task, &mut |_| {
            left -= 1;
            match left {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        assert!(stopped.expect("finite losses").is_none());
        assert_eq!(left, 0, "nothing is told after a break");
    }
}

#[test]
fn without_a_test_part_there_is_nothing_to_report_of_it() {
    let recipe = recipe(1);
    let covers = covers(8, 32);
    let rows = rows(0..8);
    let task = Task::new(&covers, &rows, &recipe, Device::Cpu);
    let trained = train(&task, &mut go_on).expect("finite").expect("finished");
    assert_eq!(trained.epochs[0].test_loss, None);
    assert!(trained.margins.is_empty());
}

#[test]
fn a_loss_that_is_no_number_ends_with_advice() {
    let mut recipe = recipe(30);
    recipe.learning_rate = 1e30;
    recipe.clip = None;
    let covers = covers(8, 32);
    let rows = rows(0..8);
    let task = Task::new(&covers, &rows, &recipe, Device::Cpu);
    let refusal = train(&task, &mut go_on).expect_err("a refusal").to_string();
    assert!(refusal.contains("--lr"), "{refusal}");
}

#[test]
fn averaged_weights_are_what_scores() {
    let mut plain = recipe(2);
    plain.average = false;
    let averaged = run(&recipe(2), 1, 0);
    let last = run(&plain, 1, 0);
    assert_ne!(averaged.margins, last.margins);
    let losses = |trained: &Trained| {
        trained
            .epochs
            .iter()
            .map(|e| e.train_loss)
            .collect::<Vec<_>>()
    };
    assert_eq!(losses(&averaged), losses(&last));
}

/// As [`run`], watching eight more covers; the test part's labels may be turned over.
fn run_watching(recipe: &Recipe, turned: bool) -> Trained {
    let turned = if turned { 40..50 } else { 0..0 };
    let covers = covers_but(50, recipe.preprocessing.side, turned);
    let (train_rows, inner_rows, test_rows) = (rows(0..32), rows(32..40), rows(40..50));
    let task = Task {
        inner: &inner_rows,
        test: &test_rows,
        ..Task::new(&covers, &train_rows, recipe, Device::Cpu)
    };
    let trained = train(&task, &mut go_on).expect("finite losses");
    trained.expect("nobody broke off")
}

/// So fast that it gets worse again.
fn hasty(epochs: u32, early_stop: Option<u32>) -> Recipe {
    let mut recipe = recipe(epochs);
    recipe.learning_rate = 0.02;
    recipe.average = false;
    recipe.early_stop = early_stop;
    recipe
}

#[test]
fn the_epoch_of_the_least_inner_loss_scores_and_the_wait_for_a_better_one_ends() {
    let trained = run_watching(&hasty(30, Some(3)), false);
    let losses: Vec<f64> = trained.epochs.iter().filter_map(|e| e.inner_loss).collect();
    assert_eq!(losses.len(), trained.epochs.len());
    let best = trained.best_epoch.expect("one was chosen") as usize;
    assert!(losses.iter().all(|loss| losses[best - 1] <= *loss));
    assert_eq!(trained.epochs.len(), best + 3, "three more were waited for");
    // The same training cut there has the same weights.
    let cut = {
        let recipe = hasty(30, None);
        let covers = covers(50, recipe.preprocessing.side);
        let (train_rows, test_rows) = (rows(0..32), rows(40..50));
        let task = Task {
            test: &test_rows,
            stop_after: Some(best as u32),
            ..Task::new(&covers, &train_rows, &recipe, Device::Cpu)
        };
        let trained = train(&task, &mut go_on).expect("finite losses");
        trained.expect("nobody broke off")
    };
    assert_eq!(trained.margins, cut.margins);
    assert_eq!(cut.best_epoch, None);
}

#[test]
fn labels_of_the_test_part_choose_nothing() {
    let recipe = hasty(8, Some(3));
    let (right, turned) = (run_watching(&recipe, false), run_watching(&recipe, true));
    assert_ne!(right.epochs[0].test_loss, turned.epochs[0].test_loss);
    assert_eq!(right.best_epoch, turned.best_epoch);
    assert_eq!(right.epochs.len(), turned.epochs.len());
    for (left, right) in right.model.params.iter().zip(turned.model.params.iter()) {
        assert!(left.tensor.equal(&right.tensor), "{}", left.name);
    }
    assert_eq!(right.margins, turned.margins);
}
