//! Average pooling over large windows at the cost of small ones.

use tch::Tensor;

/// Mean over `window`×`window` every `stride` pixels, without padding: equal to
/// `avg_pool2d(window, stride)`.
///
/// A window that is a multiple of the stride is a mean of whole strides, so 18
/// every 2 becomes 2 every 2 and then 9 every 1. A square mean is a mean of rows of
/// means of columns, each a product with a banded matrix, and products are what a
/// processor does best: four fifths of their terms are zero, and they still take
/// half the time of the sums. Without padding every window is full, so all parts
/// have the same divisor, and both ways drop the same edge.
pub fn average(input: &Tensor, window: i64, stride: i64) -> Tensor {
    if window % stride == 0 && window > stride && stride > 1 {
        let strides = whole(input, stride, stride);
        return average(&strides, window / stride, 1);
    }
    let size = input.size();
    let (height, width) = (size[size.len() - 2], size[size.len() - 1]);
    let band = |side| band(side, window, stride).to_device(input.device());
    let rows = input.matmul(&band(width).transpose(0, 1));
    band(height).matmul(&rows)
}

fn whole(input: &Tensor, window: i64, stride: i64) -> Tensor {
    let (window, stride) = ([window, window], [stride, stride]);
    input.avg_pool2d(window, stride, [0i64, 0], false, false, None::<i64>)
}

/// `[outputs, side]`: times a column of `side` pixels, the mean of each window.
fn band(side: i64, window: i64, stride: i64) -> Tensor {
    let outputs = (side - window) / stride + 1;
    let share = |output: i64, pixel: i64| {
        let inside = (0..window).contains(&(pixel - output * stride));
        if inside { 1.0 / window as f32 } else { 0.0 }
    };
    let values: Vec<f32> = (0..outputs)
        .flat_map(|output| (0..side).map(move |pixel| share(output, pixel)))
        .collect();
    Tensor::from_slice(&values).view([outputs, side])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::uniform;
    use crate::keyed::{Purpose, generator};
    use tch::{Device, Kind};

    #[test]
    fn parts_equal_the_whole_window_in_value_and_gradient() {
        // Sides that the windows fill and sides whose edge is dropped.
        let table = [
            (196, 18, 2),
            (197, 18, 2),
            (71, 9, 2),
            (72, 9, 2),
            (31, 6, 3),
            (7, 2, 2),
        ];
        for (side, window, stride) in table {
            let mut rng = generator(3, Purpose::Bench, &[side as u64]);
            let pixels = uniform(&[2, 3, side, side], 1.0, &mut rng, Device::Cpu);
            let run = |parts: bool| {
                let leaf = pixels.copy().set_requires_grad(true);
                let pooled = if parts {
                    average(&leaf, window, stride)
                } else {
                    whole(&leaf, window, stride)
                };
                pooled.square().sum(Kind::Float).backward();
                (pooled.detach(), leaf.grad())
            };
            let (fast, whole) = (run(true), run(false));
            assert_eq!(fast.0.size(), whole.0.size(), "{side} {window} {stride}");
            for (left, right) in [(fast.0, whole.0), (fast.1, whole.1)] {
                let scale = right.abs().max().double_value(&[]);
                let difference = (left - right).abs().max().double_value(&[]);
                assert!(difference / scale < 1e-5, "{side} {window} {stride}");
            }
        }
    }
}
