//! How far the decisions can be trusted: what an audit bounds, how many planted cats were seen,
//! how two looks at the same covers compare. Counts are the store's, intervals [`interval`]'s.

use serde::Serialize;
use store::audit::Audit;
use store::trust::{Recall, Twice};
use store::{Pool, Store, TopicId};

use crate::interval::{self, Total};

/// Shares that an audit is worth going on for.
const GOALS: [f64; 4] = [0.05, 0.01, 0.005, 0.001];

/// What an audit says, in the words that it is told with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bound {
    /// At most this share is not what it was taken for, at 95 %.
    pub at_most: f64,
    /// Covers looked at.
    pub checked: u64,
    /// Of them not what they were taken for, or perhaps not.
    pub found: u64,
    /// Covers that it speaks of.
    pub frame: u64,
    /// The next share that it can reach.
    pub goal: Option<Goal>,
}

/// What more would be known for how much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Goal {
    /// The share.
    pub at_most: f64,
    /// Covers still to look at, if no more is found.
    pub more: u64,
}

impl Bound {
    /// Of an audit in which something was looked at.
    pub fn of(audit: &Audit) -> Self {
        let (found, checked) = (audit.found, audit.checked);
        let at_most = if checked == audit.frame {
            // All of them were looked at: what is left is what the second look missed too.
            0.0
        } else {
            interval::upper(found, checked)
        };
        let reachable = |at_most| {
            let needed = interval::needed(found, at_most);
            (needed <= audit.sample && needed > checked).then(|| Goal {
                at_most,
                more: needed - checked,
            })
        };
        Self {
            at_most,
            checked,
            found,
            frame: audit.frame,
            goal: GOALS
                .into_iter()
                .filter(|goal| *goal < at_most)
                .find_map(reachable),
        }
    }
}

/// What the newest audit of a pool's kept covers says, once something was looked at.
///
/// # Errors
/// What the database says.
pub async fn bound(
    store: &Store,
    topic: TopicId,
    pool: Pool,
    slice: bool,
) -> Result<Option<Bound>, store::Error> {
    let audit = store.newest_audit(topic, pool, slice).await?;
    Ok(audit
        .filter(|audit| audit.frame > 0)
        .map(|audit| Bound::of(&audit)))
}

/// A person's recall of planted cats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Seen {
    /// The counts.
    #[serde(flatten)]
    pub recall: Recall,
    /// The share seen lies between these, at 95 %.
    pub interval: (f64, f64),
}

/// Two looks at the same covers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Looks {
    /// The counts.
    #[serde(flatten)]
    pub twice: Twice,
    /// All that show the topic among these covers.
    pub total: Total,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trust {
    /// Of kept negatives.
    pub negative: Option<Bound>,
    /// Of kept positives.
    pub positive: Option<Bound>,
    /// By person.
    pub planted: Vec<Seen>,
    /// By pool.
    pub looks: Vec<Looks>,
}

impl Trust {
    /// As it is now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn gather(store: &Store, topic: TopicId) -> Result<Self, store::Error> {
        let seen = |recall: Recall| Seen {
            interval: interval::share(recall.seen, recall.planted),
            recall,
        };
        let looks = |twice: Twice| Looks {
            total: interval::total(twice.first, twice.second, twice.both),
            twice,
        };
        let started = |bound: Option<Bound>| bound.filter(|bound| bound.checked > 0);
        Ok(Self {
            negative: started(bound(store, topic, Pool::Negative, false).await?),
            positive: started(bound(store, topic, Pool::Positive, false).await?),
            planted: store
                .planted_recall(topic)
                .await?
                .into_iter()
                .map(seen)
                .collect(),
            looks: store
                .looked_twice(topic)
                .await?
                .into_iter()
                .map(looks)
                .collect(),
        })
    }

    /// Planted cats of all people, and those seen.
    pub fn planted(&self) -> (u64, u64) {
        let sum = |of: fn(&Recall) -> u64| self.planted.iter().map(|seen| of(&seen.recall)).sum();
        (sum(|recall| recall.planted), sum(|recall| recall.seen))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn audit(frame: u64, sample: u64, checked: u64, found: u64) -> Audit {
        Audit {
            id: "a".into(),
            pool: Pool::Negative,
            below: None,
            current: true,
            frame,
            sample,
            opened_at: 0,
            checked,
            found,
            waiting: sample - checked,
        }
    }

    #[test]
    fn a_bound_says_what_is_next_and_what_it_costs() {
        let goal = |frame, sample, checked, found| {
            Bound::of(&audit(frame, sample, checked, found))
                .goal
                .map(|goal| (goal.at_most, goal.more))
        };
        assert_eq!(goal(5000, 3000, 0, 0), Some((0.05, 59)));
        assert_eq!(goal(5000, 3000, 60, 0), Some((0.01, 239)));
        assert_eq!(goal(5000, 3000, 300, 0), Some((0.005, 298)));
        assert_eq!(
            goal(500, 500, 300, 0),
            None,
            "the sample is too small for more"
        );
        assert_eq!(goal(5000, 3000, 300, 1), Some((0.01, 173)));
    }

    #[test]
    fn when_all_were_looked_at_nothing_is_left_to_bound() {
        assert!(Bound::of(&audit(40, 40, 40, 2)).at_most == 0.0);
        assert!(Bound::of(&audit(40, 40, 39, 0)).at_most > 0.05);
    }
}
