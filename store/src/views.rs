//! What a backbone says of a cover, as it is stored: a vector for each view, eight bits a number.
//!
//! A row is a header of six bytes – version, rows and columns of the map that the views are parts
//! of, reserved zero, numbers in a vector (little-endian) – and for each view a scale
//! (little-endian f32) with its numbers (i8). A number is its eight bits times the scale, which
//! is the vector's largest magnitude over 127: whole probabilities do not move by it. The first
//! view is the whole cover.

/// The only version there is.
const VERSION: u8 = 1;
const HEADER: usize = 6;
const SCALE: usize = 4;
/// Of eight bits with a sign.
const LARGEST: f32 = 127.0;

/// The vectors of a cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Views {
    /// Rows of the map.
    pub rows: u8,
    /// Columns of the map.
    pub columns: u8,
    /// Numbers in a vector.
    pub width: usize,
    /// One a view.
    pub scales: Vec<f32>,
    /// `width` a view.
    pub values: Vec<i8>,
}

impl Views {
    /// Rounds vectors, `width` numbers a view, to eight bits each.
    pub fn rounded((rows, columns): (u8, u8), width: usize, vectors: &[f32]) -> Self {
        let mut views = Self {
            rows,
            columns,
            width,
            scales: Vec::new(),
            values: Vec::with_capacity(vectors.len()),
        };
        for vector in vectors.chunks_exact(width) {
            let largest = vector.iter().fold(0.0f32, |most, one| most.max(one.abs()));
            let scale = largest / LARGEST;
            let by = if scale > 0.0 { scale.recip() } else { 0.0 };
            views.scales.push(scale);
            views
                .values
                .extend(vector.iter().map(|one| (one * by).round() as i8));
        }
        views
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// Whether there is none, which no backbone stores.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// The numbers of a view.
    pub fn vector(&self, view: usize) -> impl Iterator<Item = f32> + '_ {
        let scale = self.scales[view];
        let values = &self.values[view * self.width..][..self.width];
        values.iter().map(move |value| f32::from(*value) * scale)
    }

    /// As it is stored.
    pub fn to_bytes(&self) -> Vec<u8> {
        let width = u16::try_from(self.width).expect("no backbone has so wide a vector");
        let mut bytes = vec![VERSION, self.rows, self.columns, 0];
        bytes.extend(width.to_le_bytes());
        for (scale, values) in self.scales.iter().zip(self.values.chunks(self.width)) {
            bytes.extend(scale.to_le_bytes());
            bytes.extend(values.iter().map(|value| value.cast_unsigned()));
        }
        bytes
    }

    /// What was stored; `None` if it is damaged.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, views) = bytes.split_at_checked(HEADER)?;
        let [VERSION, rows, columns, 0, low, high] = *header else {
            return None;
        };
        let width = usize::from(u16::from_le_bytes([low, high]));
        let each = views.chunks_exact(SCALE + width);
        if width == 0 || views.is_empty() || !each.remainder().is_empty() {
            return None;
        }
        let mut scales = Vec::with_capacity(each.len());
        let mut values = Vec::with_capacity(each.len() * width);
        for view in each {
            let (scale, of_view) = view.split_first_chunk()?;
            scales.push(f32::from_le_bytes(*scale));
            values.extend(of_view.iter().map(|byte| byte.cast_signed()));
        }
        let sound = scales.iter().all(|scale| scale.is_finite());
        sound.then_some(Self {
            rows,
            columns,
            width,
            scales,
            values,
        })
    }
}

/// The numbers of the first view, which is the whole cover, of what was stored, without their
/// scale; `None` if it is damaged.
pub(crate) fn whole_cover(bytes: &[u8]) -> Option<&[u8]> {
    let (header, views) = bytes.split_at_checked(HEADER)?;
    let [VERSION, _, _, 0, low, high] = *header else {
        return None;
    };
    let width = usize::from(u16::from_le_bytes([low, high]));
    views.get(SCALE..SCALE + width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_stored_is_read_back_and_near_to_what_was_meant(
            vectors in proptest::collection::vec(-9.0f32..9.0, 1..60),
            width in 1usize..6,
        ) {
            let whole = vectors.len() / width * width;
            prop_assume!(whole > 0);
            let views = Views::rounded((2, 3), width, &vectors[..whole]);
            prop_assert_eq!(Views::from_bytes(&views.to_bytes()), Some(views.clone()));
            for (view, meant) in vectors[..whole].chunks(width).enumerate() {
                for (got, meant) in views.vector(view).zip(meant) {
                    prop_assert!((got - meant).abs() <= views.scales[view] * 0.5001);
                }
            }
        }

        #[test]
        fn damaged_bytes_are_refused_or_read_and_never_a_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200)
        ) {
            let whole = whole_cover(&bytes);
            if let Some(views) = Views::from_bytes(&bytes) {
                let first = views.values[..views.width].iter().map(|value| value.cast_unsigned());
                prop_assert_eq!(whole, Some(&first.collect::<Vec<_>>()[..]));
                prop_assert_eq!(views.values.len(), views.len() * views.width);
            }
        }
    }

    #[test]
    fn rows_that_were_cut_or_say_nothing_are_refused() {
        let whole = Views::rounded((1, 1), 3, &[1.0, -2.0, 0.0, 0.0, 0.0, 0.0]).to_bytes();
        assert_eq!(Views::from_bytes(&whole).map(|views| views.len()), Some(2));
        for length in [0, 5, HEADER, HEADER + 3, whole.len() - 1] {
            assert_eq!(Views::from_bytes(&whole[..length]), None, "{length}");
        }
        let mut other = whole.clone();
        other[0] = 2;
        assert_eq!(Views::from_bytes(&other), None, "another version");
        let mut infinite = whole;
        infinite[HEADER..HEADER + 4].copy_from_slice(&f32::INFINITY.to_le_bytes());
        assert_eq!(Views::from_bytes(&infinite), None);
    }
}
