//! A threshold for `fit` and `find`, chosen on what a run predicted out of fold.

use cli::{Failure, Result};
use store::training::RunId;

use crate::session::Session;
use crate::threshold::{Aim, Chosen, Evidence, choose};
use crate::weights::Calibration;

/// What a threshold is chosen on, and for.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// What it is for.
    pub aim: Aim,
    /// The run whose predictions show what a threshold gives; `None` if the model has none.
    pub run: Option<RunId>,
    /// How its margins become probabilities.
    pub calibration: Calibration,
    /// The base rate where the threshold will be used.
    pub rate: f64,
}

impl Choice {
    /// The threshold, told in words where it was chosen and not typed.
    ///
    /// # Errors
    /// Bad input when there are no predictions to choose on.
    pub async fn make(&self, session: &Session) -> Result<f64> {
        if let Aim::At(threshold) = self.aim {
            return Ok(threshold);
        }
        let chosen = self.choose(session).await?.ok_or_else(|| {
            Failure::usage(format!(
                "a threshold for {} is chosen on out-of-fold predictions, and this model has none\n\
                 Run trainer kfold with the same flags and then trainer fit, or say a number.",
                self.aim
            ))
        })?;
        session.printer.note(self.sentence(&chosen));
        Ok(chosen.threshold)
    }

    async fn choose(&self, session: &Session) -> Result<Option<Chosen>> {
        let Some(run) = self.run else { return Ok(None) };
        let rows = session.store.predictions(run).await?;
        let labels: Vec<bool> = rows.iter().map(|row| row.label).collect();
        let log_odds = rows.iter().map(|row| self.calibration.log_odds(row.logit));
        let log_odds: Vec<f64> = log_odds.collect();
        let evidence = Evidence {
            labels: &labels,
            log_odds: &log_odds,
            rate: self.rate,
        };
        Ok(choose(self.aim, &evidence))
    }

    fn sentence(&self, chosen: &Chosen) -> String {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let short = match self.aim {
            Aim::Precision(least) if chosen.precision < least => {
                format!(
                    "no threshold reaches {}; the most precise is taken. ",
                    percent(least)
                )
            }
            _ => String::new(),
        };
        format!(
            "{short}threshold {:.3} for {}: where {} show the topic, {} of those called are \
             expected to be right, and {} of the topic to be found",
            chosen.threshold,
            self.aim,
            percent(self.rate),
            percent(chosen.precision),
            percent(chosen.recall),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_threshold_gives_is_told_and_a_precision_out_of_reach_said_first() {
        let choice = |aim| Choice {
            aim,
            run: None,
            calibration: Calibration::NONE,
            rate: 0.031,
        };
        let chosen = Chosen {
            threshold: 0.25,
            precision: 0.91,
            recall: 0.8,
        };
        let told = choice(Aim::BestF1).sentence(&chosen);
        assert_eq!(
            told,
            "threshold 0.250 for best-f1: where 3.1 % show the topic, 91.0 % of those called \
             are expected to be right, and 80.0 % of the topic to be found"
        );
        let told = choice(Aim::Precision(0.95)).sentence(&chosen);
        assert!(told.starts_with("no threshold reaches 95.0 %; the most precise is taken. "));
    }
}
