//! Average pooling over large windows at the cost of small ones.

use tch::Tensor;

/// Mean over `window`×`window` every `stride` pixels, without padding: equal to
/// `avg_pool2d(window, stride)`.
///
/// A square mean is a mean of rows of means of columns, and a window that is a
/// multiple of the stride is a mean of whole strides; so 18 every 2 becomes 2
/// every 2 and then a row and a column of 9. Without padding every window is
/// full, so all parts have the same divisor, and both ways drop the same edge.
pub fn average(input: &Tensor, window: i64, stride: i64) -> Tensor {
    if window % stride == 0 && window > stride && stride > 1 {
        let strides = pool(input, [stride, stride], [stride, stride]);
        return average(&strides, window / stride, 1);
    }
    let columns = pool(input, [window, 1], [stride, 1]);
    pool(&columns, [1, window], [1, stride])
}

fn pool(input: &Tensor, window: [i64; 2], stride: [i64; 2]) -> Tensor {
    input.avg_pool2d(window, stride, [0i64, 0], false, false, None::<i64>)
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
                    pool(&leaf, [window, window], [stride, stride])
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
