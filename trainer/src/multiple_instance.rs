//! Probes of covers that are seen in several views: a cover shows the topic if one of its views
//! does.
//!
//! What counts of a cover is its largest view (multiple-instance learning; the alternation is
//! MI-SVM's: Andrews, Tsochantaridis and Hofmann 2002, with a logistic loss). A probe that knows
//! whole covers says which view of each cover is the largest; of a cover with the topic that one
//! is learned from, of one without it every view that was ever the largest, and the whole. Each
//! round is a convex problem, for all folds and strengths at once ([`crate::lockstep`]).
//! Where each cover has one view there is one round, and that is the usual logistic regression.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use crate::lbfgs::Limits;
use crate::lockstep::{Bench, Column, Scales};
use crate::views::{Largest, ViewSet};

/// Rounds after that of whole covers: a third one moved no figure by more than one point.
const ROUNDS: usize = 2;

/// Covers with their labels, and which of them each probe may see.
#[derive(Debug)]
pub struct Problem<'a> {
    views: &'a ViewSet,
    labels: &'a [bool],
    parts: &'a [Vec<i64>],
    scales: Scales,
}

/// How much each row counts, for each part.
type Counting = Vec<BTreeMap<usize, f32>>;

impl<'a> Problem<'a> {
    /// `parts` lists the covers that each part may see.
    pub fn new(views: &'a ViewSet, labels: &'a [bool], parts: &'a [Vec<i64>]) -> Problem<'a> {
        Problem {
            views,
            labels,
            parts,
            scales: Scales::of(&views.values),
        }
    }

    /// Each column's weights over standardised features and, last, its bias.
    pub fn solve(&self, columns: &[Column], limits: Limits) -> Vec<Vec<f64>> {
        let mut counting = self.whole_covers(columns);
        let mut solutions = self.bench(&counting).solve(columns, limits);
        if self.views.is_single() {
            return solutions;
        }
        for _ in 0..ROUNDS {
            self.look_again(&mut counting, columns, &solutions);
            let warm: Vec<Column> = columns
                .iter()
                .zip(solutions)
                .map(|(column, solution)| Column {
                    start: Some(solution),
                    ..column.clone()
                })
                .collect();
            solutions = self.bench(&counting).solve(&warm, limits);
        }
        solutions
    }

    /// What decides of every cover, for each solution.
    pub fn largest(&self, solutions: &[&[f64]]) -> Vec<Vec<Largest>> {
        let margins = self.everything().margins(solutions);
        let column = |at: i64| -> Vec<f32> {
            Vec::try_from(margins.select(1, at).contiguous()).expect("floats")
        };
        (0..solutions.len() as i64)
            .map(|at| self.views.largest(&column(at)))
            .collect()
    }

    /// A solution's weights and bias on features as they are, in double precision.
    pub fn unfolded(&self, solution: &[f64]) -> (Vec<f64>, f64) {
        self.everything().unfolded(solution)
    }

    /// All rows, to ask and not to learn from.
    fn everything(&self) -> Bench {
        let none = Tensor::zeros([0, 0], (Kind::Float, self.views.values.device()));
        Bench::new(self.views.values.shallow_clone(), &[], none, &self.scales)
    }

    /// The first view of each cover, in the parts that a column asks for.
    fn whole_covers(&self, columns: &[Column]) -> Counting {
        let mut counting: Counting = vec![BTreeMap::new(); self.parts.len()];
        for (part, covers) in self.asked(columns) {
            let share = share(covers);
            let first = covers
                .iter()
                .map(|cover| (self.views.rows(*cover as usize).start, share));
            counting[part] = first.collect();
        }
        counting
    }

    fn asked(&self, columns: &[Column]) -> impl Iterator<Item = (usize, &'a Vec<i64>)> {
        let mut parts: Vec<usize> = columns.iter().map(|column| column.part).collect();
        parts.sort_unstable();
        parts.dedup();
        let all = self.parts;
        parts.into_iter().map(move |part| (part, &all[part]))
    }

    /// The largest views by what was found, one strength speaking for all of a part.
    fn look_again(&self, counting: &mut Counting, columns: &[Column], solutions: &[Vec<f64>]) {
        let asked: Vec<(usize, &Vec<i64>)> = self.asked(columns).collect();
        let speakers: Vec<&[f64]> = asked
            .iter()
            .map(|(part, _)| {
                let of_part: Vec<usize> = (0..columns.len())
                    .filter(|at| columns[*at].part == *part)
                    .collect();
                &solutions[of_part[SPEAKER.min(of_part.len() - 1)]][..]
            })
            .collect();
        for ((part, covers), largest) in asked.iter().zip(self.largest(&speakers)) {
            let rows = &mut counting[*part];
            for cover in *covers {
                let cover = *cover as usize;
                if self.labels[cover] {
                    for row in self.views.rows(cover) {
                        rows.remove(&row);
                    }
                }
                rows.insert(largest[cover].row, 1.0);
                let seen = self.views.rows(cover);
                let seen: Vec<usize> = rows.range(seen).map(|(row, _)| *row).collect();
                let each = share(covers) / seen.len() as f32;
                rows.extend(seen.into_iter().map(|row| (row, each)));
            }
        }
    }

    /// The rows that count in some part.
    fn bench(&self, counting: &Counting) -> Bench {
        let mut rows: Vec<usize> = counting
            .iter()
            .flat_map(|part| part.keys().copied())
            .collect();
        rows.sort_unstable();
        rows.dedup();
        let parts = counting.len();
        let mut weights = vec![0f32; rows.len() * parts];
        for (part, counted) in counting.iter().enumerate() {
            for (row, weight) in counted {
                let place = rows.binary_search(row).expect("it is among them");
                weights[place * parts + part] = *weight;
            }
        }
        let mut labels = Vec::with_capacity(rows.len());
        let mut cover = 0;
        for row in &rows {
            while self.views.rows(cover).end <= *row {
                cover += 1;
            }
            labels.push(self.labels[cover]);
        }
        let device = self.views.values.device();
        let at: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
        let at = Tensor::from_slice(&at).to_device(device);
        let weights = Tensor::from_slice(&weights)
            .view([rows.len() as i64, parts as i64])
            .to_device(device);
        let features = self.views.values.index_select(0, &at);
        Bench::new(features, &labels, weights, &self.scales)
    }
}

/// Of a part's columns, from strong to weak, the one that says which views are the largest; the
/// weakest where fewer are asked for.
const SPEAKER: usize = 4;

/// What a cover counts in a part of these.
fn share(covers: &[i64]) -> f32 {
    1.0 / covers.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use rand::RngExt;
    use store::views::Views;

    use super::*;
    use crate::keyed::{Purpose, generator};
    use crate::lockstep::LIMITS;

    /// Covers of a whole and three windows; the topic is in one window only, and shines dimly
    /// through the whole. Windows of every cover vary a lot in what is no topic.
    fn drawn(count: usize) -> (ViewSet, Vec<bool>) {
        let mut rng = generator(5, Purpose::Bench, &[]);
        let labels: Vec<bool> = (0..count).map(|at| at % 3 == 0).collect();
        let covers: Vec<Views> = labels
            .iter()
            .map(|label| {
                let place = rng.random_range(1..4);
                let mut vectors = Vec::new();
                for view in 0..4 {
                    let topic = match (label, view) {
                        (true, 0) => 1.0,
                        (true, view) if view == place => 4.0,
                        _ => 0.0,
                    };
                    let spread = if view == 0 { 0.5 } else { 2.0 };
                    vectors.push(topic + rng.random_range(-0.5..0.5f32));
                    vectors.extend((0..3).map(|_| rng.random_range(-spread..spread)));
                }
                Views::rounded((6, 18), 4, &vectors)
            })
            .collect();
        let views = ViewSet::new(&covers.iter().collect::<Vec<_>>());
        (views, labels)
    }

    fn column(part: usize) -> Column {
        Column {
            part,
            strength: 0.01,
            start: None,
        }
    }

    #[test]
    fn what_shows_in_one_window_only_is_found_there_and_windows_raise_no_alarm() {
        let (views, labels) = drawn(300);
        let seen: Vec<i64> = (0..200).collect();
        let parts = [seen];
        let problem = Problem::new(&views, &labels, &parts);
        let solution = &problem.solve(&[column(0)], LIMITS)[0];
        let largest = &problem.largest(&[solution])[0];
        let unseen = 200..300;
        let right = unseen
            .clone()
            .filter(|cover| (largest[*cover].margin > 0.0) == labels[*cover]);
        assert!(right.count() >= 98);
        let mut shown = unseen.filter(|cover| labels[*cover]);
        assert!(shown.all(|cover| largest[cover].row > views.rows(cover).start));
    }

    #[test]
    fn covers_of_one_view_are_the_usual_regression_whatever_else_is_asked_for() {
        let (views, labels) = drawn(90);
        let firsts: Vec<i64> = (0..90)
            .map(|cover| views.rows(cover).start as i64)
            .collect();
        let whole = ViewSet::single(views.values.index_select(0, &Tensor::from_slice(&firsts)));
        let parts = [(0..90).collect(), (0..60).collect::<Vec<i64>>()];
        let problem = Problem::new(&whole, &labels, &parts);
        let both = problem.solve(&[column(0), column(1)], LIMITS);
        let alone = problem.solve(&[column(1)], LIMITS);
        assert!(
            both[1]
                .iter()
                .zip(&alone[0])
                .all(|(two, one)| (two - one).abs() < 1e-4)
        );
        let (weight, bias) = problem.unfolded(&alone[0]);
        let margins = problem.largest(&[&alone[0]]).remove(0);
        let told = whole
            .values
            .to_kind(Kind::Double)
            .mv(&Tensor::from_slice(&weight))
            + bias;
        let told: Vec<f64> = Vec::try_from(told).unwrap();
        for (margin, told) in margins.iter().zip(told) {
            assert!((f64::from(margin.margin) - told).abs() < 1e-4);
        }
    }

    #[test]
    fn the_same_covers_give_the_same_bits() {
        let (views, labels) = drawn(120);
        let parts = [(0..120).collect::<Vec<i64>>()];
        let solve = || Problem::new(&views, &labels, &parts).solve(&[column(0)], LIMITS);
        assert_eq!(solve(), solve());
    }
}
