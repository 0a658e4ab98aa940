//! EfficientNet-Lite0, pretrained on ImageNet and fixed, with a linear probe on top.
//!
//! Architecture: Google's EfficientNet-Lite (TensorFlow TPU models, 2020): inverted residual
//! blocks without squeeze-and-excite, ReLU6, no activation after a projection, TensorFlow's
//! SAME padding, which is uneven where the stride is two. Each normalisation is folded into
//! the convolution before it: the backbone is never trained here.

use tch::{Device, Kind, Tensor};

use super::Network;
use crate::fused_conv::{FusedConv, PackedWeight, Then};
use crate::layers::{Builder, Pass, channels_last};
use crate::views::{self, ViewMode};

/// Features of a square cover.
pub const FEATURES: i64 = 1280;

/// Features of a view: what is left of [`FEATURES`] by the projection. More of them change recall
/// and false alarms by less than their intervals, and with these the features of three covers of
/// 16 to 9 fit on a page of the database.
pub const PROJECTED: i64 = 272;

/// Channels out of the stem.
const STEM: i64 = 32;

/// Blocks whose planes are so large that a batch of them goes through memory: on a processor
/// they stay in its cache a cover at a time.
const WIDE_BLOCKS: usize = 4;

/// Blocks of one resolution.
struct Stage {
    repeats: usize,
    kernel: i64,
    /// Of the first block; the others keep the resolution.
    stride: i64,
    expansion: i64,
    outputs: i64,
}

const STAGES: [Stage; 7] = [
    stage(1, 3, 1, 1, 16),
    stage(2, 3, 2, 6, 24),
    stage(2, 5, 2, 6, 40),
    stage(3, 3, 2, 6, 80),
    stage(3, 5, 1, 6, 112),
    stage(4, 5, 2, 6, 192),
    stage(1, 3, 1, 6, 320),
];

const fn stage(repeats: usize, kernel: i64, stride: i64, expansion: i64, outputs: i64) -> Stage {
    Stage {
        repeats,
        kernel,
        stride,
        expansion,
        outputs,
    }
}

/// A convolution of the backbone: where it is, and its geometry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Its part of the net.
    pub part: LayerPart,
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Side of the kernel.
    pub kernel: i64,
    /// Step between outputs.
    pub stride: i64,
    /// Channels are convolved in so many groups.
    pub groups: i64,
    /// Whether ReLU6 follows.
    pub activated: bool,
}

/// Names a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayerPart {
    /// The first.
    Stem,
    /// 1×1 to more channels, in this block.
    Expand(usize),
    /// One kernel a channel.
    Depthwise(usize),
    /// 1×1 to fewer channels.
    Project(usize),
    /// The last, 1×1.
    Head,
}

impl LayerPart {
    /// Its name in our files.
    pub fn name(self) -> String {
        match self {
            LayerPart::Stem => "stem".into(),
            LayerPart::Expand(block) => format!("blocks.{block}.expand"),
            LayerPart::Depthwise(block) => format!("blocks.{block}.depthwise"),
            LayerPart::Project(block) => format!("blocks.{block}.project"),
            LayerPart::Head => "head".into(),
        }
    }
}

impl Layer {
    /// Shape of the weight.
    pub fn shape(&self) -> [i64; 4] {
        let inputs = self.inputs / self.groups;
        [self.outputs, inputs, self.kernel, self.kernel]
    }
}

/// The layers of each block, with whether its input is added to its output.
fn blocks() -> Vec<(Vec<Layer>, bool)> {
    let mut blocks = Vec::new();
    let mut inputs = STEM;
    for stage in &STAGES {
        for repeat in 0..stage.repeats {
            let stride = if repeat == 0 { stage.stride } else { 1 };
            let residual = stride == 1 && inputs == stage.outputs;
            blocks.push((block(blocks.len(), inputs, stride, stage), residual));
            inputs = stage.outputs;
        }
    }
    blocks
}

fn block(number: usize, inputs: i64, stride: i64, stage: &Stage) -> Vec<Layer> {
    let wide = inputs * stage.expansion;
    let expand = pointwise(LayerPart::Expand(number), inputs, wide, true);
    let depthwise = Layer {
        part: LayerPart::Depthwise(number),
        inputs: wide,
        outputs: wide,
        kernel: stage.kernel,
        stride,
        groups: wide,
        activated: true,
    };
    let project = pointwise(LayerPart::Project(number), wide, stage.outputs, false);
    match stage.expansion {
        1 => vec![depthwise, project],
        _ => vec![expand, depthwise, project],
    }
}

fn pointwise(part: LayerPart, inputs: i64, outputs: i64, activated: bool) -> Layer {
    Layer {
        part,
        inputs,
        outputs,
        kernel: 1,
        stride: 1,
        groups: 1,
        activated,
    }
}

