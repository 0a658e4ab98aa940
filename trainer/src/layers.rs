//! Layers made the PyTorch way: constructors, first values and forward passes.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

use crate::fft_conv::{self, SpectrumCache};
use crate::init::{Fan, Init, uniform};
use crate::params::{Params, Role};

/// Smallest kernel that `Kernels::Auto` convolves by FFT: from here on the
/// transform was the faster on every shape that was measured.
const LARGE_KERNEL: i64 = 16;

/// How convolutions are carried out. Stored with a run: the bits depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kernels {
    /// Large kernels by FFT, small ones by the library.
    #[default]
    Auto,
    /// All by the library.
    Direct,
}

/// One forward pass: for training, with units dropped, or for scoring.
#[derive(Debug)]
pub enum Pass<'a> {
    /// Batch statistics, and dropout drawn from this generator.
    Train(&'a mut ChaCha8Rng),
    /// Running statistics, no dropout, kernel spectra remembered.
    Score,
}

impl Pass<'_> {
    fn trains(&self) -> bool {
        matches!(self, Pass::Train(_))
    }

    /// Zeroes a share `p` of the values and scales the rest by 1/(1−p), when
    /// training.
    pub fn dropout(&mut self, input: Tensor, p: f64) -> Tensor {
        let Pass::Train(rng) = self else { return input };
        let mask = dropout_mask(&input, p, rng);
        input * mask
    }
}

fn dropout_mask(like: &Tensor, p: f64, rng: &mut ChaCha8Rng) -> Tensor {
    use rand::RngExt;
    let kept = (1.0 / (1.0 - p)) as f32;
    let draw = |_| if rng.random_bool(p) { 0.0 } else { kept };
    let mask: Vec<f32> = (0..like.numel()).map(draw).collect();
    Tensor::from_slice(&mask)
        .view(&like.size()[..])
        .to_device(like.device())
}

/// Makes layers one after another, names their tensors and draws their values.
#[derive(Debug)]
pub struct Builder {
    params: Params,
    init: Init,
    rng: ChaCha8Rng,
    device: Device,
    kernels: Kernels,
}

impl Builder {
    /// Layers on `device`, their values drawn by `init` from `rng` in order.
    pub fn new(init: Init, rng: ChaCha8Rng, device: Device, kernels: Kernels) -> Builder {
        Builder {
            params: Params::default(),
            init,
            rng,
            device,
            kernels,
        }
    }

    /// The tensors of all layers made.
    pub fn into_params(self) -> Params {
        self.params
    }

    /// Square convolution `name.weight` with `name.bias`.
    pub fn conv(&mut self, name: &str, shape: ConvShape) -> Conv {
        let mut conv = self.conv_without_bias(name, shape);
        let fan = Fan::of(&shape.weight());
        conv.bias = Some(self.bias(name, shape.outputs, fan));
        conv
    }

    /// Square convolution `name.weight`, for use before a normalisation.
    pub fn conv_without_bias(&mut self, name: &str, shape: ConvShape) -> Conv {
        let by_fft = self.kernels == Kernels::Auto
            && shape.kernel >= LARGE_KERNEL
            && shape.stride == 1
            && shape.padding == 0;
        Conv {
            weight: self.weight(name, &shape.weight()),
            bias: None,
            shape,
            spectrum: by_fft.then(SpectrumCache::default),
        }
    }

    /// `[b, inputs]` → `[b, outputs]`.
    pub fn linear(&mut self, name: &str, inputs: i64, outputs: i64) -> Linear {
        let shape = [outputs, inputs];
        Linear {
            weight: self.weight(name, &shape),
            bias: self.bias(name, outputs, Fan::of(&shape)),
        }
    }

