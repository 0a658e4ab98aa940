//! What counts allow one to say, at 95 %: shares by Clopper and Pearson (1934), who never claim
//! more than they hold; all by two looks at the same by Chapman (1951). Pure.

use serde::Serialize;

/// What a bound or an interval is wrong in, at most.
const ALPHA: f64 = 0.05;

/// The share that `found` of `checked` does not exceed, if it was settled beforehand how many to
/// check. Of nothing, all may be.
pub fn upper(found: u64, checked: u64) -> f64 {
    above(found, checked, ALPHA)
}

/// The interval that the share behind `part` of `whole` lies in.
pub fn share(part: u64, whole: u64) -> (f64, f64) {
    (
        1.0 - above(whole - part, whole, ALPHA / 2.0),
        above(part, whole, ALPHA / 2.0),
    )
}

/// The largest share under which `part` or fewer of `whole` has at least that chance.
pub(crate) fn above(part: u64, whole: u64, chance: f64) -> f64 {
    if part >= whole {
        return 1.0;
    }
    if part == 0 {
        return 1.0 - chance.powf(1.0 / whole as f64);
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if at_most(part, whole, middle) > chance {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The chance of at most `part` successes in `whole` trials, each of chance `p` within (0, 1).
pub(crate) fn at_most(part: u64, whole: u64, p: f64) -> f64 {
    let (yes, no) = (p.ln(), (1.0 - p).ln());
    let of = |k: u64| (ln_choose(whole, k) + k as f64 * yes + (whole - k) as f64 * no).exp();
    (0..=part).map(of).sum::<f64>().min(1.0)
}

/// How many there are, by two looks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Total {
    /// Chapman's estimate.
    pub estimate: f64,
    /// At least, at 95 % for both ends together.
    pub low: u64,
    /// At most; `None`: the looks have too little in common to say.
    pub high: Option<u64>,
}

/// All that there are, when one look found `first`, another `second`, and `both` were found by
/// both. The interval holds every total under which as little, or as much, in common has a chance
/// of at least 2.5 %: given both finds, what they have in common is hypergeometric.
pub fn total(first: u64, second: u64, both: u64) -> Total {
    let estimate = (first + 1) as f64 * (second + 1) as f64 / (both + 1) as f64 - 1.0;
    let seen = first + second - both;
    // More in common means fewer in all, so both ends can be searched for.
    let too_few = |all| common(all, first, second, 0..=both) < ALPHA / 2.0;
    let too_many = |all| common(all, first, second, both..=first.min(second)) < ALPHA / 2.0;
    let low = first_where(seen, |all| !too_few(all)).unwrap_or(seen);
    Total {
        estimate,
        low,
        high: (both > 0)
            .then(|| first_where(seen.max(low), too_many).map(|all| all - 1))
            .flatten(),
    }
}

/// Beyond this a total is as good as unknown.
const MOST: u64 = 1 << 32;

/// The first number from `from` on where the answer turns to yes and stays so.
fn first_where(from: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    if holds(from) {
        return Some(from);
    }
    let (mut low, mut step) = (from, 1);
    while !holds(low + step) {
        (low, step) = (low + step, step * 2);
        if low > MOST {
            return None;
        }
    }
    let mut high = low + step;
    while high - low > 1 {
        let middle = low.midpoint(high);
        if holds(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// The chance that of `all`, of which one look finds `first` and another `second`, so many are
/// found by both.
pub(crate) fn common(
    all: u64,
    first: u64,
    second: u64,
    both: std::ops::RangeInclusive<u64>,
) -> f64 {
    let whole = ln_choose(all, second);
    both.filter(|k| second >= *k && all - first >= second - k)
        .map(|k| (ln_choose(first, k) + ln_choose(all - first, second - k) - whole).exp())
        .sum()
}

fn ln_choose(n: u64, k: u64) -> f64 {
    ln_factorial(n) - ln_factorial(k) - ln_factorial(n - k)
}

/// Stirling's series; below 16 the sum itself.
pub(crate) fn ln_factorial(n: u64) -> f64 {
    if n < 16 {
        return (2..=n).map(|k| (k as f64).ln()).sum();
    }
    let x = n as f64;
    let tail = 1.0 / (12.0 * x) - 1.0 / (360.0 * x.powi(3)) + 1.0 / (1260.0 * x.powi(5));
    x.mul_add(x.ln(), -x) + 0.5 * (std::f64::consts::TAU * x).ln() + tail
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-6 * b.abs().max(1e-3)
    }

    #[test]
    fn nothing_found_bounds_by_about_three_in_so_many() {
        for (checked, bound) in [(0, 1.0), (1, 0.95), (300, 0.009_936_1), (600, 0.004_980_5)] {
            assert!(
                (upper(0, checked) - bound).abs() < 1e-6,
                "{checked}: {}",
                upper(0, checked)
            );
        }
        assert!(upper(5, 5) == 1.0);
    }

    /// Each bound holds its chance exactly, which is what defines it.
    #[test]
    fn a_bound_is_where_the_tail_is_five_in_a_hundred() {
        for (found, checked) in [(1, 20), (3, 600), (17, 40), (199, 200), (40, 5000)] {
            let bound = upper(found, checked);
            let tail = at_most(found, checked, bound);
            assert!((tail - 0.05).abs() < 1e-6, "{found} of {checked}: {tail}");
        }
    }

    /// Worked by hand from the definition: 2 of 2 has a lower end of sqrt(0.025).
    #[test]
    fn an_interval_of_a_share_has_both_ends() {
        let (low, high) = share(2, 2);
        assert!(near(low, 0.025_f64.sqrt()) && high == 1.0, "{low} {high}");
        let (low, high) = share(0, 2);
        assert!(
            low == 0.0 && near(high, 1.0 - 0.025_f64.sqrt()),
            "{low} {high}"
        );
        let (low, high) = share(9, 10);
        let tails = (1.0 - at_most(8, 10, low), at_most(9, 10, high));
        assert!(near(tails.0, 0.025) && near(tails.1, 0.025), "{tails:?}");
        assert_eq!(share(0, 0), (0.0, 1.0));
    }

    #[test]
    fn two_looks_that_agree_have_seen_all_and_two_that_share_nothing_say_nothing() {
        // Of 11 a chance of 1/11 that both looks find the same 10; of 12 one of 1/66.
        let alike = Total {
            estimate: 10.0,
            low: 10,
            high: Some(11),
        };
        assert_eq!(total(10, 10, 10), alike);
        let apart = total(3, 4, 0);
        assert!(near(apart.estimate, 19.0) && apart.low >= 7 && apart.high.is_none());
        assert_eq!(total(0, 0, 0).estimate, 0.0);
        let some = total(50, 50, 45);
        assert!(
            some.low == 55 && (56..65).contains(&some.high.unwrap_or(0)),
            "{some:?}"
        );
    }

    #[test]
    fn factorials_agree_on_both_sides_of_the_series() {
        let sum: f64 = (2..=20_u64).map(|k| (k as f64).ln()).sum();
        assert!((ln_factorial(20) - sum).abs() < 1e-12);
        assert!(near(ln_choose(10, 3).exp(), 120.0));
    }

    /// The chance of exactly `part` successes in `whole` trials of chance `p`.
    pub(crate) fn chance(part: u64, whole: u64, p: f64) -> f64 {
        let log = part as f64 * p.ln() + (whole - part) as f64 * (1.0 - p).ln();
        (ln_choose(whole, part) + log).exp()
    }

    /// Summed over everything that can be drawn: no simulation says it more exactly. A person who
    /// sees a share of what is there finds fewer, so the bound then speaks of what can be seen.
    #[test]
    fn bounds_and_intervals_hold_as_often_as_they_claim_whatever_the_truth() {
        let mut least: (f64, f64) = (1.0, 1.0);
        for whole in [20, 60, 300] {
            let told: Vec<_> = (0..=whole)
                .map(|part| (part, upper(part, whole), share(part, whole)))
                .collect();
            for truth in [0.001, 0.005, 0.01, 0.03, 0.1, 0.5, 0.8, 0.95] {
                let (mut bounded, mut inside) = (0.0, 0.0);
                for (part, bound, (low, high)) in &told {
                    let weight = chance(*part, whole, truth);
                    bounded += if *bound >= truth { weight } else { 0.0 };
                    inside += if (*low..=*high).contains(&truth) {
                        weight
                    } else {
                        0.0
                    };
                }
                least = (least.0.min(bounded), least.1.min(inside));
            }
        }
        assert!(
            least.0 >= 0.95 - 1e-9 && least.1 >= 0.95 - 1e-9,
            "{least:?}"
        );
    }

    #[test]
    fn chapmans_interval_holds_as_often_as_it_claims_whatever_each_look_misses() {
        for all in [10_u64, 36, 90] {
            for (first, second) in [(0.95, 0.9), (0.8, 0.8), (0.6, 0.95)] {
                let [first, second] = [first, second].map(|seen| (all as f64 * seen) as u64);
                let holds = |both: &u64| {
                    let told = total(first, second, *both);
                    told.low <= all && told.high.is_none_or(|high| high >= all)
                };
                let possible = (first + second).saturating_sub(all)..=first.min(second);
                let held: f64 = possible
                    .filter(holds)
                    .map(|both| common(all, first, second, both..=both))
                    .sum();
                assert!(held >= 0.95 - 1e-9, "{all} {first} {second}: {held}");
            }
        }
    }
}
