//! When the covers below a score may be kept at once, and which scores are worth asking about.
//! Pure but for [`State::gather`].

use serde::Serialize;
use store::audit::Audit;
use store::slice::{STEPS_IN_ONE, Step};
use store::{Pool, Store, TopicId};

use crate::interval;
use crate::trust::Bound;

/// The share of a slice that may show the topic, at 95 %, for the rest of it to be kept.
pub const SHARE: f64 = 0.01;

/// What an audit says of keeping the rest of its slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "state", content = "n", rename_all = "snake_case")]
pub enum Permission {
    /// It may be kept.
    Given,
    /// So many of the sample are still to be looked at.
    Unfinished(u64),
    /// Too many were found: whatever else is seen, the bound stays above [`SHARE`].
    TooMany,
    /// So many of the sample cannot be looked at any more, so it tells nothing.
    Lost(u64),
}

/// The rule. All of the sample has been looked at, and bounds what is hidden in the slice to
/// [`SHARE`]; or the slice is so small that all of it has been. Which model is in use by now does
/// not matter to the bound, which is of covers drawn once and for all: what the newer one
/// believes likelier is left out by the store.
pub fn permission(audit: &Audit) -> Permission {
    let all = audit.sample == audit.frame;
    let lost = audit.sample - (audit.checked + audit.waiting).min(audit.sample);
    match () {
        () if !all && interval::upper(audit.found, audit.sample) > SHARE => Permission::TooMany,
        () if lost > 0 => Permission::Lost(lost),
        () if audit.waiting > 0 => Permission::Unfinished(audit.waiting),
        () => Permission::Given,
    }
}

/// Whether a slice may be sampled: one that has failed may not be drawn again, nor one around it,
/// until it happens to succeed.
pub fn may_sample(newest: Option<&Audit>, below: f64) -> bool {
    newest.is_none_or(|audit| {
        let failed = audit.current && permission(audit) == Permission::TooMany;
        !failed || audit.below.is_none_or(|failed| below < failed - NOTHING)
    })
}

/// Whether an audit is of the covers below that score.
pub fn same(audit: &Audit, below: f64) -> bool {
    let near = |of: f64| (of - below).abs() < NOTHING;
    audit.below.is_some_and(near)
}

/// Thresholds that differ by less are the same.
const NOTHING: f64 = 1e-9;

/// A slice worth offering.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Offer {
    /// One expected cover of the topic in at least so many.
    pub one_in: u64,
    /// Its threshold, in [`STEPS_IN_ONE`].
    pub below: u32,
    /// Undecided covers.
    pub covers: u64,
    /// Of the topic among them, if the model is right.
    pub expected: f64,
}

/// One in so many, the most careful first.
const ONE_IN: [u64; 5] = [10_000, 2000, 500, 200, 100];
/// The one that is offered before the others.
const USUAL: u64 = 500;

/// For each share the largest slice that has it; slices that are the same only once.
pub fn offers(steps: &[Step]) -> Vec<Offer> {
    let (mut covers, mut expected) = (0, 0.0);
    let whole: Vec<_> = steps
        .iter()
        .map(|step| {
            covers += step.covers;
            expected += step.expected;
            (step.below, covers, expected)
        })
        .collect();
    let mut offers: Vec<Offer> = Vec::new();
    for one_in in ONE_IN {
        let fits =
            |(_, covers, expected): &&(u32, u64, f64)| *expected * one_in as f64 <= *covers as f64;
        let Some(&(below, covers, expected)) = whole.iter().rev().find(fits) else {
            continue;
        };
        let offer = Offer {
            one_in,
            below,
            covers,
            expected,
        };
        if offers.last().is_none_or(|last| last.below != below) {
            offers.push(offer);
        }
    }
    offers
}

/// The one to begin with.
pub fn usual(offers: &[Offer]) -> Option<&Offer> {
    let careful = offers.iter().rev().find(|offer| offer.one_in >= USUAL);
    careful.or_else(|| offers.first())
}

/// How far a slice is from being kept.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct State {
    /// The audit's id.
    pub audit: String,
    /// The score that the slice is below.
    pub below: f64,
    /// Covers that the sample was drawn from.
    pub frame: u64,
    /// Covers of the sample.
    pub sample: u64,
    /// Of them, found to show the topic, or perhaps.
    pub found: u64,
    /// Covers of the topic among them, at most, at 95 %.
    pub most: u64,
    /// What the audit says.
    #[serde(flatten)]
    pub permission: Permission,
    /// Covers that would be kept, once that is allowed.
    pub left: u64,
}

