//! The programs under test, as a user has them: built, on a path, with a database.
//!
//! `CARGO_BIN_EXE_*` exists only inside the package that owns a binary, so the programs are
//! built here, once, and their paths taken from cargo's own messages.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A folder with the programs, for when they are built already.
pub const BIN_DIR: &str = "WHISKER_BIN_DIR";

/// Longer than any program may take in a test, training included.
const PATIENCE: Duration = Duration::from_secs(600);

type Paths = BTreeMap<String, PathBuf>;

/// Looks until it is so, with an end for when the program under test hangs.
///
/// # Panics
/// If it is never so.
pub fn until(mut so: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < end, "it never happens");
        std::thread::park_timeout(Duration::from_millis(1));
    }
}

/// The programs, with a home of their own: an empty folder that holds the database and is
/// where they are run, so that nothing of the user's is touched.
pub struct Programs {
    home: TempDir,
    paths: &'static Paths,
}

/// What a program left behind.
#[derive(Clone, Debug)]
pub struct Output {
    /// Exit code; 128 and the signal's number if a signal ended it.
    pub code: i32,
    /// What stdout holds, if that is one JSON value.
    pub json: Option<Value>,
    /// Everything on stdout.
    pub stdout: String,
    /// Everything on stderr.
    pub stderr: String,
    /// The most memory that it had, in bytes.
    pub peak: u64,
}

impl Programs {
    /// The programs, built if need be, in a fresh home.
    ///
    /// # Panics
    /// If they cannot be built: no test can go on without them.
    pub fn get() -> Self {
        static PATHS: OnceLock<Paths> = OnceLock::new();
        let paths = PATHS.get_or_init(|| find().expect("the workspace's programs build"));
        let home = tempfile::tempdir().expect("the system has a temporary folder");
        Self { home, paths }
    }

    /// Where they are run.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The database's address, the same for all of them.
    pub fn database(&self) -> String {
        format!("sqlite:{}", self.home().join("whisker.db").display())
    }

    /// A program's file.
    ///
    /// # Panics
    /// If the workspace has no such program.
    pub fn path(&self, program: &str) -> &Path {
        self.paths
            .get(program)
            .unwrap_or_else(|| panic!("no program named {program}"))
    }

    /// Runs a program to its end.
    ///
    /// # Panics
    /// If it cannot be started or does not end.
    pub fn run<S: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = S>) -> Output {
        self.spawn(program, args).wait()
    }

    /// Runs a program that may make no file of more than so many bytes, as on a full disk.
    ///
    /// # Panics
    /// If it cannot be started or does not end.
    pub fn run_with_files_below<S: AsRef<OsStr>>(
        &self,
        bytes: u64,
        program: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Output {
        // The signal would end it; ignored, the write fails, as ENOSPC makes it fail.
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"",
            bytes / 512
        );
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(script)
            .arg(self.path(program))
            .args(args);
        self.start(command, program).wait()
    }

    /// Starts a program.
    ///
    /// # Panics
    /// If it cannot be started.
    pub fn spawn<S: AsRef<OsStr>>(
        &self,
        program: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Running {
        let mut command = Command::new(self.path(program));
        command.args(args);
        self.start(command, program)
    }

    /// Runs a program whose stdout or stderr is `to`.
    ///
    /// # Panics
    /// If it cannot be started or does not end.
    pub fn run_into(&self, to: Into<'_>, program: &str, args: &[&str]) -> Output {
        let mut command = Command::new(self.path(program));
        command.args(args);
        self.at_home(&mut command);
        let running = Running::with(command, to);
        let running = running.unwrap_or_else(|error| panic!("{program} starts: {error:#}"));
        running.wait()
    }

    /// Runs a program as a user who may not read everything: the tests may be root's.
    ///
    /// # Panics
    /// If it cannot be started or does not end.
    pub fn run_unprivileged(&self, program: &str, args: &[&str]) -> Output {
        const NOBODY: u32 = 65534;
        let mut command = Command::new(self.path(program));
        command.args(args);
        // SAFETY: geteuid(2) cannot fail and touches no memory.
        if unsafe { libc::geteuid() } == 0 {
            std::os::unix::fs::chown(self.home(), Some(NOBODY), Some(NOBODY))
                .expect("root may give its folder away");
            command.uid(NOBODY).gid(NOBODY);
        }
        self.start(command, program).wait()
    }

    fn at_home(&self, command: &mut Command) {
        command
            .current_dir(self.home())
            .env("WHISKER_DATABASE", self.database())
            .env("NO_COLOR", "1");
    }

    fn start(&self, mut command: Command, program: &str) -> Running {
        self.at_home(&mut command);
        Running::new(command).unwrap_or_else(|error| panic!("{program} starts: {error:#}"))
    }
}

