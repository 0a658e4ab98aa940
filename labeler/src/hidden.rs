//! What a random sample, looked at cover by cover, allows one to say of all that it is drawn
//! from, at 95 % and whenever one stops. Pure.
//!
//! People read a bound after each sheet and go on until it pleases them. A bound that holds at
//! 95 % for a number of covers fixed beforehand then fails up to four times as often: each number
//! found is one more chance to stop at a wrong one. So each has a chance to be wrong of its own
//! ([`chance`]); together they stay below 5 % in every case
//! that the tests sum over all ways to stop. No proof is claimed for the others.

use crate::interval::{above, common, share};

/// The chance to be wrong when nothing is found, which is what most audits find.
const NONE: f64 = 0.04;
/// What is left for the others, less with each found.
const SOME: f64 = 0.06;

/// The chance to be wrong with so many found. They sum up to more than 5 %, but who was not wrong
/// with few found seldom is with more.
fn chance(found: u64) -> f64 {
    if found == 0 {
        return NONE;
    }
    SOME / ((found + 1) * (found + 2)) as f64
}

/// At most so many of `frame` covers are not what they were taken for, the `found` ones among the
/// `checked` included: the most under which as few would be found with more than its chance.
pub fn at_most(frame: u64, checked: u64, found: u64) -> u64 {
    let likely = |all| common(frame, all, checked, 0..=found) > chance(found);
    // The more hide, the less likely it is to find as few.
    let (mut low, mut high) = (found, frame - (checked - found) + 1);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if likely(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// At most this share of a frame, if who looks sees as often as planted cats were seen: `seen` of
/// `planted`. Both the sample and the planted ones mislead with half the chance.
pub fn at_most_if_missed(checked: u64, found: u64, (planted, seen): (u64, u64)) -> f64 {
    let (recall, _) = share(seen, planted);
    if recall <= 0.0 {
        return 1.0;
    }
    // Of covers drawn from a frame rather than at will as few are even less likely.
    (above(found, checked, chance(found) / 2.0) / recall).min(1.0)
}

/// The first number of covers looked at, beyond `checked`, of at most `sample`, at which at most
/// `share` of the frame still hide, if no more are found.
pub fn needed(frame: u64, sample: u64, checked: u64, found: u64, share: f64) -> Option<u64> {
    let enough = |n| still(frame, n, found) <= share;
    if checked >= sample || !enough(sample) {
        return None;
    }
    let (mut low, mut high) = (checked, sample);
    while high - low > 1 {
        let middle = low.midpoint(high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}

/// The share of the frame that still hides, at most: what was found is hidden no longer.
pub fn still(frame: u64, checked: u64, found: u64) -> f64 {
    (at_most(frame, checked, found) - found) as f64 / frame as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interval;

    /// How often the bound is below the truth at some time, for one who looks at all of the
    /// sample: whoever stops can be wrong no oftener. `next` is the chance that the next cover is
    /// found, after so many looked at and found; `below` whether the bound is then too low.
    fn ever_wrong(
        sample: u64,
        next: impl Fn(u64, u64) -> f64,
        below: impl Fn(u64, u64) -> bool,
    ) -> f64 {
        let mut ways = vec![1.0];
        let mut wrong = 0.0;
        for checked in 1..=sample {
            let mut after = vec![0.0; ways.len() + 1];
            for (found, way) in (0..).zip(&ways) {
                let yes = next(checked - 1, found);
                after[found as usize] += way * (1.0 - yes);
                after[found as usize + 1] += way * yes;
            }
            for (found, way) in (0..).zip(&mut after) {
                if *way > 0.0 && below(checked, found) {
                    wrong += *way;
                    *way = 0.0;
                }
            }
            ways = after;
        }
        wrong
    }

    #[test]
    fn the_bound_holds_whenever_one_stops_summed_over_every_way_to() {
        for (frame, sample, hidden) in [
            (100, 100, 1_u64),
            (100, 100, 7),
            (100, 100, 40),
            (1500, 600, 4),
            (1500, 600, 15),
            (1500, 600, 60),
            (1500, 300, 450),
            (100_000, 600, 500),
            (100_000, 600, 3000),
        ] {
            let next = |checked: u64, found: u64| {
                hidden.saturating_sub(found) as f64 / (frame - checked) as f64
            };
            // As `at_most` decides, without the search; one cannot be wrong with more found.
            let below = |checked: u64, found: u64| {
                found < hidden
                    && found * frame < checked * hidden
                    && common(frame, hidden, checked, 0..=found) <= chance(found)
            };
            let wrong = ever_wrong(sample, next, below);
            assert!(wrong < 0.05, "{hidden} of {frame}: {wrong}");
        }
    }

    /// With the bound for a number fixed beforehand it is wrong oftener: the sum above sees it.
    #[test]
    fn a_bound_for_a_fixed_number_fails_when_it_is_read_after_each_cover() {
        let hidden = 0.05;
        // What `interval::upper` decides, without the search.
        let below = |checked: u64, found: u64| {
            (found as f64) < hidden * checked as f64
                && interval::at_most(found, checked, hidden) < 0.05
        };
        let wrong = ever_wrong(600, |_, _| hidden, below);
        assert!(wrong > 0.1, "{wrong}");
    }

    #[test]
    fn a_bound_that_allows_for_misses_holds_whenever_one_stops() {
        for (planted, recall, hidden) in [(20_u64, 0.7, 0.1), (8, 0.9, 0.06)] {
            let wrong: f64 = (0..=planted)
                .map(|seen| {
                    let weight = interval::tests::chance(seen, planted, recall);
                    let below = |checked, found| {
                        (found as f64) < hidden * recall * checked as f64
                            && at_most_if_missed(checked, found, (planted, seen)) < hidden
                    };
                    weight * ever_wrong(100, |_, _| hidden * recall, below)
                })
                .sum();
            assert!(wrong < 0.05, "{planted} {recall} {hidden}: {wrong}");
        }
        assert!((at_most_if_missed(600, 0, (20, 0)) - 1.0).abs() < 1e-12);
        assert!(at_most_if_missed(600, 0, (1000, 1000)) < 0.007);
    }

    /// Worked out from the definition: a single one among 100 is not among the first 95 with a
    /// chance of 5 %, and not among the first 97 with one of 3 %.
    #[test]
    fn little_is_left_where_much_was_looked_at() {
        assert_eq!(at_most(100, 95, 0), 1);
        assert_eq!(at_most(100, 97, 0), 0);
        assert_eq!(at_most(100, 100, 3), 3);
        assert_eq!(at_most(100, 0, 0), 100);
        assert!(still(100, 100, 3) == 0.0);
        // The reference's "none of 600: at most 0.5 %", of five thousand covers.
        assert!(still(5000, 600, 0) <= 0.005);
    }

    #[test]
    fn what_is_needed_is_the_first_that_suffices() {
        for (found, share) in [(0, 0.05), (0, 0.005), (1, 0.01), (4, 0.01)] {
            let n = needed(5000, 3000, 0, found, share).unwrap();
            assert!(still(5000, n, found) <= share && still(5000, n - 1, found) > share);
        }
        assert_eq!(
            needed(5000, 100, 0, 0, 0.01),
            None,
            "the sample is too small"
        );
        assert_eq!(
            needed(5000, 300, 300, 0, 0.05),
            None,
            "all of it was looked at"
        );
    }
}
