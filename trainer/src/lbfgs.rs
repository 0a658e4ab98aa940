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
    /// Share of the value that is rounding: a step that seems to climb by less is taken.
    pub noise: f64,
}

/// One remembered step: s, y, and 1/sᵀy.
#[derive(Debug)]
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
    let mut descent = Descent::new(start, limits);
    while let Some(trial) = descent.asks() {
        let (value, gradient) = function(trial);
        descent.tell(value, gradient);
    }
    descent.into_point()
}

/// A descent that asks for one value at a time, so that many can ask at once.
#[derive(Debug)]
pub struct Descent {
    limits: Limits,
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
    memory: VecDeque<Pair>,
    direction: Vec<f64>,
    size: f64,
    halvings: usize,
    steps: usize,
    /// Where the value is wanted; `None` at the end.
    trial: Option<Vec<f64>>,
}

impl Descent {
    /// From `start` downhill.
    pub fn new(start: Vec<f64>, limits: Limits) -> Descent {
        Descent {
            limits,
            trial: Some(start.clone()),
            point: start,
            value: f64::INFINITY,
            gradient: Vec::new(),
            memory: VecDeque::new(),
            direction: Vec::new(),
            size: 1.0,
            halvings: 0,
            steps: 0,
        }
    }

    /// Where it wants to know value and gradient; `None` when it has ended.
    pub fn asks(&self) -> Option<&[f64]> {
        self.trial.as_deref()
    }

    /// The least point so far.
    pub fn into_point(self) -> Vec<f64> {
        self.point
    }

    /// Value and gradient where it asked.
    pub fn tell(&mut self, value: f64, gradient: Vec<f64>) {
        let Some(trial) = self.trial.take() else {
            return;
        };
        if self.gradient.is_empty() {
            (self.value, self.gradient) = (value, gradient);
            return self.set_out();
        }
        let slope = dot(&self.direction, &self.gradient);
        let slack = self.limits.noise * self.value.abs();
        if value <= self.value + SUFFICIENT * self.size * slope + slack {
            remember(
                &mut self.memory,
                (&self.point, &trial),
                (&self.gradient, &gradient),
            );
            (self.point, self.value, self.gradient) = (trial, value, gradient);
            self.steps += 1;
            return self.set_out();
        }
        self.halvings += 1;
        self.size /= 2.0;
        if self.halvings < MOST_HALVINGS {
            self.trial = Some(along(&self.point, &self.direction, self.size));
        }
    }

    /// A new direction, unless the point is good enough.
    fn set_out(&mut self) {
        let flat = |slope: &f64| slope.abs() <= self.limits.gradient;
        if self.steps >= self.limits.steps || self.gradient.iter().all(flat) {
            return;
        }
        self.direction = direction(&self.gradient, &self.memory);
        // Without memory the gradient's length says nothing of a good step's.
        self.size = if self.memory.is_empty() {
            1.0 / dot(&self.gradient, &self.gradient).sqrt().max(1.0)
        } else {
            1.0
        };
        self.halvings = 0;
        self.trial = Some(along(&self.point, &self.direction, self.size));
    }
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
        noise: 0.0,
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
