//! EfficientNet-Lite0, pretrained on ImageNet: 1,280 features of a cover, computed once.
//!
//! Architecture and input: Google's EfficientNet-Lite (TensorFlow TPU models, 2020), with the
//! names of PyTorch's port. No squeeze-and-excite, ReLU6, no activation after a projection,
//! BatchNorm with epsilon 1e-3, folded here into the convolution before it, and TensorFlow's
//! SAME padding, which is uneven where the stride is two.

use std::collections::HashMap;

use tch::{Device, Kind, Tensor};

use crate::error::Error;
use crate::state_dict::NamedTensor;

/// Its name in commands, files and the database.
pub const NAME: &str = "efficientnet-lite0";
/// Features of a cover.
pub const FEATURES: i64 = 1280;
/// Side of the input, pixels.
pub const SIDE: i64 = 224;
/// SHA-256 of the published weights file, the only one that is taken.
pub const SOURCE_SHA256: &str = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db";
/// ImageNet's domestic cats, in torchvision's order: tabby, tiger cat, Persian, Siamese, Egyptian.
pub const CATS: std::ops::RangeInclusive<i64> = 281..=285;

const EPSILON: f64 = 1e-3;
/// Repeats, kernel, stride of the first, expansion, channels out.
const STAGES: [(usize, i64, i64, i64, i64); 7] = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
];
const STEM: i64 = 32;

/// A convolution with the normalisation behind it folded in.
#[derive(Debug)]
struct Conv {
    weight: Tensor,
    bias: Tensor,
    kernel: i64,
    stride: i64,
    groups: i64,
    relu6: bool,
}

/// An inverted residual block.
#[derive(Debug)]
struct Block {
    convs: Vec<Conv>,
    residual: bool,
}

/// The net, ready to compute.
#[derive(Debug)]
pub struct Backbone {
    stem: Conv,
    blocks: Vec<Block>,
    head: Conv,
    classes: (Tensor, Tensor),
    device: Device,
}

impl Backbone {
    /// From tensors named as in the published file.
    ///
    /// # Errors
    /// [`Error::Backbone`] when a tensor is missing, has another shape, or is left over.
    pub fn new(tensors: Vec<NamedTensor>, device: Device) -> Result<Self, Error> {
        let mut named = Named::new(tensors, device);
        let stem = named.conv("_conv_stem", "_bn0", [STEM, 3, 3], (2, 1), true)?;
        let mut blocks = Vec::new();
        let mut input = STEM;
        for (repeats, kernel, stride, expansion, output) in STAGES {
            for repeat in 0..repeats {
                let stride = if repeat == 0 { stride } else { 1 };
                let shape = BlockShape { input, kernel, stride, expansion, output };
                blocks.push(named.block(blocks.len(), &shape)?);
                input = output;
            }
        }
        let head = named.conv("_conv_head", "_bn1", [FEATURES, input, 1], (1, 1), true)?;
        let classes = (named.take("_fc.weight", &[1000, FEATURES])?, named.take("_fc.bias", &[1000])?);
        named.nothing_left()?;
        Ok(Self { stem, blocks, head, classes, device })
    }

    /// Covers `[b, 3, h, w]` of bytes, RGB → features `[b, 1280]`.
    pub fn features(&self, covers: &Tensor) -> Tensor {
        tch::no_grad(|| self.features_of(&normalise(&covers.to_device(self.device))))
    }

    /// Normalised pixels `[b, 3, 224, 224]` → features `[b, 1280]`.
    pub fn features_of(&self, pixels: &Tensor) -> Tensor {
        let mut x = self.stem.forward(pixels);
        for block in &self.blocks {
            x = block.forward(&x);
        }
        self.head.forward(&x).mean_dim([2_i64, 3].as_slice(), false, Kind::Float)
    }

    /// Features `[b, 1280]` → logits of ImageNet's classes `[b, 1000]`.
    pub fn logits(&self, features: &Tensor) -> Tensor {
        features.linear(&self.classes.0, Some(&self.classes.1))
    }

    /// Features `[b, 1280]` → the summed probability of the domestic cats `[b]`.
    pub fn cat_probability(&self, features: &Tensor) -> Tensor {
        let probabilities = self.logits(features).softmax(-1, Kind::Float);
        let cats = probabilities.narrow(1, *CATS.start(), CATS.end() - CATS.start() + 1);
        cats.sum_dim_intlist([1_i64].as_slice(), false, Kind::Float)
    }
}

/// Bytes → `(pixel − 127) / 128` at 224×224; smaller by an antialiased bilinear resize.
pub fn normalise(covers: &Tensor) -> Tensor {
    let pixels = covers.to_kind(Kind::Float);
    let size = pixels.size();
    let pixels = if size[2] == SIDE && size[3] == SIDE {
        pixels
    } else {
        pixels.internal_upsample_bilinear2d_aa([SIDE, SIDE], false, None, None)
    };
    (pixels - 127.0) / 128.0
}

