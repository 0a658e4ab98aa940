//! How much memory a training needs, before it starts.
//!
//! Counted for weights and covers, which are exact; measured for what a step holds for
//! the way back, which depends on the kernels. A test compares the sum with the peak of
//! real steps.

use crate::config::{Config, Method};
use crate::nets::efficientnet::{FEATURES, PROJECTED};
use crate::nets::{Model, Net};
use crate::recipe::Recipe;
use crate::views::{self, ViewMode};

/// Bytes of one value.
const FLOAT: u64 = 4;
/// What a step holds for one cover at the net's own side, in bytes; see the test
/// `the_estimate_is_near_the_peak_of_real_steps` in `tests/`.
const STEP: [(Net, u64); 5] = [
    (Net::LeNet, 8_400_000),
    (Net::AlexNet, 7_800_000),
    (Net::ResNet, 5_200_000),
    // It takes no steps; for scoring.
    (Net::EfficientNetLite0, 14_000_000),
    (Net::ImageNetClasses, 14_000_000),
];
/// Kernels need scratch memory, and the allocator keeps gaps: measured on the article's
/// nets and a residual one.
const SCRATCH: f64 = 1.1;
/// What the library takes for itself once it computes.
const KERNELS: u64 = 40_000_000;
/// Covers that a backbone sees at once.
const SCORED_AT_ONCE: u64 = 32;
/// Views of a cover of 16 to 9.
const VIEWS: u64 = 19;

/// Bytes beside what the program holds before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Footprint {
    /// Weights with their gradients, moments, average and best copy.
    pub weights: u64,
    /// What a step of one cover holds.
    pub per_cover: u64,
    /// Covers that go through the net at once.
    pub at_once: u64,
    /// Pixels or features of all covers.
    pub data: u64,
}

impl Footprint {
    /// Of bare steps on one batch of covers at the net's own side.
    pub fn of_bench(net: Net, batch: usize) -> Footprint {
        let side = net.spec().input as u64;
        Footprint {
            weights: weights(net) * STEP_COPIES,
            per_cover: per_cover(net, side),
            at_once: batch as u64,
            data: batch as u64 * 3 * side * side,
        }
    }

    /// Of training so on `covers` covers.
    pub fn of(config: &Config, covers: usize) -> Footprint {
        let net = config.net();
        let side = config.preprocessing().side as u64;
        let views = config.preprocessing().views;
        let per_cover = per_cover(net, side);
        let weights = weights(net);
        match &config.method {
            Method::Steps { recipe, .. } => Footprint {
                weights: weights * copies(recipe),
                per_cover,
                at_once: recipe.micro_batch.unwrap_or(recipe.batch_size) as u64,
                data: covers as u64 * 3 * side * side,
            },
            Method::Probe { .. } => match views {
                ViewMode::Whole => Footprint {
                    weights,
                    per_cover,
                    at_once: SCORED_AT_ONCE,
                    data: covers as u64 * FEATURES as u64 * FLOAT,
                },
                // One picture at a time; its views as they are stored, as floats, and as floats
                // of a fold. What a round learns from comes in the place of what was read.
                ViewMode::Windows => Footprint {
                    weights,
                    per_cover: (per_cover as f64 * views::pixels_against(side as i64)) as u64,
                    at_once: 1,
                    data: covers as u64 * VIEWS * PROJECTED as u64 * (2 * FLOAT + 1),
                },
            },
        }
    }

    /// Of a few bare steps on one batch, as they are measured: nothing averaged, nothing
    /// chosen.
    pub fn of_steps(config: &Config) -> Footprint {
        let whole = Footprint::of(config, 0);
        let (kept, bare) = match &config.method {
            Method::Steps { recipe, .. } => (copies(recipe), STEP_COPIES),
            Method::Probe { .. } => (1, 1),
        };
        Footprint {
            weights: whole.weights / kept * bare,
            ..whole
        }
    }

    /// All of it. While covers are read, their parts and the whole are held at once, but
    /// no step as yet.
    pub fn total(&self) -> u64 {
        self.data + self.data.max(self.weights + self.step() + KERNELS)
    }

    /// What a step holds.
    pub fn step(&self) -> u64 {
        self.per_cover * self.at_once
    }

    /// How many covers at once fit into `limit` bytes, by halving; at least one.
    pub fn fitting(&self, limit: u64) -> Footprint {
        let mut fitting = *self;
        while fitting.total() > limit && fitting.at_once > 1 {
            fitting.at_once = fitting.at_once.div_ceil(2);
        }
        fitting
    }
}

/// What a step holds for a cover shown at this side.
fn per_cover(net: Net, side: u64) -> u64 {
    let own = net.spec().input as u64;
    let area = (side * side) as f64 / (own * own) as f64;
    let mut rows = STEP.into_iter();
    let row = rows.find(|(of, _)| *of == net);
    let (_, step) = row.expect("every net has a row");
    (step as f64 * area * SCRATCH) as u64
}

/// Bytes of a net's weights.
fn weights(net: Net) -> u64 {
    Model::blank(net, tch::Device::Cpu).params.count() as u64 * FLOAT
}

/// The weights, their gradient, and Adam's two moments.
const STEP_COPIES: u64 = 4;

/// And what the recipe keeps besides.
fn copies(recipe: &Recipe) -> u64 {
    STEP_COPIES + u64::from(recipe.average) + u64::from(recipe.early_stop.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::TrainFlags;

    fn footprint(net: Net, covers: usize) -> Footprint {
        let plan = TrainFlags::default().plan(None, net).expect("a CPU");
        Footprint::of(&plan.config, covers)
    }

    #[test]
    fn bytes_are_counted_as_by_hand() {
        let lenet = footprint(Net::LeNet, 100);
        assert_eq!(lenet.data, 100 * 240 * 240 * 3);
        // 5.1 million weights, their gradient, two moments, an average and the best.
        assert!(
            (120_000_000..125_000_000).contains(&lenet.weights),
            "{}",
            lenet.weights
        );
        assert_eq!(lenet.at_once, 32);
        assert_eq!(
            lenet.total(),
            lenet.data + lenet.weights + lenet.step() + KERNELS
        );
        let probe = footprint(Net::EfficientNetLite0, 100);
        assert_eq!(probe.data, 100 * 19 * 272 * 9);
    }

    #[test]
    fn many_covers_are_held_twice_while_they_are_read() {
        let many = footprint(Net::ResNet, 100_000);
        assert_eq!(many.total(), 2 * many.data);
    }

    #[test]
    fn steps_are_halved_until_they_fit_and_one_cover_is_the_least() {
        let whole = footprint(Net::ResNet, 10);
        assert_eq!(whole.fitting(whole.total()), whole);
        let tight = whole.fitting(whole.total() - whole.step() * 2 / 3);
        assert_eq!(tight.at_once, 8);
        assert_eq!(whole.fitting(0).at_once, 1);
    }
}
