//! The label rule, in its one place: pool and decision in, class out.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use crate::statement::statements;
use crate::{Choice, Error, Result, Store, TopicId};

statements! {
    /// The decision's own pool counts where there is one: a cover may have moved since.
    CANDIDATES = "
        select c.id, c.sha256, c.image_sha256, coalesce(s.pool, p.pool), s.decision
        from pool p
        join cover c on c.id = p.cover_id
        left join standing s on s.topic_id = p.topic_id and s.cover_id = p.cover_id
        where p.topic_id = $1
        order by c.id";
    /// The same where the undecided have no label: it costs what was decided, not what is there.
    DECIDED = "
        select c.id, c.sha256, c.image_sha256, s.pool, s.decision
        from standing s
        join cover c on c.id = s.cover_id
        where s.topic_id = $1
          and exists (select 1 from pool p
                      where p.topic_id = s.topic_id and p.cover_id = s.cover_id)
        order by c.id";
    /// Of equally common ones the first by name.
    COMMONEST_RULE = "
        select c.resize_rule from standing s join cover c on c.id = s.cover_id
        where s.topic_id = $1
        group by c.resize_rule order by count(*) desc, c.resize_rule limit 1";
}

/// Why a cover is a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pool {
    /// Met at random.
    Negative,
    /// Searched for.
    Positive,
}

impl Pool {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Negative => "negative",
            Self::Positive => "positive",
        }
    }
}

impl fmt::Display for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Pool {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "negative" => Ok(Self::Negative),
            "positive" => Ok(Self::Positive),
            other => Err(Error::Value {
                what: "pool",
                value: other.to_owned(),
            }),
        }
    }
}

/// What becomes of rejected and undecided covers. The default is the contract's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LabelRule {
    /// Leave rejected negatives out, instead of taking them as positives.
    pub drop_rejected_negatives: bool,
    /// Take rejected positives as negatives, instead of leaving them out.
    pub rejected_positives_are_negative: bool,
    /// Undecided covers of the negative pool stand as negatives.
    pub trust_undecided_negatives: bool,
    /// Undecided covers of the positive pool stand as positives.
    pub trust_undecided_positives: bool,
}

impl LabelRule {
    /// `Some(true)`: shows the topic; `Some(false)`: does not; `None`: left out of training.
    pub fn label(&self, pool: Pool, decision: Option<Choice>) -> Option<bool> {
        match (pool, decision) {
            (Pool::Negative, Some(Choice::Keep)) => Some(false),
            (Pool::Positive, Some(Choice::Keep)) => Some(true),
            (Pool::Negative, Some(Choice::Reject)) => {
                (!self.drop_rejected_negatives).then_some(true)
            }
            (Pool::Positive, Some(Choice::Reject)) => {
                self.rejected_positives_are_negative.then_some(false)
            }
            (_, Some(Choice::Unsure | Choice::Broken)) => None,
            (Pool::Negative, None) => self.trust_undecided_negatives.then_some(false),
            (Pool::Positive, None) => self.trust_undecided_positives.then_some(true),
        }
    }
}

impl LabelRule {
    /// Whether undecided covers of some pool have a label.
    pub fn trusts_undecided(&self) -> bool {
        self.trust_undecided_negatives || self.trust_undecided_positives
    }
}

/// A cover with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labeled {
    /// The cover's id.
    pub cover: i64,
    /// Its identity.
    pub sha256: [u8; 32],
    /// Hash of the stored image: it changes when the cover is re-made by another rule.
    pub image_sha256: [u8; 32],
    /// Whether it shows the topic.
    pub label: bool,
}

#[derive(FromRow)]
struct Candidate(i64, Vec<u8>, Vec<u8>, String, Option<String>);

impl Store {
    /// All covers of a topic that have a label under `rule`, by cover id.
    ///
    /// # Errors
    /// What the database says.
    pub async fn labeled(&self, topic: TopicId, rule: &LabelRule) -> Result<Vec<Labeled>> {
        let rows: Vec<Candidate> = match rule.trusts_undecided() {
            true => sqlx::query_as(CANDIDATES),
            false => sqlx::query_as(DECIDED),
        }
        .bind(topic.0)
        .fetch_all(self.read())
        .await?;
        let mut labeled = Vec::new();
        for Candidate(cover, sha256, image_sha256, pool, decision) in rows {
            let decision = decision.as_deref().map(str::parse).transpose()?;
            if let Some(label) = rule.label(pool.parse()?, decision) {
                labeled.push(Labeled {
                    cover,
                    sha256: hash(&sha256)?,
                    image_sha256: hash(&image_sha256)?,
                    label,
                });
            }
        }
        Ok(labeled)
    }

    /// How most of the decided covers' images were made; `None` when nothing is decided.
    ///
    /// # Errors
    /// What the database says.
    pub async fn commonest_resize_rule(&self, topic: TopicId) -> Result<Option<String>> {
        Ok(sqlx::query_scalar(COMMONEST_RULE)
            .bind(topic.0)
            .fetch_optional(self.read())
            .await?)
    }
}

/// A stored hash; the schema holds its length.
pub(crate) fn hash(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| Error::Value {
        what: "SHA-256",
        value: format!("{} bytes", bytes.len()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_rule_is_the_contracts_table() {
        use Choice::{Broken, Keep, Reject, Unsure};
        use Pool::{Negative, Positive};
        let default = LabelRule::default();
        let article = LabelRule {
            drop_rejected_negatives: true,
            trust_undecided_positives: true,
            ..default
        };
        let all = LabelRule {
            rejected_positives_are_negative: true,
            trust_undecided_negatives: true,
            ..article
        };
        let rows = [
            // pool, decision, default, article, everything set
            (Negative, Some(Keep), Some(false), Some(false), Some(false)),
            (Negative, Some(Reject), Some(true), None, None),
            (Negative, Some(Unsure), None, None, None),
            (Negative, Some(Broken), None, None, None),
            (Negative, None, None, None, Some(false)),
            (Positive, Some(Keep), Some(true), Some(true), Some(true)),
            (Positive, Some(Reject), None, None, Some(false)),
            (Positive, Some(Unsure), None, None, None),
            (Positive, Some(Broken), None, None, None),
            (Positive, None, None, Some(true), Some(true)),
        ];
        for (pool, decision, by_default, by_article, by_all) in rows {
            assert_eq!(
                default.label(pool, decision),
                by_default,
                "{pool} {decision:?}"
            );
            assert_eq!(
                article.label(pool, decision),
                by_article,
                "{pool} {decision:?}"
            );
            assert_eq!(all.label(pool, decision), by_all, "{pool} {decision:?}");
        }
    }
}
