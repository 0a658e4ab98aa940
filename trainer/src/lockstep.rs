//! Many logistic probes on the same features at once.
//!
//! Probes of all folds and strengths descend side by side: each step of all of them is one
//! pass over the features, two products of matrices, where one after the other they would
//! read the features a hundred times as often. Single precision; standardisation is folded
//! into the weights, so that there is no second copy of the features.

use tch::{Kind, Tensor};

use crate::lbfgs::{Descent, Limits};

/// Good enough for probabilities of three digits, in single precision.
pub const LIMITS: Limits = Limits {
    steps: 100,
    gradient: 1e-4,
    noise: 1e-6,
};
/// A feature that hardly varies is not blown up by its deviation.
const SMALLEST_DEVIATION: f64 = 1e-6;

/// Features with their labels, and which rows each probe may see.
#[derive(Debug)]
pub struct Bench {
    /// `[n, f]`, single precision, as they are.
    features: Tensor,
    /// 0 or 1, `[n, 1]`.
    targets: Tensor,
    /// What each row counts in each part, `[n, parts]`.
    parts: Tensor,
    mean: Tensor,
    deviation: Tensor,
}

/// One probe: what it sees, how it is regularised, and where it starts.
#[derive(Debug, Clone)]
pub struct Column {
    /// Number of the part.
    pub part: usize,
    /// λ of mean cross-entropy + λ/2·|w|² over standardised features.
    pub strength: f64,
    /// Standardised weights and the bias; zero when there is nothing better.
    pub start: Option<Vec<f64>>,
}

/// Mean and deviation of each feature `[f]`; labels have no say in them.
#[derive(Debug)]
pub struct Scales {
    mean: Tensor,
    deviation: Tensor,
}

impl Scales {
    /// Of all rows of features `[n, f]`.
    pub fn of(features: &Tensor) -> Scales {
        let over_rows = [0i64];
        Scales {
            mean: features.mean_dim(over_rows.as_slice(), false, Kind::Float),
            deviation: features
                .std_dim(over_rows.as_slice(), false, false)
                .clamp_min(SMALLEST_DEVIATION),
        }
    }
}

impl Bench {
    /// `weights` `[n, parts]` says how much each row counts in each part; the rows of a part sum
    /// up to one, and what it may not see is zero.
    pub fn new(features: Tensor, labels: &[bool], weights: Tensor, scales: &Scales) -> Bench {
        let targets: Vec<f32> = labels
            .iter()
            .map(|label| f32::from(u8::from(*label)))
            .collect();
        Bench {
            targets: Tensor::from_slice(&targets).view([labels.len() as i64, 1]),
            parts: weights,
            mean: scales.mean.shallow_clone(),
            deviation: scales.deviation.shallow_clone(),
            features,
        }
    }

    fn width(&self) -> usize {
        self.features.size()[1] as usize
    }

    /// Each column's weights over standardised features and, last, its bias.
    pub fn solve(&self, columns: &[Column], limits: Limits) -> Vec<Vec<f64>> {
        let _guard = tch::no_grad_guard();
        let zero = || vec![0.0; self.width() + 1];
        let begin =
            |column: &Column| Descent::new(column.start.clone().unwrap_or_else(zero), limits);
        let mut descents: Vec<Descent> = columns.iter().map(begin).collect();
        loop {
            let asking: Vec<usize> = (0..descents.len())
                .filter(|at| descents[*at].asks().is_some())
                .collect();
            if asking.is_empty() {
                break;
            }
            let points: Vec<&[f64]> = asking
                .iter()
                .filter_map(|at| descents[*at].asks())
                .collect();
            let of: Vec<&Column> = asking.iter().map(|at| &columns[*at]).collect();
            let told = self.values(&of, &points);
            for (at, (value, gradient)) in asking.into_iter().zip(told) {
                descents[at].tell(value, gradient);
            }
        }
        descents.into_iter().map(Descent::into_point).collect()
    }

