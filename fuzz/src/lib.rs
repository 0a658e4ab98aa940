//! Mutated inputs for every reader of foreign bytes.
//!
//! - [`mutate`]: what is done to an input, keyed by a seed
//! - [`target`]: the readers, each with inputs of the kind that it is made for
//!
//! A reader may refuse an input in any way but a panic. Here and not with a coverage-guided
//! fuzzer, because that needs a nightly compiler; the targets are functions of bytes, so one
//! can be put in front of them.

pub mod mutate;
pub mod target;

use std::panic::{AssertUnwindSafe, catch_unwind};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

pub use target::{TARGETS, Target};

/// An input that a reader panicked on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    /// Its number: the same seed and number make the same input again. `None`: it is one of
    /// the target's own.
    pub number: Option<u64>,
    /// The input.
    pub input: Vec<u8>,
}

/// The input of this number: one of the target's own, mutated.
pub fn input(target: &Target, own: &[Vec<u8>], seed: u64, number: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    mutate::mutated(own, target.words, &mut rng)
}

/// Gives a reader the inputs of these numbers, and its own inputs as they are first.
pub fn run(target: &Target, seed: u64, numbers: std::ops::Range<u64>) -> Vec<Panicked> {
    let own = (target.inputs)();
    let panics = |input: &[u8]| catch_unwind(AssertUnwindSafe(|| (target.read)(input))).is_err();
    let mut panicked = Vec::new();
    for input in own.iter().filter(|_| numbers.start == 0) {
        if panics(input) {
            let input = input.clone();
            let number = None;
            panicked.push(Panicked { number, input });
        }
    }
    for number in numbers {
        let input = input(target, &own, seed, number);
        if panics(&input) {
            let number = Some(number);
            panicked.push(Panicked { number, input });
        }
    }
    panicked
}
