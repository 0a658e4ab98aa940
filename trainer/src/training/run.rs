//! One attempt at a training, epoch after epoch, from any step on.

use std::ops::ControlFlow;
use std::time::Instant;

use super::attempt::{Attempt, Diagnosis, Ended};
use super::checkpoint::{self, Every, Header, Saved};
use super::choice::Choice;
use super::guard::{Guard, Reading};
use super::state::State;
use super::{EpochStats, Event, Task, Trained};
use crate::error::Error;
use crate::tensors::batches;

/// Told what happens; breaks off when the user stops.
pub type Observer<'o> = dyn FnMut(Event) -> ControlFlow<()> + 'o;

/// How an attempt ended.
pub(super) enum End {
    Done(Box<Trained>),
    Stopped,
    /// Given up, with the guard's last readings.
    Failed(Diagnosis, Vec<Reading>),
}

/// Everything that an attempt is at a step.
pub(super) struct Run<'a> {
    task: Task<'a>,
    pub attempt: Attempt,
    /// Attempts given up before this one.
    pub ended: Vec<Ended>,
    state: State<'a>,
    choice: Choice,
    guard: Guard,
    /// Steps before the guard's last reading.
    read_at: u64,
    /// Epoch in hand, from zero, the batches of it that are done, and what they gave.
    epoch: u32,
    batches: usize,
    sums: Sums,
    epochs: Vec<EpochStats>,
    kept: Kept,
}

/// Of the epoch in hand.
#[derive(Clone, Copy, Debug)]
struct Sums {
    loss: f64,
    right: f64,
    /// Spent on it before the last start of the program.
    seconds: f64,
    since: Instant,
}

/// The last checkpoint.
struct Kept {
    at: Instant,
    /// A disk that is full is told of once.
    failed: bool,
}

impl Sums {
    fn new(loss: f64, right: f64, seconds: f64) -> Sums {
        let since = Instant::now();
        Sums {
            loss,
            right,
            seconds,
            since,
        }
    }

    fn seconds(&self) -> f64 {
        self.seconds + self.since.elapsed().as_secs_f64()
    }
}

