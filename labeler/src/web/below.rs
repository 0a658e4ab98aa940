//! Keeping the unlikely at once: choosing the score below which, a form that works without
//! script; and the stroke itself, which the inbox asks for once the sample has been looked at.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use store::audit::{Audit, NewAudit, SLICE_SAMPLE};
use store::confirm::Counts;
use store::slice::{KeepSlice, STEPS_IN_ONE};
use store::{Pool, Queue};

use super::api::{Body, Failure, Name};
use super::found;
use super::layout::{self, Parts, Screen};
use super::preference::Preference;
use super::routes::{Personal, Site};
use super::show;
use super::undo::FormName;
use super::words::{Text, fill};
use crate::event_id;
use crate::slice::{self, Offer, Permission};

/// Only what was met at random is kept for being unlikely.
const POOL: Pool = Pool::Negative;
/// Likelier ones are not offered, as a share of one and in steps.
const MOST: f64 = 0.5;
const MOST_STEPS: u32 = STEPS_IN_ONE / 2;

/// The score that was typed, in percent.
#[derive(Debug, Deserialize)]
pub struct Typed {
    percent: Option<String>,
    /// The sample could not be drawn.
    #[serde(default)]
    refused: Option<String>,
}

/// Draws a sample.
#[derive(Debug, Deserialize)]
pub struct Begun {
    name: FormName,
    steps: u32,
}

/// Keeps what is left of an audit's slice.
#[derive(Debug, Deserialize)]
pub struct Kept {
    name: Name,
    audit: String,
}

/// What the form shows.
struct Slices {
    offers: Vec<Offer>,
    /// In steps.
    below: u32,
    covers: u64,
    expected: f64,
    newest: Option<Audit>,
}

/// Where the sample is looked at.
fn inbox() -> String {
    format!("/?pool={POOL}&order={}", Queue::Below.as_str())
}

/// `GET /below`.
pub async fn get(
    State(site): State<Site>,
    Query(typed): Query<Typed>,
    preference: Preference,
) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let main = match site.store.current_model(site.topic).await? {
        None => found::no_model(text),
        Some(_) => {
            let slices = slices(&site, typed.percent.as_deref()).await?;
            main(text, &slices, typed.refused.is_some())
        }
    };
    let parts = Parts {
        screen: Some(Screen::Below),
        question: &text.question_below,
        beside: html! {},
        tools: html! {},
        main,
        rest: html! {},
        boot: json!({}),
    };
    let page = layout::page(&site, &preference, &parts);
    Ok((preference, page).into_response())
}

async fn slices(site: &Site, percent: Option<&str>) -> Result<Slices, store::Error> {
    let steps = site.store.slice_steps(site.topic, POOL, MOST).await?;
    let newest = site.store.newest_audit(site.topic, POOL, true).await?;
    let may = |offer: &Offer| slice::may_sample(newest.as_ref(), slice::share_of(offer.below));
    let offers = slice::offers(&steps).into_iter().filter(may);
    let offers = worth(offers.collect());
    let first = slice::usual(&offers).map_or(1, |offer| offer.below);
    let below = percent.and_then(understood).unwrap_or(first);
    let exact = site.store.slice(site.topic, POOL, slice::share_of(below));
    let (covers, expected) = exact.await?;
    Ok(Slices {
        offers,
        below,
        covers,
        expected,
        newest,
    })
}

/// Those that leave anything to keep unseen, if there are any.
fn worth(mut offers: Vec<Offer>) -> Vec<Offer> {
    let leaves = |offer: &Offer| offer.covers > SLICE_SAMPLE as u64;
    if offers.iter().any(leaves) {
        offers.retain(leaves);
    }
    offers
}

/// Steps of what somebody typed in percent, with a point or a comma.
fn understood(percent: &str) -> Option<u32> {
    let percent: f64 = percent.trim().replace(',', ".").parse().ok()?;
    let steps = (percent * f64::from(STEPS_IN_ONE) / 100.0).round();
    // Between the ends, so it is a small whole number.
    (1.0..=f64::from(MOST_STEPS))
        .contains(&steps)
        .then_some(steps as u32)
}

