//! A door: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(trainer::args::Args::common, trainer::args::command)
}
