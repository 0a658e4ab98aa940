// What sites call their videos: short and long, in scripts that run either way, or not at all.

export interface Channel {
  id: string;
  name: string;
}

/** The longest that a site lets pass, without a place to break it. */
export const LONG =
  "Night train across the mountains in winter, the whole way in one take, with the driver's announcements, " +
  "two hours of snow and the station where nobody gets off (read the description before you ask about the whistle)";
export const UNBROKEN = "SUPERSLOWMOTION_compilation_" + "a".repeat(60) + "_final_FINAL_v2";
export const HEBREW = "החתול של השכנים שוב גנב לי את הארוחה (חלק 3)";
export const ARABIC = "قطتي تستقبلني عند الباب كل مساء، لا تفوتوا النهاية!";
export const EMOJI = "🐱🐾 POV: 3 a.m. 🏃💨💨 😹😹😹";

/** Of videos with a cat on their cover. */
export const CATS = [
  "He learned to open the fridge",
  "橘猫第一次洗澡，全程高能",
  EMOJI,
  "Kitten meets vacuum cleaner",
  ARABIC,
  "下雨天和三只猫窝在家里的一天｜vlog 12",
  "Why does she sit in the sink?",
  "捡到的流浪猫三个月后变成了这样……",
  HEBREW,
  "Feeding the harbour strays, day 40",
  "猫：你敢再按一次试试",
  "Our cat has opinions about the new sofa and will now explain every single one of them to you, at length, at night",
  "ねこと暮らす小さな部屋",
  "Old tom, new tricks",
];

/** Of all others. */
export const OTHERS = [
  "Sourdough from nothing, part 2: the starter",
  "【4K】凌晨四点的海边渔港",
  "I rebuilt a 1984 synthesizer",
  LONG,
  "一口气看完三国，共六小时",
  "طريقة عمل الخبز في البيت خطوة بخطوة",
  "Bach on a toy piano",
  "",
  "期末复习：线性代数两小时速成（含真题讲解、板书和配套练习，建议收藏）",
  "Trail running above the clouds ⛰️",
  "איך מתקנים אופניים לבד",
  UNBROKEN,
  "Timelapse: a house in 90 days",
  "Weekly news, read slowly",
  "家常菜：番茄炒蛋到底先放谁？",
  "City walk in the rain, no talking",
  "Physics & <toys>: why it wobbles",
  "钢琴独奏｜夜曲",
  "Fixing the neighbour's fence",
  "1v5 ACE!! (not clickbait)",
];

export const CHANNELS: Channel[] = [
  { id: "c1", name: "Mia's kitchen" },
  { id: "c2", name: "阿橘的日常" },
  { id: "c3", name: "مطبخ سلمى" },
  { id: "c4", name: "The Society for the Slow Observation of Trains, Ferries and Other Things That Leave" },
  { id: "c5", name: "老王修车铺" },
  { id: "c6", name: "ערוץ השכונה" },
  { id: "c7", name: "🎹 noteworthy 🎹" },
  { id: "c8", name: "harbour cam" },
];

export const SITES = ["bilibili", "peertube:video.example", "peertube:films.example:8443"];
