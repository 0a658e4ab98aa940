//! Whether probabilities mean what they say.

/// Probabilities are kept this far from 0 and 1, where a logarithm has no value.
const CERTAIN: f64 = 1e-15;

/// Mean negative log-likelihood of the labels, in nats.
pub fn log_loss(labels: &[bool], probabilities: &[f64]) -> f64 {
    mean(labels, probabilities, |label, probability| {
        let likelihood = if label {
            probability
        } else {
            1.0 - probability
        };
        -likelihood.clamp(CERTAIN, 1.0 - CERTAIN).ln()
    })
}

/// Mean squared error of the probability (Brier 1950).
pub fn brier(labels: &[bool], probabilities: &[f64]) -> f64 {
    mean(labels, probabilities, |label, probability| {
        (probability - f64::from(u8::from(label))).powi(2)
    })
}

fn mean(labels: &[bool], probabilities: &[f64], loss: impl Fn(bool, f64) -> f64) -> f64 {
    let pairs = labels.iter().zip(probabilities);
    pairs.map(|(label, p)| loss(*label, *p)).sum::<f64>() / labels.len() as f64
}

/// Covers of similar probability.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bin {
    /// Mean probability.
    pub predicted: f64,
    /// Share that is the topic.
    pub observed: f64,
    /// Covers.
    pub count: usize,
}

/// At most `bins` bins of as nearly equal numbers of covers as can be, by rising
/// probability.
pub fn reliability(labels: &[bool], probabilities: &[f64], bins: usize) -> Vec<Bin> {
    let mut rows: Vec<(f64, bool)> = probabilities
        .iter()
        .copied()
        .zip(labels.iter().copied())
        .collect();
    rows.sort_by(|left, right| left.0.total_cmp(&right.0));
    let bound = |index: usize| index * rows.len() / bins;
    (0..bins)
        .map(|index| &rows[bound(index)..bound(index + 1)])
        .filter(|part| !part.is_empty())
        .map(bin)
        .collect()
}

fn bin(rows: &[(f64, bool)]) -> Bin {
    let count = rows.len() as f64;
    Bin {
        predicted: rows.iter().map(|row| row.0).sum::<f64>() / count,
        observed: rows.iter().filter(|row| row.1).count() as f64 / count,
        count: rows.len(),
    }
}

/// Expected calibration error: the mean gap between predicted and observed over
/// bins of equal mass, weighted by covers (Nixon et al. 2019 on why equal mass).
pub fn expected_calibration_error(labels: &[bool], probabilities: &[f64], bins: usize) -> f64 {
    let weighted = |bin: Bin| (bin.predicted - bin.observed).abs() * bin.count as f64;
    let parts = reliability(labels, probabilities, bins).into_iter();
    parts.map(weighted).sum::<f64>() / labels.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_rows_lose_as_by_hand() {
        let (labels, probabilities) = ([true, false], [0.8, 0.4]);
        let expected = -(0.8f64.ln() + 0.6f64.ln()) / 2.0;
        assert!((log_loss(&labels, &probabilities) - expected).abs() < 1e-12);
        assert!((brier(&labels, &probabilities) - (0.04 + 0.16) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn certainty_that_is_wrong_costs_much_but_not_infinitely() {
        let loss = log_loss(&[true], &[0.0]);
        assert!(loss > 30.0 && loss.is_finite());
    }

    #[test]
    fn bins_hold_equal_numbers_and_gaps_are_weighted() {
        let labels = [false, false, true, true];
        let probabilities = [0.1, 0.3, 0.6, 0.8];
        let bins = reliability(&labels, &probabilities, 2);
        assert_eq!(bins.len(), 2);
        assert!((bins[0].predicted - 0.2).abs() < 1e-12 && bins[0].observed == 0.0);
        assert!((bins[1].predicted - 0.7).abs() < 1e-12 && bins[1].observed == 1.0);
        let error = expected_calibration_error(&labels, &probabilities, 2);
        assert!((error - (0.2 + 0.3) / 2.0).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn bins_hold_every_cover_once_however_few_there_are(
            rows in prop::collection::vec((any::<bool>(), 0f64..1.0), 1..60),
        ) {
            let (labels, probabilities): (Vec<bool>, Vec<f64>) = rows.into_iter().unzip();
            let bins = reliability(&labels, &probabilities, 15);
            prop_assert_eq!(bins.iter().map(|bin| bin.count).sum::<usize>(), labels.len());
            prop_assert!(bins.windows(2).all(|pair| pair[0].predicted <= pair[1].predicted));
            let error = expected_calibration_error(&labels, &probabilities, 15);
            prop_assert!((0.0..=1.0).contains(&error));
        }
    }
}
