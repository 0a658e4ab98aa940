//! Where text leaves the program. Nothing here panics and nothing here ends the work: a
//! reader of stderr who left misses words, a reader of stdout who left (`| head`) has had
//! enough, and a stdout that cannot take more (a full disk) makes the command fail at its end.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::sync::Mutex;

/// The first failure of stdout, kept until the program leaves. A closed pipe is none.
static LOST: Mutex<Option<String>> = Mutex::new(None);

/// Writes a line to stdout, as it is.
pub fn stdout(text: &str) {
    note(writeln!(std::io::stdout().lock(), "{text}"));
}

/// Writes a line to stderr, if anybody reads it.
pub fn stderr(text: &str) {
    // There is nowhere to say that this cannot be said.
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(text));
}

/// Keeps a failed write to stdout for the end of the program.
pub fn note(written: std::io::Result<()>) {
    let Err(error) = written else { return };
    if error.kind() == ErrorKind::BrokenPipe {
        return;
    }
    if let Ok(mut lost) = LOST.lock() {
        lost.get_or_insert(error.to_string());
    }
}

/// Writes out what is buffered, and says what of stdout was lost, if anything was.
pub(crate) fn lost() -> Option<String> {
    note(std::io::stdout().lock().flush());
    LOST.lock().ok()?.take()
}

/// The text without what commands a terminal: control characters other than line ends and
/// tabs are shown by their numbers. Names of files hold anything, and so may answers of sites.
pub fn printable(text: &str) -> Cow<'_, str> {
    let commands = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if commands(c) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_a_terminal_is_shown_by_its_number() {
        for (raw, shown) in [
            ("plain 猫\n\ttext", "plain 猫\n\ttext"),
            ("\u{1b}[31mred.jpg", "\\u{1b}[31mred.jpg"),
            ("over\rwritten\u{9b}2J", "over\\rwritten\\u{9b}2J"),
        ] {
            assert_eq!(printable(raw), shown);
        }
    }
}
