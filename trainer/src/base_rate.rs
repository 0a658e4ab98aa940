//! Base rates: how often the topic is met where a model looks, against how often it was in
//! the labels it learned from. Pure.
//!
//! A model's probabilities are of a world in which the topic is as common as in its labels,
//! about half. Among videos met at random it is rare, so that most of what such a model
//! calls the topic is not. If covers of a class look alike in both worlds, only the odds of
//! the classes differ, and Bayes' rule moves every log-odds by the same step (Saerens,
//! Latinne and Decaestecker 2002, "Adjusting the outputs of a classifier to new a priori
//! probabilities").

/// Rates are kept this far from 0 and 1, where odds have no value.
const LEAST: f64 = 1e-4;

/// The rate that decisions speak for, by Laplace's rule: one imagined cover of each class
/// keeps a pool with few decisions, or with none, near one half.
pub fn of_decisions(topics: u64, others: u64) -> f64 {
    (topics + 1) as f64 / (topics + others + 2) as f64
}

/// What is added to log-odds at the rate `from` to have them at the rate `to`.
pub fn shift(from: f64, to: f64) -> f64 {
    log_odds(to) - log_odds(from)
}

/// The log-odds of a probability, kept finite.
pub fn log_odds(probability: f64) -> f64 {
    let kept = probability.clamp(LEAST, 1.0 - LEAST);
    (kept / (1.0 - kept)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};
    use crate::metrics::sigmoid;
    use rand::RngExt;

    /// Scores at the rate one half of covers of which a share shows the topic: those of the
    /// topic are spread round +2, the others round -2, so that the log-odds are exact.
    fn scores(rate: f64, count: usize) -> (Vec<f64>, Vec<bool>) {
        let mut rng = generator(4, Purpose::Bench, &[]);
        // A sum of twelve uniform numbers: normal with variance 1; times 2, variance 4, for
        // which the log-odds of a score x are 2·2x/4 = x.
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        (0..count)
            .map(|row| {
                let topic = (row as f64) < rate * count as f64;
                let centre = if topic { 2.0 } else { -2.0 };
                (centre + 2.0 * normal(), topic)
            })
            .unzip()
    }

    #[test]
    fn corrected_probabilities_mean_what_they_say_where_the_topic_is_rare() {
        let (scores, topics) = scores(0.02, 50_000);
        let of = |step: f64| {
            let told: Vec<f64> = scores.iter().map(|score| sigmoid(score + step)).collect();
            let called = told.iter().zip(&topics).filter(|(told, _)| **told >= 0.5);
            let (count, right) = called.fold((0, 0), |(count, right), (_, topic)| {
                (count + 1, right + usize::from(*topic))
            });
            right as f64 / count as f64
        };
        let (plain, corrected) = (of(0.0), of(shift(0.5, 0.02)));
        assert!(plain < 0.15, "{plain} of what is called is right");
        assert!(corrected > 0.6, "{corrected} of what is called is right");
    }

    #[test]
    fn a_shift_moves_a_probability_as_bayes_rule_does() {
        // Of 100 covers 50 of each class, 40 and 10 called: 80 %. With 10 of the topic to
        // 90 others, 8 and 18: 8/26.
        let told = sigmoid(log_odds(0.8) + shift(0.5, 0.1));
        assert!((told - 8.0 / 26.0).abs() < 1e-9, "{told}");
        assert_eq!(shift(0.3, 0.3), 0.0);
    }

    #[test]
    fn few_decisions_speak_softly() {
        let table = [(0, 0, 0.5), (0, 8, 0.1), (3, 95, 0.04), (8, 0, 0.9)];
        for (topics, others, expected) in table {
            assert!((of_decisions(topics, others) - expected).abs() < 1e-12);
        }
    }
}
