//! The article's AlexNet: one tower, no normalisation, for 240×240.

use tch::Tensor;

use super::Network;
use crate::layers::{Builder, Conv, ConvShape, Linear, Pass};

/// Share of units dropped after each of the two wide layers.
const DROPOUT: f64 = 0.5;

/// Five convolutions and three linear layers, 58.3 million weights.
#[derive(Debug)]
pub struct AlexNet {
    features: [Conv; 5],
    classifier: [Linear; 3],
}

impl AlexNet {
    /// Names count the article's layers as PyTorch's `Sequential` would.
    pub fn new(builder: &mut Builder) -> AlexNet {
        let stem = ConvShape {
            stride: 4,
            padding: 1,
            ..ConvShape::valid(3, 96, 11)
        };
        AlexNet {
            features: [
                builder.conv("0", stem),
                builder.conv("3", ConvShape::same(96, 256, 5, 1)),
                builder.conv("6", ConvShape::same(256, 384, 3, 1)),
                builder.conv("8", ConvShape::same(384, 384, 3, 1)),
                builder.conv("10", ConvShape::same(384, 256, 3, 1)),
            ],
            classifier: [
                builder.linear("14", 9216, 4096),
                builder.linear("17", 4096, 4096),
                builder.linear("20", 4096, 2),
            ],
        }
    }
}

impl Network for AlexNet {
    fn forward(&self, pixels: &Tensor, pass: &mut Pass) -> Tensor {
        let [conv1, conv2, conv3, conv4, conv5] = &self.features;
        let x = max_pool(&conv1.forward(pixels, pass).relu()); // [b, 96, 28, 28]
        let x = max_pool(&conv2.forward(&x, pass).relu()); // [b, 256, 13, 13]
        let x = conv3.forward(&x, pass).relu(); // [b, 384, 13, 13]
        let x = conv4.forward(&x, pass).relu();
        let x = max_pool(&conv5.forward(&x, pass).relu()).flatten(1, -1); // [b, 9216]
        let [wide1, wide2, head] = &self.classifier;
        let x = pass.dropout(wide1.forward(&x).relu(), DROPOUT);
        let x = pass.dropout(wide2.forward(&x).relu(), DROPOUT);
        head.forward(&x)
    }
}

/// 3×3 every 2 pixels.
fn max_pool(input: &Tensor) -> Tensor {
    input.max_pool2d([3, 3], [2, 2], [0, 0], [1, 1], false)
}
