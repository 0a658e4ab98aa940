//! How far the labeling is: pools, people, pace, trust. Its pictures are drawn by [`super::pictures`].

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde_json::json;
use store::decision::Tally;
use store::{Choice, Pool, Queue};

use super::api::{self, Failure};
use super::layout::{self, Parts, Screen};
use super::pictures::Pictures;
use super::preference::Preference;
use super::routes::{Personal, Site};
use super::words::{Text, fill};
use super::{show, stale};
use crate::trust::{Bound, IfMissed, Looks, Overlap, Trust};

/// `GET /statistics`.
pub async fn get(Personal(site): Personal, preference: Preference) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let now = cli::now();
    let tally = site.store.tally(site.topic).await?;
    let people = people(&site).await?;
    let progress = api::progress(&site, Pool::Negative, Queue::Likely).await?;
    let trust = Trust::gather(&site.store, site.topic).await?;
    let pictures = Pictures::gather(&site, now).await?;
    let fresh = site.store.freshness(site.topic, now).await?;
    let parts = Parts {
        screen: Some(Screen::Statistics),
        question: &text.question_statistics,
        beside: html! {
            p { (pace(text, &progress)) }
            (stale::line(stale::notice(text, &fresh, None).as_ref()))
        },
        tools: html! {},
        main: html! {
            div.panels {
                @for pool in [Pool::Negative, Pool::Positive] { (of_pool(text, pool, &tally)) }
                (pictures.shown(text))
                (trusted(text, &trust))
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

/// What audits, planted cats and second looks say of the decisions.
fn trusted(text: &Text, trust: &Trust) -> Markup {
    let bounds = [
        (&trust.negative, &text.bound_negative),
        (&trust.positive, &text.bound_positive),
    ];
    let (planted, seen) = trust.planted();
    let nothing = planted == 0 && trust.looks.is_empty() && bounds.iter().all(|(b, _)| b.is_none());
    html! {
        section.panel.wide aria-labelledby="trust-name" {
            h2 #trust-name { (text.trust) }
            @if nothing { p { (text.no_trust) } }
            @for (bound, words) in bounds {
                @if let Some(bound) = bound {
                    p { (bounded(words, bound)) }
                    p.muted { (text.trust_assumes) }
                    @if let Some(missed) = &bound.if_missed {
                        p.muted { (if_missed(text, missed)) }
                    }
                }
            }
            @if planted > 0 {
                p { (recalled(text, planted, seen)) }
                p.muted { (text.planted_assumes) }
            }
            @for looks in &trust.looks { p { (looked_twice(text, looks)) } }
            @if !trust.looks.is_empty() { p.muted { (text.twice_assumes) } }
            @for overlap in &trust.overlap { p { (overlapped(text, overlap)) } }
            p { a href="/?order=audit" { (text.open_audit) } }
        }
    }
}

fn bounded(words: &str, bound: &Bound) -> String {
    let values = [
        ("share", &*at_most(bound.at_most)),
        ("frame", &count(bound.frame)),
        ("n", &count(bound.checked)),
    ];
    let line = fill(words, &values);
    // Elsewhere it stands within a line; here it begins one.
    let mut letters = line.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).collect()
}

fn if_missed(text: &Text, missed: &IfMissed) -> String {
    let values = [
        ("share", &*at_most(missed.at_most)),
        ("total", &count(missed.planted)),
        ("n", &count(missed.seen)),
    ];
    fill(&text.trust_if_missed, &values)
}

fn recalled(text: &Text, planted: u64, seen: u64) -> String {
    let (low, high) = crate::interval::share(seen, planted);
    let values = [
        ("total", &*count(planted)),
        ("n", &count(seen)),
        ("low", &share(low)),
        ("high", &share(high)),
    ];
    fill(&text.trust_planted, &values)
}

fn looked_twice(text: &Text, looks: &Looks) -> String {
    let values = [
        ("total", &*count(looks.twice.covers)),
        ("n", &count(looks.twice.alike)),
        ("all", &format!("{:.0}", looks.total.estimate)),
        ("low", &count(looks.total.low)),
    ];
    fill(&text.trust_twice, &values)
}

fn overlapped(text: &Text, overlap: &Overlap) -> String {
    let (low, high) = overlap.agreement.interval;
    let values = [
        ("total", &*count(overlap.twice.covers)),
        ("n", &count(overlap.twice.alike)),
        ("ac1", &format!("{:.2}", overlap.agreement.ac1)),
        ("low", &format!("{low:.2}")),
        ("high", &format!("{high:.2}")),
    ];
    fill(&text.trust_overlap, &values)
}

fn count(n: u64) -> String {
    show::number(i64::try_from(n).unwrap_or(i64::MAX))
}

fn share(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A bound must not promise more than it holds.
fn at_most(bound: f64) -> String {
    share((bound * 1000.0 - 1e-6).ceil() / 1000.0)
}

/// What one person did.
struct Person {
    name: String,
    events: i64,
    last: i64,
    looked_ms: i64,
}

async fn people(site: &Site) -> Result<Vec<Person>, store::Error> {
    let looked = site.store.looked(site.topic).await?;
    let people = site.store.annotators(site.topic).await?.into_iter();
    Ok(people
        .map(|(name, events, last)| Person {
            looked_ms: looked
                .iter()
                .find(|row| row.0 == name)
                .map_or(0, |row| row.1),
            name,
            events,
            last,
        })
        .collect())
}

fn table(text: &Text, people: &[Person]) -> Markup {
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
                            th.number scope="col" { (text.time_looked) }
                            th scope="col" { (text.last) }
                        }
                    }
                    tbody {
                        @for person in people {
                            tr {
                                th scope="row" { bdi { (person.name) } }
                                td.number { (show::number(person.events)) }
                                td.number {
                                    @if person.looked_ms > 0 { (show::duration(person.looked_ms)) }
                                }
                                td { (show::moment(person.last)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use store::trust::{Recall, Twice};

    use super::*;
    use crate::agreement::Agreement;
    use crate::interval;
    use crate::trust::Seen;
    use crate::web::words::{Lang, Words};

    #[test]
    fn what_is_known_of_the_decisions_is_said_in_both_languages() {
        let by_two = Twice {
            pool: Pool::Negative,
            covers: 100,
            first: 22,
            second: 18,
            both: 10,
            alike: 80,
        };
        let trust = Trust {
            negative: Some(Bound {
                at_most: 0.004_01,
                checked: 600,
                found: 0,
                frame: 4000,
                goal: None,
                if_missed: Some(IfMissed {
                    planted: 20,
                    seen: 19,
                    at_most: 0.012,
                }),
            }),
            positive: None,
            planted: vec![Seen {
                recall: Recall {
                    annotator: "me".into(),
                    planted: 20,
                    seen: 19,
                },
                interval: interval::share(19, 20),
            }],
            looks: vec![Looks {
                twice: Twice {
                    pool: Pool::Negative,
                    covers: 100,
                    first: 9,
                    second: 9,
                    both: 9,
                    alike: 100,
                },
                total: interval::total(9, 9, 9),
            }],
            overlap: vec![Overlap {
                twice: by_two,
                agreement: Agreement::of(&by_two).unwrap(),
            }],
        };
        let words = Words::new("cat");
        let page = trusted(words.of(Lang::En), &trust).into_string();
        for said in [
            "At most 0.5 % of 4,000 still hide a cat; 600 checked",
            "seen by those who looked): at most 1.2 %",
            "Of 20 planted cats 19 were seen: between 75.1 % and 99.9 %",
            "hide still may be harder to see",
            "both looks miss independently",
            "the same said of 80. Beyond chance they agree to 0.71 of 1, between",
            "100 looked at twice, the same said of 100; by both looks about 9 show a cat",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(
            trusted(words.of(Lang::Zh), &trust)
                .into_string()
                .contains("4,000 张中至多 0.5 %")
        );
        let nothing = Trust {
            negative: None,
            planted: Vec::new(),
            looks: Vec::new(),
            overlap: Vec::new(),
            ..trust
        };
        assert!(
            trusted(words.of(Lang::En), &nothing)
                .into_string()
                .contains("Nothing was checked")
        );
    }
}
