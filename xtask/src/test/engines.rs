//! The tests of the package on the engines of phones: JavaScriptCore without a JIT, as on iOS, and
//! V8 8.6, Android's floor; the package as it ships, and as WeChat's compiler makes it. By hand on
//! more.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use super::pack;
use crate::{
    build,
    demo::browser::Browser,
    sh::{Program, command, root, run as spawn, target},
    tools,
};

/// What runs them, with its npm packages.
pub const HOME: &str = "tests/engines";

/// What has `node --test` write down each result.
pub fn reporter() -> [String; 2] {
    let results = target().join("sandbox.jsonl");
    let reporter = root().join(HOME).join("reporter.mjs");
    [
        format!("--test-reporter={}", reporter.display()),
        format!("--test-reporter-destination={}", results.display()),
    ]
}

/// Runs all, and compares with what Node.js says of the same tests.
pub fn run() -> Result<()> {
    let compiled = pack::package("minifying");
    if !compiled.exists() {
        bail!("the step \"package in a fresh mini program\" makes what this one runs");
    }
    let mut run = comparison("test")?;
    spawn(run.arg(format!("in ES5={}", compiled.display())))
}

/// The engines that take longer, and the fallback: `cargo xtask engines`.
pub fn by_hand(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask engines");
    }
    build::run()?;
    let (chromium, firefox, webkit) = (tools::browser()?, tools::firefox()?, tools::webkit()?);
    let mut run = comparison("hand")?;
    run.env("MVP", interpreter()?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut run = Program(run.spawn().context("cannot start node")?);
    let mut page = None;
    for line in BufReader::new(run.0.stdout.take().context("no stdout")?).lines() {
        let line = line?;
        let Some((name, address)) = line.strip_prefix("page ").and_then(|l| l.split_once(' '))
        else {
            println!("{line}");
            continue;
        };
        // One at a time.
        drop(page.take());
        let browser = match name {
            "Chromium" => Browser::start(&chromium)?,
            "Firefox" => Browser::start_firefox(&firefox)?,
            "WebKitGTK" => Browser::start_webkit(&webkit)?,
            _ => bail!("engines.mjs names a browser that is not known here: {name}"),
        };
        browser.open(address)?;
        page = Some(browser);
    }
    ensure!(run.0.wait()?.success(), "an engine differs from Node.js");
    Ok(())
}

/// tests/engines/mvp as a module of Node's.
fn interpreter() -> Result<PathBuf> {
    let package = ["build", "--quiet", "--release", "--package", "mvp"];
    spawn(
        command("cargo")
            .args(package)
            .args(["--target", "wasm32-unknown-unknown"]),
    )?;
    let made = target().join("engines/mvp");
    spawn(
        command("wasm-bindgen")
            .args(["--target", "nodejs", "--no-typescript", "--out-dir"])
            .arg(&made)
            .arg(target().join("wasm32-unknown-unknown/release/mvp.wasm")),
    )?;
    Ok(made.join("mvp.js"))
}

/// `what` is one of RUNS in engines.mjs.
fn comparison(what: &str) -> Result<Command> {
    tools::javascript_core()?;
    tools::packages(HOME)?;
    let mut run = command("node");
    run.arg(root().join(HOME).join("run.mjs"))
        .arg(what)
        .arg(target().join("engines"))
        .arg(target().join("sandbox.jsonl"))
        .arg(build::fallback())
        .arg(format!("as it ships={}", build::pkg().display()));
    Ok(run)
}
