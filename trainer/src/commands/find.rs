//! `find`: the videos whose covers the model believes to show the topic.

use clap::ValueEnum;
use cli::{Exit, Failure, Outcome, Result};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};
use store::training::Find;

use crate::device::DeviceChoice;
use crate::finder;
use crate::models;
use crate::report::{image_source, is_web};
use crate::session::Session;

/// How the list is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people.
    #[default]
    Table,
    /// One object.
    Json,
    /// A line a video.
    Csv,
    /// A page of covers that needs nothing beside it.
    Html,
}

/// `find` as typed.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The model's name; the current one by default.
    pub model: Option<String>,
    /// The least probability.
    pub threshold: Option<f64>,
    /// At most so many videos.
    pub limit: Option<u32>,
    /// How they are printed.
    pub format: Format,
    /// Decided covers too.
    pub all: bool,
    /// Where to compute.
    pub device: DeviceChoice,
    /// On how many threads.
    pub threads: usize,
}

/// Scores what is unscored and prints the list.
///
/// # Errors
/// Bad input when there is no model or nothing to score, and what the database says.
pub async fn run(session: &Session, wanted: &Wanted) -> Result<Outcome> {
    let device = wanted.device.resolve()?;
    crate::device::set_threads(wanted.threads);
    let row = models::row(session, wanted.model.as_deref()).await?;
    let loaded = models::load(session, &row, device)?;
    let overview = session.store.overview(session.topic).await?;
    if overview.negatives + overview.positives == 0 {
        return Err(Failure::usage(format!(
            "there are no candidates of \"{}\" to look through\n\
             Collect some with crawler run or crawler import.",
            session.topic_name
        )));
    }
    let (_, all_scored) = finder::score_all(session, &row, &loaded, device).await?;
    let threshold = wanted.threshold.unwrap_or(loaded.card.threshold);
    let limit = wanted.limit.unwrap_or(u32::MAX);
    let finds = session
        .store
        .finds(session.topic, row.id, threshold, wanted.all, limit);
    let list = List {
        model: row.name,
        topic: session.topic_name.clone(),
        threshold,
        finds: finds.await?,
    };
    print(session, wanted.format, &list).await?;
    Ok(Outcome {
        exit: if all_scored {
            Exit::Done
        } else {
            Exit::Stopped
        },
        json: (wanted.format == Format::Table).then(|| list.json()),
    })
}

async fn print(session: &Session, format: Format, list: &List) -> Result<()> {
    match format {
        Format::Table => {
            list.table()
                .iter()
                .for_each(|line| session.printer.line(line));
        }
        Format::Json => plain(&list.json().to_string()),
        Format::Csv => plain(list.csv()?.trim_end()),
        Format::Html => {
            let mut previews = Vec::with_capacity(list.finds.len());
            for find in &list.finds {
                let preview = session.store.preview(find.cover).await?;
                previews.push(preview.unwrap_or_default());
            }
            plain(&list.page(&previews).into_string());
        }
    }
    Ok(())
}

/// What a format prints is the data, with or without `--json`.
fn plain(text: &str) {
    cli::Printer::new(false, false, false).line(text);
}

/// What was found.
#[derive(Clone, Debug)]
struct List {
    model: String,
    topic: String,
    threshold: f64,
    finds: Vec<Find>,
}

impl List {
    fn json(&self) -> Value {
        let video = |find: &Find| {
            json!({
                "url": find.url,
                "title": find.title,
                "site": find.site,
                "probability": find.probability,
                "cover_sha256": cover::hex(&find.sha256),
            })
        };
        json!({
            "model": self.model,
            "threshold": self.threshold,
            "videos": self.finds.iter().map(video).collect::<Vec<_>>(),
        })
    }

    fn table(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} videos at {:.0} % or more, by {}",
            self.finds.len(),
            self.threshold * 100.0,
            self.model
        )];
        if self.finds.is_empty() {
            let hint = "More labels help most: label some and run trainer fit again.";
            lines.push(hint.into());
        }
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

    fn csv(&self) -> Result<String> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns = ["probability", "url", "title", "site", "cover_sha256"];
        let mut written = writer.write_record(columns);
        for find in &self.finds {
            let row = [
                format!("{:.6}", find.probability),
                find.url.clone(),
                find.title.clone(),
                find.site.clone(),
                cover::hex(&find.sha256),
            ];
            written = written.and_then(|()| writer.write_record(row));
        }
        written.map_err(Failure::failed)?;
        let bytes = writer.into_inner().map_err(Failure::failed)?;
        String::from_utf8(bytes).map_err(Failure::failed)
    }

    fn page(&self, previews: &[Vec<u8>]) -> Markup {
        let title = format!("{} videos with {}", self.finds.len(), self.topic);
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    style { (PreEscaped(include_str!("../report/style.css"))) }
                }
                body {
                    main {
                        h1 { (title) }
                        p { "By " (self.model) ", at " (percent(self.threshold)) " or more, most certain first." }
                        ol.sheet {
                            @for (find, preview) in self.finds.iter().zip(previews) { (tile(find, preview)) }
                        }
                    }
                }
            }
        }
    }
}

fn tile(find: &Find, preview: &[u8]) -> Markup {
    let title = if find.title.is_empty() {
        &find.url
    } else {
        &find.title
    };
    let picture = html! { img src=(image_source(preview)) alt=(title) title=(title); };
    html! {
        li {
            @if is_web(&find.url) {
                a href=(find.url) rel="noreferrer noopener" target="_blank" { (picture) }
            } @else {
                (picture)
            }
            p { (percent(find.probability)) " " (title) }
        }
    }
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// Titles are untrusted: an escape sequence in one must not reach the terminal.
fn without_control(text: &str) -> String {
    let safe = |letter: char| if letter.is_control() { ' ' } else { letter };
    text.chars().map(safe).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(url: &str, title: &str) -> List {
        List {
            model: "cat-resnet-1".into(),
            topic: "cat".into(),
            threshold: 0.5,
            finds: vec![Find {
                url: url.into(),
                title: title.into(),
                site: "test".into(),
                probability: 0.875,
                sha256: [0xab; 32],
                cover: 1,
            }],
        }
    }

    #[test]
    fn the_object_is_the_contracts() {
        let json = list("https://site.example/1", "Tabby").json();
        assert_eq!(json["model"], "cat-resnet-1");
        assert_eq!(json["videos"][0]["probability"], 0.875);
        assert_eq!(json["videos"][0]["cover_sha256"], "ab".repeat(32));
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
    fn the_page_needs_nothing_beside_it_and_links_web_pages_only() {
        let preview = [vec![0xff, 0xd8, 0xff]];
        let page = list("https://site.example/1?a=1&b=2", "<b>").page(&preview);
        let page = page.into_string();
        assert!(page.contains("href=\"https://site.example/1?a=1&amp;b=2\""));
        assert!(page.contains("data:image/jpeg;base64,/9j/") && page.contains("&lt;b&gt;"));
        let local = list("javascript:alert(1)", "x")
            .page(&preview)
            .into_string();
        assert!(!local.contains("href"));
    }

    #[test]
    fn an_empty_list_says_what_helps() {
        let mut list = list("", "");
        list.finds.clear();
        assert!(list.table().join("\n").contains("label some"));
    }
}
