//! `trainer`: looks for libtorch, sets how its threads wait, and becomes `trainer-torch`.
//!
//! Three things must happen before libtorch is loaded, so they cannot happen in the program that
//! is linked with it: a missing library ends in a sentence instead of the loader's line, libgomp
//! reads its waiting policy, and malloc reads how to keep memory.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Where the build found libtorch; the program's rpath.
const BUILT_WITH: &str = env!("WHISKER_LIBTORCH");
const LIBRARY: &str = "libtorch_cpu.so";
/// What both read when they load, unless the user has set it.
const SETTINGS: [(&str, &str); 3] = [
    // How often an idle thread looks for work before it sleeps. By default it looks so long that it
    // takes the processor from the threads that work, if there are others: a step of `lenet` took
    // three times as long. Asleep at once, small layers wait for it to wake: a step of `resnet`
    // took one and a half times as long on an idle machine.
    ("GOMP_SPINCOUNT", "1000"),
    // Every step asks for the same large tensors. Mapped anew each time, as glibc does by
    // default, their pages are zeroed each time: a fifth of AlexNet's step.
    ("MALLOC_MMAP_MAX_", "0"),
    ("MALLOC_TRIM_THRESHOLD_", "1099511627776"),
];
const FAILED: u8 = 1;

fn main() -> ExitCode {
    if !library_folders().any(|folder| folder.join(LIBRARY).exists()) {
        return fail(&format!(
            "libtorch is missing: there is no {LIBRARY} in {BUILT_WITH}\n\
             Run scripts/setup, which fetches it, and then the same command again."
        ));
    }
    let program = match env::current_exe() {
        Ok(me) => me.with_file_name("trainer-torch"),
        Err(error) => return fail(&format!("this program cannot find itself: {error}")),
    };
    let mut command = Command::new(&program);
    // Help and errors are to name what was typed.
    command.arg0("trainer").args(env::args_os().skip(1));
    for (name, value) in SETTINGS {
        if env::var_os(name).is_none() {
            command.env(name, value);
        }
    }
    let error = command.exec();
    fail(&format!(
        "{} cannot be started: {error}\nBuild it: cargo build --workspace --bins",
        program.display()
    ))
}

/// In the loader's order.
fn library_folders() -> impl Iterator<Item = PathBuf> {
    let set = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let set: Vec<PathBuf> = env::split_paths(&set).collect();
    std::iter::once(Path::new(BUILT_WITH).to_path_buf()).chain(set)
}

fn fail(message: &str) -> ExitCode {
    if env::args_os().any(|word| word == "--json") {
        println!("{}", serde_json::json!({ "error": message }));
    } else {
        eprintln!("error: {message}");
    }
    ExitCode::from(FAILED)
}
