//! A day in fast motion: covers come in portions, a person labels, the watch learns, and each
//! program is killed again and again. No decision is lost, and no score is by a model that
//! never was.

use sqlx::Connection;
use tests::programs::Programs;

use super::support::{done, object, text};
use crate::covers::{fill, keep_all};

/// Portions of the day: four, or as many as `WHISKER_PORTIONS` says.
fn portions() -> usize {
    let told = std::env::var("WHISKER_PORTIONS").ok();
    told.map_or(4, |text| text.parse().unwrap())
}

const WATCH: [&str; 8] = [
    "watch",
    "--min-new",
    "4",
    "--net",
    "resnet",
    "--folds",
    "2",
    "--epochs=1",
];

/// What the watch has just said when it is killed: before a round, in a fold, after both, and
/// while it scores.
const MOMENTS: [&str; 4] = ["new decisions", "fold 1/2", "fit ", "covers scored by"];

async fn count(programs: &Programs, sql: &'static str) -> i64 {
    let mut wire = sqlx::SqliteConnection::connect(&programs.database())
        .await
        .unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut wire).await.unwrap()
}

const DECISIONS: &str = "select count(*) from decision";
const ORPHANS: &str = "
    select count(*) from score s
    where not exists (select 1 from model m where m.id = s.model_id)";
const UNSCORED: &str = "
    select count(*) from pool p
    where not exists (select 1 from score s where s.cover_id = p.cover_id
                      and s.model_id = (select model_id from promotion order by id desc limit 1))";
const UNDER_WAY: &str = "select count(*) from round where finished_at is null";
const SOUND: &str = "
    select (select integrity_check = 'ok' from pragma_integrity_check limit 1)
       and not exists (select 1 from pragma_foreign_key_check)";

#[tokio::test]
async fn a_day_of_kills_loses_no_decision_and_leaves_no_score_of_a_model_that_never_was() {
    let programs = Programs::get();
    let mut decided = 0;
    for portion in 0..portions() {
        let mut watch = programs.spawn("trainer", WATCH);
        for (pool, cats) in [("negative", false), ("positive", true)] {
            let folder = programs.home().join(format!("{pool}-{portion}"));
            // A cover is drawn from its number: portions of their own overlap, as sites do.
            let files = fill(&folder, 8 + 4 * portion as u64, cats);
            let args = ["import", text(&folder), "--pool", pool];
            programs.spawn("crawler", args).kill();
            done(programs.run("crawler", args));
            let list = programs.home().join("list.csv");
            let new = if portion == 0 { 0 } else { 4 + 4 * portion };
            keep_all(&list, &files[new..]);
            programs.spawn("labeler", ["import", text(&list)]).kill();
            done(programs.run("labeler", ["import", text(&list)]));
            decided += files.len() - new;
        }
        watch.talk_until(MOMENTS[portion % MOMENTS.len()]);
        drop(watch.kill());
        assert_eq!(count(&programs, SOUND).await, 1);
        assert_eq!(count(&programs, ORPHANS).await, 0);
    }
    assert!(
        count(&programs, DECISIONS).await >= decided as i64,
        "a decision was lost"
    );

    // The next watch removes what a round had not finished, and catches up.
    let mut watch = programs.spawn("trainer", WATCH);
    let more = programs.home().join("more");
    let files = fill(&more, 8 + 4 * portions() as u64, true);
    done(programs.run("crawler", ["import", text(&more), "--pool", "positive"]));
    let list = programs.home().join("list.csv");
    keep_all(&list, &files[files.len() - 4..]);
    done(programs.run("labeler", ["import", text(&list)]));
    assert!(watch.talk_until("covers scored by"));
    watch.interrupt();
    assert_eq!(watch.wait().code, 3);
    assert_eq!(count(&programs, UNDER_WAY).await, 0);
    assert_eq!(count(&programs, ORPHANS).await, 0);
    let found = object(&programs, &["find", "--all"]);
    assert!(found["model"].is_string());
    assert_eq!(count(&programs, UNSCORED).await, 0);
    assert_eq!(count(&programs, SOUND).await, 1);
}

#[test]
fn two_do_not_watch_one_topic_and_a_killed_one_bars_nobody() {
    let programs = Programs::get();
    let mut first = programs.spawn("trainer", WATCH);
    assert!(first.talk_until("watching"));
    let second = programs.run("trainer", WATCH);
    assert_eq!(second.code, 2, "{}", second.stderr);
    assert!(
        second.stderr.contains("watches \"cat\" already"),
        "{}",
        second.stderr
    );
    first.kill();
    let mut third = programs.spawn("trainer", WATCH);
    assert!(third.talk_until("watching"));
    third.interrupt();
    assert_eq!(third.wait().code, 3);
}
