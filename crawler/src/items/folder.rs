//! The pictures below a folder.

use std::io::Read;
use std::path::Path;

use cover::Refusal;
use walkdir::{DirEntry, WalkDir};

use super::{Bad, Found, absolute, ending_is};

/// Endings of files that are tried as pictures whatever they hold: one that is broken is a
/// failure with a name.
const PICTURES: [&str; 9] = [
    "jpg", "jpeg", "jpe", "png", "webp", "gif", "bmp", "avif", "jfif",
];
/// Pictures that are not read, by ending and as they are called.
const UNREAD: [(&str, &str); 12] = [
    ("heic", "HEIC"),
    ("heif", "HEIC"),
    ("tif", "TIFF"),
    ("tiff", "TIFF"),
    ("jxl", "JPEG XL"),
    ("jp2", "JPEG 2000"),
    ("psd", "Photoshop"),
    ("svg", "SVG"),
    ("ico", "icon"),
    ("dng", "camera raw"),
    ("cr2", "camera raw"),
    ("nef", "camera raw"),
];
/// What systems leave beside people's pictures: copies, caches, bins.
const LITTER: [&str; 9] = [
    "Thumbs.db",
    "desktop.ini",
    ".DS_Store",
    "__MACOSX",
    "@eaDir",
    "$RECYCLE.BIN",
    "#recycle",
    ".Trash",
    ".thumbnails",
];
/// Enough of a file to tell what it is.
const HEAD: u64 = 64;

/// Adds the pictures below `folder` in path order. Links are followed, into each folder once.
pub(super) fn search(folder: &Path, found: &mut Found) {
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name();
    for entry in walk.into_iter().filter_entry(|entry| !is_litter(entry)) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => file(entry.path(), found),
            Ok(_) => {}
            // A link to a folder around it: all that is there is met without it.
            Err(error) if error.loop_ancestor().is_some() => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder);
                let reason = error
                    .io_error()
                    .map_or_else(|| error.to_string(), ToString::to_string);
                found.bad.push(Bad::unreadable(path, reason));
            }
        }
    }
}

fn is_litter(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    // The folder that was named is searched whatever it is called. AppleDouble files hold
    // what a Mac knows of the file of the same name, and have its ending.
    entry.depth() > 0
        && (name.as_encoded_bytes().starts_with(b"._")
            || LITTER
                .iter()
                .any(|litter| name.eq_ignore_ascii_case(litter)))
}

fn file(path: &Path, found: &mut Found) {
    if ending_is(path, &PICTURES) {
        return found.files.push(absolute(path));
    }
    match kind(path) {
        None => found.files.push(absolute(path)),
        Some(kind) => *found.left_out.entry(kind.to_owned()).or_default() += 1,
    }
}

/// What a file is that has no picture's ending; nothing for a picture that can be read.
fn kind(path: &Path) -> Option<&'static str> {
    let mut endings = UNREAD.iter();
    if let Some((_, kind)) = endings.find(|(ending, _)| ending_is(path, &[ending])) {
        return Some(kind);
    }
    match head(path).map(|head| cover::sniff(&head)) {
        Ok(Ok(_)) => None,
        Ok(Err(Refusal::UnsupportedFormat { name })) => Some(name),
        _ => Some("other files"),
    }
}

fn head(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?
        .take(HEAD)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}
