//! A logistic probe: one linear layer on fixed features, its regularisation chosen inside
//! the covers that it is fitted on.

use tch::{Kind, Tensor};

use crate::folds::Folds;
use crate::lbfgs::{Limits, minimise};
use crate::metrics::{log_loss, sigmoid};

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

/// Strengths that are tried, from strong to weak so that each starts where the last ended:
/// λ of mean cross-entropy + λ/2·|w|² over standardised features.
const STRENGTHS: [f64; 7] = [3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003];
/// Taken when there are too few blocks to choose.
const USUAL: f64 = 0.1;
/// Parts of the inner cross-validation.
const INNER_FOLDS: usize = 3;
const LIMITS: Limits = Limits {
    steps: 200,
    gradient: 1e-5,
};
/// A feature that hardly varies is not blown up by its deviation.
const SMALLEST_DEVIATION: f64 = 1e-6;

/// Features of some covers with their labels, and blocks that must not be split.
#[derive(Debug)]
pub struct Examples<'a> {
    /// `[n, f]`
    pub features: &'a Tensor,
    /// One a row.
    pub labels: &'a [bool],
    /// One a row.
    pub blocks: &'a [usize],
}

/// Fits with the strength of the least log-loss on inner folds that never split a block.
pub fn fit(examples: &Examples, seed: u64) -> Probe {
    let strength = choose(examples, seed).unwrap_or(USUAL);
    let rows: Vec<i64> = (0..examples.labels.len() as i64).collect();
    let problem = Problem::new(examples, &rows);
    let path = STRENGTHS.into_iter().filter(|tried| *tried > strength);
    let mut solution = problem.zero();
    for tried in path.chain([strength]) {
        solution = problem.solve(tried, solution);
    }
    problem.probe(&solution, strength)
}

/// `None` when a class has too few blocks for two parts.
fn choose(examples: &Examples, seed: u64) -> Option<f64> {
    let folds = (2..=INNER_FOLDS).rev().find_map(|count| {
        Folds::stratified(examples.labels, &renumbered(examples.blocks), count, seed).ok()
    })?;
    let mut losses = [0.0; STRENGTHS.len()];
    for fold in 0..folds.count() {
        let (train, test) = (folds.train(fold), folds.test(fold));
        let problem = Problem::new(examples, &train);
        let labels: Vec<bool> = test
            .iter()
            .map(|row| examples.labels[*row as usize])
            .collect();
        let held_out = examples
            .features
            .index_select(0, &Tensor::from_slice(&test));
        let mut solution = problem.zero();
        for (strength, loss) in STRENGTHS.into_iter().zip(&mut losses) {
            solution = problem.solve(strength, solution);
            let margins = problem.probe(&solution, strength).margins(&held_out);
            let probabilities: Vec<f64> = margins.into_iter().map(sigmoid).collect();
            *loss += log_loss(&labels, &probabilities) * labels.len() as f64;
        }
    }
    let tried = STRENGTHS.into_iter().zip(losses);
    tried
        .min_by(|left, right| left.1.total_cmp(&right.1))
        .map(|(strength, _)| strength)
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

    /// Margins of features `[n, f]`.
    pub fn margins(&self, features: &Tensor) -> Vec<f64> {
        let margins = features
            .to_kind(Kind::Double)
            .mv(&Tensor::from_slice(&self.weight));
        Vec::try_from(margins + self.bias).expect("a row of doubles")
    }
}

