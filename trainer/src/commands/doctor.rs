//! `doctor`: what this program runs on, what is wrong, and how to mend it.

use cli::{Exit, Outcome, Printer};
use serde_json::json;

use crate::flags::all_cores;
use crate::libtorch;
use crate::memory;

/// The version that tch is made for.
const WANTED: &str = "2.13.0";

/// Something that is not as it should be.
struct Complaint {
    what: String,
    mend: &'static str,
}

/// Looks at everything and tells.
pub fn run(printer: &Printer) -> Outcome {
    let library = libtorch::loaded();
    let gpus = tch::Cuda::device_count();
    let path = library.path.as_ref().map(|path| path.display().to_string());
    let available = memory::available().map_or("unknown".into(), memory::text);
    printer.table(&[
        (
            "program",
            format!("{} ({})", env!("CARGO_PKG_VERSION"), env!("WHISKER_CODE")),
        ),
        (
            "libtorch",
            format!("{} (made for {WANTED})", library.version),
        ),
        ("from", path.clone().unwrap_or("unknown".into())),
        ("GPUs", gpus.to_string()),
        (
            "oneDNN",
            (if tch::utils::has_mkldnn() {
                "yes"
            } else {
                "no"
            })
            .into(),
        ),
        ("threads", all_cores().to_string()),
        ("memory left", available),
    ]);
    let complaints = complaints(&library.version, gpus, nvidia_is_there());
    if complaints.is_empty() {
        printer.line("\nAll is well.");
    }
    for complaint in &complaints {
        printer.line(format!("\n{}\n  {}", complaint.what, complaint.mend));
    }
    let told: Vec<_> = complaints
        .iter()
        .map(|complaint| json!({ "what": complaint.what, "mend": complaint.mend }))
        .collect();
    Outcome {
        exit: if complaints.is_empty() {
            Exit::Done
        } else {
            Exit::Failed
        },
        json: Some(json!({
            "libtorch": library.version,
            "path": path,
            "gpus": gpus,
            "mkldnn": tch::utils::has_mkldnn(),
            "threads": all_cores(),
            "available_bytes": memory::available(),
            "complaints": told,
        })),
    }
}

fn nvidia_is_there() -> bool {
    std::fs::exists("/proc/driver/nvidia/version").unwrap_or(false)
}

fn complaints(version: &str, gpus: i64, nvidia: bool) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    if version != WANTED {
        complaints.push(Complaint {
            what: format!("libtorch is {version}, but this program is made for {WANTED}"),
            mend: "Unset LIBTORCH or point it to that version, run scripts/setup, and build again.",
        });
    }
    if nvidia && gpus == 0 {
        complaints.push(Complaint {
            what: "there is an NVIDIA driver, but libtorch sees no GPU".into(),
            mend: "Remove .libtorch, run scripts/setup, which brings the CUDA build, and build again.",
        });
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_as_it_should_be_is_not_complained_of() {
        assert!(complaints(WANTED, 0, false).is_empty());
        assert!(complaints(WANTED, 1, true).is_empty());
    }

    #[test]
    fn another_version_and_an_unseen_gpu_are_told_with_what_mends_them() {
        let told = complaints("2.12.0", 0, true);
        assert_eq!(told.len(), 2);
        assert!(told[0].what.contains("2.12.0") && told[0].mend.contains("scripts/setup"));
        assert!(told[1].what.contains("no GPU"));
    }
}
