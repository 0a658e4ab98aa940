//! Through libjpeg-turbo: decoding by its own interface (`shim/jpeg.c`), which tells of every
//! complaint and reads on, encoding by TurboJPEG's.

mod complaint;

use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::ptr::{NonNull, null_mut};

use turbojpeg::{Image, PixelFormat, Subsamp};

use super::{Decoded, MOST_SCANS, check, inks_to_rgb, orientation};
use crate::raster::Raster;
use crate::rule::{Chroma, Decoder, Quality};
use crate::{Limits, Refusal, Rule, budget, resize, walk};
use complaint::{Complaint, Kind, verdict};

/// Decodes `bytes`, which begin as a JPEG.
pub(crate) fn decode(bytes: &[u8], rule: &Rule, limits: &Limits) -> Result<Decoded, Refusal> {
    let mut codec = Codec::open(bytes);
    let (full_size, inks) = codec.header();
    if codec.has_given_up() {
        verdict(bytes, &codec.close())?;
    }
    check(bytes, full_size, limits)?;
    let by = denominator(bytes, full_size, rule);
    let (width, height) = (full_size.0.div_ceil(by), full_size.1.div_ceil(by));
    let channels = if inks { 4 } else { 3 };
    let output = u64::from(width) * u64::from(height) * channels;
    let share = budget::share(output + walk::jpeg_coefficients(bytes, full_size));
    let mut pixels = vec![0; output as usize];
    codec.decode(by, &mut pixels, width as usize * channels as usize);
    verdict(bytes, &codec.close())?;
    let rgb = if inks { inks_to_rgb(pixels) } else { pixels };
    Ok(Decoded {
        raster: Raster { width, height, rgb },
        full_size,
        orientation: orientation(bytes),
        // A profile of inks says nothing of the light that is left.
        icc: (!inks).then(|| walk::jpeg_icc(bytes)).flatten(),
        share,
    })
}

/// The smallest factor, one by this, whose pixels still cover all that is made from them. Only
/// these have vectorised transforms: 3/8 is slower than 1/2.
fn denominator(bytes: &[u8], full_size: (u32, u32), rule: &Rule) -> u32 {
    if rule.decoder == Decoder::Full || walk::jpeg_is_lossless(bytes) {
        return 1;
    }
    let (width, height) = resize::needed(full_size, rule.fit);
    let covers =
        |by: &u32| full_size.0.div_ceil(*by) >= width && full_size.1.div_ceil(*by) >= height;
    [8, 4, 2].into_iter().find(covers).unwrap_or(1)
}

/// What `shim/jpeg.c` allocates.
#[repr(C)]
struct Raw([u8; 0]);

type Note = extern "C" fn(*mut c_void, c_int, *const c_char, usize, usize);

// SAFETY: as declared in shim/jpeg.c.
unsafe extern "C" {
    fn whisker_jpeg_open(
        bytes: *const u8,
        length: usize,
        most_scans: c_int,
        note: Note,
        context: *mut c_void,
    ) -> *mut Raw;
    fn whisker_jpeg_header(
        raw: *const Raw,
        width: *mut c_uint,
        height: *mut c_uint,
        inks: *mut c_int,
    );
    fn whisker_jpeg_decode(
        raw: *mut Raw,
        denominator: c_uint,
        pixels: *mut u8,
        stride: usize,
        rows: c_uint,
    ) -> c_int;
    fn whisker_jpeg_close(raw: *mut Raw);
}

/// A decoder over `'a`'s bytes, and what it has complained of.
struct Codec<'a> {
    raw: Option<NonNull<Raw>>,
    /// From `Box::into_raw`: the decoder writes to it whenever it is called.
    complaints: *mut Vec<Complaint>,
    bytes: PhantomData<&'a [u8]>,
}

