//! pkg-fallback/: the module as plain JavaScript, a package of its own, for devices that refuse the
//! module.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::package::{DIST, manifest};
use crate::{
    files::{read, recreate, write},
    sh::{node_tool, output, root, run, target},
};

/// The npm package.
pub fn pkg() -> PathBuf {
    root().join("pkg-fallback")
}

/// Fills pkg-fallback/; returns its JavaScript.
pub fn assemble(module: &[u8]) -> Result<String> {
    let dir = target().join("fallback");
    recreate(&dir)?;
    let (wasm, plain, entry) = (
        dir.join("module.wasm"),
        dir.join("module.js"),
        dir.join("index.js"),
    );
    write(&wasm, module)?;
    run(node_tool("wasm2js")
        .arg("-Os")
        .arg(&wasm)
        .arg("-o")
        .arg(&plain))?;
    write(&entry, on_demand(&read(&plain)?)?)?;

    let dist = pkg().join(DIST);
    recreate(&pkg())?;
    recreate(&dist)?;
    let file = dist.join("index.js");
    output(
        node_tool("esbuild")
            .arg(&entry)
            .args([
                "--minify",
                "--format=cjs",
                "--target=es2017",
                "--charset=utf8",
                "--log-level=warning",
            ])
            .arg(format!("--outfile={}", file.display())),
    )?;
    let template = root().join("fallback-template");
    write(
        &dist.join("index.d.ts"),
        read(&template.join("index.d.ts"))?,
    )?;
    manifest(&template, &pkg())?;
    read(&file)
}

/// wasm2js writes a module that imports the glue and makes one instance at once: leaves the function
/// that makes one.
fn on_demand(module: &str) -> Result<String> {
    let start = module
        .strip_prefix("import ")
        .and_then(|rest| rest.split_once('\n'))
        .context("wasm2js's output was expected to begin with its import")?
        .1;
    let (body, _) = start
        .split_once("\nvar retasmFunc = ")
        .context("wasm2js's output was expected to make an instance")?;
    let version = env!("CARGO_PKG_VERSION");
    // To be had by `import` as compiled by whatever, and by `require`.
    Ok(format!(
        "{body}
var fallback = {{ version: '{version}', instantiate: asmFunc }};
fallback.default = fallback;
Object.defineProperty(fallback, '__esModule', {{ value: true }});
module.exports = fallback;
"
    ))
}