/// Standardised features of the rows to fit on; statistics of these rows alone.
struct Problem {
    /// `[n, f]`, doubles.
    inputs: Tensor,
    /// `[f, n]`
    transposed: Tensor,
    /// 0 or 1, `[n]`.
    targets: Tensor,
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Problem {
    fn new(examples: &Examples, rows: &[i64]) -> Problem {
        let picked = examples.features.index_select(0, &Tensor::from_slice(rows));
        let picked = picked.to_kind(Kind::Double);
        let over_rows = [0i64];
        let mean = picked.mean_dim(over_rows.as_slice(), true, Kind::Double);
        let deviation = picked
            .std_dim(over_rows.as_slice(), false, true)
            .clamp_min(SMALLEST_DEVIATION);
        let inputs = (picked - &mean) / &deviation;
        let label = |row: &i64| f64::from(u8::from(examples.labels[*row as usize]));
        let targets: Vec<f64> = rows.iter().map(label).collect();
        let plain = |tensor: &Tensor| Vec::try_from(tensor.view([-1])).expect("doubles");
        Problem {
            transposed: inputs.transpose(0, 1).contiguous(),
            targets: Tensor::from_slice(&targets),
            mean: plain(&mean),
            deviation: plain(&deviation),
            inputs,
        }
    }

    fn zero(&self) -> Vec<f64> {
        vec![0.0; self.mean.len() + 1]
    }

    /// Weights and, last, the bias, which is not regularised.
    fn solve(&self, strength: f64, start: Vec<f64>) -> Vec<f64> {
        minimise(|solution| self.loss(strength, solution), start, LIMITS)
    }

    fn loss(&self, strength: f64, solution: &[f64]) -> (f64, Vec<f64>) {
        let (weight, bias) = solution.split_at(self.mean.len());
        let margins = self.inputs.mv(&Tensor::from_slice(weight)) + bias[0];
        let count = self.targets.numel() as f64;
        let softplus = margins.relu() + (-margins.abs()).exp().log1p();
        let cross_entropy = (softplus - &margins * &self.targets).sum(Kind::Double) / count;
        let residuals = (margins.sigmoid() - &self.targets) / count;
        let slopes = self.transposed.mv(&residuals);
        let mut gradient: Vec<f64> = Vec::try_from(&slopes).expect("doubles");
        for (slope, weight) in gradient.iter_mut().zip(weight) {
            *slope += strength * weight;
        }
        gradient.push(residuals.sum(Kind::Double).double_value(&[]));
        let length: f64 = weight.iter().map(|weight| weight * weight).sum();
        let value = cross_entropy.double_value(&[]) + strength / 2.0 * length;
        (value, gradient)
    }

    /// w/σ and b − Σ w·μ/σ: the same on raw features.
    fn probe(&self, solution: &[f64], strength: f64) -> Probe {
        let (scaled, bias) = solution.split_at(self.mean.len());
        let weight: Vec<f64> = scaled
            .iter()
            .zip(&self.deviation)
            .map(|(w, d)| w / d)
            .collect();
        let shift: f64 = weight.iter().zip(&self.mean).map(|(w, m)| w * m).sum();
        Probe {
            weight,
            bias: bias[0] - shift,
            strength,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use rand::RngExt;

    /// Two features of which the first tells, at unlike scales, and `noise` that do not.
    fn drawn(count: usize, noise: usize) -> (Tensor, Vec<bool>) {
        let mut rng = generator(7, Purpose::Bench, &[]);
        let labels: Vec<bool> = (0..count).map(|row| row % 2 == 1).collect();
        let mut values = Vec::new();
        for label in &labels {
            let centre = if *label { 130.0 } else { 100.0 };
            values.push(centre + rng.random_range(-20.0..20.0f32));
            values.extend((0..=noise).map(|_| rng.random_range(-0.01..0.01f32)));
        }
        let features = Tensor::from_slice(&values).view([count as i64, noise as i64 + 2]);
        (features, labels)
    }

    fn fitted(count: usize, noise: usize) -> (Probe, Tensor, Vec<bool>) {
        let (features, labels) = drawn(count, noise);
        let blocks: Vec<usize> = (0..count).collect();
        let examples = Examples {
            features: &features,
            labels: &labels,
            blocks: &blocks,
        };
        let probe = fit(&examples, 1);
        (probe, features, labels)
    }

    #[test]
    fn what_tells_is_found_whatever_the_scales() {
        let (probe, features, labels) = fitted(200, 0);
        let right = probe
            .margins(&features)
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
    fn the_solution_is_where_the_gradient_vanishes() {
        let (features, labels) = drawn(80, 3);
        let blocks: Vec<usize> = (0..80).collect();
        let examples = Examples {
            features: &features,
            labels: &labels,
            blocks: &blocks,
        };
        let rows: Vec<i64> = (0..80).collect();
        let problem = Problem::new(&examples, &rows);
        let solution = problem.solve(0.1, problem.zero());
        let (_, gradient) = problem.loss(0.1, &solution);
        assert!(gradient.iter().all(|slope| slope.abs() <= LIMITS.gradient));
    }

    #[test]
    fn too_few_blocks_to_choose_take_the_usual_strength() {
        let (features, labels) = drawn(8, 0);
        let examples = Examples {
            features: &features,
            labels: &labels,
            blocks: &[0; 8],
        };
        assert_eq!(fit(&examples, 1).strength, USUAL);
    }
}
