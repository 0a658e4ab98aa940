//! Every text of the page, in both languages, one row each: a missing one does not compile.
//!
//! `{topic}` is what is looked for, with its article; `{name}` is its bare name and `{many}` the
//! plural. They are filled in once for each language; other braces where the text is used.

use std::str::FromStr;
use std::sync::Arc;

use serde::Serialize;

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// English.
    En,
    /// 中文, simplified.
    Zh,
}

impl Lang {
    /// For `<html lang>` and `Intl`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }

    /// As it is named in an address.
    pub fn key(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh",
        }
    }
}

impl FromStr for Lang {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "en" => Ok(Self::En),
            "zh" => Ok(Self::Zh),
            _ => Err(()),
        }
    }
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $key:ident: $en:literal, $zh:literal;)+) => {
        /// The texts of one language; the same keys go to the script.
        #[derive(Debug, Clone, Serialize)]
        pub struct Text {
            $($(#[$doc])* #[allow(missing_docs)] pub $key: Arc<str>,)+
        }

        impl Text {
            fn of(lang: Lang, topic: &str, name: &str, many: &str) -> Self {
                let fill = |en: &str, zh: &str| -> Arc<str> {
                    let text = match lang { Lang::En => en, Lang::Zh => zh };
                    let text = text.replace("{topic}", topic).replace("{name}", name);
                    text.replace("{many}", many).into()
                };
                Self { $($key: fill($en, $zh),)+ }
            }
        }

        #[cfg(test)]
        const ALL: &[(&str, &str, &str)] = &[$((stringify!($key), $en, $zh)),+];
    };
}

catalogue! {
    // What stays on top.
    inbox: "Inbox", "待审";
    suspects: "Suspects", "存疑";
    found: "Found", "发现";
    history: "History", "历史";
    statistics: "Statistics", "统计";
    screens: "Screens", "页面";
    skip: "Skip to the content", "跳到正文";
    pool: "Pool", "样本";
    negative: "negatives", "负样本";
    positive: "positives", "正样本";
    order: "Order", "顺序";
    newest: "newest first", "最新在前";
    random: "random", "随机";
    likely: "likely {many} first", "可能有{name}的在前";
    uncertain: "least certain first", "最拿不准的在前";
    audit: "audit of what was kept", "抽查已保留的";
    second_look: "a second look", "再看一遍";
    below: "sample of the unlikely", "抽查低分的";
    keep_unlikely: "keep the unlikely at once", "一次保留低分的";
    what_waits: "What waits", "待审";
    once_more: "Once more", "再次查看";
    language: "中文", "English";
    theme: "Light or dark", "浅色或深色";
    keys: "Keys", "按键";

    // The question, once.
    question_negative: "Which of these show {topic}?", "哪些封面里有{topic}？";
    question_positive: "Which of these do not show {topic}?", "哪些封面里没有{topic}？";
    question_suspects: "Were you sure?", "当时确定吗？";
    question_audit: "Is {topic} still hiding here?", "这里还藏着{topic}吗？";
    question_below: "Which are too unlikely to look at one by one?", "哪些封面可能性太低，不必逐张看？";
    question_second_negative: "Once more: which of these show {topic}?", "再看一遍：哪些封面里有{topic}？";
    question_second_positive: "Once more: which of these do not show {topic}?", "再看一遍：哪些封面里没有{topic}？";
    question_found: "Do you want to watch these?", "想看看这些视频吗？";
    question_history: "What was decided?", "做过哪些判断？";
    question_statistics: "How far is it?", "进展如何？";

    // Numbers that calm.
    done_of: "{done} of {total}", "已审 {done} / {total}";
    minutes_left: "about {n} min", "约剩 {n} 分钟";
    hours_left: "about {n} h", "约剩 {n} 小时";
    rejected_so_far: "{n} rejected so far", "已剔除 {n} 张";
    changed_so_far: "{n} changed so far", "已改判 {n} 张";
    found_so_far: "{n} found so far", "已发现 {n} 张";
    bound_negative: "at most {share} of {frame} still hide {topic}; {n} checked", "{frame} 张中至多 {share} 仍藏有{topic}；已抽查 {n} 张";
    bound_positive: "at most {share} of {frame} do not show {topic}; {n} checked", "{frame} 张中至多 {share} 没有{topic}；已抽查 {n} 张";
    bound_slice: "at most {share} of {frame} show {topic}; {n} checked", "{frame} 张中至多 {share} 有{topic}；已抽查 {n} 张";
    goal: "{n} more for at most {share}", "再查 {n} 张，可确认至多 {share}";

    // The sheet.
    sheet: "Covers", "封面";
    tile: "Cover {n} of {total}", "第 {n} 张，共 {total} 张";
    near_duplicates: "stands for {n} near-duplicates", "代表 {n} 张近似封面";
    mark_keep: "kept", "保留";
    mark_reject: "rejected", "剔除";
    mark_unsure: "unsure", "不确定";
    mark_broken: "broken", "损坏";
    shows: "{name}", "有{name}";
    shows_not: "no {name}", "无{name}";
    count_keep: "{n} will be kept", "{n} 张将保留";
    count_reject: "{n} rejected", "剔除 {n} 张";
    count_unsure: "{n} unsure", "不确定 {n} 张";
    count_broken: "{n} broken", "损坏 {n} 张";
    comma: ", ", "，";
    flipped_negative: "Most of these seem to show {topic}, so all will be rejected but those that you touch.", "这些看来大多有{topic}：除了您点选的，其余都将剔除。";
    flipped_positive: "Most of these seem to show no {name}, so all will be rejected but those that you touch.", "这些看来大多没有{name}：除了您点选的，其余都将剔除。";
    confirm: "Confirm sheet", "确认本页";
    show_rest: "Show the rest", "继续看完";
    painting: "Pictures are arriving", "图片加载中";
    missing_picture: "{n} pictures did not arrive; reload to try again", "{n} 张图片未能加载，请刷新重试";
    undo: "Undo", "撤销";
    redo: "Redo", "重做";
    loupe: "Loupe", "放大";

    // What happened.
    saved: "Saved {total}: {parts}. Ctrl+Z takes them back.", "已保存 {total} 张：{parts}。Ctrl+Z 可撤回。";
    saved_one: "Saved. Ctrl+Z takes it back.", "已保存。Ctrl+Z 可撤回。";
    kept: "{n} kept", "保留 {n} 张";
    saved_again: "Looked at {total} once more: {parts}; {n} changed. Ctrl+Z takes it back.", "又看了 {total} 张：{parts}；改判 {n} 张。Ctrl+Z 可撤回。";
    planted_seen: "One {name} was planted: you saw it.", "埋设了一张有{name}的：您看到了。";
    planted_missed: "One {name} was planted, and kept: this one.", "埋设了一张有{name}的，被保留了：就是这张。";
    took_back_bulk: "Took back {total} that were kept at once: {parts}.", "已撤回一次保留的 {total} 张：{parts}。";
    took_back_sheet: "Took back {total}: {parts}. They are here again.", "已撤回 {total} 张：{parts}。它们又回到这里。";
    took_back_one: "Took back one decision.", "已撤回一个判断。";
    took_back_import: "Took back an import of {total}: {parts}.", "已撤回导入的 {total} 张：{parts}。";
    did_again: "Saved again {total}: {parts}.", "已重新保存 {total} 张：{parts}。";
    nothing_to_undo: "Nothing left to undo.", "没有可撤销的了。";
    nothing_to_redo: "Nothing to redo.", "没有可重做的。";
    away: "The labeler does not answer. {n} waiting here will be sent when it is back.", "标注程序没有响应。这里有 {n} 份待发送，恢复后会自动发送。";
    away_elsewhere: "The labeler serves other covers now. {n} waiting here will be sent when it serves these again.", "标注程序现在提供的是另一批封面。这里有 {n} 份待发送，等它重新提供这一批时会自动发送。";
    away_undo: "The labeler does not answer; undo needs it.", "标注程序没有响应，暂时无法撤销。";
    back: "The labeler is back; everything is saved.", "标注程序已恢复，全部已保存。";
    refused: "This was not saved: {why}", "未能保存：{why}";
    taken_elsewhere: "This sheet was confirmed in another window.", "本页已在另一个窗口中确认。";

    // Nothing to show.
    no_covers: "No covers here yet.", "这里还没有封面。";
    no_covers_hint: "Bring some:", "先导入一些：";
    all_decided: "All {total} are decided.", "全部 {total} 张都已审完。";
    all_decided_hint: "See what was found, or go on with the other pool.", "可以看看发现了什么，或继续审另一组样本。";
    no_suspects: "No decision is doubted.", "没有存疑的判断。";
    no_suspects_hint: "Each training doubts anew what its models believe least.", "每次训练后，模型最不相信的判断会出现在这里。";
    suspects_done: "All {total} doubted decisions were looked at again.", "{total} 个存疑的判断都已复看。";
    suspects_done_hint: "The next training learns from what was changed.", "下次训练会用上改过的判断。";
    no_kept: "Nothing is kept yet.", "还没有保留的封面。";
    no_kept_hint: "Confirm some sheets first; an audit then looks at a sample of what was kept.", "请先确认几页；之后会从保留的封面中抽查。";
    audit_done: "The whole sample of {total} was looked at.", "抽样的 {total} 张都已看过。";
    audit_done_hint: "Covers that were kept since then are in the next audit.", "此后保留的封面属于下一次抽查。";
    audit_anew: "Begin another audit", "开始新的抽查";
    slice_done: "The whole sample of {total} was looked at.", "抽样的 {total} 张都已看过。";
    slice_done_hint: "The line above says what follows for the others.", "上面一行说明了对其余封面的结论。";
    second_done: "All that somebody decided by looking was looked at twice.", "看过并判断的封面都已看过两遍。";
    second_done_hint: "Statistics compares both looks.", "统计页会比较两次的结果。";
    elsewhere: "The last {n} are on sheets that are open elsewhere.", "最后 {n} 张在别处打开的页面里。";
    elsewhere_hint: "They come back here when they are decided there, or half an hour after.", "那边确认后即完成；若无人确认，半小时后回到这里。";
    look_again: "Look again", "再看一次";
    no_script: "Deciding needs JavaScript. Found, History and Statistics work without it.", "标注需要 JavaScript；发现、历史和统计不需要。";
    nothing_here: "There is nothing at this address.", "这个地址没有内容。";
    nothing_here_hint: "The bar leads to every screen.", "可从上方的导航进入各个页面。";
    other_pool: "Open the {pool}", "打开{pool}";
    open_inbox: "Open the inbox", "打开待审";

    // Keeping the unlikely at once.
    below_steps: "How it goes", "怎么做";
    below_choose: "Choose a score: how likely the model thinks {topic} is.", "选一个得分：模型认为有{topic}的可能性。";
    below_look: "Look at up to {n} of the covers below it, drawn at random, on sheets as usual.", "从低于它的封面中随机抽出至多 {n} 张，像平常一样逐页查看。";
    below_keep: "If none of these shows {topic}, one press keeps all the others unseen. One undo takes that back.", "若抽到的都没有{topic}，其余的不必看，一键全部保留；一次撤销即可收回。";
    below_under_way: "A sample of those below {score} is being looked at: {n} to go.", "低于 {score} 的抽样正在查看，还剩 {n} 张。";
    below_rest: "You look at {sample}; the other {rest} can then be kept unseen.", "查看其中 {sample} 张，之后其余 {rest} 张可以不看就保留。";
    below_whole: "So few are all looked at: nothing would be kept unseen.", "数量很少，全部都要查看，不会有不看就保留的。";
    below_go_on: "Go on", "继续";
    below_refused: "No sample was drawn.", "没有抽样。";
    below_score: "Below a score of", "得分低于";
    below_covers: "{n} covers below {score}", "低于 {score} 的有 {n} 张";
    below_none: "Nothing undecided is below this score.", "没有低于这个得分的未审封面。";
    below_expected: "If the model is right, about {expected} of them show {topic}.", "若模型判断准确，其中约有 {expected} 张有{topic}。";
    below_begin: "Look at a sample of {sample}", "查看抽样的 {sample} 张";
    below_begin_all: "Look at all {sample}", "查看全部 {sample} 张";
    below_failed: "A sample of these showed {topic}, so too many of the others may. Choose a lower score.", "这些封面的抽样中有{topic}，其余的也可能有太多。请选更低的得分。";
    below_offers: "Scores to choose from", "可选的得分";
    below_expected_column: "Expected {many}", "预计有{name}";
    below_unseen: "Kept unseen", "不看就保留";
    slice_unfinished: "{n} of the sample to go. If none shows {topic}, the rest of the {frame} covers below {score} can be kept at once.", "抽样还剩 {n} 张。若都没有{topic}，低于 {score} 的 {frame} 张中其余的可一次保留。";
    slice_given: "The sample of {sample} shows no {name}: of the {frame} covers below {score} at most {most} do, at 95 %.", "抽样的 {sample} 张中没有{name}：95 % 的把握，低于 {score} 的 {frame} 张中至多 {most} 张有。";
    slice_over: "Nothing is left to keep below {score}.", "低于 {score} 的已没有可保留的了。";
    slice_whole: "All {frame} covers below {score} were looked at.", "低于 {score} 的 {frame} 张都已看过。";
    slice_too_many: "{found} of the sample show {topic}, or may: more than 1 % of the {frame} covers below {score} could. Choose a lower score.", "抽样中有 {found} 张有或可能有{topic}：低于 {score} 的 {frame} 张中可能超过 1 %。请选更低的得分。";
    slice_lost: "{n} of the sample were decided elsewhere or moved, so it tells too little. Draw another.", "抽样中有 {n} 张已在别处判断或已移走，不足以说明问题。请重新抽样。";
    slice_assumes: "The bound assumes that who looks sees what is there.", "这个上限假定查看时都能看出。";
    slice_keep: "Keep the other {n}", "保留其余 {n} 张";
    slice_keep_later: "Keep the others", "保留其余的";
    slice_kept: "Kept {total} at once. Ctrl+Z takes them back.", "已一次保留 {total} 张。Ctrl+Z 可撤回。";
    slice_other: "Another score", "换个得分";

    // The loupe.
    keep: "Keep", "保留";
    reject: "Reject", "剔除";
    unsure: "Unsure", "不确定";
    broken: "Broken", "损坏";
    close: "Close", "关闭";
    show_title: "Show titles", "显示标题";
    region: "Where", "位置";
    region_frame: "The score comes from what is in the frame.", "得分取自方框内的部分。";
    region_none: "No single part decided.", "没有哪一部分单独起决定作用。";
    region_later: "The frame comes after your decision.", "判断之后才显示方框。";
    filmstrip: "All covers of this sheet", "本页所有封面";
    no_title: "Untitled", "无标题";

    // Settings.
    settings: "Settings", "设置";
    question_settings: "How do you like to work?", "想怎样使用？";
    settings_saved: "Saved. This browser remembers it.", "已保存，由此浏览器记住。";
    save: "Save", "保存";
    set_name: "Your name", "你的名字";
    set_name_hint: "The history shows it, and you undo only what was decided under it.", "历史中会显示它；撤销只涉及这个名字下的判断。";
    name_refused: "A name has at most {n} characters and no line breaks.", "名字最多 {n} 个字符，不能换行。";
    set_language: "Language", "语言";
    set_colours: "Colours", "配色";
    as_system: "as the system", "跟随系统";
    light: "light", "浅色";
    dark: "dark", "深色";
    set_tiles: "Covers on a sheet", "每页封面数";
    automatic: "as the window shows well", "按窗口大小";
    set_dwell: "Least look at a sheet", "每页最短查看时间";
    set_dwell_hint: "A sheet can be confirmed when all its pictures have been in view this long.", "所有图片都显示这么久之后才能确认本页。";
    usual_look: "as the labeler was started, {n} s", "按启动时的设定，{n} 秒";
    seconds: "{n} s", "{n} 秒";
    off: "off", "关闭";
    set_keys: "Letters alone are keys", "单个字母作为快捷键";
    set_keys_hint: "Off: hold Alt with the letter. Arrows, Space, Enter, Esc and Ctrl+Z always work.", "关闭后请同时按 Alt 和字母。方向键、空格、回车、Esc 和 Ctrl+Z 始终可用。";
    set_titles: "Titles in the loupe", "放大时显示标题";
    set_titles_hint: "A title can give the answer away.", "标题可能会透露答案。";
    set_advance: "A decision in the loupe moves on", "放大时判断后自动前进";
    set_advance_hint: "Off: stay until you move.", "关闭后停在原处，由你移动。";
    set_plant: "Plant a known {name} now and then", "偶尔放入一张已知有{name}的";
    set_plant_hint: "On sheets where hardly any is expected, and told right after. Off: nothing then measures how many you miss, and a long row of sheets without any tires the eye.", "只放在几乎不会有{name}的页面里，确认后立即告知。关闭后无从得知漏看了多少；长时间一张也遇不到，眼睛容易疲劳。";

    // The door, when other machines can reach the labeler.
    question_token: "Who is there?", "你是谁？";
    token: "Token", "令牌";
    token_hint: "Open the address that the labeler printed when it started, or paste what stands there behind #.", "请打开标注程序启动时显示的地址，或粘贴其中 # 之后的内容。";
    wrong_token: "This is not the token of the labeler that runs now.", "这不是当前标注程序的令牌。";
    enter: "Enter", "进入";

    // The keys, in the order of the overlay.
    key_move: "Move; with Shift: select a range", "移动；按住 Shift：选择一段";
    key_column: "To that tile of the row; with Shift: select until there", "到本行的第几张；按住 Shift：一直选到那里";
    key_ends: "To the first, to the last; with Shift: select until there", "到第一张、最后一张；按住 Shift：一直选到那里";
    key_reject: "Reject, or take it back", "剔除，再按取消";
    key_unsure: "Unsure, or take it back", "不确定，再按取消";
    key_broken: "Broken picture, or take it back", "图片损坏，再按取消";
    key_keep: "Keep", "保留";
    key_loupe: "Loupe; also a double click or a long press", "放大；也可双击或长按";
    key_titles: "In the loupe: titles on or off", "放大时：显示或隐藏标题";
    key_region: "In the loupe: where the score comes from, once you have decided", "放大时：判断之后，显示得分取自哪里";
    key_back: "Back to the sheet", "回到本页";
    key_confirm: "Confirm the sheet", "确认本页";
    key_undo: "Undo, without limit", "撤销，不限次数";
    key_redo: "Redo", "重做";
    key_help: "These keys", "按键说明";
    key_click: "Click", "单击";
    key_range: "Shift + click", "Shift + 单击";
    key_click_what: "Reject, or take it back", "剔除，再点取消";
    key_range_what: "The same for a range", "对一段做同样的标记";

    // Found.
    found_line: "{n} above 50 %, from {scored} covers", "在 {scored} 张封面中，{n} 个高于 50 %";
    model_of: "model of", "模型时间";
    newer_labels: "{n} covers were decided since", "此后又审了 {n} 张";
    watch: "Watch", "观看";
    yes: "Yes, {topic}", "有{topic}";
    no: "No {name}", "没有{topic}";
    nothing_found: "Nothing above 50 % yet.", "还没有高于 50 % 的。";
    nothing_found_hint: "More decisions help most.", "再多审一些最有帮助。";
    no_model: "No model yet.", "还没有模型。";
    no_model_hint: "Decide some covers, then train:", "先审一些封面，再训练：";
    folder: "folder", "文件夹";
    probability: "Probability", "概率";
    found_new: "{n} new since yesterday", "比昨天新增 {n} 个";
    right_share: "{n} right out of fold", "折外正确率 {n}";
    filters: "Which", "筛选";
    site: "Site", "网站";
    all_sites: "all sites", "所有网站";
    met: "Met", "收录时间";
    any_time: "at any time", "不限时间";
    last_day: "since yesterday", "一天之内";
    last_week: "in the last week", "一周之内";
    seen: "Seen", "是否看过";
    seen_or_not: "opened or not", "看过与否";
    not_seen: "not opened yet", "还没看过";
    show: "Show", "显示";
    feed: "Feed", "订阅";
    feed_title: "Whisker: videos with {topic}", "Whisker：有{topic}的视频";
    opened: "opened", "看过";
    uploads: "{n} uploads of it", "共 {n} 个上传";
    dismiss: "Not interested", "不感兴趣";
    dismissed: "It will not be shown again. Press it once more to take that back.", "以后不再显示。再按一次可撤回。";
    why: "Why?", "为什么？";
    nothing_matches: "No found video is like that.", "没有符合条件的视频。";
    show_all: "Show all", "显示全部";

    // Look alike.
    question_alike: "What looks like this?", "有哪些和它相似？";
    alike_of_these: "Of the {total} most similar covers that were decided, {n} show {topic}.", "最相似的 {total} 张已审封面中，{n} 张有{topic}。";
    alike_none_decided: "No similar cover was decided yet.", "还没有相似的封面被审过。";
    alike_undecided: "Most similar, not decided yet", "最相似的未审封面";
    alike_all_decided: "Nothing similar waits.", "没有相似的未审封面。";
    alike_unknown: "No backbone has looked at this cover yet.", "预训练网络还没有看过这张封面。";
    alike_unknown_hint: "This does it for all covers:", "用它处理所有封面：";
    alike_choose: "Choose covers, then say what they are.", "先选封面，再给出判断。";
    alike_chosen: "{n} chosen", "已选 {n} 张";
    choose_all: "Choose all", "全选";
    choose_none: "Choose none", "全不选";
    these_yes: "They show {topic}", "都有{topic}";
    these_no: "They show no {name}", "都没有{topic}";
    similar: "{n} similar", "相似度 {n}";
    look_alike: "Look alike", "找相似";

    // What the last labels did.
    news_right: "{n} right now", "现在正确率 {n}";
    news_changed: "your labels: {before} → {after} right", "你的判断使正确率从 {before} 变为 {after}";
    news_not_better: "the last labels changed nothing for the better", "最近的判断没有带来改进";
    news_hidden: "about {n} {many} still hidden", "估计还藏着 {n} 只{name}";
    news_enough: "more labels would hardly help", "再多审帮助已不大";

    // What is behind.
    stale_labels: "Decided since the model was trained: {n}. To learn from them:", "模型训练之后又审了 {n} 张。让它学习：";
    stale_scores: "Not scored yet, and so last in line: {n}. To score:", "还没有打分、因此排在最后的有 {n} 张。打分：";
    stale_no_model: "No model yet, so covers come at random. To order them:", "还没有模型，封面随机出现。要让它排序：";
    stale_upgraded: "Whisker was upgraded. Your marks stay when you reload.", "Whisker 已升级。刷新不会丢失标记。";
    stale_elsewhere: "The labeler now serves other covers.", "标注程序现在提供的是另一批封面。";
    stale_locked: "The labeler was started anew: open the address that it printed.", "标注程序已重新启动：请打开它显示的新地址。";
    stale_lease: "This sheet lay open for long: {n} of its covers were decided elsewhere and left it.", "本页搁置已久：其中 {n} 张已在别处审过，已从本页移除。";
    reload: "Reload", "刷新";
    away_now: "The labeler does not answer. Go on: what you confirm is kept here and sent when it is back.", "标注程序没有响应。可以继续：确认的内容会存在这里，恢复后自动发送。";

    // History and statistics.
    no_history: "Nothing was decided yet.", "还没有任何判断。";
    when: "When", "时间";
    who: "Who", "标注者";
    what: "What", "内容";
    decided: "Decided", "判断";
    time_taken: "Time", "用时";
    touched: "Touched", "手动标记";
    taken_back: "taken back", "已撤回";
    kind_sheet: "sheet", "整页";
    kind_one: "one", "单张";
    kind_several: "chosen together", "一起选中";
    kind_import: "import", "导入";
    kind_bulk: "kept at once", "一次保留";
    kind_bulk_below: "kept at once, below {score}", "一次保留，低于 {score}";
    propagated: "{n} as near-duplicates", "其中 {n} 张因近似";
    strokes_of: "From", "来自";
    all_strokes: "everywhere", "全部";
    no_stroke_of: "Nothing was decided there.", "这里还没有判断。";
    older: "Older", "更早";
    undo_last: "Undo my last", "撤销我的上一步";
    history_undone: "Taken back.", "已撤回。";
    history_redone: "Saved again.", "已重新保存。";
    covers: "Covers", "封面";
    undecided: "undecided", "未审";
    of_pool: "{n} of {total} decided", "{total} 张中已审 {n} 张";
    people: "People", "参与者";
    decisions: "Decisions", "判断数";
    last: "Last", "最近";
    days: "The last two weeks", "最近两周";
    days_caption: "{n} decisions on {days} of 14 days, {rejected} of them rejected. Imports are not counted.", "14 天中有 {days} 天审过，共 {n} 次判断，其中剔除 {rejected} 次。不含导入。";
    days_axis: "day of the month (UTC)", "日期（UTC）";
    no_days: "Nothing was decided in the last two weeks.", "最近两周没有判断。";
    discovery: "Hidden {many}", "藏着的{name}";
    discovery_caption: "{found} of {n} random covers show {topic}. When likely ones come first, a curve that flattens says that few are left.", "{n} 张随机封面中 {found} 张有{topic}。可能性大的排在前面时，曲线变平说明剩下的不多了。";
    discovery_axis: "covers looked at", "看过的封面";
    discovery_found: "{many} found", "找到的{name}";
    no_discovery: "No random cover was looked at yet.", "还没有看过随机封面。";
    models: "What the model makes of it", "模型学得如何";
    models_caption: "With {labels} labels, the model in use is right on {right} of the covers that it was tried on; it had learned from none of them.", "学了 {labels} 个标签，当前模型在没学过的封面上正确率 {right}。";
    models_axis: "labels learned from", "所学标签数";
    models_right: "Right", "正确率";
    models_outcome: "What became of it", "结果";
    model_used: "taken into use", "采用";
    model_left: "not better", "未采用";
    no_rounds: "While trainer watch runs, each of its rounds is a point here.", "运行 trainer watch 后，每一轮在这里是一个点。";
    session: "Your last session", "你最近一次";
    session_caption: "{sheets} sheets, {covers} covers in {time}: {n} covers a minute. There is no right pace; what counts is what is seen.", "{sheets} 页，{covers} 张，用时 {time}：每分钟 {n} 张。快慢无妨，看得准才重要。";
    session_axis: "time since it began", "开始后的时间";
    session_after: "After", "时刻";
    session_pace: "Covers a minute", "每分钟张数";
    as_table: "As a table", "看表格";
    time_looked: "Time looked", "看的时间";
    day: "Day", "日期";
    pace: "Pace", "速度";
    pace_line: "{n} covers a minute on the sheets of the last 24 hours", "最近 24 小时每分钟 {n} 张";
    trust: "How far can it be trusted?", "有多可靠？";
    no_trust: "Nothing was checked a second time yet, and no known cat was planted.", "还没有复查，也没有放入过已知的{name}。";
    open_audit: "Audit what was kept", "抽查已保留的";
    trust_planted: "Of {total} planted {many} {n} were seen: between {low} and {high} of all, at 95 %.", "放入的 {total} 张已知{name}封面中看出了 {n} 张：95 % 的把握在 {low} 到 {high} 之间。";
    trust_assumes: "The bound holds at 95 %, whenever one stops; it assumes that the second look sees what it looks at.", "无论何时停下，这个上限都有 95 % 的把握；它假定复查时都能看出。";
    trust_if_missed: "If the second look misses as many as of planted {many} ({n} of {total} seen by those who looked): at most {share}.", "若复查漏看的比例与放入的已知{name}封面相同（复查的人在 {total} 张中看出 {n} 张）：至多 {share}。";
    planted_assumes: "Planted {many} are ones that somebody saw before; those that hide still may be harder to see.", "放入的都是以前有人看出的；仍藏着的可能更难看出。";
    twice_assumes: "The total assumes that both looks miss independently. If some {many} are hard for everybody there are more; “at least” holds all the same.", "总数假定两次漏看互不相关。若有些{name}谁都难看出，实际会更多；“至少”仍然成立。";
    trust_twice: "{total} looked at twice, the same said of {n}; by both looks about {all} show {topic}, at least {low}.", "{total} 张看过两次，{n} 张结论相同；据两次所见，约有 {all} 张有{topic}，至少 {low} 张。";
    trust_overlap: "{total} decided by two people who did not see each other's answer: the same said of {n}. Beyond chance they agree to {ac1} of 1, between {low} and {high} at 95 % (Gwet's AC1).", "{total} 张由两人各自判断、互不知道对方的答案，{n} 张结论相同。除去偶然，一致程度为 {ac1}（满分 1），95 % 的把握在 {low} 到 {high} 之间（Gwet AC1）。";
    no_pace: "No sheet was confirmed in the last 24 hours", "最近 24 小时没有确认过页面";
}

/// The texts of both languages for one topic.
#[derive(Debug, Clone)]
pub struct Words {
    en: Text,
    zh: Text,
}

impl Words {
    /// For a topic by its name; `cat` reads naturally, others are quoted.
    pub fn new(topic: &str) -> Self {
        if topic == "cat" {
            return Self {
                en: Text::of(Lang::En, "a cat", "cat", "cats"),
                zh: Text::of(Lang::Zh, "猫", "猫", "猫"),
            };
        }
        let quoted = format!("“{topic}”");
        Self {
            en: Text::of(Lang::En, &quoted, &quoted, &quoted),
            zh: Text::of(Lang::Zh, &quoted, &quoted, &quoted),
        }
    }

    /// The texts of a language.
    pub fn of(&self, lang: Lang) -> &Text {
        match lang {
            Lang::En => &self.en,
            Lang::Zh => &self.zh,
        }
    }
}

/// A text with its braces filled in.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| {
        text.replace(&format!("{{{name}}}"), value)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn braces(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn both_languages_say_the_same_numbers_and_neither_is_empty() {
        let topical = BTreeSet::from(["topic", "name", "many"]);
        for (key, en, zh) in ALL {
            assert!(!en.trim().is_empty() && !zh.trim().is_empty(), "{key}");
            let of = |text| -> BTreeSet<_> { &braces(text) - &topical };
            assert_eq!(of(en), of(zh), "{key}");
        }
    }

    #[test]
    fn chinese_is_chinese_and_english_is_not() {
        let han = |text: &str| text.chars().any(|c| ('\u{4e00}'..'\u{9fff}').contains(&c));
        for (key, en, zh) in ALL {
            if ["language", "comma", "shows"].contains(key) {
                continue; // each language is named in itself
            }
            assert!(
                !han(en) && (han(zh) || !zh.contains(char::is_alphabetic)),
                "{key}"
            );
        }
    }

    #[test]
    fn the_topic_is_in_the_question() {
        let cat = Words::new("cat");
        assert_eq!(
            &*cat.of(Lang::En).question_negative,
            "Which of these show a cat?"
        );
        assert_eq!(&*cat.of(Lang::Zh).question_positive, "哪些封面里没有猫？");
        let dog = Words::new("dog");
        assert_eq!(&*dog.of(Lang::Zh).shows, "有“dog”");
        assert_eq!(fill("{a} of {b}", &[("a", "1"), ("b", "{a}")]), "1 of {a}");
    }
}
