//! How good predictions are. Pure: labels and probabilities in, numbers out.
//!
//! Throughout, a label is `true` for the topic and a probability is that of the
//! topic; slices are of equal length, one entry a cover.

mod bootstrap;
mod comparison;
mod confusion;
mod contest;
mod interval;
mod probability;
mod ranking;

pub use bootstrap::{BlockIntervals, Interval, block_intervals};
pub use comparison::{Comparison, Difference, Paired, Verdict, compare, mcnemar};
pub use confusion::Confusion;
pub use contest::{Contest, Told};
pub use interval::wilson;
pub use probability::{Bin, brier, expected_calibration_error, log_loss, reliability};
pub use ranking::{average_precision, precision_recall_curve, roc_auc, roc_curve};

/// Everything told about one set of predictions.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// Covers predicted.
    pub count: usize,
    /// Share predicted rightly at a threshold of one half.
    pub accuracy: f64,
    /// Wilson's 95 % interval of the accuracy.
    pub interval: (f64, f64),
    /// What always saying the commoner class would get.
    pub majority: f64,
    /// Mean of the two classes' recalls.
    pub balanced_accuracy: Option<f64>,
    /// Area under the ROC curve; `None`, like the others, when a class is missing.
    pub roc_auc: Option<f64>,
    /// Average precision of the topic.
    pub average_precision: Option<f64>,
    /// Mean negative log-likelihood, in nats.
    pub log_loss: f64,
    /// Mean squared error of the probability.
    pub brier: f64,
    /// Expected calibration error over fifteen bins of equal mass.
    pub calibration_error: f64,
    /// Right and wrong by class, at a threshold of one half.
    pub confusion: Confusion,
}

/// Bins of the calibration error and of the reliability chart.
pub const CALIBRATION_BINS: usize = 15;

impl Summary {
    /// Summarises predictions; `None` of nothing.
    pub fn of(labels: &[bool], probabilities: &[f64]) -> Option<Summary> {
        if labels.is_empty() {
            return None;
        }
        let confusion = Confusion::at(labels, probabilities, 0.5);
        let count = labels.len();
        Some(Summary {
            count,
            accuracy: confusion.accuracy(),
            interval: wilson(confusion.right(), count),
            majority: majority(labels),
            balanced_accuracy: confusion.balanced_accuracy(),
            roc_auc: roc_auc(labels, probabilities),
            average_precision: average_precision(labels, probabilities),
            log_loss: log_loss(labels, probabilities),
            brier: brier(labels, probabilities),
            calibration_error: expected_calibration_error(labels, probabilities, CALIBRATION_BINS),
            confusion,
        })
    }
}

/// Share of the commoner class.
pub fn majority(labels: &[bool]) -> f64 {
    let topics = labels.iter().filter(|label| **label).count();
    topics.max(labels.len() - topics) as f64 / labels.len() as f64
}

/// The probability of the topic from the difference of its logit to the other's.
pub fn sigmoid(margin: f64) -> f64 {
    1.0 / (1.0 + (-margin).exp())
}

/// Log-loss and accuracy of margins, as they are told of an epoch.
pub fn judge(margins: &[f32], labels: &[bool]) -> (f64, f64) {
    let probability = |margin: &f32| sigmoid(f64::from(*margin));
    let probabilities: Vec<f64> = margins.iter().map(probability).collect();
    let confusion = Confusion::at(labels, &probabilities, 0.5);
    (log_loss(labels, &probabilities), confusion.accuracy())
}

/// Mean and standard deviation of a sample (n − 1); the latter is 0 of one value.
pub fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_rows_are_summarised_as_by_hand() {
        let labels = [true, true, true, false, false];
        let probabilities = [0.9, 0.8, 0.3, 0.4, 0.1];
        let summary = Summary::of(&labels, &probabilities).expect("rows");
        assert_eq!(summary.accuracy, 0.8);
        assert_eq!(summary.majority, 0.6);
        // Recalls 2/3 and 2/2.
        assert!((summary.balanced_accuracy.unwrap() - 5.0 / 6.0).abs() < 1e-12);
        // Of 6 pairs one is in the wrong order.
        assert!((summary.roc_auc.unwrap() - 5.0 / 6.0).abs() < 1e-12);
        assert!((summary.brier - (0.01 + 0.04 + 0.49 + 0.16 + 0.01) / 5.0).abs() < 1e-12);
    }

    #[test]
    fn one_class_has_an_accuracy_but_no_ranking() {
        let summary = Summary::of(&[true, true], &[0.9, 0.2]).expect("rows");
        assert_eq!((summary.accuracy, summary.roc_auc), (0.5, None));
        assert_eq!(summary.balanced_accuracy, None);
        assert_eq!(Summary::of(&[], &[]), None);
    }

    #[test]
    fn the_deviation_is_that_of_a_sample() {
        assert_eq!(mean_and_deviation(&[1.0, 3.0]), (2.0, 2f64.sqrt()));
        assert_eq!(mean_and_deviation(&[5.0]), (5.0, 0.0));
    }
}
