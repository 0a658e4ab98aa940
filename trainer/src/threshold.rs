//! From which probability on a cover is said to show the topic: a number, or the number
//! that serves an aim best on predictions out of fold. Pure.

use std::fmt;
use std::str::FromStr;

use crate::base_rate::shift;
use crate::metrics::sigmoid;

/// What a threshold is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Aim {
    /// This probability.
    At(f64),
    /// The best balance of right among the called and found among the topic.
    BestF1,
    /// At least this share right among the called, and then as many found as can be.
    Precision(f64),
}

impl Default for Aim {
    /// The likelier class.
    fn default() -> Aim {
        Aim::At(0.5)
    }
}

impl FromStr for Aim {
    type Err = String;

    fn from_str(text: &str) -> Result<Aim, String> {
        let share = |text: &str| {
            text.parse()
                .ok()
                .filter(|share| (0.0..=1.0).contains(share))
        };
        let aim = match text.strip_prefix("precision=") {
            _ if text == "best-f1" => Some(Aim::BestF1),
            Some(least) => share(least).map(Aim::Precision),
            None => share(text).map(Aim::At),
        };
        aim.ok_or_else(|| "say a number from 0 to 1, best-f1 or precision=0.95".into())
    }
}

impl fmt::Display for Aim {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Aim::At(share) => write!(f, "{share}"),
            Aim::BestF1 => f.write_str("best-f1"),
            Aim::Precision(least) => write!(f, "precision={least}"),
        }
    }
}

/// Predictions out of fold, and the world in which the threshold will be used.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    /// Whether each cover shows the topic.
    pub labels: &'a [bool],
    /// Calibrated log-odds at the rate of these labels.
    pub log_odds: &'a [f64],
    /// The base rate where the threshold will be used.
    pub rate: f64,
}

/// A threshold and what it is expected to give at the base rate of the evidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// From this probability on.
    pub threshold: f64,
    /// Right among the called.
    pub precision: f64,
    /// Found among the topic.
    pub recall: f64,
}

/// The threshold that serves the aim best; `None` without covers of both classes. Where no
/// threshold reaches a precision, the most precise is taken: [`Chosen::precision`] tells.
pub fn choose(aim: Aim, evidence: &Evidence) -> Option<Chosen> {
    let cuts = cuts(evidence)?;
    let best = |value: &dyn Fn(&Chosen) -> f64| {
        // Of equals the last, which calls most covers.
        cuts.iter()
            .copied()
            .max_by(|left, right| value(left).total_cmp(&value(right)))
    };
    match aim {
        Aim::At(threshold) => {
            let called = cuts.iter().rev().find(|cut| cut.threshold >= threshold);
            let (precision, recall) = called.map_or((1.0, 0.0), |cut| (cut.precision, cut.recall));
            Some(Chosen {
                threshold,
                precision,
                recall,
            })
        }
        Aim::BestF1 => best(&|cut| f1(cut.precision, cut.recall)),
        Aim::Precision(least) => {
            let reached = cuts.iter().rev().find(|cut| cut.precision >= least);
            reached.copied().or_else(|| best(&|cut| cut.precision))
        }
    }
}

fn f1(precision: f64, recall: f64) -> f64 {
    2.0 * precision * recall / (precision + recall)
}

