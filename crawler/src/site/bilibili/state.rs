//! The state that a video's page carries in a script.

use scraper::{Html, Selector};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::fault::Fault;
use crate::site::Candidate;
use crate::site::bv;
use crate::text::clean;

const MARK: &str = "window.__INITIAL_STATE__=";
/// The captcha wall's own variable.
const WALL: &str = "window._riskdata_";

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct State {
    #[serde(deserialize_with = "lenient")]
    video_data: Option<Archive>,
    /// On pages made for a festival.
    #[serde(deserialize_with = "lenient")]
    video_info: Option<Archive>,
    #[serde(deserialize_with = "each")]
    tags: Vec<Tag>,
    #[serde(deserialize_with = "each")]
    pub related: Vec<Archive>,
    error: Value,
}

/// A video as pages and recommendations describe it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Archive {
    aid: Value,
    bvid: String,
    pub pic: String,
    title: String,
    tname: String,
    pubdate: Option<i64>,
    duration: Option<i64>,
    #[serde(deserialize_with = "lenient")]
    owner: Option<Owner>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Owner {
    mid: Value,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tag {
    tag_name: String,
}

/// A part that is not as expected is a part that is not there.
fn lenient<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).ok())
}

fn each<'de, D: Deserializer<'de>, T: for<'a> Deserialize<'a>>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    let values = match Value::deserialize(from)? {
        Value::Array(values) => values,
        _ => Vec::new(),
    };
    Ok(values
        .into_iter()
        .filter_map(|value| serde_json::from_value(value).ok())
        .collect())
}

/// The first complete JSON value after the mark. Its texts may hold anything, `};` and
/// `</script>` in escapes included, so that only a JSON parser knows where it ends.
pub(super) fn embedded(page: &[u8]) -> Result<State, Fault> {
    let html = String::from_utf8_lossy(page);
    let document = Html::parse_document(&html);
    let script = Selector::parse("script").expect("the selector is well-formed");
    let texts = document
        .select(&script)
        .map(|script| script.text().collect::<String>());
    let state = texts
        .into_iter()
        .find_map(|text| text.split_once(MARK).map(|(_, rest)| rest.to_owned()));
    let Some(state) = state else {
        return Err(stateless(&document, &html));
    };
    let mut values = serde_json::Deserializer::from_str(&state).into_iter::<State>();
    match values.next() {
        Some(Ok(state)) => Ok(state),
        Some(Err(error)) => Err(Fault::NotUnderstood(format!(
            "its state is not JSON: {error}"
        ))),
        None => Err(Fault::NotUnderstood("its state is empty".to_owned())),
    }
}

/// A page without a state and without a title of its own is a wall, whatever else it says.
fn stateless(document: &Html, html: &str) -> Fault {
    let titled = Selector::parse("meta[property='og:title']").expect("the selector is well-formed");
    if html.contains(WALL) || document.select(&titled).next().is_none() {
        return Fault::Risk("a captcha instead of the page".to_owned());
    }
    Fault::NotUnderstood("the page carries no state".to_owned())
}

impl State {
    pub(super) fn video(&self) -> Option<&Archive> {
        [&self.video_data, &self.video_info]
            .into_iter()
            .flatten()
            .find(|archive| archive.key().is_some())
    }

    pub(super) fn tag_names(&self) -> Vec<String> {
        self.tags.iter().map(|tag| clean(&tag.tag_name)).collect()
    }

    /// Why there is no video, when the page says so.
    ///
    /// # Errors
    /// The codes that do not speak of the video but of us, or of the site's health.
    pub(super) fn missing(&self) -> Result<Option<String>, Fault> {
        let code = [&self.error["trueCode"], &self.error["code"]]
            .into_iter()
            .find_map(Value::as_i64)
            .unwrap_or(0);
        let words = clean(self.error["message"].as_str().unwrap_or_default());
        match code {
            0 => Ok(None),
            -352 | -412 => Err(Fault::Risk(format!("code {code} {words}"))),
            -509 | -799 => Err(Fault::Throttled {
                words: format!("code {code} {words}"),
                until: None,
            }),
            -500 | -503 | -504 => Err(Fault::Server(code.unsigned_abs() as u16)),
            _ => Ok(Some(format!("{code} {words}").trim().to_owned())),
        }
    }
}

impl Archive {
    /// The BV id, worked out from the number where the page leaves it out.
    pub(super) fn key(&self) -> Option<String> {
        bv::decode(&self.bvid)
            .or_else(|| number(&self.aid))
            .filter(|aid| *aid > 0)
            .map(bv::encode)
    }

    pub(super) fn number(&self) -> Option<u64> {
        bv::decode(&self.key()?)
    }

    /// Whether a keyword is in the title, the tags or the region's name; without keywords,
    /// yes.
    pub(super) fn matches(&self, tags: &[String], keywords: &[String]) -> bool {
        let texts = [&self.title, &self.tname].into_iter().chain(tags);
        let texts: Vec<_> = texts.map(|text| text.to_lowercase()).collect();
        let found = |keyword: &String| {
            let keyword = keyword.to_lowercase();
            texts.iter().any(|text| text.contains(&keyword))
        };
        keywords.is_empty() || keywords.iter().any(found)
    }

    /// All but key and addresses.
    pub(super) fn facts(&self) -> Candidate {
        Candidate {
            title: clean(&self.title),
            owner: self
                .owner
                .as_ref()
                .and_then(|o| number(&o.mid))
                .map(|mid| mid.to_string()),
            owner_name: self.owner.as_ref().map(|o| clean(&o.name)),
            published_at: self.pubdate.map(|s| s * 1000),
            duration_ms: self.duration.map(|s| s * 1000),
            ..Candidate::default()
        }
    }
}

/// Numbers come as numbers or as texts.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
