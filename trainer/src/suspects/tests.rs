use serde::Deserialize;

use super::*;

/// A case of `golden.json`, which `scripts/golden/suspects.py` makes with cleanlab.
#[derive(Deserialize)]
struct Case {
    case: String,
    labels: String,
    thousandths: Vec<u32>,
    thresholds: [f64; 2],
    confident: Joint,
    joint: Joint,
    issues: Vec<usize>,
}

impl Case {
    fn labels(&self) -> Vec<bool> {
        self.labels.chars().map(|label| label == '1').collect()
    }

    fn probabilities(&self) -> Vec<f64> {
        let share = |thousandths: &u32| f64::from(*thousandths) / 1000.0;
        self.thousandths.iter().map(share).collect()
    }
}

fn golden() -> Vec<Case> {
    serde_json::from_str(include_str!("golden.json")).expect("cases")
}

#[test]
fn thresholds_counts_and_suspects_are_cleanlabs() {
    let cases = golden();
    assert!(cases.len() >= 10);
    for case in cases {
        let (labels, probabilities) = (case.labels(), case.probabilities());
        let told = find(&labels, &probabilities);
        let name = &case.case;
        for class in [0, 1] {
            let off = (told.thresholds[class] - case.thresholds[class]).abs();
            assert!(off < 1e-12, "{name}: {:?}", told.thresholds);
        }
        let confident = confident_joint(&labels, &probabilities, told.thresholds);
        assert_eq!(confident, case.confident, "{name}");
        assert_eq!(told.joint, case.joint, "{name}");
        // Which of equal rows is taken is left open by both: what is compared is what the
        // labels are believed.
        let belief = |row: &usize| of_class(probabilities[*row], usize::from(labels[*row]));
        let beliefs = |rows: &[usize]| {
            let mut beliefs: Vec<f64> = rows.iter().map(belief).collect();
            beliefs.sort_by(f64::total_cmp);
            beliefs
        };
        assert_eq!(beliefs(&told.suspects), beliefs(&case.issues), "{name}");
        assert!(
            told.suspects
                .is_sorted_by(|left, right| belief(left) <= belief(right))
        );
    }
}

#[test]
fn a_flipped_label_of_a_good_model_is_the_first_suspect() {
    let mut labels: Vec<bool> = (0..40).map(|row| row % 2 == 0).collect();
    let sure = |(row, label): (usize, &bool)| {
        let off = 0.01 + row as f64 / 1000.0;
        if *label { 1.0 - off } else { off }
    };
    let probabilities: Vec<f64> = labels.iter().enumerate().map(sure).collect();
    assert!(find(&labels, &probabilities).suspects.is_empty());
    labels[17] = !labels[17];
    let told = find(&labels, &probabilities);
    assert_eq!(told.suspects, [17]);
    // It lowers its class's threshold, so that more are confident there: 19 others and 21
    // topics, one of them wrong.
    assert_eq!(told.joint[1][0], 1);
}

#[test]
fn nothing_labeled_has_no_suspects() {
    let told = find(&[], &[]);
    assert!(told.suspects.is_empty());
    assert_eq!(told.joint, [[0, 0], [0, 0]]);
}