impl<'a> Run<'a> {
    pub fn new(task: Task<'a>, attempt: Attempt, ended: Vec<Ended>) -> Run<'a> {
        let task = Task {
            seed: attempt.seed,
            ..task
        };
        let patience = task.recipe.early_stop.filter(|_| !task.inner.is_empty());
        Run {
            state: State::new(task, attempt.learning_rate),
            choice: Choice::new(patience),
            guard: Guard::new(&task),
            read_at: 0,
            task,
            attempt,
            ended,
            epoch: 0,
            batches: 0,
            sums: Sums::new(0.0, 0.0, 0.0),
            epochs: Vec::new(),
            kept: Kept {
                at: Instant::now(),
                failed: false,
            },
        }
    }

    /// From a checkpoint; `None` if it lacks a tensor.
    pub fn resume(task: Task<'a>, mut saved: Saved) -> Option<Run<'a>> {
        let header = saved.header.clone();
        let mut run = Run::new(task, header.attempt(), header.ended.clone());
        run.state.restore(&mut saved)?;
        let mut numbers = header.numbers().skip(1);
        let mut next = || numbers.next();
        run.sums = Sums::new(next()?, next()?, next()?);
        let rest: Vec<f64> = numbers.collect();
        run.epochs = rest
            .chunks(EpochStats::NUMBERS)
            .map(EpochStats::from_numbers)
            .collect::<Option<_>>()?;
        if let Some(best) = header.best_epoch {
            let loss = run.epochs.get(best as usize - 1)?.inner_loss?;
            let weights = run.state.scorer().params.detached_copy();
            saved.fill("best", &weights)?;
            run.choice.restore(best, loss, weights);
        }
        run.guard.restore(header.bad);
        run.read_at = header.read_at;
        (run.epoch, run.batches) = (header.epoch, header.batches);
        Some(run)
    }

    /// Steps taken, of how many, and the epoch in hand, from one.
    pub fn place(&self) -> (u64, u64, u32) {
        (self.state.step, self.state.steps, self.epoch + 1)
    }

    /// Trains to the end, or until `observe` breaks off or the guard gives up.
    ///
    /// # Errors
    /// What is not the training's own failing: memory, and a checkpoint that cannot be
    /// written when the user stops.
    pub fn finish(mut self, observe: &mut Observer) -> Result<End, Error> {
        while !self.is_over() {
            let flow = match self.rest_of_epoch(observe) {
                Err(Error::NotFinite { .. }) => {
                    return Ok(End::Failed(Diagnosis::NotFinite, self.guard.bad().to_vec()));
                }
                other => other?,
            };
            if let Some((diagnosis, readings)) = self.verdict() {
                return Ok(End::Failed(diagnosis, readings));
            }
            if flow.is_break() && !self.is_over() {
                self.keep()?;
                return Ok(End::Stopped);
            }
        }
        if let (Some(last), None) = (self.guard.bad().last(), self.choice.epoch())
            && let Some(diagnosis) = Diagnosis::of(last.health)
        {
            // There is no step left in which it could recover.
            return Ok(End::Failed(diagnosis, self.guard.bad().to_vec()));
        }
        let best_epoch = self.choice.epoch();
        self.choice.put_best(self.state.scorer());
        Ok(End::Done(Box::new(Trained {
            margins: self.state.margins_of_test(),
            epochs: self.epochs,
            best_epoch,
            learning_rate: self.attempt.learning_rate,
            micro_batch: self.state.short_micro_batch(),
            model: self.state.into_scorer(),
        })))
    }

    fn is_over(&self) -> bool {
        self.epoch >= self.task.epochs() || self.choice.has_waited_enough(self.epoch)
    }

    /// Ends early, within or after the epoch, if `observe` breaks off or the guard has
    /// seen enough.
    fn rest_of_epoch(&mut self, observe: &mut Observer) -> Result<ControlFlow<()>, Error> {
        let rows = self.state.order(self.epoch);
        for batch in batches(&rows, self.task.recipe.batch_size).skip(self.batches) {
            let step = self.state.take_step(batch, self.epoch)?;
            self.batches += 1;
            self.sums.loss += step.plain_loss * batch.len() as f64;
            self.sums.right += step.right;
            if let Some(words) = step.shrunk {
                let _ = observe(Event::Warning(words));
            }
            let flow = observe(Event::Step(step.stats));
            let collapsed = self.is_unread_for(|every| every) && self.read(observe);
            if collapsed || flow.is_break() {
                return Ok(ControlFlow::Break(()));
            }
            self.keep_if_due(observe);
        }
        self.end_epoch(rows.len(), observe)
    }

    fn end_epoch(&mut self, rows: usize, observe: &mut Observer) -> Result<ControlFlow<()>, Error> {
        // Of short epochs not every one: that would cost more than the steps.
        if self.is_unread_for(|every| every.div_ceil(2)) && self.read(observe) {
            return Ok(ControlFlow::Break(()));
        }
        let mut stats = EpochStats {
            epoch: self.epoch + 1,
            train_loss: self.sums.loss / rows as f64,
            train_accuracy: self.sums.right / rows as f64,
            inner_loss: None,
            inner_accuracy: None,
            test_loss: None,
            test_accuracy: None,
            learning_rate: self.state.last_rate(),
            seconds: 0.0,
        };
        self.state.judge(&mut stats)?;
        self.choice.consider(&stats, self.state.scorer());
        stats.seconds = self.sums.seconds();
        self.epochs.push(stats);
        (self.epoch, self.batches) = (self.epoch + 1, 0);
        self.sums = Sums::new(0.0, 0.0, 0.0);
        let flow = observe(Event::Epoch(stats));
        if flow.is_continue() {
            self.keep_if_due(observe);
        }
        Ok(flow)
    }

    /// Whether the guard is to read the net, which it did not do for so many steps.
    fn is_unread_for(&self, steps: fn(u64) -> u64) -> bool {
        let unread = self.state.step - self.read_at;
        self.task.guard.is_some_and(|every| unread >= steps(every))
    }

    /// Whether the guard has seen enough.
    fn read(&mut self, observe: &mut Observer) -> bool {
        let step = self.state.step;
        self.read_at = step;
        let reading = self.guard.read(&self.task, self.state.model(), step);
        let _ = observe(Event::Read(reading));
        self.guard.verdict().is_some()
    }

    fn verdict(&self) -> Option<(Diagnosis, Vec<Reading>)> {
        let readings = self.guard.verdict()?;
        let diagnosis = Diagnosis::of(readings.last()?.health)?;
        Some((diagnosis, readings.to_vec()))
    }

    /// A checkpoint that cannot be written is told of, and training goes on without.
    fn keep_if_due(&mut self, observe: &mut Observer) {
        let Some(keeper) = self.task.keep else { return };
        let due = match keeper.every {
            Every::Time(time) => self.kept.at.elapsed() >= time,
            Every::Steps(steps) => self.state.step.is_multiple_of(steps),
        };
        if !due {
            return;
        }
        self.kept.at = Instant::now();
        match self.keep() {
            Ok(()) => self.kept.failed = false,
            Err(error) if !self.kept.failed => {
                self.kept.failed = true;
                let _ = observe(Event::Warning(format!(
                    "{error}\nThe training could not be saved and goes on; stopped now, it would \
                     go on from where it was saved last."
                )));
            }
            Err(_) => {}
        }
    }

    fn keep(&self) -> Result<(), Error> {
        let Some(keeper) = self.task.keep else {
            return Ok(());
        };
        let sums = [self.sums.loss, self.sums.right, self.sums.seconds()];
        let exact = std::iter::once(self.attempt.learning_rate)
            .chain(sums)
            .chain(self.epochs.iter().flat_map(EpochStats::numbers));
        let (adam_steps, average_updates) = self.state.counts();
        let header = Header {
            identity: keeper.identity.clone(),
            number: self.attempt.number,
            seed: self.attempt.seed,
            epoch: self.epoch,
            batches: self.batches,
            step: self.state.step,
            read_at: self.read_at,
            adam_steps,
            average_updates,
            best_epoch: self.choice.epoch(),
            micro_batch: self.state.micro_batch,
            bad: self.guard.bad().to_vec(),
            ended: self.ended.clone(),
            exact: exact.map(f64::to_bits).collect(),
        };
        let best = self
            .choice
            .weights()
            .map(|best| checkpoint::named("best", best));
        let tensors = self
            .state
            .tensors()
            .into_iter()
            .chain(best.unwrap_or_default());
        checkpoint::write(keeper, &header, tensors.collect())
    }
}
