//! The end of every round: the new model against the one in use, and who is current then.

use std::collections::HashMap;
use std::time::Instant;

use cli::Result;
use serde_json::json;
use store::Pool;
use store::training::{RoundResult, RunId};

use super::{Current, Watch};
use crate::base_rate;
use crate::metrics::{Contest, Told, sigmoid};
use crate::models;

/// Labels from which on a probe is taken at its word against a start without any.
const FEW: usize = 100;

/// A model that a round has made.
pub struct Candidate {
    pub round: i64,
    pub run: RunId,
    pub new: Current,
    pub gain: Option<f64>,
    pub began: Instant,
}

impl Watch<'_> {
    /// Compares, promotes if not worse, and tells. Its scores are there before it is current,
    /// so that no sheet finds an empty queue.
    pub(super) async fn conclude(&mut self, candidate: Candidate) -> Result<()> {
        let (session, store) = (self.session, &self.session.store);
        let (contest, from_start) = self.contest(candidate.run).await?;
        let (promoted, reason) = verdict(contest.as_ref(), from_start);
        let scored = match promoted {
            true => self.rescore(&candidate.new).await?,
            false => 0,
        };
        let told = match promoted {
            true => Some(&candidate.new),
            false => self.current.as_ref(),
        };
        let hidden = match told {
            Some(current) => self.hidden(current).await?,
            None => None,
        };
        let side = |of: fn(&Contest) -> (f64, f64)| {
            let both = contest.as_ref().map(of);
            (both.map(|both| both.0), both.map(|both| both.1))
        };
        let result = RoundResult {
            seconds: candidate.began.elapsed().as_secs_f64(),
            compared: contest.map_or(0, |contest| contest.compared as i64),
            accuracy: side(|contest| contest.accuracy),
            loss: side(|contest| contest.loss),
            promoted,
            reason: reason.clone(),
            hidden,
            gain: candidate.gain,
        };
        store
            .finish_round(candidate.round, &result, cli::now())
            .await?;
        let contest = contest.unwrap_or_default();
        session.printer.object(&json!({
            "round": candidate.round,
            "run": candidate.run.number(),
            "model": candidate.new.row.name,
            "promoted": promoted,
            "reason": reason,
            "compared": contest.compared,
            "only_new_right": contest.only_new_right,
            "only_old_right": contest.only_old_right,
            "accuracy": [contest.accuracy.0, contest.accuracy.1],
            "loss": [contest.loss.0, contest.loss.1],
            "hidden": hidden.map(|(expected, _)| expected),
            "gain": candidate.gain,
            "scored": scored,
            "seconds": result.seconds,
        }));
        session.printer.line(line(&candidate, &result, scored));
        let name = &candidate.new.row.name;
        session
            .printer
            .note(format!("{scored} covers scored by {name}"));
        if promoted {
            self.current = Some(candidate.new);
        }
        Ok(())
    }

    /// The new run against the model in use; whether that one is of before any label.
    async fn contest(&self, run: RunId) -> Result<(Option<Contest>, bool)> {
        let store = &self.session.store;
        let Some(row) = store.current_model(self.session.topic).await? else {
            return Ok((None, false));
        };
        let before: HashMap<i64, f64> = match row.run_id {
            Some(old) => {
                let rows = store.predictions(RunId::named(old)).await?;
                rows.into_iter().map(|row| (row.cover, row.logit)).collect()
            }
            // A model that has learned from no label may be judged on all of them.
            None if row.last_event == 0 => self.scores_of(&row).await?,
            None => HashMap::new(),
        };
        let labeled = store
            .labeled(self.session.topic, &self.plan.config.labels)
            .await?;
        let labels: HashMap<i64, bool> = labeled.iter().map(|one| (one.cover, one.label)).collect();
        let mut told = Told::default();
        for row in store.predictions(run).await? {
            let (Some(label), Some(odds)) = (labels.get(&row.cover), before.get(&row.cover)) else {
                continue;
            };
            told.labels.push(*label);
            told.before.push(*odds);
            told.after.push(row.logit);
            told.blocks.push(row.block.unwrap_or(row.cover as u32));
        }
        let contest = tokio::task::block_in_place(|| Contest::of(&told, self.plan.seed));
        Ok((contest, row.run_id.is_none() && row.last_event == 0))
    }

    async fn scores_of(&self, row: &store::training::ModelRow) -> Result<HashMap<i64, f64>> {
        let scores = self
            .session
            .store
            .scores(self.session.topic, row.id)
            .await?;
        let odds = |score: store::training::Score| {
            (
                score.cover,
                score
                    .logit
                    .unwrap_or_else(|| base_rate::log_odds(score.probability)),
            )
        };
        Ok(scores.into_iter().map(|(_, score)| odds(score)).collect())
    }

    /// Covers of the topic that are expected among the undecided of the negative pool, and how
    /// many those are.
    ///
    /// How common the topic is among them is what they themselves say (Saerens, Latinne and
    /// Decaestecker 2002, the EM of section 2): decisions speak of what was looked at first,
    /// and the likely ones were.
    async fn hidden(&self, current: &Current) -> Result<Option<(f64, i64)>> {
        let Some(eye) = &self.eye else {
            return Ok(None);
        };
        if current.loaded.card.backbone.as_deref() != Some(&eye.key) {
            return Ok(None);
        }
        let members = self.session.store.members(self.session.topic).await?;
        let undecided: Vec<i64> = members
            .iter()
            .filter(|one| one.pool == Pool::Negative && !one.decided && eye.bank.has(one.cover))
            .map(|one| one.cover)
            .collect();
        let judged = eye.judge(&current.loaded, &undecided)?;
        let odds: Vec<f64> = judged.iter().map(|judged| judged.log_odds).collect();
        let labels = current.loaded.card.base_rate;
        let expected = expected(&odds, labels);
        Ok(Some((expected, undecided.len() as i64)))
    }
}

