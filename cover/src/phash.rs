//! Perceptual hash: covers that look alike differ in few of 64 bits.
//!
//! The picture is averaged to 30x30 and transformed (DCT-II; Ahmed, Natarajan and
//! Rao 1974) in luma and chroma (BT.601); a bit says whether a low frequency is
//! positive. Luma gives the 54 frequencies of one to nine half-waves, each chroma
//! channel its five of one or two, which tell drawings of one layout apart.
//!
//! Measured on 3,600 photos and drawings. Per cent of altered copies within a
//! distance, and how many of the 6.5 million pairs of different files are:
//!
//! | distance                        |     4 |     6 | **8** |    10 |    12 |
//! |---------------------------------|------:|------:|------:|------:|------:|
//! | JPEG quality 50                 |  99.9 | 100.0 | 100.0 | 100.0 | 100.0 |
//! | scaled to 60 %                  | 100.0 | 100.0 | 100.0 | 100.0 | 100.0 |
//! | brightness +8 / -8              |  99.9 | 100.0 | 100.0 | 100.0 | 100.0 |
//! | 60 %, brightness +8, quality 50 |  99.9 |  99.9 | 100.0 | 100.0 | 100.0 |
//! | 3 % cropped about the centre    |  86.4 |  97.4 |  99.6 |  99.8 |  99.9 |
//! | 3 % cropped from one corner     |  40.6 |  72.0 |  90.5 |  97.1 |  99.0 |
//! | pairs of different files        |    21 |    26 |    36 |    49 |   107 |
//!
//! By eye, 35 of the 36 pairs at 8 are variants of one picture and one is two cars
//! drawn alike on white; the first pairs of unlike photos come at 9. At 8, the
//! nearest rival, 64 bits of luma alone, finds 81.4 % of the corner crops, a
//! difference hash 81.6 % with 234 pairs, and block means against their median
//! give 885 pairs at distance 0. What has few frequencies has few bits: plain
//! surfaces of any colour share the hash 0, and two halves come near two others.

use std::f32::consts::PI;
use std::sync::LazyLock;

use crate::SIDE;

/// Distance up to which two covers are near-duplicates; measured above.
pub const NEAR: u32 = 8;

/// Blocks a side, and pixels a side of a block.
const BLOCKS: usize = 30;
const BLOCK: usize = SIDE as usize / BLOCKS;

/// Half-waves, over both axes together, that give bits: 54 + 5 + 5 of them.
const LUMA_ORDER: usize = 9;
const CHROMA_ORDER: usize = 2;

/// Frequencies weaker than this, in grey levels, count as absent. A symmetric
/// drawing has many that are exactly zero, and codec noise would toss their bits.
const DEAD_BAND: f32 = 0.05;

/// Levels of each block in Y, Cb and Cr.
type Planes = [[f32; BLOCKS * BLOCKS]; 3];

/// The hash of a cover's pixels, RGB in rows of [`SIDE`], [`SIDE`] rows.
///
/// # Panics
/// If `rgb` is not exactly `SIDE * SIDE * 3` bytes long.
pub fn phash(rgb: &[u8]) -> u64 {
    assert_eq!(rgb.len(), (SIDE * SIDE * 3) as usize, "a cover's pixels");
    let [luma, blue, red] = planes(rgb);
    let mut hash = 0;
    for (plane, order) in [
        (luma, LUMA_ORDER),
        (blue, CHROMA_ORDER),
        (red, CHROMA_ORDER),
    ] {
        for level in spectrum(&plane, order) {
            hash = hash << 1 | u64::from(level > DEAD_BAND);
        }
    }
    hash
}

/// The number of bits in which two hashes differ.
pub fn hamming(a: u64, b: u64) -> u32 {
    (a ^ b).count_ones()
}

fn planes(rgb: &[u8]) -> Planes {
    let mut sums = [[0u32; 3]; BLOCKS * BLOCKS];
    for (y, row) in rgb.chunks_exact(SIDE as usize * 3).enumerate() {
        for (x, block) in row.chunks_exact(BLOCK * 3).enumerate() {
            let sum = &mut sums[y / BLOCK * BLOCKS + x];
            for pixel in block.chunks_exact(3) {
                for (sum, &value) in sum.iter_mut().zip(pixel) {
                    *sum += u32::from(value);
                }
            }
        }
    }
    let mut planes = [[0.0; BLOCKS * BLOCKS]; 3];
    for (block, sum) in sums.into_iter().enumerate() {
        let [r, g, b] = sum.map(|sum| sum as f32 / (BLOCK * BLOCK) as f32);
        planes[0][block] = 0.299 * r + 0.587 * g + 0.114 * b;
        planes[1][block] = -0.168_736 * r - 0.331_264 * g + 0.5 * b;
        planes[2][block] = 0.5 * r - 0.418_688 * g - 0.081_312 * b;
    }
    planes
}

