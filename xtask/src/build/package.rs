//! pkg/: the npm package. `miniprogram_dist/` is what "build npm" copies into a mini
//! program, file by file; `esm/` is the same code as ES modules, for bundlers; `bundler/` is the
//! plugin for those, which runs in Node and goes into no mini program.

use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use super::{module::NAME, pkg, size::brotli};
use crate::{
    files::{copy_tree, read, recreate, write},
    sh::{node_tool, output, root, target},
};

/// Both, as the licence is the user's choice; npm packs neither on its own.
const LICENSES: [&str; 2] = ["LICENSE-APACHE", "LICENSE-MIT"];

/// The repository's address, such as `https://github.com/OWNER/NAME`; empty until its owner names one.
pub const REPOSITORY: &str = "";

/// What "build npm" copies of a package.
pub const DIST: &str = "miniprogram_dist";

/// What bundlers take.
pub const ESM: &str = "esm";

/// The plugin for bundlers.
const BUNDLER: &str = "bundler";

/// The package.json among the ES modules. Bundlers read the nearest one.
pub const MODULES: &str = "{ \"type\": \"module\", \"sideEffects\": false }\n";

/// The entry of the CommonJS file, and of nothing else.
const COMMONJS: &str = "commonjs.js";

/// Fills pkg/ from the staged sources and the module; returns the bundled JavaScript.
pub fn assemble(stage: &Path, module: &[u8]) -> Result<String> {
    let dist = pkg().join(DIST);
    recreate(&pkg())?;
    recreate(&dist)?;

    let js = bundle(stage, &target().join("pkg-maps"))?;
    write(&dist.join("index.js"), &js)?;
    write(&dist.join(format!("{NAME}.wasm.br")), brotli(module))?;
    write(&dist.join("index.d.ts"), read(&stage.join("index.d.ts"))?)?;
    modules(stage, &pkg().join(ESM))?;
    copy_tree(&stage.join(BUNDLER), &pkg().join(BUNDLER))?;

    manifest(stage, &pkg())?;
    Ok(js)
}

/// One file per module, so that a bundle takes what it needs of them; readable, as bundlers minify.
fn modules(stage: &Path, esm: &Path) -> Result<()> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(stage).context("the staged sources")? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "js") && !path.ends_with(COMMONJS) {
            sources.push(path);
        }
    }
    output(
        node_tool("esbuild")
            .args(&sources)
            .args(["--format=esm", "--target=es2017", "--charset=utf8"])
            .arg("--log-level=warning")
            .arg(format!("--outdir={}", esm.display())),
    )?;
    write(&esm.join("index.d.ts"), read(&stage.join("index.d.ts"))?)?;
    write(&esm.join("package.json"), MODULES)
}

/// What else an npm package holds: its package.json with the version, README and licences.
pub fn manifest(template: &Path, pkg: &Path) -> Result<()> {
    let mut manifest: Value =
        serde_json::from_str(&read(&template.join("package.json"))?).context("package.json")?;
    manifest["version"] = env!("CARGO_PKG_VERSION").into();
    let files = manifest["files"].as_array_mut();
    files
        .with_context(|| format!("{}/package.json: no list of files", template.display()))?
        .extend(LICENSES.map(Value::from));
    let needed = [
        ("miniprogram", "miniprogram_dist"),
        ("main", "miniprogram_dist/index.js"),
        ("types", "miniprogram_dist/index.d.ts"),
    ];
    for (field, value) in needed {
        if manifest[field] != value {
            bail!(
                "{}/package.json: {field:?} should be {value:?}, it is {}",
                template.display(),
                manifest[field]
            );
        }
    }
    addresses(&mut manifest, REPOSITORY);
    write(
        &pkg.join("package.json"),
        serde_json::to_string_pretty(&manifest)? + "\n",
    )?;
    write(&pkg.join("README.md"), read(&template.join("README.md"))?)?;
    for license in LICENSES {
        write(&pkg.join(license), read(&root().join(license))?)?;
    }
    Ok(())
}

/// What npm shows beside a package, where the repository has an address.
pub fn addresses(manifest: &mut Value, repository: &str) {
    if !repository.is_empty() {
        manifest["repository"] = json!({ "type": "git", "url": format!("git+{repository}.git") });
        manifest["homepage"] = format!("{repository}#readme").into();
        manifest["bugs"] = json!({ "url": format!("{repository}/issues") });
    }
}

/// One CommonJS file, in `dir`; its source map stays there,
/// as in the package it would count toward the app's 2 MB.
pub fn bundle(stage: &Path, dir: &Path) -> Result<String> {
    recreate(dir)?;
    let file = dir.join("index.js");
    output(
        node_tool("esbuild")
            .arg(stage.join(COMMONJS))
            .args([
                "--bundle",
                "--minify",
                "--format=cjs",
                "--platform=neutral",
                "--target=es2017",
                "--charset=utf8",
            ])
            .args([
                "--sourcemap=external",
                "--legal-comments=none",
                "--log-level=warning",
            ])
            .arg(format!("--outfile={}", file.display())),
    )?;
    read(&file)
}
