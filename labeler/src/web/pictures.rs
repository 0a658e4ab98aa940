//! The pictures of the statistics: what was decided by day, how finding went on, what the models
//! made of it, and the last session. Each says in words what it shows, and has its table.

use maud::{Markup, html};
use store::statistics::{Day, Found, Pace};
use store::training::RoundRow;

use super::chart::{self, Frame, Table};
use super::routes::Site;
use super::show;
use super::words::{Text, fill};

/// Days of the first picture.
const DAYS: i64 = 14;
const DAY_MS: i64 = 86_400_000;
/// Points of the curve, rounds and sheets that are drawn at most.
const POINTS: u32 = 100;
const ROUNDS: u32 = 60;
const SHEETS: u32 = 200;
/// A pause after which a person begins anew.
const PAUSE_MS: i64 = 30 * 60 * 1000;
/// Rows of the curve's table.
const ROWS: usize = 10;

/// What is drawn.
pub struct Pictures {
    first: i64,
    days: Vec<Day>,
    found: Vec<Found>,
    /// Oldest first, those alone that measured their model.
    rounds: Vec<RoundRow>,
    /// The person's last session, oldest first.
    session: Vec<Pace>,
}

impl Pictures {
    /// As things are now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn gather(site: &Site, now: i64) -> Result<Self, store::Error> {
        let (store, topic) = (&site.store, site.topic);
        let first = now.div_euclid(DAY_MS) - DAYS + 1;
        let paces = store.paces(topic, &site.annotator, SHEETS).await?;
        let mut rounds = store.rounds(topic, ROUNDS).await?;
        rounds.retain(|round| round.accuracy_after.is_some());
        rounds.reverse();
        Ok(Self {
            first,
            days: store.days(topic, first * DAY_MS).await?,
            found: store.discovery(topic, POINTS).await?,
            rounds,
            session: session(paces),
        })
    }

    /// All of them, each in a panel of its own; what has nothing to show says so or is left out.
    pub fn shown(&self, text: &Text) -> Markup {
        html! {
            (panel("days-name", &text.days, &days(text, self.first, &self.days)))
            (panel("discovery-name", &text.discovery, &discovery(text, &self.found)))
            (panel("models-name", &text.models, &models(text, &self.rounds)))
            @if self.session.len() > 1 {
                (panel("session-name", &text.session, &pace(text, &self.session)))
            }
        }
    }
}

fn panel(id: &str, name: &str, content: &Markup) -> Markup {
    html! {
        section.panel.wide aria-labelledby=(id) {
            h2 id=(id) { (name) }
            (content)
        }
    }
}

fn count(n: f64) -> String {
    // Counts are far below 2^53.
    show::number(n.round() as i64)
}

