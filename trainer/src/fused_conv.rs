//! A convolution that is clamped, or added to another tensor, in one pass over memory, from a
//! weight that is laid once as the processor reads it (`shim/fused_conv.cpp`: the CPU, no
//! gradients); elsewhere in two passes. Same bits.

use std::cell::RefCell;
use std::ffi::{CStr, c_char};

use tch::{Device, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn whisker_packed_weight(
        weight: *const C_tensor,
        padding: *const i64,
        stride: i64,
        groups: i64,
        input: *const i64,
        error: *mut *mut c_char,
    ) -> *mut C_tensor;

    fn whisker_clamped_conv(
        x: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        padding: *const i64,
        stride: i64,
        groups: i64,
        limits: *const f64,
        error: *mut *mut c_char,
    ) -> *mut C_tensor;

    fn whisker_added_conv(
        sum: *const C_tensor,
        x: *const C_tensor,
        weight: *const C_tensor,
        bias: *const C_tensor,
        padding: *const i64,
        stride: i64,
        groups: i64,
        error: *mut *mut c_char,
    ) -> *mut C_tensor;
}

/// A convolution that is not trained.
#[derive(Debug)]
pub struct FusedConv<'a> {
    /// `[o, i / groups, k, k]`
    pub weight: &'a Tensor,
    /// `[o]`
    pub bias: &'a Tensor,
    /// Rows and columns of zeros before the kernel's first.
    pub zeros_before: [i64; 2],
    /// Zeros around the input: above and below, left and right.
    pub padding: [i64; 2],
    /// Step between outputs.
    pub stride: i64,
    /// Channels are convolved in so many groups.
    pub groups: i64,
}

/// What becomes of a convolution's result.
#[derive(Debug)]
pub enum Then {
    /// Nothing.
    Done,
    /// No value below the first or above the second.
    Clamp([f64; 2]),
    /// It is added to this, which is used up.
    AddTo(Tensor),
}

/// A weight as the processor reads it, kept between passes.
///
/// It belongs to one content of the weight (libtorch counts the changes made in place) and to
/// one size of input; any other lays it anew.
#[derive(Debug, Default)]
pub struct PackedWeight(RefCell<Option<Packed>>);

#[derive(Debug)]
struct Packed {
    version: i64,
    input: Vec<i64>,
    weight: Tensor,
}

impl FusedConv<'_> {
    /// `[b, i, h, w]` → `[b, o, h', w']`.
    ///
    /// # Panics
    /// Shapes that do not fit, or no memory for the result.
    pub fn forward(&self, input: &Tensor, then: Then, packed: &PackedWeight) -> Tensor {
        let fused = input.device() == Device::Cpu && !input.requires_grad();
        fused
            .then(|| self.in_one_pass(input, &then, packed))
            .flatten()
            .unwrap_or_else(|| self.in_two_passes(input, then))
    }

    fn in_two_passes(&self, input: &Tensor, then: Then) -> Tensor {
        let (bias, stride, dilation) = (Some(self.bias), [self.stride; 2], [1i64, 1]);
        let result = input.conv2d(
            &self.whole_kernel(),
            bias,
            stride,
            self.padding,
            dilation,
            self.groups,
        );
        match then {
            Then::Done => result,
            Then::Clamp([low, high]) => result.clamp(low, high),
            Then::AddTo(sum) => result + sum,
        }
    }

    /// `None` of a libtorch without the operation.
    fn in_one_pass(&self, input: &Tensor, then: &Then, packed: &PackedWeight) -> Option<Tensor> {
        let mut slot = packed.0.borrow_mut();
        let (version, size) = (self.weight.internal_version(), input.size());
        let fits = |packed: &Packed| packed.version == version && packed.input == size;
        if !slot.as_ref().is_some_and(fits) {
            *slot = self.pack(&size).map(|weight| Packed {
                version,
                input: size,
                weight,
            });
        }
        self.convolve(input, &slot.as_ref()?.weight, then)
    }

    fn whole_kernel(&self) -> Tensor {
        match self.zeros_before {
            [0, 0] => self.weight.shallow_clone(),
            [rows, columns] => self.weight.constant_pad_nd([columns, 0, rows, 0]),
        }
    }

    fn pack(&self, input: &[i64]) -> Option<Tensor> {
        assert_eq!(input.len(), 4, "a batch of planes");
        let weight = self.whole_kernel();
        // SAFETY: the weight, the padding's two numbers and the size's four outlive the call.
        made(|error| unsafe {
            whisker_packed_weight(
                weight.as_ptr(),
                self.padding.as_ptr(),
                self.stride,
                self.groups,
                input.as_ptr(),
                error,
            )
        })
    }

    fn convolve(&self, input: &Tensor, weight: &Tensor, then: &Then) -> Option<Tensor> {
        let (x, weight, bias) = (input.as_ptr(), weight.as_ptr(), self.bias.as_ptr());
        let (padding, stride, groups) = (self.padding.as_ptr(), self.stride, self.groups);
        let limits = match then {
            Then::Clamp(limits) => limits.as_ptr(),
            Then::Done | Then::AddTo(_) => std::ptr::null(),
        };
        // SAFETY: the tensors, the padding's two numbers and the limits, which are two or null,
        // outlive the call.
        made(|error| unsafe {
            match then {
                Then::AddTo(sum) => whisker_added_conv(
                    sum.as_ptr(),
                    x,
                    weight,
                    bias,
                    padding,
                    stride,
                    groups,
                    error,
                ),
                Then::Done | Then::Clamp(_) => {
                    whisker_clamped_conv(x, weight, bias, padding, stride, groups, limits, error)
                }
            }
        })
    }
}

