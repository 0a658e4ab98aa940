//! What the rest of the project relies on when it learns from drawings.

use super::*;

/// Brightness in an 8 by 8 grid.
fn thumbnail(jpeg: &[u8]) -> Vec<f32> {
    let picture = turbojpeg::decompress(jpeg, turbojpeg::PixelFormat::GRAY).unwrap();
    let mut cells = vec![(0.0f32, 0.0f32); 64];
    for (y, row) in picture.pixels.chunks_exact(picture.pitch).enumerate() {
        for (x, &level) in row.iter().enumerate() {
            let cell = &mut cells[y * 8 / picture.height * 8 + x * 8 / picture.width];
            *cell = (cell.0 + f32::from(level), cell.1 + 1.0);
        }
    }
    cells.iter().map(|(sum, n)| sum / n).collect()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).sum::<f32>() / 64.0
}

#[test]
fn the_same_seed_draws_the_same_bytes_and_another_seed_others() {
    assert_eq!(draw(3, Subject::Cat), draw(3, Subject::Cat));
    assert_ne!(draw(3, Subject::Cat), draw(4, Subject::Cat));
}

#[test]
fn every_kind_is_drawn_as_a_jpeg_of_a_covers_size() {
    for (_, what) in OTHERS.into_iter().chain([(1.0, Subject::Cat)]) {
        for seed in 0..6 {
            let header = turbojpeg::read_header(&draw(seed, what)).unwrap();
            let (w, h) = (header.width, header.height);
            assert!(
                (480..=1280).contains(&w) && (270..=720).contains(&h),
                "{what:?} {w}x{h}"
            );
        }
    }
}

#[test]
fn what_is_drawn_changes_neither_size_nor_place_nor_captions() {
    // Pixels that the subject does not reach are equal: the backdrop's top corners.
    for seed in 0..40 {
        let (cat, dog) = (picture(seed, Subject::Cat), picture(seed, Subject::Dog));
        let car = picture(seed, Subject::Car);
        assert_eq!((cat.width, cat.height), (dog.width, dog.height));
        let corner = |p: &Picture| p.rgba[..4 * 8].to_vec();
        assert_eq!(corner(&cat), corner(&dog), "seed {seed}");
        assert_eq!(corner(&cat), corner(&car), "seed {seed}");
    }
}

#[test]
fn a_near_duplicate_is_another_file_with_the_same_picture() {
    for seed in 0..20 {
        let what = Subject::of(seed, seed % 2 == 0);
        let (first, again) = (draw(seed, what), near_duplicate(seed, what));
        assert_ne!(first, again);
        let near = distance(&thumbnail(&first), &thumbnail(&again));
        let far = distance(&thumbnail(&first), &thumbnail(&draw(seed + 100, what)));
        assert!(
            near < 12.0 && near < far,
            "seed {seed}: {near} against {far}"
        );
    }
}

#[test]
fn some_stand_far_off() {
    let far = (0..1000).filter(|seed| {
        let share = nearness(&mut Dice::new(*seed, 2));
        share > 0.0 && share < 0.35
    });
    let count = far.count();
    assert!((40..120).contains(&count), "{count} of 1000");
}

#[test]
fn others_are_never_cats_and_of_many_kinds() {
    let kinds: std::collections::HashSet<_> = (0..500).map(Subject::other).collect();
    assert_eq!(kinds.len(), OTHERS.len());
    assert!(!kinds.contains(&Subject::Cat));
}

#[test]
fn a_contact_sheet_is_a_png_with_a_tile_for_every_cover() {
    let covers: Vec<_> = (0..7).map(|seed| draw(seed, Subject::Cat)).collect();
    let png = image::load_from_memory(&sheet(&covers, 3).unwrap()).unwrap();
    assert_eq!((png.width(), png.height()), (3 * 246 + 6, 3 * 141 + 6));
}
