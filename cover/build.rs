//! Builds `shim/jpeg.c` against the libjpeg-turbo that `turbojpeg-sys` has built.

use std::env;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if env::var_os("CARGO_FEATURE_TURBOJPEG").is_none() {
        return;
    }
    println!("cargo:rerun-if-changed=shim/jpeg.c");
    // Several folders are parted by commas.
    let folders = env::var("DEP_TURBOJPEG_INCLUDE").unwrap_or_default();
    cc::Build::new()
        .file("shim/jpeg.c")
        .includes(folders.split(',').filter(|folder| !folder.is_empty()))
        .opt_level(2)
        .compile("whisker_jpeg");
}
