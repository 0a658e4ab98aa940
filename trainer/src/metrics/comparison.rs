//! Two sets of predictions of the same covers: is one better, or can nothing be told?

use super::bootstrap::{Hits, Interval, REPLICATES, Ranked, intervals, numbered};

/// What two models said of the same covers, one entry a cover.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paired {
    /// Whether the cover shows the topic.
    pub labels: Vec<bool>,
    /// By the one.
    pub left: Vec<f64>,
    /// By the other.
    pub right: Vec<f64>,
    /// Covers of a block are drawn together.
    pub blocks: Vec<u32>,
}

/// How far two models differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Covers that both predicted.
    pub covers: usize,
    /// The blocks they are in.
    pub blocks: usize,
    /// Right minus left.
    pub accuracy: Difference,
    /// Right minus left; `None` when a class is missing.
    pub roc_auc: Option<Difference>,
    /// Covers that only the left predicted rightly.
    pub only_left: usize,
    /// Covers that only the right predicted rightly.
    pub only_right: usize,
}

/// The same number of two models.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Of the left.
    pub left: f64,
    /// Of the right.
    pub right: f64,
    /// 95 % interval of right minus left, from drawing whole blocks in pairs.
    pub interval: Interval,
}

/// What an interval of a difference allows to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The left is better.
    Left,
    /// The right is better.
    Right,
    /// The interval holds zero.
    Untold,
}

impl Difference {
    /// Right minus left.
    pub fn value(&self) -> f64 {
        self.right - self.left
    }

    /// Which is better, if that can be told.
    pub fn verdict(&self) -> Verdict {
        match self.interval {
            (low, _) if low > 0.0 => Verdict::Right,
            (_, high) if high < 0.0 => Verdict::Left,
            _ => Verdict::Untold,
        }
    }
}

/// Compares by paired bootstrap over blocks: both models are judged on the same draws, so
/// that what is hard for both does not blur the difference. `None` with fewer than two blocks.
pub fn compare(paired: &Paired, seed: u64) -> Option<Comparison> {
    let labels = &paired.labels;
    let (of, blocks) = numbered(&paired.blocks);
    let hits = [&paired.left, &paired.right].map(|told| Hits::new(labels, told, &of, blocks));
    let ranked = [&paired.left, &paired.right].map(|told| Ranked::new(labels, told, &of));
    let both = |times: &[u32]| {
        let accuracy = [0, 1].map(|side| hits[side].share(times));
        let area = [0, 1].map(|side| ranked[side].areas(times).0);
        (accuracy, area)
    };
    let [accuracy, area] = intervals(blocks, seed, REPLICATES, |times| {
        let (accuracy, area) = both(times);
        [accuracy[1] - accuracy[0], area[1] - area[0]]
    });
    let (accuracies, areas) = both(&vec![1; blocks]);
    let difference = |[left, right]: [f64; 2], interval| Difference {
        left,
        right,
        interval,
    };
    let (only_left, only_right) = disagreements(paired);
    Some(Comparison {
        covers: labels.len(),
        blocks,
        accuracy: difference(accuracies, accuracy?),
        roc_auc: area.map(|interval| difference(areas, interval)),
        only_left,
        only_right,
    })
}

fn disagreements(paired: &Paired) -> (usize, usize) {
    let (mut only_left, mut only_right) = (0, 0);
    let told = paired.left.iter().zip(&paired.right);
    for (label, (left, right)) in paired.labels.iter().zip(told) {
        match ((*left >= 0.5) == *label, (*right >= 0.5) == *label) {
            (true, false) => only_left += 1,
            (false, true) => only_right += 1,
            _ => {}
        }
    }
    (only_left, only_right)
}

