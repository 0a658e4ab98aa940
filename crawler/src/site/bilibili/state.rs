//! The state that a video's page carries in a script.

use serde_json::Value;

use super::archive::{Archive, whole};
use crate::fault::Fault;
use crate::text::clean;

/// Of one page.
pub(super) struct State(pub Value);

impl State {
    /// The video that the page is about. What its own object leaves out is beside it: the id, the
    /// uploader (`upData`), and on a festival's page the cover, which is in the list of episodes.
    pub(super) fn video(&self) -> Option<Archive> {
        let objects = ["videoData", "videoInfo"].into_iter();
        let video = objects
            .map(|name| Archive::of(&self.0[name]))
            .find(Archive::speaks)?;
        let beside = Archive::of(&serde_json::json!({
            "aid": self.0["aid"], "bvid": self.0["bvid"], "owner": self.0["upData"],
        }));
        let video = video.or(beside);
        let mut episodes = self.episodes().map(Archive::of);
        let same = episodes.find(|episode| video.aid.is_some() && episode.aid == video.aid);
        Some(match same {
            Some(episode) => video.or(episode),
            None => video,
        })
    }

    /// Of a festival.
    fn episodes(&self) -> impl Iterator<Item = &Value> {
        let sections = items(&self.0["videoSections"]);
        let listed = sections.flat_map(|section| items(&section["episodes"]));
        items(&self.0["sectionEpisodes"]).chain(listed)
    }

    /// The items of what the page recommends, a festival's included.
    pub(super) fn related(&self) -> impl Iterator<Item = &Value> {
        items(&self.0["related"]).chain(items(&self.0["recommendList"]["relate_video"]))
    }

    /// Whether recommendations are there in a form not met so far.
    pub(super) fn related_is_odd(&self) -> bool {
        let related = &self.0["related"];
        !related.is_array() && !related.is_null()
    }

    pub(super) fn tag_names(&self) -> Vec<String> {
        let names = items(&self.0["tags"]).filter_map(|tag| tag["tag_name"].as_str());
        names.map(clean).filter(|name| !name.is_empty()).collect()
    }

    /// Why there is no video, when the page says so.
    ///
    /// # Errors
    /// The codes that do not speak of the video but of us, or of the site's health.
    pub(super) fn missing(&self) -> Result<Option<String>, Fault> {
        let error = &self.0["error"];
        let code = [&error["trueCode"], &error["code"]]
            .into_iter()
            .filter_map(whole)
            .find(|code| *code != 0)
            .unwrap_or(0);
        let words = clean(error["message"].as_str().unwrap_or_default());
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

/// The items of a list, where it is one.
fn items(value: &Value) -> std::slice::Iter<'_, Value> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter()
}
