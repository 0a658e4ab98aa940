//! The list of finds: for people, for scripts, for a spreadsheet.

use cli::{Failure, Result};
use serde_json::{Value, json};
use store::training::{Find, Region};

use crate::commands::without_control;
use crate::rates::Rates;

/// What was found.
#[derive(Clone, Debug)]
pub(super) struct List {
    pub(super) model: String,
    pub(super) topic: String,
    pub(super) threshold: f64,
    pub(super) rates: Rates,
    /// Covers with the topic among those that are not in the list, by their probabilities.
    pub(super) expected_below: f64,
    pub(super) finds: Vec<Find>,
}

impl List {
    pub(super) fn json(&self) -> Value {
        let video = |find: &Find| {
            json!({
                "url": find.url,
                "title": find.title,
                "site": find.site,
                "probability": find.probability,
                "cover_sha256": cover::hex(&find.sha256),
                "region": find.region.map(fractions),
            })
        };
        json!({
            "model": self.model,
            "threshold": self.threshold,
            "base_rates": self.rates.json(),
            "expected_below": self.expected_below,
            "videos": self.finds.iter().map(video).collect::<Vec<_>>(),
        })
    }

    pub(super) fn title(&self) -> String {
        let (count, topic) = (self.finds.len(), &self.topic);
        let videos = if count == 1 { "video" } else { "videos" };
        let threshold = self.threshold * 100.0;
        format!("{count} {videos} with {topic} at {threshold:.0} % or more")
    }

    /// What the probabilities take for granted.
    pub(super) fn rates_told(&self) -> String {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let Rates {
            labels,
            negative,
            positive,
        } = self.rates;
        match negative == labels && positive == labels {
            true => format!(
                "Probabilities are as if {} of what is looked through showed it, as in the labels.",
                percent(labels)
            ),
            false => format!(
                "Probabilities allow for how common it is: {} of random covers, {} of those \
                 searched for, {} of the labels.",
                percent(negative),
                percent(positive),
                percent(labels)
            ),
        }
    }

    /// What else is there to be found, once it is worth a word.
    pub(super) fn missed_told(&self) -> Option<String> {
        let missed = self.expected_below.round();
        let threshold = self.threshold * 100.0;
        (missed >= 1.0).then(|| {
            format!(
                "About {missed:.0} more are to be expected below {threshold:.0} %: a lower \
                 --threshold lists them among others, more labels lift them above."
            )
        })
    }

    pub(super) fn table(&self) -> Vec<String> {
        let mut lines = vec![
            format!("{}, by {}", self.title(), self.model),
            self.rates_told(),
        ];
        if self.finds.is_empty() {
            let hint = "More labels help most: label some and run trainer fit again.";
            lines.push(hint.into());
        }
        lines.extend(self.missed_told());
        lines.extend(self.finds.iter().map(|find| {
            format!(
                "{:>5.1} %  {}  {}",
                find.probability * 100.0,
                without_control(&find.title),
                without_control(&find.url)
            )
        }));
        lines
    }

    pub(super) fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns = ["probability", "url", "title", "site", "cover_sha256"];
        let mut written = writer.write_record(columns);
        for find in &self.finds {
            let row = [
                format!("{:.6}", find.probability),
                cell(&find.url),
                cell(&find.title),
                cell(&find.site),
                cover::hex(&find.sha256),
            ];
            written = written.and_then(|()| writer.write_record(row));
        }
        written.map_err(Failure::failed)?;
        let bytes = writer.into_inner().map_err(Failure::failed)?;
        String::from_utf8(bytes).map_err(Failure::failed)
    }
}

/// Where the topic was seen, as fractions of the cover's width and height.
fn fractions(region: Region) -> Value {
    let share = |thousandths: u16| f64::from(thousandths) / 1000.0;
    json!({
        "left": share(region.left),
        "top": share(region.top),
        "width": share(region.width),
        "height": share(region.height),
    })
}

/// Text that no spreadsheet takes for a formula: the characters that begin one get an
/// apostrophe in front, as OWASP's page "CSV Injection" advises.
fn cell(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn list(url: &str, title: &str) -> List {
        List {
            model: "cat-resnet-1".into(),
            topic: "cat".into(),
            threshold: 0.5,
            rates: Rates {
                labels: 0.5,
                negative: 0.02,
                positive: 0.9,
            },
            expected_below: 3.6,
            finds: vec![Find {
                url: url.into(),
                title: title.into(),
                site: "test".into(),
                probability: 0.875,
                sha256: [0xab; 32],
                cover: 1,
                group: 1,
                since: 0,
                region: Some(Region {
                    left: 125,
                    top: 0,
                    width: 286,
                    height: 500,
                }),
            }],
        }
    }

    #[test]
    fn the_object_is_the_contracts() {
        let json = list("https://site.example/1", "Tabby").json();
        assert_eq!(json["model"], "cat-resnet-1");
        assert_eq!(json["videos"][0]["probability"], 0.875);
        assert_eq!(json["videos"][0]["cover_sha256"], "ab".repeat(32));
        let region = json!({"left": 0.125, "top": 0.0, "width": 0.286, "height": 0.5});
        assert_eq!(json["videos"][0]["region"], region);
    }

    #[test]
    fn titles_cannot_command_the_terminal_or_break_a_line_of_csv() {
        let list = list("https://site.example/1", "a\u{1b}[2J\"b\nc");
        assert!(list.table().iter().all(|line| !line.contains('\u{1b}')));
        let csv = list.csv().expect("plain text");
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let row = reader
            .records()
            .next()
            .expect("a row")
            .expect("well-formed");
        assert_eq!(&row[2], "a\u{1b}[2J\"b\nc");
    }

    #[test]
    fn a_title_is_no_formula_in_a_spreadsheet() {
        for (title, shown) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("@me", "'@me"),
            ("-1", "'-1"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(title), shown);
            assert!(
                list("https://site.example/1", title)
                    .csv()
                    .expect("plain text")
                    .contains(&shown[..2])
            );
        }
    }

    #[test]
    fn an_empty_list_says_what_helps() {
        let mut list = list("", "");
        list.finds.clear();
        assert!(list.table().join("\n").contains("label some"));
        assert!(list.table()[0].starts_with("0 videos with cat at 50 % or more"));
    }

    #[test]
    fn what_the_probabilities_take_for_granted_is_told() {
        let mut list = list("", "");
        assert!(list.rates_told().contains("2.0 % of random covers"));
        list.rates.negative = 0.5;
        list.rates.positive = 0.5;
        assert!(
            list.rates_told()
                .contains("50.0 % of what is looked through")
        );
    }
}
