use super::*;

fn report() -> Report {
    let labels = [true, true, false, false, false];
    let summary = Summary::of(&labels, &[0.9, 0.2, 0.3, 0.1, 0.4]).expect("rows");
    Report {
        topic: "cat".into(),
        run: "7".into(),
        net: "resnet".into(),
        summary,
        intervals: None,
        warnings: vec!["One uploader made 40 of 90 cats".into()],
        folds: vec![FoldRow {
            fold: 1,
            train: 4,
            test: 1,
            epochs: 30,
            accuracy: 0.8,
            roc_auc: None,
            loss: 0.25,
            seconds: 61.6,
        }],
        figures: vec![Figure {
            chart: Chart {
                svg: "<svg id=\"drawn\"></svg>".into(),
            },
            caption: "Loss & accuracy".into(),
        }],
        mistakes: vec![Mistake {
            jpeg: vec![0xff, 0xd8, 0xff],
            label: true,
            probability: 0.2,
            title: Some("<script>alert(1)</script>".into()),
            url: Some("javascript:alert(1)".into()),
        }],
        made_of: vec![("seed".into(), "1".into())],
        command: "trainer kfold --net resnet --seed 1".into(),
    }
}

#[test]
fn the_headline_stands_beside_its_interval_and_the_baseline() {
    let mut report = report();
    let page = report.render();
    for part in ["80.0 %", "37.6 % to 96.4 %", "would get 60.0 %"] {
        assert!(page.contains(part), "{part} is missing");
    }
    assert!(!page.contains("standing together"));
    report.intervals = Some(BlockIntervals {
        accuracy: (0.25, 0.99),
        roc_auc: None,
        average_precision: None,
    });
    assert!(report.render().contains("25.0 % to 99.0 %"));
}

#[test]
fn the_page_needs_nothing_beside_it() {
    let page = report().render();
    assert!(page.contains("data:image/jpeg;base64,/9j/"));
    assert!(page.contains("<svg id=\"drawn\"></svg>"));
    for outside in ["<link", "src=\"http", "@import", "<script"] {
        assert!(!page.contains(outside), "{outside} reaches outside");
    }
}

#[test]
fn what_sites_say_is_text_and_only_web_pages_are_linked() {
    let mut report = report();
    let page = report.render();
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("javascript:"));
    report.mistakes[0].url = Some("https://site.example/v?a=1&b=2".into());
    assert!(
        report
            .render()
            .contains("href=\"https://site.example/v?a=1&amp;b=2\"")
    );
}

#[test]
fn labels_and_predictions_are_told_in_the_topics_words() {
    let mut report = report();
    assert!(report.render().contains("labeled cat, predicted 20.0 %"));
    report.mistakes[0].label = false;
    assert!(report.render().contains("labeled not cat"));
    report.mistakes.clear();
    assert!(report.render().contains("There are none."));
}

#[test]
fn folds_warnings_making_and_command_are_told() {
    let page = report().render();
    let parts = [
        "One uploader made 40 of 90 cats",
        "<td>62</td>",
        "<td>–</td>",
        "<dt>seed</dt>",
        "trainer kfold --net resnet --seed 1",
        "Loss &amp; accuracy",
    ];
    for part in parts {
        assert!(page.contains(part), "{part} is missing");
    }
}
