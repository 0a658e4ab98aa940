//! Videos that the current model believes to show the topic, most certain first. Readable
//! without script, filters included; yes, no and "not interested" need it.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;
use store::Pool;
use store::found::{CurrentModel, Filter, FoundVideo};
use store::freshness::Freshness;

use super::api::Failure;
use super::layout::{self, Parts, Screen};
use super::preference::Preference;
use super::routes::Site;
use super::words::{Text, fill};
use super::{region, show, stale};

/// Better believed than not.
pub const ABOVE: f64 = 0.5;
/// Videos on one screen; what follows them comes up as these are judged.
const SHOWN: u32 = 200;
const DAY_MS: i64 = 24 * 3600 * 1000;

/// What is to be listed, as the form writes it. Empty is anything.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    site: String,
    #[serde(default)]
    met: String,
    #[serde(default)]
    seen: String,
}

impl Asked {
    fn filter(&self, now: i64) -> Filter<'_> {
        Filter {
            site: Some(&*self.site).filter(|site| !site.is_empty()),
            since: match &*self.met {
                "day" => Some(now - DAY_MS),
                "week" => Some(now - 7 * DAY_MS),
                _ => None,
            },
            unvisited: self.seen == "no",
            ..Filter::default()
        }
    }
}

/// What there is to show.
struct Finds {
    model: CurrentModel,
    sites: Vec<String>,
    videos: Vec<FoundVideo>,
    /// Right out of fold, as the watch last found.
    right: Option<f64>,
    fresh: Freshness,
}

/// `GET /found`.
pub async fn get(
    State(site): State<Site>,
    Query(asked): Query<Asked>,
    preference: Preference,
) -> Result<Response, Failure> {
    let text = site.words.of(preference.lang);
    let now = cli::now();
    let finds = finds(&site, &asked.filter(now), now).await?;
    let parts = Parts {
        screen: Some(Screen::Found),
        question: &text.question_found,
        beside: html! { @if let Some(finds) = &finds { (beside(text, finds, now)) } },
        tools: html! {},
        main: match &finds {
            None => no_model(text),
            Some(finds) => main(text, &asked, finds),
        },
        rest: html! { p #line .floating role="status" {} },
        boot: json!({}),
    };
    let page = layout::page(&site, &preference, &parts);
    Ok((preference, page).into_response())
}

async fn finds(site: &Site, filter: &Filter<'_>, now: i64) -> Result<Option<Finds>, store::Error> {
    let Some(model) = site.store.model_that_finds(site.topic).await? else {
        return Ok(None);
    };
    let found = site.store.found(site.topic, model.id, ABOVE, filter, SHOWN);
    let videos = found.await?;
    let sites = site.store.found_sites(model.id, ABOVE).await?;
    let round = site.store.newest_round(site.topic).await?;
    Ok(Some(Finds {
        model,
        sites,
        videos,
        right: round.and_then(|round| round.right()),
        fresh: site.store.freshness(site.topic, now).await?,
    }))
}

fn beside(text: &Text, finds: &Finds, now: i64) -> Markup {
    let number = |n: usize| show::number(i64::try_from(n).unwrap_or(i64::MAX));
    let new = finds.videos.iter().filter(|v| v.seen_at >= now - DAY_MS);
    let values = [
        ("n", &*number(finds.videos.len())),
        ("scored", &*show::number(finds.model.scored)),
    ];
    let notice = stale::notice(text, &finds.fresh, None);
    html! {
        p {
            (fill(&text.found_line, &values)) " · "
            (fill(&text.found_new, &[("n", &number(new.count()))])) " · "
            (text.model_of) " " (show::moment(finds.model.promoted_at))
            @if let Some(right) = finds.right {
                " · " (fill(&text.right_share, &[("n", &format!("{:.1} %", 100.0 * right))]))
            }
            @if notice.is_none() && finds.model.newer > 0 {
                " · " (fill(&text.newer_labels, &[("n", &show::number(finds.model.newer))]))
            }
        }
        (stale::line(notice.as_ref()))
    }
}

/// That nothing can be said before there is a model.
pub fn no_model(text: &Text) -> Markup {
    html! {
        section.empty {
            h2 { (text.no_model) }
            p { (text.no_model_hint) }
            p { code { "trainer kfold && trainer fit && trainer find" } }
            a.button href=(Screen::Inbox.path()) { (text.open_inbox) }
        }
    }
}

fn main(text: &Text, asked: &Asked, finds: &Finds) -> Markup {
    let anything = asked.filter(0) == Filter::default();
    html! {
        @if !(finds.videos.is_empty() && anything) { (form(text, asked, &finds.sites)) }
        @if !finds.videos.is_empty() {
            ol.videos { @for video in &finds.videos { (row(text, video)) } }
        } @else if anything {
            section.empty {
                h2 { (text.nothing_found) }
                p { (text.nothing_found_hint) }
                a.button href=(Screen::Inbox.path()) { (text.open_inbox) }
            }
        } @else {
            section.empty {
                h2 { (text.nothing_matches) }
                a.button href=(Screen::Found.path()) { (text.show_all) }
            }
        }
    }
}

fn form(text: &Text, asked: &Asked, sites: &[String]) -> Markup {
    let times = [
        ("", &text.any_time),
        ("day", &text.last_day),
        ("week", &text.last_week),
    ];
    let seen = [("", &text.seen_or_not), ("no", &text.not_seen)];
    html! {
        form.filters #filters method="get" action=(Screen::Found.path()) aria-label=(text.filters) {
            select name="site" aria-label=(text.site) autocomplete="off" {
                option value="" { (text.all_sites) }
                @for site in sites {
                    option value=(site) selected[*site == asked.site] { (site_name(text, site)) }
                }
            }
            select name="met" aria-label=(text.met) autocomplete="off" {
                @for (key, name) in times {
                    option value=(key) selected[key == asked.met] { (name) }
                }
            }
            select name="seen" aria-label=(text.seen) autocomplete="off" {
                @for (key, name) in seen {
                    option value=(key) selected[key == asked.seen] { (name) }
                }
            }
            button.quiet type="submit" { (text.show) }
            a href="/feed.atom" type="application/atom+xml" { (text.feed) }
        }
    }
}

