//! Seeded choices.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Chance with a memory of its seed: equal seeds and streams give equal choices.
#[derive(Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// Dice for one concern of one drawing. Streams are independent, so that what is
    /// drawn cannot change the room that it is drawn in.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number in `low..high`.
    pub fn float(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.0.random::<f32>()
    }

    /// A number near zero, at most `spread` away.
    pub fn jitter(&mut self, spread: f32) -> f32 {
        self.float(-spread, spread)
    }

    /// A whole number in `low..=high`.
    pub fn int(&mut self, low: u32, high: u32) -> u32 {
        self.0.random_range(low..=high)
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f32) -> bool {
        self.0.random::<f32>() < p
    }

    /// -1 or 1.
    pub fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// One of `choices`, which is not empty.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.0.random_range(0..choices.len())]
    }

    /// One of `choices`, each as likely as its weight says.
    pub fn weighted<T: Copy>(&mut self, choices: &[(f32, T)]) -> T {
        let total: f32 = choices.iter().map(|c| c.0).sum();
        let mut left = self.float(0.0, total);
        for &(weight, choice) in choices {
            if left < weight {
                return choice;
            }
            left -= weight;
        }
        choices[choices.len() - 1].1
    }

    /// 32 random bits.
    pub fn bits(&mut self) -> u32 {
        self.0.random()
    }
}
