use super::*;
use crate::metrics::Confusion;
use crate::training::EpochStats;

fn fold(offset: f64) -> Vec<EpochStats> {
    (1..=30)
        .map(|epoch| {
            let t = f64::from(epoch) / 30.0;
            EpochStats {
                epoch,
                train_loss: 0.69 * (-2.0 * t).exp() + 0.05,
                train_accuracy: 0.98 - 0.45 * (-3.0 * t).exp(),
                inner_loss: Some(0.63 * (-1.7 * t).exp() + 0.14 + 0.1 * t * t),
                inner_accuracy: Some(0.93 - 0.42 * (-2.4 * t).exp()),
                test_loss: Some(0.66 * (-1.6 * t).exp() + 0.12 + offset * (t * 40.0).sin() / 2.0),
                test_accuracy: Some(0.94 - 0.42 * (-2.6 * t).exp() + offset * (t * 33.0).sin()),
                learning_rate: 1e-3,
                seconds: 1.0,
            }
        })
        .collect()
}

fn predictions() -> (Vec<bool>, Vec<f64>) {
    (0..400)
        .map(|row| {
            let label = row % 5 < 2;
            let noise = f64::from(row * 7919 % 401) / 401.0 - 0.5;
            let centre = if label { 0.72 } else { 0.25 };
            (label, (centre + noise * 0.8f64).clamp(0.01, 0.99))
        })
        .unzip()
}

fn log_odds(probabilities: &[f64]) -> Vec<f64> {
    let log_odds = |told: &f64| (told / (1.0 - told)).ln();
    probabilities.iter().map(log_odds).collect()
}

fn sizes() -> Vec<Size> {
    [(210, 0.81, 0.05), (480, 0.88, 0.03), (1017, 0.936, 0.015)]
        .map(|(covers, accuracy, wide)| Size {
            covers,
            accuracy,
            interval: (accuracy - wide, accuracy + wide),
        })
        .to_vec()
}

/// A range test that falls, then explodes.
fn ranged() -> Vec<(f64, f64)> {
    let point = |step: i32| {
        let exponent = f64::from(step) * 0.07 - 7.0;
        let fall = 0.5 / (1.0 + (-3.0 * (exponent + 4.0)).exp());
        let rise = (3.0 * (exponent + 1.5)).exp();
        (
            10f64.powf(exponent),
            0.7 - fall + rise + 0.02 * f64::from(step % 3),
        )
    };
    (0..90).map(point).collect()
}

/// Every chart by the name under which a report keeps it.
fn charts() -> Vec<(&'static str, Chart)> {
    let (labels, probabilities) = predictions();
    let folds: Vec<_> = [0.01, 0.03, -0.02, 0.02].map(fold).to_vec();
    let counts = Confusion::at(&labels, &probabilities, 0.5);
    let drawn = |chart: Result<Chart, Error>| chart.expect("a drawn chart");
    vec![
        ("fold", drawn(fold_curves("Fold 1 of 4", &folds[1], 0.6))),
        ("mean", drawn(mean_curves("Mean of 4 folds", &folds, 0.6))),
        ("confusion", drawn(confusion(&counts, "cat"))),
        ("roc", drawn(roc(&labels, &probabilities))),
        (
            "precision",
            drawn(precision_recall(&labels, &probabilities)),
        ),
        ("reliability", drawn(reliability(&labels, &probabilities))),
        (
            "threshold",
            drawn(threshold(&labels, &log_odds(&probabilities))),
        ),
        ("learning", drawn(learning(&sizes()))),
        ("range", drawn(range_test("Fold 1", &ranged(), 1e-3))),
    ]
}

#[test]
fn every_chart_names_its_axes_and_is_a_png_of_twice_its_size() {
    let words = [
        ("fold", "epoch"),
        ("mean", "predicted rightly"),
        ("confusion", "called not cat"),
        ("roc", "false alarms among others"),
        ("precision", "recall"),
        ("reliability", "predicted probability"),
        ("threshold", "found among the topic"),
        ("learning", "covers labeled"),
        ("range", "learning rate"),
    ];
    let keep = std::env::var_os("WHISKER_KEEP_CHARTS");
    for ((name, chart), (expected, word)) in charts().into_iter().zip(words) {
        assert_eq!(name, expected);
        assert!(chart.svg.contains(word), "{name} lacks \"{word}\"");
        let png = chart.png().expect("a picture");
        assert!(png.starts_with(b"\x89PNG"), "{name}");
        let side = |at: usize| u32::from_be_bytes([png[at], png[at + 1], png[at + 2], png[at + 3]]);
        let width = chart.svg.contains("width=\"900\"");
        assert_eq!(side(16), if width { 1800 } else { 880 }, "{name}");
        if let Some(directory) = &keep {
            let path = std::path::Path::new(directory).join(format!("{name}.png"));
            std::fs::write(path, png).expect("a writable place");
        }
    }
}

#[test]
fn text_is_drawn_although_no_font_of_the_system_is_read() {
    let text = |word: &str| {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"200\" height=\"40\">\
             <text x=\"5\" y=\"30\" font-family=\"sans-serif\" font-size=\"20\">{word}</text></svg>"
        );
        Chart { svg }.png().expect("a picture")
    };
    assert_ne!(text("epoch"), text(""));
}

#[test]
fn the_same_numbers_give_the_same_picture() {
    assert_eq!(charts(), charts());
}

#[test]
fn nothing_predicted_and_one_class_still_draw() {
    for (labels, probabilities) in [(vec![], vec![]), (vec![true], vec![0.7])] {
        assert!(roc(&labels, &probabilities).is_ok());
        assert!(precision_recall(&labels, &probabilities).is_ok());
        assert!(reliability(&labels, &probabilities).is_ok());
        assert!(threshold(&labels, &log_odds(&probabilities)).is_ok());
    }
    assert!(learning(&[]).is_ok());
    assert!(fold_curves("Fold 1", &[], 0.5).is_ok());
    assert!(confusion(&Confusion::default(), "cat").is_ok());
    assert!(range_test("Fold 1", &[], 1e-3).is_ok());
}