fn main(text: &Text, slices: &Slices, refused: bool) -> Markup {
    let elsewhere = slices
        .newest
        .as_ref()
        .filter(|audit| !goes_on(audit, slices.below));
    html! {
        ol.steps aria-label=(text.below_steps) {
            li { (text.below_choose) }
            li { (fill(&text.below_look, &[("n", &show::number(SLICE_SAMPLE as i64))])) }
            li { (text.below_keep) }
        }
        @if let Some(line) = elsewhere.and_then(|audit| under_way(text, audit)) {
            p.note { (line) " " a href=(inbox()) { (text.below_go_on) } }
        }
        form.filters action=(Screen::Below.path()) {
            label for="percent" { (text.below_score) }
            input #percent name="percent" type="number" inputmode="decimal" min="0.01" step="0.01"
                max=(100.0 * MOST) value=(f64::from(slices.below) / 100.0) required autocomplete="off";
            span { "%" }
            button { (text.show) }
        }
        (chosen(text, slices, refused))
        @if !slices.offers.is_empty() { (offered(text, slices)) }
    }
}

/// That a sample is being looked at.
fn under_way(text: &Text, audit: &Audit) -> Option<String> {
    let Permission::Unfinished(more) = slice::permission(audit) else {
        return None;
    };
    let values = [
        ("n", &*count(more)),
        ("score", &show::score(audit.below.unwrap_or_default())),
    ];
    Some(fill(&text.below_under_way, &values))
}

/// Whether that sample is the one to go on with: nobody draws on until a sample pleases.
fn goes_on(audit: &Audit, steps: u32) -> bool {
    let same = audit.current && slice::same(audit, slice::share_of(steps));
    same && matches!(slice::permission(audit), Permission::Unfinished(_))
}

fn chosen(text: &Text, slices: &Slices, refused: bool) -> Markup {
    let below = slice::share_of(slices.below);
    let sample = slices.covers.min(SLICE_SAMPLE as u64);
    let values = [
        ("n", &*count(slices.covers)),
        ("score", &show::score(below)),
        ("expected", &expected(slices.expected)),
        ("sample", &count(sample)),
        ("rest", &count(slices.covers - sample)),
    ];
    let newest = slices.newest.as_ref();
    html! {
        section.slice {
            h2 { (fill(&text.below_covers, &values)) }
            @if slices.covers == 0 { p { (text.below_none) } }
            @else {
                p { (fill(&text.below_expected, &values)) }
                @if let Some(audit) = newest.filter(|audit| goes_on(audit, slices.below)) {
                    @if let Some(line) = under_way(text, audit) { p { (line) } }
                    a.button.main href=(inbox()) { (text.below_go_on) }
                } @else if slice::may_sample(newest, below) {
                    @let whole = sample == slices.covers;
                    p { (fill(if whole { &text.below_whole } else { &text.below_rest }, &values)) }
                    (begins(slices.below, &fill(if whole { &text.below_begin_all } else { &text.below_begin }, &values)))
                } @else {
                    p role="status" {
                        strong { @if refused { (text.below_refused) " " } (text.below_failed) }
                    }
                }
            }
        }
    }
}

/// Draws the sample.
fn begins(steps: u32, word: &str) -> Markup {
    // A form without a name is refused when it is sent.
    let name = event_id::new().unwrap_or_default();
    html! {
        form method="post" action=(Screen::Below.path()) {
            input type="hidden" name="name" value=(name);
            input type="hidden" name="steps" value=(steps);
            button.main { (word) }
        }
    }
}

