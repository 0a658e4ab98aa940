//! What is done to an input.

use rand::Rng;
use rand::RngExt;
use rand::seq::IndexedRandom;

/// The longest input, in bytes: duplication must not go on for ever.
const LONGEST: usize = 64 << 10;
/// Numbers at the ends of types, and some that are none.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1e308",
    "-0.0",
    "0.1",
    "255",
    "65536",
    "2147483648",
    "-9223372036854775808",
    "9223372036854775807",
    "18446744073709551615",
    "99999999999999999999999",
    "1e999",
    "NaN",
    "\"1\"",
    "null",
];

/// One of `own`, changed in one to eight places.
pub fn mutated(own: &[Vec<u8>], words: &[&str], rng: &mut impl Rng) -> Vec<u8> {
    let mut input = own.choose(rng).cloned().unwrap_or_default();
    for _ in 0..1 << rng.random_range(0..4) {
        change(&mut input, own, words, rng);
        input.truncate(LONGEST);
    }
    input
}

fn change(input: &mut Vec<u8>, own: &[Vec<u8>], words: &[&str], rng: &mut impl Rng) {
    let at = rng.random_range(0..=input.len());
    match rng.random_range(0..9) {
        0 => flip(input, at, rng),
        1 => input.truncate(at),
        2 => drop(input.drain(at..end(at, input.len(), rng))),
        3 => {
            let again = input[at..end(at, input.len(), rng)].to_vec();
            insert(input, at, &again);
        }
        4 => {
            let noise: Vec<u8> = (0..rng.random_range(1..9)).map(|_| rng.random()).collect();
            insert(input, at, &noise);
        }
        5 => {
            if let Some(other) = own.choose(rng) {
                let from = rng.random_range(0..=other.len());
                insert(input, at, &other[from..end(from, other.len(), rng)]);
            }
        }
        6 => {
            let word = words.choose(rng).copied().unwrap_or_default();
            insert(input, at, word.as_bytes());
        }
        _ => number(input, at, rng),
    }
}

fn end(from: usize, length: usize, rng: &mut impl Rng) -> usize {
    let longest = (length - from).min(1 << rng.random_range(0..10));
    from + rng.random_range(0..=longest)
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    input.splice(at..at, bytes.iter().copied());
}

fn flip(input: &mut [u8], at: usize, rng: &mut impl Rng) {
    if let Some(byte) = input.get_mut(at) {
        *byte = match rng.random_range(0..3) {
            0 => *byte ^ (1 << rng.random_range(0..8)),
            1 => [0, 1, 0x7f, 0x80, 0xff][rng.random_range(0..5)],
            _ => rng.random(),
        };
    }
}

/// The next run of digits becomes a number at the end of some type.
fn number(input: &mut Vec<u8>, at: usize, rng: &mut impl Rng) {
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let Some(skipped) = input[at..].iter().position(is_digit) else {
        return flip(input, at, rng);
    };
    let from = at + skipped;
    let digits = input[from..]
        .iter()
        .take_while(|byte| is_digit(byte))
        .count();
    let number = NUMBERS.choose(rng).copied().unwrap_or_default();
    input.splice(from..from + digits, number.bytes());
}
