//! The base rates that a find works with: of the labels that its model learned from, and of
//! each pool that it looks through.

use std::fmt;
use std::str::FromStr;

use cli::Result;
use serde_json::{Value, json};
use store::Pool;
use store::training::{ModelRow, RunId};

use crate::base_rate::{of_decisions, shift};
use crate::metrics::sigmoid;
use crate::session::Session;
use crate::weights::Card;

/// `--prior`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Prior {
    /// Each pool's rate, from what people decided in it.
    #[default]
    Auto,
    /// Probabilities stay at the labels' rate.
    Off,
    /// This rate in all pools.
    At(f64),
}

impl FromStr for Prior {
    type Err = String;

    fn from_str(text: &str) -> Result<Prior, String> {
        let rate = || text.parse().ok().filter(|rate| *rate > 0.0 && *rate < 1.0);
        match text {
            "auto" => Ok(Prior::Auto),
            "off" => Ok(Prior::Off),
            _ => rate()
                .map(Prior::At)
                .ok_or_else(|| "say auto, off, or a rate between 0 and 1".into()),
        }
    }
}

impl fmt::Display for Prior {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Prior::Auto => f.write_str("auto"),
            Prior::Off => f.write_str("off"),
            Prior::At(rate) => write!(f, "{rate}"),
        }
    }
}

/// How common the topic is, where it matters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Among the labels that the model learned from.
    pub labels: f64,
    /// Among covers met at random.
    pub negative: f64,
    /// Among those searched for.
    pub positive: f64,
}

impl Rates {
    /// As the flag says; without a correction for a model that does not tell the rate of its
    /// labels.
    ///
    /// # Errors
    /// What the database says.
    pub async fn read(
        session: &Session,
        row: &ModelRow,
        card: &Card,
        prior: Prior,
    ) -> Result<Rates> {
        let labels = match (card.base_rate, row.run_id) {
            (Some(rate), _) => Some(rate),
            (None, Some(run)) => of_run(session, RunId::named(run)).await?,
            (None, None) => None,
        };
        let Some(labels) = labels else {
            return Ok(Rates::uncorrected(0.5));
        };
        Ok(match prior {
            Prior::Off => Rates::uncorrected(labels),
            Prior::At(rate) => Rates {
                negative: rate,
                positive: rate,
                labels,
            },
            Prior::Auto => {
                let (negative, positive) = of_pools(session).await?;
                Rates {
                    labels,
                    negative,
                    positive,
                }
            }
        })
    }

    fn uncorrected(labels: f64) -> Rates {
        Rates {
            labels,
            negative: labels,
            positive: labels,
        }
    }

    /// The rate of a pool.
    pub fn of(&self, pool: Pool) -> f64 {
        match pool {
            Pool::Negative => self.negative,
            Pool::Positive => self.positive,
        }
    }

    /// The probability in a pool of log-odds at the labels' rate.
    pub fn probability(&self, pool: Pool, log_odds: f64) -> f64 {
        sigmoid(log_odds + shift(self.labels, self.of(pool)))
    }

    /// As `find --json` tells them.
    pub fn json(&self) -> Value {
        json!({ "labels": self.labels, "negative": self.negative, "positive": self.positive })
    }
}

async fn of_run(session: &Session, run: RunId) -> Result<Option<f64>> {
    let covers = session.store.run_covers(run).await?;
    let topics = covers.iter().filter(|cover| cover.label).count();
    Ok((!covers.is_empty()).then(|| topics as f64 / covers.len() as f64))
}

/// The topic's share of what was decided in the negative and in the positive pool: a cover
/// that a person rejected from the random ones is of the topic.
///
/// # Errors
/// What the database says.
pub async fn of_pools(session: &Session) -> Result<(f64, f64)> {
    let negative = session
        .store
        .spoken_for(session.topic, Pool::Negative)
        .await?;
    let positive = session
        .store
        .spoken_for(session.topic, Pool::Positive)
        .await?;
    Ok((
        of_decisions(negative.rejected, negative.kept),
        of_decisions(positive.kept, positive.rejected),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prior_is_read_as_it_is_written_and_nonsense_refused() {
        for text in ["auto", "off", "0.02"] {
            assert_eq!(text.parse::<Prior>().expect("a prior").to_string(), text);
        }
        for text in ["on", "0", "1", "2 %"] {
            assert!(text.parse::<Prior>().is_err(), "{text}");
        }
    }

    #[test]
    fn each_pool_has_its_own_odds_and_equal_rates_change_nothing() {
        let rates = Rates {
            labels: 0.5,
            negative: 0.1,
            positive: 0.5,
        };
        assert!((rates.probability(Pool::Negative, 0.0) - 0.1).abs() < 1e-12);
        assert_eq!(rates.probability(Pool::Positive, 0.0), 0.5);
        let off = Rates::uncorrected(0.3);
        assert_eq!(off.probability(Pool::Negative, 1.25), sigmoid(1.25));
    }
}