/// A program at work; it is killed when this is dropped.
pub struct Running {
    child: Child,
    stdout: Stream,
    stderr: Stream,
    peak: Arc<AtomicU64>,
}

/// What has been read from a pipe, and what is still to come; nothing without a pipe.
struct Stream {
    lines: Receiver<String>,
    text: String,
}

impl Default for Stream {
    fn default() -> Self {
        let (_, lines) = channel();
        Self {
            lines,
            text: String::new(),
        }
    }
}

/// Where a stream of a program goes instead of to its test.
#[derive(Clone, Copy, Debug)]
pub enum Into<'a> {
    /// stdout into this file.
    Stdout(&'a Path),
    /// stderr into this file.
    Stderr(&'a Path),
    /// stdout into a pipe that nobody reads.
    ClosedStdout,
    /// stderr into a pipe that nobody reads.
    ClosedStderr,
}

/// The end of a pipe whose other end is closed.
fn closed() -> Result<Stdio> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    Ok(writer.into())
}

fn file(path: &Path) -> Result<Stdio> {
    Ok(std::fs::File::options().write(true).open(path)?.into())
}

impl Running {
    fn new(mut command: Command) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self::started(command)
    }

    fn with(mut command: Command, to: Into<'_>) -> Result<Self> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        match to {
            Into::Stdout(path) => command.stdout(file(path)?),
            Into::Stderr(path) => command.stderr(file(path)?),
            Into::ClosedStdout => command.stdout(closed()?),
            Into::ClosedStderr => command.stderr(closed()?),
        };
        Self::started(command)
    }

    fn started(mut command: Command) -> Result<Self> {
        command.stdin(Stdio::null());
        // Whoever runs the tests may ignore signals (`nohup`, a job of a CI), and a shell
        // cannot trap what was ignored when it began.
        let heed = || {
            for signal in [libc::SIGINT, libc::SIGTERM] {
                // SAFETY: signal(2) may be called between fork and exec.
                unsafe { libc::signal(signal, libc::SIG_DFL) };
            }
            Ok(())
        };
        // SAFETY: it allocates nothing and takes no lock.
        unsafe { command.pre_exec(heed) };
        let mut child = command.spawn()?;
        // What the command holds of a pipe is let go, or its reader would wait for it.
        drop(command);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        Ok(Self {
            peak: watched(child.id()),
            child,
            stdout: stdout.map_or_else(Stream::default, Stream::new),
            stderr: stderr.map_or_else(Stream::default, Stream::new),
        })
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line on stdout, for programs that say first where they listen; `None` at the
    /// end.
    ///
    /// # Panics
    /// If none comes for very long.
    pub fn line(&mut self) -> Option<String> {
        self.stdout.next(Instant::now() + PATIENCE)
    }

    /// Reads stderr up to a line that holds `text`; says whether there was one.
    ///
    /// # Panics
    /// If neither the line nor the end comes for very long.
    pub fn talk_until(&mut self, text: &str) -> bool {
        let end = Instant::now() + PATIENCE;
        while let Some(line) = self.stderr.next(end) {
            if line.contains(text) {
                return true;
            }
        }
        false
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        let pid = libc::pid_t::try_from(self.id()).expect("process numbers fit their own type");
        // SAFETY: kill(2) touches no memory; the child is not yet waited for, so the number
        // is still its own.
        unsafe { libc::kill(pid, libc::SIGINT) };
    }

    /// Ends the program at once, as a power cut would, and waits.
    ///
    /// # Panics
    /// If the system refuses.
    pub fn kill(mut self) -> Output {
        self.child
            .kill()
            .expect("a child that is not yet waited for can be killed");
        self.wait()
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// If it does not come for very long.
    pub fn wait(mut self) -> Output {
        let end = Instant::now() + PATIENCE;
        while self.stdout.next(end).is_some() {}
        while self.stderr.next(end).is_some() {}
        let status = self.reap(end);
        let stdout = std::mem::take(&mut self.stdout.text);
        Output {
            code: code(status),
            json: serde_json::from_str(&stdout).ok(),
            stdout,
            stderr: std::mem::take(&mut self.stderr.text),
            peak: self.peak.load(Relaxed),
        }
    }

    /// Waits as `Child::wait` does, until `end`.
    fn reap(&mut self, end: Instant) -> ExitStatus {
        let pid = libc::pid_t::try_from(self.id()).expect("process numbers fit their own type");
        let mut status = 0;
        loop {
            // SAFETY: the place outlives the call; the child is not yet waited for.
            let reaped = unsafe { libc::waitpid(pid, &raw mut status, libc::WNOHANG) };
            if reaped == pid {
                break;
            }
            assert_eq!(reaped, 0, "a child can be waited for");
            // It has closed its streams, so that it ends at once or hangs.
            assert!(
                Instant::now() < end,
                "the program has closed its streams and hangs"
            );
            std::thread::yield_now();
        }
        ExitStatus::from_raw(status)
    }
}

/// The most memory that a process has had, in bytes, looked at until it ends. What `wait4` tells
/// begins with the memory of whoever forked the process (Linux carries it over an exec), and that
/// plays the sites of all tests that are under way.
fn watched(id: u32) -> Arc<AtomicU64> {
    const OFTEN: Duration = Duration::from_millis(2);
    let peak = Arc::new(AtomicU64::new(0));
    let seen = peak.clone();
    std::thread::spawn(move || {
        while let Some(kilobytes) = high_water(id) {
            seen.fetch_max(kilobytes * 1024, Relaxed);
            std::thread::sleep(OFTEN);
        }
    });
    peak
}

/// Kilobytes; nothing for a process that has ended.
fn high_water(id: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Stream {
    /// Reads on a thread of its own: a full pipe would stop the program.
    fn new(pipe: impl Read + Send + 'static) -> Self {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Self {
            lines,
            text: String::new(),
        }
    }

    fn next(&mut self, end: Instant) -> Option<String> {
        match self
            .lines
            .recv_timeout(end.saturating_duration_since(Instant::now()))
        {
            Ok(line) => {
                self.text.push_str(&line);
                self.text.push('\n');
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("the program hangs after:\n{}", self.text),
        }
    }
}

fn code(status: ExitStatus) -> i32 {
    status
        .code()
        .or_else(|| Some(128 + status.signal()?))
        .unwrap_or(-1)
}

fn find() -> Result<Paths> {
    match std::env::var_os(BIN_DIR) {
        Some(folder) => listed(Path::new(&folder)),
        None => build(),
    }
}

fn listed(folder: &Path) -> Result<Paths> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("{BIN_DIR} names {}", folder.display()))?;
    let mut paths = Paths::new();
    for entry in entries {
        let path = entry?.path();
        if let (Some(name), None) = (path.file_name().and_then(OsStr::to_str), path.extension()) {
            paths.insert(name.to_string(), path.canonicalize()?);
        }
    }
    Ok(paths)
}

