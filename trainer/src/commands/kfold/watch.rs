//! What is told and stored while a fold is trained.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cli::{Bar, Failure, Result};
use store::training::{AttemptRow, EpochRow};
use tokio::runtime::Handle;

use super::{Kfold, lease};
use crate::commands::live::Live;
use crate::config::Method;
use crate::training::attempt::{Ended, MOST};
use crate::training::{EpochStats, Event, Trained};

/// Well before a claim runs out.
const RENEW_EVERY: Duration = Duration::from_secs(60);

/// Tells and stores what happens while a fold is trained.
pub(super) struct FoldWatch<'a> {
    kfold: &'a Kfold<'a>,
    fold: u32,
    /// None of a probe, which is fitted at once.
    bar: Option<Bar>,
    live: Live,
    renewed: Instant,
    /// What the database said, to be returned once the training has stopped.
    pub(super) failure: Option<Failure>,
}

impl<'a> FoldWatch<'a> {
    pub(super) fn new(kfold: &'a Kfold<'a>, fold: u32) -> FoldWatch<'a> {
        let mut watch = FoldWatch {
            bar: None,
            kfold,
            fold,
            live: Live::default(),
            renewed: Instant::now(),
            failure: None,
        };
        watch.start_bar();
        watch
    }

    /// A bar over all steps; another attempt has one of its own.
    fn start_bar(&mut self) {
        let Kfold {
            plan,
            divided,
            session,
            ..
        } = self.kfold;
        if let Method::Steps { .. } = plan.config.method {
            let train = divided.folds.train(self.fold as usize);
            let steps = plan.config.steps(train.len());
            self.bar = Some(session.printer.bar(self.name(), Some(steps)));
        }
    }

    /// `fold 2/4`
    fn name(&self) -> String {
        format!(
            "fold {}/{}",
            self.fold + 1,
            self.kfold.divided.folds.count()
        )
    }

    /// The fold is over; says which epoch was chosen, if one was.
    pub(super) fn finish(&self, trained: Option<&Trained>) {
        if let Some(bar) = &self.bar {
            bar.finish();
        }
        if let Some(trained) = trained
            && let Some(best) = trained.best_epoch
        {
            self.tell(format!(
                "{}: epoch {best} of {} was best on the covers held back",
                self.name(),
                trained.epochs.len(),
            ));
        }
    }

    /// A line that stays.
    fn tell(&self, line: String) {
        match &self.bar {
            _ if self.kfold.session.quiet => {}
            Some(bar) => bar.println(line),
            None => self.kfold.session.printer.note(line),
        }
    }

    pub(super) fn observe(&mut self, event: &Event) -> ControlFlow<()> {
        let moved = self.live.note(event);
        if let Some(bar) = &self.bar {
            bar.message(self.live.line());
            bar.inc(moved);
        }
        if let Err(failure) = self.record(event) {
            self.failure = Some(failure);
            return ControlFlow::Break(());
        }
        match self.kfold.session.stop.asked() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn record(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Resumed(step, epoch) => {
                self.tell(format!(
                    "{} goes on from step {step}, in epoch {epoch}",
                    self.name()
                ));
                Ok(())
            }
            Event::Step(_) => self.renew(),
            Event::Epoch(stats) => self.epoch(stats),
            Event::Read(_) => Ok(()),
            Event::Sought(rate, points) => self.sought(*rate, points),
            Event::Ended(ended) => self.ended(ended),
            Event::Warning(words) => {
                self.kfold
                    .session
                    .printer
                    .warn(format!("{}: {words}", self.name()));
                Ok(())
            }
        }
    }

    fn sought(&self, rate: f64, points: &[(f64, f64)]) -> Result<()> {
        self.tell(format!(
            "{}: the range test chose a rate of {rate:.1e}",
            self.name()
        ));
        let Kfold { session, run, .. } = self.kfold;
        let stored = session.store.put_range_test(*run, self.fold, points);
        Ok(Handle::current().block_on(stored)?)
    }

    /// Stores an attempt that was given up; the next one starts at the first step.
    fn ended(&mut self, ended: &Ended) -> Result<()> {
        let again = match ended.attempt.number < MOST {
            true => "\nIt is started over with another seed and a third of the rate.",
            false => "",
        };
        let printer = self.kfold.session.printer;
        printer.warn(format!("{}: {ended}{again}", self.name()));
        if let Some(bar) = self.bar.take() {
            bar.finish();
        }
        self.start_bar();
        let row = AttemptRow {
            fold: self.fold,
            attempt: ended.attempt.number,
            seed: ended.attempt.seed as i64,
            learning_rate: ended.attempt.learning_rate,
            step: ended.step as i64,
            diagnosis: ended.diagnosis.as_str().into(),
            readings: serde_json::to_string(&ended.readings).expect("readings are plain data"),
            ended_at: cli::now(),
        };
        let stored = self.kfold.session.store.put_attempt(self.kfold.run, &row);
        Ok(Handle::current().block_on(stored)?)
    }

    fn renew(&mut self) -> Result<()> {
        if self.renewed.elapsed() < RENEW_EVERY {
            return Ok(());
        }
        self.renewed = Instant::now();
        let Kfold {
            run,
            holder,
            session,
            ..
        } = self.kfold;
        let renewed = session.store.renew_fold(*run, self.fold, holder, lease().1);
        match Handle::current().block_on(renewed)? {
            true => Ok(()),
            false => Err(Failure::failed(format!(
                "fold {} of run {} was taken over by another trainer",
                self.fold + 1,
                run.number()
            ))),
        }
    }

    fn epoch(&self, stats: &EpochStats) -> Result<()> {
        let session = self.kfold.session;
        self.tell(self.line(stats));
        let row = EpochRow {
            epoch: stats.epoch,
            train_loss: stats.train_loss,
            train_accuracy: stats.train_accuracy,
            inner_loss: stats.inner_loss,
            inner_accuracy: stats.inner_accuracy,
            test_loss: stats.test_loss.expect("a fold has a test part"),
            test_accuracy: stats.test_accuracy.expect("a fold has a test part"),
            learning_rate: stats.learning_rate,
            seconds: stats.seconds,
        };
        let stored = session.store.put_epoch(self.kfold.run, self.fold, &row);
        Ok(Handle::current().block_on(stored)?)
    }

    fn line(&self, stats: &EpochStats) -> String {
        let epoch = match self.bar {
            Some(_) => format!(
                "  epoch {:>3}/{}",
                stats.epoch,
                self.kfold.plan.config.epochs()
            ),
            None => String::new(),
        };
        format!(
            "{}{epoch}{}{}{}{}  {:.1} s",
            self.name(),
            judged("train", Some(stats.train_loss), Some(stats.train_accuracy)),
            judged("inner", stats.inner_loss, stats.inner_accuracy),
            judged("test", stats.test_loss, stats.test_accuracy),
            stats.rate_text(),
            stats.seconds,
        )
    }
}

/// `  train 0.512  81.0 %`, or nothing where nothing was judged.
fn judged(part: &str, loss: Option<f64>, accuracy: Option<f64>) -> String {
    let (Some(loss), Some(accuracy)) = (loss, accuracy) else {
        return String::new();
    };
    format!("  {part} {loss:.3} {:>5.1} %", accuracy * 100.0)
}
