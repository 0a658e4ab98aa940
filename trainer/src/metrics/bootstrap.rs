//! How sure a number is when covers come in blocks: whole blocks are drawn again.
//!
//! The covers of a block, near-duplicates or one uploader's, tend to be right or wrong
//! together. Wilson's interval takes each of them for a draw of its own and comes out too
//! narrow; drawing whole blocks with replacement (Efron's bootstrap, percentile interval;
//! Davison and Hinkley 1997, section 3.8, on clusters) does not.

use rand::RngExt;
use rayon::prelude::*;

use crate::keyed::{Purpose, generator};

/// Low and high end of a 95 % interval.
pub type Interval = (f64, f64);

/// Draws of blocks: the ends of an interval then move in the third digit only.
pub(super) const REPLICATES: u64 = 2000;

/// 95 % intervals from drawing whole blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockIntervals {
    /// Of the accuracy at one half.
    pub accuracy: Interval,
    /// Of the area under the ROC curve; `None`, like the next, when a class is missing.
    pub roc_auc: Option<Interval>,
    /// Of the average precision.
    pub average_precision: Option<Interval>,
}

/// Intervals of predictions whose covers are in these blocks, numbered in any way; `None`
/// with fewer than two blocks, of which nothing can be drawn.
pub fn block_intervals(
    labels: &[bool],
    probabilities: &[f64],
    blocks: &[u32],
    seed: u64,
) -> Option<BlockIntervals> {
    let (of, count) = numbered(blocks);
    let hits = Hits::new(labels, probabilities, &of, count);
    let ranked = Ranked::new(labels, probabilities, &of);
    let [accuracy, roc_auc, average_precision] = intervals(count, seed, REPLICATES, |times| {
        let (area, precision) = ranked.areas(times);
        [hits.share(times), area, precision]
    });
    Some(BlockIntervals {
        accuracy: accuracy?,
        roc_auc,
        average_precision,
    })
}

/// Block numbers from zero without gaps, and how many there are.
pub(super) fn numbered(blocks: &[u32]) -> (Vec<usize>, usize) {
    let mut known = blocks.to_vec();
    known.sort_unstable();
    known.dedup();
    let number = |block: &u32| known.binary_search(block).expect("it is among them");
    (blocks.iter().map(number).collect(), known.len())
}

/// Percentile intervals of some statistics of one draw, given how often each block is in
/// it. A statistic that is no number in a draw, as an area without a class, has no interval.
pub(super) fn intervals<const K: usize>(
    blocks: usize,
    seed: u64,
    replicates: u64,
    statistics: impl Fn(&[u32]) -> [f64; K] + Sync,
) -> [Option<Interval>; K] {
    if blocks < 2 {
        return [None; K];
    }
    let draw = |replicate| {
        // A key of its own for each draw: the order of threads changes nothing.
        let mut rng = generator(seed, Purpose::Bootstrap, &[replicate]);
        let mut times = vec![0; blocks];
        for _ in 0..blocks {
            times[rng.random_range(0..blocks)] += 1;
        }
        statistics(&times)
    };
    let drawn: Vec<[f64; K]> = (0..replicates).into_par_iter().map(draw).collect();
    std::array::from_fn(|at| percentiles(drawn.iter().map(|values| values[at]).collect()))
}

fn percentiles(mut values: Vec<f64>) -> Option<Interval> {
    const TAIL: f64 = 0.025;
    if values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len() - 1;
    let at = |share: f64| values[(share * last as f64).round() as usize];
    Some((at(TAIL), at(1.0 - TAIL)))
}

/// Right and all predictions of each block: an accuracy is then a sum over blocks.
pub(super) struct Hits(Vec<(u32, u32)>);

impl Hits {
    pub(super) fn new(labels: &[bool], probabilities: &[f64], of: &[usize], blocks: usize) -> Hits {
        let mut counts = vec![(0, 0); blocks];
        for ((label, probability), block) in labels.iter().zip(probabilities).zip(of) {
            counts[*block].0 += u32::from((*probability >= 0.5) == *label);
            counts[*block].1 += 1;
        }
        Hits(counts)
    }

    /// The share that is right in a draw.
    pub(super) fn share(&self, times: &[u32]) -> f64 {
        let (mut right, mut all) = (0u64, 0u64);
        for ((hits, count), times) in self.0.iter().zip(times) {
            right += u64::from(hits * times);
            all += u64::from(count * times);
        }
        right as f64 / all as f64
    }
}

/// Label and block of each cover by falling probability, sorted once for all draws.
pub(super) struct Ranked {
    rows: Vec<(bool, usize)>,
    /// Where each stretch of equal probabilities ends.
    ends: Vec<usize>,
}

impl Ranked {
    pub(super) fn new(labels: &[bool], probabilities: &[f64], of: &[usize]) -> Ranked {
        let mut order: Vec<usize> = (0..labels.len()).collect();
        order.sort_by(|left, right| probabilities[*right].total_cmp(&probabilities[*left]));
        let mut ends = Vec::new();
        for tied in order.chunk_by(|left, right| probabilities[*left] == probabilities[*right]) {
            ends.push(ends.last().unwrap_or(&0) + tied.len());
        }
        let row = |row: usize| (labels[row], of[row]);
        Ranked {
            rows: order.into_iter().map(row).collect(),
            ends,
        }
    }