/// How many of covers with these log-odds, which hold where `labels` of a hundred are of the
/// topic, are of it.
fn expected(log_odds: &[f64], labels: Option<f64>) -> f64 {
    const ROUNDS: usize = 50;
    let Some(labels) = labels else {
        return log_odds.iter().map(|odds| sigmoid(*odds)).sum();
    };
    let count = log_odds.len().max(1) as f64;
    let mut rate = labels;
    let mut sum = 0.0;
    for _ in 0..ROUNDS {
        let shift = base_rate::shift(labels, rate);
        sum = log_odds.iter().map(|odds| sigmoid(odds + shift)).sum();
        rate = sum / count;
    }
    sum
}

/// Whether to promote, and why, in words.
fn verdict(contest: Option<&Contest>, from_start: bool) -> (bool, String) {
    let Some(contest) = contest else {
        return (true, "nothing to compare with".into());
    };
    let (before, after) = contest.loss;
    let losses = format!(
        "log-loss {before:.4} before, {after:.4} after on the same {} covers",
        contest.compared
    );
    // What needs no labels is given up only for one that is seen to be as good; and by few labels,
    // which are of the covers that it believed in, only for one that is clearly better.
    let takes_over = contest.is_better() || (after <= before && contest.compared >= FEW);
    if from_start && !takes_over {
        return (
            false,
            format!("not yet clearly as good as without labels: {losses}"),
        );
    }
    match contest.is_worse() {
        true => (false, format!("worse: {losses}")),
        false => (true, format!("not worse: {losses}")),
    }
}

fn line(candidate: &Candidate, result: &RoundResult, scored: u64) -> String {
    let percent =
        |share: Option<f64>| share.map_or("–".into(), |one| format!("{:.1} %", one * 100.0));
    let hidden = result.hidden.map_or(String::new(), |(expected, of)| {
        format!("; about {expected:.0} of {of} undecided are expected to show the topic")
    });
    format!(
        "run {}: {} {} ({}); accuracy {} → {}{hidden}; {scored} covers scored, {:.1} s",
        candidate.run.number(),
        candidate.new.row.name,
        if result.promoted {
            "is now current"
        } else {
            "was not promoted"
        },
        result.reason,
        percent(result.accuracy.0),
        percent(result.accuracy.1),
        result.seconds,
    )
}

impl Current {
    /// Loads a model of the database.
    pub async fn named(watch: &Watch<'_>, name: &str) -> Result<Current> {
        use crate::rates::{Prior, Rates};
        let row = models::row(watch.session, Some(name)).await?;
        let loaded = models::load(watch.session, &row, watch.plan.device)?;
        let rates = Rates::read(watch.session, &row, &loaded.card, Prior::Auto).await?;
        Ok(Current { row, loaded, rates })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base_rate::log_odds;

    #[test]
    fn what_hides_is_counted_at_the_rate_that_the_covers_themselves_speak_for() {
        // 970 that look like others, 30 that look like the topic, by a model of even labels.
        let odds: Vec<f64> = (0..1000)
            .map(|row| if row < 30 { 6.0 } else { -6.0 })
            .collect();
        let told = expected(&odds, Some(0.5));
        assert!((25.0..35.0).contains(&told), "{told}");
        let plain = expected(&[log_odds(0.25), log_odds(0.5)], None);
        assert!((plain - 0.75).abs() < 1e-9);
        assert_eq!(expected(&[], Some(0.5)), 0.0);
    }

    #[test]
    fn a_model_is_promoted_unless_it_is_seen_to_be_worse() {
        let contest = |before, after, interval| Contest {
            compared: 9,
            loss: (before, after),
            interval,
            ..Contest::default()
        };
        assert!(verdict(None, false).0);
        assert!(verdict(Some(&contest(0.2, 0.25, Some((-0.1, 0.2)))), false).0);
        assert!(!verdict(Some(&contest(0.2, 0.5, Some((0.1, 0.4)))), false).0);
        let (promoted, reason) = verdict(Some(&contest(0.2, 0.25, None)), true);
        assert!(!promoted && reason.contains("without labels"), "{reason}");
        assert!(
            !verdict(Some(&contest(0.2, 0.1, None)), true).0,
            "few, and not clearly"
        );
        assert!(verdict(Some(&contest(0.2, 0.1, Some((-0.2, -0.05)))), true).0);
        let many = Contest {
            compared: FEW,
            ..contest(0.2, 0.1, None)
        };
        assert!(verdict(Some(&many), true).0);
    }
}
