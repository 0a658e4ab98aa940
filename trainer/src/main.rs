//! A door: see the library.

use std::process::ExitCode;

use cli::Failure;
use trainer::error::Error;
use trainer::training::ladder::{self, OutOfMemory};

fn main() -> ExitCode {
    ladder::quiet();
    let run = || cli::run(trainer::args::Args::common, trainer::args::command);
    // Wherever memory ran out: what is kept is kept, and the rest is said in a sentence.
    ladder::catch(run)
        .unwrap_or_else(|OutOfMemory(said)| cli::fail(&Failure::failed(Error::Memory { said })))
}
