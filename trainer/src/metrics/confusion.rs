//! Right and wrong by class.

/// Counts of predictions at a threshold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// The topic, and called so.
    pub true_positive: usize,
    /// Not the topic, but called so.
    pub false_positive: usize,
    /// Not the topic, and not called so.
    pub true_negative: usize,
    /// The topic, but not called so.
    pub false_negative: usize,
}

impl Confusion {
    /// Counts, calling a cover the topic from `threshold` on.
    pub fn at(labels: &[bool], probabilities: &[f64], threshold: f64) -> Confusion {
        let mut counts = Confusion::default();
        for (label, probability) in labels.iter().zip(probabilities) {
            let called = *probability >= threshold;
            *match (label, called) {
                (true, true) => &mut counts.true_positive,
                (false, true) => &mut counts.false_positive,
                (false, false) => &mut counts.true_negative,
                (true, false) => &mut counts.false_negative,
            } += 1;
        }
        counts
    }

    /// Predictions that are right.
    pub fn right(&self) -> usize {
        self.true_positive + self.true_negative
    }

    /// All predictions.
    pub fn count(&self) -> usize {
        self.right() + self.false_positive + self.false_negative
    }

    /// Share that is right.
    pub fn accuracy(&self) -> f64 {
        self.right() as f64 / self.count() as f64
    }

    /// Share of the topic that was called so.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positive, self.false_negative)
    }

    /// Share of the others that was not called the topic.
    pub fn specificity(&self) -> Option<f64> {
        share(self.true_negative, self.false_positive)
    }

    /// Share of what was called the topic that is.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positive, self.false_positive)
    }

    /// Mean of recall and specificity.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some((self.recall()? + self.specificity()?) / 2.0)
    }
}

fn share(part: usize, rest: usize) -> Option<f64> {
    (part + rest > 0).then(|| part as f64 / (part + rest) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seven_rows_are_counted_as_by_hand() {
        let labels = [true, true, true, false, false, false, false];
        let probabilities = [0.9, 0.5, 0.1, 0.6, 0.2, 0.1, 0.0];
        let counts = Confusion::at(&labels, &probabilities, 0.5);
        let expected = Confusion {
            true_positive: 2,
            false_positive: 1,
            true_negative: 3,
            false_negative: 1,
        };
        assert_eq!(counts, expected);
        assert_eq!(counts.recall(), Some(2.0 / 3.0));
        assert_eq!(counts.specificity(), Some(0.75));
        assert_eq!(counts.precision(), Some(2.0 / 3.0));
    }

    #[test]
    fn shares_of_nothing_are_not_numbers() {
        let counts = Confusion::at(&[false], &[0.1], 0.5);
        assert_eq!((counts.recall(), counts.precision()), (None, None));
    }
}
