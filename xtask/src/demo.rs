//! `cargo xtask demo`: the demo mini program in a browser page, against the reference backend and
//! the WeChat simulator.

pub mod browser;
mod check;
pub mod device;
mod fresh;
mod log;
pub mod servers;
mod site;
mod trial;

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{build, files, sh};
use servers::Servers;

/// What a reader of the documents should have to load.
const PICTURE_BYTES: u64 = 150_000;

/// What to do with the running demo.
#[derive(Debug, PartialEq, Eq)]
enum Mode {
    /// Wait for Ctrl-C.
    Serve,
    /// The same, with the page open in the person's browser.
    Open,
    /// Drive every page in a headless browser.
    Check,
    /// The same, and keep the pictures that the documents show.
    Pictures,
}

/// Builds all that changed, starts both servers, and waits for Ctrl-C; with `--check`, drives the
/// pages in a headless browser instead.
pub fn run(args: &[String]) -> Result<()> {
    let mode = match args {
        [] => Mode::Serve,
        [flag] if flag == "--open" => Mode::Open,
        [flag] if flag == "--check" => Mode::Check,
        [flag] if flag == "--pictures" => Mode::Pictures,
        _ => bail!("usage: cargo xtask demo [--open | --check | --pictures]"),
    };
    let site = dir().join("site");
    let sources = fresh::sources()?;
    if !fresh::is(&sources) {
        build::run()?;
        files::recreate(&dir())?;
        site::build(&site)?;
        fresh::remember(&sources)?;
    }
    let tried = matches!(mode, Mode::Check | Mode::Pictures);
    if tried && !fresh::is(&fresh::sources()?) {
        bail!("the build changes what it is made of, so that every start builds anew");
    }
    let programs = servers::build()?;

    let interrupted = interruptions()?;
    step("starting the WeChat simulator and the backend");
    let mut servers = Servers::start(&programs, &site)?;
    if tried {
        thread::scope(|scope| {
            let compiled = scope.spawn(site::compiles_everywhere);
            check::run(&servers.page, &interrupted)?;
            compiled
                .join()
                .unwrap_or_else(|_| bail!("the check itself failed"))
        })?;
        if mode == Mode::Pictures {
            pictures()?;
        }
        return servers.still_running();
    }
    println!(
        "\n  the demo: {}/\n  logs:     {}\n  Ctrl-C ends it\n",
        servers.page,
        dir().display()
    );
    if mode == Mode::Open
        && let Err(problem) = open(&servers.page)
    {
        println!("  {problem:#}\n");
    }
    while interrupted.recv_timeout(Duration::from_millis(300)) == Err(RecvTimeoutError::Timeout) {
        servers.still_running()?;
    }
    Ok(())
}

/// Puts the check's pictures where the documents look for them.
fn pictures() -> Result<()> {
    let mut bytes = 0;
    for name in ["demo-timeline.png", "demo-break.png"] {
        let to = sh::root().join("docs").join(name);
        bytes += fs::copy(dir().join(name), &to).with_context(|| format!("cannot copy {name}"))?;
        println!("  {}", to.display());
    }
    anyhow::ensure!(
        bytes < PICTURE_BYTES,
        "the documents' pictures have {bytes} bytes, more than {PICTURE_BYTES}"
    );
    Ok(())
}

/// Opens an address in the person's own browser.
fn open(url: &str) -> Result<()> {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let started = Command::new(opener).arg(url).spawn();
    started
        .map(drop)
        .with_context(|| format!("{opener} does not start: open {url} yourself"))
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
