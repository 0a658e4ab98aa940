//! A door: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(labeler::args::Args::common, labeler::args::command)
}
