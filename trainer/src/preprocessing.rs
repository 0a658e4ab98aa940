//! From stored pixels to a net's input; kept with the weights, so that scoring
//! does exactly what training did.

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::nets::Net;
use crate::views::ViewMode;

/// Order of the colour channels that a net was trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red: what OpenCV reads.
    Bgr,
}

/// How pixels become a net's input. Constants only: a statistic of the data set
/// would carry test covers into training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preprocessing {
    /// Side of the picture in pixels; windows are of pictures larger than that.
    pub side: i64,
    /// Order of the channels.
    pub order: ChannelOrder,
    /// Subtracted per red, green and blue, in units of a pixel value.
    pub mean: [f32; 3],
    /// Divided by, likewise.
    pub deviation: [f32; 3],
    /// In which views a backbone looks at a cover; old files and runs say nothing, and know one.
    #[serde(default, skip_serializing_if = "is_whole")]
    pub views: ViewMode,
}

fn is_whole(views: &ViewMode) -> bool {
    *views == ViewMode::Whole
}

impl Preprocessing {
    /// ImageNet's channel means and deviations, the customary constants.
    pub fn standard(side: i64) -> Preprocessing {
        Preprocessing {
            side,
            order: ChannelOrder::Rgb,
            mean: [123.675, 116.28, 103.53],
            deviation: [58.395, 57.12, 57.375],
            views: ViewMode::Whole,
        }
    }

    /// EfficientNet-Lite's: (pixel − 127) / 128.
    pub fn efficientnet_lite(side: i64) -> Preprocessing {
        Preprocessing {
            side,
            order: ChannelOrder::Rgb,
            mean: [127.0; 3],
            deviation: [128.0; 3],
            views: ViewMode::Whole,
        }
    }

    /// What the pretrained backbone takes of covers that are looked at so.
    pub fn backbone(views: ViewMode) -> Preprocessing {
        Preprocessing {
            views,
            ..Preprocessing::efficientnet_lite(Net::EfficientNetLite0.spec().input)
        }
    }

    /// The article's: blue first, divided by 128.
    pub fn article(side: i64) -> Preprocessing {
        Preprocessing {
            side,
            order: ChannelOrder::Bgr,
            mean: [0.0; 3],
            deviation: [128.0; 3],
            views: ViewMode::Whole,
        }
    }

    /// Red, green, blue pixels 0–255 `[b, 3, s, s]` of any kind → a net's input.
    pub fn normalise(&self, pixels: &Tensor) -> Tensor {
        let per_channel = |value: fn(f32, f32) -> f32| {
            let values: Vec<f32> = self
                .mean
                .iter()
                .zip(&self.deviation)
                .map(|(m, d)| value(*m, *d))
                .collect();
            Tensor::from_slice(&values)
                .view([1, 3, 1, 1])
                .to_device(pixels.device())
        };
        let shift = per_channel(|mean, deviation| -mean / deviation);
        let factor = per_channel(|_, deviation| deviation.recip());
        let scaled = shift.addcmul(&pixels.to_kind(Kind::Float), &factor);
        match self.order {
            ChannelOrder::Rgb => scaled,
            ChannelOrder::Bgr => scaled.flip([1]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(preprocessing: Preprocessing) -> Vec<f32> {
        let pixel = Tensor::from_slice(&[255u8, 128, 0]).view([1, 3, 1, 1]);
        let input = preprocessing.normalise(&pixel).flatten(0, -1);
        Vec::try_from(input).expect("three floats")
    }

    #[test]
    fn the_article_reads_blue_first_and_divides_by_128() {
        assert_eq!(
            pixel(Preprocessing::article(240)),
            [0.0, 1.0, 255.0 / 128.0]
        );
    }

    #[test]
    fn the_standard_constants_are_applied_per_channel() {
        let expected = [
            (255.0 - 123.675) / 58.395,
            (128.0 - 116.28) / 57.12,
            -103.53 / 57.375,
        ];
        for (got, expected) in pixel(Preprocessing::standard(128))
            .into_iter()
            .zip(expected)
        {
            assert!((got - expected as f32).abs() < 1e-5, "{got} {expected}");
        }
    }

    #[test]
    fn pixels_are_not_changed_in_place() {
        let pixels = Tensor::full([1, 3, 2, 2], 100.0, (Kind::Float, tch::Device::Cpu));
        let _ = Preprocessing::standard(2).normalise(&pixels);
        assert_eq!(pixels.max().double_value(&[]), 100.0);
    }
}
