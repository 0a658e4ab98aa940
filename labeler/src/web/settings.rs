//! What a person can set: a plain form, kept in cookies. Works without script.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::layout::{self, Parts, Screen};
use super::preference::{self, DWELL_MS, NAME_LENGTH, Preference, Settings, TILES, Theme};
use super::routes::Site;
use super::words::{Lang, Text, fill};

/// Sizes to choose from, beside the one that fits the window.
const SIZES: [u32; 7] = [24, 36, 48, 60, 80, 100, 120];
/// Looks to choose from, milliseconds.
const LOOKS: [u32; 8] = [0, 500, 700, 1000, 1500, 2000, 3000, 5000];

/// Whether the page is shown after a change.
#[derive(Debug, Deserialize)]
pub struct After {
    saved: Option<String>,
}

/// The form as it was sent; a box that is not ticked is not sent at all.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    language: String,
    colours: String,
    tiles: String,
    dwell: String,
    name: String,
    keys: Option<String>,
    titles: Option<String>,
    advance: Option<String>,
    plant: Option<String>,
}

/// `GET /settings`.
pub async fn get(
    State(site): State<Site>,
    Query(after): Query<After>,
    preference: Preference,
) -> Response {
    let text = site.words.of(preference.lang);
    let line = after.saved.map(|_| &*text.settings_saved);
    let page = page(&site, &preference, line, None);
    (preference, page).into_response()
}

/// `POST /settings`.
pub async fn post(
    State(site): State<Site>,
    preference: Preference,
    Form(chosen): Form<Chosen>,
) -> Response {
    let Some((lang, theme, settings)) = understood(&chosen) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    if settings.annotator.is_none() && !chosen.name.trim().is_empty() {
        let page = page(&site, &preference, None, Some(&chosen.name));
        return (StatusCode::UNPROCESSABLE_ENTITY, page).into_response();
    }
    let mut headers = HeaderMap::new();
    let mut keep = |name, value: Option<&str>| {
        headers.append(SET_COOKIE, preference::set(name, value));
    };
    keep("lang", Some(lang.key()));
    keep("theme", theme.map(Theme::key));
    for (name, value) in settings.cookies() {
        keep(name, value.as_deref());
    }
    (headers, Redirect::to("/settings?saved=yes")).into_response()
}

/// `None` for what the form does not offer.
fn understood(chosen: &Chosen) -> Option<(Lang, Option<Theme>, Settings)> {
    let number = |text: &str, word: &str| match text.parse() {
        Ok(number) => Some(Some(number)),
        Err(_) => (text == word).then_some(None::<u32>),
    };
    let theme = match chosen.colours.as_str() {
        "system" => None,
        named => Some(named.parse().ok()?),
    };
    let settings = Settings {
        tiles: number(&chosen.tiles, "automatic")?,
        dwell_ms: number(&chosen.dwell, "default")?,
        single_keys: chosen.keys.is_some(),
        titles: chosen.titles.is_some(),
        advance: chosen.advance.is_some(),
        plant: chosen.plant.is_some(),
        annotator: preference::name(&chosen.name),
    };
    let possible = settings.tiles.is_none_or(|n| TILES.contains(&n))
        && settings.dwell_ms.is_none_or(|n| DWELL_MS.contains(&n));
    Some((chosen.language.parse().ok()?, theme, settings)).filter(|_| possible)
}

fn page(site: &Site, preference: &Preference, line: Option<&str>, wrong: Option<&str>) -> Markup {
    let text = site.words.of(preference.lang);
    let parts = Parts {
        screen: Some(Screen::Settings),
        question: &text.question_settings,
        beside: html! {},
        tools: html! {},
        main: html! {
            @if let Some(line) = line { p.note role="status" { (line) } }
            form.preferences method="post" action=(Screen::Settings.path()) {
                (person(site, text, preference, wrong))
                (looks(text, preference))
                (sheet(site, text, &preference.settings))
                (switches(text, &preference.settings))
                div.acts { button.main { (text.save) } }
            }
        },
        rest: html! {},
        boot: json!({}),
    };
    layout::page(site, preference, &parts)
}

