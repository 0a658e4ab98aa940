//! Adam's step in one pass over memory, on the CPU.
//!
//! The step does little arithmetic on much memory: made of library operations it
//! reads and writes the 58 million weights of AlexNet a dozen times. Here each
//! value, its two moments and its gradient are read once and written once.

use std::thread;

use tch::{Device, Kind, Tensor};

use crate::optim::StepNumbers;

/// Values per thread below which starting one costs more than it saves.
const VALUES_PER_THREAD: usize = 1 << 19;

/// Takes the step if all four tensors are plain memory of the CPU; `false` means
/// that nothing was done.
pub(crate) fn step(
    value: &mut Tensor,
    first: &mut Tensor,
    second: &mut Tensor,
    gradient: &Tensor,
    numbers: &StepNumbers,
) -> bool {
    let plain = |tensor: &Tensor| {
        tensor.device() == Device::Cpu && tensor.kind() == Kind::Float && tensor.is_contiguous()
    };
    let all = [&*value, &*first, &*second, gradient];
    if !all.into_iter().all(plain) {
        return false;
    }
    let length = gradient.numel();
    // SAFETY: each tensor was found to be contiguous floats on the CPU, of
    // `length` values by construction; the three written ones are distinct
    // storages that nobody else touches, as the caller holds them exclusively
    // and libtorch runs nothing between steps.
    let (value_now, first, second, gradient) = unsafe {
        (
            std::slice::from_raw_parts_mut(value.data_ptr().cast::<f32>(), length),
            std::slice::from_raw_parts_mut(first.data_ptr().cast::<f32>(), length),
            std::slice::from_raw_parts_mut(second.data_ptr().cast::<f32>(), length),
            std::slice::from_raw_parts(gradient.data_ptr().cast::<f32>(), length),
        )
    };
    step_slices(value_now, first, second, gradient, &Floats::from(numbers));
    tell_changed(value);
    true
}

/// Libtorch counts the changes it makes to a tensor and knows nothing of ours, but what is kept
/// of a weight (`fft_conv::SpectrumCache`) is kept by that count. A view shares the count of its
/// tensor, and a change to a view of no values costs nothing.
fn tell_changed(value: &Tensor) {
    let _ = value.view([-1]).narrow(0, 0, 0).zero_();
}

/// [`StepNumbers`] in the precision of the weights.
#[derive(Clone, Copy)]
struct Floats {
    size: f32,
    second_root: f32,
    keep: f32,
    scale: f32,
    /// How far the first moment goes towards the gradient.
    rest1: f32,
    beta2: f32,
    /// How far the second moment goes towards the gradient's square.
    rest2: f32,
    epsilon: f32,
}

impl From<&StepNumbers> for Floats {
    fn from(numbers: &StepNumbers) -> Floats {
        Floats {
            size: numbers.size as f32,
            second_root: numbers.second_root as f32,
            keep: numbers.keep as f32,
            scale: numbers.scale as f32,
            rest1: (1.0 - numbers.betas.0) as f32,
            beta2: numbers.betas.1 as f32,
            rest2: (1.0 - numbers.betas.1) as f32,
            epsilon: numbers.epsilon as f32,
        }
    }
}

/// Values are independent, so the bits do not depend on how they are divided.
fn step_slices(
    value: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    gradient: &[f32],
    floats: &Floats,
) {
    let threads = (tch::get_num_threads().max(1) as usize).min(value.len() / VALUES_PER_THREAD);
    if threads < 2 {
        return step_part(value, first, second, gradient, floats);
    }
    let part = value.len().div_ceil(threads);
    let parts = value
        .chunks_mut(part)
        .zip(first.chunks_mut(part))
        .zip(second.chunks_mut(part))
        .zip(gradient.chunks(part));
    thread::scope(|scope| {
        for (((value, first), second), gradient) in parts {
            scope.spawn(move || step_part(value, first, second, gradient, floats));
        }
    });
}

