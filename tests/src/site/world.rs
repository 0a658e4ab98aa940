//! The facts of every video, each a pure function of the seed and the video's number.

use super::mix::{happens, mix, pick};

/// Which site a number belongs to: the two share nothing but this page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// The PeerTube instance.
    Peertube,
    /// Bilibili.
    Bilibili,
}

/// What a cover is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cover {
    /// Seed of the drawing.
    pub seed: u64,
    /// Whether it shows a cat.
    pub cat: bool,
    /// Whether it is the picture as somebody uploaded it again.
    pub again: bool,
}

/// One video.
#[derive(Clone, Debug, PartialEq)]
pub struct Video {
    /// Its number: av number on Bilibili, id on PeerTube.
    pub id: u64,
    /// Its cover.
    pub cover: Cover,
    /// Its title, with whatever people type.
    pub title: String,
    /// Uploader: number and name.
    pub owner: (u64, String),
    /// Tags.
    pub tags: Vec<&'static str>,
    /// Region number and name on Bilibili; a hint at best.
    pub region: (u32, &'static str),
    /// Unix seconds.
    pub published: u64,
    /// Seconds.
    pub duration: u32,
}

/// Everything that is decided once.
#[derive(Clone, Debug)]
pub struct World {
    /// Seed of all facts.
    pub seed: u64,
    /// Share of cats among videos met at random.
    pub hidden_cats: f64,
    /// Videos that PeerTube lists as its own.
    pub listed: u64,
    /// Further ones that are not safe for work.
    pub adult: u64,
    /// Further ones that are live.
    pub lives: u64,
    /// Of all videos, where that is the same, in seconds.
    pub duration: Option<u32>,
}

/// PeerTube ids from here on belong to other instances.
pub const REMOTE: u64 = 1 << 40;
/// PeerTube ids from here on are found by searching for the topic only.
pub const TOPICAL: u64 = 1 << 41;
/// Bilibili's av numbers up to here are dense.
pub const DENSE: u64 = 100_000_000;
/// Bilibili's av numbers where cat people upload.
pub const CAT_LANE: std::ops::Range<u64> = 170_000_000..180_000_000;

/// Share of search hits and of a cat video's neighbours that show no cat.
const OFF_TOPIC: f64 = 0.05;
/// Share of dense av numbers that still lead to a video (sites.md, section 4).
const SURVIVING: f64 = 0.6;
const REUPLOADED: f64 = 0.02;

impl World {
    /// Video `id` of a site, or `None` if there is none.
    pub fn video(&self, place: Place, id: u64) -> Option<Video> {
        if !self.exists(place, id) {
            return None;
        }
        let cover = self.cover(place, id);
        let key = key(place, id);
        Some(Video {
            id,
            cover,
            title: self.title(key, cover.cat),
            owner: self.owner(key, cover.cat),
            tags: self.tags(key, cover.cat),
            region: self.region(key, cover.cat),
            published: self.published(place, id),
            duration: self
                .duration
                .unwrap_or(20 + (mix(self.seed, "duration", key) % 1500) as u32),
        })
    }

    /// PeerTube's numbers below this are the instance's own.
    pub fn own(&self) -> u64 {
        self.listed + self.adult + self.lives
    }

    /// Whether PeerTube marks it as not safe for work.
    pub fn is_adult(&self, id: u64) -> bool {
        (self.listed..self.listed + self.adult).contains(&id)
    }

    /// Whether it is live on PeerTube.
    pub fn is_live(&self, id: u64) -> bool {
        (self.listed + self.adult..self.own()).contains(&id)
    }

    /// Whether a video with this number is there.
    pub fn exists(&self, place: Place, id: u64) -> bool {
        match place {
            Place::Peertube => id < self.own() || (REMOTE..TOPICAL * 2).contains(&id),
            Place::Bilibili if id < DENSE => {
                id >= 2 && happens(self.seed, "survives", id, SURVIVING)
            }
            Place::Bilibili => CAT_LANE.contains(&id),
        }
    }

    /// The `n`-th hit for the topic on PeerTube. One in ten is among the listed videos too.
    pub fn topical(&self, n: u64) -> u64 {
        let listed = (n % 10 == 9).then(|| self.listed_cat(n / 10)).flatten();
        listed.unwrap_or(TOPICAL + n)
    }

