//! The sum over channels of a convolution in the frequency domain: our own loop on
//! the CPU (`shim/channel_sum.cpp`), the library's `einsum` elsewhere.

use std::ffi::{CStr, c_char};

use tch::{Device, Kind, Tensor};
use torch_sys::C_tensor;

unsafe extern "C" {
    fn whisker_channel_sum(
        x: *const C_tensor,
        k: *const C_tensor,
        error: *mut *mut c_char,
    ) -> *mut C_tensor;
}

/// Spectra `[b, c, h, w]` of pictures and `[o, c, h, w]` of kernels → `[b, o, h, w]`:
/// the sum over `c` of the first times the conjugate of the second. Autograd goes
/// through it.
///
/// # Panics
/// Shapes that do not fit, or no memory for the result.
pub fn channel_sum(pictures: &Tensor, kernels: &Tensor) -> Tensor {
    let plain = |spectra: &Tensor| {
        spectra.device() == Device::Cpu
            && spectra.kind() == Kind::ComplexFloat
            && spectra.is_contiguous()
    };
    match plain(pictures) && plain(kernels) && pictures.size()[1..] == kernels.size()[1..] {
        true => by_loop(pictures, kernels),
        false => by_einsum(pictures, kernels),
    }
}

fn by_einsum(pictures: &Tensor, kernels: &Tensor) -> Tensor {
    let factors = [pictures, &kernels.conj().resolve_conj()];
    Tensor::einsum("bchw,ochw->bohw", &factors, None::<i64>)
}

fn by_loop(pictures: &Tensor, kernels: &Tensor) -> Tensor {
    let mut error = std::ptr::null_mut();
    // SAFETY: both tensors outlive the call, which reads them as contiguous complex
    // floats of matching shapes, as was asked; a null result comes with a message
    // from `strdup`, another is a new tensor that is ours.
    unsafe {
        let sum = whisker_channel_sum(pictures.as_ptr(), kernels.as_ptr(), &mut error);
        if sum.is_null() {
            let message = CStr::from_ptr(error).to_string_lossy().into_owned();
            libc::free(error.cast());
            panic!("the sum over channels: {message}");
        }
        Tensor::from_ptr(sum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::uniform;
    use crate::keyed::{Purpose, generator};

    /// The sum and both gradients.
    fn run(sum: fn(&Tensor, &Tensor) -> Tensor, [b, o, c, side]: [i64; 4]) -> [Tensor; 3] {
        let random = |shape: &[i64], place| {
            let mut rng = generator(3, Purpose::Bench, &[place]);
            uniform(shape, 1.0, &mut rng, Device::Cpu)
        };
        let spectra = |first, place| {
            let parts = random(&[first, c, side, side + 3, 2], place);
            parts.view_as_complex().set_requires_grad(true)
        };
        let (pictures, kernels) = (spectra(b, 1), spectra(o, 2));
        let result = sum(&pictures, &kernels);
        let slopes = random(&[b, o, side, side + 3, 2], 3);
        let scalar = (result.view_as_real() * slopes).sum(Kind::Float);
        let gradients = Tensor::run_backward(&[&scalar], &[&pictures, &kernels], false, false);
        let mut all = [result.detach(), gradients[0].copy(), gradients[1].copy()];
        for part in &mut all {
            *part = part.resolve_conj().view_as_real();
        }
        all
    }

    #[test]
    fn the_loop_gives_sum_and_gradients_of_the_librarys_product() {
        // Fewer frequencies than a block, and several blocks with a rest.
        for shape in [[1, 1, 1, 2], [2, 3, 4, 5], [3, 2, 5, 40]] {
            let (ours, theirs) = (run(by_loop, shape), run(by_einsum, shape));
            for (ours, theirs) in ours.iter().zip(&theirs) {
                assert_eq!(ours.size(), theirs.size());
                let difference = (ours - theirs).abs().max().double_value(&[]);
                assert!(difference < 1e-5, "{shape:?}: {difference}");
            }
        }
    }

    #[test]
    fn the_sum_does_not_depend_on_the_number_of_threads() {
        let threads = tch::get_num_threads();
        let with = |count| {
            tch::set_num_threads(count);
            run(by_loop, [3, 2, 5, 40])
        };
        let (one, two) = (with(1), with(2));
        tch::set_num_threads(threads);
        for (one, two) in one.iter().zip(&two) {
            assert!(one.equal(two));
        }
    }

    #[test]
    fn shapes_that_do_not_fit_are_left_to_the_library_to_refuse() {
        let spectra = |c| Tensor::zeros([1, c, 2, 2], (Kind::ComplexFloat, Device::Cpu));
        let refused = std::panic::catch_unwind(|| channel_sum(&spectra(2), &spectra(3)));
        assert!(refused.is_err());
    }
}
