//! Which libtorch this program runs on.

use std::fs;
use std::path::PathBuf;

/// The library as the running program loaded it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Libtorch {
    /// `libtorch_cpu.so`, where the system tells.
    pub path: Option<PathBuf>,
    /// Its version without the build's suffix, or "unknown".
    pub version: String,
}

/// Looks among the files that this process has mapped.
pub fn loaded() -> Libtorch {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let path = maps.lines().find_map(library);
    let beside = path.as_deref().and_then(|path| path.parent()?.parent());
    let version = beside
        .and_then(|root| fs::read_to_string(root.join("build-version")).ok())
        .and_then(|text| version(&text));
    Libtorch {
        path,
        version: version.unwrap_or_else(|| "unknown".into()),
    }
}

/// The path of the library in a line of the map; paths come last and may hold spaces.
fn library(line: &str) -> Option<PathBuf> {
    let path = &line[line.find('/')?..];
    path.ends_with("/libtorch_cpu.so").then(|| path.into())
}

/// `2.13.0+cpu` → `2.13.0`.
fn version(text: &str) -> Option<String> {
    let number = text.trim().split('+').next()?;
    (!number.is_empty()).then(|| number.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_is_found_among_mapped_files() {
        let line = "7f00-7f01 r-xp 00000000 08:01 12  /a folder/lib/libtorch_cpu.so";
        let expected = PathBuf::from("/a folder/lib/libtorch_cpu.so");
        assert_eq!(library(line), Some(expected));
        assert_eq!(library("7f00-7f01 rw-p 0 0 0"), None);
        assert_eq!(library("7f00 r 0 0 0 /lib/libc.so"), None);
    }

    #[test]
    fn a_builds_suffix_is_no_part_of_the_version() {
        assert_eq!(version("2.13.0+cpu\n").as_deref(), Some("2.13.0"));
        assert_eq!(version("\n"), None);
    }
}