/// A site's name for people: of an instance of many, where it is.
pub fn site_name<'a>(text: &'a Text, site: &'a str) -> &'a str {
    if site == "folder" {
        return &text.folder;
    }
    let known = ["peertube:", "html:"].into_iter();
    known
        .filter_map(|kind| site.strip_prefix(kind))
        .next()
        .unwrap_or(site)
}

fn row(text: &Text, video: &FoundVideo) -> Markup {
    let hash = crate::format::hex(&video.sha256);
    let title = if video.title.is_empty() {
        &text.no_title
    } else {
        &*video.title
    };
    html! {
        li.video data-sha256=(hash) {
            div.framed title=[video.region.map(|_| &*text.region_frame)] {
                img src={ "/preview/" (hash) ".jpg" } alt="" width=(video.width) height=(video.height)
                    loading="lazy" decoding="async";
                @if let Some(region) = &video.region {
                    (region::frame(region, Some((video.width, video.height))))
                }
            }
            div.about {
                h2.clamp title=(title) { bdi { (title) } }
                (origin(text, video))
                @if show::link(&video.url).is_none() {
                    p.path.muted title=(video.url) { bdi { (video.url) } }
                }
                (bar(text, video.probability, title, &hash))
                (acts(text, video, title))
            }
        }
    }
}

fn origin(text: &Text, video: &FoundVideo) -> Markup {
    html! {
        p.muted {
            @if let Some(owner) = video.owner.as_deref().filter(|o| !o.is_empty()) {
                bdi { (owner) } " · "
            }
            (site_name(text, &video.site))
            @if let Some(published) = video.published_at { " · " (age(published)) }
            @if video.uploads > 1 {
                " · " (fill(&text.uploads, &[("n", &show::number(video.uploads))]))
            }
            @if video.visited_at.is_some() { " · " (text.opened) }
        }
    }
}

fn acts(text: &Text, video: &FoundVideo, title: &str) -> Markup {
    // What yes and no mean depends on the pool the cover is in.
    let (yes, no) = match video.pool {
        Pool::Negative => ("reject", "keep"),
        Pool::Positive => ("keep", "reject"),
    };
    html! {
        div.acts {
            @if let Some(link) = show::link(&video.url) {
                a.button.watch href=(link) target="_blank" rel="noopener noreferrer" {
                    (text.watch) span.unseen { " " (title) }
                }
            }
            @for (decision, word) in [(yes, &text.yes), (no, &text.no)] {
                button.needs-script type="button" hidden data-decision=(decision) aria-pressed="false" {
                    (word) span.unseen { ": " (title) }
                }
            }
            button.needs-script.quiet type="button" hidden data-dismiss aria-pressed="false" {
                (text.dismiss) span.unseen { ": " (title) }
            }
        }
    }
}

fn age(ms: i64) -> Markup {
    let day = show::day(ms.div_euclid(86_400_000));
    html! { time data-age=(ms) datetime=(day) { (day) } }
}

/// No model is as sure as 100 %.
fn percent(probability: f64) -> String {
    match 100.0 * probability {
        above if above >= 99.5 => "> 99 %".into(),
        rounded => format!("{rounded:.0} %"),
    }
}

fn bar(text: &Text, probability: f64, title: &str, hash: &str) -> Markup {
    let percent = percent(probability);
    html! {
        div.bar-line {
            meter min="0" max="1" value=(format!("{probability:.3}"))
                aria-label={ (text.probability) " " (percent) } {}
            span.muted { (percent) }
            a href={ "/alike/" (hash) } { (text.why) span.unseen { " " (title) } }
        }
    }
}
