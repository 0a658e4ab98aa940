//! `main` is a door: parse, listen for Ctrl-C, call the library, leave with an exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;
use clap::error::ErrorKind;
use serde_json::{Value, json};
use tracing_subscriber::EnvFilter;

use crate::{Common, Exit, Failure, Printer, Stop, output};

/// How a command ended without failing, and its JSON object.
#[derive(Debug)]
pub struct Outcome {
    /// The code to leave with.
    pub exit: Exit,
    /// Printed under `--json`; `None` for commands whose stdout is something else.
    pub json: Option<Value>,
}

impl Outcome {
    /// Done, with an object.
    pub fn done(json: Value) -> Self {
        Self {
            exit: Exit::Done,
            json: Some(json),
        }
    }
}

/// Parses `A`, runs `command` to its end and turns the result into an exit code.
/// Errors go to stderr as text, or to stdout as `{"error": …}` under `--json`.
pub fn run<A, F, R>(common: impl FnOnce(&A) -> &Common, command: F) -> ExitCode
where
    A: Parser,
    F: FnOnce(A, Printer, Stop) -> R,
    R: Future<Output = Result<Outcome, Failure>>,
{
    let words: Vec<OsString> = std::env::args_os().collect();
    let args = match A::try_parse_from(&words) {
        Ok(args) => args,
        Err(error) => return refused(&error, &words),
    };
    let common = common(&args).clone();
    trace(common.quiet, common.verbose);
    let printer = common.printer();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&printer, &Failure::failed(error)),
    };
    tell_of_panics();
    let ended =
        guarded(|| runtime.block_on(async { command(args, printer, Stop::listen()).await }));
    // What is still read on a thread of its own is of no use any more, and may take long.
    runtime.shutdown_background();
    match ended {
        Ok(outcome) => {
            if let Some(value) = &outcome.json {
                printer.object(value);
            }
            leave(outcome.exit)
        }
        Err(failure) => failed(&printer, &failure),
    }
}

/// Leaves with this code, unless all went well but for what stdout could not take.
fn leave(exit: Exit) -> ExitCode {
    let Some(why) = output::lost() else {
        return ExitCode::from(exit as u8);
    };
    output::stderr(&format!(
        "error: the output could not be written: {why}\nMake room, or send it elsewhere, and run the same command again."
    ));
    let exit = match exit {
        Exit::Done => Exit::Failed,
        other => other,
    };
    ExitCode::from(exit as u8)
}

/// A panic is a fault of ours: it is told in one line, and where it costs but one item the work
/// goes on. `RUST_BACKTRACE` adds what a developer wants to see.
fn tell_of_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            return usual(info);
        }
        let words = info.payload_as_str().unwrap_or("without words");
        let place = info.location().map(ToString::to_string);
        let place = place.unwrap_or_default();
        tracing::error!("a fault of Whisker itself, at {place}: {words}");
    }));
}

/// What the command returns, or a sentence when it panics.
fn guarded(command: impl FnOnce() -> Result<Outcome, Failure>) -> Result<Outcome, Failure> {
    // Nothing of the command is used afterwards, and the database undoes what was not committed.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(command)).unwrap_or_else(|_| {
        Err(Failure::failed(
            "Whisker has a fault, which the line above names\nWhat was saved is safe. \
             Please report that line with the command that you ran.",
        ))
    })
}

/// `--help` and `--version` are data; anything else is bad usage.
fn refused(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if !asked && words.iter().any(|word| word == "--json") {
        let text = error.render().to_string();
        return failed(
            &Printer::new(true, false, false),
            &Failure::usage(text.trim().trim_start_matches("error: ")),
        );
    }
    let written = error.print();
    if asked {
        output::note(written);
    }
    leave(if asked { Exit::Done } else { Exit::Usage })
}

/// For what ends a program outside of its command: says it as a command would.
pub fn fail(failure: &Failure) -> ExitCode {
    let json = std::env::args_os().any(|word| word == "--json");
    failed(&Printer::new(json, false, false), failure)
}

fn failed(printer: &Printer, failure: &Failure) -> ExitCode {
    if printer.json() {
        printer.object(&json!({ "error": failure.message }));
    } else {
        output::stderr(&format!("error: {failure}"));
    }
    leave(failure.exit)
}

/// Log lines on stderr; `RUST_LOG` beats the flags.
fn trace(quiet: bool, verbose: u8) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (_, 0) => "warn",
        (_, 1) => "info",
        _ => "debug",
    };
    // That a chart has a stroke without length, or a page a table that HTML does not know, is
    // nobody's business.
    let usual = || EnvFilter::new(format!("{level},tiny_skia=error,html5ever=error"));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // Otherwise a log line that nobody can read any more is a panic.
        .log_internal_errors(false)
        .with_ansi(
            std::io::IsTerminal::is_terminal(&std::io::stderr())
                && std::env::var_os("NO_COLOR").is_none(),
        )
        .without_time()
        .init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_panics_is_a_failure_with_a_sentence() {
        let failure = guarded(|| panic!("injected")).expect_err("it panicked");
        assert_eq!(failure.exit, Exit::Failed);
        assert!(failure.message.contains("report that line"), "{failure}");
    }
}
