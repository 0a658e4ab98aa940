//! Least values of smooth convex functions by limited-memory BFGS (Liu and Nocedal 1989).
//!
//! Deterministic: no randomness, and sums in a fixed order.

use std::collections::VecDeque;

/// Steps that are remembered.
const MEMORY: usize = 10;
/// Share of the decrease that the slope promises which a step must keep (Armijo).
const SUFFICIENT: f64 = 1e-4;
const MOST_HALVINGS: usize = 30;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Steps at most.
    pub steps: usize,
    /// Largest entry of the gradient at which the point is good enough.
    pub gradient: f64,
}

/// One remembered step: s, y, and 1/sᵀy.
struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    rho: f64,
}

/// From `start` downhill; `function` gives value and gradient.
pub fn minimise(
    mut function: impl FnMut(&[f64]) -> (f64, Vec<f64>),
    start: Vec<f64>,
    limits: Limits,
) -> Vec<f64> {
    let mut point = start;
    let (mut value, mut gradient) = function(&point);
    let mut memory: VecDeque<Pair> = VecDeque::new();
    for _ in 0..limits.steps {
        if gradient.iter().all(|slope| slope.abs() <= limits.gradient) {
            break;
        }
        let direction = direction(&gradient, &memory);
        let slope = dot(&direction, &gradient);
        // Without memory the gradient's length says nothing of a good step's.
        let mut size = if memory.is_empty() {
            1.0 / dot(&gradient, &gradient).sqrt().max(1.0)
        } else {
            1.0
        };
        let mut accepted = None;
        for _ in 0..MOST_HALVINGS {
            let next = along(&point, &direction, size);
            let (next_value, next_gradient) = function(&next);
            if next_value <= value + SUFFICIENT * size * slope {
                accepted = Some((next, next_value, next_gradient));
                break;
            }
            size /= 2.0;
        }
        let Some((next, next_value, next_gradient)) = accepted else {
            break;
        };
        remember(&mut memory, (&point, &next), (&gradient, &next_gradient));
        (point, value, gradient) = (next, next_value, next_gradient);
    }
    point
}

/// The two loops: minus the approximate inverse Hessian times the gradient.
fn direction(gradient: &[f64], memory: &VecDeque<Pair>) -> Vec<f64> {
    let mut q = gradient.to_vec();
    let mut shares = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let share = pair.rho * dot(&pair.step, &q);
        add(&mut q, &pair.change, -share);
        shares.push(share);
    }
    if let Some(newest) = memory.back() {
        let scale = 1.0 / (newest.rho * dot(&newest.change, &newest.change));
        q.iter_mut().for_each(|entry| *entry *= scale);
    }
    for (pair, share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = pair.rho * dot(&pair.change, &q);
        add(&mut q, &pair.step, share - back);
    }
    q.iter_mut().for_each(|entry| *entry = -*entry);
    q
}

/// Forgets a step along which the gradient did not grow: rounding, near the least value.
fn remember(memory: &mut VecDeque<Pair>, points: (&[f64], &[f64]), gradients: (&[f64], &[f64])) {
    let difference = |(from, to): (&[f64], &[f64])| -> Vec<f64> {
        to.iter().zip(from).map(|(to, from)| to - from).collect()
    };
    let (step, change) = (difference(points), difference(gradients));
    let curvature = dot(&step, &change);
    if curvature <= f64::EPSILON * dot(&change, &change) {
        return;
    }
    if memory.len() == MEMORY {
        memory.pop_front();
    }
    memory.push_back(Pair {
        step,
        change,
        rho: 1.0 / curvature,
    });
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(l, r)| l * r).sum()
}

fn add(to: &mut [f64], what: &[f64], times: f64) {
    for (to, what) in to.iter_mut().zip(what) {
        *to += times * what;
    }
}

fn along(point: &[f64], direction: &[f64], size: f64) -> Vec<f64> {
    let moved = |(p, d): (&f64, &f64)| p + size * d;
    point.iter().zip(direction).map(moved).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits {
        steps: 200,
        gradient: 1e-9,
    };

    #[test]
    fn a_long_narrow_valley_is_walked_to_its_end() {
        // Σ (10^i)·(x_i − i)², of condition number 10⁴.
        let function = |x: &[f64]| {
            let mut value = 0.0;
            let mut gradient = Vec::new();
            for (i, x) in x.iter().enumerate() {
                let (weight, off) = (10f64.powi(i as i32), x - i as f64);
                value += weight * off * off;
                gradient.push(2.0 * weight * off);
            }
            (value, gradient)
        };
        let found = minimise(function, vec![5.0; 5], LIMITS);
        for (i, x) in found.iter().enumerate() {
            assert!((x - i as f64).abs() < 1e-6, "{found:?}");
        }
    }

    proptest! {
        #[test]
        fn the_gradient_vanishes_where_a_logistic_loss_is_least(
            rows in prop::collection::vec((-3.0f64..3.0, -3.0f64..3.0, any::<bool>()), 5..40),
        ) {
            let function = |w: &[f64]| {
                let (mut value, mut gradient) = (0.05 * dot(w, w), vec![0.1 * w[0], 0.1 * w[1]]);
                for (a, b, label) in &rows {
                    let sign = if *label { 1.0 } else { -1.0 };
                    let z = sign * (w[0] * a + w[1] * b);
                    value += (-z.abs()).exp().ln_1p() + (-z).max(0.0);
                    let pull = -sign / (1.0 + z.exp());
                    gradient[0] += pull * a;
                    gradient[1] += pull * b;
                }
                (value, gradient)
            };
            let found = minimise(function, vec![0.0; 2], LIMITS);
            prop_assert!(function(&found).1.iter().all(|slope| slope.abs() < 1e-5));
        }
    }
}
