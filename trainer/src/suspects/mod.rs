//! Labels that are probably wrong, by confident learning (Northcutt, Jiang and Chuang 2021,
//! "Confident learning: estimating uncertainty in dataset labels"). Pure: labels and
//! out-of-fold probabilities in; counts and rows out, the same as cleanlab 2.9 gives for two
//! classes.
//!
//! A class's threshold is the mean probability of it among the covers labeled so: what a
//! model is usually as sure of counts as confident, however badly it is calibrated. Covers
//! confidently believed to be of a class, counted by the label they bear, estimate how many
//! labels of each class are wrong; that many of those believed least are the suspects.

/// Covers by [label][what is believed], 1 for the topic.
pub type Joint = [[u64; 2]; 2];

/// What confident learning says of some labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Suspicion {
    /// From which probability on a cover is confidently of [other, topic].
    pub thresholds: [f64; 2],
    /// Covers estimated, summing up to those there are.
    pub joint: Joint,
    /// Rows of the suspects, the least believed label first.
    pub suspects: Vec<usize>,
}

/// Slack of comparisons, as in cleanlab.
const SLACK: f64 = 1e-6;

/// Finds the suspects; a probability is that of the topic.
pub fn find(labels: &[bool], probabilities: &[f64]) -> Suspicion {
    let thresholds = thresholds(labels, probabilities);
    let confident = confident_joint(labels, probabilities, thresholds);
    let joint = calibrated(&confident, counts(labels));
    Suspicion {
        thresholds,
        joint,
        suspects: least_believed(labels, probabilities, &joint),
    }
}

/// Covers labeled [other, topic].
fn counts(labels: &[bool]) -> [u64; 2] {
    let topics = labels.iter().filter(|label| **label).count() as u64;
    [labels.len() as u64 - topics, topics]
}

/// The probability of a class: 1 for the topic.
fn of_class(probability: f64, class: usize) -> f64 {
    if class == 1 {
        probability
    } else {
        1.0 - probability
    }
}

fn thresholds(labels: &[bool], probabilities: &[f64]) -> [f64; 2] {
    /// Of a class that no cover bears: nothing is confidently of it.
    const NEVER: f64 = 2.0;
    let rows = || labels.iter().zip(probabilities);
    let counts = counts(labels);
    [0, 1].map(|class| {
        let own = rows().filter(|(label, _)| usize::from(**label) == class);
        let sum: f64 = own.map(|(_, told)| of_class(*told, class)).sum();
        match counts[class] {
            0 => NEVER,
            count => (sum / count as f64).max(2.0 * SLACK),
        }
    })
}

/// Counts covers that are confidently of a class; of both, of the likelier. At least one
/// cover of each class is taken to be labeled rightly.
fn confident_joint(labels: &[bool], probabilities: &[f64], thresholds: [f64; 2]) -> Joint {
    let mut joint = [[0; 2]; 2];
    for (label, told) in labels.iter().zip(probabilities) {
        let is_confident = |class: usize| of_class(*told, class) >= thresholds[class] - SLACK;
        let believed = match (is_confident(0), is_confident(1)) {
            (true, true) => usize::from(*told > 1.0 - *told),
            (true, false) => 0,
            (false, true) => 1,
            (false, false) => continue,
        };
        joint[usize::from(*label)][believed] += 1;
    }
    for class in [0, 1] {
        joint[class][class] = joint[class][class].max(1);
    }
    joint
}

/// Scales each row to the covers that bear the label, in whole numbers that keep its sum.
fn calibrated(confident: &Joint, counts: [u64; 2]) -> Joint {
    let mut joint = [[0; 2]; 2];
    for class in [0, 1] {
        let row = confident[class];
        let share = counts[class] as f64 / (row[0] + row[1]) as f64;
        joint[class] = whole(row.map(|count| count as f64 * share), counts[class]);
    }
    joint
}

/// Rounds to whole numbers of this sum; what is lacking is added where rounding took the
/// most away, and what is too much is taken where it added the most.
fn whole(row: [f64; 2], sum: u64) -> [u64; 2] {
    let mut rounded = row.map(f64::round_ties_even);
    let off = sum as f64 - (rounded[0] + rounded[1]);
    if off != 0.0 {
        let rest = [row[0] - rounded[0], row[1] - rounded[1]];
        let at = match off > 0.0 {
            true => usize::from(rest[1] >= rest[0]),
            false => usize::from(rest[1] < rest[0]),
        };
        rounded[at] += off;
    }
    rounded.map(|count| count as u64)
}

/// As many labels of each class as are estimated to be wrong, those believed least; never
/// the only one of a class, and never one that is believed after all.
fn least_believed(labels: &[bool], probabilities: &[f64], joint: &Joint) -> Vec<usize> {
    let belief = |row: usize| of_class(probabilities[row], usize::from(labels[row]));
    let mut suspects = Vec::new();
    for class in [0, 1] {
        let of = |row: &usize| usize::from(labels[*row]) == class;
        let mut rows: Vec<usize> = (0..labels.len()).filter(of).collect();
        if rows.len() < 2 {
            continue;
        }
        rows.sort_by(|left, right| belief(*left).total_cmp(&belief(*right)));
        rows.truncate(wrong_labels(joint, class));
        suspects.extend(
            rows.into_iter()
                .filter(|row| belief(*row) < 0.5 - SLACK / 2.0),
        );
    }
    suspects.sort_by(|left, right| belief(*left).total_cmp(&belief(*right)));
    suspects
}

/// Estimated wrong labels of a class, but for one less where all of them would be wrong.
fn wrong_labels(joint: &Joint, class: usize) -> usize {
    let lacking = 1u64.saturating_sub(joint[class][class]);
    joint[class][1 - class].saturating_sub(lacking) as usize
}

#[cfg(test)]
mod tests;