impl Conv {
    fn forward(&self, x: &Tensor) -> Tensor {
        let size = x.size();
        let (top, bottom) = same(size[2], self.kernel, self.stride);
        let (left, right) = same(size[3], self.kernel, self.stride);
        let bias = Some(&self.bias);
        let y = if top == bottom && left == right {
            x.conv2d(&self.weight, bias, [self.stride; 2], [top, left], [1, 1], self.groups)
        } else {
            x.constant_pad_nd([left, right, top, bottom]).conv2d(
                &self.weight,
                bias,
                [self.stride; 2],
                [0, 0],
                [1, 1],
                self.groups,
            )
        };
        if self.relu6 { y.clamp(0.0, 6.0) } else { y }
    }
}

/// TensorFlow's SAME padding: before and after.
fn same(size: i64, kernel: i64, stride: i64) -> (i64, i64) {
    let outputs = (size + stride - 1) / stride;
    let total = ((outputs - 1) * stride + kernel - size).max(0);
    (total / 2, total - total / 2)
}

impl Block {
    fn forward(&self, x: &Tensor) -> Tensor {
        let mut y = x.shallow_clone();
        for conv in &self.convs {
            y = conv.forward(&y);
        }
        if self.residual { y + x } else { y }
    }
}

struct BlockShape {
    input: i64,
    kernel: i64,
    stride: i64,
    expansion: i64,
    output: i64,
}

/// The tensors of the file, each to be taken once.
struct Named {
    tensors: HashMap<String, NamedTensor>,
    device: Device,
}

impl Named {
    fn new(tensors: Vec<NamedTensor>, device: Device) -> Self {
        let tensors = tensors.into_iter().map(|t| (t.name.clone(), t)).collect();
        Self { tensors, device }
    }

    fn take(&mut self, name: &str, shape: &[i64]) -> Result<Tensor, Error> {
        let tensor = self.tensors.remove(name).ok_or_else(|| Error::Backbone(format!("it has no {name}")))?;
        let found: Vec<i64> = tensor.shape.iter().map(|side| *side as i64).collect();
        if found != shape {
            return Err(Error::Backbone(format!("its {name} has shape {found:?}, not {shape:?}")));
        }
        Ok(Tensor::from_slice(&tensor.values).view(shape).to_device(self.device))
    }

    /// `shape`: channels out, channels in, kernel; then stride and groups.
    fn conv(
        &mut self,
        conv: &str,
        norm: &str,
        shape: [i64; 3],
        (stride, groups): (i64, i64),
        relu6: bool,
    ) -> Result<Conv, Error> {
        let [output, input, kernel] = shape;
        let weight = self.take(&format!("{conv}.weight"), &[output, input / groups, kernel, kernel])?;
        let mut of_norm = |part: &str| self.take(&format!("{norm}.{part}"), &[output]);
        let (scale, shift) = (of_norm("weight")?, of_norm("bias")?);
        let (mean, variance) = (of_norm("running_mean")?, of_norm("running_var")?);
        let factor = scale / (variance + EPSILON).sqrt();
        Ok(Conv {
            weight: weight * factor.view([output, 1, 1, 1]),
            bias: shift - mean * factor,
            kernel,
            stride,
            groups,
            relu6,
        })
    }

    fn block(&mut self, number: usize, shape: &BlockShape) -> Result<Block, Error> {
        let name = |part: &str| format!("_blocks.{number}.{part}");
        let wide = shape.input * shape.expansion;
        let mut convs = Vec::new();
        if shape.expansion != 1 {
            let expand = [wide, shape.input, 1];
            convs.push(self.conv(&name("_expand_conv"), &name("_bn0"), expand, (1, 1), true)?);
        }
        let depthwise = [wide, wide, shape.kernel];
        let stride = (shape.stride, wide);
        convs.push(self.conv(&name("_depthwise_conv"), &name("_bn1"), depthwise, stride, true)?);
        let project = [shape.output, wide, 1];
        convs.push(self.conv(&name("_project_conv"), &name("_bn2"), project, (1, 1), false)?);
        let residual = shape.stride == 1 && shape.input == shape.output;
        Ok(Block { convs, residual })
    }

    fn nothing_left(&self) -> Result<(), Error> {
        match self.tensors.keys().min() {
            None => Ok(()),
            Some(name) => Err(Error::Backbone(format!("it holds {name}, which the net has no place for"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_tensorflows_same() {
        assert_eq!(same(224, 3, 2), (0, 1));
        assert_eq!(same(112, 5, 2), (1, 2));
        assert_eq!(same(7, 3, 1), (1, 1));
        assert_eq!(same(7, 1, 1), (0, 0));
    }
}
