//! How well probabilities order covers, whatever their scale.

/// Area under the ROC curve: the chance that a cover with the topic ranks above
/// one without, ties counting half (Mann and Whitney 1947). `None` if a class is
/// missing.
pub fn roc_auc(labels: &[bool], probabilities: &[f64]) -> Option<f64> {
    let curve = roc_curve(labels, probabilities)?;
    let trapezium = |pair: &[(f64, f64)]| (pair[1].0 - pair[0].0) * (pair[1].1 + pair[0].1) / 2.0;
    Some(curve.windows(2).map(trapezium).sum())
}

/// Points (share of false alarms, share found) from (0, 0) to (1, 1), one for
/// each distinct probability as the threshold. `None` if a class is missing.
pub fn roc_curve(labels: &[bool], probabilities: &[f64]) -> Option<Vec<(f64, f64)>> {
    let steps = descend(labels, probabilities);
    let (topics, others) = *steps.last()?;
    if topics == 0 || others == 0 {
        return None;
    }
    let point = |(hits, alarms): (usize, usize)| {
        (alarms as f64 / others as f64, hits as f64 / topics as f64)
    };
    let origin = std::iter::once((0, 0));
    Some(origin.chain(steps).map(point).collect())
}

/// Average precision: the mean of the precision at each threshold, weighted by
/// the recall gained there, without interpolation. `None` if nothing is the topic.
pub fn average_precision(labels: &[bool], probabilities: &[f64]) -> Option<f64> {
    let curve = precision_recall_curve(labels, probabilities)?;
    let mut gained = 0.0;
    let mut area = 0.0;
    for (recall, precision) in curve {
        area += (recall - gained) * precision;
        gained = recall;
    }
    Some(area)
}

/// Points (recall, precision) with rising recall, one for each distinct
/// probability as the threshold. `None` if nothing is the topic.
pub fn precision_recall_curve(labels: &[bool], probabilities: &[f64]) -> Option<Vec<(f64, f64)>> {
    let steps = descend(labels, probabilities);
    let topics = steps.last()?.0;
    let point = |(hits, alarms): (usize, usize)| {
        (
            hits as f64 / topics as f64,
            hits as f64 / (hits + alarms) as f64,
        )
    };
    (topics > 0).then(|| steps.into_iter().map(point).collect())
}

/// (Topics, others) with at least a probability, for each distinct probability
/// from high to low: tied covers enter together.
fn descend(labels: &[bool], probabilities: &[f64]) -> Vec<(usize, usize)> {
    let mut rows: Vec<(f64, bool)> = probabilities
        .iter()
        .copied()
        .zip(labels.iter().copied())
        .collect();
    rows.sort_by(|left, right| right.0.total_cmp(&left.0));
    let mut seen = (0, 0);
    rows.chunk_by(|left, right| left.0 == right.0)
        .map(|tied| {
            let topics = tied.iter().filter(|row| row.1).count();
            seen.0 += topics;
            seen.1 += tied.len() - topics;
            seen
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn small_rows_are_ranked_as_by_hand() {
        let table: [(&[bool], &[f64], f64); 4] = [
            (&[true, false], &[0.9, 0.1], 1.0),
            (&[true, false], &[0.1, 0.9], 0.0),
            (&[true, false], &[0.5, 0.5], 0.5),
            // Pairs: 0.8 beats both, 0.4 ties one and beats the other: 3.5 of 4.
            (&[true, true, false, false], &[0.8, 0.4, 0.4, 0.1], 0.875),
        ];
        for (labels, probabilities, expected) in table {
            assert_eq!(roc_auc(labels, probabilities), Some(expected));
        }
        assert_eq!(roc_auc(&[true, true], &[0.1, 0.2]), None);
        assert_eq!(roc_auc(&[], &[]), None);
    }

    #[test]
    fn average_precision_weighs_precision_by_recall_gained() {
        // Precision 1 at recall 1/2, then 2/3 at recall 1.
        let value = average_precision(&[true, false, true], &[0.9, 0.8, 0.7]);
        assert!((value.unwrap() - (0.5 + 0.5 * 2.0 / 3.0)).abs() < 1e-12);
        // All tied: the share of the topic.
        assert_eq!(
            average_precision(&[true, false, false, false], &[0.5; 4]),
            Some(0.25)
        );
        assert_eq!(average_precision(&[false], &[0.5]), None);
    }

    fn rows() -> impl Strategy<Value = Vec<(bool, f64)>> {
        // Eighths, so that ties are common.
        prop::collection::vec(
            (any::<bool>(), (0u8..=8).prop_map(|n| f64::from(n) / 8.0)),
            2..50,
        )
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(rows in rows()) {
            let (labels, probabilities): (Vec<bool>, Vec<f64>) = rows.iter().copied().unzip();
            let Some(area) = roc_auc(&labels, &probabilities) else { return Ok(()) };
            let (mut pairs, mut ordered) = (0.0, 0.0);
            for topic in rows.iter().filter(|row| row.0) {
                for other in rows.iter().filter(|row| !row.0) {
                    pairs += 1.0;
                    ordered += match topic.1.total_cmp(&other.1) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            prop_assert!((area - ordered / pairs).abs() < 1e-9);
        }

        #[test]
        fn swapping_the_classes_mirrors_the_area(rows in rows()) {
            let (labels, probabilities): (Vec<bool>, Vec<f64>) = rows.into_iter().unzip();
            let swapped: Vec<bool> = labels.iter().map(|label| !label).collect();
            if let (Some(area), Some(mirror)) =
                (roc_auc(&labels, &probabilities), roc_auc(&swapped, &probabilities))
            {
                prop_assert!((area + mirror - 1.0).abs() < 1e-9);
            }
        }
    }
}
