//! What the web serves as a picture.

use cover::{Format, Limits, Rule};
use image::codecs::gif::GifEncoder;
use image::{DynamicImage, Frame, ImageBuffer, ImageFormat, Luma, LumaA, Rgba, RgbaImage};
use turbojpeg::Colorspace;

use crate::draw::{
    BLUE, GREEN, GREY, RED, animated_webp, chunk, encoded, frame_header, ink_jpeg, jpeg, jpeg_with,
    png, progressive_jpeg, quarters, waves,
};
use crate::{assert_near, class, make, pixel};

fn assert_quarters(bytes: &[u8]) {
    let cover = make(bytes).expect("a picture");
    assert_near(pixel(&cover, 60, 60), RED, 5);
    assert_near(pixel(&cover, 180, 60), GREEN, 5);
    assert_near(pixel(&cover, 60, 180), BLUE, 5);
    assert_near(pixel(&cover, 180, 180), GREY, 5);
    assert!(!cover.animated);
}

#[test]
fn every_format_gives_the_colours_that_it_holds() {
    let image = quarters(128, 96);
    for (format, name) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::WebP, Format::WebP),
        (ImageFormat::Gif, Format::Gif),
        (ImageFormat::Bmp, Format::Bmp),
    ] {
        let bytes = encoded(image.clone(), format);
        assert_eq!(make(&bytes).expect("a picture").format, name);
        assert_quarters(&bytes);
    }
    assert_quarters(&jpeg(&image));
    assert_quarters(&progressive_jpeg(&image));
}

#[test]
fn four_component_jpegs_keep_their_colours() {
    let image = quarters(128, 96);
    assert_quarters(&ink_jpeg(&image, Colorspace::CMYK));
    assert_quarters(&ink_jpeg(&image, Colorspace::YCCK));
}

#[test]
fn a_jpeg_that_stores_rgb_itself_keeps_its_colours() {
    assert_quarters(&jpeg_with(&quarters(128, 96), |codec| {
        codec
            .set_colorspace(Colorspace::RGB)
            .expect("three components");
    }));
}

#[test]
fn grey_pictures_are_grey_in_all_channels() {
    let grey = ImageBuffer::from_fn(64, 64, |x, _| Luma([if x < 32 { 40u8 } else { 220 }]));
    let fine = ImageBuffer::from_fn(64, 64, |x, _| {
        Luma([if x < 32 { 10_280u16 } else { 56_540 }])
    });
    let jpeg = jpeg_with(&DynamicImage::from(grey.clone()).into_rgb8(), |codec| {
        codec
            .set_colorspace(Colorspace::Gray)
            .expect("one component");
    });
    for bytes in [
        encoded(grey, ImageFormat::Png),
        encoded(fine, ImageFormat::Png),
        jpeg,
    ] {
        let cover = make(&bytes).expect("a picture");
        assert_near(pixel(&cover, 60, 60), [40; 3], 2);
        assert_near(pixel(&cover, 180, 60), [220; 3], 2);
    }
}

#[test]
fn a_palette_with_a_transparent_entry_shows_white_there() {
    let colours = chunk(b"PLTE", &[RED, GREEN].concat());
    let opacity = chunk(b"tRNS", &[255, 0]);
    // One bit a pixel: the left half of 64 is entry 0, the right half entry 1.
    let rows = [[0, 0, 0, 0, 0, 255, 255, 255, 255]; 64].concat();
    let cover = make(&png((64, 64), [1, 3], &[colours, opacity].concat(), &rows)).expect("a PNG");
    assert_near(pixel(&cover, 60, 120), RED, 2);
    assert_near(pixel(&cover, 180, 120), [255; 3], 2);
}

#[test]
fn what_is_transparent_is_white_whatever_colour_hides_beneath() {
    let hidden = RgbaImage::from_fn(64, 64, |x, y| {
        Rgba(match (x < 32, y < 32) {
            (true, _) => [0, 0, 0, 0],
            (_, true) => [200, 0, 0, 255],
            _ => [0, 0, 0, 128],
        })
    });
    let veiled = ImageBuffer::from_pixel(64, 64, LumaA([0u8, 0]));
    for format in [ImageFormat::Png, ImageFormat::WebP] {
        let cover = make(&encoded(hidden.clone(), format)).expect("a picture");
        assert_near(pixel(&cover, 60, 120), [255; 3], 2);
        assert_near(pixel(&cover, 180, 60), [200, 0, 0], 2);
        assert_near(pixel(&cover, 180, 180), [127; 3], 2);
    }
    let cover = make(&encoded(veiled, ImageFormat::Png)).expect("a picture");
    assert_eq!(cover.mean_rgb, [255; 3]);
}

