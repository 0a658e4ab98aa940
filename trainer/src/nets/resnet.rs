//! A small residual net to train from scratch on covers.

use tch::{Kind, Tensor};

use super::Network;
use crate::layers::{BatchNorm, Builder, Conv, ConvShape, Linear, Pass, channels_last};

/// Channels of the four stages; each but the first halves the picture.
const CHANNELS: [i64; 4] = [32, 64, 128, 256];

/// Stem 3×3 every 2 pixels, four residual blocks, mean over the picture, linear.
#[derive(Debug)]
pub struct ResNet {
    stem: Conv,
    stem_norm: BatchNorm,
    blocks: Vec<Block>,
    head: Linear,
}

impl ResNet {
    /// Names follow torchvision's ResNets.
    pub fn new(builder: &mut Builder) -> ResNet {
        let stem = builder.conv_without_bias("conv1", ConvShape::same(3, CHANNELS[0], 3, 2));
        let stem_norm = builder.batch_norm("bn1", CHANNELS[0], 1.0);
        let mut inputs = CHANNELS[0];
        let mut blocks = Vec::new();
        for (stage, outputs) in CHANNELS.into_iter().enumerate() {
            let stride = if stage == 0 { 1 } else { 2 };
            let name = format!("layer{}.0", stage + 1);
            blocks.push(Block::new(builder, &name, inputs, outputs, stride));
            inputs = outputs;
        }
        ResNet {
            stem,
            stem_norm,
            blocks,
            head: builder.linear("fc", inputs, 2),
        }
    }
}

impl Network for ResNet {
    fn forward(&self, pixels: &Tensor, pass: &mut Pass) -> Tensor {
        let pixels = channels_last(pixels);
        let mut x = self.stem.forward(&pixels, pass);
        x = self.stem_norm.forward(&x, pass).relu_(); // [b, 32, s/2, s/2]
        x = x.max_pool2d([3, 3], [2, 2], [1, 1], [1, 1], false); // [b, 32, s/4, s/4]
        for block in &self.blocks {
            x = block.forward(&x, pass);
        }
        let x = x.mean_dim([2i64, 3].as_slice(), false, Kind::Float); // [b, 256]
        self.head.forward(&x)
    }
}

/// Two 3×3 convolutions beside a shortcut.
#[derive(Debug)]
struct Block {
    conv1: Conv,
    norm1: BatchNorm,
    conv2: Conv,
    norm2: BatchNorm,
    shortcut: Option<Shortcut>,
}

impl Block {
    fn new(builder: &mut Builder, name: &str, inputs: i64, outputs: i64, stride: i64) -> Block {
        let part = |part: &str| format!("{name}.{part}");
        let conv1 = ConvShape::same(inputs, outputs, 3, stride);
        let conv2 = ConvShape::same(outputs, outputs, 3, 1);
        Block {
            conv1: builder.conv_without_bias(&part("conv1"), conv1),
            norm1: builder.batch_norm(&part("bn1"), outputs, 1.0),
            conv2: builder.conv_without_bias(&part("conv2"), conv2),
            norm2: builder.batch_norm(&part("bn2"), outputs, 0.0),
            shortcut: (inputs != outputs).then(|| {
                let conv = ConvShape::same(inputs, outputs, 1, 1);
                Shortcut {
                    stride,
                    conv: builder.conv_without_bias(&part("downsample.1"), conv),
                    norm: builder.batch_norm(&part("downsample.2"), outputs, 1.0),
                }
            }),
        }
    }

    /// `[b, inputs, h, w]` → `[b, outputs, h/stride, w/stride]`.
    fn forward(&self, input: &Tensor, pass: &Pass) -> Tensor {
        let x = self.conv1.forward(input, pass);
        let x = self.norm1.forward(&x, pass).relu_();
        let x = self.conv2.forward(&x, pass);
        let x = self.norm2.forward(&x, pass);
        match &self.shortcut {
            Some(shortcut) => (x + shortcut.forward(input, pass)).relu_(),
            None => (x + input).relu_(),
        }
    }
}

/// Mean pool before the 1×1 convolution: a strided 1×1 would ignore three
/// quarters of the picture (He et al. 2018, "Bag of tricks", ResNet-D).
#[derive(Debug)]
struct Shortcut {
    stride: i64,
    conv: Conv,
    norm: BatchNorm,
}

impl Shortcut {
    fn forward(&self, input: &Tensor, pass: &Pass) -> Tensor {
        let side = [self.stride, self.stride];
        // Ceiling, so that an odd side gives what the padded 3×3 gives.
        let pooled = input.avg_pool2d(side, side, [0i64, 0], true, false, None::<i64>);
        self.norm.forward(&self.conv.forward(&pooled, pass), pass)
    }
}