fn step_part(
    value: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    gradient: &[f32],
    floats: &Floats,
) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has both, as just asked.
        return unsafe { step_part_avx2(value, first, second, gradient, floats) };
    }
    step_loop(value, first, second, gradient, floats);
}

/// The same loop in wider registers, with the same bits: a multiply-add that a processor lacks is
/// computed, slowly.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn step_part_avx2(
    value: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    gradient: &[f32],
    floats: &Floats,
) {
    step_loop(value, first, second, gradient, floats);
}

/// Rounds where PyTorch's `torch.optim.Adam` does, multiply-adds included, with one difference:
/// the root here is correctly rounded, and PyTorch's, which is MKL's, is not for 7 % of values.
#[inline(always)]
fn step_loop(
    value: &mut [f32],
    first: &mut [f32],
    second: &mut [f32],
    gradient: &[f32],
    floats: &Floats,
) {
    let Floats {
        size,
        second_root,
        keep,
        scale,
        rest1,
        beta2,
        rest2,
        epsilon,
    } = *floats;
    for (((value, first), second), gradient) in
        value.iter_mut().zip(first).zip(second).zip(gradient)
    {
        let gradient = gradient * scale;
        *first = (gradient - *first).mul_add(rest1, *first);
        *second = (rest2 * gradient).mul_add(gradient, *second * beta2);
        let spread = second.sqrt() / second_root + epsilon;
        *value = *value * keep - size * *first / spread;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FLOATS: Floats = Floats {
        size: 0.01,
        second_root: 0.7,
        keep: 0.99,
        scale: 0.5,
        rest1: 0.1,
        beta2: 0.999,
        rest2: 0.001,
        epsilon: 1e-8,
    };

    const NUMBERS: StepNumbers = StepNumbers {
        size: 1.0,
        second_root: 1.0,
        keep: 1.0,
        scale: 1.0,
        betas: (0.9, 0.999),
        epsilon: 1e-8,
    };

    proptest! {
        #[test]
        fn wide_registers_give_the_bits_of_narrow_ones(
            rows in prop::collection::vec((-1f32..1.0, -1f32..1.0, 0f32..1.0, -9f32..9.0), 1..70),
        ) {
            let columns = || {
                let value: Vec<f32> = rows.iter().map(|row| row.0).collect();
                let first: Vec<f32> = rows.iter().map(|row| row.1).collect();
                let second: Vec<f32> = rows.iter().map(|row| row.2).collect();
                (value, first, second)
            };
            let gradient: Vec<f32> = rows.iter().map(|row| row.3).collect();
            let (mut wide, mut narrow) = (columns(), columns());
            step_part(&mut wide.0, &mut wide.1, &mut wide.2, &gradient, &FLOATS);
            step_loop(&mut narrow.0, &mut narrow.1, &mut narrow.2, &gradient, &FLOATS);
            prop_assert_eq!(wide, narrow);
        }
    }

    #[test]
    fn libtorch_learns_that_the_value_was_changed_and_not_the_others() {
        let ones = || Tensor::ones([3, 4], (Kind::Float, Device::Cpu));
        let [mut value, mut first, mut second, gradient] = [ones(), ones(), ones(), ones()];
        let counts = |tensors: [&Tensor; 2]| tensors.map(Tensor::internal_version);
        let before = counts([&value, &gradient]);
        assert!(step(
            &mut value,
            &mut first,
            &mut second,
            &gradient,
            &NUMBERS
        ));
        let after = counts([&value, &gradient]);
        assert!(after[0] > before[0]);
        assert_eq!(after[1], before[1]);
        assert!(value.max().double_value(&[]) < 1.0);
    }

    #[test]
    fn memory_that_is_not_plain_is_left_to_others() {
        let columns = || Tensor::ones([4, 4], (Kind::Float, Device::Cpu)).narrow(1, 0, 2);
        let mut value = columns();
        let done = step(
            &mut value,
            &mut columns(),
            &mut columns(),
            &columns(),
            &NUMBERS,
        );
        assert!(!done);
        assert_eq!(value.min().double_value(&[]), 1.0);
    }
}