fn stem() -> Layer {
    Layer {
        part: LayerPart::Stem,
        inputs: 3,
        outputs: STEM,
        kernel: 3,
        stride: 2,
        groups: 1,
        activated: true,
    }
}

fn head() -> Layer {
    let inputs = STAGES[STAGES.len() - 1].outputs;
    pointwise(LayerPart::Head, inputs, FEATURES, true)
}

/// Every convolution in the order of computation.
pub fn layers() -> Vec<Layer> {
    let inner = blocks().into_iter().flat_map(|(layers, _)| layers);
    std::iter::once(stem())
        .chain(inner)
        .chain([head()])
        .collect()
}

/// Classes of the published classifier.
pub const CLASSES: i64 = 1000;

/// The convolutions.
#[derive(Debug)]
struct Trunk {
    stem: Conv,
    blocks: Vec<(Vec<Conv>, bool)>,
    head: Conv,
    /// `[272, 1280]`, its rows orthonormal, where several views are looked at.
    projection: Option<Tensor>,
}

/// Backbone and ImageNet's own classifier: the topic is what some of its classes sum up to.
#[derive(Debug)]
pub struct Classes {
    trunk: Trunk,
    /// `[1000, 1280]`
    weight: Tensor,
    /// `[1000]`
    bias: Tensor,
    /// One in the classes of the topic, else zero, `[1000]`.
    chosen: Tensor,
}

/// Backbone and probe.
#[derive(Debug)]
pub struct EfficientNet {
    trunk: Trunk,
    /// `[1, f]`
    probe: Tensor,
    /// `[1]`
    offset: Tensor,
}

impl EfficientNet {
    /// All zero: the backbone's values come from a file, the probe's from [`crate::probe`].
    pub fn new(builder: &mut Builder, views: ViewMode) -> EfficientNet {
        EfficientNet {
            trunk: Trunk::new(builder, views),
            probe: builder.fixed("probe.weight", &[1, width(views)]),
            offset: builder.fixed("probe.bias", &[1]),
        }
    }
}

impl Classes {
    /// All zero, to be filled from files.
    pub fn new(builder: &mut Builder, views: ViewMode) -> Classes {
        Classes {
            trunk: Trunk::new(builder, views),
            weight: builder.fixed("classes.weight", &[CLASSES, FEATURES]),
            bias: builder.fixed("classes.bias", &[CLASSES]),
            chosen: builder.fixed("classes.chosen", &[CLASSES]),
        }
    }

    /// Logarithms of the summed exponentials of the others and of the chosen: the sigmoid of
    /// their difference is the summed softmax.
    fn judge(&self, features: &Tensor) -> Tensor {
        const NEVER: f64 = -1e4;
        let features = match &self.trunk.projection {
            None => features.shallow_clone(),
            // The part of a feature that a projection keeps.
            Some(projection) => features.mm(projection),
        };
        let logits = features.linear(&self.weight, Some(&self.bias)); // [b, 1000]
        let sum =
            |left_out: &Tensor| (&logits + left_out * NEVER).logsumexp([1i64].as_slice(), true);
        let others = sum(&self.chosen);
        let topic = sum(&(self.chosen.ones_like() - &self.chosen));
        Tensor::cat(&[others, topic], 1)
    }
}

impl Network for Classes {
    fn forward(&self, pixels: &Tensor, _pass: &mut Pass) -> Tensor {
        self.judge(&self.trunk.look(pixels))
    }

    fn features(&self, pixels: &Tensor) -> Option<Tensor> {
        Some(self.trunk.look(pixels))
    }

    fn logits_of(&self, features: &Tensor) -> Option<Tensor> {
        Some(self.judge(features))
    }
}

impl Network for EfficientNet {
    fn forward(&self, pixels: &Tensor, _pass: &mut Pass) -> Tensor {
        self.judge(&self.trunk.look(pixels))
    }

    fn features(&self, pixels: &Tensor) -> Option<Tensor> {
        Some(self.trunk.look(pixels))
    }

    fn logits_of(&self, features: &Tensor) -> Option<Tensor> {
        Some(self.judge(features))
    }
}

/// Numbers in a view.
pub fn width(views: ViewMode) -> i64 {
    match views {
        ViewMode::Whole => FEATURES,
        ViewMode::Windows => PROJECTED,
    }
}

/// The name of the projection in our files.
pub const PROJECTION: &str = "projection";

impl Trunk {
    fn new(builder: &mut Builder, views: ViewMode) -> Trunk {
        let stem = Conv::new(builder, stem());
        let blocks = blocks()
            .into_iter()
            .map(|(layers, residual)| {
                let convs = layers.into_iter().map(|layer| Conv::new(builder, layer));
                (convs.collect(), residual)
            })
            .collect();
        Trunk {
            stem,
            blocks,
            head: Conv::new(builder, head()),
            projection: match views {
                ViewMode::Whole => None,
                ViewMode::Windows => Some(builder.fixed(PROJECTION, &[PROJECTED, FEATURES])),
            },
        }
    }