    /// Batch normalisation of `channels` whose scale starts at `scale`: one, or
    /// zero for the last of a residual branch (the block then starts as the
    /// identity; Goyal et al. 2017, section 5.1).
    pub fn batch_norm(&mut self, name: &str, channels: i64, scale: f64) -> BatchNorm {
        let full = |value: f64| Tensor::full([channels], value, (Kind::Float, self.device));
        let (weight, bias, mean, variance) = (full(scale), full(0.0), full(0.0), full(1.0));
        let mut add =
            |part: &str, tensor, role| self.params.add(format!("{name}.{part}"), tensor, role);
        BatchNorm {
            weight: add("weight", weight, Role::Undecayed),
            bias: add("bias", bias, Role::Undecayed),
            mean: add("running_mean", mean, Role::Buffer),
            variance: add("running_var", variance, Role::Buffer),
        }
    }

    /// A tensor that is never trained: all zero until it is loaded.
    pub fn fixed(&mut self, name: &str, shape: &[i64]) -> Tensor {
        let zeros = Tensor::zeros(shape, (Kind::Float, self.device));
        self.params.add(name.into(), zeros, Role::Buffer)
    }

    fn weight(&mut self, name: &str, shape: &[i64]) -> Tensor {
        let drawn = self.init.weight(shape, &mut self.rng, self.device);
        self.params
            .add(format!("{name}.weight"), drawn, Role::Weight)
    }

    fn bias(&mut self, name: &str, outputs: i64, fan: Fan) -> Tensor {
        let bound = self.init.bias_bound(fan);
        let drawn = uniform(&[outputs], bound, &mut self.rng, self.device);
        self.params
            .add(format!("{name}.bias"), drawn, Role::Undecayed)
    }
}

/// The same values laid out pixel by pixel, which the library's convolutions of
/// small kernels read faster and keep for what follows.
pub fn channels_last(pixels: &Tensor) -> Tensor {
    pixels
        .permute([0i64, 2, 3, 1])
        .contiguous()
        .permute([0i64, 3, 1, 2])
}

/// Channels and geometry of a square convolution.
#[derive(Clone, Copy, Debug)]
pub struct ConvShape {
    /// Channels in.
    pub inputs: i64,
    /// Channels out.
    pub outputs: i64,
    /// Side of the kernel in pixels.
    pub kernel: i64,
    /// Pixels between neighbouring outputs.
    pub stride: i64,
    /// Zeros around the input, in pixels.
    pub padding: i64,
}

impl ConvShape {
    /// Stride 1, no padding.
    pub fn valid(inputs: i64, outputs: i64, kernel: i64) -> ConvShape {
        ConvShape {
            inputs,
            outputs,
            kernel,
            stride: 1,
            padding: 0,
        }
    }

    /// Stride `stride`, padded by half the kernel.
    pub fn same(inputs: i64, outputs: i64, kernel: i64, stride: i64) -> ConvShape {
        ConvShape {
            inputs,
            outputs,
            kernel,
            stride,
            padding: kernel / 2,
        }
    }

    fn weight(&self) -> [i64; 4] {
        [self.outputs, self.inputs, self.kernel, self.kernel]
    }
}

/// `[b, inputs, h, w]` → `[b, outputs, h', w']`.
#[derive(Debug)]
pub struct Conv {
    weight: Tensor,
    bias: Option<Tensor>,
    shape: ConvShape,
    spectrum: Option<SpectrumCache>,
}

impl Conv {
    /// The convolution, by FFT where the builder chose so.
    pub fn forward(&self, input: &Tensor, pass: &Pass) -> Tensor {
        let bias = self.bias.as_ref();
        match &self.spectrum {
            Some(_) if pass.trains() => fft_conv::convolve(input, &self.weight, bias),
            Some(cache) => cache.convolve(input, &self.weight, bias),
            None => {
                let (stride, padding) = (self.shape.stride, self.shape.padding);
                let pairs = ([stride, stride], [padding, padding]);
                input.conv2d(&self.weight, bias, pairs.0, pairs.1, [1, 1], 1)
            }
        }
    }
}

/// `x·Wᵀ + b`.
#[derive(Debug)]
pub struct Linear {
    weight: Tensor,
    bias: Tensor,
}

impl Linear {
    /// `[b, inputs]` → `[b, outputs]`.
    pub fn forward(&self, input: &Tensor) -> Tensor {
        input.linear(&self.weight, Some(&self.bias))
    }
}

