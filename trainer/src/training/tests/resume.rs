//! A training that is broken off anywhere goes on with the bits of one that was not.

use super::*;
use crate::training::checkpoint::{Every, Keeper};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Everything that a checkpoint must hold: averaged, varied, chosen, restarted or not.
fn recipe_of_all() -> Recipe {
    let mut recipe = recipe(4);
    recipe.augmentation = Some(Default::default());
    recipe.early_stop = Some(4);
    recipe
}

fn keeper(file: &Path, every: u64) -> Keeper {
    Keeper {
        file: file.to_path_buf(),
        identity: "this one".into(),
        every: Every::Steps(every),
    }
}

/// Four epochs of four steps on 32 covers, with eight to watch and ten to test.
fn learn(recipe: &Recipe, keep: Option<&Keeper>, observe: &mut Observer) -> Option<Trained> {
    try_to_learn(recipe, keep, observe).expect("finite losses and a writable place")
}

fn try_to_learn(
    recipe: &Recipe,
    keep: Option<&Keeper>,
    observe: &mut Observer,
) -> Result<Option<Trained>, Error> {
    let covers = covers(50, recipe.preprocessing.side);
    let (train_rows, inner_rows, test_rows) = (rows(0..32), rows(32..40), rows(40..50));
    let task = Task {
        inner: &inner_rows,
        test: &test_rows,
        keep,
        ..Task::new(&covers, &train_rows, recipe, Device::Cpu)
    };
    train(&task, observe)
}

/// What must not depend on when a training was broken off.
fn bits(trained: &Trained) -> (Vec<u32>, Option<u32>, Vec<[u64; 8]>) {
    let margins = trained.margins.iter().map(|margin| margin.to_bits());
    let but_seconds = |stats: &EpochStats| {
        let numbers = stats.numbers();
        std::array::from_fn(|at| numbers[at].to_bits())
    };
    let epochs = trained.epochs.iter().map(but_seconds).collect();
    (margins.collect(), trained.best_epoch, epochs)
}

fn straight() -> (Vec<u32>, Option<u32>, Vec<[u64; 8]>) {
    bits(&learn(&recipe_of_all(), None, &mut go_on).expect("nobody broke off"))
}

#[test]
fn a_training_killed_at_any_step_goes_on_with_the_same_bits() {
    let expected = straight();
    let home = tempfile::tempdir().expect("a directory");
    // A checkpoint at every third step; killed before the first, within and between epochs.
    for kill_at in [2, 5, 9, 15] {
        let keeper = keeper(&home.path().join(format!("{kill_at}")), 3);
        let killed = catch_unwind(AssertUnwindSafe(|| {
            learn(&recipe_of_all(), Some(&keeper), &mut |event| {
                if matches!(event, Event::Step(stats) if stats.step == kill_at) {
                    std::panic::resume_unwind(Box::new("killed"));
                }
                ControlFlow::Continue(())
            })
        }));
        assert!(killed.is_err());
        let mut from = None;
        let resumed = learn(&recipe_of_all(), Some(&keeper), &mut |event| {
            if let Event::Resumed(step, _) = event {
                from = Some(step);
            }
            ControlFlow::Continue(())
        });
        let saved = (kill_at - 1) / 3 * 3;
        assert_eq!(from, (saved > 0).then_some(saved));
        assert_eq!(bits(&resumed.expect("nobody broke off")), expected);
    }
}

#[test]
fn a_stop_saves_the_step_that_was_reached() {
    let home = tempfile::tempdir().expect("a directory");
    let keeper = keeper(&home.path().join("file"), 1_000);
    for stop_at in [3, 8, 9] {
        let stopped = learn(&recipe_of_all(), Some(&keeper), &mut |event| match event {
            Event::Step(stats) if stats.step == stop_at => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        });
        assert!(stopped.is_none());
    }
    let mut from = None;
    let resumed = learn(&recipe_of_all(), Some(&keeper), &mut |event| {
        if let Event::Resumed(step, epoch) = event {
            from = Some((step, epoch));
        }
        ControlFlow::Continue(())
    });
    assert_eq!(from, Some((9, 3)), "two epochs of four steps, and one");
    assert_eq!(bits(&resumed.expect("nobody broke off")), straight());
}

#[test]
fn a_checkpoint_of_another_training_or_a_damaged_one_is_told_of_and_not_taken() {
    let home = tempfile::tempdir().expect("a directory");
    let file = home.path().join("file");
    let keeper = keeper(&file, 4);
    let _ = learn(&recipe_of_all(), Some(&keeper), &mut go_on);
    let whole = std::fs::read(&file).expect("a checkpoint");
    let other = Keeper {
        identity: "another".into(),
        ..keeper.clone()
    };
    for (keeper, bytes, words) in [
        (&other, &whole[..], "of another training"),
        (&keeper, &whole[..whole.len() / 2], "damaged"),
        (&keeper, b"no checkpoint", "damaged"),
    ] {
        std::fs::write(&file, bytes).expect("a writable place");
        let mut told = String::new();
        let trained = learn(&recipe_of_all(), Some(keeper), &mut |event| {
            if let Event::Warning(words) = event {
                told = words;
            }
            ControlFlow::Continue(())
        });
        assert!(
            told.contains(words) && told.contains("starts over"),
            "{told}"
        );
        assert_eq!(bits(&trained.expect("nobody broke off")), straight());
    }
}

#[test]
fn a_disk_that_takes_no_checkpoint_is_told_of_once_and_loses_nothing() {
    let home = tempfile::tempdir().expect("a directory");
    let blocked = home.path().join("blocked");
    std::fs::write(&blocked, b"").expect("a writable place");
    let keeper = keeper(&blocked.join("file"), 1);
    let mut told = Vec::new();
    let trained = learn(&recipe_of_all(), Some(&keeper), &mut |event| {
        if let Event::Warning(words) = event {
            told.push(words);
        }
        ControlFlow::Continue(())
    });
    let unsaved = told
        .iter()
        .filter(|words| words.contains("could not be saved"));
    assert_eq!(unsaved.count(), 1, "{told:?}");
    assert_eq!(bits(&trained.expect("nobody broke off")), straight());
    let stop = &mut |_| ControlFlow::Break(());
    let refusal = try_to_learn(&recipe_of_all(), Some(&keeper), stop);
    assert!(
        matches!(refusal, Err(Error::File { .. })),
        "a stop that saves nothing is no success"
    );
}
