//! The report of a run: one page that needs nothing beside it. Pure: values in,
//! HTML out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::charts::Chart;
use crate::metrics::{BlockIntervals, Interval, Summary};

/// What is told of a run, in the order of the page.
#[derive(Clone, Debug)]
pub struct Report {
    /// What was looked for.
    pub topic: String,
    /// The run, as the database names it.
    pub run: String,
    /// The net's name.
    pub net: String,
    /// Out-of-fold predictions of every labeled cover, summed up.
    pub summary: Summary,
    /// How sure they are, from drawing whole blocks; old runs do not know their blocks.
    pub intervals: Option<BlockIntervals>,
    /// What a reader must know before believing the numbers.
    pub warnings: Vec<String>,
    /// Every finished fold.
    pub folds: Vec<FoldRow>,
    /// Drawn from rows, in this order, each with its caption.
    pub figures: Vec<Figure>,
    /// The surest mistakes, surest first.
    pub mistakes: Vec<Mistake>,
    /// What it was trained on and how: names and values.
    pub made_of: Vec<(String, String)>,
    /// The command that makes the same run again.
    pub command: String,
}

/// A line of the table of folds.
#[derive(Clone, Debug, PartialEq)]
pub struct FoldRow {
    /// Counted from one.
    pub fold: usize,
    /// Covers trained on.
    pub train: usize,
    /// Covers tested.
    pub test: usize,
    /// Epochs trained.
    pub epochs: u32,
    /// Share right.
    pub accuracy: f64,
    /// Area under the ROC curve, if both classes were there.
    pub roc_auc: Option<f64>,
    /// Cross-entropy in nats.
    pub loss: f64,
    /// Wall time.
    pub seconds: f64,
}

/// A chart and what to see in it.
#[derive(Clone, Debug)]
pub struct Figure {
    /// The picture.
    pub chart: Chart,
    /// One sentence, or nothing under one of a row of like pictures.
    pub caption: String,
}

/// A cover that was predicted wrongly.
#[derive(Clone, Debug)]
pub struct Mistake {
    /// Its preview.
    pub jpeg: Vec<u8>,
    /// Whether it is labeled as the topic.
    pub label: bool,
    /// The probability of the topic that was predicted out of fold.
    pub probability: f64,
    /// The video's title, where known.
    pub title: Option<String>,
    /// The video's page, where known.
    pub url: Option<String>,
}

/// A page that needs nothing beside it: its title as a heading, and the content.
pub fn page(title: &str, content: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(include_str!("style.css"))) }
            }
            body { main { h1 { (title) } (content) } }
        }
    };
    page.into_string()
}

impl Report {
    /// The page.
    pub fn render(&self) -> String {
        let title = format!("Run {}: {} with {}", self.run, self.topic, self.net);
        let content = html! {
            (self.headline())
            (self.warnings())
            (self.figures())
            (self.fold_table())
            (self.mistakes())
            (self.made_of())
            (self.repeat())
        };
        page(&title, &content)
    }

    fn headline(&self) -> Markup {
        let summary = &self.summary;
        html! {
            section.headline {
                p.number { (percent(summary.accuracy)) }
                p {
                    "of " (summary.count) " covers predicted rightly by a net that had not seen them."
                    " Always saying the commoner class would get " (percent(summary.majority)) "."
                }
                (self.sureness())
                dl.row {
                    (figure("balanced accuracy", summary.balanced_accuracy.map(percent)))
                    (figure("ROC area", summary.roc_auc.map(three)))
                    (figure("average precision", summary.average_precision.map(three)))
                    (figure("log-loss", Some(three(summary.log_loss))))
                    (figure("Brier", Some(three(summary.brier))))
                    (figure("calibration error", Some(three(summary.calibration_error))))
                }
            }
        }
    }

    fn sureness(&self) -> Markup {
        html! {
            p {
                "95 % interval " (range(self.summary.interval)) " if every cover stood for itself"
                @if let Some(intervals) = &self.intervals {
                    "; " strong { (range(intervals.accuracy)) }
                    " as they are, near-duplicates and covers of one uploader standing together"
                }
                "."
            }
        }
    }

    fn warnings(&self) -> Markup {
        html! {
            @for warning in &self.warnings { p.warning { (warning) } }
        }
    }

    fn figures(&self) -> Markup {
        html! {
            section.figures {
                @for Figure { chart, caption } in &self.figures {
                    figure {
                        (PreEscaped(&chart.svg))
                        @if !caption.is_empty() { figcaption { (caption) } }
                    }
                }
            }
        }
    }

    fn fold_table(&self) -> Markup {
        let names = [
            "fold",
            "trained on",
            "tested on",
            "epochs",
            "accuracy",
            "ROC area",
            "loss",
            "seconds",
        ];
        html! {
            section {
                h2 { "Folds" }
                table {
                    thead { tr { @for name in names { th { (name) } } } }
                    tbody {
                        @for fold in &self.folds {
                            tr {
                                td { (fold.fold) }
                                td { (fold.train) }
                                td { (fold.test) }
                                td { (fold.epochs) }
                                td { (percent(fold.accuracy)) }
                                td { (fold.roc_auc.map_or("–".into(), three)) }
                                td { (three(fold.loss)) }
                                td { (seconds(fold.seconds)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn mistakes(&self) -> Markup {
        html! {
            section {
                h2 { "The surest mistakes" }
                @if self.mistakes.is_empty() {
                    p { "There are none." }
                } @else {
                    p { "The net was most certain of these, against their labels; a label may be wrong." }
                    ol.sheet { @for mistake in &self.mistakes { (self.tile(mistake)) } }
                }
            }
        }
    }

    fn tile(&self, mistake: &Mistake) -> Markup {
        let source = image_source(&mistake.jpeg);
        let label = if mistake.label {
            self.topic.clone()
        } else {
            format!("not {}", self.topic)
        };
        let title = mistake.title.as_deref().unwrap_or("cover without a title");
        html! {
            li {
                @if let Some(url) = mistake.url.as_deref().filter(|url| is_web(url)) {
                    a href=(url) rel="noreferrer" { img src=(source) alt=(title) title=(title); }
                } @else {
                    img src=(source) alt=(title) title=(title);
                }
                p { "labeled " (label) ", predicted " (percent(mistake.probability)) }
            }
        }
    }

    fn made_of(&self) -> Markup {
        html! {
            section {
                h2 { "What it was trained on, and how" }
                dl.pairs {
                    @for (name, value) in &self.made_of { dt { (name) } dd { (value) } }
                }
            }
        }
    }

    fn repeat(&self) -> Markup {
        html! {
            section {
                h2 { "How to repeat it" }
                pre { (self.command) }
                p { "With the same labels, seed, threads and libtorch it gives the same numbers." }
            }
        }
    }
}

fn figure(name: &str, value: Option<String>) -> Markup {
    html! {
        div { dt { (name) } dd { (value.unwrap_or_else(|| "–".into())) } }
    }
}

/// A JPEG inside the page.
pub fn image_source(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", BASE64.encode(jpeg))
}

/// A site may name anything as a page; only what a browser opens as one is linked.
pub fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn range((low, high): Interval) -> String {
    format!("{} to {}", percent(low), percent(high))
}

/// A probe takes less than one.
fn seconds(value: f64) -> String {
    match value < 10.0 {
        true => format!("{value:.1}"),
        false => format!("{value:.0}"),
    }
}

fn three(value: f64) -> String {
    format!("{value:.3}")
}

#[cfg(test)]
mod tests;
