//! The three programs, called as a user calls them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
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

    /// The labeler, until the user ends it.
    pub fn serve(&self) -> Result<()> {
        self.command("labeler", &["serve"])
            .status()
            .context("cannot start labeler")?;
        Ok(())
    }
}