/// Batch normalisation over `[b, c, h, w]`, PyTorch's momentum and epsilon.
#[derive(Debug)]
pub struct BatchNorm {
    weight: Tensor,
    bias: Tensor,
    mean: Tensor,
    variance: Tensor,
}

const BATCH_NORM_MOMENTUM: f64 = 0.1;
const BATCH_NORM_EPSILON: f64 = 1e-5;

impl BatchNorm {
    /// Normalises by the batch when training (and moves the running statistics),
    /// by the running statistics when scoring.
    pub fn forward(&self, input: &Tensor, pass: &Pass) -> Tensor {
        input.batch_norm(
            Some(&self.weight),
            Some(&self.bias),
            Some(&self.mean),
            Some(&self.variance),
            pass.trains(),
            BATCH_NORM_MOMENTUM,
            BATCH_NORM_EPSILON,
            true,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyed::{Purpose, generator};

    fn builder(kernels: Kernels) -> Builder {
        let rng = generator(1, Purpose::Init, &[]);
        Builder::new(Init::Kaiming, rng, Device::Cpu, kernels)
    }

    #[test]
    fn batch_norm_scales_start_at_one_and_training_moves_the_statistics() {
        let mut builder = builder(Kernels::Auto);
        let norm = builder.batch_norm("bn", 2, 1.0);
        assert_eq!(norm.weight.min().double_value(&[]), 1.0);
        let input = Tensor::full([4, 2, 3, 3], 5.0, (Kind::Float, Device::Cpu));
        let scored = norm.forward(&input, &Pass::Score);
        assert!((scored.mean(Kind::Float).double_value(&[]) - 5.0).abs() < 1e-3);
        let mut rng = generator(1, Purpose::Dropout, &[]);
        let trained = norm.forward(&input, &Pass::Train(&mut rng));
        assert!(trained.abs().max().double_value(&[]) < 1e-3);
        assert!((norm.mean.double_value(&[0]) - 0.5).abs() < 1e-6);
    }

    #[test]
    fn dropout_keeps_the_mean_when_training_and_everything_when_scoring() {
        let ones = Tensor::ones([100, 100], (Kind::Float, Device::Cpu));
        let mut rng = generator(1, Purpose::Dropout, &[]);
        let dropped = Pass::Train(&mut rng).dropout(ones.copy(), 0.5);
        let mean = dropped.mean(Kind::Float).double_value(&[]);
        assert!((mean - 1.0).abs() < 0.05, "{mean}");
        let zeros = dropped.eq(0.0).sum(Kind::Float).double_value(&[]);
        assert!((4700.0..5300.0).contains(&zeros), "{zeros}");
        assert!(Pass::Score.dropout(ones.copy(), 0.5).equal(&ones));
    }

    #[test]
    fn only_large_plain_kernels_go_through_the_transform() {
        let mut auto = builder(Kernels::Auto);
        let mut direct = builder(Kernels::Direct);
        let large = ConvShape::valid(3, 6, 45);
        let strided = ConvShape { stride: 2, ..large };
        assert!(auto.conv("a", large).spectrum.is_some());
        assert!(
            auto.conv("b", ConvShape::valid(3, 6, 11))
                .spectrum
                .is_none()
        );
        assert!(auto.conv("c", strided).spectrum.is_none());
        assert!(direct.conv("a", large).spectrum.is_none());
    }

    #[test]
    fn tensors_are_named_as_pytorch_names_them() {
        let mut builder = builder(Kernels::Auto);
        builder.conv("features.0", ConvShape::valid(3, 6, 5));
        builder.batch_norm("bn1", 6, 1.0);
        builder.linear("fc", 4, 2);
        let params = builder.into_params();
        let names: Vec<&str> = params.iter().map(|p| p.name.as_str()).collect();
        let expected = "features.0.weight features.0.bias bn1.weight bn1.bias \
                        bn1.running_mean bn1.running_var fc.weight fc.bias";
        assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    }
}
