//! Makes the built programs find libtorch by themselves.
//!
//! torch-sys gives the linker a search path but no rpath that reaches other
//! packages, and a linker drops the CUDA library because nothing names a symbol
//! of it: without these lines a program needs `LD_LIBRARY_PATH`, or silently
//! has no GPU.

use std::env;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    let Some(libraries) = env::var_os("LIBTORCH").map(|root| library_directory(Path::new(&root)))
    else {
        return;
    };
    println!("cargo:rerun-if-changed={}", libraries.display());
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
    if libraries.join("libtorch_cuda.so").exists() {
        println!("cargo:rustc-link-search=native={}", libraries.display());
        println!("cargo:rustc-link-arg=-Wl,--no-as-needed,-ltorch_cuda,--as-needed");
    }
}

/// An absolute path: an rpath is read from wherever the program is started.
fn library_directory(root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    root.join("lib")
}
