//! How sure a share is.

/// The two-sided 95 % quantile of the normal distribution.
const Z: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % interval of a share of `hits` in `count` (Wilson 1927): unlike
/// the normal one it stays inside 0–1 and is right for few and for extreme hits.
pub fn wilson(hits: usize, count: usize) -> (f64, f64) {
    if count == 0 {
        return (0.0, 1.0);
    }
    let n = count as f64;
    let share = hits as f64 / n;
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let centre = share + Z * Z / (2.0 * n);
    let scale = 1.0 + Z * Z / n;
    let low = ((centre - spread) / scale).max(0.0);
    let high = ((centre + spread) / scale).min(1.0);
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_values_are_met() {
        // Newcombe 1998, table I: 81/263, 15/148, 0/20, 1/29.
        let table = [
            (81, 263, 0.2553, 0.3662),
            (15, 148, 0.0624, 0.1605),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ];
        for (hits, count, low, high) in table {
            let got = wilson(hits, count);
            assert!((got.0 - low).abs() < 1e-4, "{hits}/{count}: {got:?}");
            assert!((got.1 - high).abs() < 1e-4, "{hits}/{count}: {got:?}");
        }
    }

    #[test]
    fn nothing_seen_says_nothing() {
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_interval_holds_the_share_and_narrows_with_more(hits in 0usize..100, misses in 0usize..100) {
            prop_assume!(hits + misses > 0);
            let (low, high) = wilson(hits, hits + misses);
            let share = hits as f64 / (hits + misses) as f64;
            prop_assert!(low <= share + 1e-12 && share <= high + 1e-12);
            prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            let more = wilson(hits * 10, (hits + misses) * 10);
            prop_assert!(more.1 - more.0 < high - low);
        }
    }
}
