//! A logistic probe: one linear layer on fixed features, its regularisation chosen inside
//! the covers that it is fitted on.

use tch::{Kind, Tensor};

use crate::cross_fit;
use crate::folds::Folds;
use crate::lockstep::{Column, LIMITS};
use crate::multiple_instance::Problem;
use crate::views::ViewSet;

/// Weight and bias on raw features; standardisation is folded in.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe {
    /// One a feature.
    pub weight: Vec<f64>,
    /// Added.
    pub bias: f64,
    /// The regularisation that was chosen.
    pub strength: f64,
}

/// Strengths that are tried, from strong to weak:
/// λ of mean cross-entropy + λ/2·|w|² over standardised features.
pub const STRENGTHS: [f64; 7] = [3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003];
/// Taken when there are too few blocks to choose.
const USUAL: f64 = 0.1;
/// Parts of the inner cross-validation.
const INNER_FOLDS: usize = 3;
/// Views that are brought to double precision at once.
const AT_ONCE: i64 = 4096;

/// Features of some covers with their labels, and blocks that must not be split.
#[derive(Debug)]
pub struct Examples<'a> {
    /// What is seen in them.
    pub views: &'a ViewSet,
    /// One a cover.
    pub labels: &'a [bool],
    /// One a cover.
    pub blocks: &'a [usize],
}

/// Fits with the strength of the least log-loss on inner folds that never split a block.
pub fn fit(examples: &Examples, seed: u64) -> Probe {
    fit_with(examples, choose(examples, seed).unwrap_or(USUAL))
}

/// Fits with a strength that somebody has chosen.
pub fn fit_with(examples: &Examples, strength: f64) -> Probe {
    let parts = [(0..examples.labels.len() as i64).collect()];
    let problem = Problem::new(examples.views, examples.labels, &parts);
    let column = Column {
        part: 0,
        strength,
        start: None,
    };
    let (weight, bias) = problem.unfolded(&problem.solve(&[column], LIMITS)[0]);
    Probe {
        weight,
        bias,
        strength,
    }
}

/// `None` when a class has too few blocks for two parts.
fn choose(examples: &Examples, seed: u64) -> Option<f64> {
    let folds = (2..=INNER_FOLDS).rev().find_map(|count| {
        Folds::stratified(examples.labels, &renumbered(examples.blocks), count, seed).ok()
    })?;
    Some(cross_fit::strength(examples, &folds))
}

/// Block numbers without gaps, in the order of their first rows.
fn renumbered(blocks: &[usize]) -> Vec<usize> {
    let mut numbers = std::collections::HashMap::new();
    let mut number = |block: &usize| {
        let next = numbers.len();
        *numbers.entry(*block).or_insert(next)
    };
    blocks.iter().map(&mut number).collect()
}

impl Probe {
    /// As the net holds it.
    pub fn tensors(&self) -> [(String, Tensor); 2] {
        let weight: Vec<f32> = self.weight.iter().map(|weight| *weight as f32).collect();
        let weight = Tensor::from_slice(&weight).unsqueeze(0);
        let bias = Tensor::from_slice(&[self.bias as f32]);
        [("probe.weight".into(), weight), ("probe.bias".into(), bias)]
    }

    /// Margins of covers.
    pub fn margins(&self, views: &ViewSet) -> Vec<f32> {
        let weight = Tensor::from_slice(&self.weight);
        let mut margins: Vec<f32> = Vec::new();
        for few in views.values.split(AT_ONCE, 0) {
            let of_few = few.to_kind(Kind::Double).mv(&weight) + self.bias;
            margins.extend(Vec::<f32>::try_from(of_few.to_kind(Kind::Float)).expect("floats"));
        }
        let largest = views.largest(&margins).into_iter();
        largest.map(|largest| largest.margin).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use rand::RngExt;

    /// Two features of which the first tells, at unlike scales, and `noise` that do not.
    fn drawn(count: usize, noise: usize) -> (ViewSet, Vec<bool>) {
        let mut rng = generator(7, Purpose::Bench, &[]);
        let labels: Vec<bool> = (0..count).map(|row| row % 2 == 1).collect();
        let mut values = Vec::new();
        for label in &labels {
            let centre = if *label { 130.0 } else { 100.0 };
            values.push(centre + rng.random_range(-20.0..20.0f32));
            values.extend((0..=noise).map(|_| rng.random_range(-0.01..0.01f32)));
        }
        let features = Tensor::from_slice(&values).view([count as i64, noise as i64 + 2]);
        (ViewSet::single(features), labels)
    }

    fn fitted(count: usize, noise: usize) -> (Probe, ViewSet, Vec<bool>) {
        let (views, labels) = drawn(count, noise);
        let blocks: Vec<usize> = (0..count).collect();
        let examples = Examples {
            views: &views,
            labels: &labels,
            blocks: &blocks,
        };
        let probe = fit(&examples, 1);
        (probe, views, labels)
    }

    #[test]
    fn what_tells_is_found_whatever_the_scales() {
        let (probe, views, labels) = fitted(200, 0);
        let right = probe
            .margins(&views)
            .iter()
            .zip(&labels)
            .filter(|(margin, label)| (**margin >= 0.0) == **label)
            .count();
        assert!(right >= 165, "{right} of 200");
        assert_eq!(
            fitted(200, 0).0,
            probe,
            "the same features give the same probe"
        );
    }

    #[test]
    fn much_noise_calls_for_more_regularisation() {
        assert!(fitted(120, 300).0.strength > fitted(120, 0).0.strength);
    }

    #[test]
    fn too_few_blocks_to_choose_take_the_usual_strength() {
        let (views, labels) = drawn(8, 0);
        let examples = Examples {
            views: &views,
            labels: &labels,
            blocks: &[0; 8],
        };
        assert_eq!(fit(&examples, 1).strength, USUAL);
    }
}
