//! A cross-validated probe at once: every fold, every strength and the final probe descend
//! together ([`crate::multiple_instance`]).
//!
//! The strength of a fold's predictions is chosen by the predictions of the other folds, that
//! of the final probe by all of them. Not quite the nested choice that `kfold` makes: one of
//! seven numbers is chosen by probes that have seen the fold, which is far less than what a
//! label or a pixel could tell.

use crate::folds::Folds;
use crate::lockstep::{Column, LIMITS};
use crate::metrics::{log_loss, sigmoid};
use crate::multiple_instance::Problem;
use crate::probe::{Examples, Probe, STRENGTHS};

/// From so many rows on the strength is looked for on a sample first.
const MANY: usize = 20_000;

/// What came of it.
#[derive(Debug)]
pub struct CrossFit {
    /// Of every row, by the probe that has not seen it.
    pub margins: Vec<f64>,
    /// From all rows.
    pub probe: Probe,
    /// Expected fall of the log-loss if there were twice as many labels; `None` when half of
    /// them are too few to tell.
    pub gain: Option<f64>,
}

/// Cross-validates over `folds` and fits on everything.
pub fn cross_fit(examples: &Examples, folds: &Folds) -> CrossFit {
    let strengths = strengths(examples, folds);
    let count = folds.count();
    let mut parts: Vec<Vec<i64>> = (0..count).map(|fold| folds.train(fold)).collect();
    parts.push((0..examples.labels.len() as i64).collect());
    let halves: Vec<Vec<i64>> = parts[..count]
        .iter()
        .map(|rows| half(rows, examples.blocks))
        .collect();
    let told = halves
        .iter()
        .all(|rows| both_classes(rows, examples.labels));
    parts.extend(halves);
    let problem = Problem::new(examples.views, examples.labels, &parts);
    let columns: Vec<Column> = (0..=count)
        .flat_map(|part| {
            strengths
                .iter()
                .map(move |strength| column(part, *strength))
        })
        .collect();
    let solutions = problem.solve(&columns, LIMITS);
    let of = |part: usize, at: usize| &solutions[part * strengths.len() + at][..];
    // Margins of every row out of fold, for each strength.
    let outs: Vec<Vec<f64>> = (0..strengths.len())
        .map(|at| {
            let each: Vec<&[f64]> = (0..count).map(|fold| of(fold, at)).collect();
            out_of_fold(&problem, &each, folds.of())
        })
        .collect();
    let chosen = Chosen::new(examples.labels, folds, &outs);
    let margins: Vec<f64> = folds
        .of()
        .iter()
        .enumerate()
        .map(|(row, fold)| outs[chosen.of_fold[*fold]][row])
        .collect();
    let last = chosen.of_all;
    let gain = told.then(|| {
        let columns: Vec<Column> = (0..count)
            .map(|fold| Column {
                start: Some(of(fold, last).to_vec()),
                ..column(count + 1 + fold, strengths[last])
            })
            .collect();
        let halves = problem.solve(&columns, LIMITS);
        let each: Vec<&[f64]> = halves.iter().map(Vec::as_slice).collect();
        let half = loss(examples.labels, &out_of_fold(&problem, &each, folds.of()));
        expected_gain(half, loss(examples.labels, &outs[last]))
    });
    let (weight, bias) = problem.unfolded(of(count, last));
    let probe = Probe {
        weight,
        bias,
        strength: strengths[last],
    };
    CrossFit {
        margins,
        probe,
        gain,
    }
}

fn column(part: usize, strength: f64) -> Column {
    Column {
        part,
        strength,
        start: None,
    }
}

/// All of them; of many rows the best of a sample and the next weaker one, because more rows
/// call for less regularisation.
fn strengths(examples: &Examples, folds: &Folds) -> Vec<f64> {
    let rows = examples.labels.len();
    if rows <= MANY {
        return STRENGTHS.to_vec();
    }
    let share = MANY as f64 / 2.0 / rows as f64;
    let sample: Vec<i64> = (0..rows as i64)
        .filter(|row| drawn(examples.blocks[*row as usize]) < share)
        .collect();
    let best = best(examples, folds, &sample);
    STRENGTHS[best..STRENGTHS.len().min(best + 2)].to_vec()
}

/// The strength of the least log-loss over these folds; of many rows by a sample.
pub fn strength(examples: &Examples, folds: &Folds) -> f64 {
    let rows = examples.labels.len();
    let share = (MANY as f64 / rows as f64).min(1.0);
    let sample: Vec<i64> = (0..rows as i64)
        .filter(|row| share >= 1.0 || drawn(examples.blocks[*row as usize]) < share)
        .collect();
    STRENGTHS[best(examples, folds, &sample)]
}

/// The number of the best strength, judged on these rows.
fn best(examples: &Examples, folds: &Folds, sample: &[i64]) -> usize {
    let views = examples.views.select(sample);
    let labels: Vec<bool> = sample
        .iter()
        .map(|row| examples.labels[*row as usize])
        .collect();
    let count = folds.count();
    let of: Vec<usize> = sample.iter().map(|row| folds.of()[*row as usize]).collect();
    let train = |fold: usize| -> Vec<i64> {
        let numbered = (0..).zip(&of);
        numbered
            .filter(|(_, of)| **of != fold)
            .map(|(row, _)| row)
            .collect()
    };
    let parts: Vec<Vec<i64>> = (0..count).map(train).collect();
    let problem = Problem::new(&views, &labels, &parts);
    let columns: Vec<Column> = (0..count)
        .flat_map(|part| {
            STRENGTHS
                .iter()
                .map(move |strength| column(part, *strength))
        })
        .collect();
    let solutions = problem.solve(&columns, LIMITS);
    let lost = |at: usize| {
        let each: Vec<&[f64]> = (0..count)
            .map(|fold| &solutions[fold * STRENGTHS.len() + at][..])
            .collect();
        loss(&labels, &out_of_fold(&problem, &each, &of))
    };
    least(&(0..STRENGTHS.len()).map(lost).collect::<Vec<f64>>())
}

