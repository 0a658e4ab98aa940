//! What is shown of a training while it goes on: one line, always of the present.

use crate::memory;
use crate::training::guard::Health;
use crate::training::{EpochStats, Event, StepStats};

/// Weight of the newest step in the loss that is shown: a single batch is noise.
const NEWEST: f64 = 0.1;
/// Epochs in the sparkline.
const WIDTH: usize = 16;
/// Heights of the sparkline, from the least value to the greatest.
const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The present of one training.
#[derive(Clone, Debug, Default)]
pub struct Live {
    step: u64,
    loss: Option<f64>,
    rate: Option<f64>,
    epoch: Option<EpochStats>,
    /// Loss of every epoch on what it is watched by.
    curve: Vec<f64>,
    health: Option<Health>,
}

impl Live {
    /// Takes note of what happened; says by how many steps the training moved.
    pub fn note(&mut self, event: &Event) -> u64 {
        let before = self.step;
        match event {
            Event::Resumed(step, _) => self.step = *step,
            Event::Step(stats) => self.note_step(stats),
            Event::Epoch(stats) => {
                let watched = stats.inner_loss.or(stats.test_loss);
                self.curve.push(watched.unwrap_or(stats.train_loss));
                self.epoch = Some(*stats);
            }
            Event::Read(reading) => self.health = Some(reading.health),
            Event::Ended(_) => *self = Live::default(),
            Event::Sought(..) | Event::Warning(_) => {}
        }
        self.step.saturating_sub(before)
    }

    fn note_step(&mut self, stats: &StepStats) {
        self.step = stats.step;
        self.rate = Some(stats.learning_rate);
        let mean = self.loss.unwrap_or(stats.loss);
        self.loss = Some(mean + NEWEST * (stats.loss - mean));
    }

    /// `loss 0.512  test 81.0 %  learning  ▇▅▃▂  rate 2.0e-4  612 MB`, as far as known: a narrow
    /// terminal cuts the end, so what matters most comes first.
    pub fn line(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.loss.map(|loss| format!("loss {loss:.3}")));
        if let Some(stats) = &self.epoch {
            let accuracy = [
                ("inner", stats.inner_accuracy),
                ("test", stats.test_accuracy),
                ("train", Some(stats.train_accuracy)),
            ];
            let known = accuracy
                .iter()
                .find_map(|(part, share)| Some((part, (*share)?)));
            parts.extend(known.map(|(part, share)| format!("{part} {:.1} %", share * 100.0)));
        }
        parts.extend(self.health.map(|health| health.word().to_string()));
        parts.extend((!self.curve.is_empty()).then(|| sparkline(&self.curve)));
        parts.extend(self.rate.map(|rate| format!("rate {rate:.1e}")));
        parts.extend(memory::resident().map(memory::text));
        parts.join("  ")
    }
}

/// The last values as bars between their least and their greatest.
fn sparkline(values: &[f64]) -> String {
    let last = &values[values.len().saturating_sub(WIDTH)..];
    let least = last.iter().copied().fold(f64::INFINITY, f64::min);
    let most = last.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = (most - least).max(f64::MIN_POSITIVE);
    let height = |value: &f64| HEIGHTS[((value - least) / span * 7.0).round() as usize];
    last.iter().map(height).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::attempt::{Attempt, Diagnosis, Ended};

    fn step(step: u64, loss: f64) -> Event {
        Event::Step(StepStats {
            step,
            steps: 100,
            loss,
            learning_rate: 1e-3,
            gradient_norm: None,
        })
    }

    #[test]
    fn a_sparkline_falls_as_the_loss_does_and_a_flat_one_is_low() {
        assert_eq!(sparkline(&[0.9, 0.5, 0.1]), "█▅▁");
        assert_eq!(sparkline(&[0.5, 0.5]), "▁▁");
        assert_eq!(sparkline(&[]), "");
        assert_eq!(sparkline(&[1.0; 40]).chars().count(), WIDTH);
    }

    #[test]
    fn steps_move_the_training_and_an_attempt_given_up_starts_over() {
        let mut live = Live::default();
        assert_eq!(live.note(&Event::Resumed(40, 2)), 40);
        assert_eq!(live.note(&step(41, 0.5)), 1);
        assert!(live.line().starts_with("loss 0.500  rate 1.0e-3"));
        let ended = Event::Ended(Ended {
            attempt: Attempt {
                number: 1,
                seed: 1,
                learning_rate: 1.0,
            },
            step: 41,
            diagnosis: Diagnosis::Dead,
            readings: Vec::new(),
        });
        assert_eq!(live.note(&ended), 0);
        assert_eq!(live.note(&step(1, 0.7)), 1);
    }
}
