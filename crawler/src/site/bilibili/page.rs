//! A page's bytes: the state in one of its scripts, or what a page without one is.
//!
//! HTML is not parsed for it. In a script only `</script` is markup, and a tree of hostile depth
//! costs seconds.

use serde_json::Value;
use url::Url;

use crate::fault::Fault;
use crate::site::json;
use crate::text::clean;

const VARIABLE: &str = "window.__INITIAL_STATE__";
/// Assignments of it that are tried: a page has one.
const MOST_TRIED: usize = 4;
/// Variables of the captcha page; it comes with HTTP 200.
const CAPTCHA: [&str; 2] = ["window._riskdata_", "v_voucher"];
/// In the title of the captcha page: "verification code".
const CAPTCHA_TITLE: &str = "验证码";
/// In the title of a page whose video is not there: "where has the video gone".
const GONE_TITLE: &str = "视频去哪了";
/// Series and courses: their pages have no state, and their pictures no uploader.
const OTHER_KINDS: [&str; 2] = ["/bangumi/", "/cheese/"];

/// What came.
#[derive(Debug)]
pub(super) enum Page {
    /// The state, an object.
    State(Value),
    /// No video of an uploader, and why.
    Missing(String),
}

/// What this page is.
///
/// # Errors
/// A captcha, a refusal, or something that is not understood.
pub(super) fn look(html: &str, url: &Url) -> Result<Page, Fault> {
    let lower = html.to_ascii_lowercase();
    let scripts = elements(html, &lower, "script");
    let states: Vec<_> = scripts.iter().filter_map(|script| state(script)).collect();
    // A failure counts only if no script does better.
    let (whole, broken): (Vec<_>, Vec<_>) = states.into_iter().partition(Result::is_ok);
    if let Some(state) = whole.into_iter().chain(broken).next() {
        return state.map(Page::State);
    }
    // The interface's own form of a refusal, in place of a page.
    if let Ok(answer @ Value::Object(_)) = serde_json::from_str(html)
        && answer.get("code").is_some()
    {
        return Ok(Page::State(serde_json::json!({ "error": answer })));
    }
    let title = elements(html, &lower, "title");
    let title = title.first().copied().unwrap_or_default();
    let metas = tags(html, &["meta", "link"]);
    let titled = metas.iter().any(|meta| meta.contains("og:title"));
    if scripts.iter().any(|script| has_any(script, &CAPTCHA))
        || (title.contains(CAPTCHA_TITLE) && !titled)
    {
        return Err(Fault::Captcha);
    }
    if title.contains(GONE_TITLE) {
        return Ok(Page::Missing(clean(title)));
    }
    let own = |meta: &&&str| meta.contains("og:url") || meta.contains("canonical");
    let elsewhere = metas.iter().filter(own).any(|m| has_any(m, &OTHER_KINDS));
    if elsewhere || has_any(url.path(), &OTHER_KINDS) {
        return Ok(Page::Missing("a series, not an uploaded video".to_owned()));
    }
    Err(Fault::NotUnderstood("the page carries no state".to_owned()))
}

fn has_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

/// The texts of all elements of a name; `lower` is the page in small letters.
fn elements<'a>(html: &'a str, lower: &str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}"), format!("</{name}"));
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(start) = lower[at..].find(&open).map(|n| at + n)
        && let Some(start) = lower[start..].find('>').map(|n| start + n + 1)
    {
        at = lower[start..]
            .find(&close)
            .map_or(lower.len(), |n| start + n);
        found.push(&html[start..at]);
    }
    found
}

/// The insides of tags of these names.
fn tags<'a>(html: &'a str, names: &[&str]) -> Vec<&'a str> {
    let all = html.split('<').filter(|text| {
        let name = text.split(|c: char| !c.is_ascii_alphabetic()).next();
        name.is_some_and(|name| names.iter().any(|n| n.eq_ignore_ascii_case(name)))
    });
    all.map(|text| text.split('>').next().unwrap_or_default())
        .collect()
}

/// The first JSON object that a script gives to the variable. Its texts may hold anything, `};`
/// and `</script>` in escapes included, so that only a JSON parser knows where it ends.
fn state(script: &str) -> Option<Result<Value, Fault>> {
    let mut failure = None;
    for (at, _) in script.match_indices(VARIABLE).take(MOST_TRIED) {
        let rest = script[at + VARIABLE.len()..].trim_start();
        let Some(text) = rest.strip_prefix('=').filter(|t| !t.starts_with('=')) else {
            continue;
        };
        match object(text) {
            Ok(state) => return Some(Ok(state)),
            Err(why) => failure.get_or_insert(why),
        };
    }
    failure.map(|why| Err(Fault::NotUnderstood(why)))
}

fn object(text: &str) -> Result<Value, String> {
    match json::first(text) {
        Some(Ok(state @ Value::Object(_))) => Ok(state),
        Some(Ok(_)) => Err("its state is no object".to_owned()),
        Some(Err(error)) => Err(format!("its state is not JSON: {error}")),
        None => Err("its state is empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_assignments_and_tags_that_never_end_cost_no_time() {
        let url = Url::parse("https://www.bilibili.com/video/BV17x411w7KC/").unwrap();
        let many = format!("{VARIABLE}={{\"a\":\"").repeat(100_000);
        for html in [
            format!("<script>{many}"),
            "<script".repeat(500_000),
            "<script>".repeat(500_000),
            "<div>".repeat(500_000),
            "\\ud83d".repeat(500_000),
        ] {
            assert!(look(&html, &url).is_err());
        }
    }
}
