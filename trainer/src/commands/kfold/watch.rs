//! What is told and stored while a fold is trained.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use cli::{Bar, Failure, Result};
use store::training::EpochRow;
use tokio::runtime::Handle;

use super::{Kfold, lease};
use crate::training::{EpochStats, Event, Trained};

/// Well before a claim runs out.
const RENEW_EVERY: Duration = Duration::from_secs(60);

/// Tells and stores what happens while a fold is trained.
pub(super) struct FoldWatch<'a> {
    kfold: &'a Kfold<'a>,
    fold: u32,
    bar: Bar,
    renewed: Instant,
    /// What the database said, to be returned once the training has stopped.
    pub(super) failure: Option<Failure>,
}

impl<'a> FoldWatch<'a> {
    pub(super) fn new(kfold: &'a Kfold<'a>, fold: u32) -> FoldWatch<'a> {
        let what = format!("fold {}/{}", fold + 1, kfold.divided.folds.count());
        let train = kfold.divided.folds.train(fold as usize);
        let steps = kfold.plan.config.steps(train.len());
        FoldWatch {
            bar: kfold.session.printer.bar(what, Some(steps)),
            kfold,
            fold,
            renewed: Instant::now(),
            failure: None,
        }
    }

    /// The fold is over; says which epoch was chosen, if one was.
    pub(super) fn finish(&self, trained: Option<&Trained>) {
        self.bar.finish();
        if let Some(trained) = trained
            && let Some(best) = trained.best_epoch
        {
            self.kfold.session.printer.note(format!(
                "fold {}/{}: epoch {best} of {} was best on the covers held back",
                self.fold + 1,
                self.kfold.divided.folds.count(),
                trained.epochs.len(),
            ));
        }
    }

    pub(super) fn observe(&mut self, event: Event) -> ControlFlow<()> {
        let stored = match event {
            Event::Step(_) => {
                self.bar.inc(1);
                self.renew()
            }
            Event::Epoch(stats) => self.epoch(&stats),
        };
        if let Err(failure) = stored {
            self.failure = Some(failure);
            return ControlFlow::Break(());
        }
        match self.kfold.session.stop.asked() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
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
        if !session.quiet {
            self.bar.println(self.line(stats));
        }
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
        format!(
            "fold {}/{}  epoch {:>3}/{}{}{}{}{}  {:.1} s",
            self.fold + 1,
            self.kfold.divided.folds.count(),
            stats.epoch,
            self.kfold.plan.config.epochs(),
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