#[test]
fn an_animation_is_its_first_frame_and_says_so() {
    let frames = [quarters(64, 64), waves(64, 64)];
    let mut gif = Vec::new();
    let mut encoder = GifEncoder::new(&mut gif);
    for frame in &frames {
        let frame = DynamicImage::from(frame.clone()).into_rgba8();
        encoder.encode_frame(Frame::new(frame)).expect("encodable");
    }
    drop(encoder);
    let control = chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
    let still = encoded(frames[0].clone(), ImageFormat::Png);
    let header_end = 8 + 25;
    let apng = [&still[..header_end], &control, &still[header_end..]].concat();

    for bytes in [gif, apng, animated_webp(&frames)] {
        let cover = make(&bytes).expect("a picture");
        assert!(cover.animated, "{}", cover.format);
        assert_near(pixel(&cover, 60, 60), RED, 5);
        assert_near(pixel(&cover, 180, 180), GREY, 5);
    }
}

#[test]
fn garbage_after_the_end_changes_nothing() {
    let image = waves(200, 150);
    let files = [
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ]
    .map(|format| encoded(image.clone(), format));
    for file in files
        .into_iter()
        .chain([jpeg(&image), progressive_jpeg(&image)])
    {
        let longer = [&file[..], &b"<!-- served by -->".repeat(50)].concat();
        let (clean, dirty) = (
            make(&file).expect("a picture"),
            make(&longer).expect("a picture"),
        );
        assert_eq!(clean.image, dirty.image, "{}", clean.format);
    }
}

#[test]
fn a_file_cut_short_anywhere_in_its_pixels_is_truncated() {
    let image = waves(200, 150);
    let files = [
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ]
    .map(|format| encoded(image.clone(), format));
    for file in files
        .into_iter()
        .chain([jpeg(&image), progressive_jpeg(&image)])
    {
        let name = make(&file).expect("whole").format;
        for tenth in 4..10 {
            assert_eq!(
                class(&file[..file.len() * tenth / 10]),
                "truncated",
                "{name} {tenth}"
            );
        }
        assert_eq!(class(&file[..file.len() - 200]), "truncated", "{name}");
    }
}

#[test]
fn a_png_without_its_last_bytes_and_a_jpeg_without_its_last_pixels_are_truncated() {
    let image = waves(200, 150);
    let end_marker = if cfg!(feature = "turbojpeg") { 2 } else { 0 };
    for (file, first) in [
        (jpeg(&image), end_marker + 1),
        (progressive_jpeg(&image), end_marker + 1),
        (encoded(image, ImageFormat::Png), 1),
    ] {
        for missing in first..=16 {
            let cut = make(&file[..file.len() - missing]).map(|cover| cover.format);
            let class = cut.map_err(|refusal| refusal.class());
            assert_eq!(class, Err("truncated"), "{missing}");
        }
    }
}

#[test]
fn a_file_spoilt_in_the_middle_is_corrupt() {
    let image = waves(400, 300);
    let png = encoded(image.clone(), ImageFormat::Png);
    for file in [jpeg(&image), progressive_jpeg(&image), png] {
        let mut spoilt = file.clone();
        let middle = spoilt.len() / 2;
        for byte in &mut spoilt[middle..middle + 400] {
            *byte ^= 0x55;
        }
        assert_eq!(class(&spoilt), "corrupt");
    }
}

#[test]
fn a_jpeg_of_twelve_bits_is_unsupported_rather_than_corrupt() {
    let mut file = jpeg(&waves(64, 64));
    let precision = frame_header(&file) + 4;
    file[precision] = 12;
    assert_eq!(class(&file), "unsupported-format");
}

#[test]
fn what_is_no_picture_is_refused_by_its_own_name() {
    assert_eq!(
        class(b"<!DOCTYPE html><html>no such cover.jpg</html>"),
        "not-an-image"
    );
    assert_eq!(class(b""), "not-an-image");
    assert_eq!(
        class(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "unsupported-format"
    );
    assert_eq!(
        class(b"\0\0\0\x1Cftypavif\0\0\0\0avifmif1"),
        "unsupported-format"
    );
}

#[test]
fn spacers_and_slivers_are_too_small() {
    for (width, height) in [(1, 1), (3, 3), (2000, 4), (31, 400)] {
        for file in [
            jpeg(&waves(width, height)),
            encoded(waves(width, height), ImageFormat::Png),
        ] {
            assert_eq!(class(&file), "too-small", "{width}x{height}");
        }
    }
}

#[test]
fn a_refusal_says_what_was_found_and_what_is_allowed() {
    let limits = Limits {
        longest: 300,
        ..Limits::default()
    };
    let refusal =
        cover::make(&jpeg(&waves(400, 300)), &Rule::default(), &limits).expect_err("wide");
    let sentence = "the picture is 400x300; a side may have at most 300 pixels";
    assert_eq!(refusal.to_string(), sentence);
}
