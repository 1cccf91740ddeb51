//! The tests of the package on the engines of phones: JavaScriptCore without a JIT, as on iOS, and
//! V8 8.6, Android's floor; the package as it ships, and as WeChat's compiler makes it.

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
    tools::javascript_core()?;
    tools::packages(HOME)?;
    let compiled = pack::package("minifying");
    if !compiled.exists() {
        bail!("the step \"package in a fresh mini program\" makes the package that this one runs");
    }
    spawn(
        command("node")
            .arg(root().join(HOME).join("run.mjs"))
            .arg(target().join("engines"))
            .arg(target().join("sandbox.jsonl"))
            .arg(format!("as it ships={}", build::pkg().display()))
            .arg(format!("in ES5={}", compiled.display())),
    )
}