/// What the shim made; `None` of a libtorch without the operation.
fn made(call: impl FnOnce(*mut *mut c_char) -> *mut C_tensor) -> Option<Tensor> {
    let mut error = std::ptr::null_mut();
    let result = call(&mut error);
    // SAFETY: a null result comes with a message from `strdup` or with none, another is a new
    // tensor that is ours.
    unsafe {
        if !error.is_null() {
            let message = CStr::from_ptr(error).to_string_lossy().into_owned();
            libc::free(error.cast());
            panic!("a convolution: {message}");
        }
        (!result.is_null()).then(|| Tensor::from_ptr(result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::uniform;
    use crate::keyed::{Purpose, generator};
    use crate::layers::channels_last;
    use tch::Kind;

    fn random(shape: &[i64], place: u64) -> Tensor {
        let mut rng = generator(5, Purpose::Bench, &[place]);
        uniform(shape, 2.0, &mut rng, Device::Cpu)
    }

    fn one_pass(conv: &FusedConv, input: &Tensor, then: &Then) -> Tensor {
        conv.in_one_pass(input, then, &PackedWeight::default())
            .expect("libtorch has the operation")
    }

    #[test]
    fn one_pass_gives_the_bits_of_two() {
        // [groups, inputs, outputs, kernel, stride, zeros]: strided, a kernel a channel, 1×1.
        let table = [
            [1, 3, 8, 3, 2, 1],
            [8, 8, 8, 5, 2, 1],
            [8, 8, 8, 3, 1, 0],
            [1, 8, 24, 1, 1, 0],
        ];
        for [groups, inputs, outputs, kernel, stride, zeros] in table {
            let weight = random(&[outputs, inputs / groups, kernel, kernel], 1);
            let bias = random(&[outputs], 2);
            let conv = FusedConv {
                weight: &weight,
                bias: &bias,
                zeros_before: [zeros, zeros],
                padding: [kernel / 2, kernel / 2],
                stride,
                groups,
            };
            let input = channels_last(&random(&[2, inputs, 17, 17], 3));
            let plain = one_pass(&conv, &input, &Then::Done);
            let of = format!("{groups} {inputs} {outputs} {kernel} {stride}");
            assert!(
                plain.equal(&conv.in_two_passes(&input, Then::Done)),
                "{of}: as it is"
            );

            let limits = [0.0, 6.0];
            let clamped = one_pass(&conv, &input, &Then::Clamp(limits));
            let two = conv.in_two_passes(&input, Then::Clamp(limits));
            assert!(clamped.equal(&two), "{of}: clamped");
            let ends = [clamped.min(), clamped.max()].map(|end| end.double_value(&[]));
            assert_eq!(ends, limits);

            let other = || channels_last(&random(&plain.size(), 4));
            let added = one_pass(&conv, &input, &Then::AddTo(other()));
            let two = conv.in_two_passes(&input, Then::AddTo(other()));
            assert!(added.equal(&two), "{of}: added");
            assert!(!added.equal(&plain));
        }
    }

    #[test]
    fn a_changed_weight_and_another_size_of_input_are_laid_anew() {
        let (mut weight, bias) = (random(&[16, 8, 1, 1], 1), random(&[16], 2));
        let packed = PackedWeight::default();
        let input = |side| channels_last(&random(&[2, 8, side, side], 3));
        let check = |weight: &Tensor, side| {
            let conv = FusedConv {
                weight,
                bias: &bias,
                zeros_before: [0, 0],
                padding: [0, 0],
                stride: 1,
                groups: 1,
            };
            let one = conv.forward(&input(side), Then::Done, &packed);
            assert!(one.equal(&conv.in_two_passes(&input(side), Then::Done)));
        };
        check(&weight, 9);
        check(&weight, 17);
        let _ = weight.g_mul_scalar_(2.0);
        check(&weight, 17);
    }

    #[test]
    fn shapes_that_do_not_fit_are_refused() {
        let conv = FusedConv {
            weight: &Tensor::zeros([4, 3, 3, 3], (Kind::Float, Device::Cpu)),
            bias: &Tensor::zeros([4], (Kind::Float, Device::Cpu)),
            zeros_before: [0, 0],
            padding: [1, 1],
            stride: 1,
            groups: 1,
        };
        let two_channels = Tensor::zeros([1, 2, 8, 8], (Kind::Float, Device::Cpu));
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            conv.forward(&two_channels, Then::Done, &PackedWeight::default())
        }));
        assert!(refused.is_err());
    }
}
