//! What a net says of covers.

use tch::{Kind, Tensor};

use crate::layers::Pass;
use crate::nets::Model;
use crate::preprocessing::Preprocessing;
use crate::tensors::{Covers, batches};
use crate::training::ladder::{self, OutOfMemory};
use crate::views::{Largest, ViewSet};

/// Covers scored at once: enough to use wide kernels, little memory.
const BATCH: usize = 32;

/// Margins of the covers `rows` in their order: the topic's logit less the
/// other's, so that a sigmoid gives the topic's probability.
///
/// With `mirror` the logits are the mean over a cover and its mirror image. Where memory does
/// not hold a batch, fewer covers are scored at once.
///
/// # Panics
/// With libtorch's words when memory does not hold one cover; `main` catches them.
pub fn margins(
    model: &Model,
    covers: &Covers,
    rows: &[i64],
    preprocessing: &Preprocessing,
    mirror: bool,
) -> Vec<f32> {
    let _guard = tch::no_grad_guard();
    let score = |batch: &[i64]| {
        let input = preprocessing.normalise(&covers.pixels(batch));
        let mut logits = model.forward(&input, &mut Pass::Score);
        if mirror {
            logits = (logits + model.forward(&input.flip([3]), &mut Pass::Score)) / 2.0;
        }
        margin(&logits)
    };
    in_parts(rows, score)
}

/// What `score` says of parts of at most [`BATCH`] rows, and of fewer once memory ran out.
fn in_parts(rows: &[i64], score: impl Fn(&[i64]) -> Vec<f32>) -> Vec<f32> {
    let mut at_once = BATCH;
    let mut all = Vec::with_capacity(rows.len());
    for batch in batches(rows, BATCH) {
        let parts = |size| batches(batch, size).flat_map(&score).collect::<Vec<f32>>();
        match ladder::halving(&mut at_once, batch.len(), parts) {
            Ok(scored) => all.extend(scored),
            Err(OutOfMemory(said)) => panic!("{said}"),
        }
    }
    all
}

/// What decides of each cover by a net's probe; `None` of a net without one.
pub fn largest_of(model: &Model, views: &ViewSet) -> Option<Vec<Largest>> {
    if views.covers() == 0 {
        // It does not know how many features a view would have.
        return Some(Vec::new());
    }
    let device = model.params.iter().next()?.tensor.device();
    let features = views.values.to_device(device);
    let logits = tch::no_grad(|| model.logits_of(&features))?;
    Some(views.largest(&margin(&logits)))
}

/// `[b, 2]` → the second column less the first.
fn margin(logits: &Tensor) -> Vec<f32> {
    let difference = logits.select(1, 1) - logits.select(1, 0);
    Vec::try_from(difference.to_kind(Kind::Float)).expect("a row of floats")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tch::Device;

    use super::*;
    use crate::nets::Net;
    use crate::views::ViewMode;

    #[test]
    fn of_no_covers_nothing_is_said() {
        let model = Model::looking(Net::EfficientNetLite0, ViewMode::Windows, Device::Cpu);
        assert_eq!(largest_of(&model, &ViewSet::new(&[])), Some(Vec::new()));
    }

    /// A machine that holds so many covers at once.
    fn on_a_machine_of(room: usize, rows: &[i64]) -> (Vec<f32>, usize) {
        let calls = Cell::new(0);
        let score = |batch: &[i64]| {
            calls.set(calls.get() + 1);
            assert!(batch.len() <= room, "CUDA out of memory: tried to allocate");
            batch.iter().map(|row| *row as f32).collect()
        };
        (in_parts(rows, score), calls.get())
    }

    #[test]
    fn where_memory_is_short_fewer_are_scored_at_once_and_none_is_left_out() {
        let rows: Vec<i64> = (0..70).collect();
        let all: Vec<f32> = rows.iter().map(|row| *row as f32).collect();
        assert_eq!(on_a_machine_of(32, &rows), (all.clone(), 3));
        // Batches of 24, 23 and 23: 24 and 12 are refused once, then four parts of six each.
        assert_eq!(on_a_machine_of(8, &rows), (all, 2 + 4 + 4 + 4));
    }

    #[test]
    fn memory_that_holds_none_is_told_in_libtorchs_words() {
        let refused = ladder::catch(|| on_a_machine_of(0, &[1, 2]));
        assert!(refused.is_err_and(|OutOfMemory(said)| said.contains("out of memory")));
    }
}
