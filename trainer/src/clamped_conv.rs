//! A convolution followed by a clamp, in one pass over memory where libtorch can
//! (`shim/clamped_conv.cpp`: the CPU, no gradients), in two elsewhere. Same bits.

use std::ffi::{CStr, c_char};

use tch::{Device, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn whisker_clamped_conv(
        x: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        padding: *const i64,
        stride: i64,
        groups: i64,
        low: f64,
        high: f64,
        error: *mut *mut c_char,
    ) -> *mut C_tensor;
}

/// A convolution and the limits of its result.
#[derive(Debug)]
pub struct ClampedConv<'a> {
    /// `[o, i / groups, k, k]`
    pub weight: &'a Tensor,
    /// `[o]`
    pub bias: &'a Tensor,
    /// Zeros around the input: above and below, left and right.
    pub padding: [i64; 2],
    /// Step between outputs.
    pub stride: i64,
    /// Channels are convolved in so many groups.
    pub groups: i64,
    /// Least and greatest value of the result.
    pub limits: [f64; 2],
}

impl ClampedConv<'_> {
    /// `[b, i, h, w]` → `[b, o, h', w']`.
    ///
    /// # Panics
    /// Shapes that do not fit, or no memory for the result.
    pub fn forward(&self, input: &Tensor) -> Tensor {
        let fused = input.device() == Device::Cpu && !input.requires_grad();
        fused
            .then(|| self.in_one_pass(input))
            .flatten()
            .unwrap_or_else(|| self.in_two_passes(input))
    }

    fn in_two_passes(&self, input: &Tensor) -> Tensor {
        let (stride, dilation) = ([self.stride; 2], [1i64, 1]);
        let bias = Some(self.bias);
        let [low, high] = self.limits;
        input
            .conv2d(
                self.weight,
                bias,
                stride,
                self.padding,
                dilation,
                self.groups,
            )
            .clamp_(low, high)
    }

    /// `None` of a libtorch without the operation.
    fn in_one_pass(&self, input: &Tensor) -> Option<Tensor> {
        let mut error = std::ptr::null_mut();
        let [low, high] = self.limits;
        // SAFETY: the tensors and the two numbers of the padding outlive the call; a null
        // result comes with a message from `strdup` or with none, another is a new tensor
        // that is ours.
        unsafe {
            let result = whisker_clamped_conv(
                input.as_ptr(),
                self.weight.as_ptr(),
                self.bias.as_ptr(),
                self.padding.as_ptr(),
                self.stride,
                self.groups,
                low,
                high,
                &mut error,
            );
            if !error.is_null() {
                let message = CStr::from_ptr(error).to_string_lossy().into_owned();
                libc::free(error.cast());
                panic!("a clamped convolution: {message}");
            }
            (!result.is_null()).then(|| Tensor::from_ptr(result))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::uniform;
    use crate::keyed::{Purpose, generator};
    use crate::layers::channels_last;

    #[test]
    fn one_pass_gives_the_bits_of_two() {
        // [groups, inputs, outputs, kernel, stride]: plain, strided, a kernel a channel, 1×1.
        let table = [
            [1, 3, 8, 3, 2],
            [8, 8, 8, 6, 2],
            [8, 8, 8, 3, 1],
            [1, 8, 24, 1, 1],
        ];
        for [groups, inputs, outputs, kernel, stride] in table {
            let random = |shape: &[i64], place| {
                let mut rng = generator(5, Purpose::Bench, &[place]);
                uniform(shape, 2.0, &mut rng, Device::Cpu)
            };
            let weight = random(&[outputs, inputs / groups, kernel, kernel], 1);
            let bias = random(&[outputs], 2);
            let conv = ClampedConv {
                weight: &weight,
                bias: &bias,
                padding: [kernel / 2, kernel / 2],
                stride,
                groups,
                limits: [0.0, 6.0],
            };
            let input = channels_last(&random(&[2, inputs, 17, 17], 3));
            let one = conv
                .in_one_pass(&input)
                .expect("libtorch has the operation");
            let two = conv.in_two_passes(&input);
            assert!(
                one.equal(&two),
                "{groups} {inputs} {outputs} {kernel} {stride}"
            );
            assert_eq!(
                (one.min().double_value(&[]), one.max().double_value(&[])),
                (0.0, 6.0)
            );
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let conv = ClampedConv {
            weight: &Tensor::zeros([4, 3, 3, 3], (tch::Kind::Float, Device::Cpu)),
            bias: &Tensor::zeros([4], (tch::Kind::Float, Device::Cpu)),
            padding: [1, 1],
            stride: 1,
            groups: 1,
            limits: [0.0, 6.0],
        };
        let two_channels = Tensor::zeros([1, 2, 8, 8], (tch::Kind::Float, Device::Cpu));
        let refused =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| conv.forward(&two_channels)));
        assert!(refused.is_err());
    }
}
