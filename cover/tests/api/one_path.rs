//! Crawling and scoring see the same pixels.

use cover::{Limits, Rule};
use image::ImageFormat;
#[cfg(feature = "turbojpeg")]
use turbojpeg::Subsamp;

#[cfg(feature = "turbojpeg")]
use crate::draw::jpeg_with;
use crate::draw::{encoded, jpeg, waves, with_exif};
use crate::{class, make};

fn rules() -> Vec<Rule> {
    let (whole, fast) = match cfg!(feature = "turbojpeg") {
        true => ("turbojpeg", "turbojpeg-scaled"),
        false => ("zune", "zune"),
    };
    [
        "default".to_owned(),
        "article".to_owned(),
        format!("{whole}/antialias-catmull-rom/stretch/q100-444"),
        format!("{fast}/antialias-lanczos3/crop/q75-420"),
        format!("{whole}/antialias-box/border/q90-444"),
    ]
    .map(|text| text.parse().expect("a rule"))
    .to_vec()
}

#[test]
fn a_preview_is_looked_at_in_the_size_that_is_asked_for() {
    let image = waves(1000, 620);
    let files = [
        jpeg(&image),
        with_exif(&jpeg(&image), 8),
        encoded(image.clone(), ImageFormat::Png),
        encoded(waves(90, 40), ImageFormat::Bmp),
    ];
    for file in &files {
        let stored = make(file).expect("a picture").preview;
        let twice = cover::scaled_preview(&stored, |w, h| (2 * w, 2 * h)).expect("a preview");
        let header = turbojpeg::read_header(&stored).expect("a JPEG");
        let shown = (twice.width as usize, twice.height as usize);
        assert_eq!(shown, (2 * header.width, 2 * header.height));
        assert_eq!(twice.rgb.len(), shown.0 * shown.1 * 3);
        let same = cover::scaled_preview(&stored, |w, h| (w, h)).expect("a preview");
        let mean =
            |rgb: &[u8]| rgb.iter().map(|one| f64::from(*one)).sum::<f64>() / rgb.len() as f64;
        assert!((mean(&same.rgb) - mean(&twice.rgb)).abs() < 0.5);
    }
    for bad in [
        &files[2][..],
        b"",
        &make(&files[0]).expect("a picture").preview[..99],
    ] {
        assert!(cover::scaled_preview(bad, |w, h| (w, h)).is_err());
    }
    let large = jpeg(&waves(481, 20));
    assert!(
        cover::scaled_preview(&large, |w, h| (w, h)).is_err(),
        "no preview is that wide"
    );
}

#[test]
fn the_same_bytes_give_the_same_cover_whatever_came_before() {
    let file = jpeg(&waves(400, 300));
    let first = make(&file).expect("a picture");
    let scaled: Rule = rules()[3];
    cover::make(&jpeg(&waves(2000, 1000)), &scaled, &Limits::default()).expect("a picture");
    assert_eq!(class(&file[..file.len() / 2]), "truncated");
    assert_eq!(make(&file).expect("a picture"), first);
}

#[test]
fn the_identity_is_that_of_the_bytes_and_the_image_has_its_own() {
    let file = jpeg(&waves(400, 300));
    let longer = [&file[..], b"comment"].concat();
    let (one, other) = (
        make(&file).expect("a picture"),
        make(&longer).expect("a picture"),
    );
    assert_eq!(one.sha256, cover::sha256(&file));
    assert_ne!(one.sha256, other.sha256);
    assert_eq!(one.image_sha256, cover::sha256(&one.image));
    assert_eq!(one.image_sha256, other.image_sha256);
}

#[test]
#[cfg(feature = "turbojpeg")]
fn a_scaled_decode_gives_nearly_the_pixels_of_a_full_one() {
    let file = jpeg_with(&waves(1920, 1080), |codec| {
        codec.set_subsamp(Subsamp::Sub2x2).expect("chroma");
    });
    let [full, scaled] = ["turbojpeg", "turbojpeg-scaled"].map(|decoder| {
        let rule = format!("{decoder}/antialias-catmull-rom/stretch/q100-444");
        let rule = rule.parse().expect("a rule");
        let made = cover::make(&file, &rule, &Limits::default()).expect("a picture");
        cover::decode_image(&made.image).expect("a stored cover")
    });
    let squares: f64 = full
        .iter()
        .zip(&scaled)
        .map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2))
        .sum();
    let psnr = 10.0 * (255.0f64.powi(2) * full.len() as f64 / squares).log10();
    assert!(psnr > 35.0 && squares > 0.0, "{psnr:.1} dB");
}

#[test]
fn the_preview_keeps_proportions_and_is_never_enlarged() {
    for ((width, height), expected) in [
        ((1280, 720), (480, 270)),
        ((500, 1000), (240, 480)),
        ((100, 64), (100, 64)),
    ] {
        for rule in rules() {
            let file = jpeg(&waves(width, height));
            let cover = cover::make(&file, &rule, &Limits::default()).expect("a picture");
            let header = turbojpeg::read_header(&cover.preview).expect("a JPEG");
            assert_eq!((header.width, header.height), expected, "{rule}");
            assert_eq!((cover.width, cover.height), (width, height));
        }
    }
}

#[test]
fn the_perceptual_hash_is_of_the_whole_picture_whatever_the_rule_keeps_of_it() {
    let file = jpeg(&waves(1000, 400));
    let hash = |rule: &Rule| {
        let cover = cover::make(&file, rule, &Limits::default()).expect("a picture");
        cover.phash
    };
    let first = hash(&rules()[0]);
    for rule in rules() {
        assert!(cover::hamming(first, hash(&rule)) <= 2, "{rule}");
    }
}

#[test]
fn a_stored_image_of_another_size_or_format_is_refused() {
    let png = encoded(waves(240, 240), ImageFormat::Png);
    let classes = [
        jpeg(&waves(240, 239)),
        jpeg(&waves(241, 240)),
        png,
        b"text".to_vec(),
    ]
    .map(|bytes| cover::decode_image(&bytes).expect_err("refused").class());
    assert_eq!(
        classes,
        [
            "too-small",
            "too-large-side",
            "not-an-image",
            "not-an-image"
        ]
    );
}
