//! How well two people agree beyond chance, by AC1 (Gwet: "Computing inter-rater reliability and
//! its variance in the presence of high agreement", British Journal of Mathematical and
//! Statistical Psychology 61, 2008). Cohen's kappa collapses where hardly any cover shows the
//! topic; AC1 does not. Pure.

use serde::Serialize;
use store::trust::Twice;

/// How far a normal variable is from its mean at most, at 95 %.
const Z: f64 = 1.959_964;

/// Of covers that two people decided without seeing what the other said.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Agreement {
    /// 1: always alike; 0: no more than by chance.
    pub ac1: f64,
    /// It lies between these, at 95 %.
    pub interval: (f64, f64),
}

impl Agreement {
    /// By what both said; of no cover nothing can be said.
    pub fn of(twice: &Twice) -> Option<Self> {
        let both = twice.both as f64;
        let apart = (twice.first + twice.second - 2 * twice.both) as f64;
        let neither = (twice.alike - twice.both) as f64;
        (twice.covers > 0).then(|| Self {
            ac1: ac1([both, apart, neither]).0,
            interval: interval([both, apart, neither]),
        })
    }
}

/// Gwet's interval of the table with one cover added to each of its four cells. As it is, all
/// alike would mean a width of zero, and 95 % would be as little as 5 (`tests`).
fn interval([both, apart, neither]: [f64; 3]) -> (f64, f64) {
    let (middle, error) = ac1([both + 1.0, apart + 2.0, neither + 1.0]);
    (
        (middle - Z * error).max(-1.0),
        (middle + Z * error).min(1.0),
    )
}

/// AC1 of covers that both say show the topic, of which they say different things, and that both
/// say do not; and its standard error, of covers drawn from very many.
fn ac1(counts: [f64; 3]) -> (f64, f64) {
    let n: f64 = counts.iter().sum();
    let [yes, apart, no] = counts.map(|count| count / n);
    let alike = yes + no;
    // How often either person says each, and how often they would then say the same by chance.
    let says = yes + apart / 2.0;
    let chance = 2.0 * says * (1.0 - says);
    let ac1 = (alike - chance) / (1.0 - chance);
    let off = 1.0 - ac1;
    let once = yes * (1.0 - says) + no * says - alike * chance;
    let twice = yes * (1.0 - says).powi(2) + no * says.powi(2) + apart / 4.0 - chance.powi(2);
    let spread = alike * (1.0 - alike) - 4.0 * off * once + 4.0 * off * off * twice;
    let variance = spread / (n * (1.0 - chance).powi(2));
    (ac1, variance.max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use store::Pool;

    use super::*;
    use crate::interval::ln_factorial;

    fn twice(both: u64, first: u64, second: u64, neither: u64) -> Twice {
        Twice {
            pool: Pool::Negative,
            covers: both + first + second + neither,
            first: both + first,
            second: both + second,
            both,
            alike: both + neither,
        }
    }

    /// By hand: of 100 covers both say yes of 10, one of them of 20, both no of 70. So they are
    /// alike in 0.8; either says yes with 0.2; by chance 2 · 0.2 · 0.8 = 0.32;
    /// AC1 = 0.48 / 0.68. Of the variance: 0.8 · 0.2 = 0.16;
    /// 0.1 · 0.8 + 0.7 · 0.2 - 0.8 · 0.32 = -0.036; 0.1 · 0.64 + 0.7 · 0.04 + 0.2 / 4 - 0.1024 = 0.0396;
    /// with 1 - AC1 = 5/17 together 0.16 + 4 · 5/17 · 0.036 + 4 · 25/289 · 0.0396 = 0.2160554,
    /// over 100 · 0.4624 = 46.24.
    #[test]
    fn a_table_worked_out_by_hand_has_its_ac1_and_error() {
        let (value, error) = ac1([10.0, 20.0, 70.0]);
        assert!((value - 0.48 / 0.68).abs() < 1e-12, "{value}");
        assert!(
            (error.powi(2) - 0.216_055_363 / 46.24).abs() < 1e-9,
            "{error}"
        );
        let told = Agreement::of(&twice(10, 12, 8, 70)).unwrap();
        assert!((told.ac1 - value).abs() < 1e-12);
        assert!(told.interval.0 < value && value < told.interval.1);
    }

    #[test]
    fn always_alike_is_one_never_is_less_than_none_and_of_nothing_nothing_is_said() {
        let all = Agreement::of(&twice(3, 0, 0, 97)).unwrap();
        assert!(
            (all.ac1 - 1.0).abs() < 1e-12 && all.interval.0 < 0.96,
            "{all:?}"
        );
        let never = Agreement::of(&twice(0, 20, 20, 0)).unwrap();
        assert!(never.ac1 < 0.0 && never.interval.0 >= -1.0);
        assert_eq!(Agreement::of(&twice(0, 0, 0, 0)), None);
    }

    /// Summed over every table that two people can bring about.
    #[test]
    fn the_interval_holds_as_often_as_it_claims_where_cats_are_rare_and_where_not() {
        let covered = |n: u64, p: [f64; 3], interval: fn([f64; 3]) -> (f64, f64)| -> f64 {
            let truth = ac1(p).0;
            let tables = (0..=n).flat_map(|both| (0..=n - both).map(move |apart| (both, apart)));
            tables
                .map(|(both, apart)| {
                    let counts = [both, apart, n - both - apart];
                    let log: f64 = ln_factorial(n)
                        + counts
                            .iter()
                            .zip(p)
                            .map(|(k, p)| *k as f64 * p.ln() - ln_factorial(*k))
                            .sum::<f64>();
                    let (low, high) = interval(counts.map(|count| count as f64));
                    if (low..=high).contains(&truth) {
                        log.exp()
                    } else {
                        0.0
                    }
                })
                .sum()
        };
        let gwet = |counts: [f64; 3]| {
            let (value, error) = ac1(counts);
            (value - Z * error, value + Z * error)
        };
        for n in [30, 100, 200] {
            for (share, seen) in [
                (0.01, 0.9),
                (0.03, 0.85),
                (0.03, 0.6),
                (0.1, 0.7),
                (0.5, 0.75),
            ] {
                let yes = share * seen * seen;
                let apart = 2.0 * share * seen * (1.0 - seen);
                let held = covered(n, [yes, apart, 1.0 - yes - apart], interval);
                assert!(held >= 0.95, "{n} {share} {seen}: {held}");
            }
        }
        let plain = covered(30, [0.01, 0.002, 0.988], gwet);
        assert!(plain < 0.1, "why one is added: {plain}");
    }
}
