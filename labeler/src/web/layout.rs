//! What all screens share: head, bar, question, and the texts handed to the script.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::asset;
use super::preference::{Preference, Theme};
use super::routes::Site;
use super::words::{Lang, Text};

/// A screen of the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    /// Sheets to decide.
    Inbox,
    /// Decisions to look at once more.
    Suspects,
    /// Videos to watch.
    Found,
    /// The score below which covers are kept at once.
    Below,
    /// What was decided.
    History,
    /// How far it is.
    Statistics,
    /// What the person prefers.
    Settings,
}

impl Screen {
    /// Those that the bar lists; settings stand with its tools.
    const ALL: [Self; 5] = [
        Self::Inbox,
        Self::Suspects,
        Self::Found,
        Self::History,
        Self::Statistics,
    ];

    /// Its address.
    pub fn path(self) -> &'static str {
        match self {
            Self::Inbox => "/",
            Self::Suspects => "/suspects",
            Self::Found => "/found",
            Self::Below => "/below",
            Self::History => "/history",
            Self::Statistics => "/statistics",
            Self::Settings => "/settings",
        }
    }

    fn name(self, text: &Text) -> &str {
        match self {
            Self::Inbox => &text.inbox,
            Self::Suspects => &text.suspects,
            Self::Found => &text.found,
            Self::Below => &text.keep_unlikely,
            Self::History => &text.history,
            Self::Statistics => &text.statistics,
            Self::Settings => &text.settings,
        }
    }
}

/// A screen's own parts.
pub struct Parts<'a> {
    /// Which one; `None` for an address where nothing is.
    pub screen: Option<Screen>,
    /// Its question, once, in words.
    pub question: &'a str,
    /// Numbers beside the question.
    pub beside: Markup,
    /// Selections in the bar.
    pub tools: Markup,
    /// Everything below the question.
    pub main: Markup,
    /// What is below and above everything: the foot and the dialogs.
    pub rest: Markup,
    /// What the script needs beyond the texts.
    pub boot: Value,
}

/// The whole document.
pub fn page(site: &Site, preference: &Preference, parts: &Parts<'_>) -> Markup {
    let text = site.words.of(preference.lang);
    let title = parts.screen.map_or("Whisker", |screen| screen.name(text));
    html! {
        (DOCTYPE)
        html lang=(preference.lang.tag()) data-theme=[preference.theme.map(Theme::key)]
            data-keys=[(!preference.settings.single_keys).then_some("off")] {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " – Whisker" }
                link rel="icon" type="image/svg+xml" href=(asset::path("icon.svg"));
                link rel="stylesheet" href=(asset::path("style.css"));
                script type="application/json" id="boot" { (boot(site, preference, text, parts)) }
                script type="module" src=(asset::path("app.js")) {}
            }
            body class=(parts.screen.map_or("nowhere", |screen| screen.path().trim_start_matches('/'))) {
                a.skip href="#main" { (text.skip) }
                (bar(preference, text, parts))
                main id="main" tabindex="-1" {
                    div.ask {
                        h1 { (parts.question) }
                        div.beside { (parts.beside) }
                    }
                    (parts.main)
                }
                (parts.rest)
            }
        }
    }
}

fn bar(preference: &Preference, text: &Text, parts: &Parts<'_>) -> Markup {
    let here = parts.screen.map_or("/", Screen::path);
    let other = match preference.lang {
        Lang::En => Lang::Zh,
        Lang::Zh => Lang::En,
    };
    // Without a choice the script knows what the system shows, and turns the link round.
    let theme = match preference.theme {
        Some(Theme::Dark) => Theme::Light,
        _ => Theme::Dark,
    };
    html! {
        header.bar {
            a.brand href="/" aria-label="Whisker" { svg aria-hidden="true" viewBox="0 0 24 24" { (cat()) } span { "Whisker" } }
            nav aria-label=(text.screens) {
                @for screen in Screen::ALL {
                    a href=(screen.path())
                        aria-current=[(parts.screen == Some(screen)).then_some("page")] {
                        (screen.name(text))
                    }
                }
            }
            div.tools {
                (parts.tools)
                a.plain href={ (here) "?lang=" (other.key()) } lang=(other.tag()) hreflang=(other.tag()) {
                    (text.language)
                }
                a.plain #theme href={ (here) "?theme=" (theme.key()) } title=(text.theme)
                    aria-label=(text.theme) { "◐" }
                a.plain href=(Screen::Settings.path()) title=(text.settings) aria-label=(text.settings)
                    aria-current=[(parts.screen == Some(Screen::Settings)).then_some("page")] {
                    svg.sliders aria-hidden="true" viewBox="0 0 24 24" { (sliders()) }
                }
                @if matches!(parts.screen, Some(Screen::Inbox | Screen::Suspects)) {
                    button.plain #help-open type="button" title=(text.keys) aria-label=(text.keys)
                        aria-haspopup="dialog" { "?" }
                }
            }
        }
    }
}

/// A head with two ears.
pub fn cat() -> Markup {
    html! {
        path fill="currentColor" d="M4 3l5 4.2q3-.8 6 0L20 3v10.5C20 18 16.500 21 12 21s-8-3-8-7.500z" {}
    }
}

/// Two sliders.
fn sliders() -> Markup {
    html! {
        path fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"
            d="M4 8h8M18 8h2M4 16h2M12 16h8M15 5v6M9 13v6" {}
    }
}

/// Texts and numbers as a data block: `<` is written so that no text can end the element.
fn boot(
    site: &Site,
    preference: &Preference,
    text: &Text,
    parts: &Parts<'_>,
) -> PreEscaped<String> {
    let boot = json!({
        "lang": preference.lang.tag(),
        "home": site.home,
        "text": text,
        "settings": preference.settings,
        "screen": parts.boot,
    });
    PreEscaped(boot.to_string().replace('<', "\\u003c"))
}
