//! How a cover is made from a picture: one line of text that is stored with
//! the data set, so that the same pixels can be made again.
//!
//! `DECODER/KERNEL-FILTER/FIT/qQUALITY-CHROMA`, for example
//! `turbojpeg-scaled/antialias-catmull-rom/stretch/q90-444`.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How a cover is made from a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rule {
    /// How much of a JPEG is decoded.
    pub decoder: Decoder,
    /// How far the filter reaches when the picture shrinks.
    pub kernel: Kernel,
    /// Weights of the neighbouring pixels.
    pub filter: Filter,
    /// What becomes of a picture that is not square.
    pub fit: Fit,
    /// JPEG quality of the stored cover.
    pub quality: Quality,
    /// Chroma subsampling of the stored cover.
    pub chroma: Chroma,
}

/// What decodes a JPEG, and how much of it. Both ways of libjpeg-turbo have its accurate
/// integer DCT and smooth chroma upsampling; other formats are decoded whole.
///
/// A build knows the ways that it has: the pixels of another decoder are slightly others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decoder {
    /// Every pixel, by libjpeg-turbo.
    #[cfg(feature = "turbojpeg")]
    Full,
    /// The smallest of 1/8, 1/4, 1/2 and 1 that still covers what is made from
    /// it, in the DCT domain: faster, and slightly other pixels.
    #[cfg(feature = "turbojpeg")]
    Scaled,
    /// Every pixel, by zune-jpeg.
    #[cfg(not(feature = "turbojpeg"))]
    Zune,
}

impl Decoder {
    #[cfg(feature = "turbojpeg")]
    const DEFAULT: Self = Self::Scaled;
    #[cfg(not(feature = "turbojpeg"))]
    const DEFAULT: Self = Self::Zune;
    /// Every pixel.
    #[cfg(feature = "turbojpeg")]
    const WHOLE: Self = Self::Full;
    #[cfg(not(feature = "turbojpeg"))]
    const WHOLE: Self = Self::Zune;
}

/// How far the filter reaches when the picture shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kernel {
    /// The filter widens with the scale, so every source pixel counts.
    Antialias,
    /// The filter keeps its size in source pixels and skips what lies between,
    /// as OpenCV's `resize` does.
    Plain,
}

/// Weights of the neighbouring pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filter {
    /// Equal weights.
    Box,
    /// Triangle: linear interpolation.
    Bilinear,
    /// Keys' cubic convolution with a = -0.5.
    CatmullRom,
    /// Sinc windowed by its own main lobe, three lobes a side.
    Lanczos3,
}

/// What becomes of a picture that is not square.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Both axes are scaled to the side; proportions are lost.
    Stretch,
    /// The whole picture in true proportions, centred on white.
    Border,
    /// The largest centred square.
    Crop,
}

/// Chroma subsampling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chroma {
    /// 4:4:4, none.
    Full,
    /// 4:2:0, a quarter of the chroma samples.
    Quarter,
}

/// A JPEG quality on the scale of the Independent JPEG Group, 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quality(u8);

impl Quality {
    /// The finest quality: quantisation by one.
    pub const BEST: Self = Self(100);
    /// That of stored covers, unless a rule says otherwise.
    pub const STORED: Self = Self(90);
    /// That of previews, which are for people only: clean to the eye, and small.
    pub const PREVIEW: Self = Self(85);

    /// `None` outside 1 to 100.
    pub fn new(quality: u8) -> Option<Self> {
        (1..=100).contains(&quality).then_some(Self(quality))
    }

    /// The number, 1 to 100.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl Rule {
    /// As the article's covers were made: OpenCV's bilinear `resize` without
    /// antialiasing, and its JPEG writer's 4:2:0 at quality 100.
    pub fn article() -> Self {
        Self {
            decoder: Decoder::WHOLE,
            kernel: Kernel::Plain,
            filter: Filter::Bilinear,
            fit: Fit::Stretch,
            quality: Quality::BEST,
            chroma: Chroma::Quarter,
        }
    }
}

/// Antialiased, because a 1280x720 cover shrinks fivefold and a plain kernel
/// would show one pixel in seven; Catmull-Rom, because its pixels are within
/// 48 dB of Lanczos at two thirds of the cost; stretched, because a crop can
/// lose the cat at the edge; scaled decoding and quality 90, because a net
/// judges as well by them and the cover takes a third of the bytes (measured:
/// docs/measurements.md); without chroma subsampling, which would save little.
impl Default for Rule {
    fn default() -> Self {
        Self {
            decoder: Decoder::DEFAULT,
            kernel: Kernel::Antialias,
            filter: Filter::CatmullRom,
            fit: Fit::Stretch,
            quality: Quality::STORED,
            chroma: Chroma::Full,
        }
    }
}

/// A text that names no rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "\"{0}\" is not a resize rule; one is written like \"{example}\"",
    example = Rule::default()
)]
pub struct UnknownRule(String);