/// McNemar's exact test (1947): the chance that two models which are equally good disagree
/// at least so unevenly, given the covers that only one of them has right.
pub fn mcnemar(only_left: usize, only_right: usize) -> f64 {
    let count = only_left + only_right;
    let fewer = only_left.min(only_right);
    // Binomial terms of one half as logarithms: 2^-n is no number beyond a thousand.
    let mut term = -(count as f64) * std::f64::consts::LN_2;
    let mut tail = 0.0;
    for hits in 0..=fewer {
        tail += term.exp();
        term += ((count - hits) as f64).ln() - ((hits + 1) as f64).ln();
    }
    (2.0 * tail).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use rand::RngExt;

    /// `count` covers of which each model has its own share right.
    fn drawn(count: u32, left: f64, right: f64, seed: u64) -> Paired {
        let mut rng = generator(seed, Purpose::Bench, &[]);
        let mut paired = Paired::default();
        for cover in 0..count {
            let label = rng.random_bool(0.5);
            // The same number decides both, so that they mostly agree.
            let luck: f64 = rng.random();
            let told = |share: f64| if (luck < share) == label { 0.9 } else { 0.1 };
            paired.labels.push(label);
            paired.left.push(told(left));
            paired.right.push(told(right));
            paired.blocks.push(cover / 2);
        }
        paired
    }

    #[test]
    fn three_covers_are_compared_as_by_hand() {
        let paired = Paired {
            labels: vec![true, true, false],
            left: vec![0.9, 0.2, 0.1],
            right: vec![0.9, 0.8, 0.1],
            blocks: vec![0, 1, 2],
        };
        let told = compare(&paired, 1).expect("three blocks");
        assert_eq!((told.covers, told.blocks), (3, 3));
        assert_eq!((told.only_left, told.only_right), (0, 1));
        assert!((told.accuracy.value() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(told.accuracy.verdict(), Verdict::Untold, "{told:?}");
        assert_eq!(told.roc_auc, None, "draws of three lack a class");
    }

    #[test]
    fn a_real_difference_is_told_on_either_side_and_none_is_not() {
        let verdict = |left, right| {
            let told = compare(&drawn(600, left, right, 5), 1).expect("many blocks");
            assert_eq!(told.accuracy.verdict(), told.roc_auc.unwrap().verdict());
            told.accuracy.verdict()
        };
        assert_eq!(verdict(0.8, 0.85), Verdict::Right);
        assert_eq!(verdict(0.85, 0.8), Verdict::Left);
        assert_eq!(verdict(0.8, 0.8), Verdict::Untold);
    }

    #[test]
    fn pairing_tells_what_two_intervals_apart_could_not() {
        let paired = drawn(600, 0.8, 0.83, 5);
        let told = compare(&paired, 1).expect("many blocks");
        assert_eq!(told.accuracy.verdict(), Verdict::Right);
        let alone = |side: &[f64]| {
            let told = super::super::block_intervals(&paired.labels, side, &paired.blocks, 1);
            told.expect("many blocks").accuracy
        };
        assert!(
            alone(&paired.left).1 > alone(&paired.right).0,
            "they overlap"
        );
    }

    #[test]
    fn mcnemars_chances_are_those_of_a_fair_coin() {
        // Two-sided: 2·(1 + 10)/2^10; 2/2^5; all of it when even; nothing to tell.
        let table = [
            (1, 9, 22.0 / 1024.0),
            (0, 5, 2.0 / 32.0),
            (4, 4, 1.0),
            (0, 0, 1.0),
        ];
        for (left, right, expected) in table {
            assert!((mcnemar(left, right) - expected).abs() < 1e-12);
            assert_eq!(mcnemar(left, right), mcnemar(right, left));
        }
        let (many, even) = (mcnemar(900, 1100), mcnemar(1000, 1000));
        assert!((1e-6..1e-4).contains(&many), "{many}");
        assert!(even > 0.98, "{even}");
    }

    #[test]
    fn nothing_in_common_is_not_compared() {
        assert_eq!(compare(&Paired::default(), 1), None);
    }
}
