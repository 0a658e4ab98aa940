//! The three programs, called as a user calls them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

pub struct Programs {
    folder: PathBuf,
    database: String,
}

impl Programs {
    /// Built into the same folder as this program; their database is in `data`.
    pub fn beside_me(data: &Path) -> Result<Self> {
        let me = std::env::current_exe().context("cannot tell where this program is")?;
        let folder = me.parent().context("a program is in a folder")?.to_owned();
        let database = format!("sqlite:{}", data.join("whisker.db").display());
        Ok(Self { folder, database })
    }

    pub fn database(&self) -> &str {
        &self.database
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(self.folder.join(program));
        command.args(args).env("WHISKER_DATABASE", &self.database);
        command
    }

    /// Standard output of a command that must end with 0; its talk is shown.
    pub fn stdout(&self, program: &str, args: &[&str]) -> Result<String> {
        let output = self
            .command(program, args)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .with_context(|| {
                format!("cannot start {program}; build it with cargo build --workspace --bins")
            })?;
        let stdout = String::from_utf8(output.stdout).context("a program's output is text")?;
        if !output.status.success() {
            bail!(
                "{program} {} ended with {}\n{stdout}",
                args.join(" "),
                output.status
            );
        }
        Ok(stdout)
    }

    /// The one JSON object that `--json` prints.
    pub fn json(&self, program: &str, args: &[&str]) -> Result<Value> {
        let stdout = self.stdout(program, &[args, &["--json"]].concat())?;
        serde_json::from_str(&stdout)
            .with_context(|| format!("{program} printed no JSON: {stdout}"))
    }

    /// A labeler at `listen`, until it is dropped.
    pub fn serve(&self, listen: &str) -> Result<Serving> {
        let mut child = self
            .command(
                "labeler",
                &["serve", "--listen", listen, "--annotator", "demo"],
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start labeler")?;
        let stdout = child.stdout.take().context("stdout is piped")?;
        let mut serving = Serving {
            child,
            origin: String::new(),
        };
        BufReader::new(stdout).read_line(&mut serving.origin)?;
        let origin = serving.origin.trim_end().trim_end_matches('/').to_owned();
        ensure!(
            origin.starts_with("http://"),
            "the labeler did not say where it listens"
        );
        serving.origin = origin;
        Ok(serving)
    }
}

/// A labeler at work; it is stopped when this is dropped.
pub struct Serving {
    child: Child,
    origin: String,
}

impl Serving {
    /// `http://127.0.0.1:PORT`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Until the user ends it.
    pub fn wait(mut self) -> Result<()> {
        self.child.wait().context("the labeler is lost")?;
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