    /// Whom the page of Bilibili video `id` recommends, `slot` 0 to 39. Some are gone.
    pub fn related(&self, id: u64, slot: u64) -> u64 {
        let here = key(Place::Bilibili, id) ^ (slot << 52);
        let to_cats = if self.cover(Place::Bilibili, id).cat {
            0.85
        } else {
            0.02
        };
        let far = mix(self.seed, "related", here);
        if happens(self.seed, "lane", here, to_cats) {
            return CAT_LANE.start + far % (CAT_LANE.end - CAT_LANE.start);
        }
        let gone = happens(self.seed, "gone", here, 0.03);
        (0..64)
            .map(|step| 2 + (far + step * 7919) % (DENSE - 2))
            .find(|&id| self.exists(Place::Bilibili, id) != gone)
            .unwrap_or(2)
    }

    /// The cover of video `id`: its own, or another's that was uploaded again.
    pub fn cover(&self, place: Place, id: u64) -> Cover {
        let mine = key(place, id);
        let reuploaded = happens(self.seed, "reupload", mine, REUPLOADED);
        let behind = 1 + mix(self.seed, "source", mine) % 40;
        let source = match id.checked_sub(behind) {
            Some(earlier) if reuploaded && self.exists(place, earlier) => earlier,
            _ => id,
        };
        Cover {
            seed: mix(self.seed, "cover", key(place, source)) >> 16,
            cat: self.is_cat(place, source),
            // One in four comes back byte for byte.
            again: source != id && !happens(self.seed, "same bytes", mine, 0.25),
        }
    }

    fn is_cat(&self, place: Place, id: u64) -> bool {
        let topical = match place {
            Place::Peertube => id >= TOPICAL,
            Place::Bilibili => id >= DENSE,
        };
        let share = if topical {
            1.0 - OFF_TOPIC
        } else {
            self.hidden_cats
        };
        happens(self.seed, "cat", key(place, id), share)
    }

    /// Some listed cat for `n`; none if cats are too rare to be found by trying.
    fn listed_cat(&self, n: u64) -> Option<u64> {
        if self.listed == 0 {
            return None;
        }
        let start = mix(self.seed, "listed cat", n);
        (0..400)
            .map(|step| (start % self.listed + step) % self.listed)
            .find(|&id| self.cover(Place::Peertube, id).cat)
    }

    fn published(&self, place: Place, id: u64) -> u64 {
        // PeerTube's newest were published in the last days of 2025, an hour apart.
        match place {
            Place::Peertube if id < self.own() => 1_766_000_000 - (self.own() - 1 - id) * 3600,
            Place::Peertube => 1_600_000_000 + mix(self.seed, "date", id) % 160_000_000,
            Place::Bilibili if id < DENSE => 1_253_000_000 + id * 33 / 10,
            Place::Bilibili => 1_585_000_000 + mix(self.seed, "date", id) % 100_000_000,
        }
    }

    fn owner(&self, key: u64, cat: bool) -> (u64, String) {
        let of_cats = happens(self.seed, "cat person", key, if cat { 0.9 } else { 0.01 });
        let n = mix(self.seed, "owner", key);
        let number = if of_cats { n % 400 } else { 1000 + n % 2000 };
        let name = pick(self.seed, "name", number, &NAMES);
        (100_000 + number * 37, format!("{name}{number}"))
    }

    fn title(&self, key: u64, cat: bool) -> String {
        let hints = if cat { 0.75 } else { 0.02 };
        let what = if happens(self.seed, "hint", key, hints) {
            &CAT_THINGS[..]
        } else {
            &THINGS[..]
        };
        let thing = pick(self.seed, "thing", key, what);
        let frame = pick(self.seed, "frame", key, &FRAMES);
        frame
            .replace("{}", thing)
            .replace("{n}", &(1 + key % 99).to_string())
    }

    fn tags(&self, key: u64, cat: bool) -> Vec<&'static str> {
        let hinted = happens(self.seed, "tagged", key, if cat { 0.8 } else { 0.02 });
        let plain = [
            "日常", "vlog", "生活", "搞笑", "music", "游戏", "旅行", "手工",
        ];
        let mut tags = vec![pick(self.seed, "tag", key, &plain)];
        if hinted {
            tags.extend(["猫", "萌宠"]);
        }
        tags
    }

    fn region(&self, key: u64, cat: bool) -> (u32, &'static str) {
        if happens(
            self.seed,
            "in cat region",
            key,
            if cat { 0.7 } else { 0.01 },
        ) {
            return (218, "喵星人");
        }
        let regions = [
            (21, "日常"),
            (138, "搞笑"),
            (4, "游戏"),
            (3, "音乐"),
            (36, "知识"),
            (211, "美食"),
            (219, "汪星人"),
            (0, ""),
        ];
        regions[(mix(self.seed, "region", key) % regions.len() as u64) as usize]
    }
}

