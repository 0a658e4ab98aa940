//! Both ways in which all outputs become the same, seen and cured; slow nets left alone.

use super::*;
use crate::recipe::Loss;
use crate::training::attempt::Diagnosis;
use crate::training::guard::Health;

/// The article's net on sixteen covers in batches of four, read every four steps.
fn learn(recipe: &Recipe, seed: u64) -> (Result<Option<Trained>, Error>, Vec<Ended>, Vec<Health>) {
    let covers = covers(16, 240);
    let rows = rows(0..16);
    let task = Task {
        seed,
        guard: Some(4),
        ..Task::new(&covers, &rows, recipe, Device::Cpu)
    };
    let (mut ended, mut health) = (Vec::new(), Vec::new());
    let trained = train(&task, &mut |event| {
        match event {
            Event::Ended(attempt) => ended.push(attempt),
            Event::Read(reading) => health.push(reading.health),
            _ => {}
        }
        ControlFlow::Continue(())
    });
    (trained, ended, health)
}

fn lenet(name: RecipeName, learning_rate: f64) -> Recipe {
    let mut recipe = Recipe::new(name, Net::LeNet);
    recipe.learning_rate = learning_rate;
    recipe.schedule = crate::schedule::Schedule::Constant;
    recipe.augmentation = None;
    recipe.early_stop = None;
    recipe.batch_size = 4;
    recipe.epochs = 5;
    recipe
}

/// The article's net with a rate at which it collapses within a few steps.
fn hasty(loss: Loss, learning_rate: f64, epochs: u32) -> Recipe {
    let mut recipe = lenet(RecipeName::Article, learning_rate);
    recipe.loss = loss;
    recipe.epochs = epochs;
    recipe
}

#[test]
fn a_saturated_net_is_told_from_a_dead_one_and_cured_by_a_lower_rate() {
    let (trained, ended, health) = learn(&hasty(Loss::Article, 1e-3, 4), 1);
    let diagnoses: Vec<_> = ended.iter().map(|attempt| attempt.diagnosis).collect();
    assert_eq!(diagnoses, [Diagnosis::Saturated]);
    assert_eq!((ended[0].step, ended[0].readings.len()), (12, 3));
    for reading in &ended[0].readings {
        assert_eq!(reading.gradient, Some(0.0), "not a small one: none");
    }
    assert_eq!(health[3..], [Health::Learning; 4]);
    let trained = trained.expect("cured").expect("nobody broke off");
    assert!((trained.learning_rate - 1e-3 / 3.0).abs() < 1e-12);
    assert_eq!(
        trained.epochs.len(),
        4,
        "those of the attempt that succeeded"
    );
}

#[test]
fn a_dead_net_has_one_output_to_the_bit_and_is_cured_by_a_lower_rate() {
    let (trained, ended, _) = learn(&hasty(Loss::CrossEntropy, 1e-2, 4), 1);
    assert!(trained.is_ok_and(|trained| trained.is_some()));
    assert!(!ended.is_empty());
    for attempt in ended {
        assert_eq!(attempt.diagnosis, Diagnosis::Dead);
        for reading in attempt.readings {
            assert_eq!(reading.probability.0, reading.probability.1);
        }
    }
}

#[test]
fn a_net_that_collapses_four_times_fails_with_a_diagnosis_and_what_helps() {
    let (refused, ended, _) = learn(&hasty(Loss::CrossEntropy, 1e30, 4), 1);
    assert_eq!(ended.len(), 4);
    let seeds: std::collections::HashSet<u64> = ended.iter().map(|e| e.attempt.seed).collect();
    assert_eq!(seeds.len(), 4, "each starts from other weights");
    let told = refused.expect_err("it never learns").to_string();
    for part in [
        "4 attempts",
        "no longer a number",
        "rate 3.7e28",
        "--lr auto",
    ] {
        assert!(told.contains(part), "{told}");
    }
}

#[test]
fn slow_nets_are_never_taken_for_collapsed_ones() {
    for seed in 1..=3 {
        for loss in [Loss::CrossEntropy, Loss::Article] {
            let mut recipe = lenet(RecipeName::Article, 1e-5);
            recipe.loss = loss;
            let (trained, ended, health) = learn(&recipe, seed);
            assert!(trained.is_ok() && ended.is_empty(), "{ended:?}");
            assert!(health.iter().all(|health| !health.is_bad()), "{health:?}");
            assert_eq!(health.len(), 5);
        }
    }
}