    /// Margins `[n, columns]` of solutions.
    pub fn margins(&self, solutions: &[&[f64]]) -> Tensor {
        let (weights, biases) = self.raw(solutions);
        self.features.mm(&weights) + biases
    }

    /// Weights on features as they are `[f, c]`, and biases `[1, c]`.
    fn raw(&self, solutions: &[&[f64]]) -> (Tensor, Tensor) {
        let (width, count) = (self.width() as i64, solutions.len() as i64);
        let flat: Vec<f32> = solutions
            .iter()
            .flat_map(|solution| solution.iter().map(|value| *value as f32))
            .collect();
        let all = Tensor::from_slice(&flat).view([count, width + 1]).tr();
        let weights = all.narrow(0, 0, width) / self.deviation.view([width, 1]);
        let shift = self.mean.view([1, width]).mm(&weights);
        (weights, all.narrow(0, width, 1) - shift)
    }

    /// Loss and gradient of each column at its point.
    fn values(&self, columns: &[&Column], points: &[&[f64]]) -> Vec<(f64, Vec<f64>)> {
        let parts: Vec<i64> = columns.iter().map(|column| column.part as i64).collect();
        let shares = self.parts.index_select(1, &Tensor::from_slice(&parts));
        let mut margins = self.margins(points);
        let softplus = margins.relu() + (-margins.abs()).exp_().log1p_();
        let losses = ((softplus - &margins * &self.targets) * &shares).sum_dim_intlist(
            [0i64].as_slice(),
            false,
            Kind::Double,
        );
        let residuals = (margins.sigmoid_() - &self.targets) * &shares;
        let pulls = residuals.sum_dim_intlist([0i64].as_slice(), true, Kind::Float);
        let width = self.width() as i64;
        let slopes = (self.features.tr().mm(&residuals) - self.mean.view([width, 1]).mm(&pulls))
            / self.deviation.view([width, 1]);
        let losses: Vec<f64> = Vec::try_from(losses).expect("a row of doubles");
        let slopes: Vec<f32> =
            Vec::try_from(slopes.tr().contiguous().view([-1])).expect("a row of floats");
        let pulls: Vec<f32> = Vec::try_from(pulls.view([-1])).expect("a row of floats");
        let each = slopes.chunks_exact(self.width()).zip(pulls).zip(losses);
        each.zip(columns.iter().zip(points))
            .map(|(((slopes, pull), loss), (column, point))| {
                let weight = &point[..point.len() - 1];
                let regular = slopes.iter().zip(weight);
                let mut gradient: Vec<f64> = regular
                    .map(|(slope, weight)| f64::from(*slope) + column.strength * weight)
                    .collect();
                gradient.push(pull.into());
                let length: f64 = weight.iter().map(|weight| weight * weight).sum();
                (loss + column.strength / 2.0 * length, gradient)
            })
            .collect()
    }

