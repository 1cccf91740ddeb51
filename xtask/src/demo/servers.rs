//! The WeChat simulator, which also serves the page, and the backend behind it.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::step;
use crate::sh::{self, Program};

const START: Duration = Duration::from_secs(30);
const READY: &str = "listening on ";
/// What the demo's config.js says.
const BASE_URL: &str = "http://127.0.0.1:3000";
const SIMULATOR_URL: &str = "http://127.0.0.1:3001";

/// The built programs.
#[derive(Debug)]
pub struct Programs {
    backend: PathBuf,
    simulator: PathBuf,
}

/// Builds both programs.
pub fn build() -> Result<Programs> {
    step("building the backend and the WeChat simulator");
    let args = [
        "build",
        "--package",
        "miniprogram-server",
        "--bins",
        "--message-format",
        "json-render-diagnostics",
    ];
    let printed = sh::output(sh::command("cargo").args(args))?;
    let messages: Vec<Value> = printed
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let executable = |name: &str| {
        let built = messages
            .iter()
            .find(|message| message["target"]["name"] == name && message["executable"].is_string());
        let path = built.and_then(|message| message["executable"].as_str());
        path.map(PathBuf::from)
            .with_context(|| format!("cargo built no program {name}"))
    };
    Ok(Programs {
        backend: executable("backend")?,
        simulator: executable("wechat-simulator")?,
    })
}

/// Both servers; dropping it ends them.
#[derive(Debug)]
pub struct Servers {
    /// Address of the page, which is the simulator's.
    pub page: String,
    running: [Server; 2],
}

impl Servers {
    /// Starts both on free ports.
    pub fn start(programs: &Programs, site: &Path) -> Result<Self> {
        let dir = &super::dir();
        // Each needs the other's address, and the simulator its own, so the ports are chosen
        // before they start.
        let backend_at = free_address()?;
        let simulator_at = free_address()?;
        let to_backend = format!("{BASE_URL}=http://{backend_at}");
        let to_simulator = format!("{SIMULATOR_URL}=http://{simulator_at}");
        let simulator = Server::start(
            "wechat-simulator",
            Command::new(&programs.simulator)
                .args(["--listen", &simulator_at, "--route", &to_backend])
                .args(["--route", &to_simulator, "--serve"])
                .arg(site),
            dir,
        )?;
        let database = dir.join("backend.db");
        for file in ["backend.db", "backend.db-wal", "backend.db-shm"].map(|name| dir.join(name)) {
            if file.exists() {
                fs::remove_file(file)?;
            }
        }
        let backend = Server::start(
            "backend",
            clean(Command::new(&programs.backend).args(["--listen", &backend_at]))
                .env("WECHAT_API_BASE", &simulator.address)
                .env("DATABASE_URL", format!("sqlite:{}", database.display())),
            dir,
        )?;
        Ok(Self {
            page: simulator.address.clone(),
            running: [simulator, backend],
        })
    }

    /// An error when one has ended.
    pub fn still_running(&mut self) -> Result<()> {
        for server in &mut self.running {
            if let Some(status) = server.program.0.try_wait()? {
                bail!(
                    "the {} ended with {status}; {}",
                    server.name,
                    server.last_words()
                );
            }
        }
        Ok(())
    }
}

/// Whatever the developer's shell has set for a backend of their own stays out of the demo.
fn clean(command: &mut Command) -> &mut Command {
    let ours = [
        "WECHAT_APPID",
        "WECHAT_SECRET",
        "JWT_SECRET",
        "SESSION_KEY_SECRET",
        "TOKEN_TTL",
    ];
    ours.into_iter()
        .fold(command, |command, name| command.env_remove(name))
}

fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}

/// A running program; dropping it ends it.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    program: Program,
    /// Where it listens: `http://127.0.0.1:…`.
    pub address: String,
    log: PathBuf,
}

impl Server {
    /// The simulator alone, on a port that the system picks; it serves the files in `site`.
    pub fn simulator(programs: &Programs, logs: &Path, site: Option<&Path>) -> Result<Self> {
        let mut command = Command::new(&programs.simulator);
        command.args(["--listen", "127.0.0.1:0"]);
        if let Some(site) = site {
            command.arg("--serve").arg(site);
        }
        Self::start("wechat-simulator", &mut command, logs)
    }

    /// Starts it and waits for its line on stdout; stderr goes to a file in `dir`.
    fn start(name: &'static str, command: &mut Command, dir: &Path) -> Result<Self> {
        let log = dir.join(format!("{name}.log"));
        let spawned = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start the {name}"))?;
        let mut server = Self {
            name,
            program: Program(spawned),
            address: String::new(),
            log,
        };
        let line = server.program.says(START, |line| Some(line.to_owned()));
        let line =
            line.with_context(|| format!("the {name} is not ready; {}", server.last_words()))?;
        match line.trim().strip_prefix(READY) {
            Some(address) => server.address = address.to_owned(),
            None => bail!(
                "the {name} should print \"{READY}http://…\" when it is ready, but printed {line:?}; {}",
                server.last_words()
            ),
        }
        Ok(server)
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(10).collect();
        let lines: Vec<&str> = lines.into_iter().rev().collect();
        format!(
            "its log {} ends with:\n{}",
            self.log.display(),
            lines.join("\n")
        )
    }
}