/// `COSINES[u][x]`: the DCT-II basis of `u` half-waves, scaled to a mean.
static COSINES: LazyLock<[[f32; BLOCKS]; LUMA_ORDER + 1]> = LazyLock::new(|| {
    std::array::from_fn(|u| {
        std::array::from_fn(|x| {
            let angle = PI * ((2 * x + 1) * u) as f32 / (2 * BLOCKS) as f32;
            angle.cos() / BLOCKS as f32
        })
    })
});

/// The frequencies of one to `order` half-waves, the mean of the plane left out.
fn spectrum(plane: &[f32; BLOCKS * BLOCKS], order: usize) -> impl Iterator<Item = f32> {
    let mut rows = [[0.0; BLOCKS]; LUMA_ORDER + 1];
    for (y, row) in plane.chunks_exact(BLOCKS).enumerate() {
        for (u, basis) in COSINES.iter().take(order + 1).enumerate() {
            rows[u][y] = dot(row, basis);
        }
    }
    (1..=order).flat_map(move |sum| (0..=sum).map(move |v| dot(&rows[sum - v], &COSINES[v])))
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PIXELS: usize = (SIDE * SIDE) as usize;

    fn drawn(colour: impl Fn(usize, usize) -> [u8; 3]) -> Vec<u8> {
        let side = SIDE as usize;
        (0..PIXELS)
            .flat_map(|i| colour(i % side, i / side))
            .collect()
    }

    /// A disc on a ground: a flat drawing, most of its pixels equal.
    fn disc(centre: (usize, usize), colour: [u8; 3], ground: [u8; 3]) -> Vec<u8> {
        drawn(|x, y| {
            let (dx, dy) = (x.abs_diff(centre.0), y.abs_diff(centre.1));
            if dx * dx + dy * dy < 900 {
                colour
            } else {
                ground
            }
        })
    }

    /// The hash from the definition: one sum over all blocks for each frequency.
    fn defined(rgb: &[u8]) -> u64 {
        let planes = planes(rgb);
        let mut hash = 0;
        for (plane, order) in planes.iter().zip([9, 2, 2]) {
            for (v, u) in (1..=order).flat_map(|sum| (0..=sum).map(move |v| (v, sum - v))) {
                let wave = |n: usize, x: usize| {
                    (std::f64::consts::PI * n as f64 * (x as f64 + 0.5) / 30.0).cos()
                };
                let level: f64 = (0..900)
                    .map(|i| f64::from(plane[i]) * wave(v, i / 30) * wave(u, i % 30) / 900.0)
                    .sum();
                hash = hash << 1 | u64::from(level > 0.05);
            }
        }
        hash
    }

    #[test]
    fn the_fast_transform_gives_the_bits_of_the_definition() {
        let slanted = drawn(|x, y| [(x * 7 + y) as u8, (x ^ y) as u8, (y * 3) as u8]);
        assert_eq!(phash(&slanted), defined(&slanted));
        let red = disc((70, 150), [200, 30, 30], [240, 240, 240]);
        assert_eq!(phash(&red), defined(&red));
    }

    #[test]
    fn plain_surfaces_have_no_bits() {
        for grey in [0, 127, 255] {
            assert_eq!(phash(&vec![grey; PIXELS * 3]), 0);
        }
    }

    #[test]
    fn flat_drawings_of_different_things_are_not_near() {
        let white = [255; 3];
        let drawings = [
            disc((60, 60), [220, 40, 40], white),
            disc((180, 60), [220, 40, 40], white),
            disc((120, 190), [220, 40, 40], white),
            disc((60, 60), [220, 40, 40], [20, 20, 60]),
            drawn(|x, y| if x / 3 + y / 4 < 60 { white } else { [0; 3] }),
        ];
        let hashes = drawings.map(|drawing| phash(&drawing));
        for (i, a) in hashes.iter().enumerate() {
            for b in &hashes[..i] {
                assert!(hamming(*a, *b) > NEAR, "{i}: {a:x} {b:x}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn a_little_noise_and_light_stay_near(
            light in -8i16..=8,
            noise in proptest::collection::vec(-3i16..=3, 997),
        ) {
            let photo = drawn(|x, y| {
                let wave = |n: usize, m: usize| ((x * n + y * m) as f32 / 240.0).sin() * 60.0 + 120.0;
                [wave(5, 3) as u8, wave(2, 9) as u8, wave(11, 4) as u8]
            });
            let altered: Vec<u8> = photo
                .iter()
                .zip(noise.iter().cycle())
                .map(|(&value, &noise)| (i16::from(value) + light + noise).clamp(0, 255) as u8)
                .collect();
            prop_assert!(hamming(phash(&photo), phash(&altered)) <= NEAR);
        }
    }
}
