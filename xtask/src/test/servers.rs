//! The example servers, driven by the real package against the WeChat simulator: those whose
//! languages a machine of the tests has. The others are tried by hand, with the same test.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    build,
    demo::servers::{self, Server},
    files::recreate,
    sh::{command, root, run as spawn, target},
    tools,
};

/// The one that needs packages.
const KOA: &str = "examples/servers/node-koa";

/// Installs what they need; Python's path.
pub fn set_up() -> Result<PathBuf> {
    tools::packages(KOA)?;
    tools::python()
}

/// Starts the simulator, and each server as the test wants it.
pub fn run() -> Result<()> {
    let python = set_up()?;
    let programs = servers::build()?;
    let logs = target().join("servers");
    recreate(&logs)?;
    let simulator = Server::simulator(&programs, &logs, None)?;
    spawn(
        command("node")
            .args(["--test", "--test-reporter=spec"])
            .arg(root().join("tests/servers/servers.test.mjs"))
            .env("MINIPROGRAM_LOGIN_PKG", build::pkg())
            .env("SIMULATOR", &simulator.address)
            .env("PYTHON", python),
    )
}