/// The whole workspace, so that no feature differs from any other build of it, in the
/// profile of this test.
fn build() -> Result<Paths> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--workspace", "--bins", "--message-format=json"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let output = command
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(output.status.success(), "cargo build failed");
    programs(&String::from_utf8_lossy(&output.stdout))
}

/// The binaries among cargo's messages, one JSON object a line.
fn programs(messages: &str) -> Result<Paths> {
    let mut paths = Paths::new();
    for line in messages.lines() {
        let message: Value = serde_json::from_str(line).context("cargo speaks JSON")?;
        if let (Some(name), Some(path)) = (
            message["target"]["name"].as_str(),
            message["executable"].as_str(),
        ) {
            paths.insert(name.into(), path.into());
        }
    }
    if paths.is_empty() {
        bail!("cargo names no programs");
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::new(command).unwrap()
    }

    #[test]
    fn what_a_program_says_and_how_it_ends_is_kept() {
        let output = shell(r#"echo '{"a": 1}'; echo talk >&2; exit 3"#).wait();
        assert_eq!((output.code, output.stderr.as_str()), (3, "talk\n"));
        assert_eq!(output.json, Some(serde_json::json!({ "a": 1 })));
    }

    #[test]
    fn lines_can_be_read_while_the_program_goes_on() {
        let mut running = shell("echo ready; echo one >&2; echo two >&2; exec sleep 600");
        assert_eq!(running.line().as_deref(), Some("ready"));
        assert!(running.talk_until("two"));
        assert_eq!(running.kill().code, 128 + libc::SIGKILL);
    }

    #[test]
    fn an_interrupt_is_a_ctrl_c() {
        let mut running = shell("trap 'exit 42' INT; echo ready; while :; do :; done");
        running.line();
        running.interrupt();
        assert_eq!(running.wait().code, 42);
    }

    #[test]
    fn an_interrupt_is_one_where_the_tests_themselves_ignore_it() {
        // A shell that ignores it starts this test again.
        let itself = std::env::current_exe().unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", "trap '' INT; exec \"$0\" \"$@\""])
            .arg(itself)
            .args(["--exact", "programs::tests::an_interrupt_is_a_ctrl_c"]);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.contains("1 passed"),
            "{said}"
        );
    }

    #[test]
    fn programs_are_found_among_cargos_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"serde"},"executable":null}
{"reason":"compiler-artifact","target":{"name":"crawler"},"executable":"/t/debug/crawler"}
{"reason":"build-finished","success":true}"#;
        let paths = programs(messages).unwrap();
        assert_eq!(
            paths.into_iter().collect::<Vec<_>>(),
            [("crawler".into(), "/t/debug/crawler".into())]
        );
        assert!(programs("").is_err());
    }
}
