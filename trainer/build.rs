//! Makes the built programs find libtorch by themselves, and know their own code.
//!
//! torch-sys gives the linker a search path but no rpath that reaches other
//! packages, and a linker drops the CUDA library because nothing names a symbol
//! of it: without these lines a program needs `LD_LIBRARY_PATH`, or silently
//! has no GPU.
//!
//! A run is stored with the code that made it. A commit's name would be wrong in
//! a changed tree, missing in an archive, and would rebuild the program at every
//! commit; a hash of the sources that decide the bits is none of these.

use std::env;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// What decides the bits of a run: nets, training, and how pixels are read.
const SOURCES: [&str; 4] = ["src", "shim", "../cover/src", "../cover/shim"];

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rustc-env=WHISKER_CODE={}", code()?);
    let root = env::var_os("LIBTORCH").map(PathBuf::from);
    if let Some(root) = &root {
        shim(root);
    }
    let libraries = root.map(|root| library_directory(&root));
    if let Some(libraries) = &libraries {
        link(libraries);
    }
    let libraries = libraries.unwrap_or_default();
    println!("cargo:rustc-env=WHISKER_LIBTORCH={}", libraries.display());
    Ok(())
}

/// Our few lines of C++, with libtorch's headers and the flags of torch-sys.
fn shim(root: &Path) {
    cc::Build::new()
        .cpp(true)
        .files(["shim/channel_sum.cpp", "shim/fused_conv.cpp"])
        .include(root.join("include"))
        .include(root.join("include/torch/csrc/api/include"))
        .std("c++17")
        .define("_GLIBCXX_USE_CXX11_ABI", "1")
        .opt_level(3)
        .flag("-ffp-contract=off")
        .warnings(false)
        .compile("whisker_shim");
}

fn link(libraries: &Path) {
    println!("cargo:rerun-if-changed={}", libraries.display());
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", libraries.display());
    if libraries.join("libtorch_cuda.so").exists() {
        println!("cargo:rustc-link-search=native={}", libraries.display());
        // Not for the launcher, which must start without libtorch.
        println!(
            "cargo:rustc-link-arg-bin=trainer-torch=-Wl,--no-as-needed,-ltorch_cuda,--as-needed"
        );
    }
}

/// An absolute path: an rpath is read from wherever the program is started.
fn library_directory(root: &Path) -> PathBuf {
    let root = root.canonicalize().unwrap_or_else(|_| root.to_path_buf());
    root.join("lib")
}

/// Forty-eight bits of the hash of all sources, names included.
fn code() -> io::Result<String> {
    let mut files = Vec::new();
    for folder in SOURCES {
        println!("cargo:rerun-if-changed={folder}");
        collect(Path::new(folder), &mut files)?;
    }
    files.sort();
    let mut hash = Sha256::new();
    for file in files {
        hash.update(file.to_string_lossy().as_bytes());
        hash.update(fs::read(&file)?);
    }
    let mut name = String::new();
    for byte in &hash.finalize()[..6] {
        write!(name, "{byte:02x}").expect("a string can be written to");
    }
    Ok(name)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match path.is_dir() {
            true => collect(&path, files)?,
            false => files.push(path),
        }
    }
    Ok(())
}