    /// Area under the ROC curve and average precision of a draw; no numbers when it lacks
    /// a class.
    pub(super) fn areas(&self, times: &[u32]) -> (f64, f64) {
        let (mut hits, mut alarms) = (0u64, 0u64);
        // Pairs in order count two and tied ones one, so that all of it stays whole.
        let (mut ordered, mut precision) = (0u64, 0.0);
        let mut start = 0;
        for end in &self.ends {
            let mut tied = [0u64; 2];
            for (label, block) in &self.rows[start..*end] {
                tied[usize::from(*label)] += u64::from(times[*block]);
            }
            let [others, topics] = tied;
            ordered += others * (2 * hits + topics);
            hits += topics;
            alarms += others;
            if topics > 0 {
                precision += topics as f64 * hits as f64 / (hits + alarms) as f64;
            }
            start = *end;
        }
        let area = ordered as f64 / (2 * hits * alarms) as f64;
        (area, precision / hits as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{average_precision, roc_auc, wilson};

    /// Rows of blocks whose covers are right together: a block has its own chance.
    fn drawn(seed: u64) -> (Vec<bool>, Vec<f64>, Vec<u32>) {
        let mut rng = generator(seed, Purpose::Bench, &[]);
        let (mut labels, mut probabilities, mut blocks) = (vec![], vec![], vec![]);
        for block in 0..60 {
            // Four blocks of five are right in all their covers but few: 0.8 on the whole.
            let chance = if rng.random_bool(0.8) { 0.95 } else { 0.2 };
            for _ in 0..rng.random_range(4..=10) {
                let label = rng.random_bool(0.5);
                let right = rng.random_bool(chance);
                labels.push(label);
                probabilities.push(if right == label { 0.8 } else { 0.2 });
                blocks.push(block);
            }
        }
        (labels, probabilities, blocks)
    }

    #[test]
    fn nineteen_of_twenty_block_intervals_hold_the_truth_and_far_fewer_of_wilsons() {
        const TRUTH: f64 = 0.8 * 0.95 + 0.2 * 0.2;
        const STUDIES: u64 = 300;
        let holds = |(low, high): Interval| low <= TRUTH && TRUTH <= high;
        let (mut by_blocks, mut by_covers) = (0, 0);
        for study in 0..STUDIES {
            let (labels, probabilities, blocks) = drawn(study);
            let (of, count) = numbered(&blocks);
            let hits = Hits::new(&labels, &probabilities, &of, count);
            let [interval] = intervals(count, study, 400, |times| [hits.share(times)]);
            by_blocks += u64::from(holds(interval.expect("many blocks")));
            let right = hits.0.iter().map(|(hits, _)| *hits as usize).sum();
            by_covers += u64::from(holds(wilson(right, labels.len())));
        }
        let share = by_blocks as f64 / STUDIES as f64;
        assert!((0.90..=0.98).contains(&share), "{share} of the blocks'");
        let share = by_covers as f64 / STUDIES as f64;
        assert!(share < 0.75, "{share} of Wilson's");
    }

    #[test]
    fn with_a_block_for_each_cover_the_interval_is_nearly_wilsons() {
        let labels: Vec<bool> = (0..400).map(|row| row % 2 == 0).collect();
        let right = |row: usize| row % 10 != 3;
        let told = |row: usize| if right(row) == labels[row] { 0.9 } else { 0.1 };
        let probabilities: Vec<f64> = (0..400).map(told).collect();
        let blocks: Vec<u32> = (0..400).collect();
        let (low, high) = block_intervals(&labels, &probabilities, &blocks, 1)
            .expect("many blocks")
            .accuracy;
        let expected = wilson(360, 400);
        assert!((low - expected.0).abs() < 0.006, "{low} {expected:?}");
        assert!((high - expected.1).abs() < 0.006, "{high} {expected:?}");
    }

    #[test]
    fn a_draw_of_each_block_once_gives_the_numbers_themselves() {
        let (labels, probabilities, blocks) = drawn(7);
        // With ties and without.
        for spread in [0.0, 1e-4] {
            let spread = |(row, told): (usize, &f64)| told + spread * (row * 37 % 101) as f64;
            let told: Vec<f64> = probabilities.iter().enumerate().map(spread).collect();
            let (of, count) = numbered(&blocks);
            let (area, precision) = Ranked::new(&labels, &told, &of).areas(&vec![1; count]);
            assert!((area - roc_auc(&labels, &told).unwrap()).abs() < 1e-12);
            assert!((precision - average_precision(&labels, &told).unwrap()).abs() < 1e-12);
        }
    }

    #[test]
    fn blocks_are_counted_as_often_as_they_are_drawn() {
        // Block 5: two right of two; block 9: none of one.
        let (labels, probabilities) = ([true, false, true], [0.9, 0.1, 0.2]);
        let (of, count) = numbered(&[5, 5, 9]);
        assert_eq!((&of[..], count), (&[0, 0, 1][..], 2));
        let hits = Hits::new(&labels, &probabilities, &of, count);
        assert_eq!(hits.share(&[1, 1]), 2.0 / 3.0);
        assert_eq!(hits.share(&[2, 0]), 1.0);
        assert_eq!(hits.share(&[1, 2]), 0.5);
    }

    #[test]
    fn one_block_or_one_class_has_no_interval_and_the_same_seed_the_same() {
        let (labels, told) = ([true, false, true], [0.9, 0.1, 0.2]);
        assert_eq!(block_intervals(&labels, &told, &[3, 3, 3], 1), None);
        assert_eq!(block_intervals(&[], &[], &[], 1), None);
        let alike = block_intervals(&[true, true], &[0.9, 0.2], &[0, 1], 1).unwrap();
        assert_eq!(alike.roc_auc, None);
        let of = |seed| {
            let (labels, probabilities, blocks) = drawn(3);
            block_intervals(&labels, &probabilities, &blocks, seed)
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