fn share(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// The sheets after the last long pause, oldest first.
fn session(mut newest_first: Vec<Pace>) -> Vec<Pace> {
    let pause = newest_first
        .windows(2)
        .position(|pair| pair[0].confirmed_at - pair[1].confirmed_at > PAUSE_MS);
    newest_first.truncate(pause.map_or(newest_first.len(), |at| at + 1));
    newest_first.reverse();
    newest_first
}

fn days(text: &Text, first: i64, days: &[Day]) -> Markup {
    if days.is_empty() {
        return html! { p { (text.no_days) } };
    }
    let parts = |day: &Day| {
        let counts = day.counts;
        [counts.reject, counts.unsure, counts.broken, counts.keep].map(f64::from)
    };
    let of = |day: i64| days.iter().find(|row| row.day == day);
    let piles: Vec<_> = (first..first + DAYS)
        .map(|day| of(day).map_or([0.0; 4], parts))
        .collect();
    let all: f64 = piles.iter().flatten().sum();
    let rejected: f64 = piles.iter().map(|pile| pile[0]).sum();
    let caption = fill(
        &text.days_caption,
        &[
            ("n", &count(all)),
            ("days", &show::number(days.len() as i64)),
            ("rejected", &count(rejected)),
        ],
    );
    let most = chart::most(piles.iter().map(|pile| pile.iter().sum()));
    let along: Vec<_> = (first..first + DAYS)
        .map(|day| show::date(day).2.to_string())
        .collect();
    let names = [
        ("part reject", &*text.mark_reject),
        ("part unsure", &text.mark_unsure),
        ("part broken", &text.mark_broken),
        ("part keep", &text.mark_keep),
    ];
    let said = |at: usize| piles.iter().any(|pile| pile[at] > 0.0);
    let legend: Vec<_> = (0..4).filter(|at| said(*at)).map(|at| names[at]).collect();
    chart::figure(
        &Frame {
            caption: &caption,
            upright: (&count(most), "0"),
            along: &along,
            axis: &text.days_axis,
        },
        &chart::legend(&legend),
        &html! { (chart::stripes()) (chart::bars(names.map(|(class, _)| class), &piles)) },
        &Table {
            open: &text.as_table,
            heads: &[
                &text.day,
                &text.mark_reject,
                &text.mark_unsure,
                &text.mark_broken,
                &text.mark_keep,
            ],
            rows: days
                .iter()
                .map(|day| {
                    let cells = parts(day).map(count);
                    std::iter::once(show::day(day.day)).chain(cells).collect()
                })
                .collect(),
        },
    )
}

fn discovery(text: &Text, found: &[Found]) -> Markup {
    let Some(last) = found.last() else {
        return html! { p { (text.no_discovery) } };
    };
    // Every point is a count so far: the first begins at nought.
    let top = chart::round_up(last.found as f64);
    let point = |at: &Found| (at.n as f64 / last.n as f64, at.found as f64 / top);
    let points: Vec<_> = std::iter::once((0.0, 0.0))
        .chain(found.iter().map(point))
        .collect();
    let values = [
        ("n", &*show::number(last.n)),
        ("found", &show::number(last.found)),
    ];
    let every = found.len().div_ceil(ROWS).max(1);
    let rows = found.iter().rev().step_by(every).rev();
    chart::figure(
        &Frame {
            caption: &fill(&text.discovery_caption, &values),
            upright: (&count(top), "0"),
            along: &["0".to_owned(), show::number(last.n)],
            axis: &text.discovery_axis,
        },
        &html! {},
        &chart::curve(&points),
        &Table {
            open: &text.as_table,
            heads: &[&text.discovery_axis, &text.discovery_found],
            rows: rows
                .map(|at| vec![show::number(at.n), show::number(at.found)])
                .collect(),
        },
    )
}

fn models(text: &Text, rounds: &[RoundRow]) -> Markup {
    let after = |round: &RoundRow| round.accuracy_after.unwrap_or_default();
    let Some(last) = rounds.last() else {
        return html! { p { (text.no_rounds) } };
    };
    // Down to a round tenth below the worst, so that what differs can be seen.
    let worst = rounds.iter().map(after).fold(1.0, f64::min);
    let low = ((10.0 * worst).floor() / 10.0).clamp(0.0, 0.9);
    let most = chart::most(rounds.iter().map(|round| round.labels as f64));
    let place = |round: &RoundRow| {
        let (x, y) = (
            round.labels as f64 / most,
            (after(round) - low) / (1.0 - low),
        );
        (x, y, round.promoted)
    };
    let points: Vec<_> = rounds.iter().map(place).collect();
    let used: Vec<_> = points.iter().filter(|p| p.2).map(|p| (p.0, p.1)).collect();
    let best = last.right().unwrap_or_else(|| after(last));
    let values = [
        ("labels", &*show::number(last.labels)),
        ("right", &share(best)),
    ];
    let outcome = |round: &RoundRow| {
        let word = if round.promoted {
            &text.model_used
        } else {
            &text.model_left
        };
        word.to_string()
    };
    chart::figure(
        &Frame {
            caption: &fill(&text.models_caption, &values),
            upright: ("100 %", &format!("{:.0} %", 100.0 * low)),
            along: &["0".to_owned(), count(most)],
            axis: &text.models_axis,
        },
        &chart::legend(&[("dot", &*text.model_used), ("ring", &text.model_left)]),
        &html! { (chart::thread(&used)) (chart::dots(&points)) },
        &Table {
            open: &text.as_table,
            heads: &[&text.models_axis, &text.models_right, &text.models_outcome],
            rows: rounds
                .iter()
                .map(|round| {
                    vec![
                        show::number(round.labels),
                        share(after(round)),
                        outcome(round),
                    ]
                })
                .collect(),
        },
    )
}

/// Covers a minute while they were looked at, sheet by sheet.
fn pace(text: &Text, session: &[Pace]) -> Markup {
    let minute = |covers: i64, ms: i64| covers as f64 * 60_000.0 / ms as f64;
    let began = session
        .first()
        .map_or(0, |sheet| sheet.confirmed_at - sheet.visible_ms);
    let ended = session.last().map_or(0, |sheet| sheet.confirmed_at);
    let length = (ended - began).max(1);
    let paces: Vec<_> = session
        .iter()
        .map(|sheet| minute(sheet.covers, sheet.visible_ms))
        .collect();
    let top = chart::round_up(chart::most(paces.iter().copied()));
    let points: Vec<_> = session
        .iter()
        .zip(&paces)
        .map(|(sheet, pace)| {
            let x = (sheet.confirmed_at - began) as f64 / length as f64;
            (x, pace / top)
        })
        .collect();
    let covers: i64 = session.iter().map(|sheet| sheet.covers).sum();
    let looked: i64 = session.iter().map(|sheet| sheet.visible_ms).sum();
    let values = [
        ("sheets", &*show::number(session.len() as i64)),
        ("covers", &show::number(covers)),
        ("time", &show::duration(looked)),
        ("n", &count(minute(covers, looked))),
    ];
    let rows = session.iter().zip(&paces).map(|(sheet, pace)| {
        vec![
            show::duration(sheet.confirmed_at - began),
            show::number(sheet.covers),
            show::duration(sheet.visible_ms),
            count(*pace),
        ]
    });
    let dots: Vec<_> = points.iter().map(|(x, y)| (*x, *y, true)).collect();
    chart::figure(
        &Frame {
            caption: &fill(&text.session_caption, &values),
            upright: (&count(top), "0"),
            along: &[show::duration(0), show::duration(length)],
            axis: &text.session_axis,
        },
        &html! {},
        &html! { (chart::thread(&points)) (chart::dots(&dots)) },
        &Table {
            open: &text.as_table,
            heads: &[
                &text.session_after,
                &text.covers,
                &text.time_looked,
                &text.session_pace,
            ],
            rows: rows.collect(),
        },
    )
}

#[cfg(test)]
mod tests {
    use store::confirm::Counts;

    use super::*;
    use crate::web::words::{Lang, Words};

    fn sheet(minutes: i64) -> Pace {
        Pace {
            confirmed_at: minutes * 60_000,
            covers: 60,
            visible_ms: 30_000,
        }
    }

    fn round(labels: i64, after: f64, promoted: bool) -> RoundRow {
        RoundRow {
            id: labels,
            kind: "labels".into(),
            began_at: 0,
            finished_at: 1,
            seconds: 1.0,
            run: None,
            model_id: None,
            model: None,
            labels,
            topics: 1,
            compared: 50,
            accuracy_before: Some(0.9),
            accuracy_after: Some(after),
            loss_before: None,
            loss_after: None,
            promoted,
            reason: String::new(),
            hidden: None,
            undecided: None,
            gain: None,
        }
    }

    #[test]
    fn a_session_ends_at_the_last_long_pause() {
        let minutes = |all: &[i64]| -> Vec<i64> {
            let sheets = all.iter().copied().map(sheet).collect();
            let left = session(sheets).into_iter();
            left.map(|sheet| sheet.confirmed_at / 60_000).collect()
        };
        assert_eq!(minutes(&[100, 80, 55, 20, 10]), [55, 80, 100]);
        assert_eq!(
            minutes(&[100, 70]),
            [70, 100],
            "half an hour is no pause yet"
        );
        assert_eq!(minutes(&[100, 69]), [100]);
        assert!(minutes(&[]).is_empty());
    }

    #[test]
    fn every_picture_says_what_it_shows_in_words_and_has_its_numbers_in_a_table() {
        let words = Words::new("cat");
        let text = words.of(Lang::En);
        let counts = Counts {
            keep: 57,
            reject: 3,
            ..Counts::default()
        };
        let drawn = days(text, 100, &[Day { day: 101, counts }]).into_string();
        assert!(
            drawn.contains("60 decisions on 1 of 14 days, 3 of them rejected"),
            "{drawn}"
        );
        assert!(drawn.contains("1970-04-12"), "{drawn}");
        assert!(
            !drawn.contains("part broken\"></rect></svg>broken"),
            "a legend of what is there"
        );
        let found = [Found { n: 60, found: 2 }, Found { n: 1240, found: 37 }];
        let drawn = discovery(text, &found).into_string();
        assert!(
            drawn.contains("37 of 1,240 random covers show a cat"),
            "{drawn}"
        );
        let rounds = [
            round(60, 0.83, true),
            round(120, 0.95, true),
            round(180, 0.91, false),
        ];
        let drawn = models(text, &rounds).into_string();
        assert!(
            drawn.contains("With 180 labels, the model in use is right on 90.0 %"),
            "{drawn}"
        );
        assert!(
            drawn.contains(">80 %<"),
            "the picture begins below the worst: {drawn}"
        );
        assert_eq!(
            drawn.matches("class=\"hole\"").count(),
            2,
            "one ring and one in the legend"
        );
        let drawn = pace(text, &[sheet(1), sheet(2)]).into_string();
        assert!(
            drawn.contains("2 sheets, 120 covers in 1 min: 120 covers a minute"),
            "{drawn}"
        );
    }

    #[test]
    fn without_anything_to_draw_words_say_so() {
        let words = Words::new("cat");
        for text in [words.of(Lang::En), words.of(Lang::Zh)] {
            for drawn in [days(text, 0, &[]), discovery(text, &[]), models(text, &[])] {
                assert!(!drawn.into_string().contains("<svg"));
            }
        }
    }
}
