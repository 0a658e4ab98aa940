//! What a net says of covers.

use tch::{Kind, Tensor};

use crate::layers::Pass;
use crate::nets::Model;
use crate::preprocessing::Preprocessing;
use crate::tensors::{Covers, batches};

/// Covers scored at once: enough to use wide kernels, little memory.
const BATCH: usize = 32;

/// Margins of the covers `rows` in their order: the topic's logit less the
/// other's, so that a sigmoid gives the topic's probability.
///
/// With `mirror` the logits are the mean over a cover and its mirror image.
pub fn margins(
    model: &Model,
    covers: &Covers,
    rows: &[i64],
    preprocessing: &Preprocessing,
    mirror: bool,
) -> Vec<f32> {
    let _guard = tch::no_grad_guard();
    let mut all = Vec::with_capacity(rows.len());
    for batch in batches(rows, BATCH) {
        let input = preprocessing.normalise(&covers.pixels(batch));
        let mut logits = model.forward(&input, &mut Pass::Score);
        if mirror {
            logits = (logits + model.forward(&input.flip([3]), &mut Pass::Score)) / 2.0;
        }
        all.extend(margin(&logits));
    }
    all
}

/// Margins of features `[n, f]` by a net's probe; `None` of a net without one.
pub fn margins_of(model: &Model, features: &Tensor) -> Option<Vec<f32>> {
    tch::no_grad(|| model.logits_of(features).map(|logits| margin(&logits)))
}

/// `[b, 2]` → the second column less the first.
fn margin(logits: &Tensor) -> Vec<f32> {
    let difference = logits.select(1, 1) - logits.select(1, 0);
    Vec::try_from(difference.to_kind(Kind::Float)).expect("a row of floats")
}
