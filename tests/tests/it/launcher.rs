//! `trainer` where something it needs is not there.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use tests::programs::Programs;

/// A copy of the program with every `from` in it replaced by `to`, of the same length.
fn altered(program: &Path, copy: &Path, from: &[u8], to: &[u8]) -> usize {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(program).unwrap();
    let mut replaced = 0;
    let mut at = 0;
    while let Some(found) = bytes[at..]
        .windows(from.len())
        .position(|part| part == from)
    {
        at += found;
        bytes[at..at + from.len()].copy_from_slice(to);
        replaced += 1;
    }
    std::fs::write(copy, bytes).unwrap();
    std::fs::set_permissions(copy, std::fs::Permissions::from_mode(0o755)).unwrap();
    replaced
}

#[test]
fn without_libtorch_the_trainer_says_what_to_run() {
    let programs = Programs::get();
    let copy = programs.home().join("trainer");
    // As if the library's folder had been deleted since the build.
    let replaced = altered(
        programs.path("trainer"),
        &copy,
        b"libtorch_cpu.so",
        b"libtorch_cpu.no",
    );
    assert!(replaced > 0);
    let output = Command::new(&copy)
        .args(["nets", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = said["error"].as_str().unwrap();
    assert!(error.starts_with("libtorch is missing"), "{error}");
    assert!(error.contains("Run scripts/setup"), "{error}");
}

#[test]
fn a_launcher_without_its_program_says_how_to_build_it() {
    let programs = Programs::get();
    let copy = programs.home().join("trainer");
    std::fs::copy(programs.path("trainer"), &copy).unwrap();
    let output = Command::new(&copy).arg("nets").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("trainer-torch cannot be started"), "{said}");
    assert!(said.contains("cargo build --workspace --bins"), "{said}");
}