impl State {
    /// Whether all that could be asked or kept has been.
    pub fn over(&self) -> bool {
        self.permission == Permission::Given && self.left == 0
    }

    /// Of the newest audit of a slice of the pool.
    ///
    /// # Errors
    /// What the database says.
    pub async fn gather(
        store: &Store,
        topic: TopicId,
        pool: Pool,
    ) -> Result<Option<Self>, store::Error> {
        let Some(audit) = store.newest_audit(topic, pool, true).await? else {
            return Ok(None);
        };
        let permission = permission(&audit);
        let left = match permission {
            Permission::Given => store.left_of_slice(topic, &audit.id).await?,
            _ => 0,
        };
        let at_most = Bound::of(&audit).at_most;
        Ok(Some(Self {
            below: audit.below.unwrap_or_default(),
            frame: audit.frame,
            sample: audit.sample,
            found: audit.found,
            most: (at_most * audit.frame as f64).floor() as u64,
            permission,
            left,
            audit: audit.id,
        }))
    }
}

/// A threshold as a share of one.
pub fn share_of(steps: u32) -> f64 {
    f64::from(steps) / f64::from(STEPS_IN_ONE)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn audit(frame: u64, sample: u64, checked: u64, found: u64) -> Audit {
        Audit {
            below: Some(0.01),
            ..crate::trust::tests::audit(frame, sample, checked, found)
        }
    }

    #[test]
    fn the_rest_may_be_kept_once_the_whole_sample_bounds_it_to_one_in_a_hundred() {
        use Permission::{Given, Lost, TooMany, Unfinished};
        for (frame, sample, checked, found, expected) in [
            (5000, 300, 300, 0, Given),
            (5000, 300, 0, 0, Unfinished(300)),
            (5000, 300, 299, 0, Unfinished(1)),
            // One is too many, and that is known as soon as it is found.
            (5000, 300, 300, 1, TooMany),
            (5000, 300, 60, 1, TooMany),
            // Of a slice that is looked at whole nothing is left to bound.
            (300, 300, 300, 0, Given),
            (200, 200, 200, 7, Given),
            (200, 200, 199, 7, Unfinished(1)),
            (0, 0, 0, 0, Given),
        ] {
            let audit = audit(frame, sample, checked, found);
            assert_eq!(permission(&audit), expected, "{audit:?}");
        }
        let mut gone = audit(5000, 300, 290, 0);
        gone.waiting = 6;
        assert_eq!(permission(&gone), Lost(4));
        // Another model changes nothing of what was drawn.
        let mut older = audit(5000, 300, 300, 0);
        older.current = false;
        assert_eq!(permission(&older), Given);
    }

    #[test]
    fn a_slice_that_failed_is_not_drawn_again_until_it_succeeds() {
        let failed = audit(5000, 300, 60, 1);
        assert!(!may_sample(Some(&failed), 0.01));
        assert!(!may_sample(Some(&failed), 0.02));
        assert!(may_sample(Some(&failed), 0.0099));
        let mut older = failed.clone();
        older.current = false;
        assert!(
            may_sample(Some(&older), 0.01),
            "another model, another slice"
        );
        assert!(may_sample(Some(&audit(5000, 300, 60, 0)), 0.01));
        assert!(may_sample(None, 1.0));
    }

    #[test]
    fn the_largest_slice_of_each_share_is_offered_once() {
        let step = |below, covers, expected| Step {
            below,
            covers,
            expected,
        };
        let steps = [
            step(1, 1000, 0.05),
            step(10, 3000, 1.0),
            step(20, 1000, 3.95),
            step(300, 100, 13.0),
            step(5000, 900, 400.0),
        ];
        let told: Vec<_> = offers(&steps)
            .iter()
            .map(|offer| (offer.one_in, offer.below, offer.covers))
            .collect();
        assert_eq!(
            told,
            [
                (10_000, 1, 1000),
                (2000, 10, 4000),
                (500, 20, 5000),
                (200, 300, 5100)
            ]
        );
        assert_eq!(usual(&offers(&steps)).unwrap().one_in, 500);
        assert!(offers(&[step(4000, 10, 3.0)]).is_empty());
        let careless = offers(&[step(90, 1000, 9.0)]);
        assert_eq!(usual(&careless).unwrap().one_in, 100);
        assert!(usual(&[]).is_none());
    }
}
