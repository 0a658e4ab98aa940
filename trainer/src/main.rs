//! A door: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    trainer::training::ladder::quiet();
    cli::run(trainer::args::Args::common, trainer::args::command)
}
