//! `cargo xtask demo`: the demo mini program in a browser page, against the reference backend and
//! the WeChat simulator.

mod browser;
mod check;
mod log;
mod servers;
mod site;
mod trial;

use std::{
    path::PathBuf,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{build, files, sh, tools};
use servers::Servers;

/// Builds all, starts both servers, and waits for Ctrl-C; with `--check`, drives the page in a
/// headless browser instead.
pub fn run(args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => bail!("usage: cargo xtask demo [--check]"),
    };
    build::run()?;
    files::recreate(&dir())?;
    let site = site::build()?;
    let programs = servers::build()?;

    let interrupted = interruptions()?;
    step("starting the WeChat simulator and the backend");
    let mut servers = Servers::start(&programs, &site)?;
    if check {
        let browser = tools::browser()?;
        check::run(&servers.page, &browser, &interrupted)?;
        return servers.still_running();
    }
    println!(
        "\n  the demo: {}\n  logs:     {}\n  Ctrl-C ends it\n",
        servers.page,
        dir().display()
    );
    while interrupted.recv_timeout(Duration::from_millis(300)) == Err(RecvTimeoutError::Timeout) {
        servers.still_running()?;
    }
    Ok(())
}

/// Gets a message at Ctrl-C or SIGTERM. Returning from there is what ends the child processes.
fn interruptions() -> Result<Receiver<()>> {
    let (sender, receiver) = channel();
    // A second Ctrl-C finds nobody listening any more.
    let handler = move || {
        let _ = sender.send(());
    };
    ctrlc::set_handler(handler).context("cannot handle Ctrl-C")?;
    Ok(receiver)
}

/// Where the demo's project, page, database, logs and screenshots go.
fn dir() -> PathBuf {
    sh::target().join("demo")
}

fn step(what: &str) {
    println!("demo: {what}");
}
