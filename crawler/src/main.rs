//! A door: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run(crawler::args::Args::common, crawler::args::command)
}
