//! Platt's map from margins to probabilities, kept only if it helps covers that it was
//! not fitted on.

use crate::metrics::{log_loss, sigmoid};
use crate::weights::Calibration;

/// A margin that was predicted out of fold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Predicted {
    /// Whether the cover shows the topic.
    pub label: bool,
    /// The topic's logit less the other's.
    pub margin: f64,
    /// The fold that it was predicted in.
    pub fold: usize,
}

/// The map fitted on all margins, if maps fitted on all folds but one lower the
/// log-loss of the fold left out; otherwise [`Calibration::NONE`].
pub fn if_it_helps(predicted: &[Predicted]) -> Calibration {
    let folds = predicted.iter().map(|one| one.fold).max().unwrap_or(0) + 1;
    let mut calibrated = vec![0.5; predicted.len()];
    for fold in 0..folds {
        let others: Vec<Predicted> = predicted
            .iter()
            .copied()
            .filter(|one| one.fold != fold)
            .collect();
        let map = fit(&others);
        for (probability, one) in calibrated.iter_mut().zip(predicted) {
            if one.fold == fold {
                *probability = apply(map, one.margin);
            }
        }
    }
    let labels: Vec<bool> = predicted.iter().map(|one| one.label).collect();
    let plain: Vec<f64> = predicted.iter().map(|one| sigmoid(one.margin)).collect();
    match log_loss(&labels, &calibrated) < log_loss(&labels, &plain) {
        true => fit(predicted),
        false => Calibration::NONE,
    }
}

fn apply(map: Calibration, margin: f64) -> f64 {
    sigmoid(map.slope * margin + map.offset)
}

/// Newton's method on Platt's two parameters with his softened targets, and the line
/// search of Lin, Lin and Weng (2007, "A note on Platt's probabilistic outputs").
/// A map that falls is refused: it would turn the ranking round.
pub fn fit(predicted: &[Predicted]) -> Calibration {
    let targets = Targets::of(predicted);
    let mut map = Calibration::NONE;
    let mut loss = targets.loss(predicted, map);
    for _ in 0..MOST_STEPS {
        let Some((slope, offset)) = targets.newton_step(predicted, map) else {
            break;
        };
        let Some((next, lower)) = (0..MOST_HALVINGS)
            .map(|halvings| 0.5f64.powi(halvings))
            .map(|share| Calibration {
                slope: map.slope - share * slope,
                offset: map.offset - share * offset,
            })
            .map(|next| (next, targets.loss(predicted, next)))
            .find(|(_, lower)| *lower < loss)
        else {
            break;
        };
        let gained = loss - lower;
        (map, loss) = (next, lower);
        if gained < CONVERGED {
            break;
        }
    }
    match map.slope.is_finite() && map.slope > 0.0 {
        true => map,
        false => Calibration::NONE,
    }
}

const MOST_STEPS: usize = 100;
const MOST_HALVINGS: i32 = 20;
/// Nats, summed over all covers.
const CONVERGED: f64 = 1e-9;
/// Keeps the Hessian invertible when all margins are alike.
const RIDGE: f64 = 1e-12;

/// (N+1)/(N+2) and 1/(N+2) in place of one and zero, so that separable margins do not
/// call for an infinite slope.
struct Targets {
    topic: f64,
    other: f64,
}

impl Targets {
    fn of(predicted: &[Predicted]) -> Targets {
        let topics = predicted.iter().filter(|one| one.label).count() as f64;
        let others = predicted.len() as f64 - topics;
        Targets {
            topic: (topics + 1.0) / (topics + 2.0),
            other: 1.0 / (others + 2.0),
        }
    }

    fn of_one(&self, one: &Predicted) -> f64 {
        if one.label { self.topic } else { self.other }
    }

    /// Cross-entropy in nats, summed; stable for long margins.
    fn loss(&self, predicted: &[Predicted], map: Calibration) -> f64 {
        let of_one = |one: &Predicted| {
            let z = map.slope * one.margin + map.offset;
            z.max(0.0) - z * self.of_one(one) + (-z.abs()).exp().ln_1p()
        };
        predicted.iter().map(of_one).sum()
    }

    /// The Hessian's inverse times the gradient; `None` when it is not finite.
    fn newton_step(&self, predicted: &[Predicted], map: Calibration) -> Option<(f64, f64)> {
        let (mut g, mut h) = ([0.0; 2], [RIDGE, 0.0, RIDGE]);
        for one in predicted {
            let probability = apply(map, one.margin);
            let residual = probability - self.of_one(one);
            let curvature = probability * (1.0 - probability);
            g[0] += residual * one.margin;
            g[1] += residual;
            h[0] += curvature * one.margin * one.margin;
            h[1] += curvature * one.margin;
            h[2] += curvature;
        }
        let determinant = h[0] * h[2] - h[1] * h[1];
        let slope = (h[2] * g[0] - h[1] * g[1]) / determinant;
        let offset = (h[0] * g[1] - h[1] * g[0]) / determinant;
        (slope.is_finite() && offset.is_finite()).then_some((slope, offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use rand::RngExt;

    /// Margins whose true log-odds are `slope` times them.
    fn drawn(slope: f64, count: usize) -> Vec<Predicted> {
        let mut rng = generator(3, Purpose::Bench, &[]);
        (0..count)
            .map(|row| {
                let margin = rng.random_range(-4.0..4.0);
                Predicted {
                    label: rng.random_bool(sigmoid(slope * margin)),
                    margin,
                    fold: row % 4,
                }
            })
            .collect()
    }

    #[test]
    fn overconfident_margins_are_drawn_in_by_their_true_slope() {
        let map = if_it_helps(&drawn(0.4, 4000));
        assert!((map.slope - 0.4).abs() < 0.05, "{map:?}");
        assert!(map.offset.abs() < 0.1, "{map:?}");
    }

    #[test]
    fn margins_that_are_right_already_are_left_nearly_alone() {
        let map = if_it_helps(&drawn(1.0, 4000));
        assert!((map.slope - 1.0).abs() < 0.1, "{map:?}");
    }

    #[test]
    fn separable_margins_keep_a_finite_slope() {
        let predicted: Vec<Predicted> = (0..40)
            .map(|row| Predicted {
                label: row % 2 == 1,
                margin: if row % 2 == 1 { 3.0 } else { -3.0 },
                fold: row / 2 % 4,
            })
            .collect();
        let map = fit(&predicted);
        assert!(map.slope > 0.0 && map.slope < 10.0, "{map:?}");
    }

    #[test]
    fn a_ranking_that_is_the_wrong_way_round_is_not_turned() {
        let mut predicted = drawn(1.0, 400);
        for one in &mut predicted {
            one.label = !one.label;
        }
        assert_eq!(fit(&predicted), Calibration::NONE);
    }

    #[test]
    fn nothing_predicted_leaves_margins_as_they_are() {
        assert_eq!(if_it_helps(&[]), Calibration::NONE);
        assert_eq!(fit(&[]), Calibration::NONE);
    }
}