    /// A solution's weights and bias on features as they are, in double precision.
    pub fn unfolded(&self, solution: &[f64]) -> (Vec<f64>, f64) {
        let plain = |tensor: &Tensor| -> Vec<f64> {
            Vec::try_from(tensor.to_kind(Kind::Double)).expect("doubles")
        };
        let (mean, deviation) = (plain(&self.mean), plain(&self.deviation));
        let (scaled, bias) = solution.split_at(self.width());
        let weight: Vec<f64> = scaled.iter().zip(&deviation).map(|(w, d)| w / d).collect();
        let shift: f64 = weight.iter().zip(&mean).map(|(w, m)| w * m).sum();
        (weight, bias[0] - shift)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use crate::lbfgs::minimise;
    use rand::RngExt;

    fn drawn(count: usize, width: usize) -> (Tensor, Vec<bool>) {
        let mut rng = generator(3, Purpose::Bench, &[]);
        let labels: Vec<bool> = (0..count).map(|_| rng.random_bool(0.4)).collect();
        let mut values = Vec::new();
        for label in &labels {
            let centre = if *label { 4.0 } else { 3.0 };
            values.push(centre + rng.random_range(-1.0..1.0f32));
            values.extend((1..width).map(|_| rng.random_range(0.0..6.0f32)));
        }
        let features = Tensor::from_slice(&values).view([count as i64, width as i64]);
        (features, labels)
    }

    /// Each row of a part counts as much as any other of it.
    fn bench(features: &Tensor, labels: &[bool], parts: &[Vec<i64>]) -> Bench {
        let size = [labels.len() as i64, parts.len() as i64];
        let weights = Tensor::zeros(size, (Kind::Float, features.device()));
        for (part, rows) in (0..).zip(parts) {
            let share = 1.0 / rows.len() as f64;
            let _ = weights
                .select(1, part)
                .index_fill_(0, &Tensor::from_slice(rows), share);
        }
        let scales = Scales::of(features);
        Bench::new(features.shallow_clone(), labels, weights, &scales)
    }

    #[test]
    fn side_by_side_gives_what_each_gives_alone_in_double_precision() {
        let (features, labels) = drawn(120, 5);
        let parts: [Vec<i64>; 2] = [(0..120).collect(), (0..80).collect()];
        let bench = bench(&features, &labels, &parts);
        let column = |part, strength| Column {
            part,
            strength,
            start: None,
        };
        let columns = [column(0, 0.1), column(1, 0.1), column(1, 1.0)];
        let together = bench.solve(&columns, LIMITS);
        let inputs = (&features - &bench.mean) / &bench.deviation;
        let rows: Vec<Vec<f64>> = (0..120)
            .map(|row| Vec::try_from(inputs.get(row).to_kind(Kind::Double)).unwrap())
            .collect();
        for (column, found) in columns.iter().zip(together) {
            let seen = &parts[column.part];
            let alone = minimise(
                |w| {
                    let mut value = 0.0;
                    let mut gradient = vec![0.0; 6];
                    for row in seen {
                        let x = &rows[*row as usize];
                        let z: f64 = x.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() + w[5];
                        let y = f64::from(u8::from(labels[*row as usize]));
                        let n = seen.len() as f64;
                        value += (z.max(0.0) + (-z.abs()).exp().ln_1p() - z * y) / n;
                        let pull = (1.0 / (1.0 + (-z).exp()) - y) / n;
                        for (slope, x) in gradient.iter_mut().zip(x.iter().chain([&1.0])) {
                            *slope += pull * x;
                        }
                    }
                    for (slope, w) in gradient.iter_mut().zip(&w[..5]) {
                        value += column.strength / 2.0 * w * w;
                        *slope += column.strength * w;
                    }
                    (value, gradient)
                },
                vec![0.0; 6],
                Limits {
                    steps: 200,
                    gradient: 1e-8,
                    noise: 0.0,
                },
            );
            for (found, alone) in found.iter().zip(&alone) {
                assert!((found - alone).abs() < 2e-3, "{found} {alone}");
            }
        }
    }

    #[test]
    fn folding_the_standardisation_out_changes_no_margin() {
        let (features, labels) = drawn(60, 4);
        let all: Vec<i64> = (0..60).collect();
        let bench = bench(&features, &labels, &[all]);
        let column = Column {
            part: 0,
            strength: 0.1,
            start: None,
        };
        let solution = &bench.solve(&[column], LIMITS)[0];
        let margins: Vec<f32> = Vec::try_from(bench.margins(&[solution]).view([-1])).unwrap();
        let (weight, bias) = bench.unfolded(solution);
        let told = features
            .to_kind(Kind::Double)
            .mv(&Tensor::from_slice(&weight))
            + bias;
        let told: Vec<f64> = Vec::try_from(told).unwrap();
        for (margin, told) in margins.into_iter().zip(told) {
            assert!((f64::from(margin) - told).abs() < 1e-4);
        }
    }
}