/// Every way to cut the covers in two, with ever more called. The covers of each class
/// weigh as much as the class has in the world of the evidence's rate.
pub fn cuts(evidence: &Evidence) -> Option<Vec<Chosen>> {
    let topics = evidence.labels.iter().filter(|label| **label).count();
    let others = evidence.labels.len() - topics;
    if topics == 0 || others == 0 {
        return None;
    }
    let base = topics as f64 / evidence.labels.len() as f64;
    let step = shift(base, evidence.rate);
    let mut rows: Vec<(f64, bool)> = evidence
        .log_odds
        .iter()
        .map(|log_odds| log_odds + step)
        .zip(evidence.labels.iter().copied())
        .collect();
    rows.sort_by(|left, right| right.0.total_cmp(&left.0));
    let (mut hits, mut alarms) = (0, 0);
    let mut cuts = Vec::new();
    let tied: Vec<&[(f64, bool)]> = rows.chunk_by(|left, right| left.0 == right.0).collect();
    for (at, called) in tied.iter().enumerate() {
        let of_topic = called.iter().filter(|row| row.1).count();
        hits += of_topic;
        alarms += called.len() - of_topic;
        // Half-way to the next cover: the next model's scores will not be the same.
        let next = tied.get(at + 1).map_or(called[0].0, |next| next[0].0);
        let recall = hits as f64 / topics as f64;
        let found = evidence.rate * recall;
        let wrong = (1.0 - evidence.rate) * alarms as f64 / others as f64;
        cuts.push(Chosen {
            threshold: sigmoid((called[0].0 + next) / 2.0),
            precision: found / (found + wrong),
            recall,
        });
    }
    Some(cuts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_rate::log_odds;

    /// Six covers, surest first: the first, second and fourth show the topic.
    fn chosen(aim: Aim, rate: f64) -> Chosen {
        let labels = [true, true, false, true, false, false];
        let log_odds = [0.9, 0.8, 0.6, 0.4, 0.3, 0.1].map(log_odds);
        let evidence = Evidence {
            labels: &labels,
            log_odds: &log_odds,
            rate,
        };
        choose(aim, &evidence).expect("both classes")
    }

    fn is_near(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    #[test]
    fn six_covers_are_cut_as_by_hand() {
        // Called:    1     2     3     4     5     6
        // precision  1     1    2/3   3/4   3/5   1/2
        // recall    1/3   2/3   2/3    1     1     1
        // F1        .5    .8   .667  .857   .75  .667
        let best = chosen(Aim::BestF1, 0.5);
        assert!(is_near(best.precision, 0.75) && is_near(best.recall, 1.0));
        assert!(best.threshold > 0.3 && best.threshold < 0.4, "{best:?}");
        let precise = chosen(Aim::Precision(0.9), 0.5);
        assert!(is_near(precise.recall, 2.0 / 3.0) && precise.precision == 1.0);
        assert!(precise.threshold > 0.6 && precise.threshold < 0.8);
        let half = chosen(Aim::At(0.5), 0.5);
        assert_eq!(half.threshold, 0.5);
        assert!(is_near(half.precision, 2.0 / 3.0) && is_near(half.recall, 2.0 / 3.0));
        assert_eq!(chosen(Aim::At(0.95), 0.5).recall, 0.0);
    }

    #[test]
    fn where_the_topic_is_rare_the_same_precision_takes_a_higher_score() {
        // With one topic to nineteen others, four called are 0.05·1 right to 0.95/3 wrong.
        let four = chosen(Aim::Precision(0.13), 0.05);
        assert!(is_near(four.precision, 0.05 / (0.05 + 0.95 / 3.0)));
        let two = chosen(Aim::Precision(0.2), 0.05);
        assert!(is_near(two.recall, 2.0 / 3.0));
        assert!(two.threshold > four.threshold);
        // Thresholds are in probabilities at that rate, far below those of the labels.
        assert!(two.threshold < 0.2, "{two:?}");
    }

    #[test]
    fn a_precision_out_of_reach_gives_the_most_precise_there_is() {
        let labels = [false, true, true, false];
        let log_odds = [3.0, 2.0, 1.0, 0.0];
        let evidence = Evidence {
            labels: &labels,
            log_odds: &log_odds,
            rate: 0.5,
        };
        let told = choose(Aim::Precision(0.99), &evidence).expect("both classes");
        assert!(is_near(told.precision, 2.0 / 3.0) && told.recall == 1.0);
        let one_class = Evidence {
            labels: &labels[1..3],
            log_odds: &log_odds[1..3],
            rate: 0.5,
        };
        assert_eq!(choose(Aim::BestF1, &one_class), None);
    }

    #[test]
    fn aims_are_read_as_they_are_written() {
        for text in ["0.5", "best-f1", "precision=0.95"] {
            assert_eq!(text.parse::<Aim>().expect("an aim").to_string(), text);
        }
        for text in ["1.5", "f1", "precision=", "precision=2", "NaN"] {
            assert!(text.parse::<Aim>().is_err(), "{text}");
        }
    }
}
