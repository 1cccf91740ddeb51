//! `cargo xtask bench`: what the package costs beside code written by hand and beside its peers,
//! and the gate on its size and on the instructions it executes.

mod baseline;
mod count;
mod node;
mod plot;
mod report;
#[cfg(test)]
mod tests;
mod weight;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::json;

use crate::{
    build,
    files::write,
    sh::{command, root, run as spawn, target},
    test::ENGINES as HOME,
    tools,
};
use baseline::Figures;

/// What the package is compared with, by its file in tests/bench/subjects.
const PEERS: [&str; 5] = ["axios", "alova", "luch-request", "flyio", "wafer2"];

/// Measures everything, with `--engines` what the engines of phones take, or with `--record` makes
/// today's size and instruction counts the ones that the gate compares with.
pub fn run(args: &[String]) -> Result<()> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] => measure(),
        ["--record"] => {
            build::run()?;
            baseline::record(&figures(&count(&build::pkg())?)?)
        }
        ["--engines"] => on_engines(),
        _ => bail!("usage: cargo xtask bench [--record | --engines]"),
    }
}

/// The package and its fallback on JavaScriptCore without a JIT and on V8 8.6.
fn on_engines() -> Result<()> {
    build::run()?;
    tools::node()?;
    tools::javascript_core()?;
    tools::packages(HOME)?;
    spawn(
        command("node")
            .arg(root().join(HOME).join("bench.mjs"))
            .arg(dir().join("engines"))
            .arg(build::pkg())
            .arg(build::fallback()),
    )
}

/// Fails when the built package is larger, or executes more instructions, than recorded.
pub fn gate() -> Result<()> {
    tools::node()?;
    baseline::compare(&figures(&count(&build::pkg())?)?)
}

fn measure() -> Result<()> {
    let pkg = match std::env::var_os("MINIPROGRAM_LOGIN_PKG") {
        Some(dir) => std::path::absolute(dir)?,
        None => {
            build::run()?;
            build::pkg()
        }
    };
    tools::node()?;
    tools::packages("tests/bench")?;
    let counts = count(&pkg)?;
    let results = report::Results {
        timing: node::run("timing", &pkg, &PEERS)?,
        cold: node::run_with("cold", &pkg, json!({ "before": before()? }))?,
        memory: node::run_as("memory", &pkg, "ours")?,
        handwritten_memory: node::run_as("memory", &pkg, "handwritten")?,
        counts,
    };
    let json = dir().join("results.json");
    let svg = dir().join("results.svg");
    write(&json, serde_json::to_string_pretty(&results)? + "\n")?;
    write(&svg, plot::draw(&results))?;
    println!("{}", report::text(&results));
    let mut files = vec![json, svg];
    if pkg == build::pkg() {
        let table = weight::table(&build::with_names()?)?;
        println!("where the module's bytes are, before compression");
        for line in table.lines().take(20) {
            println!("{line}");
        }
        files.push(dir().join("weight.txt"));
        write(&files[2], table)?;
    }
    for file in files {
        let shown = file.strip_prefix(root()).unwrap_or(&file);
        println!("{}", shown.display());
    }
    Ok(())
}

/// Another build of the package, whose cold start is measured in the same run.
fn before() -> Result<Option<PathBuf>> {
    let given = std::env::var_os("MINIPROGRAM_LOGIN_BEFORE");
    Ok(given.map(std::path::absolute).transpose()?)
}

fn dir() -> PathBuf {
    target().join("bench")
}

/// Executes the package with a module that counts.
fn count(pkg: &Path) -> Result<report::Counts> {
    std::fs::create_dir_all(dir())?;
    node::bundle(&["ours", "handwritten"])?;
    let module = dir().join("counting.wasm");
    let shipped = std::fs::read(pkg.join("miniprogram_dist/miniprogram_login.wasm.br"))?;
    write(&module, count::instrument(&node::decompress(&shipped)?)?)?;
    node::run_with("count", pkg, json!({ "module": module }))
}

fn figures(counts: &report::Counts) -> Result<Figures> {
    let mut figures = baseline::sizes()?;
    for (what, count) in counts {
        figures.insert(format!("instructions, {what}"), count.instructions);
    }
    Ok(figures)
}