    /// Features of whole pictures `[b, 1280]`, or of the views of one `[views, 272]`.
    fn look(&self, pixels: &Tensor) -> Tensor {
        let map = self.map(pixels);
        match &self.projection {
            None => map.mean_dim([2i64, 3].as_slice(), false, Kind::Float),
            Some(projection) => views::pooled(&map.squeeze_dim(0)).mm(&projection.tr()),
        }
    }

    /// The last map `[b, 1280, ⌈h/32⌉, ⌈w/32⌉]`: a cell for every 32 pixels.
    fn map(&self, pixels: &Tensor) -> Tensor {
        let (wide, deep) = self.blocks.split_at(WIDE_BLOCKS);
        let covers = match pixels.device() {
            Device::Cpu => pixels.split(1, 0),
            _ => vec![pixels.shallow_clone()],
        };
        let wide: Vec<Tensor> = covers
            .iter()
            .map(|cover| through(wide, self.stem.forward(&channels_last(cover), None)))
            .collect();
        let x = through(deep, Tensor::cat(&wide, 0));
        self.head.forward(&x, None)
    }
}

/// The blocks one after the other.
fn through(blocks: &[(Vec<Conv>, bool)], mut x: Tensor) -> Tensor {
    for (convs, residual) in blocks {
        let (project, wide) = convs.split_last().expect("a block has layers");
        let first = wide[0].forward(&x, None);
        let y = wide[1..]
            .iter()
            .fold(first, |y, conv| conv.forward(&y, None));
        x = project.forward(&y, residual.then_some(x));
    }
    x
}

impl EfficientNet {
    /// The other's logit is zero, so that the topic's is the margin.
    fn judge(&self, features: &Tensor) -> Tensor {
        let margin = features.linear(&self.probe, Some(&self.offset)); // [b, 1]
        Tensor::cat(&[margin.zeros_like(), margin], 1)
    }
}

#[derive(Debug)]
struct Conv {
    weight: Tensor,
    bias: Tensor,
    layer: Layer,
    packed: PackedWeight,
}

/// ReLU6.
const LIMITS: [f64; 2] = [0.0, 6.0];

impl Conv {
    fn new(builder: &mut Builder, layer: Layer) -> Conv {
        let name = layer.part.name();
        Conv {
            weight: builder.fixed(&format!("{name}.weight"), &layer.shape()),
            bias: builder.fixed(&format!("{name}.bias"), &[layer.outputs]),
            layer,
            packed: PackedWeight::default(),
        }
    }

    /// With `sum`, which is used up: their sum.
    fn forward(&self, input: &Tensor, sum: Option<Tensor>) -> Tensor {
        let Layer {
            kernel,
            stride,
            groups,
            activated,
            ..
        } = self.layer;
        let size = input.size();
        let (top, bottom) = same(size[2], kernel, stride);
        let (left, right) = same(size[3], kernel, stride);
        let conv = FusedConv {
            weight: &self.weight,
            bias: &self.bias,
            // Padding that is uneven would copy the input. A zero row or column before the
            // kernel's first moves it by as much, and the kernel is small.
            zeros_before: [bottom - top, right - left],
            padding: [bottom, right],
            stride,
            groups,
        };
        let then = match sum {
            Some(sum) => Then::AddTo(sum),
            None if activated => Then::Clamp(LIMITS),
            None => Then::Done,
        };
        conv.forward(input, then, &self.packed)
    }
}

/// TensorFlow's SAME padding of one axis: before and after.
pub fn same(size: i64, kernel: i64, stride: i64) -> (i64, i64) {
    let outputs = (size + stride - 1) / stride;
    let total = ((outputs - 1) * stride + kernel - size).max(0);
    (total / 2, total - total / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_tensorflows_same() {
        let table = [
            ((224, 3, 2), (0, 1)),
            ((112, 5, 2), (1, 2)),
            ((7, 3, 1), (1, 1)),
            ((7, 1, 1), (0, 0)),
            ((15, 3, 2), (1, 1)),
        ];
        for ((size, kernel, stride), expected) in table {
            assert_eq!(
                same(size, kernel, stride),
                expected,
                "{size} {kernel} {stride}"
            );
        }
    }

    #[test]
    fn there_are_as_many_layers_and_weights_as_were_published() {
        let layers = layers();
        // A stem, a head, and three to each of sixteen blocks but the first, which has two.
        assert_eq!(layers.len(), 2 + 16 * 3 - 1);
        let of_one = |layer: &Layer| layer.shape().iter().product::<i64>();
        let weights: i64 = layers.iter().map(of_one).sum();
        // 4,652,008 in all, with two values of a normalisation to each channel and the
        // classifier's 1,281,000.
        let norms: i64 = layers.iter().map(|layer| 2 * layer.outputs).sum();
        assert_eq!(weights + norms + 1000 * FEATURES + 1000, 4_652_008);
    }
}
