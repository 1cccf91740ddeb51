//! pkg-fallback/: the module as plain JavaScript, a package of its own, for devices that refuse the
//! module.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::package::{DIST, ESM, MODULES, manifest};
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
    let (wasm, plain) = (dir.join("module.wasm"), dir.join("module.js"));
    write(&wasm, module)?;
    run(node_tool("wasm2js")
        .arg("-Os")
        .arg(&wasm)
        .arg("-o")
        .arg(&plain))?;
    let body = on_demand(&read(&plain)?)?;

    recreate(&pkg())?;
    // To be had by `import` as compiled by whatever, and by `require`.
    let common = "
fallback.default = fallback;
Object.defineProperty(fallback, '__esModule', { value: true });
module.exports = fallback;
";
    let template = root().join("fallback-template");
    for (to, format, exported, typings) in [
        (DIST, "--format=cjs", common, "commonjs.d.ts"),
        (
            ESM,
            "--format=esm",
            "export default fallback;\n",
            "index.d.ts",
        ),
    ] {
        let entry = dir.join("index.js");
        write(&entry, body.clone() + exported)?;
        output(
            node_tool("esbuild")
                .arg(&entry)
                .args(["--minify", "--target=es2017", "--charset=utf8"])
                .args([format, "--log-level=warning"])
                .arg(format!("--outdir={}", pkg().join(to).display())),
        )?;
        write(
            &pkg().join(to).join("index.d.ts"),
            read(&template.join(typings))?,
        )?;
    }
    write(&pkg().join(ESM).join("package.json"), MODULES)?;
    manifest(&template, &pkg())?;
    read(&pkg().join(DIST).join("index.js"))
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
    Ok(format!(
        "{body}\nvar fallback = {{ version: '{version}', instantiate: asmFunc }};\n"
    ))
}
