//! How far the labeling is: pools, people, days, pace.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;
use store::decision::Tally;
use store::history::Day;
use store::{Choice, Pool, Queue};

use super::api::{self, Failure};
use super::layout::{self, Parts, Screen};
use super::preference::Preference;
use super::routes::Personal;
use super::show;
use super::words::{Text, fill};

/// Days of the chart.
const DAYS: i64 = 14;
const DAY_MS: i64 = 86_400_000;

/// `GET /statistics`.
pub async fn get(Personal(site): Personal, preference: Preference) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let today = cli::now().div_euclid(DAY_MS);
    let tally = site.store.tally(site.topic).await?;
    let people = site.store.annotators(site.topic).await?;
    let first = today - DAYS + 1;
    let days = site.store.days(site.topic, first * DAY_MS).await?;
    let progress = api::progress(&site, Pool::Negative, Queue::Likely).await?;
    let parts = Parts {
        screen: Some(Screen::Statistics),
        question: &text.question_statistics,
        beside: html! { p { (pace(text, &progress)) } },
        tools: html! {},
        main: html! {
            div.panels {
                @for pool in [Pool::Negative, Pool::Positive] { (of_pool(text, pool, &tally)) }
                (chart(text, first, &days))
                (table(text, &people))
            }
        },
        rest: html! {},
        boot: json!({}),
    };
    let page = layout::page(&site, &preference, &parts);
    Ok((preference, page).into_response())
}

fn pace(text: &Text, progress: &api::Progress) -> String {
    let progress = &progress.done;
    if progress.paced_ms == 0 {
        return text.no_pace.to_string();
    }
    let a_minute = progress.paced * 60_000 / progress.paced_ms;
    fill(&text.pace_line, &[("n", &show::number(a_minute))])
}

fn of_pool(text: &Text, pool: Pool, tally: &[Tally]) -> Markup {
    let count = |decision: &str| -> i64 {
        let of = |row: &&Tally| row.pool == pool.as_str() && row.decision == decision;
        tally.iter().filter(of).map(|row| row.covers).sum()
    };
    let rows = [
        (&text.mark_keep, count(Choice::Keep.as_str())),
        (&text.mark_reject, count(Choice::Reject.as_str())),
        (&text.mark_unsure, count(Choice::Unsure.as_str())),
        (&text.mark_broken, count(Choice::Broken.as_str())),
    ];
    let done: i64 = rows.iter().map(|(_, n)| n).sum();
    let undecided = count("undecided");
    let total = done + undecided;
    let (name, heading) = match pool {
        Pool::Negative => (&text.negative, "negative-name"),
        Pool::Positive => (&text.positive, "positive-name"),
    };
    let of_total = [
        ("n", &*show::number(done)),
        ("total", &*show::number(total)),
    ];
    html! {
        section.panel aria-labelledby=(heading) {
            h2 id=(heading) { (name) }
            p { (fill(&text.of_pool, &of_total)) }
            progress max=(total.max(1)) value=(done) aria-labelledby=(heading) {}
            table {
                tbody {
                    @for (name, n) in rows.into_iter().chain([(&text.undecided, undecided)]) {
                        tr {
                            th scope="row" { (name) }
                            td.number { (show::number(n)) }
                            td.number.muted { (show::percent(n, total)) }
                        }
                    }
                }
            }
        }
    }
}

/// Bars by day; the table behind them says the same to a screen reader.
fn chart(text: &Text, first: i64, days: &[Day]) -> Markup {
    let of = |day: i64| days.iter().find(|row| row.day == day);
    let most = days
        .iter()
        .map(|day| day.decisions)
        .max()
        .unwrap_or(0)
        .max(1);
    let height = |n: i64| n * 100 / most;
    html! {
        section.panel.wide aria-labelledby="days-name" {
            h2 #days-name { (text.days) }
            svg.days viewBox={ "0 0 " (DAYS * 40) " 130" } aria-hidden="true" {
                @for (at, day) in (0_i64..).zip(first..first + DAYS) {
                    @if let Some(row) = of(day) {
                        rect.all x=(at * 40 + 6) y=(100 - height(row.decisions)) width="28"
                            height=(height(row.decisions)) rx="3" {}
                        rect.part x=(at * 40 + 6) y=(100 - height(row.rejected)) width="28"
                            height=(height(row.rejected)) {}
                    }
                    text x=(at * 40 + 20) y="120" text-anchor="middle" { (show::date(day).2) }
                }
            }
            p.muted { (text.days_note) }
            table.unseen {
                tr { th { (text.day) } th { (text.decisions) } th { (text.mark_reject) } }
                @for row in days {
                    tr { td { (show::day(row.day)) } td { (row.decisions) } td { (row.rejected) } }
                }
            }
        }
    }
}

fn table(text: &Text, people: &[(String, i64, i64)]) -> Markup {
    html! {
        section.panel.wide aria-labelledby="people-name" {
            h2 #people-name { (text.people) }
            @if people.is_empty() { p { (text.no_history) } }
            @else {
                table {
                    thead {
                        tr {
                            th scope="col" { (text.who) }
                            th.number scope="col" { (text.decisions) }
                            th scope="col" { (text.last) }
                        }
                    }
                    tbody {
                        @for (name, events, last) in people {
                            tr {
                                th scope="row" { bdi { (name) } }
                                td.number { (show::number(*events)) }
                                td { (show::moment(*last)) }
                            }
                        }
                    }
                }
            }
        }
    }
}
