//! Convolution with a large kernel in the frequency domain.
//!
//! A k×k kernel costs k² products per output directly and log n by FFT, so that
//! from k ≈ 16 on the transform wins by far; it is also the more exact of the
//! two. Stride 1 and no padding, which is all that such layers use here.

use std::cell::RefCell;

use tch::Tensor;

use crate::channel_sum::channel_sum;

/// `[b, c, h, w]` with `[o, c, k, k]` → `[b, o, h-k+1, w-k+1]`, as
/// `conv2d(input, weight, bias)` gives; autograd goes through it.
pub fn convolve(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    let spectrum = spectrum(weight, plane(input));
    convolve_spectrum(input, &spectrum, kernel_size(weight), bias)
}

/// The spectrum of a kernel, kept between scoring passes.
///
/// It belongs to one content of the weight (libtorch counts the changes made in
/// place) and to one size of plane; any other asks for a new transform.
#[derive(Debug, Default)]
pub struct SpectrumCache(RefCell<Option<Cached>>);

#[derive(Debug)]
struct Cached {
    version: i64,
    plane: [i64; 2],
    spectrum: Tensor,
}

impl SpectrumCache {
    /// [`convolve`] without gradients, with the kernel's transform remembered.
    pub fn convolve(&self, input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let (version, plane) = (weight.internal_version(), plane(input));
        let mut slot = self.0.borrow_mut();
        let fits = slot
            .as_ref()
            .is_some_and(|cached| cached.version == version && cached.plane == plane);
        if !fits {
            *slot = None;
        }
        let cached = slot.get_or_insert_with(|| Cached {
            version,
            plane,
            spectrum: spectrum(weight, plane),
        });
        convolve_spectrum(input, &cached.spectrum, kernel_size(weight), bias)
    }
}

fn spectrum(planes: &Tensor, plane: [i64; 2]) -> Tensor {
    planes.fft_rfft2(&plane[..], [-2i64, -1], "backward")
}

/// The transform is made at the input's own size: it is circular, but the wrap
/// reaches only outputs that a valid convolution does not have. What PyTorch calls a
/// convolution is a correlation: the kernel's spectrum is conjugated.
fn convolve_spectrum(
    input: &Tensor,
    kernel: &Tensor,
    sides: [i64; 2],
    bias: Option<&Tensor>,
) -> Tensor {
    let plane = plane(input);
    let valid = channel_sum(&spectrum(input, plane), kernel)
        .fft_irfft2(&plane[..], [-2i64, -1], "backward")
        .narrow(2, 0, plane[0] - sides[0] + 1)
        .narrow(3, 0, plane[1] - sides[1] + 1);
    match bias {
        Some(bias) => valid + bias.view([1, -1, 1, 1]),
        None => valid,
    }
}

fn plane(input: &Tensor) -> [i64; 2] {
    let size = input.size();
    [size[2], size[3]]
}

fn kernel_size(weight: &Tensor) -> [i64; 2] {
    let size = weight.size();
    [size[2], size[3]]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::uniform;
    use crate::keyed::{Purpose, generator};
    use tch::{Device, Kind};

    fn random(shape: &[i64], place: u64) -> Tensor {
        let mut rng = generator(7, Purpose::Bench, &[place]);
        uniform(shape, 1.0, &mut rng, Device::Cpu)
    }

    fn relative_difference(left: &Tensor, right: &Tensor) -> f64 {
        let scale = right.abs().max().double_value(&[]);
        (left - right).abs().max().double_value(&[]) / scale
    }

    /// Output and gradients of input, weight and bias for one way to convolve.
    fn run(
        way: impl Fn(&Tensor, &Tensor, &Tensor) -> Tensor,
        shapes: &(Vec<i64>, Vec<i64>),
    ) -> Vec<Tensor> {
        let leaf = |t: Tensor| t.set_requires_grad(true);
        let input = leaf(random(&shapes.0, 1));
        let weight = leaf(random(&shapes.1, 2));
        let bias = leaf(random(&shapes.1[..1], 3));
        let output = way(&input, &weight, &bias);
        let slope = random(&output.size(), 4);
        (&output * slope).sum(Kind::Float).backward();
        vec![output.detach(), input.grad(), weight.grad(), bias.grad()]
    }

    #[test]
    fn values_and_gradients_equal_the_direct_convolution() {
        let table = [
            (vec![2, 3, 60, 60], vec![6, 3, 45, 45]),
            (vec![2, 6, 90, 90], vec![9, 6, 20, 20]),
            (vec![1, 2, 17, 31], vec![4, 2, 5, 8]),
        ];
        for shapes in table {
            let fast = run(|x, w, b| convolve(x, w, Some(b)), &shapes);
            let direct = run(
                |x, w, b| x.conv2d(w, Some(b), [1, 1], [0, 0], [1, 1], 1),
                &shapes,
            );
            for (index, (left, right)) in fast.iter().zip(&direct).enumerate() {
                let difference = relative_difference(left, right);
                assert!(difference < 1e-5, "{shapes:?} part {index}: {difference}");
            }
        }
    }

    #[test]
    fn the_cached_spectrum_follows_changes_of_weight_and_plane() {
        let _guard = tch::no_grad_guard();
        let cache = SpectrumCache::default();
        let mut weight = random(&[2, 1, 9, 9], 1);
        for (side, change) in [(20, 1.0), (20, 1.0), (20, 2.0), (24, 2.0)] {
            if change != 1.0 {
                let _ = weight.g_mul_scalar_(change);
            }
            let input = random(&[1, 1, side, side], 2);
            let cached = cache.convolve(&input, &weight, None);
            let fresh = convolve(&input, &weight, None);
            assert_eq!(cached.size(), fresh.size());
            assert!(relative_difference(&cached, &fresh) < 1e-6);
        }
    }
}
