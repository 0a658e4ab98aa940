//! The article's LeNet-like net: two very large kernels and large mean pools.

use tch::Tensor;

use super::Network;
use crate::layers::{Builder, Conv, ConvShape, Linear, Pass};
use crate::pooling;

/// 240 → 196 → 90 → 71 → 32 pixels, 9 channels of 32×32 into three linear layers.
#[derive(Debug)]
pub struct LeNet {
    conv1: Conv,
    conv2: Conv,
    linear: [Linear; 3],
}

impl LeNet {
    /// Names count the article's layers as PyTorch's `Sequential` would.
    pub fn new(builder: &mut Builder) -> LeNet {
        LeNet {
            conv1: builder.conv("0", ConvShape::valid(3, 6, 45)),
            conv2: builder.conv("3", ConvShape::valid(6, 9, 20)),
            linear: [
                builder.linear("7", 9216, 544),
                builder.linear("9", 544, 68),
                builder.linear("11", 68, 2),
            ],
        }
    }
}

impl Network for LeNet {
    fn forward(&self, pixels: &Tensor, pass: &mut Pass) -> Tensor {
        let x = self.conv1.forward(pixels, pass).relu_(); // [b, 6, 196, 196]
        let x = pooling::average(&x, 18, 2); // [b, 6, 90, 90]
        let x = self.conv2.forward(&x, pass).relu_(); // [b, 9, 71, 71]
        let x = pooling::average(&x, 9, 2).flatten(1, -1); // [b, 9216]
        let x = self.linear[0].forward(&x).relu();
        let x = self.linear[1].forward(&x).relu();
        self.linear[2].forward(&x)
    }
}
