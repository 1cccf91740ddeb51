//! The built programs as children of a test.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

pub struct Program {
    pub child: Child,
    pub url: String,
}

pub async fn start(path: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Program {
    let mut command = Command::new(path);
    command.args(["--listen", "127.0.0.1:0"]).args(arguments);
    spawn(command, environment).await
}

/// Runs `command`, which is one of the programs, perhaps behind others that become it.
pub async fn spawn(mut command: Command, environment: &[(&str, &str)]) -> Program {
    let mut child = command
        .env_clear()
        .envs(environment.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    let line = lines.next_line().await.expect("stdout").expect("one line");
    let url = line
        .strip_prefix("listening on ")
        .unwrap_or_else(|| panic!("{line}"))
        .to_owned();
    Program { child, url }
}

/// Asks the program to end; returns whether it ended well, and what it logged.
pub async fn end(mut program: Program) -> (bool, String) {
    let id = program.child.id().expect("running").to_string();
    let kill = Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .await
        .expect("kill");
    assert!(kill.success());
    let mut log = String::new();
    let mut stderr = program.child.stderr.take().expect("stderr");
    let read = stderr.read_to_string(&mut log);
    tokio::time::timeout(Duration::from_secs(10), read)
        .await
        .expect("it ends")
        .expect("text");
    (program.child.wait().await.expect("status").success(), log)
}
