//! From the demo's source and pkg/ to a directory that a browser can run.

use std::{fs, path::Path, thread};

use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};

use super::{dir, step};
use crate::{build, files::copy_tree, sh, tools};

/// Builds the page in `site` from the package in pkg/.
pub fn build(site: &Path) -> Result<()> {
    tools::node()?;
    let project = dir().join("project");
    copy_source(&sh::root().join("miniprogram-demo"), &project)?;

    step("installing the packed package into a copy of the mini program");
    install(&project)?;

    step("building npm and compiling with miniprogram-ci");
    let compiled = project.join("compiled");
    sh::output(script("compile.cjs").arg(&project).arg(&compiled))?;
    page(&project, &compiled, site)
}

/// Compiles a project whose npm is built already, and makes its page.
pub fn of_project(project: &Path, site: &Path) -> Result<()> {
    step("compiling with miniprogram-ci");
    let compiled = project.with_file_name("compiled");
    let setting = config(project)?["setting"].to_string();
    let mut compile = script("compile.cjs");
    sh::output(compile.arg(project).arg(&compiled).arg(setting))?;
    page(project, &compiled, site)
}

fn page(project: &Path, compiled: &Path, site: &Path) -> Result<()> {
    step("making the page with glass-easel");
    let appid = config(project)?["appid"]
        .as_str()
        .context("project.config.json has no appid")?
        .to_owned();
    let mut make = script("site.mjs");
    sh::output(make.arg(compiled.join("files")).arg(site).arg(appid))?;
    Ok(())
}

/// Compiles the mini program as other projects are set up, and has miniprogram-ci look at its code.
pub fn compiles_everywhere() -> Result<()> {
    let project = dir().join("project");
    let settings = [
        ("es6", json!({})),
        (
            "es6-minified",
            json!({ "minify": true, "minifyJS": true, "minifyWXML": true, "minifyWXSS": true }),
        ),
        ("es5", json!({ "es6": true, "es7": true })),
        (
            "es5-minified",
            json!({ "es6": true, "es7": true, "minify": true, "minifyJS": true,
            "minifyWXML": true, "minifyWXSS": true, "autoPrefixWXSS": true }),
        ),
    ];
    // At once: each spends most of its time waiting for an answer of WeChat's servers that it then
    // does without.
    thread::scope(|scope| {
        let quality =
            scope.spawn(|| sh::output(script("compile.cjs").arg(&project).arg("--quality")));
        let runs = settings.map(|(name, setting)| {
            let mut compile = script("compile.cjs");
            compile
                .arg(&project)
                .arg(project.with_file_name(format!("compiled-{name}")))
                .arg(setting.to_string());
            (name, scope.spawn(move || sh::output(&mut compile)))
        });
        let panicked = || anyhow!("the check itself failed");
        for (name, run) in runs {
            let ended = run.join().unwrap_or_else(|_| Err(panicked()));
            ended.with_context(|| format!("as {name}"))?;
        }
        let ended = quality.join().unwrap_or_else(|_| Err(panicked()));
        ended.context("the code's quality")?;
        println!(
            "  ok  compiled as ES5 and ES6, minified and not; miniprogram-ci finds nothing in the code"
        );
        Ok(())
    })
}

fn script(name: &str) -> std::process::Command {
    let mut node = sh::command("node");
    node.arg(sh::root().join("xtask/host").join(name));
    node
}

fn config(project: &Path) -> Result<Value> {
    let text = fs::read(project.join("project.config.json"))?;
    serde_json::from_slice(&text).context("project.config.json")
}

/// What a developer does with the published package: `npm install`,
/// of the very file that would be published.
fn install(project: &Path) -> Result<()> {
    let quiet = [
        "--offline",
        "--ignore-scripts",
        // The types of wx are for compilers of TypeScript, and not in npm's cache.
        "--legacy-peer-deps",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
    ];
    let packed = sh::output(
        sh::command("npm")
            .args(["pack", "--json", "--loglevel=error", "--pack-destination"])
            .arg(project)
            .arg(build::pkg()),
    )?;
    let packed: Value = serde_json::from_str(&packed).context("npm pack --json printed no JSON")?;
    let file = packed[0]["filename"]
        .as_str()
        .context("npm pack named no file")?;
    let into = project.join("miniprogram");
    sh::output(
        sh::command("npm")
            .current_dir(into)
            .args(["install", "--no-save", "--no-package-lock"])
            .args(quiet)
            .arg(project.join(file)),
    )?;
    Ok(())
}

/// Copies the project without what DevTools or npm left in it.
fn copy_source(from: &Path, to: &Path) -> Result<()> {
    let miniprogram = to.join("miniprogram");
    copy_tree(&from.join("miniprogram"), &miniprogram)?;
    for left in ["node_modules", "miniprogram_npm"].map(|name| miniprogram.join(name)) {
        if left.exists() {
            fs::remove_dir_all(left)?;
        }
    }
    fs::copy(
        from.join("project.config.json"),
        to.join("project.config.json"),
    )?;
    Ok(())
}
