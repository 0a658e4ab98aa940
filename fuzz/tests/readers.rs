//! Ten thousand mutated inputs for every reader of foreign bytes.

use fuzz::{TARGETS, run};

/// Of each target; `scripts/fuzz` gives a million.
const INPUTS: u64 = 10_000;

#[test]
fn no_reader_of_foreign_bytes_panics() {
    for target in &TARGETS {
        let panicked = run(target, 1, 0..INPUTS);
        let numbers: Vec<_> = panicked.iter().map(|one| one.number).take(9).collect();
        assert!(numbers.is_empty(), "{}: inputs {numbers:?}", target.name);
    }
}

#[test]
fn every_reader_understands_its_own_inputs() {
    for target in &TARGETS {
        for (n, input) in (target.inputs)().iter().enumerate() {
            assert!(
                (target.read)(input),
                "{}: input {n} means nothing to it",
                target.name
            );
        }
    }
}

#[test]
fn a_reader_that_panics_is_found_out() {
    let careless = fuzz::Target {
        name: "careless",
        words: &[],
        inputs: || vec![b"1 2 3".to_vec()],
        read: |bytes| {
            let text = String::from_utf8_lossy(bytes);
            let numbers = text.split(' ').filter_map(|word| word.parse::<i64>().ok());
            numbers.fold(0_i64, |sum, one| sum.checked_add(one).expect("it is small")) > 0
        },
    };
    assert!(!run(&careless, 1, 0..INPUTS).is_empty());
}