fn person(site: &Site, text: &Text, preference: &Preference, wrong: Option<&str>) -> Markup {
    let name = preference.settings.annotator.as_deref();
    let longest = [("n", &*NAME_LENGTH.to_string())];
    html! {
        div.setting {
            label for="name" { (text.set_name) }
            input #name name="name" value=(wrong.or(name).unwrap_or_default()) dir="auto"
                placeholder=(site.annotator) autocomplete="nickname" spellcheck="false"
                maxlength=(NAME_LENGTH) aria-describedby="name-hint"
                aria-invalid=[wrong.map(|_| "true")];
            p.muted #name-hint {
                @if wrong.is_some() { strong { (fill(&text.name_refused, &longest)) } " " }
                (text.set_name_hint)
            }
        }
    }
}

fn looks(text: &Text, preference: &Preference) -> Markup {
    let language = [("en", "English"), ("zh", "中文")];
    let colours = [
        ("system", &*text.as_system),
        ("light", &*text.light),
        ("dark", &*text.dark),
    ];
    let theme = preference.theme.map_or("system", Theme::key);
    html! {
        (choice("language", &text.set_language, None, &language, preference.lang.key()))
        (choice("colours", &text.set_colours, None, &colours, theme))
    }
}

fn sheet(site: &Site, text: &Text, settings: &Settings) -> Markup {
    let sizes: Vec<_> = SIZES
        .iter()
        .map(|n| (n.to_string(), n.to_string()))
        .collect();
    let automatic = ("automatic".to_owned(), text.automatic.to_string());
    let sizes: Vec<_> = std::iter::once(automatic).chain(sizes).collect();
    let usual = fill(&text.usual_look, &[("n", &seconds(site.dwell_ms))]);
    let looks = LOOKS.iter().map(|&ms| (ms.to_string(), look(text, ms)));
    let looks: Vec<_> = std::iter::once(("default".to_owned(), usual))
        .chain(looks)
        .collect();
    let now = |number: Option<u32>, word: &str| number.map_or(word.to_owned(), |n| n.to_string());
    let (size, dwell) = (
        now(settings.tiles, "automatic"),
        now(settings.dwell_ms, "default"),
    );
    html! {
        (choice("tiles", &text.set_tiles, None, &borrowed(&sizes), &size))
        (choice("dwell", &text.set_dwell, Some(&text.set_dwell_hint), &borrowed(&looks), &dwell))
    }
}

fn look(text: &Text, ms: u32) -> String {
    match ms {
        0 => text.off.to_string(),
        _ => fill(&text.seconds, &[("n", &seconds(ms))]),
    }
}

/// 0.7, 1, 1.5.
fn seconds(ms: u32) -> String {
    (f64::from(ms) / 1000.0).to_string()
}

fn borrowed(options: &[(String, String)]) -> Vec<(&str, &str)> {
    options
        .iter()
        .map(|(key, name)| (&**key, &**name))
        .collect()
}

fn choice(
    name: &str,
    label: &str,
    hint: Option<&str>,
    options: &[(&str, &str)],
    now: &str,
) -> Markup {
    let described = hint.map(|_| format!("{name}-hint"));
    html! {
        div.setting {
            label for=(name) { (label) }
            select id=(name) name=(name) autocomplete="off" aria-describedby=[described.as_deref()] {
                @for (key, shown) in options {
                    option value=(key) selected[*key == now] { (shown) }
                }
            }
            @if let Some(hint) = hint { p.muted id=[described.as_deref()] { (hint) } }
        }
    }
}

fn switches(text: &Text, settings: &Settings) -> Markup {
    let rows = [
        (
            "keys",
            settings.single_keys,
            &text.set_keys,
            &text.set_keys_hint,
        ),
        (
            "titles",
            settings.titles,
            &text.set_titles,
            &text.set_titles_hint,
        ),
        (
            "advance",
            settings.advance,
            &text.set_advance,
            &text.set_advance_hint,
        ),
        (
            "plant",
            settings.plant,
            &text.set_plant,
            &text.set_plant_hint,
        ),
    ];
    html! {
        @for (name, on, label, hint) in rows {
            div.setting {
                label.switch {
                    input type="checkbox" name=(name) checked[on] autocomplete="off"
                        aria-describedby={ (name) "-hint" };
                    span { (label) }
                }
                p.muted id={ (name) "-hint" } { (hint) }
            }
        }
    }
}
