//! The tests of the package on the engines of phones: JavaScriptCore without a JIT, as on iOS, and
//! V8 8.6, Android's floor; the package as it ships, and as WeChat's compiler makes it. By hand on
//! more.

use std::path::PathBuf;

use anyhow::{Result, bail};

use super::pack;
use crate::{
    build,
    sh::{command, root, run as spawn, target},
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
    compared("test")
}

/// The engines that take longer, and the fallback: `cargo xtask engines`.
pub fn by_hand(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask engines");
    }
    build::run()?;
    compared("hand")
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
fn compared(what: &str) -> Result<()> {
    tools::javascript_core()?;
    tools::packages(HOME)?;
    let mut run = command("node");
    run.arg(root().join(HOME).join("run.mjs"))
        .arg(what)
        .arg(target().join("engines"))
        .arg(target().join("sandbox.jsonl"))
        .arg(build::fallback())
        .arg(format!("as it ships={}", build::pkg().display()));
    if what == "test" {
        let compiled = pack::package("minifying");
        if !compiled.exists() {
            bail!("the step \"package in a fresh mini program\" makes what this one runs");
        }
        run.arg(format!("in ES5={}", compiled.display()));
    } else {
        run.env("MVP", interpreter()?);
    }
    spawn(&mut run)
}