/// Scores worth asking about, each a link.
fn offered(text: &Text, slices: &Slices) -> Markup {
    html! {
        section.offers {
            h2 { (text.below_offers) }
            table {
                thead {
                    tr {
                        th scope="col" { (text.below_score) }
                        th.number scope="col" { (text.covers) }
                        th.number scope="col" { (text.below_expected_column) }
                        th.number scope="col" { (text.below_unseen) }
                    }
                }
                tbody {
                    @for offer in &slices.offers {
                        @let percent = f64::from(offer.below) / 100.0;
                        tr {
                            td {
                                a href={ (Screen::Below.path()) "?percent=" (percent) }
                                    aria-current=[(offer.below == slices.below).then_some("true")] {
                                    (percent) " %"
                                }
                            }
                            td.number { (count(offer.covers)) }
                            td.number { (expected(offer.expected)) }
                            td.number { (count(offer.covers.saturating_sub(SLICE_SAMPLE as u64))) }
                        }
                    }
                }
            }
        }
    }
}

fn count(n: u64) -> String {
    show::number(i64::try_from(n).unwrap_or(i64::MAX))
}

/// Few enough for a decimal to matter, or not.
fn expected(n: f64) -> String {
    if n < 9.95 {
        format!("{n:.1}")
    } else {
        count(n.round() as u64)
    }
}

/// `POST /below`.
pub async fn begin(
    State(site): State<Site>,
    Form(asked): Form<Begun>,
) -> Result<Response, Failure> {
    if !(1..=MOST_STEPS).contains(&asked.steps) {
        return Err(Failure::bad("a score is above 0 and up to 50 %"));
    }
    let below = slice::share_of(asked.steps);
    if !sample(&site, &asked.name.0, asked.name.seed(), below).await? {
        let back = f64::from(asked.steps) / 100.0;
        let back = format!("{}?percent={back}&refused=yes", Screen::Below.path());
        return Ok(Redirect::to(&back).into_response());
    }
    Ok(Redirect::to(&inbox()).into_response())
}

/// Draws a sample of what is below a score, if one may be drawn; beginning it again changes
/// nothing.
///
/// # Errors
/// What the database says.
pub async fn sample(site: &Site, id: &str, seed: u64, below: f64) -> Result<bool, Failure> {
    let newest = site.store.newest_audit(site.topic, POOL, true).await?;
    let again = newest.as_ref().is_some_and(|audit| audit.id == id);
    if !again && !slice::may_sample(newest.as_ref(), below) {
        return Ok(false);
    }
    let new = NewAudit {
        id,
        pool: POOL,
        below: Some(below),
        seed,
    };
    site.store.begin_audit(site.topic, &new, cli::now()).await?;
    Ok(true)
}

/// `POST /api/keep`.
pub async fn keep(
    Personal(site): Personal,
    Body(asked): Body<Kept>,
) -> Result<Json<Counts>, Failure> {
    let keep = KeepSlice {
        annotator: &site.annotator,
        audit: &asked.audit,
        stroke: &asked.name.0,
    };
    let allows = |audit: &Audit| match slice::permission(audit) {
        Permission::Given if audit.below.is_some() => Ok(()),
        _ => Err(Failure::conflict("the sample does not allow it (any more)")),
    };
    let kept = site.store.keep_slice(site.topic, &keep, allows, cli::now());
    Ok(Json(kept.await??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_that_are_all_looked_at_are_offered_only_if_there_are_no_others() {
        let offer = |covers| Offer {
            one_in: 500,
            below: 1,
            covers,
            expected: 0.1,
        };
        let left = |covers: &[u64]| -> Vec<u64> {
            let offers = worth(covers.iter().copied().map(offer).collect());
            offers.iter().map(|offer| offer.covers).collect()
        };
        assert_eq!(left(&[8, 300, 301, 900]), [301, 900]);
        assert_eq!(left(&[8, 300]), [8, 300]);
        assert!(left(&[]).is_empty());
    }

    #[test]
    fn a_score_is_typed_in_percent_to_a_hundredth() {
        for (typed, steps) in [
            ("0.8", Some(80)),
            (" 0,35 ", Some(35)),
            ("0.01", Some(1)),
            ("50", Some(5000)),
            ("0.001", None),
            ("50.01", None),
            ("-1", None),
            ("NaN", None),
            ("", None),
            ("1e-1", Some(10)),
        ] {
            assert_eq!(understood(typed), steps, "{typed}");
        }
    }
}
