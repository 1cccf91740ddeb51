//! Running other programs: from the repository's root, with the project's own tools first on PATH.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::channel,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_path_buf()
}

/// Where everything built goes.
pub fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => std::path::absolute(&dir).unwrap_or(dir.into()),
        None => root().join("target"),
    }
}

/// A program of the Node tools.
pub fn node_tool(name: &str) -> Command {
    command(root().join("xtask/node_modules/.bin").join(name))
}

/// A program to run in the repository's root.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    let mut path = vec![target().join("tools/bin")];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    command
        .current_dir(root())
        .env("PATH", std::env::join_paths(path).unwrap_or_default());
    // The flags in .cargo/config.toml are what makes the module load on devices; this variable
    // would replace them.
    command
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_ENCODED_RUSTFLAGS");
    command
}

/// Runs to the end, its output going where ours goes.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {}", spell(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", spell(command));
    }
    Ok(())
}

/// Runs to the end and returns what it printed; what it printed is in the error when it fails.
pub fn output(command: &mut Command) -> Result<String> {
    let out = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {}", spell(command)))?;
    let stdout = String::from_utf8_lossy(&out.stdout).into_owned();
    if !out.status.success() {
        bail!(
            "{} ended with {}\n{stdout}{}",
            spell(command),
            out.status,
            String::from_utf8_lossy(&out.stderr)
        );
    }
    Ok(stdout)
}

/// The command as one would type it, programs by their name alone.
fn spell(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    let mut words = vec![name.to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|a| a.to_string_lossy().into_owned()));
    words.join(" ")
}

/// A running program; dropping it ends it.
#[derive(Debug)]
pub struct Program(pub Child);

impl Program {
    /// What `find` makes of the first line on its piped stdout that means something to it.
    pub fn says<T: Send + 'static>(
        &mut self,
        within: Duration,
        find: impl Fn(&str) -> Option<T> + Send + 'static,
    ) -> Result<T> {
        let stdout = self.0.stdout.take().context("its stdout is no pipe")?;
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
            if let Some(found) = lines.find_map(|line| find(&line)) {
                // Nobody may wait any more.
                drop(sender.send(found));
            }
            drop(sender);
            // What else it says is not to hold it up.
            lines.for_each(drop);
        });
        let found = receiver.recv_timeout(within);
        found.with_context(|| format!("it said nothing of that within {} s", within.as_secs()))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