/// The strength, by its number, of each fold and of all.
struct Chosen {
    of_fold: Vec<usize>,
    of_all: usize,
}

impl Chosen {
    fn new(labels: &[bool], folds: &Folds, outs: &[Vec<f64>]) -> Chosen {
        // Sums of losses by strength and fold.
        let sums: Vec<Vec<f64>> = outs
            .iter()
            .map(|margins| {
                let mut sums = vec![0.0; folds.count()];
                for ((label, margin), fold) in labels.iter().zip(margins).zip(folds.of()) {
                    sums[*fold] += log_loss(&[*label], &[sigmoid(*margin)]);
                }
                sums
            })
            .collect();
        let without = |fold: Option<usize>| {
            let of = |sums: &Vec<f64>| -> f64 {
                let others = sums.iter().enumerate().filter(|(at, _)| Some(*at) != fold);
                others.map(|(_, sum)| sum).sum()
            };
            least(&sums.iter().map(of).collect::<Vec<f64>>())
        };
        Chosen {
            of_fold: (0..folds.count()).map(|fold| without(Some(fold))).collect(),
            of_all: without(None),
        }
    }
}

fn least(values: &[f64]) -> usize {
    let numbered = values.iter().enumerate();
    let least = numbered.min_by(|left, right| left.1.total_cmp(right.1));
    least.map_or(0, |(at, _)| at)
}

fn loss(labels: &[bool], margins: &[f64]) -> f64 {
    let told: Vec<f64> = margins.iter().map(|margin| sigmoid(*margin)).collect();
    log_loss(labels, &told)
}

/// Each cover's margin by the probe, one a fold, that has not seen it.
fn out_of_fold(problem: &Problem, solutions: &[&[f64]], of: &[usize]) -> Vec<f64> {
    let largest = problem.largest(solutions);
    let numbered = of.iter().enumerate();
    numbered
        .map(|(cover, fold)| largest[*fold][cover].margin.into())
        .collect()
}

/// Half of the rows, by whole blocks.
fn half(rows: &[i64], blocks: &[usize]) -> Vec<i64> {
    let in_half = |row: &&i64| drawn(blocks[**row as usize]) < 0.5;
    rows.iter().filter(in_half).copied().collect()
}

/// A number from 0 to 1 that belongs to a block (Fibonacci hashing).
fn drawn(block: usize) -> f64 {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let mixed = (block as u64 + 1).wrapping_mul(GOLDEN);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

fn both_classes(rows: &[i64], labels: &[bool]) -> bool {
    let topics = rows.iter().filter(|row| labels[**row as usize]).count();
    topics > 0 && topics < rows.len()
}

/// Losses fall as a power of the labels (Hestness et al. 2017): what doubling brought last
/// it brings again, in proportion.
fn expected_gain(half: f64, full: f64) -> f64 {
    if half <= full || half <= 0.0 {
        return 0.0;
    }
    full * (1.0 - full / half)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use crate::views::ViewSet;
    use rand::RngExt;
    use tch::Tensor;

    fn drawn_rows(count: usize, noise: usize, shift: f32) -> (ViewSet, Vec<bool>) {
        let mut rng = generator(11, Purpose::Bench, &[]);
        let labels: Vec<bool> = (0..count).map(|_| rng.random_bool(0.3)).collect();
        let mut values = Vec::new();
        for label in &labels {
            let centre = if *label { shift } else { 0.0 };
            values.push(centre + rng.random_range(-1.0..1.0f32));
            values.extend((0..noise).map(|_| rng.random_range(0.0..1.0f32)));
        }
        let features = Tensor::from_slice(&values).view([count as i64, noise as i64 + 1]);
        (ViewSet::single(features), labels)
    }

    fn fitted(count: usize, noise: usize, shift: f32) -> (CrossFit, Vec<bool>) {
        let (views, labels) = drawn_rows(count, noise, shift);
        let blocks: Vec<usize> = (0..count).collect();
        let folds = Folds::stratified(&labels, &blocks, 4, 1).expect("enough");
        let examples = Examples {
            views: &views,
            labels: &labels,
            blocks: &blocks,
        };
        (cross_fit(&examples, &folds), labels)
    }

    #[test]
    fn margins_out_of_fold_tell_the_classes_apart_and_noise_alone_tells_nothing() {
        let right = |(fit, labels): (CrossFit, Vec<bool>)| {
            let told = fit.margins.iter().zip(&labels);
            told.filter(|(margin, label)| (**margin >= 0.0) == **label)
                .count() as f64
                / 300.0
        };
        assert!(right(fitted(300, 20, 3.0)) > 0.97);
        let noise = right(fitted(300, 200, 0.0));
        assert!(
            noise < 0.75,
            "{noise}: a fold must not be predicted by what has seen it"
        );
    }

    #[test]
    fn more_labels_are_expected_to_help_where_noise_is_plenty_and_not_where_all_is_clear() {
        let plenty = fitted(120, 150, 1.5).0.gain.expect("both classes");
        let clear = fitted(600, 2, 4.0).0.gain.expect("both classes");
        assert!(plenty > 0.01 && plenty > 5.0 * clear, "{plenty} {clear}");
    }

    #[test]
    fn what_doubling_brought_it_brings_again_in_proportion() {
        assert!((expected_gain(0.4, 0.2) - 0.1).abs() < 1e-12);
        assert_eq!(expected_gain(0.2, 0.2), 0.0);
        assert_eq!(expected_gain(0.1, 0.2), 0.0);
    }
}
