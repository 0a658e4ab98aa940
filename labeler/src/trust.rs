//! How far the decisions can be trusted: what an audit bounds, how many planted cats were seen,
//! how two looks at the same covers compare. Counts are the store's, intervals [`interval`]'s.

use serde::Serialize;
use store::audit::Audit;
use store::trust::{Recall, Twice};
use store::{Pool, Store, TopicId};

use crate::agreement::Agreement;
use crate::hidden;
use crate::interval::{self, Total};

/// Shares that an audit is worth going on for.
const GOALS: [f64; 4] = [0.05, 0.01, 0.005, 0.001];

/// Fewer planted cats than this tell next to nothing: all of five seen still allows for every
/// second one to be missed.
const TELLING: u64 = 5;

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
    /// What it would be if the second look missed as many as were missed of planted cats.
    pub if_missed: Option<IfMissed>,
}

/// What an audit says when its looks are not believed to see everything.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct IfMissed {
    /// Planted cats that those who looked met.
    pub planted: u64,
    /// And saw.
    pub seen: u64,
    /// At most this share, at 95 %.
    pub at_most: f64,
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
        let (frame, checked, found) = (audit.frame, audit.checked, audit.found);
        let slice = audit.below.is_some();
        let at_most = match () {
            // All of them were looked at: what is left is what the second look missed too.
            () if checked == frame => 0.0,
            // How many of a slice are looked at is settled beforehand.
            () if slice => interval::upper(found, checked),
            () => hidden::still(frame, checked, found),
        };
        let reachable = |at_most| {
            let needed = hidden::needed(frame, audit.sample, checked, found, at_most)?;
            Some(Goal {
                at_most,
                more: needed - checked,
            })
        };
        Self {
            at_most,
            checked,
            found,
            frame,
            goal: GOALS
                .into_iter()
                .filter(|goal| !slice && *goal < at_most)
                .find_map(reachable),
            if_missed: None,
        }
    }

    /// Those who looked are believed to see as often as they saw planted cats.
    fn allow_for_misses(&mut self, recalls: &[Recall], auditors: &[String]) {
        let of_these = recalls.iter().filter(|of| auditors.contains(&of.annotator));
        let (planted, seen) =
            of_these.fold((0, 0), |sum, of| (sum.0 + of.planted, sum.1 + of.seen));
        let found = self.found as f64 / self.frame as f64;
        let all = hidden::at_most_if_missed(self.checked, self.found, (planted, seen));
        self.if_missed = (planted >= TELLING).then_some(IfMissed {
            planted,
            seen,
            at_most: (all - found).max(self.at_most),
        });
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

/// What two people said of the same covers, neither seeing the other's answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Overlap {
    /// The counts.
    #[serde(flatten)]
    pub twice: Twice,
    /// How well they agree.
    #[serde(flatten)]
    pub agreement: Agreement,
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
    /// By pool.
    pub overlap: Vec<Overlap>,
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
        let overlap = |twice: Twice| {
            let agreement = Agreement::of(&twice)?;
            Some(Overlap { twice, agreement })
        };
        let recalls = store.planted_recall(topic).await?;
        let started = |bound: Option<Bound>| bound.filter(|bound| bound.checked > 0);
        let mut negative = started(bound(store, topic, Pool::Negative, false).await?);
        if let Some(bound) = &mut negative {
            let auditors = store.auditors(topic, Pool::Negative).await?;
            bound.allow_for_misses(&recalls, &auditors);
        }
        Ok(Self {
            negative,
            positive: started(bound(store, topic, Pool::Positive, false).await?),
            planted: recalls.into_iter().map(seen).collect(),
            looks: store
                .looked_twice(topic, false)
                .await?
                .into_iter()
                .map(looks)
                .collect(),
            overlap: store
                .looked_twice(topic, true)
                .await?
                .into_iter()
                .filter_map(overlap)
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
        for (checked, found, next) in [(0, 0, 0.05), (66, 0, 0.01), (330, 0, 0.005), (330, 1, 0.01)]
        {
            let (share, more) = goal(5000, 3000, checked, found).unwrap();
            assert!((share - next).abs() < 1e-12, "{checked} {found}: {share}");
            assert!(Bound::of(&audit(5000, 3000, checked + more, found)).at_most <= share);
        }
        assert_eq!(
            goal(5000, 500, 400, 0),
            None,
            "the sample is too small for more"
        );
        let mut slice = audit(5000, 300, 0, 0);
        slice.below = Some(0.01);
        assert_eq!(
            Bound::of(&slice).goal,
            None,
            "all of its sample is asked for"
        );
    }

    #[test]
    fn who_misses_planted_cats_is_believed_to_miss_others_in_an_audit() {
        let recall = |annotator: &str, seen| Recall {
            annotator: annotator.into(),
            planted: 20,
            seen,
        };
        let one = Recall {
            planted: 1,
            ..recall("eva", 1)
        };
        let recalls = [recall("mia", 12), recall("lin", 20), one];
        let allowed = |auditors: &[&str]| {
            let mut bound = Bound::of(&audit(5000, 600, 600, 1));
            let auditors: Vec<_> = auditors.iter().map(|name| (*name).to_owned()).collect();
            bound.allow_for_misses(&recalls, &auditors);
            (bound.at_most, bound.if_missed)
        };
        let (seeing, mia) = allowed(&["mia"]);
        let mia = mia.unwrap();
        assert_eq!((mia.planted, mia.seen), (20, 12));
        assert!(mia.at_most > 2.0 * seeing, "{mia:?} {seeing}");
        let (_, lin) = allowed(&["lin"]);
        assert!(lin.unwrap().at_most < mia.at_most);
        assert_eq!(allowed(&["mia", "lin"]).1.unwrap().planted, 40);
        for unknown in ["una", "eva"] {
            assert_eq!(
                allowed(&[unknown]).1,
                None,
                "of {unknown} too little is known"
            );
        }
    }

    #[test]
    fn when_all_were_looked_at_nothing_is_left_to_bound() {
        assert!(Bound::of(&audit(40, 40, 40, 2)).at_most == 0.0);
        assert!(Bound::of(&audit(40, 40, 20, 0)).at_most > 0.05);
    }
}