/// A number that no other video of either site has; below 2^44.
fn key(place: Place, id: u64) -> u64 {
    match place {
        Place::Peertube => id,
        Place::Bilibili => id | 1 << 43,
    }
}

const NAMES: [&str; 12] = [
    "阿橘",
    "Mira",
    "老王说",
    "tofu",
    "小林日记",
    "Nordlicht",
    "豆包与我",
    "kite_",
    "山野",
    "Pixel Hut",
    "汤圆",
    "ola",
];
const CAT_THINGS: [&str; 10] = [
    "猫",
    "我家的猫",
    "小奶猫",
    "橘猫",
    "a cat",
    "two kittens",
    "the office cat",
    "布偶猫",
    "流浪猫",
    "猫咪",
];
const THINGS: [&str; 16] = [
    "一只狗",
    "钢琴",
    "a lathe",
    "晚饭",
    "Berlin",
    "我的房间",
    "高数",
    "a synth",
    "公路车",
    "the garden",
    "像素游戏",
    "雪山",
    "一台旧电脑",
    "sourdough",
    "地铁",
    "birds",
];
const FRAMES: [&str; 12] = [
    "{}的一天",
    "【第{n}期】{}到底怎么了",
    "How {} changed everything",
    "{} & me, part {n}",
    "\"{}\" <3",
    "治愈！{}睡着了",
    "One hour of {}",
    "这就是{}？！😂",
    "{} };(function(){ not a script",
    "当{}遇到下雨天…",
    "I tried {} for {n} days",
    "{}</script>之后",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> World {
        World {
            seed: 5,
            hidden_cats: 0.03,
            listed: 20_000,
            adult: 5,
            lives: 2,
            duration: None,
        }
    }

    fn share(ids: impl Iterator<Item = u64>, place: Place) -> f64 {
        let world = world();
        let cats: Vec<_> = ids.map(|id| world.cover(place, id).cat).collect();
        cats.iter().filter(|&&cat| cat).count() as f64 / cats.len() as f64
    }

    #[test]
    fn random_videos_hide_a_few_cats() {
        let listed = share(0..20_000, Place::Peertube);
        assert!((0.02..0.04).contains(&listed), "{listed}");
        let dense = share(
            (2..60_000).filter(|&id| world().exists(Place::Bilibili, id)),
            Place::Bilibili,
        );
        assert!((0.02..0.04).contains(&dense), "{dense}");
    }

    #[test]
    fn searching_finds_cats_with_a_few_others_among_them() {
        let found = share((0..3000).map(|n| world().topical(n)), Place::Peertube);
        assert!((0.92..0.98).contains(&found), "{found}");
    }

    #[test]
    fn some_search_hits_are_listed_videos_too() {
        let both = (0..1000)
            .filter(|&n| world().topical(n) < world().listed)
            .count();
        assert!((50..=100).contains(&both), "{both}");
    }

    #[test]
    fn a_cat_videos_neighbours_are_mostly_cats_and_others_neighbours_mostly_not() {
        let world = world();
        let near = |id| {
            share(
                (0..400).map(|slot| world.related(id, slot)),
                Place::Bilibili,
            )
        };
        let cat = CAT_LANE
            .clone()
            .find(|&id| world.cover(Place::Bilibili, id).cat)
            .unwrap();
        let other = (2..1000)
            .find(|&id| !world.cover(Place::Bilibili, id).cat)
            .unwrap();
        assert!(near(cat) > 0.7, "{}", near(cat));
        assert!(near(other) < 0.1, "{}", near(other));
    }

    #[test]
    fn about_two_in_a_hundred_covers_were_uploaded_again_and_show_the_same() {
        let world = world();
        let again = (0..20_000)
            .filter(|&id| world.cover(Place::Peertube, id).again)
            .count();
        assert!((200..=400).contains(&again), "{again}");
    }

    #[test]
    fn facts_do_not_depend_on_what_was_asked_before() {
        let late = world().video(Place::Peertube, 19_000);
        let all: Vec<_> = (18_990..19_001)
            .map(|id| world().video(Place::Peertube, id))
            .collect();
        assert_eq!(all[10], late);
        assert_ne!(all[9], late);
    }
}