impl<'a> Codec<'a> {
    /// Reads the header.
    fn open(bytes: &'a [u8]) -> Self {
        let complaints: *mut Vec<Complaint> = Box::into_raw(Box::default());
        // SAFETY: the bytes outlive `self`, and so does the list: `drop` closes before it goes.
        let raw = unsafe {
            whisker_jpeg_open(
                bytes.as_ptr(),
                bytes.len(),
                MOST_SCANS.cast_signed(),
                note,
                complaints.cast(),
            )
        };
        let raw = NonNull::new(raw);
        let codec = Self {
            raw,
            complaints,
            bytes: PhantomData,
        };
        if raw.is_none() {
            note(
                complaints.cast(),
                0,
                c"there is no memory for it".as_ptr(),
                0,
                0,
            );
        }
        codec
    }

    /// Full size, and whether pixels are four inks.
    fn header(&self) -> ((u32, u32), bool) {
        let (mut width, mut height, mut inks) = (0, 0, 0);
        if let Some(raw) = self.raw {
            // SAFETY: `raw` is open, and the three are ours.
            unsafe { whisker_jpeg_header(raw.as_ptr(), &mut width, &mut height, &mut inks) };
        }
        ((width, height), inks != 0)
    }

    /// Into rows of `stride` bytes.
    fn decode(&mut self, denominator: u32, pixels: &mut [u8], stride: usize) {
        let rows = (pixels.len() / stride.max(1)) as u32;
        if let Some(raw) = self.raw {
            // SAFETY: `raw` is open; it writes at most `rows` rows of `stride` bytes.
            unsafe {
                whisker_jpeg_decode(raw.as_ptr(), denominator, pixels.as_mut_ptr(), stride, rows)
            };
        }
    }

    fn has_given_up(&self) -> bool {
        // SAFETY: ours until `close` or `drop`, and no call into the decoder is under way.
        let complaints = unsafe { &*self.complaints };
        complaints.iter().any(|one| one.kind == Kind::Fatal)
    }

    fn end(&mut self) {
        if let Some(raw) = self.raw.take() {
            // SAFETY: it was opened, and is taken out: it is closed once.
            unsafe { whisker_jpeg_close(raw.as_ptr()) };
        }
    }

    /// What it has complained of.
    fn close(&mut self) -> Vec<Complaint> {
        // SAFETY: as in `has_given_up`.
        let complaints = unsafe { &mut *self.complaints };
        self.end();
        std::mem::take(complaints)
    }
}

impl Drop for Codec<'_> {
    fn drop(&mut self) {
        self.end();
        let complaints = std::mem::replace(&mut self.complaints, null_mut());
        // SAFETY: it came from `Box::into_raw`, and nobody writes to it any more.
        drop(unsafe { Box::from_raw(complaints) });
    }
}

/// Stray bytes that are let pass in one file, in pieces.
const MOST_STRAYS: usize = 1000;

extern "C" fn note(
    context: *mut c_void,
    kind: c_int,
    words: *const c_char,
    count: usize,
    at: usize,
) {
    // SAFETY: the list that `open` gave, which nobody else reads while the decoder is called.
    let complaints = unsafe { &mut *context.cast::<Vec<Complaint>>() };
    let decided = complaints.last().is_some_and(|last| last.kind.is_serious());
    let kind = match Kind::of(kind) {
        Kind::Harmless => return,
        kind if decided && kind != Kind::Fatal => return,
        Kind::Stray if complaints.len() >= MOST_STRAYS => Kind::Spoilt,
        kind => kind,
    };
    // SAFETY: libjpeg ends its words with a zero.
    let words = unsafe { CStr::from_ptr(words) };
    complaints.push(Complaint {
        kind,
        words: words.to_string_lossy().into_owned(),
        count,
        at,
    });
}

/// Encodes a raster within the limits.
pub(crate) fn encode(raster: &Raster, quality: Quality, chroma: Chroma) -> Vec<u8> {
    let image = Image {
        pixels: raster.rgb.as_slice(),
        width: raster.width as usize,
        pitch: raster.width as usize * 3,
        height: raster.height as usize,
        format: PixelFormat::RGB,
    };
    let subsamp = match chroma {
        Chroma::Full => Subsamp::None,
        Chroma::Quarter => Subsamp::Sub2x2,
    };
    turbojpeg::compress(image, quality.get().into(), subsamp)
        .expect("a raster within the limits has a legal JPEG size")
        .to_vec()
}
