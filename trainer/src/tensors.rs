//! All covers of a data set as one tensor on the device.
//!
//! One byte a channel: 240×240 covers take 173 kB each, so that ten thousand fit
//! where their floats would not. Folds are lists of rows, and a batch is made
//! float only when its turn comes.

use tch::{Device, Kind, Tensor};

/// Covers and labels, row by row.
#[derive(Debug)]
pub struct Covers {
    pixels: Tensor,
    labels: Tensor,
    /// Where batches are wanted, if not where the covers are.
    batches_on: Option<Device>,
}

impl Covers {
    /// From decoded pictures of `side`×`side` pixels, each red, green, blue,
    /// red, … in rows, and labels 0 (other) or 1 (topic).
    ///
    /// # Panics
    /// If a picture has another size or their number is not that of the labels.
    pub fn from_rgb<P: AsRef<[u8]>>(
        side: i64,
        pictures: &[P],
        labels: &[i64],
        device: Device,
    ) -> Covers {
        assert_eq!(pictures.len(), labels.len(), "a label for every picture");
        let planes: Vec<Tensor> = pictures
            .iter()
            .map(|picture| planes(side, picture.as_ref()))
            .collect();
        Covers {
            pixels: Tensor::stack(&planes, 0).to_device(device),
            labels: Tensor::from_slice(labels).to_device(device),
            batches_on: None,
        }
    }

    /// Covers side by side, in order; their sides must agree.
    ///
    /// # Panics
    /// If there is no part.
    pub fn cat(parts: &[Covers]) -> Covers {
        let join = |tensor: fn(&Covers) -> &Tensor| {
            Tensor::cat(&parts.iter().map(tensor).collect::<Vec<_>>(), 0)
        };
        Covers {
            pixels: join(|part| &part.pixels),
            labels: join(|part| &part.labels),
            batches_on: None,
        }
    }

    /// The same on another device.
    pub fn to_device(&self, device: Device) -> Covers {
        Covers {
            pixels: self.pixels.to_device(device),
            labels: self.labels.to_device(device),
            batches_on: None,
        }
    }

    /// The same covers where they are, but each batch moved to `device`: for a GPU whose
    /// memory does not hold all of them.
    pub fn with_batches_on(self, device: Device) -> Covers {
        Covers {
            batches_on: Some(device),
            ..self
        }
    }

    /// Number of covers.
    pub fn len(&self) -> usize {
        self.labels.numel()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same covers at another side, antialiased, once for a whole training.
    pub fn resized(&self, side: i64) -> Covers {
        let (labels, batches_on) = (self.labels.shallow_clone(), self.batches_on);
        if self.pixels.size()[2] == side {
            let pixels = self.pixels.shallow_clone();
            return Covers {
                pixels,
                labels,
                batches_on,
            };
        }
        let shrink = |part: &Tensor| {
            part.to_kind(Kind::Float)
                .internal_upsample_bilinear2d_aa([side, side], false, None::<f64>, None::<f64>)
                .round_()
                .clamp_(0.0, 255.0)
                .to_kind(Kind::Uint8)
        };
        let parts: Vec<Tensor> = self
            .pixels
            .split(RESIZED_AT_ONCE, 0)
            .iter()
            .map(shrink)
            .collect();
        Covers {
            pixels: Tensor::cat(&parts, 0),
            labels,
            batches_on,
        }
    }

    /// Pixels 0–255, bytes `[b, 3, s, s]`, of these rows.
    pub fn pixels(&self, rows: &[i64]) -> Tensor {
        self.moved(self.pixels.index_select(0, &self.index(rows)))
    }

    /// Labels 0 or 1, `[b]`, of these rows.
    pub fn labels(&self, rows: &[i64]) -> Tensor {
        self.moved(self.labels.index_select(0, &self.index(rows)))
    }

    /// Labels of these rows, `true` for the topic.
    pub fn truths(&self, rows: &[i64]) -> Vec<bool> {
        let labels: Vec<i64> = Vec::try_from(self.labels(rows)).expect("a row of integers");
        labels.into_iter().map(|label| label == 1).collect()
    }

    fn moved(&self, batch: Tensor) -> Tensor {
        match self.batches_on {
            Some(device) => batch.to_device(device),
            None => batch,
        }
    }

    fn index(&self, rows: &[i64]) -> Tensor {
        Tensor::from_slice(rows).to_device(self.pixels.device())
    }
}

/// Keeps the floats of a resize in tens of megabytes.
const RESIZED_AT_ONCE: i64 = 64;

/// `[3, side, side]` from interleaved rows.
fn planes(side: i64, picture: &[u8]) -> Tensor {
    Tensor::from_slice(picture)
        .view([side, side, 3])
        .permute([2, 0, 1])
        .contiguous()
}

/// Rows in batches of at most `size`, as even as they can be: no tail is dropped,
/// and none is so small that batch statistics become noise.
pub fn batches(rows: &[i64], size: usize) -> impl Iterator<Item = &[i64]> {
    let count = batch_count(rows.len(), size);
    (0..count).map(move |index| {
        let bound = |index: usize| index * rows.len() / count;
        &rows[bound(index)..bound(index + 1)]
    })
}

/// How many batches [`batches`] makes.
pub fn batch_count(rows: usize, size: usize) -> usize {
    rows.div_ceil(size.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_keep_their_pixels_channels_and_labels() {
        // Two covers of 2×1 … as 2×2 pictures: red then green then blue then grey.
        let picture = [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9u8];
        let black = [0u8; 12];
        let covers = Covers::from_rgb(2, &[&black, &picture], &[0, 1], Device::Cpu);
        assert_eq!(covers.len(), 2);
        let pixels: Vec<u8> = Vec::try_from(covers.pixels(&[1]).flatten(0, -1)).expect("bytes");
        assert_eq!(pixels, [255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9]);
        let labels: Vec<i64> = Vec::try_from(covers.labels(&[1, 0, 1])).expect("integers");
        assert_eq!(labels, [1, 0, 1]);
    }

    #[test]
    fn shrinking_averages_instead_of_skipping_pixels() {
        // Columns of 0 and 200 in turn: any skipping would keep one of the two.
        let picture: Vec<u8> = (0..8 * 8 * 3)
            .map(|index| if (index / 3) % 2 == 0 { 0 } else { 200 })
            .collect();
        let covers = Covers::from_rgb(8, &[picture], &[0], Device::Cpu).resized(2);
        let pixels: Vec<u8> = Vec::try_from(covers.pixels(&[0]).flatten(0, -1)).expect("bytes");
        assert_eq!(pixels.len(), 12);
        assert!(pixels.iter().all(|p| (80..=120).contains(p)), "{pixels:?}");
    }

    proptest! {
        #[test]
        fn batches_keep_every_row_in_order_and_are_even(count in 1usize..300, size in 1usize..70) {
            let rows: Vec<i64> = (0..count as i64).collect();
            let parts: Vec<&[i64]> = batches(&rows, size).collect();
            prop_assert_eq!(parts.concat(), rows.clone());
            prop_assert_eq!(parts.len(), batch_count(count, size));
            let sizes = || parts.iter().map(|part| part.len());
            let (least, most) = (sizes().min().unwrap(), sizes().max().unwrap());
            prop_assert!(most <= size && most - least <= 1 && least > 0);
        }
    }
}