/// Each word of the text, beside what it means.
#[cfg(feature = "turbojpeg")]
const DECODERS: [(&str, Decoder); 2] = [
    ("turbojpeg", Decoder::Full),
    ("turbojpeg-scaled", Decoder::Scaled),
];
#[cfg(not(feature = "turbojpeg"))]
const DECODERS: [(&str, Decoder); 1] = [("zune", Decoder::Zune)];
const KERNELS: [(&str, Kernel); 2] = [("antialias", Kernel::Antialias), ("plain", Kernel::Plain)];
const FILTERS: [(&str, Filter); 4] = [
    ("box", Filter::Box),
    ("bilinear", Filter::Bilinear),
    ("catmull-rom", Filter::CatmullRom),
    ("lanczos3", Filter::Lanczos3),
];
const FITS: [(&str, Fit); 3] = [
    ("stretch", Fit::Stretch),
    ("border", Fit::Border),
    ("crop", Fit::Crop),
];
const CHROMAS: [(&str, Chroma); 2] = [("444", Chroma::Full), ("420", Chroma::Quarter)];

fn word<T: PartialEq>(table: &[(&'static str, T)], value: &T) -> &'static str {
    let (word, _) = table
        .iter()
        .find(|(_, meaning)| meaning == value)
        .expect("the table names every variant");
    word
}

fn meaning<T: Copy>(table: &[(&str, T)], word: &str) -> Option<T> {
    let (_, meaning) = table.iter().find(|(name, _)| *name == word)?;
    Some(*meaning)
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}-{}/{}/q{}-{}",
            word(&DECODERS, &self.decoder),
            word(&KERNELS, &self.kernel),
            word(&FILTERS, &self.filter),
            word(&FITS, &self.fit),
            self.quality.get(),
            word(&CHROMAS, &self.chroma),
        )
    }
}

/// Reads what `Display` writes, and the names `default` and `article`.
impl FromStr for Rule {
    type Err = UnknownRule;

    fn from_str(text: &str) -> Result<Self, UnknownRule> {
        match text {
            "default" => Ok(Self::default()),
            "article" => Ok(Self::article()),
            _ => parse(text).ok_or_else(|| UnknownRule(text.to_owned())),
        }
    }
}

fn parse(text: &str) -> Option<Rule> {
    let parts: Vec<&str> = text.split('/').collect();
    let [decoder, resize, fit, jpeg] = parts[..] else {
        return None;
    };
    let (kernel, filter) = resize.split_once('-')?;
    let (quality, chroma) = jpeg.strip_prefix('q')?.split_once('-')?;
    let rule = Rule {
        decoder: meaning(&DECODERS, decoder)?,
        kernel: meaning(&KERNELS, kernel)?,
        filter: meaning(&FILTERS, filter)?,
        fit: meaning(&FITS, fit)?,
        quality: Quality::new(quality.parse().ok()?)?,
        chroma: meaning(&CHROMAS, chroma)?,
    };
    // One text per rule: "q090" and "q+90" are not the stored "q90".
    (rule.to_string() == text).then_some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::select;

    fn any_rule() -> impl Strategy<Value = Rule> {
        let shape = (select(&DECODERS), select(&KERNELS), select(&FILTERS));
        let rest = (select(&FITS), 1..=100u8, select(&CHROMAS));
        (shape, rest).prop_map(|((decoder, kernel, filter), (fit, quality, chroma))| Rule {
            decoder: decoder.1,
            kernel: kernel.1,
            filter: filter.1,
            fit: fit.1,
            quality: Quality(quality),
            chroma: chroma.1,
        })
    }

    proptest! {
        #[test]
        fn a_rule_is_read_back_from_its_text(rule in any_rule()) {
            prop_assert_eq!(rule.to_string().parse(), Ok(rule));
        }

        #[test]
        fn what_is_read_is_written_the_same(text in "turbojpeg/(plain|antialias)-box/crop/q[0+]?[0-9]{1,3}-444") {
            if let Ok(rule) = text.parse::<Rule>() {
                prop_assert_eq!(rule.to_string(), text);
            }
        }
    }

    /// These texts are in databases: they may not change.
    #[test]
    #[cfg(feature = "turbojpeg")]
    fn the_texts_of_the_named_rules_are_stable() {
        let default = "turbojpeg-scaled/antialias-catmull-rom/stretch/q90-444";
        let article = "turbojpeg/plain-bilinear/stretch/q100-420";
        assert_eq!(Rule::default().to_string(), default);
        assert_eq!(Rule::article().to_string(), article);
        assert_eq!("default".parse(), Ok(Rule::default()));
        assert_eq!("article".parse(), Ok(Rule::article()));
    }

    #[test]
    fn a_text_that_is_no_rule_is_refused_with_an_example() {
        for text in [
            "",
            "turbojpeg",
            "turbojpeg/antialias-catmull-rom/stretch/q0-444",
            "turbojpeg/antialias-catmull-rom/stretch/q101-444",
            "turbojpeg/antialias-catmull-rom/stretch/q100",
            "turbojpeg/antialias-catmull-rom/stretch/q100-444/more",
            "opencv/antialias-catmull-rom/stretch/q100-444",
        ] {
            let error = text.parse::<Rule>().expect_err(text);
            assert!(
                error.to_string().contains("antialias-catmull-rom"),
                "{error}"
            );
        }
    }
}
